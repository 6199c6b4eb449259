"""Every example of the matrix is, for the SQL that is compiled and run on DuckDB, in both segments."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import duckdb
import pytest

from segdsl.backends import backend
from segdsl.overlap.analysis import Analysis
from segdsl.overlap.matrix import Matrix
from segdsl.semantics.calendar import Clock
from tests import tables
from tests.overlap_worlds import made

CUSTOMERS = {
    "id": "VARCHAR", "country": "VARCHAR", "points": "INTEGER", "vip": "BOOLEAN", "joined": "DATE", "email": "VARCHAR"
}  # fmt: skip
ORDERS = {"customer_id": "VARCHAR", "day": "DATE", "channel": "VARCHAR", "amount": "DECIMAL(6,2)"}


@pytest.mark.parametrize("seed", range(40, 46))
def test_examples_are_in_both_segments_on_duckdb(seed: int) -> None:
    program = made(seed).program
    shown = 0
    for pair in Matrix(Analysis(program), "customer", tuple(program.segments)).pairs():
        example = pair.example if pair.relation not in ("disjoint", "unknown") else None
        if example is None:
            continue
        clock = Clock(example.as_of, ZoneInfo("UTC"), 0)
        query = backend("duckdb").memberships(program, (pair.left, pair.right), clock)
        with duckdb.connect() as connection:
            connection.execute("SET disabled_optimizers = 'statistics_propagation'")
            tables.create(connection, "customers", CUSTOMERS, example.world["customer"])
            tables.create(connection, "orders", ORDERS, example.world.get("order", ()))
            found = {(str(key), name) for key, name, *_ in connection.execute(query).fetchall()}
        assert {(str(example.key), pair.left), (str(example.key), pair.right)} <= found, f"{pair}\n{example}"
        shown += 1
    assert shown > 5
