"""Proofs hold in made-up data: where nobody can keep some claims, nobody in any made-up project does.

The projects are those that databases are compared on, with every construct of the language and rows on its edges. For
pairs of conditions out of their definitions, whole ones and parts, all ways to claim both, one or neither are asked.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from random import Random

import pytest

from segdsl.overlap.analysis import Analysis, Claim, Nobody, Somebody
from segdsl.semantics import ir
from segdsl.semantics.evaluate import Key, holding
from tests import worlds

SEEDS = 20
BATCH = 10
# Conditions of one project that are paired with each other; asking for examples takes more time than proofs.
CONDITIONS = 12
SHOWN = 4


def parts(condition: ir.Condition, depth: int = 0) -> Iterator[ir.Condition]:
    """A condition and what it is joined of."""
    yield condition
    if depth < 3 and isinstance(condition, ir.All | ir.Any | ir.Not | ir.AtLeast):
        for child in ir.children(condition):
            if not isinstance(child, ir.Rows):
                yield from parts(child, depth + 1)  # type: ignore[arg-type]


def wrong_proofs(seed: int) -> list[str]:
    """Claims that are said to be kept by nobody, and are by somebody in the project's own data."""
    random = Random(seed)
    project = worlds.project(random)
    program, report = worlds.compiled(project)
    assert not report.has_errors
    world = worlds.world(project, program.catalog)
    analysis = Analysis(program)
    found = []
    for entity in program.entities:
        segments = [segment for segment in program.segments.values() if segment.entity == entity]
        conditions = list(dict.fromkeys(part for segment in segments for part in parts(segment.condition)))
        random.shuffle(conditions)
        conditions = conditions[:CONDITIONS]
        everyone, members = holding(program, entity, conditions, world, project.as_of)
        for claims, keeping in claimed(conditions, everyone, members):
            said = analysis.proof(entity, claims)
            if said is not None and keeping:
                found.append(
                    f"{[(claim.holds, claim.condition.span.text) for claim in claims]}: {sorted(keeping, key=str)}"
                )
        for claims, keeping in list(claimed(conditions[:SHOWN], everyone, members)):
            answer = analysis.ask(entity, claims)
            if isinstance(answer, Nobody) and keeping:
                found.append(
                    f"{[(claim.holds, claim.condition.span.text) for claim in claims]}: {sorted(keeping, key=str)}"
                )
            if isinstance(answer, Somebody) and analysis.proof(entity, claims) is not None:
                found.append(f"{[(claim.holds, claim.condition.span.text) for claim in claims]}: shown and ruled out")
    return found


def claimed(
    conditions: list[ir.Condition], everyone: frozenset[Key], members: list[frozenset[Key]]
) -> Iterator[tuple[list[Claim], frozenset[Key]]]:
    """Claims about one condition and about two, each with those who keep them."""
    for number, first in enumerate(conditions):
        yield [Claim(first)], members[number]
        yield [Claim(first, False)], everyone - members[number]
        for other, second in enumerate(conditions[:number]):
            yield [Claim(first), Claim(second)], members[number] & members[other]
            yield [Claim(first), Claim(second, False)], members[number] - members[other]
            yield [Claim(first, False), Claim(second)], members[other] - members[number]


@pytest.mark.parametrize("first", range(0, SEEDS, BATCH))
def test_nobody_is_nobody(first: int) -> None:
    for seed in range(first, first + BATCH):
        assert wrong_proofs(seed) == [], f"seed {seed}"


@pytest.mark.long
def test_nobody_is_nobody_in_many_more() -> None:
    """`FIRST=60 SEEDS=100000 make test-long`; prints where it has come to, so that it can go on from there."""
    first, count = int(os.environ.get("FIRST", SEEDS)), int(os.environ.get("SEEDS", 3_000))
    wrong = 0
    for seed in range(first, first + count):
        for each in wrong_proofs(seed):
            wrong += 1
            print(f"seed {seed}: {each}")
        if (seed + 1 - first) % 200 == 0:
            print(f"{seed + 1 - first} projects, {wrong} wrong proofs; go on with FIRST={seed + 1}", flush=True)
    assert not wrong
