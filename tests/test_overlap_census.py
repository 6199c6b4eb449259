"""Combinations counted by bits are those that the reference evaluator counts, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import product
from random import Random
from typing import Any

import pytest

from segdsl.overlap.analysis import Analysis
from segdsl.overlap.census import at_least, census
from segdsl.semantics.evaluate import memberships
from tests.overlap_worlds import compiled

CATALOG = """
tables:
  customer:
    from: customers
    key: customer_id
    where: kind != "test"
    columns:
      kind: {type: text, values: [test, shop, web], required: true}
      rank: {type: integer, min: 0, max: 3}
      score: {type: "decimal(3,1)", min: 0, max: 1, required: true}
      age: {type: integer, min: 0}
      opted_in: boolean
      city: text
  order: {from: orders, key: order_id, links: {customer: customer_id}, columns: {amount: integer}}
entity: customer
"""
# A value of each cell: of `age` the tests below cut 18, 40 and 41; of `city` they name two.
VALUES: dict[str, list[Any]] = {
    "kind": ["test", "shop", "web"],
    "rank": [0, 1, 2, 3, None],
    "score": [Decimal(tenth) / 10 for tenth in range(11)],
    "age": [0, 18, 40, 41, None],
    "opted_in": [True, False, None],
    "city": ["Rome", "Oslo", "elsewhere", None],
}
TESTS = {
    "kind": ['kind = "web"', 'kind in ("web", "test")'],
    "rank": ["rank >= 2", "rank = 1", "rank is missing"],
    "score": ["score > 0.3", "score between 0.2 and 0.9"],
    "age": ["age >= 18", "age < 18", "not age > 40", "age is known", "age != 40"],
    "opted_in": ["opted_in", "not opted_in", "opted_in is missing"],
    "city": ['city = "Rome"', 'city != "Oslo"', "city is missing"],
}


def conditions(random: Random, columns: list[str]) -> Iterator[str]:
    for _ in range(3):
        terms = [random.choice(TESTS[column]) for column in columns]
        word = random.choice([" and ", " or "])
        yield random.choice(["({})", "not ({})"]).format(word.join(f"({term})" for term in terms))


@pytest.mark.parametrize("seed", range(25))
def test_as_many_as_the_evaluator_says(seed: int) -> None:
    random = Random(seed)
    columns = random.sample(sorted(TESTS), 2)
    text = "".join(f"segment s{n}\n  when {each}\n\n" for n, each in enumerate(conditions(random, columns)))
    program = compiled(CATALOG, text)
    analysis = Analysis(program)
    names = tuple(program.segments)
    found = census(analysis, "customer", names)
    assert found is not None
    # Only what the census looks at is varied, in cells that the conditions of this program tell apart.
    looked_at = found.columns
    rows = [
        {"customer_id": number, "kind": "shop", "score": Decimal(0), **dict(zip(looked_at, values, strict=True))}
        for number, values in enumerate(product(*(VALUES[column] for column in looked_at)))
    ]
    inside = memberships(program, {"customer": rows, "order": []}, datetime(2026, 1, 15, tzinfo=UTC))
    sets = [found.of(analysis.normalizer.segment(name)) for name in names]
    seen = [row["customer_id"] for row in rows if row["kind"] != "test"]
    for least in (1, 2, 3):
        counted = [key for key in seen if sum(key in inside[name].qualifies for name in names) >= least]
        assert (at_least(least, sets) == 0) == (not counted)
        assert (at_least(least, sets) == found.all) == (len(counted) == len(seen))
        if found.is_by_value:
            assert at_least(least, sets).bit_count() == len(counted)


def test_ranges_are_counted_where_values_are_many() -> None:
    program = compiled(CATALOG, 'segment a\n  when age between 18 and 40 and kind = "web"\n')
    analysis = Analysis(program)
    found = census(analysis, "customer", ["a"])
    assert found is not None and not found.is_by_value
    assert found.all.bit_count() == 2 * 4  # without the test customers
    assert found.words(found.of(analysis.normalizer.segment("a")), 9) == ['kind "web", age 18 to 40']
    left = found.words(found.all & ~found.of(analysis.normalizer.segment("a")), 3)
    assert left == ['kind "shop", age 0 to 17', 'kind "shop", age 18 to 40', 'kind "shop", age 41 or more']


@pytest.mark.parametrize("condition", ["has order", "count(order) >= 2", "length(city) > 3", 'city contains "o"'])
def test_nothing_is_counted_where_more_than_columns_is_looked_at(condition: str) -> None:
    program = compiled(CATALOG, f"segment a\n  when rank = 1 or {condition}\n")
    assert census(Analysis(program), "customer", ["a"]) is None


def test_nothing_is_counted_where_combinations_are_too_many() -> None:
    ages = ", ".join(map(str, range(0, 100, 2)))
    program = compiled(CATALOG, f"segment a\n  when age in ({ages}) and rank = 1 and score = 0.5\n")
    assert census(Analysis(program), "customer", ["a"]) is None
