"""An old project that starts clean: what it began with is not shown, what is new is."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from segdsl.cli import main

UNCLEAR = 'segment {name}\n  when email != "{name}"\n'


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    assert main(["init", str(tmp_path / "shop")]) == 0
    monkeypatch.chdir(tmp_path / "shop")
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    write("old", UNCLEAR.format(name="a") + UNCLEAR.format(name="b"))
    return tmp_path / "shop"


def write(name: str, text: str) -> None:
    Path("segments", f"{name}.seg").write_text(text, encoding="utf-8")


def check(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    capsys.readouterr()
    found = main(["check", *arguments])
    said = capsys.readouterr()
    assert found == code, said
    return said.out + said.err


def test_what_the_project_began_with_is_not_shown(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check(capsys, "--strict", code=1)
    assert check(capsys, "--write-baseline") == "segdsl.baseline.json: 2 findings\n"
    assert check(capsys, "--strict").endswith(": no findings\n2 findings of the baseline are not shown\n")
    assert "2 warnings" in check(capsys, "--strict", "--no-baseline", code=1)
    write("old", "# moved\n\n" + UNCLEAR.format(name="b") + UNCLEAR.format(name="a"))
    check(capsys, "--strict")
    write("new", UNCLEAR.format(name="c"))
    shown = check(capsys, "--strict", code=1)
    assert "segments/new.seg:2:8" in shown and "old.seg" not in shown
    assert json.loads(check(capsys, "--format", "json"))["summary"]["in_baseline"] == 2


def test_the_baseline_is_sorted_with_a_finding_a_line(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check(capsys, "--write-baseline")
    text = (shop / "segdsl.baseline.json").read_text(encoding="utf-8")
    lines = text.splitlines()
    assert len(lines) == 4 and lines[1:3] == sorted(lines[1:3])
    assert json.loads(text)["findings"][0] | {"fingerprint": ""} == {
        "file": "segments/old.seg",
        "rule": "includes-missing",
        "definition": "segment a",
        "fingerprint": "",
    }
    check(capsys, "--write-baseline")
    assert (shop / "segdsl.baseline.json").read_text(encoding="utf-8") == text


def test_what_is_gone_is_told_by_a_note(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check(capsys, "--write-baseline")
    write("old", UNCLEAR.format(name="a"))
    shown = check(capsys, "--strict")
    assert "note[stale-baseline]: 1 finding is in the baseline and no longer in the project" in shown
    assert "segdsl.baseline.json:3:" in shown
    check(capsys, "--write-baseline")
    assert "stale" not in check(capsys, "--strict")


CLASH = """group who
  exclusive

segment young in who priority 1
  when total > 10

segment loyal in who priority 1
  when total > 20

segment nobody
  when total > 5 and total < 3
"""


def fingerprints(shop: Path) -> set[str]:
    found = json.loads((shop / "segdsl.baseline.json").read_text(encoding="utf-8"))["findings"]
    return {entry["fingerprint"] for entry in found}


def test_what_stops_the_compilation_is_in_no_baseline_and_everything_else_is(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    metric = "metric total = count(order in last 365 days)\n\n"
    write("clash", metric + CLASH)
    shown = check(capsys, "--write-baseline", code=1)
    assert "error[repeated-priority]" in shown and "never-matches" not in shown
    assert "segdsl.baseline.json: 3 findings\n" in shown
    assert "error: 1 error cannot be in it: compile, size, members and run stop at them" in shown
    assert shown.endswith("help: mend them\n")
    for command in (["compile"], ["size"], ["members", "young"], ["run"]):
        assert main(command) == 1 and "repeated-priority" in capsys.readouterr().err
    shown = check(capsys, "--strict", code=1)
    assert "repeated-priority" in shown and "1 error in 1 file\n3 findings of the baseline" in shown
    write("clash", metric + CLASH.replace("loyal in who priority 1", "loyal in who priority 2"))
    shown = check(capsys, "--strict", code=1)
    assert "error[shadowed]" in shown and "1 error in 1 file\n3 findings of the baseline" in shown


def test_what_cannot_be_looked_for_stays_in_the_baseline(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write("empty", "segment e\n  when count(order) > 5 and count(order) < 3\n")
    check(capsys, "--write-baseline")
    before = fingerprints(shop)
    write("bad", 'segment x\n  when contry = 1\n\nsegment y\n  when email != "y"\n')
    shown = check(capsys, "--write-baseline", code=1)
    assert "error[unknown-column]" in shown and "segdsl.baseline.json: 4 findings" in shown
    assert "mend them, and write it again: conflicts are looked for then" in shown
    assert len(before) == 3 and before < fingerprints(shop)
    write("bad", 'segment y\n  when email != "y"\n')
    check(capsys, "--strict")


def test_nothing_is_written_for_a_project_that_cannot_be_read(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "catalog.yml").unlink()
    assert "the baseline was not written" in check(capsys, "--write-baseline", code=2)
    assert not (shop / "segdsl.baseline.json").exists()


def test_comments_that_allow_nothing_are_told(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write("old", "# segdsl: allow never-matches because of old times\n" + UNCLEAR.format(name="a"))
    shown = check(capsys, "--write-baseline")
    assert "warning[unused-allow]" in shown and "1 warning about comments cannot be in it" in shown
    assert "segdsl.baseline.json: 1 finding\n" in shown
    check(capsys, "--write-baseline", "--strict", code=1)


def test_a_baseline_may_be_large(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entries = [{"fingerprint": f"{number:020}:1"} for number in range(40_000)]
    (shop / "segdsl.baseline.json").write_text(json.dumps({"version": 1, "findings": entries}))
    shown = check(capsys)
    assert "40,000 findings are in the baseline and no longer in the project" in shown
    check(capsys, "--write-baseline")
    check(capsys, "--strict")


def test_a_baseline_of_what_stops_the_compilation_hides_nothing(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write("bad", "segment x\n  when contry = 1\n")
    (shop / "segdsl.baseline.json").write_text(json.dumps({"version": 1, "findings": [{"fingerprint": "0"}]}))
    shown = check(capsys, code=1)
    assert "error[unknown-column]" in shown and "stale-baseline" not in shown


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "5", '{"version": 2}', '{"version": 1, "findings": 5}', '{"version": 1, "findings": [5]}',
             '{"version": 1, "findings": [{}]}', "<<<<<<< HEAD", "[" * 100_000, "1" * 10_000]
)  # fmt: skip
def test_a_baseline_that_cannot_be_read_is_told(text: str, shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "segdsl.baseline.json").write_text(text)
    shown = check(capsys, code=1)
    assert "error[bad-baseline]" in shown and "includes-missing" in shown
    assert "error" not in check(capsys, "--no-baseline")
    check(capsys, "--write-baseline")
    check(capsys, "--strict")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--rule", "include-missing"], "did you mean `includes-missing`?"),
        (["--rule", "syntax", "--format", "json"], "holds the findings of all rules"),
        (["--limit", "-1"], "less than nothing"),
        (["--limit", "many"], "see `segdsl check --help`"),
        (["--write-baseline", "segments/old.seg"], "the whole project"),
    ],
)
def test_what_does_not_go_together_is_told(
    arguments: list[str], said: str, shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said in check(capsys, *arguments, code=2)


def test_one_rule_alone(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write("empty", "group g\n")
    shown = check(capsys, "--rule", "empty-group", "--strict", code=1)
    assert "empty-group" in shown and "includes-missing" not in shown
    assert shown.endswith("3 warnings in 2 files\n2 findings of other rules not shown\n")


@pytest.mark.parametrize("format", ["github", "sarif", "junit", "markdown"])
def test_every_format_is_the_same_every_time(format: str, shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = check(capsys, "--format", format, "--strict", code=1)
    assert "includes-missing" in first
    assert check(capsys, "--format", format, "--strict", code=1) == first


def test_paths_count_from_the_repository(
    shop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "GITHUB_WORKSPACE", str(shop.parent))
    assert "file=shop/segments/old.seg," in check(capsys, "--format", "github")
    assert '"uri": "shop/segments/old.seg"' in check(capsys, "--format", "sarif")
