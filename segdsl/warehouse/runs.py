"""What is computed in a target: sizes, members, and runs that write the memberships.

In: a program, a clock and a target. Out: counts, keys, and where memberships were written. Promised: memberships are
replaced in one step or not at all, and nothing that somebody else has made is overwritten.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from os.path import lexists
from pathlib import Path
from typing import TYPE_CHECKING, Any
from typing import Literal as OneOf

from segdsl import folder
from segdsl.introspection import DatabaseProblem
from segdsl.project import Target
from segdsl.semantics import ir
from segdsl.semantics.calendar import Clock
from segdsl.warehouse.database import Database, folded, is_folder, opened

if TYPE_CHECKING:
    from sqlalchemy import Select

MEMBERSHIPS_TABLE = "segdsl_memberships"
MEMBERSHIPS_FILE = "memberships.parquet"
MEMBERSHIPS_COLUMNS = ("segment", "qualifies", "assigned", "as_of")


@dataclass(frozen=True, slots=True)
class Size:
    """How many customers fulfil a segment's condition, and how many of them no stronger segment takes."""

    name: str
    qualifies: int
    assigned: int


@dataclass(frozen=True, slots=True)
class Sizes:
    """`segments` in the order they were asked for; `customers` is how many there are in all."""

    as_of: datetime
    customers: int
    segments: tuple[Size, ...]


@dataclass(frozen=True, slots=True)
class Members:
    """The customers in a segment: the `key` column's name and the ordered keys."""

    segment: str
    as_of: datetime
    key: str
    keys: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a run has written, and where: a table's name, or a file's path."""

    as_of: datetime
    target: str
    written_to: str
    rows: int
    segments: tuple[Size, ...]


def size(program: ir.Program, names: Sequence[str], clock: Clock, target: Target) -> Sizes:
    """The sizes of the segments called `names`."""
    with opened(program, names, clock, target) as database:
        (row,) = database.rows(database.backend.sizes(program, names, clock))
    counts = [int(value) for value in row]
    sizes = tuple(Size(name, counts[1 + 2 * i], counts[2 + 2 * i]) for i, name in enumerate(names))
    return Sizes(clock.as_of, counts[0], sizes)


def members(program: ir.Program, segment: str, clock: Clock, target: Target, *, assigned: bool = False) -> Members:
    """The keys of those who qualify for `segment`, or are assigned to it."""
    with opened(program, [segment], clock, target) as database:
        query = database.backend.members(program, segment, clock, _column(assigned))
        keys = tuple(row[0] for row in database.rows(query))
    return Members(segment, clock.as_of, _key(program), keys)


def export_members(
    program: ir.Program, segment: str, clock: Clock, target: Target, output: Path, *, assigned: bool = False
) -> None:
    """Writes the keys to the Parquet file `output`, which is replaced in one step."""
    with (
        folder.replaced(output) as written,
        opened(program, [segment], clock, target, extra_files=[written]) as database,
    ):
        query = database.backend.members(program, segment, clock, _column(assigned))
        database.write(database.driver.sql(query), written)


def run(program: ir.Program, clock: Clock, target: Target) -> RunSummary:
    """Replaces the memberships of all segments. When anything fails the memberships before stay as they were."""
    if is_folder(target):
        return _run_in_folder(program, clock, target)
    return _run_in_database(program, clock, target)


def _run_in_database(program: ir.Program, clock: Clock, target: Target) -> RunSummary:
    if target.memberships:
        raise DatabaseProblem(
            f"the target `{target.name}` has `memberships`, which is for folders",
            f"leave it out: memberships go to the table `{MEMBERSHIPS_TABLE}`",
            target.span,
        )
    parts = (target.schema, MEMBERSHIPS_TABLE) if target.schema else (MEMBERSHIPS_TABLE,)
    _refuse_to_overwrite_source(program, parts)
    names = tuple(program.segments)
    with opened(program, names, clock, target, writing=True) as database:
        existing = database.tables.get(folded(parts))
        if existing is not None:
            _refuse_unless_memberships(existing.called, existing.columns, program, "`schema`", target)
        if target.schema:
            _refuse_ambiguous_schema(database, target)
            database.create_schema(target.schema)
        sizes = _store(database, program, names, clock, parts)
    return RunSummary(clock.as_of, target.name, ".".join(parts), sum(each.qualifies for each in sizes), sizes)


def _run_in_folder(program: ir.Program, clock: Clock, target: Target) -> RunSummary:
    if target.schema:
        raise DatabaseProblem(
            f"the target `{target.name}` has a `schema`, and a folder has none",
            "leave it out, or name the file with `memberships: NAME.parquet`",
            target.span,
        )
    output = target.path / (target.memberships or MEMBERSHIPS_FILE)
    parts = (MEMBERSHIPS_TABLE,)
    _refuse_to_overwrite_source(program, parts)
    for table in program.catalog.tables.values():
        if output.name in folder.candidates_of(table):
            raise DatabaseProblem(
                f"the table `{table.name}` may be stored in `{output}`, where memberships are written",
                "name another file: `memberships: NAME.parquet` in the target",
                table.span,
            )
    names = tuple(program.segments)
    existing = [output] if lexists(output) else []
    with (
        folder.replaced(output) as written,
        opened(program, names, clock, target, extra_files=[written, *existing]) as database,
    ):
        for file in existing:
            columns = database.columns_of_file(file)
            _refuse_unless_memberships(f"`{file}`", columns, program, "`memberships: NAME.parquet`", target)
        sizes = _store(database, program, names, clock, parts)
        database.write(database.driver.table(MEMBERSHIPS_TABLE), written)
    return RunSummary(clock.as_of, target.name, str(output), sum(each.qualifies for each in sizes), sizes)


def _store(
    database: Database, program: ir.Program, names: Sequence[str], clock: Clock, parts: tuple[str, ...]
) -> tuple[Size, ...]:
    """Replaces the memberships table; gives each segment's size."""
    from sqlalchemy import MetaData, Table, case, column, func, select

    for statement in database.backend.store(program, names, clock, parts):
        database.execute(statement)
    stored = Table(parts[-1], MetaData(), schema=parts[0] if len(parts) == 2 else None)
    assigned = func.count(case((column("assigned"), 1)))
    counted: Select[Any] = (
        select(column("segment"), func.count(), assigned).select_from(stored).group_by(column("segment"))
    )
    counts = {str(name): (int(all_), int(won)) for name, all_, won in database.select(counted)}
    return tuple(Size(name, *counts.get(name, (0, 0))) for name in names)


def _refuse_to_overwrite_source(program: ir.Program, parts: tuple[str, ...]) -> None:
    """A table that definitions read is not one to write memberships to."""
    for table in program.catalog.tables.values():
        if folded(table.stored_in) == folded(parts):
            raise DatabaseProblem(
                f"the table `{table.name}` is stored in `{'.'.join(parts)}`, where memberships are written",
                "give the target another `schema`, or read the table through a view of another name",
                table.span,
            )


def _refuse_ambiguous_schema(database: Database, target: Target) -> None:
    """`acme.orders` could be the table of the schema, or that of the database."""
    ((name,),) = database.rows("SELECT current_database()")
    if str(name).casefold() == target.schema.casefold():
        raise DatabaseProblem(
            f"DuckDB does not tell the schema `{target.schema}` from the database of that name",
            "give the target another `schema`",
            target.span,
        )


def _refuse_unless_memberships(
    called: str, columns: Iterable[str], program: ir.Program, option: str, target: Target
) -> None:
    """What somebody else has made is never replaced."""
    if {_key(program), *MEMBERSHIPS_COLUMNS} != set(columns):
        raise DatabaseProblem(
            f"{called} is there already, and does not hold memberships",
            f"move it away, or give the target another {option}",
            target.span,
        )


def _key(program: ir.Program) -> str:
    key = program.catalog.tables[program.catalog.entity].key
    assert key is not None, "the resolver refuses an entity without a key"
    return key


def _column(assigned: bool) -> OneOf["qualifies", "assigned"]:
    return "assigned" if assigned else "qualifies"
