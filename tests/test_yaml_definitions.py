"""Definitions in YAML: the same trees as `.seg` text, and mistakes placed inside the scalars."""

from __future__ import annotations

import pytest

from segdsl.diagnostics import Report
from segdsl.grammar import ast
from segdsl.grammar.parse import parse
from segdsl.grammar.yaml_definitions import parse_definitions
from segdsl.source import Source

YAML = """# stages
groups:
  lifecycle: {title: Lifecycle stage, exclusive: true, complete: true}
lets: {big: 2_000, opened: 2026-01-01, channel: web, debt: -5, on: true}
occasions:
  diwali: {title: Diwali, days: "2025-10-18 to 2025-10-23, 2026-11-06"}
  summer: every year 06-01 to 08-31
metrics:
  ltv: {title: Lifetime, value: sum(order.amount)}   # all of it
  orders: count(order)
segments:
  champions:
    title: Champions
    group: lifecycle
    priority: 10
    owner: crm@acme.example
    when:
      all:
        - last(order.at) in last 30 days
        - any:
            - country = "GB"
            - ltv >= big and orders > 1
        - not: in segment staff
  staff: {when: "email ends with \\"@acme.com\\""}
  rest: {group: lifecycle, priority: 99, otherwise: true}
"""
SEG = """
group lifecycle "Lifecycle stage" exclusive complete
let big = 2_000 let opened = 2026-01-01 let channel = "web" let debt = -5 let on = true
occasion diwali "Diwali" = 2025-10-18 to 2025-10-23, 2026-11-06
occasion summer = every year 06-01 to 08-31
metric ltv "Lifetime" = sum(order.amount)
metric orders = count(order)
segment champions "Champions" in lifecycle priority 10 owner "crm@acme.example"
  when last(order.at) in last 30 days and (country = "GB" or (ltv >= big and orders > 1)) and not in segment staff
segment staff when email ends with "@acme.com"
segment rest in lifecycle priority 99 otherwise
"""


def read(text: str) -> tuple[ast.Module, list[tuple[str, str]]]:
    report = Report()
    module = parse_definitions(Source("segments/a.yml", text), report)
    return module, [(found.rule.name, found.label.span.text) for found in report]


def test_both_spellings_are_one_tree() -> None:
    module, findings = read(YAML)
    assert findings == []
    assert module == parse(Source("a.seg", SEG), Report())
    assert [comment.text for comment in module.comments] == ["# stages", "# all of it"]


@pytest.mark.parametrize(
    ("text", "rule", "at"),
    [
        ("segments: {a: {when: x => 1}}", "syntax", "=>"),
        ("segments: {a: {when: {all: [x = 1, y == 2]}}}", "syntax", "=="),
        ("segments: {a: {when: {both: [x, y]}}}", "bad-value", "{both: [x, y]}"),
        ("segments: {a: {when: {all: x}}}", "bad-value", "all"),
        ("segments: {a: {when: [x, y]}}", "bad-value", "[x, y]"),
        ("segments: {a: {whem: x}}", "unknown-key", "whem"),
        ("segments: {a: {title: A}}", "missing-condition", "a"),
        ("segments: {a: {when: x, otherwise: true}}", "missing-condition", "a"),
        ("segments: {a: {when: x, priority: -1}}", "bad-value", "-1"),
        ("segmnts: {a: {when: x}}", "unknown-key", "segmnts"),
        ("segments: [a]", "bad-value", "segments"),
        ("metrics: {m: {title: x}}", "missing-key", "{title: x}"),
        ("lets: {a: [1]}", "bad-value", "a"),
        ("occasions: {a: every year 02-30}", "bad-date", "02-30"),
        ("occasions: {a: 2026-01-01 until 2026-02-01}", "syntax", "until"),
        ("occasions: {a: {title: A}}", "missing-key", "{title: A}"),
        ("occasions: {a: [2026-01-01]}", "bad-value", "a"),
    ],
)
def test_mistakes_are_placed_inside(text: str, rule: str, at: str) -> None:
    assert (rule, at) in read(text)[1]


def test_what_is_found_later_in_escaped_text_is_placed_in_the_file() -> None:
    text = 'segments:\n  a:\n    when: "x = \\"\\" or y = 1"\n'
    module, findings = read(text)
    assert findings == []
    (segment,) = module.definitions
    assert isinstance(segment, ast.Segment) and isinstance(segment.when, ast.Or)
    report = Report()
    report.add("unknown-name", "there is no `y`", segment.when.terms[1].span)
    (found,) = report
    assert found.label.span.source.text == text
    assert found.label.span.text == 'x = \\"\\" or y = 1'
