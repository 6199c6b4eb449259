"""Explains one pair of segments."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from segdsl import compiler
from segdsl.cli import arguments, asked, output
from segdsl.cli.codes import FINE

HELP = "explain one pair of segments: what keeps them apart, or an example of who is in both"


def add_to(parser: ArgumentParser) -> None:
    parser.add_argument("left", metavar="A", help="a segment")
    parser.add_argument("right", metavar="B", help="another one")
    arguments.add_settings(parser)
    arguments.add_format(parser, "text", "json")


def call(options: Namespace) -> int:
    from segdsl import relations

    program = asked.understood_program(options)
    found = compiler.compare(program, options.left, options.right)
    if options.format == "json":
        output.print_json(relations.comparison_json(found, program))
    else:
        print(relations.explained(found, program, output.paint_for(sys.stdout, options)))
    return FINE
