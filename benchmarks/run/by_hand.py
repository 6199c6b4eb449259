"""What is done without segdsl, as a process: the queries of one segment each, all in one naive query, or the floor.

    python -m benchmarks.run.by_hand WAY FOLDER FILE
    python -m benchmarks.run.by_hand WAY FOLDER --postgres ADDRESS

`queries`: one query for each segment, each inserted into a table of memberships; on DuckDB the table is then written to
a Parquet file, as segdsl does. `at_once`: every aggregate of every segment with a `FILTER` in one SELECT, and a row for
each customer with a column for each segment. `floor`: one plain `GROUP BY customer` over all events.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import duckdb

FLOOR = """
SELECT customer_id, count(*) AS events, sum(amount) AS amount, max(happened_at) AS last_event
FROM events GROUP BY customer_id
"""


def connected(folder: Path) -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB that reads the project's files."""
    connection = duckdb.connect()
    for table in ("customers", "events"):
        connection.execute(f"CREATE VIEW {table} AS FROM '{folder / 'data' / f'{table}.parquet'}'")
    return connection


def inserted(connection: Any, folder: Path) -> None:
    """Fills a table of memberships, query by query."""
    for name, query in json.loads((folder / "queries.json").read_text()).items():
        connection.execute(f"INSERT INTO memberships SELECT customer_id, '{name}' FROM ({query}) AS q")


def on_duckdb(way: str, folder: Path, file: Path) -> None:
    connection = connected(folder)
    if way == "queries":
        connection.execute("CREATE TABLE memberships (customer_id BIGINT, segment VARCHAR)")
        inserted(connection, folder)
        query = "FROM memberships"
    else:
        query = FLOOR if way == "floor" else (folder / "at_once.sql").read_text()
    connection.execute(f"COPY ({query}) TO '{file}' (FORMAT parquet, COMPRESSION zstd)")


def on_postgres(way: str, folder: Path, address: str) -> None:
    import psycopg

    with psycopg.connect(address) as connection:
        connection.execute(f"DROP TABLE IF EXISTS {way if way != 'queries' else 'memberships'}")
        if way == "queries":
            connection.execute("CREATE TABLE memberships (customer_id bigint, segment text)")
            inserted(connection, folder)
        else:
            query = FLOOR if way == "floor" else (folder / "at_once.sql").read_text()
            connection.execute(f"CREATE TABLE {way} AS {query}".encode())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("way", choices=("queries", "at_once", "floor"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("file", type=Path, nargs="?")
    parser.add_argument("--postgres", metavar="ADDRESS")
    given = parser.parse_args()
    if given.postgres:
        on_postgres(given.way, given.folder, given.postgres)
    else:
        on_duckdb(given.way, given.folder, given.file)
