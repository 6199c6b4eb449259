"""Planted mistakes of the compiler are noticed by conditions or by made-up projects; with the time that it took."""

from __future__ import annotations

import time
from collections import Counter
from functools import cache
from random import Random

import pytest

from segdsl.backends import backend
from segdsl.semantics import ir
from segdsl.semantics.evaluate import Membership, memberships
from tests import edges, engines, worlds
from tests.compiler_mutants import MUTANTS, ON_POSTGRES
from tests.overlap_mutants import Mutant, mutated, planted
from tests.test_agreement import on_duckdb, on_postgres
from tests.test_backends import CLOCK, CONDITIONS, STORED, program

SEEDS = range(60)


@cache
def world(seed: int) -> tuple[worlds.Project, ir.Program, dict[str, Membership]]:
    """A made-up project and who is meant, as the compiler without mistakes has no part in it."""
    project = worlds.project(Random(seed))
    program, _ = worlds.compiled(project)
    return project, program, memberships(program, worlds.world(project, program.catalog), project.as_of)


def noticed(mutant: Mutant, address: str) -> str:
    """How a planted mistake was noticed, or nothing."""
    compared = on_postgres if mutant in ON_POSTGRES else on_duckdb
    with planted(mutant):
        try:
            dialect = "postgres" if mutant in ON_POSTGRES else "duckdb"
            if found := by_hand(dialect, address) or on_edges(dialect, address):
                return f"a condition: {found}"
            for seed in SEEDS:
                if found := compared(*world(seed), address):
                    return f"seed {seed}: {found.partition(chr(10))[0][:100]}"
        except Exception as error:  # a mistake that ends in an exception is noticed by every test
            return f"raises {type(error).__name__}"
    return ""


def by_hand(dialect: str, address: str) -> str:
    """A condition of `test_backends` that holds of others than were found by hand, or nothing. All in one query."""
    meant = program("".join(f"segment c{i} when {condition}\n" for i, (condition, _) in enumerate(CONDITIONS)))
    columns = {name: columns for name, (columns, _) in STORED.items()}
    with engines.opened(dialect, address) as engine:
        for name, (of_it, rows) in STORED.items():
            engine.create(name, of_it, rows)
        query = backend(dialect).memberships(engine.as_stored(meant, columns), tuple(meant.segments), CLOCK)
        found = Counter(engine.rows(query))
    keys: dict[str, set[object]] = {name: set() for name in meant.segments}
    for key, name, *_ in found:
        keys[name].add(key)
    wrong = (text for i, (text, expected) in enumerate(CONDITIONS) if keys[f"c{i}"] != expected)
    return next(wrong, "")


def on_edges(dialect: str, address: str) -> str:
    """A condition of `edges` that holds of others, or nothing."""
    with engines.opened(dialect, address) as engine:
        return edges.wrong(engine, dialect)


def killed(mutant: Mutant, address: str) -> str:
    started = time.perf_counter()
    how = noticed(mutant, address)
    return how and f"{mutant.name}: {time.perf_counter() - started:.1f} s, {how}"


@pytest.mark.parametrize("dialect", engines.ENGINES)
def test_nothing_is_noticed_where_there_is_no_mistake(dialect: str, postgres_address: str) -> None:
    assert not by_hand(dialect, postgres_address)


def test_there_are_thirty_and_all_can_be_planted() -> None:
    assert len(MUTANTS) >= 30
    for mutant in MUTANTS:
        assert mutated(mutant) != mutant.function.__code__  # type: ignore[attr-defined]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_mistake_is_noticed(mutant: Mutant, postgres_address: str) -> None:
    how = killed(mutant, postgres_address)
    print(how)
    assert how
