"""Measures how a run grows with customers, with events and with segments, each over a factor of sixteen.

    python benchmarks/run/grow.py FOLDER --json results.json

Each size is a project of `project.py` of its own, made and measured one after the other: `segdsl run`, a whole process,
CPU seconds with children, the least of `--rounds`. The exponent is the slope between the smallest and the largest size:
1 is as much more time as there is more of it. What a run takes over next to nothing is told, too.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from math import log
from pathlib import Path

from compare import AS_OF, Timed, measure
from project import write

FACTORS = (1, 4, 16)
# Customers, events, segments: the smallest size of what grows, and what the others are meanwhile.
GROWING = {
    "customers": ((62_500, 4_000_000, 50), 0),
    "events": ((200_000, 1_000_000, 50), 1),
    "segments": ((100_000, 2_000_000, 25), 2),
}
NOTHING = (100, 1_000, 50)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the results")
    given = parser.parse_args()
    found: dict[str, list[tuple[int, float]]] = {}
    print(f"next to nothing, {NOTHING[2]} segments: {taken(given.folder, NOTHING, given.rounds):.1f} s")
    for what, (sizes, place) in GROWING.items():
        for factor in FACTORS:
            size = tuple(each * factor if number == place else each for number, each in enumerate(sizes))
            seconds = taken(given.folder, size, given.rounds)
            found.setdefault(what, []).append((size[place], seconds))
            print(f"{size[place]:>12,} {what}: {seconds:.1f} s", flush=True)
        (_, first), *_, (_, last) = found[what]
        print(f"sixteen times the {what} take {last / first:.1f} times as long: exponent {log(last / first, 16):.2f}")
    if given.json:
        given.json.write_text(json.dumps(found, indent=1))


def taken(folder: Path, size: tuple[int, ...], rounds: int) -> float:
    """CPU seconds of a run over so many customers and events, with so many segments."""
    project = folder / "growing"
    shutil.rmtree(project, ignore_errors=True)
    write(project, *size)
    timed = Timed()
    for _ in range(rounds):
        measure([sys.executable, "-m", "segdsl", "-C", str(project), "run", "--as-of", AS_OF], timed)
    shutil.rmtree(project)
    return min(timed.cpu)


if __name__ == "__main__":
    main()
