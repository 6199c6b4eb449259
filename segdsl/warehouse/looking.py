"""Looks at what a target holds, for a catalog to be written from: tables, their types, and what their rows show.

In: a target. Out: `inventory.seen` tables, and how many rows find another where a column may lead there. Promised: it
only reads; a table that cannot be read is said to be so, and stops nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segdsl.introspection import DatabaseProblem, kind
from segdsl.inventory import guesses
from segdsl.inventory.seen import Column, Pairing, Reference, Share, Table
from segdsl.project import Target
from segdsl.semantics import ir
from segdsl.semantics.catalog import Catalog
from segdsl.warehouse.database import Database, begun, database_of, is_folder
from segdsl.warehouse.errors import explained, in_words
from segdsl.warehouse.texts import read_as, sniffed

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy import Table as SqlTable

MEMBERSHIPS = {"segment", "qualifies", "assigned", "as_of"}
MOST_FILES = 2_000


@dataclass(frozen=True, slots=True)
class Looked:
    """The tables of a target in the order of their names, and the shares of what may be links."""

    tables: tuple[Table, ...]
    shares: tuple[tuple[Pairing, Share], ...]


Known = Callable[[Sequence[Table]], Mapping[tuple[str, ...], str]]


def look(target: Target, known: Known, *, at_rows: bool = True) -> Looked:
    """What the target holds. `known` says what a catalog calls tables; `at_rows` is whether rows are looked at."""
    files = list(_files(target.path)) if is_folder(target) else []
    nothing = ir.Program("", Catalog({}, ""), {}, {}, (), "UTC", 0)
    with explained(target), begun(target, files, (), writing=False) as connection:
        database = database_of(target, connection, nothing)
        source = _Files(database, target, files) if is_folder(target) else _source(database, target)
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
        columns = (_sql_column(self.database.called(each.name)) for each in table.columns)
        return self.database.table(table.parts, *columns)

    def value(self, table: Table, sql: SqlTable, column: Column) -> ColumnElement[Any]:
        """A column as it is meant."""
        return sql.c[self.database.called(column.name)]

    def counted(self, table: Table) -> Table:
        """The table with what its rows show."""
        if table.unread or not table.columns:
            return table
        from sqlalchemy import String, cast, func, select

        sql = self.sql(table)
        asked: list[ColumnElement[Any]] = [func.count()]
        for column in table.columns:
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
        for place, column in enumerate(table.columns):
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
        return replace(table, rows=rows, columns=tuple(self._with_values(table, sql, each) for each in columns))

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


def _sql_column(name: Any) -> Any:
    from sqlalchemy import Column as SqlColumn

    return SqlColumn(name)


def _has_no_scale(stored: str) -> bool:
    return kind(stored) == "decimal" and not stored.startswith("DECIMAL(")


def _shown(value: object) -> str:
    text = "" if value is None else str(value)
    if re.fullmatch(r"-?[0-9]+[.][0-9]+", text):
        text = text.rstrip("0").rstrip(".")
    return "" if text.lower() in ("nan", "inf", "-inf", "infinity", "-infinity") else text


# --- DuckDB -----------------------------------------------------------------------------------------

DUCKDB_COLUMNS = """
SELECT schema_name, table_name, column_name, data_type, is_nullable
FROM duckdb_columns() WHERE NOT internal AND database_name = current_database()
ORDER BY schema_name, table_name, column_index
"""
DUCKDB_CONSTRAINTS = """
SELECT schema_name, table_name, constraint_type, constraint_column_names, referenced_table, referenced_column_names
FROM duckdb_constraints()
WHERE database_name = current_database() AND constraint_type IN ('PRIMARY KEY', 'FOREIGN KEY')
ORDER BY schema_name, table_name, constraint_index
"""
DUCKDB_COMMENTS = """
SELECT schema_name, table_name, comment FROM duckdb_tables() WHERE database_name = current_database()
UNION ALL SELECT schema_name, view_name, comment FROM duckdb_views() WHERE database_name = current_database()
"""


class _DuckDB(Source):
    def tables(self) -> Iterator[Table]:
        ((database,),) = self.database.rows("SELECT current_database()")
        keys: dict[tuple[str, ...], tuple[str, ...]] = {}
        references: dict[tuple[str, ...], list[Reference]] = {}
        for schema, name, type_, columns, other, _ in self.database.rows(DUCKDB_CONSTRAINTS):
            if type_ == "PRIMARY KEY":
                keys[_parts(schema, name)] = tuple(columns)
            elif len(columns) == 1:
                references.setdefault(_parts(schema, name), []).append(Reference(columns[0], _parts(schema, other)))
        about = {_parts(schema, name): text or "" for schema, name, text in self.database.rows(DUCKDB_COMMENTS)}
        found: dict[tuple[str, ...], list[Column]] = {}
        for schema, name, column, type_, is_nullable in self.database.rows(DUCKDB_COLUMNS):
            values = _enum_values(type_)
            read = Column(column, type_, required=not is_nullable, is_enum=bool(values), values=values)
            found.setdefault(_parts(schema, name), []).append(read)
        for parts, each in found.items():
            called = f"table `{'.'.join(parts)}`"
            yield Table(
                parts,
                called,
                tuple(each),
                None,
                keys.get(parts, ()),
                tuple(references.get(parts, ())),
                about.get(parts, ""),
            )


def _parts(schema: str, name: str) -> tuple[str, ...]:
    return (name,) if schema == "main" else (schema, name)


def _enum_values(type_: str) -> tuple[str, ...]:
    """The texts of `ENUM('a', 'b')`."""
    if not type_.startswith("ENUM("):
        return ()
    return tuple(text.replace("''", "'") for text in re.findall(r"'((?:[^']|'')*)'", type_))


# --- a folder of files --------------------------------------------------------------------------------


def _files(path: Path) -> Iterator[Path]:
    """The CSV and Parquet files in a folder and the folders in it, sorted; links that lead out are left alone."""
    found = sorted(
        each
        for pattern in ("*", "*/*")
        for each in path.glob(pattern)
        if each.suffix.lower() in (".csv", ".parquet") and not any(part.startswith(".") for part in each.parts[-2:])
    )
    inside = [each for each in found if each.is_file() and each.resolve().is_relative_to(path.resolve())]
    if len(inside) > MOST_FILES:
        raise DatabaseProblem(f"`{path}` has {len(inside):,} files", f"name a folder with at most {MOST_FILES:,}")
    yield from inside


class _Files(Source):
    """Each file is a view; of a CSV file all columns are texts, which are read as what they look like."""

    def __init__(self, database: Database, target: Target, files: Sequence[Path]) -> None:
        super().__init__(database)
        self.target, self.path, self.files = target, target.path, files
        self.views: dict[tuple[str, ...], str] = {}
        self.texts: set[tuple[str, ...]] = set()  # the tables that are CSV files

    def tables(self) -> Iterator[Table]:
        stems = [(file.parent, file.stem.casefold()) for file in self.files]
        for number, file in enumerate(self.files):
            inside = file.relative_to(self.path)
            is_one_of_two = stems.count((file.parent, file.stem.casefold())) > 1
            parts = (*inside.parts[:-1], inside.name if is_one_of_two and len(inside.parts) == 1 else inside.stem)
            called = f"`{inside.as_posix()}`"
            reason = _odd_name(inside) or (
                "another file there has the same name" if is_one_of_two and len(parts) > 1 else ""
            )
            if reason:
                yield Table(parts, called, (), unread=reason)
                continue
            unread: list[str] = []
            with self._noting(unread):
                yield self._table(parts, called, file, f"file_{number}")
            for reason_ in unread:
                yield Table(parts, called, (), unread=reason_)

    @contextmanager
    def _noting(self, unread: list[str]) -> Iterator[None]:
        """What a file cannot be read for is noted, and no reason to leave the others alone."""
        import duckdb
        from sqlalchemy.exc import SQLAlchemyError

        try:
            yield
        except (SQLAlchemyError, duckdb.Error) as error:
            unread.append(in_words(getattr(error, "orig", None) or error, self.target)[0])

    def counted(self, table: Table) -> Table:
        unread: list[str] = []
        with self._noting(unread):
            return super().counted(table)
        return replace(table, unread=unread[0])

    def _table(self, parts: tuple[str, ...], called: str, file: Path, view: str) -> Table:
        driver = self.database.driver
        if file.suffix.lower() == ".csv":
            if not file.stat().st_size:
                return Table(parts, called, (), unread="it is empty: write the names of the columns on its first line")
            relation = driver.read_csv(str(file), header=True, delimiter=",", quotechar='"', all_varchar=True)
            names = list(relation.columns)
            if len(names) == 1 and (other := next((sign for sign in ";\t|" if sign in names[0]), "")):
                said = "tabs" if other == "\t" else f"`{other}`"
                return Table(parts, called, (), unread=f"{said} stand between its columns: save it with commas")
        else:
            relation = driver.read_parquet(str(file))
        relation.create_view(view)
        self.views[parts] = view
        columns = tuple(Column(name, str(type_)) for name, type_ in zip(relation.columns, relation.types, strict=True))
        table = Table(parts, called, columns)
        if file.suffix.lower() == ".csv":
            self.texts.add(parts)
            table = replace(table, is_text=True, columns=sniffed(self.database, self.sql(table), columns))
        inside = file.relative_to(self.path)
        return replace(
            table,
            aliases=(
                (inside.as_posix(),),
                (inside.as_posix().rpartition(".")[0],),
                (inside.stem,)[: len(inside.parts) == 1],
            ),
        )

    def sql(self, table: Table) -> SqlTable:
        return self.database.table((self.views[table.parts],), *(_sql_column(each.name) for each in table.columns))

    def value(self, table: Table, sql: SqlTable, column: Column) -> ColumnElement[Any]:
        return read_as(sql.c[column.name], column.type) if table.parts in self.texts else sql.c[column.name]


def _odd_name(inside: Path) -> str:
    if any(sign in str(inside) for sign in "*?["):
        return "one of `*`, `?` and `[` is in its name: rename it"
    return "a point is in the name of its folder: rename that" if any("." in part for part in inside.parts[:-1]) else ""


def _source(database: Database, target: Target) -> Source:
    if target.type == "postgres":
        from segdsl.warehouse.looking_at_postgres import PostgresSource

        return PostgresSource(database)
    return _DuckDB(database)
