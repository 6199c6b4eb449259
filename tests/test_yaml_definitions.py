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
        ("places: {a: (1 2)}", "syntax", "2"),
        ("places: {a: {title: A}}", "missing-key", "{title: A}"),
        ("places: {a: }", "bad-value", "a"),
        ("scores: {a: {value: }}", "bad-value", "value"),
        ("channels: {a: {title: A}}", "missing-condition", "a"),
        ("channels: {a: email is known}", "bad-value", "a"),
        ("tiers: {a: {tiers: {x: '>= 1'}}}", "missing-key", "{tiers: {x: '>= 1'}}"),
        ("tiers: {a: {by: age, tiers: {x: 1}}}", "syntax", "1"),
        ("tiers: {a: {by: age, tiers: {x: {title: X}}}}", "missing-key", "{title: X}"),
        ("tiers: {a: {by: age, tiers: {}}}", "bad-value", "{}"),
        ("tiers: {a: {by: age, tiers: {x: '>= 1'}, otherwise: [y]}}", "bad-value", "otherwise"),
        ("tiers: {a: [x]}", "bad-value", "a"),
        ("splits: {a: {of: b}}", "missing-key", "{of: b}"),
        ("splits: {a: {shares: {b: 20}}}", "syntax", "20"),
        ("splits: {a: {shares: {b: [20%]}}}", "bad-value", "b"),
        ("segments: {a: {when: x, expect: 100 customers}}", "syntax", "customers"),
        ("segments: {a: {when: x, expect: {low: 1}}}", "bad-value", "expect"),
        ("segments: {a: {when: x, review: every 90 days}}", "syntax", "days"),
        ("segments: {a: {when: x, active: from 2026-02-30 to 2026-03-01}}", "bad-date", "2026-02-30"),
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


def test_what_is_written_short_is_one_tree_in_both_spellings() -> None:
    module, findings = read("""places: {store: "(1, 2)", park: {title: Park, points: "area (1, 2), (3, 4), (5, 6)"}}
scores: {recency: {title: R, entity: account, value: quintile of age}}
channels: {email: {title: E, when: {all: [x = 1, y = 2]}}}
tiers:
  usage:
    title: Usage
    by: count(visit)
    tiers: {heavy: ">= 20", light: {title: Light, bound: ">= 1"}}
    otherwise: {name: inactive, title: None at all}
splits: {test: {of: newcomers, shares: {control: 20%, long: {title: Long, share: 80%}}}}
segments:
  newcomers:
    entity: account
    when: x = 1
    expect: [1 to 5 accounts, within a]
    review: every 90 days, last 2026-10-01
    active: from 2026-01-01 to 2026-03-31
  few: {when: x = 1, expect: at most 5% of accounts}
""")
    assert findings == []
    text = """
place store = (1, 2) place park "Park" = area (1, 2), (3, 4), (5, 6)
score recency "R" for account = quintile of age
channel email "E" when x = 1 and y = 2
tiers usage "Usage" by count(visit): heavy >= 20, light "Light" >= 1, otherwise inactive "None at all"
split test of segment newcomers: control 20%, long "Long" 80%
segment newcomers for account when x = 1 expect 1 to 5 accounts expect within a
  review every 90 days, last 2026-10-01 active from 2026-01-01 to 2026-03-31
segment few when x = 1 expect at most 5% of accounts
"""
    assert module == parse(Source("a.seg", text), Report())
