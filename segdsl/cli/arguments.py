"""What can be typed: the parser with its help, its complaints, options that commands share."""

from __future__ import annotations

import re
from argparse import Action, ArgumentParser, Namespace
from typing import NoReturn

from segdsl.cli import output
from segdsl.cli.codes import USAGE
from segdsl.diagnostics import did_you_mean, listed


class Parser(ArgumentParser):
    """Complaints look like everything else that segdsl says."""

    def error(self, message: str) -> NoReturn:
        choice = re.search(r"invalid choice: '(.*?)' \(choose from (.*)\)", message, re.DOTALL)
        if choice is not None:
            choices = [text.strip(" '") for text in choice[2].split(",")]
            what = "command" if "command" in message.partition(":")[0].lower() else "choice"
            message = f"there is no {what} `{choice[1]}`"
            help = did_you_mean(choice[1], choices, f"there are {listed(choices)}")
        else:
            help = f"see `{self.prog} --help`"
        raise SystemExit(output.complain(message, help, USAGE, Namespace()))


class ShowVersion(Action):
    """Looks up the version when it is asked for: that takes longer than all other arguments together."""

    def __call__(self, parser: ArgumentParser, *_: object) -> None:
        print(f"segdsl {version()}")
        parser.exit()


def add_settings(parser: ArgumentParser) -> None:
    help = "another value for a `let`; may be given several times"
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="settings", help=help)


def add_format(parser: ArgumentParser, *formats: str) -> None:
    help = f"{', '.join(formats[:-1])} or {formats[-1]} (default: {formats[0]})"
    parser.add_argument("--format", choices=formats, default=formats[0], help=help)


def add_assigned(parser: ArgumentParser) -> None:
    help = "only those whom no stronger segment of an exclusive group takes"
    parser.add_argument("--assigned", action="store_true", help=help)


def version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("segdsl")
    except PackageNotFoundError:
        return "(not installed)"


def add_names(parser: ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME", help="segments (default: all)")


def add_as_of(parser: ArgumentParser) -> None:
    help = "the moment that everything relative counts from: 2026-01-10 or 2026-01-10T09:00+05:30 (default: now)"
    parser.add_argument("--as-of", metavar="T", help=help)


def add_target(parser: ArgumentParser) -> None:
    parser.add_argument("--target", metavar="NAME", help="a target of segdsl.yml (default: its default_target)")
