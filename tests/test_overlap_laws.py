"""Laws that verdicts keep whatever the segments are: those of sets, and that names and order mean nothing."""

from __future__ import annotations

import re
from itertools import pairwise, permutations

import pytest

from segdsl.overlap.analysis import Analysis, Claim, Nobody, Somebody
from segdsl.semantics import ir
from tests.overlap_planted import PLANTED, misjudged
from tests.overlap_worlds import CATALOG, Made, compiled, made

SEEDS = range(100, 108)
POINTS = ("points = 0", "points = 1", "points = 2", "points = 3", "points is missing")


def conditions(found: Made) -> list[ir.Condition]:
    return [segment.condition for segment in found.program.segments.values()]


def kind(analysis: Analysis, *claims: tuple[ir.Condition, bool]) -> str:
    """What sort of answer the claims have."""
    answer = analysis.ask("customer", [Claim(condition, holds) for condition, holds in claims])
    return type(answer).__name__


@pytest.mark.parametrize("seed", SEEDS)
def test_a_condition_and_its_opposite_share_nobody_and_leave_nobody_out(seed: int) -> None:
    found = made(seed)
    analysis = Analysis(found.program)
    for each in conditions(found):
        opposite = ir.Not(each, span=each.span)
        assert kind(analysis, (each, True), (each, False)) == "Nobody"
        assert kind(analysis, (each, True), (opposite, True)) == "Nobody"
        assert kind(analysis, (each, False), (opposite, False)) == "Nobody"


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_the_same_by_de_morgan_is_within_both_ways(seed: int) -> None:
    found = made(seed)
    analysis = Analysis(found.program)
    listed = conditions(found)
    for left, right in pairwise(listed):
        span = left.span
        outside_both = ir.Not(ir.Any((left, right), span=span), span=span)
        outside_each = ir.All((ir.Not(left, span=span), ir.Not(right, span=span)), span=span)
        assert kind(analysis, (outside_both, True), (outside_each, False)) == "Nobody"
        assert kind(analysis, (outside_each, True), (outside_both, False)) == "Nobody"


@pytest.mark.parametrize("seed", SEEDS)
def test_to_be_within_is_handed_on(seed: int) -> None:
    found = made(seed)
    analysis = Analysis(found.program)
    listed = conditions(found)
    within = {
        (one, other)
        for one, other in permutations(range(len(listed)), 2)
        if kind(analysis, (listed[one], True), (listed[other], False)) == "Nobody"
    }
    for first, middle in within:
        for other, last in within:
            if other == middle and last != first:
                assert kind(analysis, (listed[first], True), (listed[last], False)) != "Somebody"


@pytest.mark.parametrize("left_out", range(len(POINTS)))
def test_a_partition_less_one_part_has_exactly_that_gap(left_out: int) -> None:
    text = "".join(f"segment p{number}\n  when {part}\n\n" for number, part in enumerate(POINTS))
    program = compiled(CATALOG.replace("AMOUNT_MIN", "0"), text)
    analysis = Analysis(program)
    parts = [program.segments[f"p{number}"].condition for number in range(len(POINTS))]
    assert isinstance(analysis.ask("customer", [Claim(part, False) for part in parts]), Nobody)
    rest = [part for number, part in enumerate(parts) if number != left_out]
    gap = [Claim(part, False) for part in rest]
    answer = analysis.ask("customer", gap)
    assert isinstance(answer, Somebody)
    points = answer.example.world["customer"][0].get("points")
    assert points == (left_out if left_out < 4 else None)
    assert isinstance(analysis.ask("customer", [*gap, Claim(parts[left_out], False)]), Nobody)


@pytest.mark.parametrize(("left", "right", "expected"), PLANTED)
def test_a_planted_verdict_is_found(left: str, right: str, expected: str) -> None:
    assert not misjudged(left, right, expected)


def verdicts(text: str, least: int) -> dict[tuple[str, str, bool], str]:
    program = compiled(CATALOG.replace("AMOUNT_MIN", str(least)), text)
    analysis = Analysis(program)
    return {
        (one, other, holds): kind(
            analysis, (program.segments[one].condition, True), (program.segments[other].condition, holds)
        )
        for one, other in permutations(program.segments, 2)
        for holds in (True, False)
    }


@pytest.mark.parametrize("seed", SEEDS[:2])
def test_names_order_and_strangers_change_no_verdict(seed: int) -> None:
    text = made(seed).text
    expected = verdicts(text, 0)
    group, *definitions = re.split(r"\n(?=segment )", text)
    turned = "\n".join([group, *reversed(definitions)])
    assert verdicts(turned, 0) == expected
    renamed = verdicts(re.sub(r"\bs([0-7])\b", r"z\1", text), 0)
    assert {(f"s{one[1:]}", f"s{other[1:]}", holds): said for (one, other, holds), said in renamed.items()} == expected
    with_stranger = verdicts(text + 'segment stranger\n  when points in (0, 2) and email = "q"\n', 0)
    assert {pair: said for pair, said in with_stranger.items() if "stranger" not in pair} == expected
