"""Prints the JSON Schema of a kind of YAML file."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from segdsl.cli.codes import FINE
from segdsl.compiler import BadRequest
from segdsl.diagnostics import did_you_mean, listed

HELP = "print the JSON Schema of a kind of YAML file, for editors"


def add_to(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="KIND", help="definitions, catalog or project")


def call(options: Namespace) -> int:
    from segdsl import schemas

    if options.name not in schemas.FILES:
        help = did_you_mean(options.name, schemas.FILES, f"there are {listed(schemas.FILES)}")
        raise BadRequest(f"there is no schema `{options.name}`", help)
    print(schemas.text(options.name), end="")
    return FINE
