"""Planted mistakes of the compiler are noticed by made-up projects, or by every condition; with the time it took."""

from __future__ import annotations

import time
from functools import cache
from random import Random

import pytest

from segdsl.semantics import ir
from segdsl.semantics.evaluate import Membership, memberships
from tests import worlds
from tests.compiler_mutants import MUTANTS, ON_POSTGRES
from tests.overlap_mutants import Mutant, mutated, planted
from tests.test_agreement import on_duckdb, on_postgres
from tests.test_every_condition import conditions, differences

SEEDS = range(150)
# Found within a few projects.
QUICK = ("the opposite of missing is missing", "a window holds the moment of its end", "the weakest wins")


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
        for seed in SEEDS:
            try:
                found = compared(*world(seed), address)
            except Exception as error:  # a mistake that ends in an exception is noticed by every test
                found = f"raises {type(error).__name__}"
            if found:
                return f"seed {seed}: {found.partition(chr(10))[0][:100]}"
        for found in differences(conditions(2, False)[:100], address):
            return f"a condition: {found[:100]}"
    return ""


def killed(mutant: Mutant, address: str) -> str:
    for seed in SEEDS[:40] if mutant.name not in QUICK else SEEDS[:5]:
        world(seed)  # not what is timed
    started = time.perf_counter()
    how = noticed(mutant, address)
    return how and f"{mutant.name}: {time.perf_counter() - started:.1f} s, {how}"


def test_there_are_thirty_and_all_can_be_planted() -> None:
    assert len(MUTANTS) >= 30
    for mutant in MUTANTS:
        assert mutated(mutant) != mutant.function.__code__  # type: ignore[attr-defined]


@pytest.mark.parametrize("mutant", [each for each in MUTANTS if each.name in QUICK], ids=lambda mutant: mutant.name)
def test_plain_mistakes_are_noticed(mutant: Mutant, postgres_address: str) -> None:
    assert killed(mutant, postgres_address)


@pytest.mark.long
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_mistake_is_noticed(mutant: Mutant, postgres_address: str) -> None:
    how = killed(mutant, postgres_address)
    print(how)
    assert how
