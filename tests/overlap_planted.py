"""Pairs of conditions with the verdict that a person would give: what is made up at random seldom meets these edges."""

from __future__ import annotations

from segdsl.overlap.analysis import Analysis, Claim
from tests.overlap_worlds import CATALOG, compiled

PLANTED = (
    ("joined from 2026-02-01 to 2026-02-28", "joined = 2026-03-01", "Nobody"),
    ("joined from 2026-02-01 to 2026-02-28", "joined = 2026-02-28", "Somebody"),
    ('not (email = "a") and not (email = "b")', 'email = "a"', "Nobody"),
    ("has order in today", "no order in last 7 days", "Nobody"),
    ("has order in today", "count(order) = 1", "Somebody"),
    ("sum(order.amount) = 20", "count(order) = 1", "Somebody"),
    ("no order", "sum(order.amount) = 0", "Somebody"),
    ("no order", "sum(order.amount) > 0", "Nobody"),
    ('not (email contains at least 2 of ("a", "b", "c"))', 'email matches "*a*b*"', "Nobody"),
    ('not (email contains at least 2 of ("a", "b", "c"))', 'email matches "a*"', "Somebody"),
    ('email = "A"', 'email starts with "a" ignoring case', "Somebody"),
    ("joined in last 30 days", "joined in last 1 month", "Somebody"),
    ("points + points > 3", "points = 2", "Somebody"),
)


def misjudged(left: str, right: str, expected: str) -> str:
    """How the answer differs from the one expected, or nothing."""
    program = compiled(CATALOG.replace("AMOUNT_MIN", "-5"), f"segment a\n  when {left}\n\nsegment b\n  when {right}\n")
    claims = [Claim(segment.condition) for segment in program.segments.values()]
    said = type(Analysis(program).ask("customer", claims)).__name__
    return "" if said == expected else f"`{left}` and `{right}`: {said}, not {expected}"
