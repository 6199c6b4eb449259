"""Measures a run on DuckDB beside what a team does instead, in turns, and prints ratios.

    python -m benchmarks.run.compare --customers 1000000 --events 20000000 --segments 50 --rounds 3 --keep NAME

Beside `segdsl run` are measured, each a whole process over the same two Parquet files: one query for each segment,
written by hand; dbt, with one model for each segment; one naive query that has all aggregates; and the floor, one plain
`GROUP BY customer` over all events. What each selects is compared first: a difference ends the benchmark.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

from benchmarks import timing, tools
from benchmarks.run import by_hand, project
from benchmarks.timing import Way

OWN = "segdsl run"
BY_HAND = [sys.executable, "-m", "benchmarks.run.by_hand"]
WAYS = (("queries", "one query a segment"), ("at_once", "one naive query"), ("floor", "floor"))


def arguments(description: str, customers: int, events: int) -> argparse.ArgumentParser:
    """What can be typed of a benchmark over generated data."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--customers", type=int, default=customers)
    parser.add_argument("--events", type=int, default=events)
    parser.add_argument("--segments", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--without-dbt", action="store_true")
    parser.add_argument("--keep", metavar="NAME", help="keep the results as benchmarks/results/NAME.json")
    return parser


def main() -> None:
    given = arguments(__doc__.splitlines()[0], 1_000_000, 20_000_000).parse_args()
    programs = None if given.without_dbt else tools.folder()
    with tempfile.TemporaryDirectory(prefix="segdsl-bench-") as scratch:
        folder = Path(scratch)
        project.write(folder, given.customers, given.events, given.segments)
        agree(folder)
        ways = {OWN: run(folder)} | {
            name: Way([*BY_HAND, way, str(folder), str(folder / f"{way}.parquet")]) for way, name in WAYS
        }
        if programs:
            ways["dbt, one model a segment"] = dbt(programs, folder)
        taken = timing.in_turns(ways, given.rounds)
        if programs:
            agree_with_dbt(folder)
    print(f"{given.segments} segments, {given.customers:,} customers, {given.events:,} events, {given.rounds} rounds")
    timing.tell(taken, OWN)
    if given.keep:
        timing.keep(given.keep, vars(given), taken)


def run(folder: Path) -> Way:
    return timing.segdsl(folder, "run", "--as-of", str(project.AS_OF))


def sizes(folder: Path, *options: str) -> dict[str, int]:
    """How many segdsl counts in each segment."""
    way = timing.segdsl(folder, "size", "--as-of", str(project.AS_OF), "--format", "json", *options)
    found = json.loads(subprocess.run(way.command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    return {each["name"]: each["qualifies"] for each in found["segments"]}


def agree(folder: Path) -> None:
    """Ends the benchmark when a query by hand, or the naive one, counts otherwise than segdsl."""
    counted = sizes(folder)
    connection = by_hand.connected(folder)
    wide = ", ".join(f"count(*) FILTER ({name})" for name in counted)
    naive = connection.execute(f"SELECT {wide} FROM ({(folder / 'at_once.sql').read_text()})").fetchone() or ()
    compare(counted, dict(zip(counted, naive, strict=True)), "the naive query")
    for name, query in json.loads((folder / "queries.json").read_text()).items():
        ((count,),) = connection.execute(f"SELECT count(*) FROM ({query})").fetchall()
        compare({name: counted[name]}, {name: count}, "the query by hand")


def compare(counted: dict[str, int], others: dict[str, int], who: str) -> None:
    for name, count in counted.items():
        if others[name] != count:
            sys.exit(f"{name}: segdsl counts {count}, {who} {others[name]}")


def dbt(programs: Path, folder: Path) -> Way:
    """A project of dbt over the same files, in the same version of DuckDB. What it has parsed once it keeps."""
    models = json.loads((folder / "queries.json").read_text())
    start = tuple(
        f"CREATE OR REPLACE VIEW {table} AS FROM '{folder / 'data' / f'{table}.parquet'}'"
        for table in ("customers", "events")
    )
    profile = {"type": "duckdb", "path": str(folder / "dbt.duckdb"), "threads": 2}
    tools.write_dbt_project(folder / "dbt", models, profile, start)
    return Way(tools.dbt(programs, folder / "dbt", "run"), tools.QUIET)


def agree_with_dbt(folder: Path) -> None:
    copy = shutil.copy(folder / "dbt.duckdb", folder / "copy.duckdb")
    with duckdb.connect(str(copy)) as connection:
        counted = sizes(folder)
        rows = {name: connection.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0] for name in counted}
    compare(counted, rows, "dbt")


if __name__ == "__main__":
    main()
