"""All pairs as programs read them: JSON, written while pairs are found, with as many examples as are asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from segdsl.cli import main
from segdsl.overlap.matrix import Pair
from segdsl.relations import PairsAsJson
from tests.overlap_worlds import compiled

CATALOG = "tables: {customer: {from: c, key: id, columns: {age: integer}}}\nentity: customer\n"
SEGMENTS = """segment a
  when age > 10

segment b
  when age > 20

segment c
  when age < 5

segment d
  when age < 40
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "segments").mkdir()
    (tmp_path / "segdsl.yml").write_text("name: pairs\n", encoding="utf-8")
    (tmp_path / "catalog.yml").write_text(CATALOG, encoding="utf-8")
    (tmp_path / "segments" / "a.seg").write_text(SEGMENTS, encoding="utf-8")
    return tmp_path


def overlap(capsys: pytest.CaptureFixture[str], folder: Path, *arguments: str, code: int = 0) -> tuple[str, str]:
    assert main(["overlap", "-C", str(folder), *arguments]) == code
    said = capsys.readouterr()
    return said.out, said.err


def told(capsys: pytest.CaptureFixture[str], folder: Path, *arguments: str) -> tuple[Any, str]:
    out, err = overlap(capsys, folder, "--format", "json", *arguments)
    return json.loads(out), err


def test_every_pair_is_a_line_and_those_that_share_somebody_have_an_example(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, err = overlap(capsys, folder, "--format", "json")
    found = json.loads(out)
    assert err == "" and found["version"] == 1 and found["examples_left_out"] == 0
    relations = {(pair["left"], pair["right"]): pair["relation"] for pair in found["pairs"]}
    assert relations == {
        ("a", "b"): "contains", ("a", "c"): "disjoint", ("b", "c"): "disjoint", ("a", "d"): "overlaps",
        ("b", "d"): "overlaps", ("c", "d"): "within",
    }  # fmt: skip
    assert found["summary"] == {
        "disjoint": 2, "overlaps": 2, "within": 1, "contains": 1, "equal": 0, "unknown": 0,
    }  # fmt: skip
    assert [pair["witness"] is None for pair in found["pairs"]] == [False, True, True, False, False, False]
    lines = [json.loads(line.rstrip(",")) for line in out.splitlines() if line.startswith("    {")]
    assert lines == found["pairs"]


def test_the_first_pairs_have_an_example_and_the_others_are_counted(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found, err = told(capsys, folder, "--limit", "2")
    assert [pair["witness"] is None for pair in found["pairs"]] == [False, True, True, False, True, True]
    assert found["examples_left_out"] == 2 and found["summary"]["overlaps"] == 2
    assert err == "2 pairs shown without an example: --limit 0 looks for all, segdsl compare A B for one\n"
    every, err = told(capsys, folder, "--limit", "0")
    assert err == "" and every == told(capsys, folder)[0]


def test_one_segment_has_no_pairs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, folder, "a")[0]["pairs"] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--format", "json", "--limit", "-1"], "less than nothing"),
        (["--format", "csv", "--limit", "5"], "leave it out"),
        (["--group", "g", "--format", "json", "--limit", "5"], "about the list, or the examples, of all pairs"),
    ],
)
def test_what_does_not_go_together_is_told(
    arguments: list[str], said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said in overlap(capsys, folder, *arguments, code=2)[1]


def test_a_pair_is_written_before_the_next_is_looked_at() -> None:
    looked_at = []

    def pairs() -> Iterator[Pair]:
        for number in range(3):
            looked_at.append(number)
            yield Pair("a", f"b{number}", "disjoint")

    pieces = iter(PairsAsJson(pairs(), compiled(CATALOG, "segment a\n  when everyone\n")))
    next(pieces)
    assert looked_at == [] and '"b0"' in next(pieces) and looked_at == [0]
    assert '"b1"' in next(pieces) and looked_at == [0, 1]


def test_a_long_list_names_the_first_of_each_relation(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    segments = "".join(f"segment s{number}\n  when age > {number}\n\n" for number in range(31))
    more = "segment one\n  when age < 3\n\nsegment two\n  when not (age >= 3) and age is known\n"
    (folder / "segments" / "a.seg").write_text(segments + more, encoding="utf-8")
    lines = overlap(capsys, folder)[0].split("\n")
    assert lines[0] == "one  equal  two", "what is worth a look comes first"
    assert sum("  contains  " in line for line in lines) == 50
    assert "... and 415 more that are `contains`: --limit 0 and --format csv show all" in lines
    every = overlap(capsys, folder, "--limit", "0")[0]
    assert every.count("  contains  ") == 465 and "more that are" not in every
