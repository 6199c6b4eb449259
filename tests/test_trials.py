"""`segdsl test`: what a project's made-up customers come to, what is said when they do not, and what is suggested."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from random import Random
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

import segdsl
from segdsl import compiler, trials, warehouse
from segdsl.cli import main
from segdsl.diagnostics import Report
from segdsl.overlap.analysis import Analysis, Somebody, within
from segdsl.overlap.example_text import as_yaml
from segdsl.source import Source
from tests import worlds

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"

Run = Callable[..., tuple[int, str, str]]

GOOD = """\
as_of: 2026-01-10
tests:
  a big recent spender is a champion:
    customer: {country: DE}
    order:
      - {at: 2026-01-02, amount: 400}
      - {times: 9, at: 2025-12-01, amount: 10}
    in: [champions]
    not in: [lapsed]
    assigned: {lifecycle: champions}
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    assert main(["init", str(folder / "shop")]) == 0
    return folder / "shop"


@pytest.fixture
def run(made: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(text: str | None, *arguments: str) -> tuple[int, str, str]:
        """What `segdsl test` says of one file of tests."""
        file = made / "tests" / "mine.yml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8") if text is not None else file.unlink(missing_ok=True)
        code = main(["-C", str(made), "test", *arguments])
        done = capsys.readouterr()
        return code, done.out, done.err

    return run


def test_a_test_that_is_met_passes(run: Run, made: Path) -> None:
    code, out, err = run(
        GOOD.replace("amount: 400}", "amount: 400, status: completed}").replace("10}", "10, status: completed}"),
        str(made / "tests" / "mine.yml"),
    )
    assert (code, out, err) == (0, "1 test passed, here and in DuckDB\n", "")


def test_a_test_that_is_not_met_says_what_decided(run: Run, made: Path) -> None:
    text = GOOD.replace("amount: 400", "amount: 300.5")
    code, out, _ = run(text, str(made / "tests" / "mine.yml"))
    assert code == 1
    assert "tests/mine.yml:8: expected in champions, but it is not\n" in out
    assert "    false    sum(order.amount in last 365 days) >= 400\n" in out
    assert "sum(order.amount in last 365 days): 390.5\n" in out
    assert "last 365 days: from 2025-01-10 00:00 until before 2026-01-10 00:00\n" in out
    assert "    true     has order in last 45 days\n" in out
    assert "expected assigned to champions in lifecycle, but it is assigned to everyone_else\n" in out
    assert "note: customer.newsletter was not given: false is assumed" in out
    assert out.endswith("1 test, 1 failed\n")


def test_who_took_a_customer_is_said(run: Run) -> None:
    code, out, _ = run(GOOD.replace("2025-12-01", "2026-01-01"))
    assert code == 1 and "newcomers takes it, which wins over champions" in out
    assert "first(order.at): 2026-01-01 00:00" in out


def test_programs_get_json_and_junit(run: Run, made: Path) -> None:
    text = GOOD.replace("amount: 400", "amount: 300")
    code, out, _ = run(text, "--format", "json", str(made / "tests" / "mine.yml"))
    found = json.loads(out)
    assert code == 1 and found["version"] == 1 and found["summary"] == {"tests": 1, "failed": 1}
    (test,) = found["tests"]
    assert (test["file"], test["line"], test["passed"], test["defects"]) == ("tests/mine.yml", 3, False, [])
    first, second = test["failures"]
    assert (first["line"], first["expected"], first["segment"]) == (8, "in", "champions")
    assert first["reason"]["kind"] == "all" and [part["holds"] for part in first["reason"]["parts"]] == [
        True,
        True,
        False,
    ]
    assert (second["expected"], second["group"]) == ("assigned", "lifecycle")
    code, out, _ = run(text, "--format", "junit", str(made / "tests" / "mine.yml"))
    suite = ElementTree.fromstring(out)
    assert code == 1 and (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("1", "1", "0")
    (case,) = suite
    assert case.get("file") == "tests/mine.yml" and "390" in (case[0].text or "")


@pytest.mark.parametrize(
    ("old", "new", "message", "help", "place"),
    [
        ("in: [champions]", "in: [champion]", "there is no segment `champion`", "did you mean `champions`?", "8:10"),
        ("country", "contry", "table `customer` has no column `contry`", "did you mean `country`?", "4:16"),
        (
            "country: DE",
            "country: DD",
            "`customer.country` is never `DD`",
            "the values are `DE`, `FR`, `GB`, `NL`",
            "4:25",
        ),
        ("order:", "orders:", "there is no table `orders` to have rows of", "did you mean `order`?", "5:5"),
        ("amount: 400", "amount: many", "`order.amount` is a number, and `many` is none", "write it like 12", "6:34"),
        ("amount: 400", "amount: 4.005", "`order.amount` has at most 2 digits after the point", "", "6:34"),
        (
            "at: 2026-01-02",
            "at: 2026-02-30",
            "`order.at` is a moment, and `2026-02-30` is none",
            "write it like",
            "6:14",
        ),
        ("country: DE", "newsletter: maybe", "`customer.newsletter` is true or false", "write `true`", "4:28"),
        ("as_of: 2026-01-10", "as_of: soon", "`as_of` is not a moment", "write a date or a moment", "1:8"),
        ("as_of: 2026-01-10\n", "", "does not say when it is", "add `as_of: 2026-01-10`", "2:3"),
        ("lifecycle: ch", "lifecycles: ch", "there is no group `lifecycles`", "did you mean `lifecycle`?", "10:16"),
        (
            "lifecycle: ch",
            "lifecycle: x",
            "group `lifecycle` has no segment `xampions`",
            "did you mean `champions`?",
            "10:27",
        ),
        ("times: 9", "times: 0", "`times` is a whole number from 1 to 10,000", "", "7:17"),
        ("    customer: {country: DE}\n", "", "has no row of `customer`", "add `customer: {}`", "3:3"),
        ("tests:", "test:", "a file of tests has no key `test`", "did you mean `tests`?", "2:1"),
        ("country: DE", "signed_up: 2026-01-01T10:00", "is a date, without a time of day", "", "4:27"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_where_it_stands(
    run: Run, old: str, new: str, message: str, help: str, place: str
) -> None:
    assert old in GOOD
    code, _, err = run(GOOD.replace(old, new))
    assert code == 1
    assert message in err and help in err and f"tests/mine.yml:{place}" in err


def test_a_project_without_tests_says_so(run: Run, made: Path) -> None:
    folder = str(made / "segments")
    code, _, err = run(GOOD, folder)
    assert code == 2 and f"there are no tests in `{folder}`" in err


def test_a_disagreement_is_called_our_own_defect(made: Path) -> None:
    """A database that answers wrongly: everybody is in everything."""
    program = compiler.sound(segdsl.load(made))
    report = Report()
    (case,) = trials.read(Source("tests/mine.yml", GOOD), program, report)

    def wrong(
        _: object, world: object, names: object, clock: object
    ) -> dict[str, tuple[frozenset[str | int], frozenset[str | int]]]:
        assert isinstance(names, tuple)
        return {name: (frozenset({1}), frozenset()) for name in names}

    outcome = trials.judge(program, case, wrong)
    assert "DuckDB says that 1 is in lapsed, and the reference evaluator that it is not" in outcome.differences
    assert "this is a defect in segdsl: DuckDB says that 1 is in lapsed" in "\n".join(trials.text([outcome]))


# --- examples that are printed ------------------------------------------------------------------------


def test_a_hundred_printed_examples_are_tests_without_change() -> None:
    """Examples of made-up definitions, pasted below a name with what they are examples of."""
    tried, kinds = 0, set()
    for seed in range(400):
        program, report = worlds.compiled(worlds.project(Random(seed)))
        if report.has_errors:
            continue
        analysis = Analysis(program)
        pasted, lines = 0, ["tests:"]
        asked = [(name, holds) for name in program.segments for holds in (True, False)]
        for name, holds in Random(seed).sample(asked, len(asked)):
            if pasted < 5:
                segment = program.segments[name]
                answer = analysis.ask(segment.entity, [within(name, holds)], steps=2_000)
                if isinstance(answer, Somebody):
                    pasted += 1
                    expected = f"{'in' if holds else 'not in'}: [{json.dumps(name)}]\n"
                    body = (as_yaml(answer.example, program) + expected).splitlines()
                    lines += [f"  {pasted}:", *(f"    {line}" for line in body)]
                    kinds.add(type(segment.condition))
        found = Report()
        cases = trials.read(Source("tests/pasted.yml", "\n".join(lines) + "\n"), program, found)
        assert [(each.message, each.label.span.text) for each in found] == [], "\n".join(lines)
        assert len(cases) == pasted
        with warehouse.trial(program) as trial:
            for case in cases:
                outcome = trials.judge(program, case, trial.ask)
                assert outcome.is_good, (seed, "\n".join(trials.text([outcome])), "\n".join(lines))
        tried += pasted
        if tried >= 100:
            break
    assert tried >= 100 and len(kinds) > 5


# --- what is suggested --------------------------------------------------------------------------------


def test_suggestions_pass_as_they_are_and_sit_on_the_border(run: Run, made: Path) -> None:
    code, out, _ = run(None, "--suggest", "champions")
    assert code == 0
    assert "champions, out: `sum(order.amount in last 365 days)` is 399.99" in out
    assert "champions, in: `sum(order.amount in last 365 days)` is 400" in out
    assert "champions, out: `count(order in last 365 days)` is 3" in out
    code, out, err = run(out, str(made / "tests" / "mine.yml"))
    assert (code, err) == (0, "") and "passed" in out


def test_suggestions_have_the_missing(run: Run, made: Path) -> None:
    code, out, _ = run(None, "--suggest", "newcomers")
    assert code == 0 and "newcomers, out: `first(order.at)` is missing" in out


def test_a_segment_that_is_not_there_has_no_suggestions(run: Run) -> None:
    code, _, err = run(None, "--suggest", "champion")
    assert code == 2 and "did you mean `champions`?" in err


def test_the_examples_pass_their_own_tests(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-C", str(EXAMPLES / "grocery"), "test"]) == 0, capsys.readouterr().out


def test_suggestions_sit_beside_the_end_of_a_window(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-C", str(EXAMPLES / "grocery"), "test", "--suggest", "slipping"]) == 0
    out = capsys.readouterr().out
    program = compiler.sound(segdsl.load(EXAMPLES / "grocery"))
    report = Report()
    cases = {case.name: case for case in trials.read(Source("tests/mine.yml", out), program, report)}
    assert len(report) == 0

    def days(about: str) -> float:
        case = cases[f"slipping, {about} of `more than 30 days ago`"]
        (at,) = {row["transaction_timestamp"] for row in case.world["purchase"]}
        assert isinstance(at, datetime)
        wall = case.as_of.astimezone(ZoneInfo(program.timezone)).replace(tzinfo=None)
        return (wall - at).total_seconds() / 86_400

    assert 30 < days("in: just inside") <= 31
    assert 29 < days("out: just outside") <= 30
