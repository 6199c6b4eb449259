"""The canonical layout: reading it back gives the same tree, laying it out again the same text."""

from __future__ import annotations

import random
import re
import time
from pathlib import Path

import pytest

from segdsl.diagnostics import Report
from segdsl.grammar import ast
from segdsl.grammar.format import format
from segdsl.grammar.parse import parse
from segdsl.source import Source
from tests.worlds import project

ROOT = Path(__file__).parent.parent
SHIPPED = sorted([*ROOT.glob("examples/**/*.seg"), *ROOT.glob("segdsl/scaffold/**/*.seg")])

TOKENS = re.compile(r'"(?:[^"\\\n]|\\[^\n])*"|`[^`\n]*`|#[^\n]*|\s+|\w+|.', re.DOTALL)

ODD = """# on top
let  big=2000  # a value
metric `odd name` "T\\u{202E}" = sum(order.amount where x is missing from 2026-01-01 to 2026-02-01)*-2

# about the group
group lifecycle "x" complete exclusive
segment in1 "C \\"q\\"" in lifecycle priority 10   # wins
  # who to ask
  owner "crm@acme.example"
  when last(order.at) in last 1 days # recent
   and (count(order in last 365 days) >= 10000 or innes = -5.50 or a not between_ or x not in (1,2,))
   and a between 180 and 91 days ago and not in segment staff and `not`.`in` is known and x != "A" ignoring case
   and has order via b.c where channel = "app" in last 3 full months and every order has (x = 1 or priority > 5)
   # the end
segment group in group priority 3 when not everyone and at >= 2026-01-10T09:00:00+00:00 or moment_ in today
segment `有 空格` otherwise
# after all
"""


# Every kind of definition with all that it may have: what the made-up projects do not reach.
EVERY_DEFINITION = """let big = 2000
metric ltv "Value" for account = sum(order.amount)  # all of it
score recency "Recency" = quintile of last(order.at) among has order
score plain for account = ltv
place store "Store" = (19.0760, -72.8777)
place park = area (1, 2), (3, 4.5), (-5, 6)  # fenced
# who can be written to
channel email "E-mail" for customer
  owner "crm@acme.example"
  about "Only those who said yes"
  when email is known and email_opt_in and not in list "unsubscribed.csv"
channel push when app_token is known
# how often
tiers usage "Usage: it's [a] lot, #1" for account by count(visit in last 30 days):
  heavy "Heavy, {users}: #1" >= 20,
  medium < -5.5, `odd - name` = "a: #b", otherwise inactive "Not at all"
  owner "crm@acme.example"
tiers plain_tiers by ltv: a >= 20
split welcome_test "Welcome" for customer of segment newcomers: control "Control, {group}" 20%, short 40.5%
  about "By chance"
split halves: a 50%, b 50%
segment newcomers "New" for customer in lifecycle priority 5
  when signed_up in last 7 days
  expect 100 to 5_000 customers  # or so
  expect 1% to 20.5% of customers
  # not many more
  expect at most 10% of customers
  expect at least 100 customers
  expect change under 10%
  expect disjoint from a, `b c`
  review every 90 days, last 2026-10-01
  active from 2026-01-01 to 2026-03-31
segment one when x within 5 km of store and reachable by email expect within subscribers
"""


def read(text: str) -> ast.Module:
    return parse(Source("test.seg", text), Report())


def assert_round_trip(text: str) -> None:
    module = read(text)
    laid_out = format(module)
    again = read(laid_out)
    assert again == module
    assert format(again) == laid_out
    assert [c.text for c in again.comments] == [c.text for c in module.comments]


def test_odd_text_comes_back_with_its_comments() -> None:
    text = ODD.replace(" or a not between_", "")
    assert len(read(text).definitions) == 6
    assert_round_trip(text)


def test_every_kind_of_definition_comes_back() -> None:
    report = Report()
    assert {type(each) for each in parse(Source("a.seg", EVERY_DEFINITION), report).definitions} >= {
        ast.Score, ast.Place, ast.Channel, ast.Tiers, ast.Split
    }  # fmt: skip
    assert list(report) == []
    assert_round_trip(EVERY_DEFINITION)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_definitions_come_back(path: Path) -> None:
    assert_round_trip(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("seed", range(100))
def test_random_definitions_come_back(seed: int) -> None:
    for text in project(random.Random(seed)).segments.values():
        assert_round_trip(text)


@pytest.mark.parametrize("seed", range(60))
def test_comments_anywhere_stay(seed: int) -> None:
    choose = random.Random(seed)
    for text in (*project(choose).segments.values(), EVERY_DEFINITION):
        commented = ""
        for number, part in enumerate(TOKENS.findall(text)):
            if part.isspace() and choose.random() < 0.25:
                part = choose.choice([" # {}\n", "\n# {}\n", "\n   # {}\n", "\n\n", "\r\n"]).format(number)
            commented += part
        module = read(commented)
        laid_out = format(module)
        again = read(laid_out)
        assert module == read(text) == again
        assert format(again) == laid_out
        assert sorted(c.text for c in again.comments) == sorted(c.text for c in module.comments)


def test_comments_stay_with_their_clause() -> None:
    text = """# the stages
group lifecycle "Lifecycle stage"  # five of them
  exclusive  # at most one
  # proven
  complete  # nobody falls through
  # who to ask
  owner "crm@acme.example"

# rich ones
segment rich in lifecycle priority 1  # first
  # lately
  when amount > 5  # rupees

segment rest in lifecycle priority 2
  otherwise  # the others

# the end
"""
    assert format(read(text)) == text


def test_layout_takes_no_longer_than_the_text() -> None:
    module = read("segment a when x " + "# and so on\n" * 40_000)
    started = time.process_time()
    assert format(module).count("#") == 40_000
    assert time.process_time() - started < 5


def test_every_node_lies_inside_its_parent() -> None:
    for seed in range(30):
        for text in project(random.Random(seed)).segments.values():
            module = read(text)
            waiting: list[ast.Node] = [module]
            while waiting:
                node = waiting.pop()
                for child in ast.children(node):
                    if not isinstance(child, ast.Comment):
                        assert node.span.start <= child.span.start <= child.span.end <= node.span.end, child
                        waiting.append(child)


def test_layout() -> None:
    text = format(
        read('segment a "A" when age>=18 and country in ("IN","GB") otherwise_ group b'.replace("otherwise_ ", ""))
    )
    assert text == 'segment a "A"\n  when age >= 18 and country in ("IN", "GB")\n\ngroup b\n'
