"""Tells how every two segments stand to each other."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from segdsl import compiler, render
from segdsl.cli import arguments, asked, output
from segdsl.cli.codes import FINE
from segdsl.compiler import BadRequest
from segdsl.relations import MOST_EXAMPLES, MOST_LISTED

HELP = "tell how every two segments stand to each other: who could be in both, without data"


def add_to(parser: ArgumentParser) -> None:
    arguments.add_names(parser)
    help = "tell instead who would move if neighbours of this exclusive group were swapped"
    parser.add_argument("--group", metavar="NAME", help=help)
    help = f"list so many pairs of each relation (default: {MOST_LISTED}); as JSON: look for an example for so many"
    help += f" (default: {MOST_EXAMPLES:,}); 0 is all"
    parser.add_argument("--limit", type=int, metavar="N", help=help)
    arguments.add_settings(parser)
    arguments.add_format(parser, "text", "json", "csv")


def call(options: Namespace) -> int:
    from segdsl import relations

    if options.limit is not None and (options.group is not None or options.format == "csv"):
        raise BadRequest("`--limit` is about the list, or the examples, of all pairs", "leave it out")
    if options.group is not None:
        return _order(options)
    default = MOST_EXAMPLES if options.format == "json" else MOST_LISTED
    limit = default if options.limit is None else asked.limit(options)
    program = asked.understood_program(options)
    names = compiler.chosen(program, options.names)
    pairs = compiler.overlap(program, names)
    if options.format == "json":
        told = relations.PairsAsJson(pairs, program, limit)
        sys.stdout.writelines(told)
        if told.left_out:
            left_out = f"{render.counted(told.left_out, 'pair')} shown without an example"
            print(f"{left_out}: --limit 0 looks for all, segdsl compare A B for one", file=sys.stderr)
    elif options.format == "csv":
        sys.stdout.writelines(relations.as_csv(pairs))
    else:
        print(relations.table(pairs, names, output.paint_for(sys.stdout, options), limit))
    return FINE


def _order(options: Namespace) -> int:
    """What another order of an exclusive group would change."""
    from segdsl import relations

    if options.names or options.format == "csv":
        raise BadRequest("`--group` is about the order of one group, as text or JSON", "leave out the segments and csv")
    program = asked.understood_program(options)
    found = list(compiler.swaps(program, options.group))
    if options.format == "json":
        output.print_json(relations.swaps_json(found, program))
    else:
        print(relations.swapped(found, program, output.paint_for(sys.stdout, options)))
    return FINE
