"""Makes a small project that runs."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from segdsl import render
from segdsl.cli.codes import FINE

HELP = "make a small project that runs at once, with data"


def add_to(parser: ArgumentParser) -> None:
    parser.add_argument("directory", nargs="?", default=".", metavar="DIR", help="where to make it (default: here)")


def call(options: Namespace) -> int:
    from segdsl.scaffold import NEXT_COMMANDS, create

    folder = Path(options.directory)
    files = create(folder)
    print(f"made {len(files)} files in {render.escaped(str(folder))}:")
    for file in files:
        print(f"  {file}")
    print("\nnext:")
    if folder.resolve() != Path.cwd():
        print(f"  cd {render.escaped(str(folder))}")
    for command in NEXT_COMMANDS:
        print(f"  {command}")
    return FINE
