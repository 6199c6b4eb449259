"""Writes the memberships of all segments."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from segdsl import compiler
from segdsl.cli import arguments, asked, output
from segdsl.cli.codes import FINDINGS, FINE

HELP = "compute all segments and write the memberships"


def add_to(parser: ArgumentParser) -> None:
    help = "write the memberships even if the data break a promise (`expect ...`)"
    parser.add_argument("--despite-promises", action="store_true", help=help)
    arguments.add_format(parser, "text", "json")
    arguments.add_settings(parser)
    arguments.add_as_of(parser)
    arguments.add_target(parser)


def call(options: Namespace) -> int:
    from segdsl import results, warehouse

    project, program = asked.sound_program(options)
    clock = compiler.clock(program, asked.moment(options, project))
    try:
        summary = warehouse.run(
            program, clock, project.target(options.target), despite_promises=options.despite_promises
        )
    except warehouse.BrokenPromises as broken:
        output.show_findings(broken.diagnostics, sys.stderr, options, FINDINGS)
        help = "to write the new ones anyway, add --despite-promises"
        return output.complain("nothing was written: the memberships before stay as they were", help, FINDINGS, options)
    if summary.broken:
        output.show_findings(summary.broken, sys.stderr, options, FINE)
    if options.format == "json":
        output.print_json(results.run_json(program, summary))
    else:
        print(results.run_text(program, summary, output.paint_for(sys.stdout, options)))
    return FINE
