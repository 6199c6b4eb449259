"""The command line: one call for each command. The only reader of the clock and the environment.

Each command has a file: `HELP`, `add_to(parser)` with what can be typed, and `call(options)`, which makes one call,
prints, and gives the exit code: 0 fine, 1 findings, 2 wrong usage or an unreadable project, 3 the database said no (and
130 when interrupted). What is asked for goes to standard output, everything else to standard error.
"""

from __future__ import annotations

import os
import sys
from argparse import SUPPRESS, ArgumentParser, Namespace, RawDescriptionHelpFormatter
from typing import Protocol

from segdsl.cli import (
    arguments,
    catalog,
    check,
    compare,
    compile,
    explain,
    fmt,
    init,
    members,
    output,
    overlap,
    read,
    run,
    schema,
    size,
    test,
)
from segdsl.cli.codes import DATABASE, FINDINGS, FINE, INTERRUPTED, USAGE
from segdsl.compiler import BadRequest, Findings
from segdsl.introspection import DatabaseProblem
from segdsl.project import ProjectProblem


class Command(Protocol):
    """What the file of a command holds."""

    HELP: str

    def add_to(self, parser: ArgumentParser) -> None: ...
    def call(self, options: Namespace) -> int: ...


# As `segdsl --help` shows them.
COMMANDS: dict[str, Command] = {
    "init": init,
    "catalog": catalog,
    "check": check,
    "overlap": overlap,
    "compare": compare,
    "read": read,
    "fmt": fmt,
    "compile": compile,
    "size": size,
    "members": members,
    "run": run,
    "explain": explain,
    "test": test,
    "schema": schema,
}


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; gives its exit code. Never raises, and never shows a traceback unless SEGDSL_DEBUG is set."""
    output.make_printable()
    parser = _parser()
    options = Namespace()
    try:
        options = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
        if options.command is None:
            parser.print_help()
            return FINE
        code = COMMANDS[options.command].call(options)
        sys.stdout.flush()
        return code
    except SystemExit as left:  # argparse has printed its help or its complaint
        return left.code if isinstance(left.code, int) else USAGE
    except Findings as found:
        return output.show_findings(found.diagnostics, sys.stderr, options, FINDINGS)
    except (BadRequest, ProjectProblem) as error:
        return output.complain(error.message, error.help, USAGE, options)
    except DatabaseProblem as error:
        if os.environ.get("SEGDSL_DEBUG"):
            raise
        return output.complain(error.message, error.help, DATABASE, options, error.where)
    except BrokenPipeError:
        output.drop_output()  # whoever read has seen enough
        return FINE
    except OSError as error:
        if os.environ.get("SEGDSL_DEBUG"):
            raise
        output.drop_output()
        return output.complain(f"the system refuses: {(error.strerror or str(error)).lower()}", "", USAGE, options)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as defect:
        if os.environ.get("SEGDSL_DEBUG"):
            raise
        return output.complain(
            f"this is a defect in segdsl: {type(defect).__name__}: {defect}",
            "please report it with what you typed; SEGDSL_DEBUG=1 shows where it happened",
            USAGE,
            options,
        )


def _parser() -> ArgumentParser:
    # Without a default an option before the command is not undone by its silence after it.
    common = arguments.Parser(add_help=False, argument_default=SUPPRESS)
    common.add_argument("-C", dest="folder", metavar="DIR", help="the project's folder, or one inside it")
    common.add_argument("--color", choices=("auto", "always", "never"), help="colours: on a terminal only, unless told")
    parser = arguments.Parser(
        prog="segdsl",
        description="Customer segments as text, and the compiler that makes them true.",
        epilog="exit codes: 0 fine, 1 findings, 2 wrong usage or unreadable project, 3 the database said no",
        formatter_class=RawDescriptionHelpFormatter,
        parents=[common],
    )
    help = "show program's version number and exit"
    parser.add_argument("--version", action=arguments.ShowVersion, nargs=0, help=help)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands", parser_class=arguments.Parser)
    for name, command in COMMANDS.items():
        description = f"{command.HELP[0].upper()}{command.HELP[1:]}."
        command.add_to(commands.add_parser(name, help=command.HELP, description=description, parents=[common]))
    return parser
