"""Made-up rows in a database of their own, in memory, and what the compiled SQL says of them.

In: a program, rows as `semantics.evaluate` takes them, segments and a moment. Out: who qualifies and who is assigned.
Every table of the catalog has rows of its own here, even where several are stored in one table of the real database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from segdsl.compiler import Findings
from segdsl.semantics import ir
from segdsl.semantics.calendar import Clock
from segdsl.semantics.catalog import Table
from segdsl.semantics.list_files import key_type
from segdsl.semantics.types import Boolean, Date, Degrees, Number, Text, TextList, Timestamp, Type
from segdsl.warehouse.database import SETTINGS

if TYPE_CHECKING:
    from sqlalchemy import Table as StoredTable
    from sqlalchemy.engine import Connection

Memberships = dict[str, tuple[frozenset[Any], frozenset[Any]]]


class Trial:
    """A database in memory with the tables of one program; each question fills them anew."""

    def __init__(self, program: ir.Program, connection: Connection) -> None:
        from sqlalchemy import MetaData

        from segdsl.backends import backend

        tables = {name: replace(table, stored_in=(name,)) for name, table in program.catalog.tables.items()}
        self._program = replace(program, catalog=replace(program.catalog, tables=tables))
        self._connection, self._backend = connection, backend("duckdb")
        metadata = MetaData()
        self._stored = {name: _stored_table(self._program, table, metadata) for name, table in tables.items()}
        metadata.create_all(connection)
        self._queries: dict[tuple[tuple[str, ...], Clock], list[str]] = {}

    def ask(
        self, _: ir.Program, world: Mapping[str, Sequence[Mapping[str, object]]], names: Sequence[str], clock: Clock
    ) -> Memberships:
        """The memberships in the segments called `names`.

        Raises `Findings` when the database cannot say one exactly.
        """
        for name, stored in self._stored.items():
            self._connection.execute(stored.delete())
            rows = [_as_stored(self._program.catalog.tables[name], stored, row) for row in world.get(name, ())]
            if rows:
                self._connection.execute(stored.insert(), rows)
        found: dict[str, tuple[set[Any], set[Any]]] = {name: (set(), set()) for name in names}
        for query in self._written(tuple(names), clock):
            for key, segment, qualifies, assigned, _as_of in self._connection.exec_driver_sql(query):
                if qualifies:
                    found[segment][0].add(key)
                if assigned:
                    found[segment][1].add(key)
        return {name: (frozenset(inside), frozenset(won)) for name, (inside, won) in found.items()}

    def _written(self, names: tuple[str, ...], clock: Clock) -> list[str]:
        from segdsl.backends import Unsupported

        if (names, clock) not in self._queries:
            by_entity = self._program.by_entity(names)
            try:
                queries = [self._backend.memberships(self._program, of_it, clock) for of_it in by_entity.values()]
            except Unsupported as unsupported:
                raise Findings([unsupported.diagnostic]) from None
            self._queries[names, clock] = queries
        return self._queries[names, clock]


@contextmanager
def trial(program: ir.Program) -> Iterator[Trial]:
    """A database for the rows of tests, which is gone afterwards."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    engine = create_engine("duckdb:///:memory:", poolclass=NullPool)
    with engine.connect() as connection:
        for setting in SETTINGS:
            connection.exec_driver_sql(setting)
        connection.exec_driver_sql("SET enable_external_access = false")
        connection.exec_driver_sql("SET lock_configuration = true")
        yield Trial(program, connection)


def _stored_table(program: ir.Program, table: Table, metadata: Any) -> StoredTable:
    from sqlalchemy import Column
    from sqlalchemy import Table as StoredTable

    columns: dict[str, Type] = {}
    for each in table.stored_columns():
        columns.setdefault(each.stored_as, each.type)
    if table.at is not None:
        columns.setdefault(table.at, table.at_type or Timestamp())
    for link in table.links.values():
        columns.setdefault(link.column, key_type(program.catalog.tables[link.table]))
    if table.key is not None:
        columns.setdefault(table.key, key_type(table))
    called = [Column(name, _sql_type(type_), autoincrement=False) for name, type_ in columns.items()]
    return StoredTable(table.name, metadata, *called)


def _sql_type(type_: Type) -> Any:
    from sqlalchemy import types

    match type_:
        case Number(scale=scale, whole=whole):
            return types.BigInteger() if whole else types.Numeric(min(38, 20 + scale), scale)
        case Degrees(scale=scale):
            return types.Numeric(3 + scale, scale)
        case Boolean():
            return types.Boolean()
        case Date():
            return types.Date()
        case Timestamp(zoned=zoned):
            return types.DateTime(timezone=zoned)
        case TextList():
            return types.ARRAY(types.Text())
        case Text() | _:
            return types.Text()


def _as_stored(table: Table, stored: StoredTable, row: Mapping[str, object]) -> dict[str, object]:
    """A row under the names of the database."""
    names = {each.name: each.stored_as for each in table.stored_columns()}
    found: dict[str, object] = dict.fromkeys(stored.columns.keys())
    for name, value in row.items():
        found[names.get(name, name)] = value
    return found
