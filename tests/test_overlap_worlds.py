"""Verdicts hold on tiny worlds, on both sides: a proof is never broken by a customer, a customer is never overlooked.

`Nobody` must leave no customer of the world behind; where a customer is, the answer must be an example, or, rarely,
that nothing is known, so that the engine cannot hide.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest

from segdsl.overlap.analysis import Analysis, Answer, Claim, Nobody, Somebody, Unknown
from segdsl.overlap.matrix import Matrix
from segdsl.semantics.evaluate import truths
from tests.overlap_worlds import CATALOG, CUSTOMERS, Made, compiled, made

SEEDS = 24
BATCH = 6
# Of the questions that some customer of the world answers with yes.
MOST_UNKNOWN = 0.05
# Of so many pairs that overlap one is asked for its example.
EXAMPLES = 50


def compared(found: Made, reasons: Counter[str]) -> list[str]:
    """Answers that a customer of the world disproves; `reasons` counts the other answers that should be examples."""
    analysis = Analysis(found.program)
    everyone = (1 << CUSTOMERS) - 1
    wrong = []

    def look(claims: str, answer: Answer, keeping: int) -> None:
        reasons["questions"] += 1
        if not keeping:
            return
        reasons["kept"] += 1
        match answer:
            case Nobody():
                key = (keeping & -keeping).bit_length() - 1
                orders = [row for row in found.world["order"] if row["customer_id"] == key]
                wrong.append(f"{claims}: {found.world['customer'][key]} {orders} at {found.as_of}\n{found.text}")
            case Unknown(why):
                reasons[f"unknown: {why}"] += 1
            case Somebody():
                pass

    conditions = {name: segment.condition for name, segment in found.program.segments.items()}
    for name, members in found.members.items():
        look(name, analysis.ask("customer", [Claim(conditions[name])]), members)
        look(f"not {name}", analysis.ask("customer", [Claim(conditions[name], False)]), everyone & ~members)
    for first, second in found.pairs():
        ours, theirs = found.members[first], found.members[second]
        for is_in, are_in in ((True, True), (True, False), (False, True)):
            keeping = (ours if is_in else everyone & ~ours) & (theirs if are_in else everyone & ~theirs)
            claims = [Claim(conditions[first], is_in), Claim(conditions[second], are_in)]
            look(f"{first} {is_in}, {second} {are_in}", analysis.ask("customer", claims), keeping)
    return wrong


def unknown_share(reasons: Counter[str]) -> float:
    unknown = sum(times for reason, times in reasons.items() if reason.startswith("unknown"))
    return unknown / max(1, reasons["kept"])


@pytest.mark.parametrize("first", range(0, SEEDS, BATCH))
def test_nobody_is_overlooked(first: int) -> None:
    reasons: Counter[str] = Counter()
    for seed in range(first, first + BATCH):
        wrong = compared(made(seed), reasons)
        assert not wrong, f"seed {seed}: {wrong[0]}"
    assert reasons["kept"] > reasons["questions"] / 4, "the customers reach too little"
    assert unknown_share(reasons) <= MOST_UNKNOWN, reasons


def test_an_aggregate_over_rows_that_cannot_be_is_never_reached() -> None:
    text = "segment s\n  when min(order.amount where amount >= 10) <= 5\n"
    program = compiled(CATALOG.replace("AMOUNT_MIN", "0"), text)
    answer = Analysis(program).ask("customer", [Claim(program.segments["s"].condition)])
    assert isinstance(answer, Nobody)


# Who must be missing where a relation is proved: those in both, those in the left alone, those in the right alone.
MISSING = {"disjoint": (True, False, False), "within": (False, True, False), "contains": (False, False, True)}
MISSING |= {"equal": (False, True, True), "overlaps": (False, False, False)}


def of_pairs(seed: int, segments: int, verdicts: Counter[str]) -> list[str]:
    """Verdicts of the matrix of all pairs that a customer of a world disproves, and examples that are none."""
    found = made(seed, segments)
    everyone = (1 << CUSTOMERS) - 1
    wrong = []
    for pair in Matrix(Analysis(found.program), "customer", tuple(found.program.segments)).pairs():
        verdicts[pair.relation] += 1
        left, right = found.members[pair.left], found.members[pair.right]
        missing = MISSING.get(pair.relation, (False, False, False))
        there = (left & right, left & everyone & ~right, right & everyone & ~left)
        if any(is_missing and members for is_missing, members in zip(missing, there, strict=True)):
            wrong.append(f"{pair.left} {pair.relation} {pair.right}\n{found.text}")
        if pair.relation == "unknown" and there[0]:
            verdicts["unknown, though a customer is in both"] += 1
        if pair.relation == "overlaps" and verdicts["overlaps"] % EXAMPLES == 0:
            example = pair.example
            conditions = [found.program.segments[name].condition for name in (pair.left, pair.right)]
            if example is None or truths(
                found.program, "customer", conditions, example.world, example.key, example.as_of
            ) != [True, True]:
                wrong.append(f"{pair.left} {pair.relation} {pair.right}: {example}\n{found.text}")
    return wrong


def test_the_matrix_of_all_pairs_is_disproved_by_nobody() -> None:
    verdicts: Counter[str] = Counter()
    assert not of_pairs(1, 40, verdicts)
    assert verdicts["disjoint"] > 20 and verdicts["within"] + verdicts["contains"] > 20, verdicts
    assert verdicts["unknown, though a customer is in both"] <= MOST_UNKNOWN * verdicts["overlaps"], verdicts


@pytest.mark.long
def test_a_million_pairs_are_disproved_by_nobody() -> None:
    """`FIRST=0 SEEDS=23 make test-long` looks at a million pairs; prints where it can go on from."""
    first, count = int(os.environ.get("FIRST", 0)), int(os.environ.get("SEEDS", 23))
    verdicts: Counter[str] = Counter()
    failures = 0
    for seed in range(first, first + count):
        for wrong in of_pairs(seed, 300, verdicts)[:20]:
            failures += 1
            print(f"seed {seed}: {wrong[:3000]}")
        print(f"{dict(verdicts)}, {failures} wrong; go on with FIRST={seed + 1}", flush=True)
    assert not failures
    assert verdicts["unknown, though a customer is in both"] <= MOST_UNKNOWN * verdicts["overlaps"], verdicts


@pytest.mark.long
def test_nobody_is_overlooked_in_many_more() -> None:
    """`FIRST=24 SEEDS=12000 make test-long` asks a million questions; prints where it can go on from."""
    first, count = int(os.environ.get("FIRST", SEEDS)), int(os.environ.get("SEEDS", 12_000))
    reasons: Counter[str] = Counter()
    failures = 0
    for seed in range(first, first + count):
        for wrong in compared(made(seed), reasons):
            failures += 1
            print(f"seed {seed}: {wrong}")
        if (seed + 1 - first) % 100 == 0:
            print(f"{dict(reasons)}, {failures} wrong; go on with FIRST={seed + 1}", flush=True)
    assert not failures
    assert unknown_share(reasons) <= MOST_UNKNOWN
