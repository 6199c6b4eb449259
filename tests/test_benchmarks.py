"""What benchmarks measure beside segdsl selects the same people: else they would compare nothing."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import segdsl
from benchmarks import tables, timing
from benchmarks.run import by_hand, on_paper, project
from benchmarks.run.compare import compare
from segdsl import compiler
from segdsl.backends import backend

PAGE = Path(__file__).parent.parent / "docs" / "cost_on_snowflake.md"
CUSTOMERS, EVENTS, SEGMENTS = 300, 6_000, 40


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("benchmark")
    project.write(folder, CUSTOMERS, EVENTS, SEGMENTS)
    return folder


@pytest.fixture(scope="module")
def counted(folder: Path) -> dict[str, int]:
    sizes = segdsl.size(segdsl.load(folder), as_of=project.AS_OF)
    return {each.name: each.qualifies for each in sizes.segments}


def test_the_segments_are_neither_empty_nor_everyone(counted: dict[str, int]) -> None:
    some = [name for name, count in counted.items() if 0 < count < CUSTOMERS]
    assert len(some) > SEGMENTS / 2


def test_the_queries_by_hand_select_the_same_people(folder: Path, counted: dict[str, int]) -> None:
    connection = by_hand.connected(folder)
    for name, query in json.loads((folder / "queries.json").read_text()).items():
        assert len(connection.execute(query).fetchall()) == counted[name], query


def test_the_naive_query_selects_the_same_people(folder: Path, counted: dict[str, int]) -> None:
    sums = ", ".join(f"count(*) FILTER ({name})" for name in counted)
    query = f"SELECT {sums} FROM ({(folder / 'at_once.sql').read_text()})"
    (found,) = by_hand.connected(folder).execute(query).fetchall()
    assert dict(zip(counted, found, strict=True)) == counted


def test_a_difference_ends_a_benchmark() -> None:
    with pytest.raises(SystemExit, match="s1: segdsl counts 2, the query by hand 3"):
        compare({"s1": 2}, {"s1": 3}, "the query by hand")


def test_children_are_measured() -> None:
    busy = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'sum(i * i for i in range(3_000_000))'])"
    taken = timing.in_turns({"busy": timing.Way([sys.executable, "-c", busy])}, 2)["busy"]
    assert len(taken.wall) == len(taken.cpu) == len(taken.memory) == 2
    assert min(taken.cpu) > 0.05 and min(taken.memory) > 5


def test_what_fails_ends_a_benchmark() -> None:
    with pytest.raises(SystemExit, match="no such thing"):
        timing.measure(timing.Way([sys.executable, "-c", "raise ValueError('no such thing')"]), timing.Taken())


def test_the_page_shows_what_is_worked_out_on_paper(capsys: pytest.CaptureFixture[str]) -> None:
    on_paper.main()
    assert f"```text\n{capsys.readouterr().out}```" in PAGE.read_text(encoding="utf-8")


def test_the_passes_on_paper_are_those_of_a_run(folder: Path) -> None:
    conditions = [each for terms in project.segments(SEGMENTS, seed=1).values() for each in terms if each.rows]
    passes = {each.kind: each for each in on_paper.shared(map(on_paper.scan, conditions))}
    program = compiler.sound(segdsl.load(folder), None)
    clock = compiler.clock(program, project.AS_OF)
    strategy = backend("duckdb").strategy(program, tuple(program.segments), clock, "qualifies")
    groupings = {each.name.removesuffix("_per_customer"): each for each in strategy.groupings}
    assert {kind: len(each.aggregates) for kind, each in groupings.items()} == on_paper.states(conditions)
    bounded = {kind: any("happened_at" in where for where in each.where) for kind, each in groupings.items()}
    assert bounded == {kind: each.days is not None for kind, each in passes.items()}
    assert set(bounded.values()) == {True, False}
    read = sorted(sorted(each.columns) for each in strategy.readings if "happened_at" in each.columns)
    assert read == sorted(sorted(each.columns) for each in passes.values())


def test_the_page_shows_what_was_measured() -> None:
    page = tables.PAGE.read_text(encoding="utf-8")
    assert page.count("<!-- end -->") > 4 and "\n3 rounds, " in page
    assert tables.filled(page) == page
    assert tables.filled(page.replace("\n3 rounds, ", "\n9 rounds, ")) == page
