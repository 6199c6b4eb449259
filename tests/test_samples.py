"""Samples: how large they are, and that their members never change."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import duckdb
import pytest

from segdsl.backends import plan
from segdsl.backends.duckdb import DuckDB
from segdsl.backends.printing import Expressions
from segdsl.semantics.evaluate import place_in_sample

KEYS = range(10_000)


def drawn(salt: str, low: str, high: str) -> set[int]:
    return {key for key in KEYS if Fraction(low) <= place_in_sample(salt, key) < Fraction(high)}


@pytest.mark.parametrize("salt", ["holdout-2026", "welcome_test", "", "ä"])
@pytest.mark.parametrize("share", ["0.01", "0.1", "0.5"])
def test_a_sample_is_about_as_large_as_its_share(salt: str, share: str) -> None:
    wanted = len(KEYS) * Decimal(share)
    assert abs(len(drawn(salt, "0", share)) - wanted) < 4 * wanted.sqrt()


def test_shares_of_one_sample_hold_everyone_once() -> None:
    parts = [drawn("test", low, high) for low, high in (("0", "0.2"), ("0.2", "0.6"), ("0.6", "1"))]
    assert sum(map(len, parts)) == len(KEYS) == len(set.union(*parts))


def test_two_salts_draw_independently() -> None:
    both = drawn("a", "0", "0.5") & drawn("b", "0", "0.5")
    assert abs(len(both) - len(KEYS) / 4) < 200


def test_the_members_of_a_sample_are_pinned() -> None:
    assert sorted(drawn("holdout-2026", "0", "0.001")) == [505, 879, 1674, 2184, 3219, 3921, 7226, 7367, 9060]
    assert len(drawn("holdout-2026", "0", "0.1")) == 1013


def test_duckdb_has_the_same_places() -> None:
    digest = plan.Digest("it's", plan.Column("", "key", optional=False))
    sql = Expressions(DuckDB(), qualified=False).value(digest).sql(dialect="duckdb")
    for kind, keys in (("BIGINT", [0, -5, 7, 10**18]), ("VARCHAR", ["", "007", "ä", "7.0", "😀 x"])):
        with duckdb.connect() as database:
            database.execute(f"CREATE TABLE t (key {kind})")
            database.executemany("INSERT INTO t VALUES (?)", [[key] for key in keys])
            for key, place in database.execute(f"SELECT key, {sql} FROM t").fetchall():
                assert Fraction(int(place, 16), 16**15) == place_in_sample("it's", key)
