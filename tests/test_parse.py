"""Reading definitions: what is accepted, what is said about the rest, and that no text breaks the reader."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segdsl.diagnostics import Report
from segdsl.grammar import ast
from segdsl.grammar.format import expression
from segdsl.grammar.parse import parse, parse_expression
from segdsl.source import Source

WORDS = [
    "segment", "group", "let", "metric", "when", "otherwise", "exclusive", "and", "or", "not", "in", "last", "30",
    "days", "has", "no", "every", "where", "order", "count", "(", ")", '"x"', '"', "`a b`", "`", "=", "!=", ">=", ",",
    ".", "-", "between", "ago", "from", "to", "2026-01-01", "2026-13-01", "is", "known", "priority", "via", "#", "\n",
    "\\", "漢字",
]  # fmt: skip


def findings(text: str) -> list[tuple[str, str, str]]:
    """Rule, text that is pointed at, and help of every finding."""
    report = Report()
    parse(Source("test.seg", text), report)
    return [(found.rule.name, found.label.span.text, found.help) for found in report]


def condition(text: str) -> str:
    report = Report()
    node = parse_expression(Source("test.seg", text), 0, len(text), report)
    assert not list(report), [found.message for found in report]
    return expression(node)


@pytest.mark.parametrize(
    "text",
    [
        "priority > 5 and group = 1 and days = 2 and last = 3 and owner = 4 and segment.title = 5",
        "inner = 1 and nothing = 2 and hash = 3 and order.format = 4 and androids = 5 and hasty",
        "हिंदी = 1 and 名前 = 2 and naïve = 3 and a\u200cb = 4 and über.größe = 5",
        "`a b`.`c``d` = 1 and `not` = 2 and x.`in` = 3",
        "first(order.at) in next 7 days",
        "has order where (a = 1 and b = 2) in last 30 days",
        "has order where not (a = 1) between 90 and 30 days ago",
        "count(order where a = 1 and (b = 2 or c = 3) in last 3 full months) > 1",
        "every order via buyer where a = 1 from 2026-01-01 to 2026-01-31 has not b",
        "every order has has line where x in last 3 days",
        "a - -b * (c + 2) / 3 >= -0.5",
        'x = "a" ignoring case and y not in (1, 2) and z matches "*\\"*" ignoring case',
        "a between 1 and 2 and b between 90 and 30 days ago and c more than 1 year ago",
        "not in segment x and not assigned to y and not everyone",
    ],
)
def test_conditions_are_read_as_they_are_written(text: str) -> None:
    assert condition(text) == text


@pytest.mark.parametrize(
    ("text", "rule", "at", "help"),
    [
        ("segment a when x => 1", "syntax", "=>", "`>=`"),
        ("segment a when x == 1", "syntax", "==", "`=`"),
        ("segment a when x <> 1", "syntax", "<>", "`!=`"),
        ("segment a when x = 1 && y", "syntax", "&&", "`and`"),
        ("segment a when x = 1 AND y", "syntax", "AND", "`and`"),
        ("segment a when !x", "syntax", "!", "`not`"),
        ("segment a when x = 'b'", "syntax", "'", '"'),
        ("segment a when x = “b”", "syntax", "“", '"'),
        ("segment a when x > 20%", "syntax", "%", "0.2"),
        ("segment a when x > 1;", "syntax", ";", "take it out"),
        ("segment a when x is null", "syntax", "is null", "is missing"),
        ("segment a when x is not known", "syntax", "is not known", "is missing"),
        ("segment a when x like 'b%'", "syntax", "like", "matches"),
        ("segment a x > 1", "syntax", "x", "`when`"),
        ("segment a wehn x > 1", "syntax", "wehn", "`when`"),
        ("segmnt a when x > 1", "syntax", "segmnt", "`segment`"),
        ("segment a when has order in last 3 days where x", "syntax", "where", "before the window"),
        ("segment a when x in last 3 dys", "syntax", "dys", "`days`"),
        ("segment a when x in last month", "syntax", "last month", "in this month"),
        ("segment a when count(order) > 3 in last 3 days", "syntax", "in", "parentheses"),
        ("segment a when x last 30 days", "syntax", "last 30 days", "in last 30 days"),
        ("segment a when (x > 1", "syntax", "(", "`)`"),
        ("segment a when x > 1)", "syntax", ")", "take it out"),
        ("segment a when x > 1 and", "syntax", "and", "a condition or a value"),
        ("segment a when x not contains \"b\"", "syntax", "not contains", "not ("),
        ('segment a "b when x', "unclosed-text", '"', "same line"),
        ('segment a when x = "\\q"', "syntax", "\\q", "\\u{1F600}"),
        ("segment a when x >= 2026-02-30", "bad-date", "2026-02-30", "2026-01-05"),
        ("segment a when x >= 2026-1-5", "bad-date", "2026-1-5", "2026-01-05"),
        ("segment a when x >= 2026-01-05T25:00", "bad-date", "2026-01-05T25:00", "T09:30"),
        ("segment a when x > 1234567890123456789", "number-too-large", "1234567890123456789", "18 digits"),
        ("segment a when x in last 0 days", "bad-window", "0", "whole number from 1"),
        ("segment a when x in last 1.5 days", "bad-window", "1.5", "whole number"),
        ("segment a when x and y or z", "mixed-and-or", "or", "`(x and y) or z`"),
        ("segment a when NOT x", "syntax", "NOT", "`not`"),
        ("segment a when x ≥ 1", "syntax", "≥", "`>=`"),
        ("segment a when x＝1", "syntax", "＝", "`=`"),
        ("segment a when\xa0x", "syntax", "\xa0", "space"),
        ("segment a when x in segment b", "syntax", "segment b", "alone"),
        ("segment a when segment b", "syntax", "b", "`in segment b`"),
        ("segment a when x > 30 days ago", "syntax", "days ago", "more than 30 days ago"),
        ("segment a when x > 10k", "syntax", "k", "10_000"),
        ("segment a when x > .5", "syntax", ".5", "`0.5`"),
        ("segment a when x >= 2026-01-05 09:30", "syntax", "09:30", "T09:30"),
        ("segment a when x >= 05.01.2026", "syntax", ".2026", "2026-01-31"),
        ("segment a when x between 1 5", "syntax", "5", "expected `and`"),
        ("segment a when count(order x) > 1", "syntax", "x", "`where`"),
        ("segment a when order where x", "syntax", "where", "`has order where"),
        ("segment a when x = y z", "syntax", "z", "backticks"),
        ("segment a when 18 <= x <= 25", "syntax", "<=", "between"),
        ("segment a when count(order where x = 1 >= 3", "syntax", "(", "`)`"),
        ("segment a-b when x", "syntax", "-", "`_`"),
        ('segment a in g "A" when x', "syntax", '"A"', "the order is"),
        ("group g when x", "syntax", "when", "`exclusive`"),
        ("segment a", "missing-condition", "a", "`when`"),
        ("segment a when x otherwise", "missing-condition", "a", "keep one"),
        ("segment a when x when y", "repeated-clause", "when", "keep one"),
        ('segment a when x = "\u202e"', "forbidden-character", "\u202e", "\\u{202E}"),
        ("segment a when x # y\rsegment b when z", "forbidden-character", "\r", "take it out"),
        ("segment a when x\0", "forbidden-character", "\0", "take it out"),
    ],
)  # fmt: skip
def test_mistakes_say_what_to_type(text: str, rule: str, at: str, help: str) -> None:
    ((found_rule, found_at, found_help),) = findings(text)
    assert (found_rule, found_at) == (rule, at)
    assert help in found_help


def test_one_broken_definition_does_not_hide_the_next() -> None:
    report = Report()
    text = 'segment a when x => 1\n\nsegment b when x = 1\nsegment c "\n  when x\nsegment d when (x\nlet e = 5\n'
    module = parse(Source("test.seg", text), report)
    assert [definition.name.text for definition in module.definitions] == ["a", "b", "c", "d", "e"]
    conditions = [each.when for each in module.definitions if isinstance(each, ast.Segment)]
    assert [isinstance(when, ast.Broken) for when in conditions] == [True, False, True, True]
    assert [found.label.span.source.position(found.label.span.start).line for found in report] == [1, 4, 6]


def test_what_can_be_read_of_a_broken_head_is_kept() -> None:
    text = """
segment a "A" in g priority 3
  about "first"
  when x ==
GROUP h
group g "G"
  exclusive complete x
metric `m 1` "M" = (
Segment c when x
segment d when "\u202e"
"""
    for source in (text, text.replace("\u202e", "")):
        definitions = {each.name.text: each for each in parse(Source("test.seg", source), Report()).definitions}
        assert list(definitions) == ["a", "g", "m 1", "d"]
        first, group = definitions["a"], definitions["g"]
        assert isinstance(first, ast.Segment) and isinstance(group, ast.Group)
        assert first.title == ast.Text("A", span=first.span) and first.group == ast.Ident("g", span=first.span)
        assert first.priority is not None and first.priority.value == 3
        assert group.exclusive and group.complete


def test_every_hidden_character_is_pointed_at() -> None:
    assert [at for _, at, _ in findings('segment a when x = "\u202e\u2066" # \0')] == ["\u202e", "\u2066", "\0"]


@pytest.mark.parametrize(
    "text",
    [
        "a" * 900_000 + ".",
        "= " * 400_000,
        "(\nsegment b when " * 3_000,
        "\nsegment b when" * 3_000,
        "(x \nsegment b when " * 3_000,
        "(c = '\nsegment b when " * 3_000,
        '"' * 900_000,
        "#\n" * 40_000,
    ],
    ids=["word", "signs", "open", "ends", "parentheses", "quotes", "texts", "comments"],
)
def test_long_text_takes_no_longer_than_its_length(text: str) -> None:
    started = time.process_time()
    findings(f"segment a when {text}")
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000 + "x" + ")" * 10_000,
        "(" * 900_000,
        "not " * 200_000 + "x",
        "- " * 400_000 + "x",
        "x > " + "1 + " * 2_000 + "1",
        " and ".join(["("] * 200),
    ],
    ids=["closed", "open", "not", "minus", "sum", "and"],
)
def test_deep_text_is_refused_quickly(text: str) -> None:
    started = time.process_time()
    rules = {rule for rule, _, _ in findings(f"segment a when {text}\n\nsegment b when y")}
    assert rules and rules <= {"too-deep", "syntax"}
    assert time.process_time() - started < 5


def test_a_flat_condition_may_be_long() -> None:
    assert findings("segment a when " + " and ".join(["x = 1"] * 5_000)) == []


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=80), st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join)))
def test_no_text_breaks_the_reader(text: str) -> None:
    report = Report()
    module = parse(Source("test.seg", text), report)
    assert isinstance(module, ast.Module)
    for found in report:
        assert 0 <= found.label.span.start <= found.label.span.end <= len(text)
