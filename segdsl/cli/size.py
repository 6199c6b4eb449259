"""Counts the customers in each segment."""

from __future__ import annotations

import shutil
import sys
from argparse import ArgumentParser, Namespace

from segdsl import compiler
from segdsl.cli import arguments, asked, output
from segdsl.cli.codes import FINDINGS, FINE

HELP = "count the customers in each segment"


def add_to(parser: ArgumentParser) -> None:
    arguments.add_names(parser)
    arguments.add_format(parser, "text", "json")
    arguments.add_settings(parser)
    arguments.add_as_of(parser)
    arguments.add_target(parser)


def call(options: Namespace) -> int:
    from segdsl import results, warehouse

    project, program = asked.sound_program(options)
    names = compiler.chosen(program, options.names)
    clock = compiler.clock(program, asked.moment(options, project))
    sizes = warehouse.size(program, names, clock, project.target(options.target))
    code = FINDINGS if sizes.broken else FINE
    if options.format == "json":
        output.print_json(results.size_json(program, sizes))
    else:
        columns = shutil.get_terminal_size((120, 24)).columns if sys.stdout.isatty() else 120
        print(
            results.size_table(
                program, sizes, output.paint_for(sys.stdout, options), columns, output.prints(results.SOLID)
            )
        )
        if sizes.broken:
            print()
            output.show_findings(sizes.broken, sys.stdout, options, code)
    return code
