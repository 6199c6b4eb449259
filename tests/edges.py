"""Conditions on the edges of every construct, over few rows that sit there, with who is in found by hand.

Made-up projects seldom hit an edge; here each construct has a row on either side of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from segdsl.backends import backend
from segdsl.diagnostics import Report
from segdsl.grammar.files import parse_catalog
from segdsl.grammar.parse import parse
from segdsl.semantics import ir
from segdsl.semantics.calendar import Clock
from segdsl.semantics.declare import declare
from segdsl.semantics.resolve import resolve
from segdsl.source import Source
from tests.engines import Engine

ZONE = "Europe/Berlin"
CLOCK = Clock(datetime(2026, 2, 28, 23, tzinfo=UTC), ZoneInfo(ZONE), 0)  # the first of March, midnight in Berlin

CATALOG = """
tables:
  customer:
    from: people
    key: id
    columns:
      id: integer
      name: text
      born: date
      tags: list of text
      big: decimal(18,4)
      n: integer
      m: integer
  order:
    from: orders
    key: order_id
    at: ordered_at
    links: {customer: id}
    columns: {order_id: integer, ordered_at: timestamp, item: text, amount: "decimal(8,2)"}
entity: customer
"""
PEOPLE_COLUMNS = {
    "id": "BIGINT",
    "name": "VARCHAR",
    "born": "DATE",
    "tags": "VARCHAR[]",
    "big": "DOUBLE",
    "n": "INTEGER",
    "m": "INTEGER",
}
# The digest of this key under the salt `halves` is a share of few enough digits to be written.
THIRD = 34196
PEOPLE: Sequence[tuple[object, ...]] = (
    (1, "Annabel", date(2000, 2, 29), ["a", "b"], 123456789012.3456, 3, 0),
    (2, "ann_b", date(2000, 1, 5), ["A", None], 0.1, 5, 2),
    (THIRD, "annXb", date(2000, 3, 1), ["a"], None, 4, -2),
    (4, "50%", date(2000, 12, 27), [], 123456789012.346, 2, None),
    (5, None, None, None, -2.5, None, 1),
)
ORDERS_COLUMNS = {
    "order_id": "BIGINT",
    "id": "BIGINT",
    "ordered_at": "TIMESTAMP",
    "item": "VARCHAR",
    "amount": "DECIMAL(8,2)",
}


def _order(number: int, customer: int, at: str, item: str | None, amount: int = 1) -> tuple[object, ...]:
    return (number, customer, datetime.fromisoformat(at), item, amount)


ORDERS = (
    # 1 takes the tram twice and the bus once; of 3 it is mostly not known what.
    _order(1, 1, "2025-05-01T10:00", "tram"),
    _order(2, 1, "2025-05-02T10:00", "tram"),
    _order(3, 1, "2025-05-03T10:00", "bus"),
    _order(4, 2, "2025-05-01T10:00", "tram"),
    _order(5, 2, "2025-05-02T10:00", "bus"),
    _order(6, 2, "2025-05-03T10:00", "bus"),
    _order(7, THIRD, "2025-05-01T10:00", None),
    _order(8, THIRD, "2025-05-02T10:00", None),
    _order(9, THIRD, "2025-05-03T10:00", "bus"),
    # An hour to the second, and a second more.
    _order(10, 1, "2025-06-01T10:00", "cart"),
    _order(11, 1, "2025-06-01T11:00", "buy"),
    _order(12, 2, "2025-06-01T10:00", "cart"),
    _order(13, 2, "2025-06-01T11:00:01", "buy"),
    # On 26 October 2025 the hour from two to three came twice in Berlin: what is written there is in the first.
    _order(14, 4, "2025-10-26T01:50", "see"),
    _order(15, 4, "2025-10-26T02:10", "sign"),
    _order(20, 5, "2025-10-26T02:10", "see"),
    _order(21, 5, "2025-10-26T03:30", "sign"),
    # A quarter less a day, and a quarter with a day more.
    _order(16, THIRD, "2025-07-01T00:00", "rent"),
    _order(17, THIRD, "2025-09-30T00:00", "return"),
    _order(18, 4, "2025-07-01T00:00", "rent"),
    _order(19, 4, "2025-10-02T00:00", "return"),
)
STORED: dict[str, tuple[dict[str, str], Sequence[tuple[object, ...]]]] = {
    "people": (PEOPLE_COLUMNS, PEOPLE),
    "orders": (ORDERS_COLUMNS, ORDERS),
}

# The right half begins at the very place of the third customer.
PRELUDE = """
group levels
  exclusive

segment high in levels priority 1
  when n >= 5

segment low in levels priority 2
  when n >= 3

segment everyone_known
  when n is known or n is missing

split halves of segment everyone_known: left 42.427173091841%, right 40%
"""
CONDITIONS: list[tuple[str, set[int]]] = [
    ('mode(order.item where item in ("tram", "bus")) = "tram"', {1}),
    ('mode(order.item where item in ("tram", "bus")) = "bus"', {2, THIRD}),
    ('mode(order.item where at < 2025-06-01) = "bus"', {2, THIRD}),
    ("assigned to low", {1, THIRD}),
    ("assigned to high", {2}),
    ("born less than 9000 years ago", {1, 2, THIRD, 4}),
    # In a year without 29 February those who were born on it come the day after the 28th.
    ("anniversary of born from 2026-03-01 to 2026-03-02", {1, THIRD}),
    ("anniversary of born from 2026-02-27 to 2026-02-28", set()),
    ("anniversary of born from 2024-02-29 to 2024-02-29", {1}),
    ("anniversary of born from 2024-03-01 to 2024-03-01", {THIRD}),
    ("anniversary of born from 2025-12-27 to 2026-01-05", {2, 4}),
    ("anniversary of born from 2025-12-28 to 2026-01-04", set()),
    ('tags contains at least 2 of ("a", "b", "c")', {1}),
    ('tags contains "a"', {1, THIRD}),
    ('tags contains any of ("A", "c") ignoring case', {1, 2, THIRD}),
    ('tags contains none of ("A", "c")', {1, THIRD, 4, 5}),
    ("length(tags) = 1", {2, THIRD}),
    ("length(tags) = 0", {4}),
    ('name = "ANNABEL" ignoring case', {1}),
    ('name in ("ANNABEL", "Ann_B")', set()),
    ('name contains "Ann"', {1}),
    ('name contains "50"', {4}),
    ('name contains "b"', {1, 2, THIRD}),
    ('name matches "ann_b"', {2}),
    ('name matches "ann?b"', {2, THIRD}),
    ('name matches "*%"', {4}),
    ('name matches "%*"', set()),
    ('name starts with "ann_"', {2}),
    ("big = 123456789012.3456", {1}),
    ("big = 123456789012.3460", {4}),
    ("big = 0.1", {2}),
    ("(n / m if m < 0 else 7) = 7", {1, 2, 4, 5}),
    ("(n / m if m > 0 else 7) >= 7", {1, THIRD, 4}),
    ("(7 if m = 0 else n / m) = 7", {1}),
    ("(7 if m = 0 else n / m) is known", {1, 2, THIRD}),
    ("(7 if m = 0 else n / (n / m)) = 7", {1}),
    ("(7 if m = 0 else n / (n / m)) = -2", {THIRD}),
    ("n / m <= -2", {THIRD}),
    ("n / m >= 2.5", {2}),
    ('has order where item = "cart" followed by order where item = "buy" within 1 hour', {1}),
    ('has order where item = "cart" followed by order where item = "buy" within 2 hours', {1, 2}),
    ('has order where item = "cart" not followed by order where item = "buy" within 1 hour', {2}),
    ('has order where item = "see" followed by order where item = "sign" within 30 minutes', {4}),
    ('has order where item = "see" followed by order where item = "sign" within 2 hours', {4}),
    ('has order where item = "see" followed by order where item = "sign" within 3 hours', {4, 5}),
    ('has order where item = "see" followed by order where item = "sign" within 19 minutes', set()),
    ('has order where item = "rent" followed by order where item = "return" within 1 quarter', {THIRD}),
    ('has order where item = "rent" followed by order where item = "return" within 2 quarters', {THIRD, 4}),
    ("in segment left", {5}),
    ("in segment right", {1, THIRD, 4}),
]


def world() -> dict[str, list[dict[str, object]]]:
    """The rows, by the names that the catalog has for tables."""
    called = {"people": "customer", "orders": "order"}
    return {
        called[name]: [dict(zip(columns, row, strict=True)) for row in rows] for name, (columns, rows) in STORED.items()
    }


def wrong(engine: Engine, dialect: str) -> str:
    """A condition that holds of others than were found by hand, or nothing. All are asked in one query."""
    meant = engine.as_stored(program(), {name: columns for name, (columns, _) in STORED.items()})
    for name, (columns, rows) in STORED.items():
        engine.create(name, columns, rows)
    found = engine.rows(backend(dialect).memberships(meant, tuple(meant.segments), CLOCK))
    for number, (condition, expected) in enumerate(CONDITIONS):
        keys = {key for key, name, *_ in found if name == f"c{number}"}
        if keys != expected:
            return f"{condition}: {sorted(keys)}, meant {sorted(expected)}"
    return ""


def program() -> ir.Program:
    """A segment for each of `CONDITIONS`, called `c0` and so on, after those of `PRELUDE`."""
    report = Report()
    catalog = declare(parse_catalog(Source("catalog.yml", CATALOG), report), report)
    asked = "".join(f"segment c{number}\n  when {condition}\n" for number, (condition, _) in enumerate(CONDITIONS))
    module = parse(Source("edges.seg", PRELUDE + asked), report)
    found = resolve([module], catalog, name="edges", timezone=ZONE, week_starts=0, settings={}, report=report)
    assert {each.rule.name for each in report} <= {"includes-missing"}, [
        (each.message, each.label.span.text) for each in report
    ]
    return found
