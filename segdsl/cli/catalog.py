"""Writes catalog.yml from what a database holds."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING

from segdsl import project as projects
from segdsl import render
from segdsl.cli import asked
from segdsl.cli.codes import FINE
from segdsl.compiler import BadRequest, Findings
from segdsl.diagnostics import Severity
from segdsl.source import Source

if TYPE_CHECKING:
    from segdsl.inventory.guesses import Guess
    from segdsl.pulling import Pulled

HELP = "write catalog.yml from what a database or a folder of files holds, or add to it what it lacks"


def add_to(parser: ArgumentParser) -> None:
    parser.add_argument("action", choices=("pull",), help="pull: read the tables of a target")
    parser.add_argument("--target", metavar="NAME", help="a target of segdsl.yml (default: its default_target)")
    help = "make a project over a folder of files, a DuckDB file, or a database by its address"
    parser.add_argument("--from", metavar="PLACE", dest="source", help=help)
    parser.add_argument("--dry-run", action="store_true", help="show what would change, and write nothing")
    help = "ask for names and types alone: no closed lists, no ranges, no links but those that are declared"
    parser.add_argument("--no-rows", action="store_true", help=help)


def call(options: Namespace) -> int:
    if options.source is None:
        _pull(asked.load_project(options), options)
        return FINE
    if options.target is not None:
        raise BadRequest("`--from` makes a project, which has no other target", "leave out --from or --target")
    folder = Path(getattr(options, "folder", None) or ".")
    with _new_project(folder, options):
        pulled = _pull(asked.load_project(options), options)
    if not options.dry_run and pulled.entity is not None:
        from segdsl.scaffold import over_data

        print(f"wrote {over_data.add_first_segment(folder, *pulled.first_segment())}")
        print("\nnext:\n  segdsl size\n  segdsl check --data")
    return FINE


def _pull(project: projects.Project, options: Namespace) -> Pulled:
    """Writes the catalog, unless it is only a try, and tells what came of it."""
    from segdsl import pulling

    errors = [each for each in project.findings if each.severity is Severity.ERROR]
    if about := [each for each in errors if each.label.span.source.name == projects.PROJECT_FILE]:
        raise Findings(about)
    pulled = pulling.pull(project.target(options.target), project.catalog, at_rows=not options.no_rows)
    new = Source(projects.CATALOG_FILE, pulled.refreshed.text)
    before = project.catalog.text if project.catalog is not None else ""
    for line in _told(pulled, is_new=not before):
        print(line)
    if new.text == before:
        print(f"{projects.CATALOG_FILE} has all of it: nothing was written")
    elif options.dry_run:
        names = (projects.CATALOG_FILE, f"{projects.CATALOG_FILE} (not written)")
        for line in unified_diff(before.splitlines(), new.text.splitlines(), *names, lineterm=""):
            print(render.escaped(line))
    else:
        projects.write_beside(project, new)
        print(f"wrote {projects.CATALOG_FILE}")
    return pulled


@contextmanager
def _new_project(folder: Path, options: Namespace) -> Iterator[None]:
    """A `segdsl.yml` over the data, which goes again when something is raised, or when it is only a try."""
    from segdsl.scaffold import over_data

    if any((folder / name).exists() for name in (projects.PROJECT_FILE, projects.CATALOG_FILE)):
        help = "leave out --from: the tables of its target are read; for others add a target to segdsl.yml"
        raise BadRequest(f"there is a project in `{folder}`", help)
    if not folder.is_dir():
        raise BadRequest(f"there is no folder `{folder}`", f"type: mkdir -p {folder}")
    made = over_data.create(folder, options.source, asked.with_environment(options.source))
    is_wanted = False
    try:
        yield
        is_wanted = not options.dry_run
    finally:
        for name in made if not is_wanted else ():
            (folder / name).unlink(missing_ok=True)
    print(f"wrote {projects.PROJECT_FILE}: a new project")


# --- what is told ---------------------------------------------------------------------------------


def _told(pulled: Pulled, *, is_new: bool) -> Iterator[str]:
    found = pulled.refreshed
    for guess in found.tables:
        yield _line(guess)
    for name, columns in found.columns.items():
        yield render.escaped(f"  {name}: new are {', '.join(columns)}")
    for line in (*found.remarks, *(f"{each.called} is left out: {each.unread}" for each in pulled.unread)):
        yield render.escaped(f"please look: {line}")
    if is_new:
        yield _whose(pulled)


def _line(guess: Guess) -> str:
    """What a table was understood to be; what is guessed has a question mark."""
    parts = [render.counted(guess.seen.rows, "row")] if guess.seen.rows is not None else []
    parts.append(render.counted(len(guess.columns), "column"))
    if guess.key is not None:
        parts.append(f"key {guess.key}{'?' if guess.key_why else ''}")
    if guess.at is not None:
        parts.append(f"at {guess.at}?")
    parts += [f"{link.name} by {link.column}{'?' if link.why else ''}" for link in guess.links]
    return render.escaped(f"  {guess.name}: {', '.join(parts)}")


def _whose(pulled: Pulled) -> str:
    if pulled.entity is None:
        return "please look: no table has a column that tells its rows apart: write its `key`, and its name as `entity`"
    return f"segments are sets of `{pulled.entity}`: if not, change `entity`. Guesses (?) are marked in the file."
