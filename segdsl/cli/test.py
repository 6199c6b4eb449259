"""Holds the definitions to the project's made-up customers."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from segdsl import compiler
from segdsl import project as projects
from segdsl.cli import arguments, asked, output
from segdsl.cli.codes import FINDINGS, FINE
from segdsl.compiler import BadRequest
from segdsl.diagnostics import Report, listed

if TYPE_CHECKING:
    from segdsl.semantics import ir

HELP = "hold the definitions to the project's made-up customers, here and in DuckDB"


def add_to(parser: ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", metavar="PATH", help="the tests in these files or folders only")
    help = "write customers at the borders of a segment, to be confirmed and put into tests/"
    parser.add_argument("--suggest", metavar="NAME", help=help)
    arguments.add_settings(parser)
    arguments.add_format(parser, "text", "json", "junit")


def call(options: Namespace) -> int:
    from segdsl import trials, warehouse

    project = asked.load_project(options, options.paths)
    program = asked.without_errors(options, project, compiler.sound)
    if options.suggest is not None:
        return _suggest(program, options)
    is_wanted = asked.wanted(project, options.paths)
    report = Report()
    sources = [source for source in projects.tests(project, report) if is_wanted(source.name)]
    if not sources and not len(report):
        where = listed(options.paths) if options.paths else f"`{projects.TESTS_FOLDER}/`"
        raise BadRequest(f"there are no tests in {where}", "docs/testing.md says how to write them")
    cases = [case for source in sources for case in trials.read(source, program, report)]
    with warehouse.trial(program) as trial:
        outcomes = [trials.judge(program, case, trial.ask) for case in cases]
    code = FINDINGS if len(report) or not all(outcome.is_good for outcome in outcomes) else FINE
    if len(report):
        output.show_findings(report.sorted(), sys.stderr, options, code)
    match options.format:
        case "json":
            output.print_json(trials.as_json(outcomes, report.sorted()))
        case "junit":
            print(trials.junit(outcomes, report.sorted()), end="")
        case _:
            for block in trials.text(outcomes, output.paint_for(sys.stdout, options)):
                print(block)
    return code


def _suggest(program: ir.Program, options: Namespace) -> int:
    """Customers at the borders of a definition, for a person to confirm."""
    from segdsl import trials

    if options.paths or options.format != "text":
        raise BadRequest("`--suggest` writes tests for one segment, as YAML", "leave out the files and --format")
    (segment,) = compiler.chosen(program, [options.suggest])
    print(trials.suggested(program, segment), end="")
    return FINE
