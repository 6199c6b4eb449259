"""Measures how long it takes from text to SQL: whole processes, cold and after one edit, beside dbt and prqlc.

    python -m benchmarks.compile.compile --segments 100 1000 10000 --rounds 3 --keep compile

A project of `benchmarks/run/project.py` with so many segments and few data, and as many models for dbt and queries for
prqlc, which say the same. `check` finds all mistakes and conflicts, `compile` writes the SQL of all segments, for one
statement; cold is without what is remembered of the last time, after an edit is with one number changed. dbt checks
nothing of a model's SQL: `dbt parse` reads the models, `dbt compile` reads and fills them in, cold without what was
parsed the last time, after an edit with one model changed. prqlc compiles one query after the other, in one process.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import timing, tools
from benchmarks.run import project
from benchmarks.timing import Taken, Way

PRQL = """
import json, sys, prqlc
for query in json.load(open(sys.argv[1])).values():
    prqlc.compile(query, prqlc.CompileOptions(target="sql.duckdb", signature_comment=False))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--segments", type=int, nargs="+", default=[100, 1_000, 10_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--without-dbt", action="store_true", help="leave dbt and prqlc out")
    parser.add_argument("--keep", metavar="NAME", help="keep the results as benchmarks/results/NAME.json")
    given = parser.parse_args()
    programs = None if given.without_dbt else tools.folder()
    taken: dict[str, Taken] = {}
    for number in given.segments:
        with tempfile.TemporaryDirectory(prefix="segdsl-bench-") as scratch:
            folder = Path(scratch)
            project.write(folder, 100, 2_000, number)
            ways = own(folder) | (others(programs, folder) if programs else {})
            found = timing.in_turns(ways, given.rounds)
        print(f"{number:,} segments, {given.rounds} rounds")
        timing.tell(found)
        taken |= {f"{number:,}: {name}": each for name, each in found.items()}
    if given.keep:
        timing.keep(given.keep, vars(given), taken)


def own(folder: Path) -> dict[str, Way]:
    cache = folder / "cache"
    environment = {"SEGDSL_CACHE": str(cache)}
    first = folder / "segments" / "part_0000.seg"
    compile = ("compile", "--as-of", str(project.AS_OF))
    ways: dict[str, Way] = {}
    for name, arguments in (("check", ("check",)), ("compile", compile)):
        for when, before in (("cold", emptied(cache)), ("after an edit", edited(first, r">= (\d+)"))):
            # A check that finds something ends with 1.
            way = timing.segdsl(folder, *arguments)
            ways[f"segdsl {name}, {when}"] = Way(way.command, environment, before, codes=(0, 1))
    return ways


def others(programs: Path, folder: Path) -> dict[str, Way]:
    queries = json.loads((folder / "queries.json").read_text())
    dbt = folder / "dbt"
    tools.write_dbt_project(dbt, queries, {"type": "duckdb", "path": ":memory:", "threads": 2}, ())
    changed = next(name for name, query in queries.items() if re.search(r">= (\d+)", query))
    ways = {}
    for name in ("parse", "compile"):
        command = tools.dbt(programs, dbt, name)
        edit = edited(dbt / "models" / f"{changed}.sql", r">= (\d+)")
        ways[f"dbt {name}, cold"] = Way(command, tools.QUIET, emptied(dbt / "target"))
        ways[f"dbt {name}, after an edit"] = Way(command, tools.QUIET, edit)
    ways["prqlc, all queries"] = Way([str(programs / "python"), "-c", PRQL, str(folder / "prql.json")])
    return ways


def emptied(folder: Path) -> Callable[[], None]:
    return lambda: shutil.rmtree(folder, ignore_errors=True)


def edited(file: Path, number: str) -> Callable[[], None]:
    """Makes the first number that a pattern finds in a file one more."""

    def edit() -> None:
        text = file.read_text()
        changed = re.sub(number, lambda found: found[0].replace(found[1], str(int(found[1]) + 1)), text, count=1)
        if changed == text:
            sys.exit(f"nothing to edit in {file}")
        file.write_text(changed)

    return edit


if __name__ == "__main__":
    main()
