"""One customer of a target: the rows that belong to it, and why it is, or is not, in segments.

In: a program, a key, segments, a clock and a target. Out: an `Explained`. Only rows that a definition looks at for this
customer are fetched, by keys that are parameters; the reference evaluator then decides, so that what is shown is what
decided. What compares the customer with everyone is asked of the database, by the compiled SQL, and put in its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from segdsl.compiler import BadRequest
from segdsl.introspection import DatabaseProblem, kind
from segdsl.project import Target
from segdsl.semantics import ir
from segdsl.semantics.calendar import Clock
from segdsl.semantics.catalog import Table
from segdsl.semantics.evaluate import BadKeys, BadMoment, BadValue, Key
from segdsl.semantics.list_files import key_type
from segdsl.semantics.reasons import Reason, Reasons
from segdsl.semantics.references import references
from segdsl.semantics.types import Number
from segdsl.warehouse.database import Database, opened

Stored = dict[str, Any]
# No database takes more parameters than this at once.
MOST_KEYS = 1_000


@dataclass(frozen=True, slots=True)
class Standing:
    """How the customer stands to a segment; `taken_by` is the stronger segment of its group that it is in, too."""

    name: str
    qualifies: bool
    group: str | None
    taken_by: str | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class Explained:
    entity: str
    key: Key
    as_of: datetime
    segments: tuple[Standing, ...]


def explain(program: ir.Program, key: str, names: Sequence[str], clock: Clock, target: Target) -> Explained:
    """Why the row with this key is in the segments called `names`, or is not; of one entity alone.

    Of several entities those segments are left out that are sets of another one than the first that is named. Raises
    `BadRequest` when there is no such row.
    """
    entity = program.segments[names[0]].entity if names else program.catalog.entity
    of_it = tuple(name for name in names if program.segments[name].entity == entity)
    needed = tuple(dict.fromkeys(each for name in of_it for each in (*program.rivals(name), name)))
    with opened(program, needed, clock, target) as database:
        rows = _Rows(program, database)
        found = rows.customer(entity, key)
        for name in needed:
            rows.for_condition(program.segments[name].condition, entity, [found])
        answered, questions = _answered(program, needed, database, rows.world, clock)
    row = found
    try:
        reasons = Reasons(answered, rows.world, clock, questions)
        if not reasons.is_there(entity, row):
            raise BadRequest(
                f"{entity} `{key}` does not count as of {clock.as_of.isoformat()}",
                "it is left out by the catalog's `where`, or comes later",
            )
        standings = tuple(
            Standing(
                name,
                reasons.qualifies(name, row),
                program.segments[name].group,
                reasons.taken_by(name, row) if reasons.qualifies(name, row) else None,
                reasons.why(name, row),
            )
            for name in of_it
        )
    except (BadKeys, BadValue, BadMoment) as error:
        raise DatabaseProblem(
            str(error), "mend the row, or compare the types in catalog.yml with what is stored"
        ) from None
    table = program.catalog.tables[entity]
    assert table.key is not None, "entities have keys"
    return Explained(entity, row[rows.name(table, table.key)], clock.as_of, standings)


class _Rows:
    """The rows that definitions look at, fetched as they are needed, each once."""

    def __init__(self, program: ir.Program, database: Database) -> None:
        self.program, self.database = program, database
        self.world: dict[str, list[Stored]] = {}
        # Equal rows of a table are always found together, so that what is there once is there as often as it should be.
        self._known: dict[str, dict[tuple[str, ...], Stored]] = {}
        self._fetched: dict[tuple[str, tuple[str, ...], Key], list[Stored]] = {}

    def name(self, table: Table, stored_as: str) -> str:
        """What a row calls a stored column."""
        for column in table.columns.values():
            if column.formula is None and column.coordinates is None and column.stored_as == stored_as:
                return column.name
        return stored_as

    def customer(self, entity: str, key: str) -> Stored:
        table = self.program.catalog.tables[entity]
        assert table.key is not None, "entities have keys"
        stored = self.database.stored(table).type_of(table.key)
        if stored is not None and kind(stored) == "whole number":
            try:
                wanted: Key = int(key)
            except ValueError:
                raise BadRequest(f"the keys of `{entity}` are whole numbers, and `{key}` is none") from None
        else:
            wanted = key
        found = self._with(table, table.key, [wanted])
        if not found:
            raise BadRequest(
                f"there is no {entity} with the key `{key}`",
                f"keys are what stands in `{table.key}` of `{'.'.join(table.stored_in)}`",
            )
        return found[0]

    def for_condition(self, node: ir.Node | None, table: str, rows: Sequence[Stored]) -> None:
        """Fetches what a condition or a value looks at when it is asked of `rows`."""
        if node is None or not rows:
            return
        holder = self.program.catalog.tables[table]
        match node:
            case ir.InSegment(name) | ir.WasInSegment(name):
                segment = self.program.segments[name]
                self.for_condition(segment.condition, segment.entity, rows)
            case ir.AssignedTo(name):
                for each in (name, *self.program.rivals(name)):
                    self.for_condition(self.program.segments[each].condition, table, rows)
            case ir.Rows(name, via, where):
                self.for_condition(where, name, self._belonging(name, via, self._keys(holder, rows)))
            case ir.Aggregate(_, of, argument):
                self.for_condition(of, table, rows)
                self.for_condition(argument, of.table, self._belonging(of.table, of.via, self._keys(holder, rows)))
            case ir.Column(path) | ir.At(path):
                there = self._followed(holder, path, rows)
                at_path = self.program.catalog.tables[node.table].at_path
                if isinstance(node, ir.At) and at_path:
                    self._followed(self.program.catalog.tables[node.table], at_path, there)
            case ir.Of(path, value):
                self.for_condition(
                    value, self.program.catalog.target(table, path).name, self._followed(holder, path, rows)
                )
            case ir.Followed(path, of, _, same):
                *way, last = path
                above = self.program.catalog.target(table, tuple(way))
                column = self.name(above, above.links[last].column)
                keys = [row[column] for row in self._followed(holder, way, rows) if row.get(column) is not None]
                found = self._belonging(of.table, of.via, keys)
                self.for_condition(of.where, of.table, found)
                for left, right in same:
                    self.for_condition(left, table, rows)
                    self.for_condition(right, of.table, found)
            case _:
                for child in ir.children(node):
                    self.for_condition(child, table, rows)

    # --- queries --------------------------------------------------------------------------------------

    def _followed(self, table: Table, path: Iterable[str], rows: Sequence[Stored]) -> Sequence[Stored]:
        """The rows that links lead to, from `rows` on."""
        for name in path:
            link = table.links[name]
            column = self.name(table, link.column)
            table = self.program.catalog.tables[link.table]
            assert table.key is not None, "links lead to tables with keys"
            rows = self._with(table, table.key, [row[column] for row in rows if row.get(column) is not None])
        return rows

    def _belonging(self, name: str, via: tuple[str, ...], keys: Sequence[Key]) -> list[Stored]:
        """The rows of a table that the links `via` lead from to rows with these keys; those in between come along."""
        steps = [self.program.catalog.tables[name]]
        for link in via[:-1]:
            steps.append(self.program.catalog.tables[steps[-1].links[link].table])
        found: list[Stored] = []
        for step, link in reversed(list(zip(steps, via, strict=True))):
            found = self._with(step, step.links[link].column, keys)
            keys = self._keys(step, found)
        return found

    def _keys(self, table: Table, rows: Sequence[Stored]) -> list[Key]:
        if table.key is None:
            return []
        key = self.name(table, table.key)
        return [row[key] for row in rows if row.get(key) is not None]

    def _with(self, table: Table, column: str, keys: Sequence[Key]) -> list[Stored]:
        """The rows whose `column` holds one of `keys`."""
        wanted = list(dict.fromkeys(keys))
        missing = [key for key in wanted if (table.name, (column,), key) not in self._fetched]
        for start in range(0, len(missing), MOST_KEYS):
            self._fetch(table, column, missing[start : start + MOST_KEYS])
        return [row for key in wanted for row in self._fetched[table.name, (column,), key]]

    def _fetch(self, table: Table, column: str, keys: Sequence[Key]) -> None:
        from sqlalchemy import Column as StoredColumn
        from sqlalchemy import select

        stored = self.database.stored(table)
        there = {name.casefold(): name for name in stored.columns}
        declared = [each for each in table.stored_columns() if each.coordinates is None]
        wanted = {each.stored_as: each.name for each in declared}
        types = {each.stored_as: each.type for each in declared}
        for each in (table.key, table.at, *(link.column for link in table.links.values())):
            if each is not None:
                wanted.setdefault(each, each)
        names = [name for name in wanted if name.casefold() in there]
        called: dict[str, StoredColumn[Any]]
        called = {name: StoredColumn(self.database.called(name)) for name in dict.fromkeys((*names, column))}
        holder = self.database.table(table.stored_in, *called.values())
        query = select(*(called[name] for name in names)).select_from(holder).where(called[column].in_(keys))
        places = {key: (table.name, (column,), key) for key in keys}
        for key in keys:
            self._fetched[places[key]] = []
        fresh: dict[tuple[str, ...], list[Stored]] = {}
        known = self._known.setdefault(table.name, {})
        for values in self.database.select(query):
            row = {
                wanted[name]: _plain(self.database.read(value, types.get(name)))
                for name, value in zip(names, values, strict=True)
            }
            content = tuple(map(repr, row.values()))
            key = values[names.index(column)]
            if content in known:
                row = known[content]
            else:
                fresh.setdefault(content, []).append(row)
            self._fetched[places[_plain(key)]].append(row)
        for content, rows in fresh.items():
            known[content] = rows[0]
            self.world.setdefault(table.name, []).extend(rows)
        every = [row for rows in fresh.values() for row in rows]
        self.for_condition(table.where, table.name, every)
        if table.at_path:
            self._followed(table, table.at_path, every)


def _plain(value: Any) -> Any:
    """A driver's value as the evaluator takes it."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Decimal) and value == value.to_integral_value() and value.as_tuple().exponent == 0:
        return int(value)
    return value


# --- what compares with everyone ----------------------------------------------------------------------


def _answered(
    program: ir.Program,
    names: Sequence[str],
    database: Database,
    world: Mapping[str, Sequence[Stored]],
    clock: Clock,
) -> tuple[ir.Program, dict[int, ir.Condition]]:
    """The program with conditions that look at everyone replaced by whom they are true of, as the database says.

    Only those are asked that `names` need: the database holds nothing else.
    """
    found: dict[str, list[ir.Condition]] = {}
    for name in _all_needed(program, names):
        segment = program.segments[name]
        found.setdefault(segment.entity, []).extend(_whole(program, segment.condition))
    answers: dict[ir.Condition, ir.Condition] = {}
    for entity, conditions in found.items():
        distinct = list(dict.fromkeys(conditions))
        table = program.catalog.tables[entity]
        rows = world.get(entity, ())
        if not distinct or not rows:
            continue
        answers |= _asked(program, database, table, distinct, rows, clock)
    questions = {id(answer): question for question, answer in answers.items()}
    segments = {
        name: replace(segment, condition=cast(ir.Condition, _replaced(segment.condition, answers)))
        for name, segment in program.segments.items()
    }
    return replace(program, segments=segments), questions


def _asked(
    program: ir.Program,
    database: Database,
    table: Table,
    conditions: Sequence[ir.Condition],
    rows: Sequence[Stored],
    clock: Clock,
) -> dict[ir.Condition, ir.Condition]:
    """Each condition, and who of `rows` it is true of."""
    some = next(each for each in program.segments.values() if each.entity == table.name)
    asked = {f"segdsl asks {number}": condition for number, condition in enumerate(conditions)}
    segments = {
        name: replace(some, name=name, group=None, priority=None, condition=condition, promises=())
        for name, condition in asked.items()
    }
    wider = replace(program, segments=program.segments | segments, order=(*program.order, *segments))
    assert table.key is not None, "entities have keys"
    key = next(
        (each.name for each in table.columns.values() if each.stored_as == table.key and each.formula is None),
        table.key,
    )
    keys = [cast(Key, row[key]) for row in rows]
    query = database.backend.memberships(wider, tuple(segments), clock, keys)
    true_of: dict[str, set[Any]] = {name: set() for name in segments}
    for found, segment, *_ in database.rows(query):
        true_of[segment].add(_plain(found))
    type_ = key_type(table)
    answers: dict[ir.Condition, ir.Condition] = {}
    for name, condition in asked.items():
        span = condition.span
        members: Any = (
            sorted(map(Decimal, true_of[name])) if isinstance(type_, Number) else sorted(map(str, true_of[name]))
        )
        answers[condition] = ir.InFile(ir.Key(table.name, type_, span=span), "everyone", tuple(members), span=span)
    return answers


def _whole(program: ir.Program, node: ir.Node) -> Iterator[ir.Condition]:
    """The least conditions that look at everyone."""
    match node:
        case ir.WasInSegment(name):
            if _looks_at_everyone(program, name):
                yield node
        case ir.All() | ir.Any() | ir.Not() | ir.AtLeast():
            for child in ir.children(node):
                yield from _whole(program, child)
        case ir.Exists() | ir.InSegment() | ir.AssignedTo():
            return
        case _ if _compares(node):
            yield cast(ir.Condition, node)


def _all_needed(program: ir.Program, names: Iterable[str]) -> tuple[str, ...]:
    """`names`, and all segments that these refer to, of whichever row and moment."""
    waiting, found = list(names), set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [each.segment for each in references(program, name)]
    return tuple(name for name in program.segments if name in found)


def _looks_at_everyone(program: ir.Program, segment: str) -> bool:
    condition = program.segments[segment].condition
    return _compares(condition) or any(
        _looks_at_everyone(program, each.segment) for each in references(program, segment)
    )


def _compares(node: ir.Node) -> bool:
    return isinstance(node, ir.Population) or any(_compares(child) for child in ir.children(node))


def _replaced(node: Any, answers: Mapping[ir.Condition, ir.Condition]) -> Any:
    """The tree with answers in place of questions."""
    if isinstance(node, tuple):
        return tuple(_replaced(each, answers) for each in node)
    if not isinstance(node, ir.Node):
        return node
    if node in answers:
        return answers[cast(ir.Condition, node)]
    if not isinstance(node, ir.All | ir.Any | ir.Not | ir.AtLeast):
        return node
    return replace(
        node,
        **{each.name: _replaced(getattr(node, each.name), answers) for each in fields(node) if each.name != "span"},
    )
