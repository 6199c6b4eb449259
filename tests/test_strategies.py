"""What `compile --explain` says of SQL stands in that SQL."""

from __future__ import annotations

import re
from random import Random
from zoneinfo import ZoneInfo

import pytest

from segdsl import compiler, strategies
from segdsl.backends import DIALECTS, backend
from segdsl.semantics.calendar import Clock
from tests import postgres, worlds
from tests.test_backends import CLOCK, program

TWO = """
segment bought when count(order in last 30 days) >= 2
segment again when count(order in last 30 days) >= 5 and sum(order.pieces in last 90 days) > 3
"""


def said(text: str, *names: str, dialect: str = "duckdb") -> str:
    (found,) = compiler.strategies(program(text), names, dialect, CLOCK)
    return "\n".join(strategies.text(found))


def test_what_several_ask_for_is_worked_out_once_and_for_each() -> None:
    found = said(TWO)
    assert "order_per_customer: 2 values from one pass over order_rows" in found
    assert re.search(r"^  count_order_in_last_30_days +for bought, again$", found, re.M)
    assert re.search(r"^  sum_order_pieces_in_last_90_days +for again$", found, re.M)


def test_the_widest_window_bounds_the_pass() -> None:
    assert "only rows that count for any of them: ordered >= CAST('2025-10-12" in said(TWO)
    assert "only rows that count" not in said(TWO + "segment ever when count(order) > 1\n")


def test_one_segment_is_told_by_its_members() -> None:
    found = said(TWO, "bought")
    assert found.startswith("the members of bought") and "for bought" in found and "again" not in found


def test_what_a_segment_asks_of_another_is_asked_for_it() -> None:
    found = said("segment one when count(order) > 1\nsegment two when in segment one\n")
    assert re.search(r"^  count_order +for one, two$", found, re.M)


def test_many_aggregates_count_by_case_on_duckdb_alone() -> None:
    many = "".join(f"segment s{n} when count(order where pieces = {n}) > 1\n" for n in range(9))
    assert "9 count some rows only, and say which by CASE" in said(many)
    assert "by CASE" not in said(many, dialect="postgres")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_table_and_every_step_is_named_as_in_the_sql(dialect: str) -> None:
    for seed in range(6):
        project = worlds.project(Random(seed))
        meant, _ = worlds.compiled(project)
        clock = Clock(project.as_of, ZoneInfo(meant.timezone), meant.week_starts)
        held = postgres.as_stored(meant, project.columns)
        for names in meant.by_entity(tuple(meant.segments)).values():
            sql = backend(dialect).memberships(held, names, clock)
            (found,) = compiler.strategies(held, names, dialect, clock)
            steps = {each.name for each in found.groupings} | {each.name for each in found.steps} | {*found.repeated}
            assert all(re.search(rf'\b{re.escape(name)}\b"? AS ', sql) for name in steps)
            assert all(each.table.rpartition(".")[2] in sql for each in found.readings)
            assert found.segments == len(names)
            assert "\n".join(strategies.text(found))
