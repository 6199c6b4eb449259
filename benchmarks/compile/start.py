"""Measures how long a command takes to start: `segdsl --help`, and a check of the project that `segdsl init` makes.

    python -m benchmarks.compile.start --rounds 20 --keep start

Beside them are measured a Python that does nothing, what every command written in Python takes at least, and a Python
that loads the libraries alone with which a check reads a project.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import timing, tools
from benchmarks.timing import Way


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--without-dbt", action="store_true")
    parser.add_argument("--keep", metavar="NAME", help="keep the results as benchmarks/results/NAME.json")
    given = parser.parse_args()
    programs = None if given.without_dbt else tools.folder()
    with tempfile.TemporaryDirectory(prefix="segdsl-bench-") as scratch:
        folder = Path(scratch) / "project"
        subprocess.run(timing.segdsl(Path(scratch), "init", str(folder)).command, check=True, stdout=subprocess.DEVNULL)
        remembered = {"SEGDSL_CACHE": str(Path(scratch) / "cache")}
        ways = {
            "a Python that does nothing": Way([sys.executable, "-c", "pass"]),
            "lark, PyYAML and numpy loaded": Way([sys.executable, "-c", "import lark, yaml, numpy"]),
            "segdsl --help": Way([sys.executable, "-m", "segdsl", "--help"]),
            "segdsl check, cold": timing.segdsl(folder, "check", "--no-cache"),
            "segdsl check, again": Way(timing.segdsl(folder, "check").command, remembered),
        }
        if programs:
            ways["dbt --help"] = Way([str(programs / "dbt"), "--help"], tools.QUIET)
        taken = timing.in_turns(ways, given.rounds)
    timing.tell(taken)
    if given.keep:
        timing.keep(given.keep, vars(given), taken)


if __name__ == "__main__":
    main()
