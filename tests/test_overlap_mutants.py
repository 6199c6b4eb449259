"""Planted mistakes are noticed: by a wrong verdict, a proof that a customer breaks, or too many unknown answers."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from segdsl.overlap.analysis import Analysis, Claim, Somebody
from tests.overlap_mutants import MUTANTS, Mutant, mutated, planted
from tests.overlap_planted import PLANTED, misjudged
from tests.overlap_worlds import Made, made
from tests.test_overlap_worlds import MOST_UNKNOWN, compared, unknown_share

SEEDS = range(80)
# So many questions that have an example make a share of unknown answers worth a look.
ENOUGH = 500
QUICK = ("meet of numbers loses missing", "complement of all is all", "claims that shall not hold shall")


@cache
def world(seed: int) -> Made:
    return made(seed)


def noticed(seed: int, reasons: Counter[str]) -> str:
    """What of the world of a seed is wrong, or nothing."""
    found = world(seed)
    try:
        wrong = compared(found, reasons)
    except Exception as error:  # A mistake that ends in an exception is noticed by every test.
        return f"raises {type(error).__name__}"
    if wrong:
        return "a customer breaks a proof"
    analysis = Analysis(found.program)
    for segment in found.program.segments.values():
        both = [Claim(segment.condition), Claim(segment.condition, False)]
        if isinstance(analysis.ask("customer", both), Somebody):
            return "a condition and its opposite share somebody"
    if reasons["kept"] > ENOUGH and unknown_share(reasons) > MOST_UNKNOWN:
        return "too many answers are unknown"
    return ""


def killed(mutant: Mutant) -> str:
    """How the mutant was noticed, or nothing."""
    reasons: Counter[str] = Counter()
    with planted(mutant):
        for left, right, expected in PLANTED:
            try:
                difference = misjudged(left, right, expected)
            except Exception as error:  # As below.
                difference = f"raises {type(error).__name__}"
            if difference:
                return f"{mutant.name}: {difference}"
        for seed in SEEDS:
            how = noticed(seed, reasons)
            if how:
                return f"{mutant.name}: seed {seed}: {how}"
    return ""


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_mistake_can_be_planted(mutant: Mutant) -> None:
    assert mutated(mutant) != mutant.function.__code__  # type: ignore[attr-defined]


@pytest.mark.parametrize("mutant", [each for each in MUTANTS if each.name in QUICK], ids=lambda mutant: mutant.name)
def test_plain_mistakes_are_noticed(mutant: Mutant) -> None:
    assert killed(mutant)


@pytest.mark.long
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_mistake_is_noticed(mutant: Mutant) -> None:
    how = killed(mutant)
    print(how)
    assert how
