"""What is computed in a target: sizes, members, and runs that write the memberships.

In: a program, a clock and a target. Out: counts, keys, and where memberships were written. Promised: memberships are
replaced in one step or not at all, and nothing that somebody else has made is overwritten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from os.path import lexists
from pathlib import Path
from typing import TYPE_CHECKING, Any
from typing import Literal as OneOf

from segdsl import folder
from segdsl.compiler import Findings
from segdsl.diagnostics import Diagnostic
from segdsl.introspection import DatabaseProblem
from segdsl.project import Target
from segdsl.semantics import ir
from segdsl.semantics.calendar import Clock
from segdsl.warehouse.database import Database, folded, is_folder, opened
from segdsl.warehouse.promises import Counts, broken, not_compared

if TYPE_CHECKING:
    from sqlalchemy import Select

MEMBERSHIPS_TABLE = "segdsl_memberships"
MEMBERSHIPS_FILE = "memberships.parquet"
MEMBERSHIPS_COLUMNS = ("segment", "qualifies", "assigned", "as_of")


@dataclass(frozen=True, slots=True)
class Size:
    """How many customers fulfil a segment's condition, and how many of them no stronger segment takes.

    `reachable` is, by channel, how many of those it is assigned can be reached.
    """

    name: str
    qualifies: int
    assigned: int
    reachable: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sizes:
    """`segments` in the order they were asked for; `customers` is how many there are in all.

    `reachable` is, by channel, how many of all customers can be reached. `broken` are the promises that the data
    break, and `not_compared` the segments that promise little change, and were never stored before.
    """

    as_of: datetime
    customers: int
    segments: tuple[Size, ...]
    reachable: Mapping[str, int] = field(default_factory=dict)
    broken: tuple[Diagnostic, ...] = ()
    not_compared: tuple[str, ...] = ()


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
    broken: tuple[Diagnostic, ...] = ()
    not_compared: tuple[str, ...] = ()


def size(program: ir.Program, names: Sequence[str], clock: Clock, target: Target) -> Sizes:
    """The sizes of the segments called `names`."""
    files, parts = _stored_before(target)
    with opened(program, names, clock, target, sizing=True, extra_files=files) as database:
        return _sizes(database, program, names, clock, _before(database, program, names, files, parts, target))


def _sizes(
    database: Database, program: ir.Program, names: Sequence[str], clock: Clock, before: Mapping[str, int]
) -> Sizes:
    """The sizes, and the promises they break, from one query; `before` is who was assigned in the last run."""
    (row,) = database.rows(database.backend.sizes(program, names, clock))
    counts = (int(value) for value in row)
    customers = next(counts)
    pairs = {name: (next(counts), next(counts)) for name in names}
    everyone = {channel: next(counts) for channel in program.channels}
    reachable = {name: {channel: next(counts) for channel in program.channels} for name in names}
    strays = tuple(counts)
    sizes = tuple(Size(name, *pairs[name], reachable[name]) for name in names)
    assigned = {size.name: size.assigned for size in sizes}
    found = broken(program, names, Counts(customers, assigned, before, strays))
    return Sizes(clock.as_of, customers, sizes, everyone, tuple(found), not_compared(program, names, before))


def _stored_before(target: Target) -> tuple[list[Path], tuple[str, ...]]:
    """The file (of a folder) and the table (of a database) that hold the memberships of the last run, if any."""
    if is_folder(target):
        output = target.path / (target.memberships or MEMBERSHIPS_FILE)
        return ([output] if lexists(output) else []), ()
    return [], (target.schema, MEMBERSHIPS_TABLE) if target.schema else (MEMBERSHIPS_TABLE,)


def _before(
    database: Database,
    program: ir.Program,
    names: Sequence[str],
    files: Sequence[Path],
    parts: tuple[str, ...],
    target: Target,
) -> dict[str, int]:
    """How many the memberships that are stored say were assigned, by segment; asked for only where that matters."""
    promised = any(isinstance(each, ir.ChangePromise) for name in names for each in program.segments[name].promises)
    if not promised:
        return {}
    if files:
        columns = database.columns_of_file(files[0])
        _refuse_unless_memberships(f"`{files[0]}`", columns, program, "`memberships: NAME.parquet`", target)
        return database.assigned_in_file(files[0])
    existing = database.tables.get(folded(parts))
    if existing is None or not parts:
        return {}
    _refuse_unless_memberships(existing.called, existing.columns, program, "`schema`", target)
    return {name: assigned for name, (_, assigned) in _counted(database, parts).items()}


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


class BrokenPromises(Findings):
    """The data break promises of segments, so nothing was written: the memberships before stay as they were."""


def run(program: ir.Program, clock: Clock, target: Target, *, despite_promises: bool = False) -> RunSummary:
    """Replaces the memberships of all segments. When anything fails the memberships before stay as they were.

    Raises `BrokenPromises` when the data break a promise, unless `despite_promises`.
    """
    if is_folder(target):
        return _run_in_folder(program, clock, target, despite_promises)
    return _run_in_database(program, clock, target, despite_promises)


def _checked_sizes(
    database: Database, program: ir.Program, clock: Clock, target: Target, despite_promises: bool
) -> Sizes:
    """The sizes before anything is written; raises when they break a promise."""
    names, (files, parts) = tuple(program.segments), _stored_before(target)
    sizes = _sizes(database, program, names, clock, _before(database, program, names, files, parts, target))
    if sizes.broken and not despite_promises:
        raise BrokenPromises(sizes.broken)
    return sizes


def _summary(sizes: Sizes, target: Target, written_to: str) -> RunSummary:
    rows = sum(each.qualifies for each in sizes.segments)
    return RunSummary(sizes.as_of, target.name, written_to, rows, sizes.segments, sizes.broken, sizes.not_compared)


def _run_in_database(program: ir.Program, clock: Clock, target: Target, despite_promises: bool) -> RunSummary:
    if target.memberships:
        raise DatabaseProblem(
            f"the target `{target.name}` has `memberships`, which is for folders",
            f"leave it out: memberships go to the table `{MEMBERSHIPS_TABLE}`",
            target.span,
        )
    parts = (target.schema, MEMBERSHIPS_TABLE) if target.schema else (MEMBERSHIPS_TABLE,)
    _refuse_to_overwrite_source(program, parts)
    names = tuple(program.segments)
    with opened(program, names, clock, target, writing=True, sizing=True) as database:
        existing = database.tables.get(folded(parts))
        if existing is not None:
            _refuse_unless_memberships(existing.called, existing.columns, program, "`schema`", target)
        if target.schema:
            _refuse_ambiguous_schema(database, target)
        sizes = _checked_sizes(database, program, clock, target, despite_promises)
        if target.schema:
            database.create_schema(target.schema)
        _store(database, program, names, clock, parts)
    return _summary(sizes, target, ".".join(parts))


def _run_in_folder(program: ir.Program, clock: Clock, target: Target, despite_promises: bool) -> RunSummary:
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
        opened(program, names, clock, target, sizing=True, extra_files=[written, *existing]) as database,
    ):
        for file in existing:
            columns = database.columns_of_file(file)
            _refuse_unless_memberships(f"`{file}`", columns, program, "`memberships: NAME.parquet`", target)
        sizes = _checked_sizes(database, program, clock, target, despite_promises)
        _store(database, program, names, clock, parts)
        database.write(database.driver.table(MEMBERSHIPS_TABLE), written)
    return _summary(sizes, target, str(output))


def _store(database: Database, program: ir.Program, names: Sequence[str], clock: Clock, parts: tuple[str, ...]) -> None:
    """Replaces the memberships table."""
    for statement in database.backend.store(program, names, clock, parts):
        database.execute(statement)


def _counted(database: Database, parts: tuple[str, ...]) -> dict[str, tuple[int, int]]:
    """How many memberships of each segment a table holds, and how many of them are assigned."""
    from sqlalchemy import MetaData, Table, case, column, func, select

    stored = Table(parts[-1], MetaData(), schema=parts[0] if len(parts) == 2 else None)
    assigned = func.count(case((column("assigned"), 1)))
    counted: Select[Any] = (
        select(column("segment"), func.count(), assigned).select_from(stored).group_by(column("segment"))
    )
    return {str(name): (int(all_), int(won)) for name, all_, won in database.select(counted)}


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
