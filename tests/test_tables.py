"""The tables of the parser that are shipped are those of the grammar."""

from __future__ import annotations

from pathlib import Path

import lark
import pytest

from segdsl.grammar import tables

ROOT = Path(__file__).parent.parent
DEFINITIONS = [path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("examples/*/segments/*.seg"))]


def test_the_shipped_tables_are_those_of_the_grammar() -> None:
    """`make docs` writes them."""
    shipped = (ROOT / "segdsl" / "grammar" / tables.TABLES).read_text(encoding="utf-8")
    assert shipped == tables.written(tables.built())


def test_they_parse_as_the_grammar_does() -> None:
    assert len(DEFINITIONS) > 5
    loaded, built = tables.parser(), tables.built()
    for text in DEFINITIONS:
        assert loaded.parse(text, start="start") == built.parse(text, start="start")
    for parser in (loaded, built):
        with pytest.raises(lark.UnexpectedToken) as caught:
            parser.parse("segment a when age >", start="start")
        assert "NUMBER" in caught.value.accepts


def test_tables_of_another_version_of_lark_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(lark, "__version__", "1.0")
    monkeypatch.setattr(tables, "built", lambda: asked.append(1))
    tables.parser()
    assert asked
