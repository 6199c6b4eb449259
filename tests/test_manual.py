"""The manual says what is true: its examples are run by the evaluator and by DuckDB, its functions are those there are.

`--update` rewrites who is in, and what the manual says of each function.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from segdsl.semantics.functions import FUNCTIONS, KINDS, AnyFunction, Function
from segdsl.semantics.types import described
from tests import markdown
from tests.test_cases import Run

MANUAL = Path(__file__).parent.parent / "docs" / "manual.md"
ENTRIES = markdown.cases(MANUAL)


def of_function(function: AnyFunction) -> str:
    """What the manual says of a function: all that its table knows."""
    takes = f"- takes: {KINDS[function.takes][1]}"
    if not isinstance(function, Function):
        return f"{takes}\n- gives: a whole number: {function.meaning}\n- missing: when that is\n"
    gives = {
        "argument": "what it takes",
        "sum": "a number of as many digits after the point",
        "quotient": "an exact fraction",
    }
    result = gives[function.result] if isinstance(function.result, str) else described(function.result)
    time = "- needs: a table with a time\n" if function.needs_time else ""
    return f"{takes}\n- gives: {result}: {function.meaning}\n{time}"


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.title)
def test_examples_select_who_is_named(entry: markdown.Case, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    run = Run(entry, tmp_path)
    assert [each for each in run.checked.report if each.rule.name != "includes-missing"] == [], run.diagnostics
    (expected,) = (block for block in entry.blocks if block.kind == "members")
    found = run.members()
    if request.config.getoption("--update"):
        (now,) = (each for each in markdown.cases(MANUAL) if each.title == entry.title)
        (block,) = (block for block in now.blocks if block.kind == "members")
        markdown.rewrite(MANUAL, {block: found})
    else:
        assert found == expected.text


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_are_told_as_their_table_has_them(name: str, request: pytest.FixtureRequest) -> None:
    text = MANUAL.read_text(encoding="utf-8")
    function = FUNCTIONS[name]
    head = re.search(rf"^## `{re.escape(function.example)}`\n\n((?:- .*\n)*)(?=- reads: )", text, re.MULTILINE)
    assert head is not None, f"the manual has no entry `{function.example}`"
    if request.config.getoption("--update"):
        MANUAL.write_text(text[: head.start(1)] + of_function(function) + text[head.end(1) :], encoding="utf-8")
    else:
        assert head[1] == of_function(function)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.title)
def test_every_entry_tells_how_it_is_read(entry: markdown.Case) -> None:
    text = MANUAL.read_text(encoding="utf-8")
    body = text.split(f"\n## {entry.title}\n", 1)[1].split("\n## ", 1)[0]
    assert "- reads: " in body
    assert "- missing: " in body or "- gives: " in body
