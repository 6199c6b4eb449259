"""Works out how many bytes of events a run would read on Snowflake, beside one query for each segment. On paper.

    python -m benchmarks.run.on_paper

No account is asked. The segments are those of `project.py`; the widths are what DuckDB's Parquet needs for the columns
of its events, compressed. An account that keeps events in order of time reads of each scan the days of its window;
one that keeps them by kind, too, reads of these days the kind; one that keeps them in no order reads them all. A
segment's own query scans events once for each condition about them. segdsl scans them once for each kind, for the
columns that any segment asks for, as far back as the widest window goes: to the beginning, where one has none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from benchmarks.run import project
from benchmarks.run.project import KINDS_OF_EVENTS, Condition

EVENTS, CUSTOMERS, HISTORY = 1_000_000_000, 50_000_000, 2 * 365
# Bytes of a row in Parquet with zstd: a million events in order of time, fifty thousand customers.
WIDTHS = {
    "customer_id": 2.6,
    "kind": 0.23,
    "happened_at": 3.75,
    "channel": 0.26,
    "amount": 2.28,
    "about": 0.42,
    "flag": 0.12,
}
CUSTOMER_WIDTH = 1.7 + 0.4 + 0.3 + 0.9 + 0.1  # key, country, plan, age, opted_in
Layout = Literal["in order of time", "by kind, then time", "in no order"]
LAYOUTS: tuple[Layout, ...] = ("in no order", "in order of time", "by kind, then time")


@dataclass(frozen=True)
class Scan:
    """One pass over events: the columns it reads, and of how many days; none where it reads them all."""

    kind: str
    columns: frozenset[str]
    days: int | None

    def bytes_read(self, layout: Layout) -> float:
        rows = float(EVENTS)
        if layout != "in no order" and self.days:
            rows *= self.days / HISTORY
        if layout == "by kind, then time":
            rows *= KINDS_OF_EVENTS.count(self.kind) / len(KINDS_OF_EVENTS)
        return rows * sum(WIDTHS[column] for column in self.columns)


def scan(condition: Condition) -> Scan:
    """What the query that an analyst writes for a condition reads."""
    rows = condition.rows
    assert rows, "a condition about events"
    columns = {"customer_id", "kind"}
    if rows.days or "happened_at" in condition.aggregate:
        columns.add("happened_at")
    if rows.column:
        columns.add(rows.column)
    if rows.flag:
        columns.add("flag")
    if "amount" in condition.aggregate:
        columns.add("amount")
    return Scan(rows.kind, frozenset(columns), rows.days)


def shared(scans: Iterable[Scan]) -> list[Scan]:
    """One pass for each kind. Everyone's `as_of` bounds it, so that it always reads the moment."""
    by_kind: dict[str, list[Scan]] = {}
    for each in scans:
        by_kind.setdefault(each.kind, []).append(each)
    found = []
    for kind, some in by_kind.items():
        days = [each.days for each in some]
        widest = None if None in days else max(day for day in days if day)
        found.append(Scan(kind, frozenset({"happened_at"}.union(*(each.columns for each in some))), widest))
    return found


def states(conditions: Sequence[Condition]) -> dict[str, int]:
    """How many aggregates of each customer a pass keeps, by kind."""
    found: dict[str, set[str]] = {}
    for each in conditions:
        if each.rows:
            found.setdefault(each.rows.kind, set()).add(each.filtered)
    return {kind: len(aggregates) for kind, aggregates in found.items()}


def main() -> None:
    print(f"{EVENTS:,} events of {HISTORY} days, {CUSTOMERS:,} customers, {sum(WIDTHS.values()):.1f} bytes an event")
    for number in (50, 500):
        conditions = [each for terms in project.segments(number, seed=1).values() for each in terms]
        scans = [scan(each) for each in conditions if each.rows]
        passes = shared(scans)
        customers = CUSTOMERS * CUSTOMER_WIDTH
        standing = CUSTOMERS * (WIDTHS["customer_id"] + number / 8)
        print(f"{number} segments: {len(scans)} scans of events in their own queries, {len(passes)} in a run")
        for layout in LAYOUTS:
            queries = sum(each.bytes_read(layout) for each in scans) + number * customers
            # Customers are read for the key's check, and for the run; where everyone stands is written, and read twice.
            own = sum(each.bytes_read(layout) for each in passes) + 2 * customers + 3 * standing
            print(f"  {layout:20} {queries / 1e9:8.0f} GB  {own / 1e9:6.0f} GB  {queries / own:5.1f} times as much")
        kept = {kind: CUSTOMERS * 8 * (count + 1) / 1e9 for kind, count in states(conditions).items()}
        print(
            "  kept of all customers at a time, 8 bytes each:", {kind: f"{size:.1f} GB" for kind, size in kept.items()}
        )


if __name__ == "__main__":
    main()
