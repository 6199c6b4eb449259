"""Measures how a run on DuckDB grows with customers, with events and with segments, each over a factor of sixteen.

    python -m benchmarks.run.grow --rounds 3 --keep growth

Each size is a project of its own; those of a kind take turns. The seconds are CPU, the least of all rounds. Two
exponents are told, slopes of a straight line through the logarithms: of all sizes, and of the three largest, where what
a run takes over no data at all weighs less. 1 means that twice as much takes twice as long.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks import timing
from benchmarks.run import project
from benchmarks.run.compare import run
from benchmarks.timing import Taken

FACTORS = (1, 2, 4, 8, 16)
# Customers, events and segments: the smallest of what grows, and what the others are meanwhile.
GROWING = {
    "customers": (62_500, 2_000_000, 50),
    "events": (100_000, 625_000, 50),
    "segments": (100_000, 2_000_000, 32),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--part", type=float, default=1, help="of the customers and events: 0.1 is a tenth of them")
    parser.add_argument("--keep", metavar="NAME", help="keep the results as benchmarks/results/NAME.json")
    given = parser.parse_args()
    taken: dict[str, Taken] = {}
    exponents: dict[str, tuple[float, float]] = {}
    for place, (what, smallest) in enumerate(GROWING.items()):
        customers, events, segments = smallest
        start = [int(customers * given.part), int(events * given.part), segments]
        sizes = [[each * (factor if nth == place else 1) for nth, each in enumerate(start)] for factor in FACTORS]
        found = measured(sizes, place, what, given.rounds)
        seconds = [min(each.cpu) for each in found.values()]
        exponents[what] = (slope(FACTORS, seconds), slope(FACTORS[2:], seconds[2:]))
        timing.tell(found)
        print("{}: exponent {:.2f}, of the three largest {:.2f}".format(what, *exponents[what]), flush=True)
        taken |= found
    if given.keep:
        timing.keep(given.keep, vars(given) | {"smallest": GROWING}, taken, exponents=exponents)


def measured(sizes: Sequence[Sequence[int]], place: int, what: str, rounds: int) -> dict[str, Taken]:
    with tempfile.TemporaryDirectory(prefix="segdsl-bench-") as scratch:
        ways = {}
        for size in sizes:
            folder = Path(scratch) / str(size[place])
            project.write(folder, *size)
            ways[f"{size[place]:,} {what}"] = run(folder)
        return timing.in_turns(ways, rounds)


def slope(factors: Sequence[int], seconds: Sequence[float]) -> float:
    return float(np.polyfit(np.log(factors), np.log(seconds), 1)[0])


if __name__ == "__main__":
    main()
