"""The two published rule sets: what their README says of them is what the commands say, and what counting gives."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from itertools import product

import pytest

import segdsl
from segdsl import compiler
from segdsl.semantics.evaluate import memberships
from tests import markdown
from tests.test_readme import ROOT, shown

FOLDER = ROOT / "examples" / "published_rules"
README = FOLDER / "README.md"
AS_OF = datetime(2026, 1, 15, tzinfo=UTC)
RANKS = [
    {"customer_id": number, "recency": recency, "frequency": frequency, "monetary": monetary}
    for number, (recency, frequency, monetary) in enumerate(product(range(4), repeat=3))
]


def test_the_page_shows_what_comes_out(request: pytest.FixtureRequest) -> None:
    written = markdown.blocks(README.read_text(encoding="utf-8").split("\n"))
    blocks = [each for each in written if each.words == ("console",)]
    found = {block: shown(block, FOLDER) for block in blocks}
    assert found
    if request.config.getoption("--update"):
        markdown.rewrite(README, found)
        return
    for block, text in found.items():
        assert text == block.text


def test_ranks_are_in_as_many_groups_as_the_page_says() -> None:
    """All 64 combinations, by the reference evaluator."""
    program = compiler.understood(segdsl.load(FOLDER))
    found = memberships(program, {"customer": RANKS}, AS_OF)
    groups = Counter(key for name in program.groups["rfm"].members for key in found[name].qualifies)
    assert sum(groups[number] > 1 for number in range(64)) == 39
    assert [number for number in range(64) if not groups[number]] == [0]  # the ranks 0, 0, 0


def test_the_analysis_says_of_every_pair_what_counting_says() -> None:
    program = compiler.understood(segdsl.load(FOLDER))
    names = program.groups["rfm"].members
    found = {name: each.qualifies for name, each in memberships(program, {"customer": RANKS}, AS_OF).items()}
    for pair in compiler.overlap(program, names):
        left, right = found[pair.left], found[pair.right]
        counted = (
            "disjoint" if not left & right else "equal" if left == right else "within" if left < right
            else "contains" if left > right else "overlaps"
        )  # fmt: skip
        assert pair.relation == counted, pair


def test_the_findings_are_these() -> None:
    found = list(segdsl.check(segdsl.load(FOLDER)))
    assert Counter(each.rule.name for each in found) == {"incomplete-group": 1, "shadowed": 1, "repeated-priority": 1}
    by_rule = {each.rule.name: each for each in found}
    counted = "of the 64 combinations of `recency`, `frequency` and `monetary`"
    assert f"39 {counted} are in several segments" in by_rule["repeated-priority"].message
    assert f"1 {counted} is in none" in by_rule["incomplete-group"].message
    assert by_rule["incomplete-group"].details == ("no segment takes recency 0, frequency 0, monetary 0",)
    assert len(by_rule["repeated-priority"].details) == 21


def test_mended_nothing_is_found_and_everybody_is_somewhere() -> None:
    project = segdsl.load(FOLDER / "mended")
    assert list(segdsl.check(project)) == []
    program = compiler.understood(project)
    found = memberships(program, {"customer": RANKS}, AS_OF)
    assigned = Counter(key for name in program.groups["rfm"].members for key in found[name].assigned)
    assert assigned == dict.fromkeys(range(64), 1)
    assert all(found[name].assigned for name in program.groups["rfm"].members)
