"""Measures how long it takes from text to SQL: whole processes, cold and after one edit, beside dbt and prqlc.

    python benchmarks/compile/compile.py FOLDER --segments 100 1000 --dbt DBT --json results.json

A project of `benchmarks/run/project.py` with so many segments and hardly any data. `check` finds all conflicts, `compile`
writes the SQL of all segments; cold is without the cache, again with it, after an edit with one threshold changed. dbt
compiles as many models, each the query that an analyst would write, and parses them anew (`--no-partial-parse`). prqlc
compiles a filter and an aggregate over one table, the most that has a like in PRQL, once for each segment in one
process. How long `segdsl --help` and `segdsl check` of the project of `segdsl init` take is told, too.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent.parent / "run"))
from project import write

SEGDSL = [sys.executable, "-m", "segdsl"]
PRQL = 'from events | filter kind == "order" | group customer_id (aggregate {n = count this}) | filter n >= 3'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--segments", type=int, nargs="+", default=[100, 1_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dbt", metavar="FILE", help="a dbt that knows DuckDB")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the results")
    given = parser.parse_args()
    found = {"start": started(given.folder / "start", given.rounds)}
    for number in given.segments:
        project = given.folder / f"of_{number}"
        shutil.rmtree(project, ignore_errors=True)
        write(project, 100, 1_000, number)
        found[str(number)] = measured(project, given.rounds, given.dbt)
    if given.json:
        given.json.write_text(json.dumps(found, indent=1))


def started(folder: Path, rounds: int) -> dict[str, list[float]]:
    shutil.rmtree(folder, ignore_errors=True)
    timed([*SEGDSL, "init", str(folder)], folder.parent)
    found = {"--help": [], "check of a small project": []}
    for _ in range(3 * rounds):
        found["--help"].append(timed([*SEGDSL, "--help"], folder))
        found["check of a small project"].append(timed([*SEGDSL, "check"], folder))
    tell("start", found)
    return found


def measured(project: Path, rounds: int, dbt: str | None) -> dict[str, list[float]]:
    cache = project / "cache"
    text = project / "segments" / "all.seg"
    found: dict[str, list[float]] = {}
    for number in range(rounds):
        shutil.rmtree(cache, ignore_errors=True)
        took(found, "check, cold", [*SEGDSL, "check"], project)
        took(found, "check, again", [*SEGDSL, "check"], project)
        text.write_text(re.sub(r">= \d+", f">= {number + 7}", text.read_text(), count=1))
        took(found, "check, after an edit", [*SEGDSL, "check"], project)
        took(found, "compile, after an edit", [*SEGDSL, "compile", "--as-of", "2026-07-01"], project)
        shutil.rmtree(cache, ignore_errors=True)
        took(found, "compile, cold", [*SEGDSL, "compile", "--as-of", "2026-07-01"], project)
        if dbt:
            where = ["--project-dir", str(project / "dbt"), "--profiles-dir", str(project / "dbt")]
            took(found, "dbt compile", [dbt, "--quiet", "--no-partial-parse", "compile", *where], project)
        if find_spec("prqlc"):
            number_of_models = len(list((project / "dbt" / "models").iterdir()))
            took(found, "prqlc", [sys.executable, __file__, "--prql", str(number_of_models)], project)
    tell(f"{project.name.removeprefix('of_')} segments", found)
    return found


def took(found: dict[str, list[float]], what: str, command: list[str], project: Path) -> None:
    found.setdefault(what, []).append(timed(command, project))


def timed(command: list[str], folder: Path) -> float:
    """CPU seconds of a process and its children. Findings are no failure."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "SEGDSL_CACHE": str(folder / "cache")}
    pipe = subprocess.PIPE
    done = subprocess.run(command, cwd=folder, env=environment, stdout=pipe, stderr=subprocess.STDOUT, text=True)
    if done.returncode not in (0, 1):
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def tell(title: str, found: dict[str, list[float]]) -> None:
    print(f"{title}: CPU seconds, median (least to most)")
    for what, times in found.items():
        print(f"  {what:26} {median(times):7.2f} ({min(times):.2f} to {max(times):.2f})", flush=True)


def prql(number: int) -> None:
    import prqlc

    for _ in range(number):
        prqlc.compile(PRQL)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--prql"]:
        prql(int(sys.argv[2]))
    else:
        main()
