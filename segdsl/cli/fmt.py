"""Writes definitions in the one canonical layout."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from segdsl import compiler, render
from segdsl import project as projects
from segdsl.cli import asked, output
from segdsl.cli.codes import FINDINGS, FINE
from segdsl.compiler import BadRequest
from segdsl.diagnostics import Report, listed

HELP = "write definitions in the one canonical layout, and name the files that have changed"


def add_to(parser: ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", metavar="PATH", help="these files or folders only")
    parser.add_argument("--check", action="store_true", help="write nothing: name what would change, with exit code 1")
    help = "write them as .seg text or as YAML, whatever they are"
    parser.add_argument("--to", choices=tuple(compiler.SPELLINGS), help=help)


def call(options: Namespace) -> int:
    project = asked.load_project(options, options.paths)
    is_wanted = asked.wanted(project, options.paths)
    sources = [source for source in project.segments if is_wanted(source.name)]
    folder = projects.SEGMENTS_FOLDER
    in_segments = [found for found in project.findings if Path(found.label.span.source.name).is_relative_to(folder)]
    report = Report(found for found in in_segments if is_wanted(found.label.span.source.name))
    if options.paths and not sources and not len(report):
        raise BadRequest(f"there are no definitions in {listed(options.paths)}", f"name files or folders in {folder}/")
    laid_out = [(source, compiler.laid_out(source, options.to, report)) for source in sources]
    changes = [(old, new) for old, new in laid_out if new is not old]
    for old, new in changes if options.check else projects.rewrite(project, changes):
        print(render.escaped(old.name if new.name == old.name else f"{old.name} -> {new.name}"))
    if len(report):
        return output.show_findings(report.sorted(), sys.stderr, options, FINDINGS)
    return FINDINGS if options.check and changes else FINE
