"""Prints SQL."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from segdsl import compiler
from segdsl.cli import arguments, asked
from segdsl.cli.codes import FINE

HELP = "print the SQL of one segment's members, or of the memberships of several or all"


def add_to(parser: ArgumentParser) -> None:
    arguments.add_names(parser)
    parser.add_argument("--to", default="duckdb", metavar="DATABASE", help="whose SQL (default: duckdb)")
    arguments.add_assigned(parser)
    arguments.add_settings(parser)
    arguments.add_as_of(parser)


def call(options: Namespace) -> int:
    project, program = asked.sound_program(options)
    clock = compiler.clock(program, asked.moment(options, project))
    print(compiler.write_sql(program, options.names, options.to, clock, assigned=options.assigned))
    return FINE
