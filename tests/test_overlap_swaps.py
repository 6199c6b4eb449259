"""What swapping neighbours of an exclusive group changes: an example who would move, or the proof that nobody would."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from segdsl.cli import main

GROUP = """
group stages
  exclusive

segment lost in stages priority 1
  when age >= 60

segment adults in stages priority 2
  when age >= 18

segment elders in stages priority 3
  when age >= 70

segment minors in stages priority 4
  when age < 18

segment named in stages priority 5
  when age is known
"""
CATALOG = """
tables:
  customer: {from: customers, key: customer_id, columns: {age: {type: integer, min: 0}}}
entity: customer
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "segments").mkdir()
    (tmp_path / "segdsl.yml").write_text("name: shop\n", encoding="utf-8")
    (tmp_path / "catalog.yml").write_text(CATALOG, encoding="utf-8")
    (tmp_path / "segments" / "a.seg").write_text(GROUP, encoding="utf-8")
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert main(list(arguments)) == code
    captured = capsys.readouterr()
    return captured.out + captured.err


def test_neighbours_that_would_and_would_not_change_hands(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, taken, apart, last = said(capsys, "overlap", "--group", "stages", "-C", str(folder)).split("\n\n")
    assert first.startswith("`adults` above `lost`: this customer moves from `lost` to `adults`, for example:\n")
    assert "customer: {age: 60}" in first
    assert taken == "`elders` above `adults`: nobody moves: stronger segments take everyone whom they share"
    assert apart == "`minors` above `elders`: nobody moves: they share nobody"
    assert "moves from `minors` to `named`" in last


def test_the_same_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(said(capsys, "overlap", "--group", "stages", "--format", "json", "-C", str(folder)))
    assert [(swap["changes"], swap["shared"]) for swap in found["swaps"]] == [
        (True, True), (False, True), (False, False), (True, True)
    ]  # fmt: skip
    assert all((swap["witness"] is not None) == swap["changes"] for swap in found["swaps"])


def test_a_winner_is_named_only_where_none_is_stronger(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "takes them" in said(capsys, "compare", "lost", "adults", "-C", str(folder))
    assert "takes them" not in said(capsys, "compare", "adults", "elders", "-C", str(folder))


def test_what_has_no_order_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "did you mean `stages`?" in said(capsys, "overlap", "--group", "stage", "-C", str(folder), code=2)
    (folder / "segments" / "b.seg").write_text("group g\n\nsegment x in g\n  when age > 1\n", encoding="utf-8")
    assert "it has no order" in said(capsys, "overlap", "--group", "g", "-C", str(folder), code=2)
