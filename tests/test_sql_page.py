"""`docs/sql.md` shows what is printed, to the letter: PYTHONPATH=. and `compiled(...)` give what stands there.

`--update` rewrites what a command prints.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from segdsl.backends import DIALECTS, backend
from segdsl.diagnostics import Report
from segdsl.grammar.files import parse_catalog
from segdsl.grammar.parse import parse
from segdsl.semantics.calendar import Clock
from segdsl.semantics.declare import declare
from segdsl.semantics.resolve import resolve
from segdsl.source import Source
from tests import markdown
from tests.test_readme import ROOT, shown

PAGE = Path(__file__).parent.parent / "docs" / "sql.md"
ZONE = "Europe/Berlin"


def block(language: str, before: str = "") -> str:
    found = re.search(rf"{before}```{language}\n(.*?)```\n", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def compiled(dialect: str) -> str:
    """The members of the page's segment."""
    report = Report()
    catalog = declare(parse_catalog(Source("catalog.yml", block("yaml")), report), report)
    modules = [parse(Source("segments/app.seg", block("seg")), report)]
    program = resolve(modules, catalog, name="page", timezone=ZONE, week_starts=0, settings={}, report=report)
    assert not report.has_errors, [each.message for each in report]
    clock = Clock(datetime(2026, 1, 10, tzinfo=ZoneInfo(ZONE)), ZoneInfo(ZONE), 0)
    return backend(dialect).members(program, "app_shoppers", clock)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_page_shows_what_is_printed(dialect: str) -> None:
    assert block("sql", f"<!-- {dialect} -->\n") == compiled(dialect) + "\n"


def test_the_page_shows_what_a_statement_does(request: pytest.FixtureRequest) -> None:
    (found,) = (each for each in markdown.blocks(PAGE.read_text("utf-8").split("\n")) if each.words == ("console",))
    text = shown(found, ROOT / "examples" / "grocery")
    if request.config.getoption("--update"):
        markdown.rewrite(PAGE, {found: text})
        return
    assert text == found.text
