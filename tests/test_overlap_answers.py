"""Answers that are kept for the next run: the findings are those of a run that remembers nothing."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest

import segdsl
from benchmarks.overlap.generate import write
from segdsl import compiler
from segdsl.cache import Cache
from segdsl.diagnostics import Diagnostic, Report
from segdsl.overlap import conflicts
from segdsl.overlap.answers import Answers
from segdsl.overlap.digests import Digests
from segdsl.semantics import ir
from tests.overlap_worlds import CATALOG, compiled

SEGMENTS = 25


def found(folder: Path, cache: Cache | None = None) -> list[Diagnostic]:
    return list(segdsl.check(segdsl.load(folder), cache=cache))


def program_in(folder: Path) -> ir.Program:
    return compiler.understood(segdsl.load(folder))


def conflicts_in(program: ir.Program, kept: bytes | None) -> tuple[list[Diagnostic], Answers]:
    """All conflicts of a program, and the answers once they are found."""
    report, answers = Report(), Answers(Digests(program), kept)
    conflicts.check(program, report, answers)
    return list(report), answers


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("project")
    write(SEGMENTS, made, seed=3, plant=True)
    return made


@pytest.fixture(scope="module")
def program(folder: Path) -> ir.Program:
    return program_in(folder)


@pytest.fixture(scope="module")
def kept(program: ir.Program) -> bytes:
    content = conflicts_in(program, None)[1].content()
    assert content is not None
    return content


def forgetful(program: ir.Program) -> list[Diagnostic]:
    report = Report()
    conflicts.check(program, report)
    assert {each.rule.name for each in report} >= {"never-matches", "shadowed", "same-people", "refuted-promise"}
    return list(report)


def test_findings_are_the_same_cold_and_warm(program: ir.Program, kept: bytes) -> None:
    expected = forgetful(program)
    cold, _ = conflicts_in(program, None)
    warm, answers = conflicts_in(program, kept)
    assert cold == warm == expected
    assert answers.content() is None, "every question was asked before, and all of them were asked again"


def test_one_edit_asks_few_questions(folder: Path, tmp_path: Path, program: ir.Program, kept: bytes) -> None:
    edited = tmp_path / "edited"
    write(SEGMENTS, edited, seed=3, plant=True)
    rewrite(edited / "segments" / "planted.seg", "age >= 200 and opted_in", "age >= 30 and opted_in")
    _, answers = conflicts_in(program_in(edited), kept)
    before, after = json.loads(kept), json.loads(answers.content() or b"")
    assert 0 < len(after.keys() - before.keys()) < len(before) / 20
    assert before.keys() - after.keys(), "what is not asked any more is not kept"


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


# --- what is kept cannot be trusted to be what was written ------------------------------------------


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"{", b"[]", b"null", b'"text"', b"[" * 100_000, b'{"ask": 1}', b"{}"]
)
def test_what_is_no_text_of_answers_is_none(program: ir.Program, content: bytes) -> None:
    assert conflicts_in(program, content)[0] == forgetful(program)


# By the kind of what is asked: data that answer no question of that kind.
NONSENSE: dict[str, tuple[Any, ...]] = {
    "ask": (None, 1, "x", True, [-1], [10**9], [True], ["0"], [[0]], {}, {"unknown": 1}, {"key": 1}),
    "proof": (None, 0, "x", True, [-1], [10**9], [True], {}, {"unknown": "x"}, {"key": 1, "as_of": "x", "world": {}}),
    "may be": (None, 0, 1, "x", [], {}),
    "looks at": (None, 1, [], {}),
    "repeated": (None, 1, "x", {}, [1], [[]], [["a"]], [["planted_first", "nobody"]], [[1, 2]], [[{}, []]]),
}


def kind_of(key: str) -> str:
    return key.rpartition(" ")[0]


def test_nonsense_is_no_answer(program: ir.Program, kept: bytes) -> None:
    answers = json.loads(kept)
    assert {kind_of(key) for key in answers} == set(NONSENSE)
    for turn in range(max(map(len, NONSENSE.values()))):
        planted = {key: NONSENSE[kind_of(key)][turn % len(NONSENSE[kind_of(key)])] for key in answers}
        assert conflicts_in(program, json.dumps(planted).encode())[0] == forgetful(program)


def is_example(answer: Any) -> bool:
    return isinstance(answer, dict) and "world" in answer


def with_column(name: str, value: Any) -> Callable[[Any], Any]:
    return lambda answer: {**answer, "world": {"customer": [{"customer_id": answer["key"], name: value}]}}


FALSE_EXAMPLES: tuple[Callable[[Any], Any], ...] = (
    lambda answer: {**answer, "world": {}},
    lambda answer: {**answer, "world": {"customer": []}},
    lambda answer: {**answer, "world": {"nowhere": [{}]}},
    lambda answer: {**answer, "world": {"customer": [{"customer_id": answer["key"]}]}},
    lambda answer: {**answer, "world": [1]},
    lambda answer: {**answer, "world": {"customer": [1]}},
    lambda answer: {**answer, "key": "nobody"},
    lambda answer: {**answer, "key": [1]},
    lambda answer: {**answer, "as_of": "yesterday"},
    lambda answer: {**answer, "as_of": "2026-01-15T12:00:00"},
    lambda answer: {**answer, "as_of": "0001-01-01T00:00:00+00:00"},
    with_column("age", "old"),
    with_column("age", {"number": "NaN"}),
    with_column("age", {"number": "x"}),
    with_column("age", {"date": "2026-01-01"}),
    with_column("signed_up", 3),
    with_column("country", {"texts": [1]}),
    with_column("favourite", "red"),
)


@pytest.mark.parametrize("number", range(len(FALSE_EXAMPLES)))
def test_a_planted_example_is_never_shown(program: ir.Program, kept: bytes, number: int) -> None:
    planted = {
        key: FALSE_EXAMPLES[number](each) if is_example(each) else each for key, each in json.loads(kept).items()
    }
    assert planted != json.loads(kept)
    assert conflicts_in(program, json.dumps(planted).encode())[0] == forgetful(program)


def test_a_damaged_folder_is_no_hindrance(folder: Path, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    expected = found(folder)
    assert found(folder, cache) == expected
    (entry,) = (path for path in cache.folder.rglob("answers/*") if path.is_file())
    whole = entry.read_bytes()
    for damaged in (b"", whole[:-5], whole[:40] + b"x" + whole[41:]):
        entry.write_bytes(damaged)
        assert found(folder, cache) == expected
    (tmp_path / "file").write_text("a file where a folder should be")
    assert found(folder, Cache(tmp_path / "file")) == expected


# --- edits ------------------------------------------------------------------------------------------


def edits(random: Random) -> Iterator[tuple[str, Callable[[Path], None]]]:
    """Edits of a generated project, each with what it is."""
    any_part = "part_0000.seg"

    def in_file(name: str, pattern: str, change: Callable[[re.Match[str]], str]) -> Callable[[Path], None]:
        def edit(folder: Path) -> None:
            path = folder / name
            text = path.read_text(encoding="utf-8")
            places = list(re.finditer(pattern, text))
            assert places, (name, pattern)
            place = random.choice(places)
            path.write_text(text[: place.start()] + change(place) + text[place.end() :], encoding="utf-8")

        return edit

    part, named, planted = f"segments/{any_part}", "segments/named.seg", "segments/planted.seg"
    yield "a constant", in_file(part, r"(?<=>= )\d+\b(?!-)", lambda _: str(random.randint(1, 60)))
    yield "a let", in_file(named, r"big_spend = \d+", lambda _: f"big_spend = {random.randint(1, 900)}")
    yield "a metric", in_file(named, r"last (90|45) days\)", lambda m: f"last {135 - int(m[1])} days)")
    yield "the catalog", in_file("catalog.yml", r"max: \d+", lambda _: f"max: {random.choice((45, 60, 120, 250))}")
    yield "what is required", in_file("catalog.yml", r"plan: \{type: text", lambda m: f"{m[0]}, required: true")
    yield "a priority", in_file(planted, r"priority [123]", lambda _: f"priority {random.randint(1, 3)}")
    yield "what others refer to", in_file(named, r"opted_in and ", lambda _: "opted_in and age >= 30 and ")
    yield "a tier", in_file(named, r"medium >= \d+", lambda _: f"medium >= {random.randint(2, 19)}")
    yield "a line above", in_file(part, r"\A", lambda _: "# moved\n\n")
    yield "a new condition", in_file(part, r"\n  when ", lambda m: f"{m[0]}age >= {random.randint(1, 60)}\n   and ")
    yield "a repeated segment", in_file(planted, r"\Z", lambda _: "\nsegment one_more\n  when age >= 30\n")
    yield "the calendar", in_file("segdsl.yml", r"Europe/Berlin", lambda _: "America/New_York")


@pytest.mark.parametrize("seed", range(3))
def test_after_any_edit_the_findings_are_those_of_a_run_without_a_cache(seed: int, tmp_path: Path) -> None:
    folder, cache, random = tmp_path / "project", Cache(tmp_path / "cache"), Random(seed)
    write(SEGMENTS, folder, seed=seed, plant=True)
    # A member of a group may lose to another: whom it is assigned depends on both.
    rewrite(folder / "segments" / "planted.seg", "expect disjoint", "expect within planted_low\n  expect disjoint")
    more = '\nsegment winners\n  when assigned to planted_narrow or (assigned to planted_middle and plan = "pro")\n'
    with (folder / "segments" / "planted.seg").open("a", encoding="utf-8") as file:
        file.write(more)
    assert found(folder, cache) == found(folder)
    told: list[list[Diagnostic]] = []
    in_turn = list(edits(random))
    random.shuffle(in_turn)
    for what, edit in in_turn:
        edit(folder)
        told.append(found(folder))
        assert found(folder, cache) == told[-1], what
    assert sum(one != other for one, other in pairwise(told)) >= 4, "edits change what is found"


def test_findings_are_where_the_text_is_now(tmp_path: Path) -> None:
    folder, cache = tmp_path / "project", Cache(tmp_path / "cache")
    write(5, folder, plant=True)
    before = found(folder, cache)
    path = folder / "segments" / "planted.seg"
    path.write_text("# one\n\n# two\n\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    after = found(folder, cache)
    assert after == found(folder)
    lines = [
        [each.label.span.source.position(each.label.span.start).line for each in several if "planted" in each.message]
        for several in (before, after)
    ]
    assert lines[0] and [line + 4 for line in lines[0]] == lines[1]


# --- digests ----------------------------------------------------------------------------------------

SEGMENT = "segment a\n  when points >= 2 and not in segment b\n\nsegment b\n  when points = 7\n"


def digest(text: str, catalog: str = CATALOG.replace("AMOUNT_MIN", "0")) -> tuple[str, str]:
    digests = Digests(compiled(catalog, text))
    return digests.segment("a"), digests.scope()


def test_digests_are_of_the_meaning() -> None:
    assert digest(SEGMENT) == digest("# moved\n\n" + SEGMENT.replace("  when", "    when\n     "))
    for old, new in (("2", "3"), (">=", ">"), ("not ", ""), ("= 7", "= 8"), ("and", "or")):
        assert digest(SEGMENT)[0] != digest(SEGMENT.replace(old, new, 1))[0], new
    assert digest(SEGMENT)[1] != digest(SEGMENT, CATALOG.replace("AMOUNT_MIN", "-5"))[1]


def test_who_wins_is_part_of_who_is_assigned() -> None:
    text = """group g
  exclusive

segment one in g priority 1
  when points >= 3

segment two in g priority 2
  when points >= 2

segment a
  when assigned to two
"""
    assert digest(text)[0] != digest(text.replace(">= 3", ">= 4"))[0]
    assert digest(text)[0] != digest(text.replace("priority 1", "priority 5"))[0]


# --- the command line -------------------------------------------------------------------------------


def checking(folder: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "segdsl", "-C", str(folder), "check", "--format", "json", *arguments]
    variables = {name: value for name, value in os.environ.items() if name != "SEGDSL_CACHE"} | environment
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=variables)


def test_two_runs_at_once_share_a_folder(folder: Path, tmp_path: Path) -> None:
    expected, _ = checking(folder, "--no-cache").communicate()
    assert json.loads(expected)["diagnostics"]
    for _ in range(2):
        both = [checking(folder, SEGDSL_CACHE=str(tmp_path)) for _ in range(2)]
        assert [each.communicate()[0] for each in both] == [expected, expected]
    assert len([path for path in tmp_path.rglob("answers/*") if path.is_file()]) == 1


def test_the_cache_is_the_users_own(folder: Path, tmp_path: Path) -> None:
    before = sorted(folder.rglob("*"))
    for arguments, environment in (((), {"SEGDSL_CACHE": "off"}), (("--no-cache",), {"SEGDSL_CACHE": str(tmp_path)})):
        checking(folder, *arguments, **environment, XDG_CACHE_HOME=str(tmp_path)).communicate()
        assert not list(tmp_path.iterdir())
    checking(folder, XDG_CACHE_HOME=str(tmp_path)).communicate()
    assert [path.name for path in tmp_path.iterdir()] == ["segdsl"]
    assert sorted(folder.rglob("*")) == before
