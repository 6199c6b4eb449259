"""A stand-in for Snowflake: fakesnow, which answers Snowflake's own driver and runs what it is asked on DuckDB.

It proves that the SQL selects the right people as far as DuckDB and Snowflake mean the same by it. What it cannot run
is in `SAID_OTHERWISE`, and is said in DuckDB's way; what cannot be said otherwise either is in `CANNOT`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
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

# Construct of the SQL -> why it is not run as it is printed.
SAID_OTHERWISE = {
    "ASOF JOIN": "it has no `MATCH_CONDITION`: the condition is put into `ON`, as DuckDB has it",
    "FILTER": "lists are stored as JSON there, which its FILTER does not take: they are made lists first",
    "ARRAY_COMPACT": "the same",
    "ARRAY_DISTINCT": "the same",
    "names": "some plain names are words of DuckDB: they are quoted",
}
# Construct -> why it is not compared.
CANNOT = {
    "NUMBER(38, 0)": "it is BIGINT there: products of whole numbers beyond 19 digits stop the query",
    "whole quotients": "they are floating-point there: with more than 15 digits they are not exact",
    "U+0000 in a text": "DuckDB's parser takes it for the end",
    "COLLATE": "there are no collations, and no columns that have one",
    "FLOAT": "a run refuses such columns; how many digits their text has was not seen",
    "settings": "WEEK_START, TIMESTAMP_TYPE_MAPPING and their likes change nothing there",
    "COPY GRANTS": "it is left out: there are no rights",
}

# The conditions of `test_backends` that it refuses, by what of `CANNOT` they need.
REFUSED = {"age * 1_000_000_000 * 1_000_000_000 * 1_000 > 1": "NUMBER(38, 0)"}

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


def as_stored(program: ir.Program, columns: Mapping[str, Mapping[str, str]]) -> ir.Program:
    """The program as it is when the database was looked at, which says what keys are that are not declared.

    `columns` are those of the stored tables, with their DuckDB types.
    """
    stored = {table.name: Stored("", columns[".".join(table.stored_in)]) for table in program.catalog.tables.values()}
    return replace(program, catalog=as_held(program.catalog, stored))


def _type(kind: str) -> str:
    """Lists are JSON there, and what `COLLATE` says in Snowflake is not known."""
    return "JSON" if kind.endswith("[]") else kind.partition(" COLLATE")[0]


def _stored(value: object) -> object:
    return json.dumps(value) if isinstance(value, list) else value


def run(cursor: Any, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    return [tuple(row) for row in cursor.execute(said_otherwise(query)[0]).fetchall()]


def said_otherwise(query: str) -> tuple[str, Counter[str]]:
    """A query as fakesnow can run it, and how often what of it was said otherwise."""
    tree, met = sqlglot.parse_one(query, read="snowflake"), Counter[str]()
    for node in list(tree.walk()):
        match node:
            case exp.Join() if node.args.get("match_condition") is not None:
                met["ASOF JOIN"] += 1
                node.set("on", exp.and_(node.args["on"], node.args["match_condition"]))
                node.set("match_condition", None)
                node.set("side", "LEFT")
            case exp.ArrayFilter() | exp.ArrayCompact() | exp.ArrayDistinct():
                met["FILTER" if isinstance(node, exp.ArrayFilter) else node.sql_name()] += 1
                if not isinstance(node.this, (exp.ArrayFilter, exp.ArrayCompact)):
                    node.set("this", exp.Anonymous(this="FROM_JSON", expressions=[node.this, LIST.copy()]))
            case exp.Identifier() if node.name in DuckDB.reserved and not node.args["quoted"]:
                met["names"] += 1
                node.replace(exp.Identifier(this=node.name.upper(), quoted=True))
    return tree.sql(dialect="snowflake"), met
