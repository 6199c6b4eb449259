"""The made-up projects: accepted by the language, the same for the same seed, and reaching all of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import get_args

import duckdb
import pytest

from segdsl.semantics import ir
from segdsl.semantics.evaluate import memberships
from tests.worlds import Project, compiled, load, project, world

SEEDS = range(60)


@cache
def made(seed: int) -> tuple[Project, ir.Program]:
    """The project of a seed and its meaning."""
    found = project(Random(seed))
    program, report = compiled(found)
    assert [finding.message for finding in report.sorted() if finding.severity.value == "error"] == []
    return found, program


def forms(node: ir.Node) -> Iterator[str]:
    yield type(node).__name__
    if isinstance(node, ir.Aggregate):
        yield node.function
    if isinstance(node, (ir.Compare, ir.Arithmetic)):
        yield node.op
    if isinstance(node, ir.TextMatch):
        yield f"{node.kind}{' folded' if node.folded else ''}"
    for child in ir.children(node):
        yield from forms(child)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_made_up_is_accepted(seed: int) -> None:
    assert made(seed)[1].segments


def test_one_seed_makes_one_project() -> None:
    assert project(Random(7)) == project(Random(7))
    assert project(Random(7)) != project(Random(8))


def test_every_form_of_the_language_is_reached() -> None:
    found: Counter[str] = Counter()
    for seed in range(150):
        for segment in made(seed)[1].segments.values():
            found.update(forms(segment.condition))
    members = (*get_args(ir.Condition), *get_args(ir.Value), *get_args(ir.Window))
    functions = get_args(ir.Function)
    texts = [f"{kind}{folded}" for kind in ("starts", "ends", "contains", "matches") for folded in ("", " folded")]
    wanted = {*(member.__name__ for member in members), *functions, *texts, "equals folded", *"=<>+-*/", "<=", ">="}
    assert wanted - set(found) == set()


def test_neither_everybody_nor_nobody_is_in_many_segments() -> None:
    sizes: Counter[str] = Counter()
    for seed in SEEDS:
        found, program = made(seed)
        all_members = memberships(program, world(found, program.catalog), found.as_of)
        customers = len(found.rows["crm.customers"])
        for each in all_members.values():
            size = len(each.qualifies)
            sizes["none" if size == 0 else "all" if size == customers else "some"] += 1
    assert sizes["some"] > sizes.total() / 5


@pytest.mark.parametrize("seed", SEEDS)
def test_everyone_wins_exactly_one_segment_of_a_complete_exclusive_group(seed: int) -> None:
    found, program = made(seed)
    all_members = memberships(program, world(found, program.catalog), found.as_of)
    won = Counter(key for name in program.groups["stages"].members for key in all_members[name].assigned)
    everyone = {key for each in ("one", "others") for key in all_members[each].qualifies}
    assert won == dict.fromkeys(everyone, 1)
    for each in all_members.values():
        assert each.assigned <= each.qualifies


@pytest.mark.parametrize("seed", SEEDS[:10])
def test_rows_fit_the_columns_of_a_database(seed: int) -> None:
    found, _ = made(seed)
    connection = duckdb.connect()
    load(found, connection)
    for table, rows in found.rows.items():
        assert connection.execute(f"SELECT count(*) FROM {table}").fetchall() == [(len(rows),)]
