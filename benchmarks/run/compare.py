"""Measures a run beside what a team does instead, all in one go, and prints ratios.

    python benchmarks/run/project.py FOLDER --customers 1000000 --events 20000000 --segments 50
    python benchmarks/run/compare.py FOLDER --rounds 3 --json results.json

Beside `segdsl run`, a whole process, are measured: one query for each segment, written by hand, each inserted into a
table of memberships; one query of all segments at once, a filtered aggregate for each condition; with `--dbt`, the path
of a dbt with dbt-duckdb, one model for each segment; and the floor, one plain `GROUP BY customer` over all events. All
read the same two Parquet files, with the same threads. The rounds take turns. What each selects is compared first: a
difference ends the benchmark. Times are wall clock and CPU seconds, children included. `--memory "2 GB"` limits
DuckDB in `segdsl run`, and `--only-run` leaves the others out.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import duckdb
from project import PROJECT

AS_OF = "2026-07-01"
FLOOR = """
SELECT customer_id, count(*) AS events, sum(amount) AS amount, max(happened_at) AS last_event
FROM events GROUP BY customer_id
"""


@dataclass
class Timed:
    """Seconds of every round, and the most memory that a round took, in megabytes."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    memory: float = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the results")
    parser.add_argument("--dbt", metavar="FILE", help="a dbt that knows DuckDB")
    parser.add_argument("--memory", default="", metavar="SIZE", help="what DuckDB may take in `segdsl run`")
    parser.add_argument("--only-run", action="store_true", help="measure `segdsl run` and the floor alone")
    given = parser.parse_args()
    folder = given.folder.resolve()
    queries = json.loads((folder / "queries.json").read_text())
    limit = f", memory: {given.memory}" if given.memory else ""
    (folder / "segdsl.yml").write_text(PROJECT.replace("path: data", f"path: data{limit}"))
    if not given.only_run:
        agree(folder, queries)
    ways: dict[str, list[str]] = {
        "segdsl run": [sys.executable, "-m", "segdsl", "-C", str(folder), "run", "--as-of", AS_OF],
        "floor": [sys.executable, __file__, str(folder), "--child", "floor"],
    }
    if not given.only_run:
        ways["one query a segment"] = [sys.executable, __file__, str(folder), "--child", "queries"]
        ways["all at once"] = [sys.executable, __file__, str(folder), "--child", "at_once"]
    if given.dbt:
        dbt = str(folder / "dbt")
        ways["dbt, a model each"] = [given.dbt, "--quiet", "run", "--project-dir", dbt, "--profiles-dir", dbt]
    timed = {name: Timed() for name in ways}
    for number in range(given.rounds):
        for name, command in ways.items():
            measure(command, timed[name])
            print(f"round {number + 1}: {name} {timed[name].wall[-1]:.1f} s", file=sys.stderr, flush=True)
    tell(timed, len(queries))
    if given.json:
        machine = {"cpus": os.cpu_count(), "python": platform.python_version(), "duckdb": duckdb.__version__}
        found = {name: {"wall": each.wall, "cpu": each.cpu, "memory": each.memory} for name, each in timed.items()}
        given.json.write_text(json.dumps({"machine": machine, "segments": len(queries), "times": found}, indent=1))


def measure(command: list[str], timed: Timed) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}")
    timed.wall.append(time.perf_counter() - start)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    timed.cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    # The greatest of all children so far: right for a way that takes more than those before it.
    timed.memory = max(timed.memory, after.ru_maxrss / 1024)


def tell(timed: dict[str, Timed], segments: int) -> None:
    print(f"{segments} segments, median of {len(timed['floor'].wall)} rounds (least to most)")
    for name, each in timed.items():
        spread = f"({min(each.wall):.1f} to {max(each.wall):.1f})"
        print(f"  {name:20} {median(each.wall):7.1f} s {spread:18} CPU {median(each.cpu):7.1f} s")
    for unit, of_it in (("wall clock", "wall"), ("CPU", "cpu")):
        taken = {name: median(getattr(each, of_it)) for name, each in timed.items()}
        own, floor = taken.pop("segdsl run"), taken.pop("floor")
        others = "".join(f"{own / other:.2f} of {name}, " for name, other in taken.items())
        print(f"by {unit}: {others}{own / floor:.1f} times the floor")
    print(f"at most {timed['segdsl run'].memory:.0f} MB of memory")


def agree(folder: Path, queries: dict[str, str]) -> None:
    """Ends the benchmark when a query by hand and segdsl count otherwise."""
    command = [sys.executable, "-m", "segdsl", "-C", str(folder), "size", "--as-of", AS_OF, "--format", "json"]
    sizes = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    counted = {each["name"]: each["qualifies"] for each in sizes["segments"]}
    connection = connected(folder)
    sums = ", ".join(f"count_if({name})" for name in queries)
    (together,) = connection.execute(f"SELECT {sums} FROM ({(folder / 'at_once.sql').read_text()})").fetchall()
    if together != tuple(counted[name] for name in queries):
        sys.exit("segdsl and the query of all segments at once count otherwise")
    for name, query in queries.items():
        ((count,),) = connection.execute(f"SELECT count(*) FROM ({query})").fetchall()
        if count != counted[name]:
            sys.exit(f"{name}: segdsl counts {counted[name]}, the query by hand {count}")


def connected(folder: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for table in ("customers", "events"):
        connection.execute(f"CREATE VIEW {table} AS FROM '{folder / 'data' / f'{table}.parquet'}'")
    return connection


def queries_by_hand(folder: Path, file: Path) -> None:
    connection = connected(folder)
    connection.execute("CREATE TABLE memberships (customer_id BIGINT, segment VARCHAR)")
    for name, query in json.loads((folder / "queries.json").read_text()).items():
        connection.execute(f"INSERT INTO memberships SELECT customer_id, '{name}' FROM ({query})")
    connection.execute(f"COPY memberships TO '{file}' (FORMAT parquet, COMPRESSION zstd)")


def at_once(folder: Path, file: Path) -> None:
    query = (folder / "at_once.sql").read_text()
    connected(folder).execute(f"COPY ({query}) TO '{file}' (FORMAT parquet, COMPRESSION zstd)")


def floor(folder: Path, file: Path) -> None:
    connected(folder).execute(f"COPY ({FLOOR}) TO '{file}' (FORMAT parquet, COMPRESSION zstd)")


CHILDREN: dict[str, Callable[[Path, Path], None]] = {"queries": queries_by_hand, "at_once": at_once, "floor": floor}

if __name__ == "__main__":
    if "--child" in sys.argv:
        with tempfile.TemporaryDirectory() as scratch:
            CHILDREN[sys.argv[3]](Path(sys.argv[1]), Path(scratch) / "written.parquet")
    else:
        main()
