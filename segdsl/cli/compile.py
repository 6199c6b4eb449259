"""Prints SQL, or how it works out its segments."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from segdsl import compiler
from segdsl.cli import arguments, asked, output
from segdsl.cli.codes import FINE

HELP = "print the SQL of one segment's members, or of the memberships of several or all"


def add_to(parser: ArgumentParser) -> None:
    arguments.add_names(parser)
    parser.add_argument("--to", default="duckdb", metavar="DATABASE", help="whose SQL (default: duckdb)")
    parser.add_argument(
        "--explain",
        action="store_true",
        help="instead of the SQL, what it reads, works out once, and for which segments",
    )
    arguments.add_assigned(parser)
    arguments.add_settings(parser)
    arguments.add_as_of(parser)


def call(options: Namespace) -> int:
    project, program = asked.sound_program(options)
    clock = compiler.clock(program, asked.moment(options, project))
    if options.explain:
        from segdsl import strategies

        found = compiler.strategies(program, options.names, options.to, clock, assigned=options.assigned)
        paint = output.paint_for(sys.stdout, options)
        print("\n\n".join("\n".join(strategies.text(each, paint)) for each in found))
    else:
        print(compiler.write_sql(program, options.names, options.to, clock, assigned=options.assigned))
    return FINE
