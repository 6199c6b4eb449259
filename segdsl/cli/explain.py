"""Tells why a customer is in segments, or is not."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from segdsl import compiler
from segdsl.cli import arguments, asked, output
from segdsl.cli.codes import FINE

HELP = "tell why a customer is, or is not, in segments: condition by condition, with values"


def add_to(parser: ArgumentParser) -> None:
    parser.add_argument("key", metavar="KEY", help="the customer's key")
    arguments.add_names(parser)
    arguments.add_format(parser, "text", "json")
    arguments.add_settings(parser)
    arguments.add_as_of(parser)
    arguments.add_target(parser)


def call(options: Namespace) -> int:
    from segdsl import explained, warehouse

    project, program = asked.sound_program(options)
    names = compiler.chosen(program, options.names)
    clock = compiler.clock(program, asked.moment(options, project))
    found = warehouse.explain(program, options.key, names, clock, project.target(options.target))
    if options.format == "json":
        output.print_json(explained.as_json(found))
    else:
        print("\n".join(explained.text(found, output.paint_for(sys.stdout, options))))
    return FINE
