"""Draws the kept results as charts: how long each way takes, median and spread, as a multiple of `segdsl run`.

    pip install "segdsl[bench]"
    python -m benchmarks.chart

Reads `benchmarks/results/*.json`, and writes `run.svg` and `growth.svg` beside them.
"""

from __future__ import annotations

import json
from statistics import median
from typing import Any

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot

from benchmarks.timing import RESULTS

OWN = "segdsl run"
RUNS = ("duckdb-50", "duckdb-500", "postgres-50", "postgres-500")
NEVER = {"Date": None, "Creator": None}


def main() -> None:
    # Texts stay texts, and the same results give the same file.
    pyplot.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "segdsl", "font.size": 9})
    kept = {file.stem: json.loads(file.read_text()) for file in sorted(RESULTS.glob("*.json"))}
    runs([kept[name] for name in RUNS if name in kept])
    if "growth" in kept:
        growth(kept["growth"])


def runs(kept: list[dict[str, Any]]) -> None:
    figure, places = pyplot.subplots(len(kept), 1, figsize=(7.5, 1.7 * len(kept)), squeeze=False, sharex=True)
    for place, found in zip(places[:, 0], kept, strict=True):
        given, ways = found["given"], found["ways"]
        own = median(ways[OWN]["cpu"])
        names = sorted(ways, key=lambda name: median(ways[name]["cpu"]), reverse=True)
        for nth, name in enumerate(names):
            cpu = [seconds / own for seconds in ways[name]["cpu"]]
            middle = median(cpu)
            spread = [[middle - min(cpu)], [max(cpu) - middle]]
            colour = "#3949ab" if name == OWN else "#b0b6c4"
            place.barh(nth, middle, xerr=spread, color=colour, height=0.7, error_kw={"elinewidth": 0.8})
            place.text(
                max(cpu) + 0.15, nth, f"{middle:.2f}  ({median(ways[name]['cpu']):.1f} s)", va="center", fontsize=8
            )
        place.set_yticks(range(len(names)), names)
        engine = "PostgreSQL" if "postgres" in found["benchmark"] else "DuckDB"
        title = f"{engine}: {given['segments']} segments, {given['customers']:,} customers, {given['events']:,} events"
        place.set_title(title, loc="left", fontsize=9)
        place.spines[["top", "right"]].set_visible(False)
    places[-1, 0].set_xlabel("CPU time, as a multiple of segdsl run (median; lines from the least to the most)")
    right = max(
        max(each["cpu"]) / median(found["ways"][OWN]["cpu"]) for found in kept for each in found["ways"].values()
    )
    places[-1, 0].set_xlim(0, right * 1.2)
    figure.tight_layout()
    figure.savefig(RESULTS / "run.svg", metadata=NEVER)


def growth(kept: dict[str, Any]) -> None:
    figure, place = pyplot.subplots(figsize=(6, 3.4))
    for what, (whole, upper) in kept["exponents"].items():
        sizes = {name: each for name, each in kept["ways"].items() if name.endswith(f" {what}")}
        seconds = [min(each["cpu"]) for each in sizes.values()]
        factors = [2**nth for nth in range(len(seconds))]
        first, *_, last = (name.split()[0] for name in sizes)
        label = f"{what}, {first} to {last}: exponent {whole:.2f}, above {upper:.2f}"
        place.loglog(factors, seconds, marker="o", markersize=3, label=label)
    place.set_xticks(factors, [f"x{factor}" for factor in factors])
    place.minorticks_off()
    seconds = [1, 2, 4, 8, 16, 32]
    place.set_yticks(seconds, list(map(str, seconds)))
    place.set_ylabel("CPU seconds of segdsl run")
    place.legend(frameon=False, fontsize=8)
    place.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(RESULTS / "growth.svg", metadata=NEVER)


if __name__ == "__main__":
    main()
