"""A stand-in for Snowflake: fakesnow, which answers Snowflake's own driver and runs what it is asked on DuckDB.

It proves that the SQL selects the right people as far as DuckDB and Snowflake mean the same by it. It has no
`ASOF JOIN ... MATCH_CONDITION`, no functions that filter what is stored as a
list, and cannot have names that are words of DuckDB: `run` says these in DuckDB's way.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import fakesnow
import snowflake.connector
import sqlglot
from sqlglot import exp

from segdsl.backends.duckdb import DuckDB
from segdsl.introspection import Stored, as_held
from segdsl.semantics import ir
from tests import worlds

LIST = exp.Literal.string('["VARCHAR"]')


@contextmanager
def connected() -> Iterator[Any]:
    """A cursor of an empty database."""
    with fakesnow.patch(), snowflake.connector.connect(database="WORLD", schema="PUBLIC") as connection:
        yield connection.cursor()


def load(project: worlds.Project, cursor: Any) -> None:
    """Replaces the tables of `project`. That is done in DuckDB: what is tested is how they are read."""
    database = cursor._duck_conn
    for table, columns in project.columns.items():
        name = table.upper() if "." in table else f"PUBLIC.{table.upper()}"
        database.execute(f"CREATE SCHEMA IF NOT EXISTS {name.partition('.')[0]}")
        listed = ", ".join(f'"{column.upper()}" {_type(kind)}' for column, kind in columns.items())
        database.execute(f"CREATE OR REPLACE TABLE {name} ({listed})")
        rows = [[_stored(row[column]) for column in columns] for row in project.rows[table]]
        if rows:
            database.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(columns))})", rows)


def as_stored(program: ir.Program, project: worlds.Project) -> ir.Program:
    """The program as it is when the database was looked at, which says what keys are that are not declared."""
    stored = {
        table.name: Stored("", project.columns[".".join(table.stored_in)]) for table in program.catalog.tables.values()
    }
    return replace(program, catalog=as_held(program.catalog, stored))


def _type(kind: str) -> str:
    """Lists are JSON there, and what `COLLATE` says in Snowflake is not known."""
    return "JSON" if kind.endswith("[]") else kind.partition(" COLLATE")[0]


def _stored(value: object) -> object:
    return json.dumps(value) if isinstance(value, list) else value


def run(cursor: Any, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    tree = sqlglot.parse_one(query, read="snowflake")
    for node in list(tree.walk()):
        match node:
            case exp.Join() if node.args.get("match_condition") is not None:
                node.set("on", exp.and_(node.args["on"], node.args["match_condition"]))
                node.set("match_condition", None)
                node.set("side", "LEFT")
            case exp.ArrayFilter() | exp.ArrayCompact():
                node.set("this", exp.Anonymous(this="FROM_JSON", expressions=[node.this, LIST.copy()]))
            case exp.Identifier() if node.name in DuckDB.reserved and not node.args["quoted"]:
                node.replace(exp.Identifier(this=node.name.upper(), quoted=True))
    return [tuple(row) for row in cursor.execute(tree.sql(dialect="snowflake")).fetchall()]
