"""The databases that tests run SQL on, behind one face: a DuckDB in memory and the PostgreSQL of `tests.postgres`.

A dialect that has none here is written and read back, and not run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import duckdb
import psycopg

from segdsl.semantics import ir
from segdsl.warehouse.database import SETTINGS
from tests import postgres, tables

ENGINES = ("duckdb", "postgres")
Columns = Mapping[str, str]
Rows = Sequence[Sequence[object]]


class Engine(Protocol):
    """A database with nothing in it; what is done in it is undone."""

    def create(self, name: str, columns: Columns, rows: Rows) -> None:
        """Makes and fills the table `name`; types are DuckDB's."""

    def statements(self, query: str) -> int:
        """How many statements the database itself reads in a text; raises when it cannot read it."""

    def rows(self, query: str) -> list[tuple[Any, ...]]: ...

    def as_stored(self, program: ir.Program, columns: Mapping[str, Columns]) -> ir.Program:
        """The program as a run would see it, with what the tables hold."""


class _DuckDB:
    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        for setting in SETTINGS:
            connection.execute(setting)

    def create(self, name: str, columns: Columns, rows: Rows) -> None:
        tables.create(self.connection, name, columns, [dict(zip(columns, row, strict=True)) for row in rows])

    def statements(self, query: str) -> int:
        return len(self.connection.extract_statements(query))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query).fetchall()

    def as_stored(self, program: ir.Program, columns: Mapping[str, Columns]) -> ir.Program:
        return program


class _Postgres:
    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection

    def create(self, name: str, columns: Columns, rows: Rows) -> None:
        postgres.create(self.connection, name, columns, rows)

    def statements(self, query: str) -> int:
        # A prepared statement can be one alone: the server refuses a second.
        result = self.connection.pgconn.prepare(b"", query.encode())
        message = result.error_message.decode()
        if message and "multiple commands" not in message:
            raise AssertionError(message)
        return 2 if message else 1

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return postgres.rows(self.connection, query)

    def as_stored(self, program: ir.Program, columns: Mapping[str, Columns]) -> ir.Program:
        return postgres.as_stored(program, columns)


@contextmanager
def opened(dialect: str, address: str) -> Iterator[Engine]:
    """The engine of a dialect; `address` is that of the PostgreSQL."""
    if dialect == "duckdb":
        with duckdb.connect() as connection:
            yield _DuckDB(connection)
    else:
        assert dialect == "postgres", f"no engine for {dialect}"
        with postgres.session(address) as session:
            yield _Postgres(session)
