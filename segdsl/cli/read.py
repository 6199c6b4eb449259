"""Reads segments back in plain sentences."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from segdsl import compiler, render
from segdsl.cli import arguments, asked, output
from segdsl.cli.codes import FINE
from segdsl.compiler import BadRequest
from segdsl.diagnostics import did_you_mean, listed

HELP = "read segments back in plain sentences, for people who read neither code nor SQL"


def add_to(parser: ArgumentParser) -> None:
    arguments.add_names(parser)
    parser.add_argument("--lang", default="en", metavar="TAG", help="en, de, zh-hans or zh-hant (default: en)")
    arguments.add_settings(parser)
    arguments.add_format(parser, "text", "markdown", "json")


def call(options: Namespace) -> int:
    from segdsl import reading

    if options.lang not in reading.codes():
        help = did_you_mean(options.lang, reading.codes(), f"there are {listed(reading.codes())}")
        raise BadRequest(f"segdsl does not speak `{options.lang}`", help)
    program = asked.understood_program(options)
    language = reading.language(options.lang)
    readings = reading.read(program, compiler.chosen(program, options.names), language)
    match options.format:
        case "json":
            output.print_json(reading.as_json(readings, language))
        case "markdown":
            print(reading.as_markdown(readings))
        case _:
            print("\n".join(map(render.escaped, reading.as_text(readings).split("\n"))))
    return FINE
