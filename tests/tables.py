"""Rows to tables of a DuckDB database, types spelled out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb


def create(
    database: duckdb.DuckDBPyConnection, name: str, columns: Mapping[str, str], rows: Sequence[Mapping[str, object]]
) -> None:
    """Makes the table `name` (`crm.customers` stands in a schema) with `columns`, name to DuckDB type, and fills it."""
    *schema, _ = parts = name.split(".")
    for part in schema:
        database.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(part)}")
    called = ".".join(map(quoted, parts))
    listed = ", ".join(f"{quoted(column)} {type_}" for column, type_ in columns.items())
    database.execute(f"CREATE TABLE {called} ({listed})")
    if rows:
        # All rows of a column at once: one by one a hundred thousand take a minute.
        types = database.sql(f"FROM {called}").types
        values = ", ".join(f"unnest(${index}::{type_}[])" for index, type_ in enumerate(types, 1))
        held = [[row.get(column) for row in rows] for column in columns]
        database.execute(f"INSERT INTO {called} SELECT {values}", held)


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
