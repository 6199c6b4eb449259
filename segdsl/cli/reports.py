"""What `check` says, to people or to programs."""

from __future__ import annotations

import json
import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from segdsl import compiler, render
from segdsl.cli import arguments, asked, output
from segdsl.diagnostics import Diagnostic
from segdsl.project import Project
from segdsl.render.listing import FIRST, listing


def list_findings(
    findings: Sequence[Diagnostic], options: Namespace, code: int, segments: int = 0, files: int = 0, hidden: int = 0
) -> int:
    """What `check` says to people: as many findings as they can read, and how many there are."""
    paint = output.paint_for(sys.stdout, options)
    shown = [finding for finding in findings if finding.rule.name in options.rules] if options.rules else findings
    # Whoever asks for a rule wants to read its findings.
    first = options.limit if options.rules else FIRST
    for block in listing(shown, paint, options.limit, first):
        print(block, end="\n\n")
    style = "good" if not findings else "error" if code else "warning"
    print(paint(style, render.summary(findings, segments, files)))
    if len(shown) < len(findings):
        print(f"{render.counted(len(findings) - len(shown), 'finding')} of other rules not shown")
    if hidden:
        print(f"{render.counted(hidden, 'finding')} of the baseline {'is' if hidden == 1 else 'are'} not shown")
    return code


def print_report(
    findings: Sequence[Diagnostic], checked: compiler.Checked, project: Project, options: Namespace, hidden: int
) -> None:
    """What `check` says to programs: all findings, in the form that they read."""
    from segdsl.fingerprints import known
    from segdsl.render import github, junit, markdown, sarif

    segments = len(checked.program.segments) if checked.program is not None else 0
    files, folder = len(project.segments), _folder_in_repository(project)
    match options.format:
        case "json":
            output.print_json(render.diagnostics_json(findings, segments, files, hidden))
        case "github":
            for line in github.commands(findings, folder):
                print(line)
            print(render.escaped(render.summary(findings, segments, files)))
        case "sarif":
            log = sarif.sarif(known(findings, checked.outline.name_at), arguments.version(), folder)
            print(json.dumps(log.content))  # as short as it can be: GitHub takes no more than 10 MB
            if log.left_out:
                print(sarif.what_is_left_out(log.left_out), file=sys.stderr)
        case "junit":
            is_wanted = asked.wanted(project, options.paths)
            looked_at = [(file, name) for file, name in checked.outline if is_wanted(file)]
            report = junit.junit(known(findings, checked.outline.name_at), looked_at, strict=options.strict)
            print(report, end="")
        case _:
            print(markdown.comment(findings, segments, files, hidden, folder), end="")


def _folder_in_repository(project: Project) -> str:
    """Where the project lies in the repository that a CI job works in, else in the current folder; else nothing."""
    for base in (os.environ.get("GITHUB_WORKSPACE"), "."):
        if base and project.root.is_relative_to(Path(base).resolve()):
            name = project.root.relative_to(Path(base).resolve()).as_posix()
            return "" if name == "." else name
    return ""
