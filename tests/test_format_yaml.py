"""The canonical YAML: the same definitions and comments as `.seg` text, there and back."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segdsl.diagnostics import Report
from segdsl.grammar import ast
from segdsl.grammar.format import format, name, quoted
from segdsl.grammar.format_yaml import SECTIONS, format_yaml
from segdsl.grammar.parse import parse
from segdsl.grammar.yaml_definitions import FILE_KEYS, parse_definitions
from segdsl.source import NOWHERE, Source
from tests.test_format import EVERY_DEFINITION, SHIPPED, TOKENS
from tests.worlds import project

# Any text but what cannot be written at all: NUL and halves of pairs.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp"]), max_size=60).filter(str.strip)


def from_seg(text: str) -> ast.Module:
    report = Report()
    module = parse(Source("test.seg", text), report)
    assert not report.has_errors, list(report)
    return module


def from_yaml(text: str) -> ast.Module:
    report = Report()
    module = parse_definitions(Source("test.yml", text), report)
    assert not len(report), (text, list(report))
    return module


def kinds(module: ast.Module) -> dict[type, list[ast.Definition]]:
    """The definitions of each kind, in their order."""
    return {kind: [each for each in module.definitions if isinstance(each, kind)] for kind in SECTIONS.values()}


def remarks(module: ast.Module) -> Counter[str]:
    return Counter(comment.text for comment in module.comments)


def assert_there_and_back(text: str) -> None:
    module = from_seg(text)
    laid_out = format_yaml(module)
    again = from_yaml(laid_out)
    assert kinds(again) == kinds(module)
    assert remarks(again) == remarks(module)
    assert format_yaml(again) == laid_out
    back = from_seg(format(again))
    assert back == again
    assert remarks(back) == remarks(module)
    assert kinds(from_yaml(format_yaml(back))) == kinds(module)


def test_every_kind_has_its_section() -> None:
    assert tuple(SECTIONS) == tuple(FILE_KEYS)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_definitions_come_back(path: Path) -> None:
    assert_there_and_back(path.read_text(encoding="utf-8"))


def test_every_kind_of_definition_comes_back() -> None:
    assert_there_and_back(EVERY_DEFINITION)


def test_constants_are_written_as_they_are_read() -> None:
    text = """lets:
  "on": true
  bare: web
  quoted: '"5 apples"'
  empty: '""'
  blank: " "
  debt: -0.5
  opened: 2026-01-01
  at: 2026-01-01T09:30Z
"""
    module = from_yaml(text)
    assert format_yaml(module) == text
    assert format(module).splitlines()[:5] == [
        "let on = true",
        'let bare = "web"',
        'let quoted = "5 apples"',
        'let empty = ""',
        'let blank = " "',
    ]


@pytest.mark.parametrize("seed", range(100))
def test_random_definitions_come_back(seed: int) -> None:
    for text in project(random.Random(seed)).segments.values():
        assert_there_and_back(text)


@pytest.mark.parametrize("seed", range(60))
def test_comments_anywhere_stay(seed: int) -> None:
    choose = random.Random(seed)
    for text in (*project(choose).segments.values(), EVERY_DEFINITION):
        commented = ""
        for number, part in enumerate(TOKENS.findall(text)):
            if part.isspace() and choose.random() < 0.25:
                part = choose.choice([" # {}\n", "\n# {}\n", "\n   # {}\n", "\n# {}\n\n", "\r\n"]).format(number % 7)
            commented += part
        assert_there_and_back(commented)


@settings(max_examples=300, deadline=None)
@given(TEXTS, NAMES)
def test_any_text_and_any_name_come_back(text: str, odd: str) -> None:
    written = name(ast.Ident(odd, span=NOWHERE))
    assert_there_and_back(
        f"let {written} = {quoted(text)}\n"
        f"group {written} {quoted(text)} owner {quoted(text)}\n"
        f"segment {written} in {written} about {quoted(text)} when {written} = {quoted(text)} or x.{written} is known\n"
    )


@pytest.mark.parametrize(
    "word", ["true", "null", "~", "no", "5", "-5", ".5", "1e3", "2026-01-01", "a: b", "a #b", "- a", "", "x:", "'", '"']
)
def test_texts_that_look_like_something_else_are_quoted(word: str) -> None:
    assert_there_and_back(f"let a = {quoted(word)} segment b {quoted(word)} when x = {quoted(word)}")


def test_layout() -> None:
    text = """# Who matters
lets: {big: 5_000}
segments:  # all of them
    vip: {title: "VIP", when: "sum(order.amount) >= big", group: value, priority: 1}   # the best
    # the others
    rest:
      priority: 2
      # by hand
      group: value
      when:
        # known at all
        all:
          - email ends with "@a-rather-long-domain-name-for-an-example.example"
          # either
          - any: [country = "GB", country = "IN"]  # for now
          - not: in segment vip
groups: {value: {exclusive: true}}
# the end
"""
    assert (
        format_yaml(from_yaml(text))
        == """# Who matters
lets:
  big: 5_000

groups:
  value:
    exclusive: true

# all of them
segments:
  vip:
    title: VIP
    group: value
    priority: 1  # the best
    when: sum(order.amount) >= big

  # the others
  rest:
    # by hand
    group: value
    priority: 2
    when:
      # known at all
      all:
        - email ends with "@a-rather-long-domain-name-for-an-example.example"
        # either
        - any:
            - country = "GB"
            - country = "IN"  # for now
        - not in segment vip

# the end
"""
    )


def test_the_head_of_a_file_stays_its_head() -> None:
    text = "# Of the file\n\n# first\nsegment a when x\n\n# second\nlet b = 1\n"
    laid_out = format_yaml(from_seg(text))
    assert laid_out == ("# Of the file\n\nlets:\n  # second\n  b: 1\n\nsegments:\n  # first\n  a:\n    when: x\n")
    assert format(from_yaml(laid_out)) == "# Of the file\n\n# second\nlet b = 1\n\n# first\nsegment a\n  when x\n"
    assert format(from_seg(text)) == text.replace("a when", "a\n  when")


def test_comments_inside_of_yaml_texts_are_kept() -> None:
    text = """segments:
  a:
    title: "no # comment"
    when: |  # in a block
      x = 1  # one
      # two
      and name = "# none"
  b:
    when: "y = \\"#\\"\\n# three\\nand z"
"""
    module = from_yaml(text)
    assert list(remarks(module)) == ["# in a block", "# one", "# two", "# three"]
    laid_out = format_yaml(module)
    assert remarks(from_yaml(laid_out)) == remarks(module)
    assert kinds(from_yaml(laid_out)) == kinds(module)


def test_deep_conditions_come_back() -> None:
    text = "x" + "".join(f" and (long_name_of_a_condition_{n} or (x" for n in range(22)) + "))" * 22
    assert_there_and_back(f"segment a when {text}")
