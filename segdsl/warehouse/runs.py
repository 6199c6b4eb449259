"""What is computed in a target: sizes, members, and runs that write the memberships.

In: a program, a clock and a target. Out: counts, keys, and where memberships were written. Promised: memberships are
replaced in one step or not at all, and nothing that somebody else has made is overwritten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from os.path import lexists
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from typing import Literal as OneOf

from segdsl import folder
from segdsl.compiler import Findings
from segdsl.diagnostics import Diagnostic
from segdsl.introspection import DatabaseProblem
from segdsl.project import Target
from segdsl.semantics import ir
from segdsl.semantics.calendar import Clock
from segdsl.warehouse import memberships
from segdsl.warehouse.database import Database, is_folder, opened, write_keys
from segdsl.warehouse.memberships import MEMBERSHIPS_TABLE
from segdsl.warehouse.promises import Counts, broken, not_compared

if TYPE_CHECKING:
    from segdsl.backends import Pass

T = TypeVar("T")


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
    """`segments` in the order they were asked for; `entities` says of each entity how many rows it has in all.

    That of the catalog comes first, whatever was asked for. `reachable` is, by channel, how many of all rows of its
    entity can be reached. `broken` are the promises that the data break, and `not_compared` the segments that promise
    little change, and were never stored before.
    """

    as_of: datetime
    entities: dict[str, int]
    segments: tuple[Size, ...]
    reachable: Mapping[str, int] = field(default_factory=dict)
    broken: tuple[Diagnostic, ...] = ()
    not_compared: tuple[str, ...] = ()

    @property
    def customers(self) -> int:
        """How many rows the catalog's entity has."""
        return next(iter(self.entities.values()))


@dataclass(frozen=True, slots=True)
class Members:
    """The rows in a segment: the `key` column's name and the ordered keys."""

    segment: str
    as_of: datetime
    key: str
    keys: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """The memberships of one entity: where they are, a table's name or a file's path, and how many."""

    entity: str
    written_to: str
    rows: int


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a run has written, entity by entity, that of the catalog first."""

    as_of: datetime
    target: str
    tables: tuple[Written, ...]
    segments: tuple[Size, ...]
    broken: tuple[Diagnostic, ...] = ()
    not_compared: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """How many memberships there are of all entities."""
        return sum(table.rows for table in self.tables)

    @property
    def written_to(self) -> str:
        """Where the memberships of the catalog's entity are."""
        return self.tables[0].written_to


def size(program: ir.Program, names: Sequence[str], clock: Clock, target: Target) -> Sizes:
    """The sizes of the segments called `names`."""
    files = memberships.existing_files(program, names, target)
    with opened(program, names, clock, target, sizing=True, extra_files=files) as database:
        return _sizes(database, database.program, names, clock, target)


def _sizes(database: Database, program: ir.Program, names: Sequence[str], clock: Clock, target: Target) -> Sizes:
    """The sizes, and the promises they break."""
    counting = _Counting(program, memberships.assigned_before(database, program, names, target))
    for entity, of_it in ({program.catalog.entity: ()} | program.by_entity(names)).items():
        for some, query in _in_parts(of_it, lambda part: database.backend.sizes(program, part, clock)):
            counting.add(entity, some, database.rows(query))
    return counting.sizes(names, clock)


def _in_parts(names: Sequence[str], ask: Callable[[Sequence[str]], T]) -> Iterator[tuple[Sequence[str], T]]:
    """What is asked of all segments at once, or of as many as the database has columns for."""
    from segdsl.backends import TooWide

    waiting = [names]
    while waiting:
        some = waiting.pop()
        try:
            yield some, ask(some)
        except TooWide:
            if len(some) < 2:
                raise
            waiting += [some[len(some) // 2 :], some[: len(some) // 2]]


class _Counting:
    """Puts together what the rows of `Backend.sizes` say. `before` is how many were assigned before, by segment."""

    def __init__(self, program: ir.Program, before: dict[str, int]) -> None:
        self._program, self._before = program, before
        self._entities: dict[str, int] = {}
        self._found: dict[str, Size] = {}
        self._everyone: dict[str, int] = {}
        self._faults: list[Diagnostic] = []

    def add(self, entity: str, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        """What one row says of segments of an entity."""
        (row,) = rows
        counts = (int(value) for value in row)
        self._entities[entity] = next(counts)
        pairs = {name: (next(counts), next(counts)) for name in names}
        channels = [channel.name for channel in self._program.channels.values() if channel.entity == entity]
        self._everyone |= {channel: next(counts) for channel in channels}
        reachable = {name: {channel: next(counts) for channel in channels} for name in names}
        self._found |= {name: Size(name, *pairs[name], reachable[name]) for name in names}
        assigned = {name: self._found[name].assigned for name in names}
        found = Counts(self._entities[entity], assigned, self._before, tuple(counts))
        self._faults += broken(self._program, names, found)

    def sizes(self, names: Sequence[str], clock: Clock) -> Sizes:
        sizes = tuple(self._found[name] for name in names)
        unknown = not_compared(self._program, names, self._before)
        return Sizes(clock.as_of, self._entities, sizes, self._everyone, tuple(self._faults), unknown)


def members(program: ir.Program, segment: str, clock: Clock, target: Target, *, assigned: bool = False) -> Members:
    """The keys of those who qualify for `segment`, or are assigned to it."""
    with opened(program, [segment], clock, target) as database:
        query = database.backend.members(database.program, segment, clock, _column(assigned))
        keys = tuple(row[0] for row in database.rows(query))
    return Members(segment, clock.as_of, memberships.key(program, program.segments[segment].entity), keys)


def export_members(
    program: ir.Program, segment: str, clock: Clock, target: Target, output: Path, *, assigned: bool = False
) -> None:
    """Writes the keys to the Parquet file `output`, which is replaced in one step."""
    if target.type != "duckdb":
        found = members(program, segment, clock, target, assigned=assigned)
        with folder.replaced(output) as written:
            write_keys(found.key, found.keys, written)
        return
    with (
        folder.replaced(output) as written,
        opened(program, [segment], clock, target, extra_files=[written]) as database,
    ):
        query = database.backend.members(program, segment, clock, _column(assigned))
        database.write(database.driver.sql(query), written)


class BrokenPromises(Findings):
    """The data break promises of segments, so nothing was written: the memberships before stay as they were."""


def run(program: ir.Program, clock: Clock, target: Target, *, despite_promises: bool = False) -> RunSummary:
    """Replaces the memberships of all segments, those of each entity in a table or file of their own.

    When anything fails the memberships before stay as they were. Of several files each is replaced in one step, one
    after the other, once all are written. Raises `BrokenPromises` when the data break a promise, unless
    `despite_promises`.
    """
    if is_folder(target):
        return _run_in_folder(program, clock, target, despite_promises)
    return _run_in_database(program, clock, target, despite_promises)


def _run_in_database(program: ir.Program, clock: Clock, target: Target, despite_promises: bool) -> RunSummary:
    if target.memberships:
        raise DatabaseProblem(
            f"the target `{target.name}` has `memberships`, which is for folders",
            f"leave it out: memberships go to the table `{MEMBERSHIPS_TABLE}`",
            target.span,
        )
    places = memberships.tables(program, target)
    names = tuple(program.segments)
    with opened(program, names, clock, target, writing=True, sizing=True, replaced=tuple(places.values())) as database:
        program = database.program
        for entity, parts in places.items():
            memberships.refuse_table_of_others(database, program, entity, parts, target)
        if target.schema:
            memberships.refuse_ambiguous_schema(database, target)
        counting = _Counting(program, memberships.assigned_before(database, program, names, target))
        kept = _keep(database, program, clock, places, counting, in_order=False)
        sizes = _kept_promises(counting.sizes(names, clock), despite_promises)
        if target.schema:
            database.create_schema(target.schema)
        for passes in kept.values():
            _store(database, passes)
    return _summary(program, target, {entity: ".".join(parts) for entity, parts in places.items()}, sizes)


def _run_in_folder(program: ir.Program, clock: Clock, target: Target, despite_promises: bool) -> RunSummary:
    if target.schema:
        raise DatabaseProblem(
            f"the target `{target.name}` has a `schema`, and a folder has none",
            "leave it out, or name the file with `memberships: NAME.parquet`",
            target.span,
        )
    outputs = memberships.files(program, target)
    memberships.refuse_to_overwrite_source(program, (MEMBERSHIPS_TABLE,))
    existing = {entity: file for entity, file in outputs.items() if lexists(file)}
    names = tuple(program.segments)
    # The files take their places when the stack is left, unless something was raised before.
    with ExitStack() as stack:
        written = {entity: stack.enter_context(folder.replaced(file)) for entity, file in outputs.items()}
        extra = [*written.values(), *existing.values()]
        database = stack.enter_context(opened(program, names, clock, target, sizing=True, extra_files=extra))
        for entity, file in existing.items():
            memberships.refuse_file_of_others(database, program, entity, file, target)
        counting = _Counting(program, memberships.assigned_before(database, program, names, target))
        # One after the other in the same table, which is in memory only.
        places = dict.fromkeys(written, (MEMBERSHIPS_TABLE,))
        kept = _keep(database, program, clock, places, counting, in_order=True)
        sizes = _kept_promises(counting.sizes(names, clock), despite_promises)
        for entity, file in written.items():
            _store(database, kept[entity])
            database.write(database.driver.table(MEMBERSHIPS_TABLE), file)
    return _summary(program, target, {entity: str(file) for entity, file in outputs.items()}, sizes)


def _summary(program: ir.Program, target: Target, places: dict[str, str], sizes: Sizes) -> RunSummary:
    rows = dict.fromkeys(places, 0)
    for each in sizes.segments:
        rows[program.segments[each.name].entity] += each.qualifies
    tables = tuple(Written(entity, place, rows[entity]) for entity, place in places.items())
    return RunSummary(sizes.as_of, target.name, tables, sizes.segments, sizes.broken, sizes.not_compared)


def _keep(
    database: Database,
    program: ir.Program,
    clock: Clock,
    places: Mapping[str, memberships.Parts],
    counting: _Counting,
    *,
    in_order: bool,
) -> dict[str, list[Pass]]:
    """Looks at the data once, keeps where everyone stands, and counts them. What is left to do of each entity.

    Nothing is written before all is counted: not every database can undo it.
    """
    kept: dict[str, list[Pass]] = {entity: [] for entity in places}
    for entity, passes in kept.items():

        def ask(some: Sequence[str], passes: list[Pass] = passes, parts: memberships.Parts = places[entity]) -> Pass:
            number = 1 + sum(map(len, kept.values()))
            return database.backend.one_pass(
                program, some, clock, parts, replaces=not passes, in_order=in_order, number=number
            )

        for some, passed in _in_parts(program.by_entity(tuple(program.segments)).get(entity, ()), ask):
            database.execute(passed.keep)
            counting.add(entity, some, database.rows(passed.sizes))
            passes.append(passed)
    return kept


def _store(database: Database, passes: Sequence[Pass]) -> None:
    """Replaces the memberships table of an entity."""
    for passed in passes:
        for statement in (*passed.store, passed.forget):
            database.execute(statement)


def _kept_promises(sizes: Sizes, despite_promises: bool) -> Sizes:
    """The sizes; raises when they break a promise, before anything is written."""
    if sizes.broken and not despite_promises:
        raise BrokenPromises(sizes.broken)
    return sizes


def _column(assigned: bool) -> OneOf["qualifies", "assigned"]:
    return "assigned" if assigned else "qualifies"
