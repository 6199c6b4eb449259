"""z3, told of the same segments by another reading, finds nobody in what is proved to be empty, and what is shown."""

from __future__ import annotations

import os
from collections import Counter
from random import Random
from zoneinfo import ZoneInfo

import pytest
import z3

from segdsl.overlap.analysis import Analysis
from segdsl.overlap.matrix import Matrix
from segdsl.semantics.calendar import Clock
from tests.overlap_solver import CannotRead, Solver
from tests.overlap_worlds import made

SEEDS = 12


def compared(seed: int, verdicts: Counter[str]) -> list[str]:
    """Verdicts on pairs that z3 disproves by a customer with few orders at one moment."""
    found = made(seed)
    least = Random(seed).choice((-5, 0))
    solver = Solver(found.program, Clock(found.as_of, ZoneInfo("UTC"), 0), least)
    read = {}
    for name in found.program.segments:
        try:
            read[name] = solver.segment(name)
        except CannotRead:
            verdicts["not read"] += 1
    wrong = []
    for pair in Matrix(Analysis(found.program), "customer", tuple(read)).pairs():
        left, right = read[pair.left], read[pair.right]
        there = solver.possible(left, right), solver.possible(left, z3.Not(right)), solver.possible(z3.Not(left), right)
        verdicts[pair.relation] += 1
        proved = {
            "disjoint": not there[0],
            "within": not there[1],
            "contains": not there[2],
            "equal": not there[1] and not there[2],
        }
        if not proved.get(pair.relation, True):
            wrong.append(f"seed {seed}: {pair.left} {pair.relation} {pair.right}\n{found.text}")
        verdicts["unknown, though z3 finds somebody"] += pair.relation == "unknown" and there[0]
    return wrong


def test_z3_finds_nobody_where_nobody_is_proved_to_be() -> None:
    verdicts: Counter[str] = Counter()
    for seed in range(SEEDS):
        assert not compared(seed, verdicts)
    assert verdicts["overlaps"] > 50 and verdicts["disjoint"] + verdicts["within"] + verdicts["contains"] > 20, verdicts


@pytest.mark.long
def test_z3_finds_nobody_in_many_more() -> None:
    first, count = int(os.environ.get("FIRST", SEEDS)), int(os.environ.get("SEEDS", 2_000))
    verdicts: Counter[str] = Counter()
    failures = 0
    for seed in range(first, first + count):
        for wrong in compared(seed, verdicts):
            failures += 1
            print(wrong)
        if (seed + 1 - first) % 100 == 0:
            print(f"{dict(verdicts)}, {failures} wrong; go on with FIRST={seed + 1}", flush=True)
    assert not failures
