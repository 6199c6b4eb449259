"""Looks at what a target holds, for a catalog to be written from: tables, their types, and what their rows show.

In: a target. Out: `inventory.seen` tables, and how many rows find another where a column may lead there. Promised: it
only reads; a table that cannot be read is said to be so, and stops nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segdsl.introspection import kind
from segdsl.inventory import guesses
from segdsl.inventory.seen import Column, Pairing, Share, Table
from segdsl.project import Target
from segdsl.semantics import ir
from segdsl.semantics.catalog import Catalog
from segdsl.warehouse.database import Database, begun, database_of, is_folder
from segdsl.warehouse.errors import explained

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy import Table as SqlTable

# So many columns are asked of in one query: what plans it takes the square of them.
AT_ONCE = 40
MEMBERSHIPS = {"segment", "qualifies", "assigned", "as_of"}


@dataclass(frozen=True, slots=True)
class Looked:
    """The tables of a target in the order of their names, and the shares of what may be links."""

    tables: tuple[Table, ...]
    shares: tuple[tuple[Pairing, Share], ...]


Known = Callable[[Sequence[Table]], Mapping[tuple[str, ...], str]]


def look(target: Target, known: Known, *, at_rows: bool = True) -> Looked:
    """What the target holds. `known` says what a catalog calls tables; `at_rows` is whether rows are looked at."""
    from segdsl.warehouse.looking_at_files import files_in

    files = list(files_in(target.path)) if is_folder(target) else []
    nothing = ir.Program("", Catalog({}, ""), {}, {}, (), "UTC", 0)
    with explained(target), begun(target, files, (), writing=False) as connection:
        database = database_of(target, connection, nothing)
        source = _source(database, target, files)
        tables = [
            each for each in source.tables() if not {column.name.lower() for column in each.columns} >= MEMBERSHIPS
        ]
        if at_rows:
            tables = [source.counted(each) for each in tables]
        readable = [each for each in tables if not each.unread]
        names = guesses.called(readable, known(readable))
        pairings = guesses.pairings(readable, names) if at_rows else []
        shares = tuple((each, source.share(each)) for each in pairings)
        return Looked(tuple(tables), shares)


def _holds_memberships(table: Table) -> bool:
    return {each.name.lower() for each in table.columns} >= MEMBERSHIPS


class Source:
    """A database whose tables are looked at through SQLAlchemy."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def tables(self) -> Iterator[Table]:
        raise NotImplementedError

    def sql(self, table: Table) -> SqlTable:
        """A table to select from."""
        columns = (sql_column(self.database.called(each.name)) for each in table.columns)
        return self.database.table(table.parts, *columns)

    def value(self, table: Table, sql: SqlTable, column: Column) -> ColumnElement[Any]:
        """A column as it is meant."""
        return sql.c[self.database.called(column.name)]

    def counted(self, table: Table) -> Table:
        """The table with what its rows show."""
        if table.unread or not table.columns:
            return table
        sql = self.sql(table)
        rows, columns = 0, []
        for start in range(0, len(table.columns), AT_ONCE):
            some = table.columns[start : start + AT_ONCE]
            rows, counted = self._counted(table, sql, some)
            columns += [self._with_values(table, sql, each) for each in counted]
        return replace(table, rows=rows, columns=tuple(columns))

    def _counted(self, table: Table, sql: SqlTable, some: Sequence[Column]) -> tuple[int, list[Column]]:
        """How many rows there are, and what they show of some columns."""
        from sqlalchemy import String, cast, func, select

        asked: list[ColumnElement[Any]] = [func.count()]
        for column in some:
            value = self.value(table, sql, column)
            what = kind(column.type)
            asked.append(func.count(value))
            asked.append(func.count(value.distinct()) if what in ("text", "whole number") else func.count())
            ordered = what in ("whole number", "decimal", *guesses.MOMENTS)
            asked += [cast(f(value), String) if ordered else func.max(None) for f in (func.min, func.max)]
            after_point = func.length(func.split_part(cast(value, String), ".", 2))
            asked.append(func.max(after_point) if _has_no_scale(column.type) else func.count())
        ((rows, *found),) = self.database.select(select(*asked).select_from(sql))
        columns = []
        for place, column in enumerate(some):
            known, different, least, most, digits = found[5 * place : 5 * place + 5]
            columns.append(
                replace(
                    column,
                    missing=rows - known,
                    different=different if kind(column.type) in ("text", "whole number") else None,
                    least=_shown(least),
                    most=_shown(most),
                    digits=digits or 0 if _has_no_scale(column.type) else 0,
                )
            )
        return rows, columns

    def _with_values(self, table: Table, sql: SqlTable, column: Column) -> Column:
        from sqlalchemy import select

        if kind(column.type) != "text" or column.is_enum or not 0 < (column.different or 0) <= guesses.MOST_VALUES:
            return column
        value = self.value(table, sql, column)
        found = self.database.select(select(value).where(value.is_not(None)).distinct())
        return replace(column, values=tuple(sorted(str(row[0]) for row in found)))

    def share(self, pairing: Pairing) -> Share:
        """How many rows of a table have a value that may be a key of another, and how many find it there."""
        from sqlalchemy import case, func, select

        here, there = self.sql(pairing.table), self.sql(pairing.other)
        column, key = pairing.table.column(pairing.column), pairing.other.column(pairing.key)
        assert column is not None and key is not None, "pairings are made of columns"
        value, keys = self.value(pairing.table, here, column), self.value(pairing.other, there, key)
        is_found = value.in_(select(keys).select_from(there).scalar_subquery())
        asked = select(func.count(), func.sum(case((is_found, 1), else_=0))).select_from(here).where(value.is_not(None))
        ((known, found),) = self.database.select(asked)
        return Share(known, int(found or 0))


def with_aliases(table: Table, whole: tuple[str, ...]) -> Table:
    """The table with the other names that a catalog may call it, the longest of which is `whole`."""
    if any("." in part for part in table.parts):
        return replace(table, unread="a point is in its name: read it through a view that is called otherwise")
    return replace(table, aliases=(whole, whole[1:]))


def sql_column(name: Any) -> Any:
    from sqlalchemy import Column as SqlColumn

    return SqlColumn(name)


def _has_no_scale(stored: str) -> bool:
    return kind(stored) == "decimal" and not stored.startswith("DECIMAL(")


def _shown(value: object) -> str:
    text = "" if value is None else str(value)
    if re.fullmatch(r"-?[0-9]+[.][0-9]+", text):
        text = text.rstrip("0").rstrip(".")
    return "" if text.lower() in ("nan", "inf", "-inf", "infinity", "-infinity") else text


def _source(database: Database, target: Target, files: Sequence[Path]) -> Source:
    if target.type == "postgres":
        from segdsl.warehouse.looking_at_postgres import PostgresSource

        return PostgresSource(database)
    if target.type == "snowflake":
        from segdsl.warehouse.looking_at_snowflake import SnowflakeSource

        return SnowflakeSource(database)
    if is_folder(target):
        from segdsl.warehouse.looking_at_files import FilesSource

        return FilesSource(database, target, files)
    from segdsl.warehouse.looking_at_duckdb import DuckDBSource

    return DuckDBSource(database)
