"""Every condition of up to three operators over two fields that may be missing, on every database.

Comparisons, `and`, `or`, `not` and arithmetic count as one operator each. What the language accepts gives no error,
selects the people that the reference meaning does, and with its opposite everyone, each once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product

import pytest

from segdsl.backends import backend
from segdsl.semantics.evaluate import memberships
from tests import engines
from tests.test_hostile_texts import CLOCK, batches, meant

CATALOG = """
tables: {person: {from: people, key: id, columns: {id: integer, a: integer, b: integer}}}
entity: person
"""
COLUMNS = dict.fromkeys(("id", "a", "b"), "BIGINT")
VALUES = (None, -1, 0, 1, 2)
PEOPLE = [{"id": number, "a": a, "b": b} for number, (a, b) in enumerate(product(VALUES, repeat=2))]
EVERYONE = {row["id"] for row in PEOPLE}
COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")


def values(operators: int) -> list[str]:
    """Numbers with so many operators in them, at least one of them a field."""
    if operators == 0:
        return ["a", "b"]
    shorter = [*values(operators - 1), *(["1"] if operators == 1 else [])]
    simple = ("a", "b", "1")
    found = [f"({left} {op} {right})" for left, op, right in product(shorter, "+-*", simple)]
    found += [f"({left} {op} {right})" for left, op, right in product(simple, "+-*", shorter)]
    found += [f"(-{value})" for value in shorter]
    return list(dict.fromkeys(each for each in found if "a" in each or "b" in each))


@cache
def conditions(operators: int, with_arithmetic: bool) -> tuple[str, ...]:
    """All conditions of exactly so many operators."""
    found: list[str] = []
    for inside in range(operators if with_arithmetic else 1):
        left, right = values(inside), values(operators - 1 - inside) if with_arithmetic or operators == 1 else []
        found += [f"{one} {op} {other}" for one, op, other in product(left, COMPARISONS, right)]
    if operators == 1 or with_arithmetic:
        for value in values(operators - 1):
            found += [f"{value} {op} 1" for op in COMPARISONS] + [f"1 {op} {value}" for op in COMPARISONS]
            found += [f"{value} is known", f"{value} is missing", f"{value} in (1, 2)", f"{value} not in (1, 2)"]
            found += [f"{value} between 0 and 1", f"not {value} between 0 and 1"]
    if operators > 1:
        found += [f"not ({each})" for each in conditions(operators - 1, with_arithmetic)]
    for inside in range(1, operators - 1):
        sides = conditions(inside, with_arithmetic), conditions(operators - 1 - inside, with_arithmetic)
        found += [f"({one}) {word} ({other})" for one, word, other in product(sides[0], ("and", "or"), sides[1])]
    return tuple(dict.fromkeys(found))


def differences(found: Sequence[str], address: str) -> Iterator[str]:
    """Which conditions hold of others than they should, and where."""
    text = "".join(f"segment c{i} when {each}\nsegment n{i} when not ({each})\n" for i, each in enumerate(found))
    program = meant(text, CATALOG)
    expected = memberships(program, {"person": PEOPLE}, CLOCK.as_of)
    for dialect in engines.ENGINES:
        members: dict[str, list[object]] = {name: [] for name in program.segments}
        with engines.opened(dialect, address) as engine:
            engine.create("people", COLUMNS, [tuple(row.values()) for row in PEOPLE])
            stored = engine.as_stored(program, {"people": COLUMNS})
            for row in engine.rows(backend(dialect).memberships(stored, tuple(program.segments), CLOCK)):
                members[row[1]].append(row[0])
        for i, each in enumerate(found):
            both = members[f"c{i}"] + members[f"n{i}"]
            is_split = len(both) == len(EVERYONE) and set(both) == EVERYONE
            if set(members[f"c{i}"]) != expected[f"c{i}"].qualifies or not is_split:
                yield f"{dialect}: {each}: {members[f'c{i}']} and {members[f'n{i}']}"


def test_conditions_of_three_operators_hold_of_who_is_meant(postgres_address: str) -> None:
    """Some of those without arithmetic; the long target has them all."""
    found = [*conditions(1, False), *conditions(2, False), *conditions(3, False)[::21]]
    assert len(found) > 400
    for batch in batches(found, 150):
        assert list(differences(batch, postgres_address)) == []


@pytest.mark.long
@pytest.mark.parametrize("operators", [1, 2, 3])
def test_all_conditions_hold_of_who_is_meant(operators: int, postgres_address: str) -> None:
    found = dict.fromkeys((*conditions(operators, False), *conditions(operators, True)))
    print(f"{len(found)} conditions of {operators} operators")
    for batch in batches(list(found), 150):
        assert list(differences(batch, postgres_address)) == []
