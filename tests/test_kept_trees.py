"""Trees that an earlier run left are the trees that parsing gives, or none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

import segdsl
from segdsl import compiler
from segdsl.cache import Cache
from segdsl.diagnostics import Report
from segdsl.grammar import ast, kept
from segdsl.grammar.parse import parse
from segdsl.source import Source
from tests import worlds

ROOT = Path(__file__).parent.parent


def tree(text: str) -> ast.Module | None:
    """What parsing gives of a text without findings."""
    report = Report()
    module = parse(Source("segments/a.seg", text), report)
    return None if len(report) else module


TEXTS = [
    *(path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("examples/**/*.seg"))),
    "segment a\n  when x = 1\n  expect 1 to 2 customers\n  expect change under 10%\n  expect within b\n"
    "  review every 90 days, last 2026-01-01\n",
    *(
        text
        for seed in range(40)
        for name, text in worlds.project(Random(seed)).segments.items()
        if name.endswith(".seg") and tree(text) is not None
    ),
]


def all_of(node: ast.Node) -> Iterator[tuple[ast.Node, int, int]]:
    yield node, node.span.start, node.span.end
    for child in ast.children(node):
        yield from all_of(child)


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_a_tree_comes_back(text: str) -> None:
    module = tree(text)
    assert module is not None
    source = Source("segments/a.seg", text)
    found = kept.from_bytes(kept.to_bytes(module), source)
    assert found is not None
    assert list(all_of(found)) == list(all_of(module))
    assert all(node.span.source is source for node, _, _ in all_of(found))


def test_every_kind_of_node_was_among_them() -> None:
    seen = {type(node) for text in TEXTS for module in [tree(text)] if module for node, _, _ in all_of(module)}
    of_other_files = {ast.Catalog, ast.Table, ast.Column, ast.Link, ast.Points, ast.Bound, ast.Project, ast.Target}
    made = {each for each in kept.NODES if not each.__subclasses__()} - of_other_files - {ast.Broken, ast.Option}
    assert made - seen == set()


DAMAGED = (b"", b"{", b"[]", b"7", b'"a"', b"[9999,0,1]", b"[-5]", b"[0]", b"[0,0,1,[]]", b"[1.5]", b"[" * 9999)


@pytest.mark.parametrize("content", DAMAGED)
def test_anything_else_is_no_tree(content: bytes) -> None:
    assert kept.from_bytes(content, Source("segments/a.seg", "")) is None


def test_a_second_check_parses_nothing_and_finds_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = segdsl.load(ROOT / "examples" / "published_rules")
    kept_there = Cache(tmp_path)
    first = compiler.check(project, cache=kept_there)

    def refuse(*_: object) -> None:
        raise AssertionError("it was parsed again")

    monkeypatch.setattr("segdsl.grammar.parse.parse", refuse)
    second = compiler.check(project, cache=kept_there)
    assert list(second.report) == list(first.report) and len(first.report)
    with pytest.raises(AssertionError, match="parsed again"):
        compiler.check(project, cache=Cache(tmp_path / "another"))


def test_only_files_without_findings_are_kept(tmp_path: Path) -> None:
    report = Report()
    source = Source("segments/a.seg", "segment a when\n")
    compiler.read_definitions([source], report, Cache(tmp_path))
    assert len(report) == 1 and not list(tmp_path.rglob("trees/*"))
