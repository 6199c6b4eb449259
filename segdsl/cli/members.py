"""Lists a segment's members."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from segdsl import compiler
from segdsl import project as projects
from segdsl.cli import arguments, asked
from segdsl.cli.codes import FINE
from segdsl.compiler import BadRequest

HELP = "list the keys of the customers in a segment, ordered"


def add_to(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="a segment")
    parser.add_argument("--output", metavar="FILE", help="write to a file instead")
    arguments.add_assigned(parser)
    arguments.add_format(parser, "csv", "json", "parquet")
    arguments.add_settings(parser)
    arguments.add_as_of(parser)
    arguments.add_target(parser)


def call(options: Namespace) -> int:
    from segdsl import results, warehouse

    if options.format == "parquet" and options.output is None:
        raise BadRequest("a Parquet file cannot be printed", "add --output FILE.parquet")
    project, program = asked.sound_program(options)
    (segment,) = compiler.chosen(program, [options.name])
    clock = compiler.clock(program, asked.moment(options, project))
    target = project.target(options.target)
    if options.output is not None:
        _refuse_to_overwrite(options.output, project.root, target.path if not target.url else None)
    if options.format == "parquet":
        warehouse.export_members(program, segment, clock, target, Path(options.output), assigned=options.assigned)
        return FINE
    members = warehouse.members(program, segment, clock, target, assigned=options.assigned)
    if options.format == "json":
        text = json.dumps(results.members_json(members)) + "\n"
    else:
        text = "".join(results.members_csv(members))
    _write(text, options.output)
    return FINE


def _refuse_to_overwrite(output: str, root: Path, target: Path | None) -> None:
    """Members go to a file of their own: never over what they come from, nor over what is no file."""
    try:
        path = Path(output).resolve()
        exists = path.exists()
        is_file = path.is_file()
    except (OSError, ValueError, RuntimeError):
        raise BadRequest(f"`{output}` is no name of a file", "write --output members.csv") from None
    if exists and not is_file:
        raise BadRequest(f"`{output}` is not a file", "leave --output out to write to standard output")
    stored = () if target is None else (target.resolve(),)
    own = (root / projects.PROJECT_FILE, root / projects.CATALOG_FILE, *stored)
    sources = (root / projects.SEGMENTS_FOLDER, *stored)
    if exists and (path in own or any(path.is_relative_to(folder) for folder in sources)):
        raise BadRequest(f"`{output}` belongs to the project or to its data", "name a file elsewhere")


def _write(text: str, output: str | None) -> None:
    """To standard output, or to a file that is replaced in one step."""
    if output is None:
        sys.stdout.write(text)
        return
    from segdsl.folder import replaced

    with replaced(Path(output)) as written:
        written.write_text(text, encoding="utf-8", newline="")
