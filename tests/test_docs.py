"""The reference and the rules say what is true: every definition in them is checked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from segdsl.diagnostics import RULES, Report, Severity
from segdsl.grammar import ast
from segdsl.grammar.files import parse_catalog
from segdsl.grammar.parse import parse
from segdsl.grammar.yaml_definitions import parse_definitions
from segdsl.overlap import conflicts
from segdsl.semantics.allow import without_allowed
from segdsl.semantics.declare import declare
from segdsl.semantics.functions import FUNCTIONS
from segdsl.semantics.resolve import resolve
from segdsl.source import Source

DOCS = Path(__file__).parent.parent / "docs"
LANGUAGE = (DOCS / "language.md").read_text(encoding="utf-8")
RULES_PAGE = (DOCS / "rules.md").read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


CATALOG = next(block for block in blocks(LANGUAGE, "yaml") if block.startswith("tables:"))
SECTIONS = {
    section.split("\n", 1)[0]: blocks(section, "seg")
    for section in RULES_PAGE.split("\n## ")[1:]
    if "```seg" in section
}


def found(text: str) -> list[str]:
    """The rules that a definition breaks, over the catalog of the language reference."""
    return [each.rule.name for each in report_on(text)[1]]


def report_on(text: str) -> tuple[ast.Module, Report]:
    report = Report()
    catalog = declare(parse_catalog(Source("catalog.yml", CATALOG), report), report)
    module = parse(Source("page.seg", text), report)
    program = resolve([module], catalog, name="docs", timezone="UTC", week_starts=0, settings={}, report=report)
    if not report.has_errors:
        conflicts.check(program, report)
    return module, report


@pytest.mark.parametrize("text", blocks(LANGUAGE, "seg"))
def test_the_reference_shows_sound_definitions(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize("rule", SECTIONS)
def test_each_rule_has_a_bad_and_a_good_example(rule: str) -> None:
    bad, good = SECTIONS[rule]
    assert set(found(bad)) == {rule}
    assert found(good) == []


def test_the_reference_shows_sound_yaml() -> None:
    (text,) = (block for block in blocks(LANGUAGE, "yaml") if block.startswith("lets:"))
    report = Report()
    catalog = declare(parse_catalog(Source("catalog.yml", CATALOG), report), report)
    module = parse_definitions(Source("page.yml", text), report)
    resolve([module], catalog, name="docs", timezone="UTC", week_starts=0, settings={}, report=report)
    # `not: age < 18` lets in those of unknown age, and the reference says so of every `not`.
    assert [each.rule.name for each in report] == ["includes-missing"]


def test_the_page_on_ci_shows_a_comment_that_allows() -> None:
    (text,) = blocks((DOCS / "ci.md").read_text(encoding="utf-8"), "seg")
    module, report = report_on(text)
    assert [each.rule.name for each in report] == ["includes-missing"]
    assert list(without_allowed([module], report, complete=True)) == []


def test_every_rule_is_on_the_page() -> None:
    assert [name for name in RULES if f"## {name}\n" not in RULES_PAGE and f"`{name}`" not in RULES_PAGE] == []
    assert [name for name in SECTIONS if name not in RULES] == []


def test_the_page_names_the_errors_that_stop_nothing_but_check() -> None:
    (sentence,) = re.findall(r"^.*With the errors (.*?), and with warnings", RULES_PAGE, re.MULTILINE)
    judgements = {rule.name for rule in RULES.values() if rule.severity is Severity.ERROR and rule.is_judgement}
    assert set(re.findall("`(.*?)`", sentence)) == judgements


def test_every_function_is_in_the_reference() -> None:
    assert [name for name in FUNCTIONS if f"`{name}(" not in LANGUAGE] == []
