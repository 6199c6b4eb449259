"""All pairs at once say what is said of each pair alone, and every overlap has an example that is accepted."""

from __future__ import annotations

from pathlib import Path

import pytest

import segdsl
from benchmarks.overlap.generate import write
from segdsl import compiler
from segdsl.overlap.analysis import Analysis, Claim, Nobody, within
from segdsl.overlap.leaves import Leaves, TooMany
from segdsl.overlap.matrix import Matrix
from segdsl.overlap.sources import CLOCK, KEY, LooksAtOthers, Sources
from segdsl.semantics import ir
from segdsl.semantics.evaluate import truths
from tests.overlap_worlds import CATALOG, compiled, made

SEEDS = range(200, 212)
EXAMPLES = Path(__file__).parent.parent / "examples"


def wrong_verdicts(program: ir.Program, entity: str, members: dict[str, int] | None = None) -> list[str]:
    """Verdicts that an example, a proof, or the members of a world contradict; of `members` each bit is a customer."""
    analysis = Analysis(program)
    names = [name for name, segment in program.segments.items() if segment.entity == entity]
    found = []
    for pair in Matrix(analysis, entity, names).pairs():
        said = f"{pair.left} {pair.relation} {pair.right}"
        one, other = program.segments[pair.left].condition, program.segments[pair.right].condition
        if pair.relation == "overlaps":
            example = pair.example
            if example is None:
                found.append(f"{said}: no example")
            elif truths(program, entity, [one, other], example.world, example.key, example.as_of) != [True, True]:
                found.append(f"{said}: a wrong example")
        if members is not None:
            both, left, right = members[pair.left] & members[pair.right], members[pair.left], members[pair.right]
            is_broken = {
                "disjoint": both,
                "within": left & ~right,
                "contains": right & ~left,
                "equal": left ^ right,
            }.get(pair.relation, 0)
            if is_broken:
                found.append(f"{said}: a customer of the world says otherwise")
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_verdicts_on_all_pairs_hold_in_a_world(seed: int) -> None:
    world = made(seed)
    assert wrong_verdicts(world.program, "customer", world.members) == [], world.text


def test_every_pair_of_a_realistic_project_has_its_proof_or_example(tmp_path: Path) -> None:
    write(60, tmp_path, seed=7, plant=True)
    program = compiler.understood(segdsl.load(tmp_path))
    assert wrong_verdicts(program, "customer") == []
    analysis = Analysis(program)
    names = list(program.segments)[:24]
    for pair in Matrix(analysis, "customer", names).pairs():
        alone = analysis.ask("customer", [within(pair.left), within(pair.right)])
        assert (pair.relation == "disjoint") == isinstance(alone, Nobody), pair


def test_segments_that_look_at_everyone_are_told_pair_by_pair() -> None:
    text = (
        "segment top\n  when in top 20% by points\n\n"
        'segment top_here\n  when in top 20% by points and country = "IN"\n\n'
        'segment there\n  when country = "GB"\n\nsegment wider\n  when in top 40% by points\n'
    )
    program = compiled(CATALOG.replace("AMOUNT_MIN", "0"), text)
    found = {
        (pair.left, pair.right): pair.relation
        for pair in Matrix(Analysis(program), "customer", list(program.segments)).pairs()
    }
    assert found == {
        ("top", "top_here"): "contains",
        ("top", "there"): "overlaps",
        ("top_here", "there"): "disjoint",
        ("top", "wider"): "within",
        ("top_here", "wider"): "within",
        ("there", "wider"): "overlaps",
    }


def test_a_segment_of_nobody_is_apart_from_all() -> None:
    conditions = {"nobody": "points > 2 and points < 1", "some": "vip", "all_": "everyone"}
    text = "".join(f"segment {name}\n  when {meant}\n\n" for name, meant in conditions.items())
    program = compiled(CATALOG.replace("AMOUNT_MIN", "0"), text)
    found = [
        (pair.left, pair.right, pair.relation)
        for pair in Matrix(Analysis(program), "customer", list(program.segments)).pairs()
    ]
    assert found == [("nobody", "some", "disjoint"), ("nobody", "all_", "disjoint"), ("some", "all_", "within")]


# --- taking apart ---------------------------------------------------------------------------------


def condition(text: str) -> tuple[ir.Program, ir.Condition]:
    program = compiled(CATALOG.replace("AMOUNT_MIN", "0"), f"segment s\n  when {text}\n")
    return program, program.segments["s"].condition


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("points = 1", {("column", "points")}),
        ("has order where amount > 5", {("table", "orders".removesuffix("s"))}),
        ("count(order) > points", {("table", "order"), ("column", "points")}),
        ('in sample 10% "a"', {KEY}),
        ("today >= 2026-01-01", {CLOCK}),
    ],
)
def test_what_a_condition_looks_at(text: str, expected: set[tuple[str, str]]) -> None:
    program, meant = condition(text)
    assert Sources(program, "customer").of(meant) == expected


@pytest.mark.parametrize("text", ["in top 20% by points", "has order where amount > customer.points"])
def test_what_looks_at_others_is_in_no_part(text: str) -> None:
    program, meant = condition(text)
    with pytest.raises(LooksAtOthers):
        Sources(program, "customer").of(meant)


def test_ways_in_and_ways_out_leave_nobody_between() -> None:
    text = "segment s\n  when (vip and points = 1) or not (email is known or points = 2)\n"
    program = compiled(CATALOG.replace("AMOUNT_MIN", "0"), text)
    leaves = Leaves(program)
    inside, outside = leaves.ways("s"), leaves.ways("s", holds=False)
    for number in range(1 << len(leaves.conditions)):
        held = {2 * leaf + (not number >> leaf & 1) for leaf in range(len(leaves.conditions))}
        assert any(way <= held for way in inside) != any(way <= held for way in outside)


def test_a_segment_of_too_many_ways_is_not_taken_apart() -> None:
    both = " and ".join(f'(email contains "{each}" or email ends with "{each}x")' for each in "abcdefgh")
    program = compiled(CATALOG.replace("AMOUNT_MIN", "0"), f"segment s\n  when {both}\n\nsegment t\n  when vip\n")
    with pytest.raises(TooMany):
        Leaves(program).ways("s")
    (pair,) = Matrix(Analysis(program), "customer", ["s", "t"]).pairs()
    assert pair.relation == "overlaps" and pair.example is not None
    claims = [Claim(program.segments[name].condition) for name in ("s", "t")]
    assert Analysis(program).accepts("customer", claims, pair.example)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        # Rows of different channels add up.
        (
            'count(order where channel = "web") >= 2 and count(order where channel = "app") >= 2',
            "count(order) <= 3",
            "disjoint",
        ),
        (
            'count(order where channel = "web") >= 2 and count(order where channel = "app") >= 2',
            "count(order) <= 4",
            "overlaps",
        ),
        (
            'count(order where channel = "web") >= 2 and count(order where amount >= 5) >= 2',
            "count(order) <= 2",
            "overlaps",
        ),
        # So many rows of less than so much come to no more than this.
        ("sum(order.amount) >= 20", "count(order) <= 2 and no order where amount >= 10", "disjoint"),
        ("sum(order.amount) >= 19.98", "count(order) <= 2 and no order where amount >= 10", "overlaps"),
        ("sum(order.amount) > 40", "count(order) <= 2", "disjoint"),
        ("sum(order.amount) >= 40", "count(order) <= 2", "overlaps"),
        # So many rows of at least so much come to no less than this.
        ("count(order where amount >= 5) >= 3", "sum(order.amount) < 15", "disjoint"),
        ("count(order where amount >= 5) >= 3", "sum(order.amount) <= 15", "overlaps"),
        ("count(order where amount >= 5 in last 7 days) >= 3", "sum(order.amount in last 1 day) < 15", "overlaps"),
    ],
)
def test_numbers_and_sums_are_added_up(left: str, right: str, expected: str) -> None:
    text = f"segment a\n  when {left}\n\nsegment b\n  when {right}\n"
    program = compiled(CATALOG.replace("AMOUNT_MIN", "0"), text)
    (pair,) = Matrix(Analysis(program), "customer", ["a", "b"]).pairs()
    assert pair.relation == expected
    assert wrong_verdicts(program, "customer") == []


def test_numbers_below_zero_add_up_to_anything() -> None:
    text = "segment a\n  when has order where amount >= 5\n\nsegment b\n  when sum(order.amount) < 0\n"
    program = compiled(CATALOG.replace("AMOUNT_MIN", "-5"), text)
    (pair,) = Matrix(Analysis(program), "customer", ["a", "b"]).pairs()
    assert pair.relation == "overlaps"
