"""Measures a run on DuckDB that may take so much memory, beside one without a limit, in turns.

    python -m benchmarks.run.memory --customers 1000000 --events 20000000 --limit "2 GB" "1 GB" --keep memory

The limit is that of the target, `memory:`. It is DuckDB's, for what it works out; Python and what DuckDB does not count
come on top. What is told is the most memory that the whole process had at a time (its resident set).
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks import timing
from benchmarks.run import project
from benchmarks.run.compare import arguments, run
from benchmarks.timing import Way


def main() -> None:
    parser = arguments(__doc__.splitlines()[0], 1_000_000, 20_000_000)
    parser.add_argument("--limit", nargs="+", default=["2 GB"], metavar="SIZE")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="segdsl-bench-") as scratch:
        folder = Path(scratch)
        project.write(folder, given.customers, given.events, given.segments)
        ways = {"no limit": limited(folder, "")}
        ways |= {limit: limited(folder, f", memory: {limit}") for limit in given.limit}
        taken = timing.in_turns(ways, given.rounds)
    print(f"{given.segments} segments, {given.customers:,} customers, {given.events:,} events, {given.rounds} rounds")
    timing.tell(taken, "no limit")
    if given.keep:
        timing.keep(given.keep, vars(given), taken)


def limited(folder: Path, limit: str) -> Way:
    def write() -> None:
        (folder / "segdsl.yml").write_text(project.PROJECT.replace("path: data", f"path: data{limit}"))

    return Way(run(folder).command, before=write)


if __name__ == "__main__":
    main()
