"""Writes the kept results into `benchmarks/README.md`: a table between `<!-- NAME -->` and `<!-- end -->`.

    python -m benchmarks.tables

Seconds are the median of the rounds, and from the least to the most; how many times as long as `segdsl run`, or as the
first way where that is not among them, is told of the medians.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.timing import RESULTS

PAGE = Path(__file__).parent / "README.md"
OWN = "segdsl run"


def table(found: dict[str, Any]) -> str:
    """A table of one result, in Markdown."""
    ways = found["ways"]
    (rounds,) = {len(each["cpu"]) for each in ways.values()}
    machine = found["machine"]
    own = ways.get(OWN) or next(iter(ways.values()))
    lines = [
        f"{rounds} {'round' if rounds == 1 else 'rounds'}, {found['date']}, {machine['cpus']} cores "
        f"({machine['cpu']}), {machine['memory']}, Python {machine['python']}, DuckDB {machine['duckdb']}",
        "",
        "| | CPU seconds | wall clock | most memory | CPU, times the " + ("run |" if OWN in ways else "first |"),
        "|---|---|---|---|---|",
    ]
    for name, each in ways.items():
        times = median(each["cpu"]) / median(own["cpu"])
        memory = f"{max(each['memory']):,.0f} MB"
        lines.append(f"| {name} | {spread(each['cpu'])} | {spread(each['wall'])} s | {memory} | {times:.2f} |")
    return "\n".join(lines)


def spread(seconds: Sequence[float]) -> str:
    digits = 2 if median(seconds) < 10 else 1
    middle, least, most = (f"{each:.{digits}f}" for each in (median(seconds), min(seconds), max(seconds)))
    return middle if len(seconds) == 1 else f"{middle} ({least} to {most})"


def filled(page: str) -> str:
    """The page, with the tables of the results that are kept."""

    def replaced(found: re.Match[str]) -> str:
        result = json.loads((RESULTS / f"{found[1]}.json").read_text(encoding="utf-8"))
        return f"<!-- {found[1]} -->\n{table(result)}\n<!-- end -->"

    return re.sub(r"<!-- ([\w-]+) -->\n.*?<!-- end -->", replaced, page, flags=re.DOTALL)


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
