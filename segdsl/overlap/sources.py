"""What data a condition on a row looks at, so that examples can be put together of parts that share none.

In: a condition on rows of the entity. Out: the columns of the row itself, its key, and the tables that it looks into.
Promised: a condition has the same truth in two worlds, seen at one moment, in which what is named here is the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from segdsl.overlap.witness import name_of
from segdsl.semantics import ir
from segdsl.semantics.catalog import Table

# A column of the row itself as the database has it, its key, or all rows of another table; `clock` is no data.
Source = tuple[str, str]
KEY: Source = ("key", "")
CLOCK: Source = ("clock", "")


class LooksAtOthers(Exception):
    """The condition looks at other rows of the entity, so no part of the data decides it."""


class Sources:
    """What conditions on rows of `entity` look at."""

    def __init__(self, program: ir.Program, entity: str) -> None:
        self.program, self.entity = program, entity
        self.tables = program.catalog.tables
        self._of_tables: dict[str, tuple[Source, ...]] = {}

    def of(self, condition: ir.Condition) -> frozenset[Source]:
        """Never empty: what depends on the moment alone looks at the clock. Raises `LooksAtOthers`."""
        return frozenset(self._in(condition, self.entity, True)) or frozenset((CLOCK,))

    def of_presence(self) -> frozenset[Source]:
        """What decides whether a row of the entity is there. Raises `LooksAtOthers`."""
        table = self.tables[self.entity]
        found = [] if table.where is None else list(self._in(table.where, self.entity, True))
        return frozenset((*found, *self._time(table, True)))

    def columns(self, source: Source) -> Iterator[str]:
        """The names under which a row of the entity holds a column."""
        kind, stored_as = source
        if kind != "column":
            return
        table = self.tables[self.entity]
        yield name_of(table, stored_as)
        for column in table.stored_columns():
            if column.stored_as == stored_as:
                yield column.name
                yield stored_as

    # --- one node -------------------------------------------------------------------------------------

    def _in(self, node: ir.Node, table: str, is_own: bool) -> Iterator[Source]:
        """What a node looks at in a row of `table`; `is_own` when that is the row in question itself."""
        match node:
            case ir.Column(path, _, name):
                yield from self._follow(table, path, is_own)
                yield from self._column(self.program.catalog.target(table, path), name, is_own and not path)
            case ir.At(path):
                yield from self._follow(table, path, is_own)
                yield from self._time(self.program.catalog.target(table, path), is_own and not path)
            case ir.Of(path, value):
                yield from self._follow(table, path, is_own)
                yield from self._in(value, self.program.catalog.target(table, path).name, is_own and not path)
            case ir.Key():
                yield KEY if is_own else ("table", table)
            case ir.Sample():
                yield KEY if is_own else ("table", table)
            case ir.Rows(name, via, where):
                yield from self._rows(name, via)
                if where is not None:
                    yield from self._in(where, name, False)
            case ir.Aggregate(_, rows, argument):
                yield from self._in(rows, table, is_own)
                if argument is not None:
                    yield from self._in(argument, rows.table, False)
            case ir.InSegment(name):
                yield from self._in(self.program.segments[name].condition, table, is_own)
            case ir.AssignedTo(name):
                for each in (name, *self.program.rivals(name)):
                    yield from self._in(self.program.segments[each].condition, table, is_own)
            case ir.Followed() if is_own:
                raise LooksAtOthers
            case ir.Followed(path, rows, _, same):
                yield from self._follow(table, path, False)
                yield from self._in(rows, table, False)
                for left, right in same:
                    yield from self._in(left, table, False)
                    yield from self._in(right, rows.table, False)
            case ir.WasInSegment() | ir.Ranked() | ir.Bringing() | ir.Statistic() | ir.Tile() | ir.Population():
                raise LooksAtOthers
            case _:
                for child in ir.children(node):
                    yield from self._in(child, table, is_own)

    def _column(self, table: Table, name: str, is_own: bool) -> Iterator[Source]:
        column = table.columns[name]
        for each in column.coordinates or (column,):
            if not is_own:
                yield "table", table.name
                # A column that holds the entity's key says what the key is.
                if any(link.column == each.stored_as and link.table == self.entity for link in table.links.values()):
                    yield KEY
            else:
                yield KEY if each.stored_as == table.key else ("column", each.stored_as)

    def _follow(self, table: str, path: tuple[str, ...], is_own: bool) -> Iterator[Source]:
        for name in path:
            link = self.tables[table].links[name]
            yield ("column", link.column) if is_own else ("table", table)
            yield from self._whole(link.table)
            table, is_own = link.table, False

    def _rows(self, name: str, via: tuple[str, ...]) -> Iterator[Source]:
        """The rows of a table, and those between them and the row that they belong to."""
        yield from self._whole(name)
        table = name
        for link in via[:-1]:
            table = self.tables[table].links[link].table
            yield from self._whole(table)

    def _whole(self, name: str) -> Iterator[Source]:
        """A table, and what decides which of its rows are there."""
        if name == self.entity:
            raise LooksAtOthers
        if name not in self._of_tables:
            self._of_tables[name] = (("table", name),)
            table = self.tables[name]
            found = [*self._time(table, False)]
            if table.where is not None:
                found += self._in(table.where, name, False)
            self._of_tables[name] = tuple(dict.fromkeys((("table", name), *found)))
        yield from self._of_tables[name]

    def _time(self, table: Table, is_own: bool) -> Iterator[Source]:
        if table.at_path is None:
            return
        yield from self._follow(table.name, table.at_path, is_own)
        holder = self.program.catalog.target(table.name, table.at_path)
        is_own = is_own and not table.at_path
        yield ("column", holder.at or "") if is_own else ("table", holder.name)
