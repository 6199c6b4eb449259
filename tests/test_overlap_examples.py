"""Two definitions, and whether a customer can be in both: proof or an example that the evaluator accepts."""

from pathlib import Path

import pytest
import yaml

import segdsl
from segdsl import compiler
from segdsl.overlap.analysis import Analysis, Claim, Nobody, Somebody
from segdsl.overlap.example_text import as_yaml
from segdsl.semantics import ir
from segdsl.source import NOWHERE

CATALOG = """
tables:
  customer:
    from: customers
    key: customer_id
    columns:
      country: {type: text}
      age: {type: integer, min: 0}
      credit: {type: "decimal(12,2)"}
      birthday: date
      signed_up: {type: timestamp, required: true}
      last_seen: timestamp
  order:
    from: orders
    key: order_id
    at: ordered_at
    links: {customer: customer_id}
    columns:
      channel: {type: text, required: true, values: [web, app]}
      amount: {type: "decimal(12,2)", required: true, min: 0}
      refund: {type: "decimal(12,2)", min: 0}
      quantity: {type: integer, min: 1}
      price: {type: "decimal(12,2)", min: 0}
      value: {is: quantity * price}
  line:
    from: lines
    links: {order: order_id}
    columns: {sku: text}
  campaign: {from: campaigns, key: campaign_id, at: starts_at, columns: {kind: text, starts_at: timestamp}}
  mailing:
    from: mailings
    at: sent_on
    links: {customer: customer_id, campaign: campaign_id}
    columns: {sent_on: date}
entity: customer
"""

NOBODY = [
    (
        "sum(order.amount where channel = 'web') + sum(order.amount where channel = 'app') > 100",
        "sum(order.amount) < 50",
    ),
    (
        "sum(order.amount where channel = 'web') >= 60",
        "sum(order.amount where channel = 'app') / sum(order.amount) >= 1",
    ),
    ("sum(order.amount where amount > 50) > 0", "sum(order.amount) <= 50"),
    ("count(order where amount >= 10) >= 5", "sum(order.amount) < 50"),
    ("avg(order.amount) > 20", "no order where amount > 20"),
    ("count distinct(order.channel) >= 2", "count(order) < 2"),
    ("count distinct(order.channel where channel = 'web') >= 1", "no order where channel = 'web'"),
    ("count(order where channel = 'web') + count(order where channel = 'app') >= 4", "count(order) < 4"),
    ("sum(order.refund) > 0", "no order where refund is known"),
    (
        "has order where channel = 'web' followed by order where amount > 10 within 24 hours",
        "no order followed by order within 36 hours",
    ),
    ("has order followed by order with same channel", "no order followed by order"),
]

SOMEBODY = [
    ("sum(order.amount) >= 1_000", "count(order) >= 10"),
    ("sum(order.amount where channel = 'web') / sum(order.amount) >= 0.4", "sum(order.amount) >= 1_000"),
    ("avg(order.amount) >= 12.5", "count(order) = 3 and sum(order.amount) < 40"),
    (
        "sum(order.amount where channel = 'web') > sum(order.amount where channel = 'app')",
        "has order where channel = 'app'",
    ),
    ("sum(order.amount) > credit", "credit >= 100"),
    ("count distinct(order.channel) = 2", "count(order) = 2"),
    ("sum(order.value) >= 500", "count(order) <= 2"),
    ("has order where quantity * price > 1_000", "no order where price > 100"),
    ("has order where refund > amount", "country = 'IN'"),
    ("last_seen > signed_up", "age > 30"),
    ("month(birthday) = 2", "day(birthday) = 29"),
    ("weekday(signed_up) = 7", "hour(signed_up) >= 20"),
    ("has line where sku = 'A'", "count(order) = 1"),
    ("last(order.channel) = 'web'", "count(order) >= 3"),
    ("count(order) >= 40", "sum(order.amount) < 100"),
    ("in top 10 by age", "age < 20"),
    ("age is known and not in top 10 by age", "age < 20"),
    ("in top 10% by sum(order.amount)", "count(order) = 2"),
    ("count(order) > average of count(order)", "country = 'IN'"),
    ("has order from 2017-11-01 to 2017-11-23", "has order in last 90 days"),
    ("has line where sku = 'A'", "has order and no order in last 6 months"),
    ("has order where channel = 'web' in last 30 days", "has order followed by order where channel = 'app'"),
    ("has order followed by order within 24 hours", "count(order not followed by order) >= 1"),
    ("has order followed by order within 2 days", "no order followed by order within 24 hours"),
    ("has order followed by order with same channel", "has order where channel = 'web' not followed by order"),
    ("count(order followed by order) >= 2", "country = 'IN'"),
    (
        "has order where channel = 'web' followed by order where channel = 'app' followed by order within 3 days",
        "age > 30",
    ),
]


def asked(folder: Path, *conditions: str) -> tuple[ir.Program, object]:
    """What is said of a customer who is in the segments with these conditions."""
    names = [f"segment_{number}" for number in range(len(conditions))]
    lines = [f"segment {name}\n  when {condition}" for name, condition in zip(names, conditions, strict=True)]
    (folder / "catalog.yml").write_text(CATALOG, encoding="utf-8")
    (folder / "segdsl.yml").write_text("name: made up\n", encoding="utf-8")
    (folder / "segments").mkdir(exist_ok=True)
    (folder / "segments" / "all.seg").write_text("\n".join(lines).replace("'", '"') + "\n", encoding="utf-8")
    program = compiler.sound(segdsl.load(str(folder)))
    claims = [Claim(ir.InSegment(name, span=NOWHERE)) for name in names]
    return program, Analysis(program).ask("customer", claims)


@pytest.mark.parametrize(("first", "second"), NOBODY)
def test_nobody_is_in_both(tmp_path: Path, first: str, second: str) -> None:
    """And each of the two has somebody alone."""
    assert isinstance(asked(tmp_path, first, second)[1], Nobody)
    assert isinstance(asked(tmp_path, second)[1], Somebody)


@pytest.mark.parametrize(("first", "second"), SOMEBODY)
def test_somebody_is_in_both(tmp_path: Path, first: str, second: str) -> None:
    assert isinstance(asked(tmp_path, first, second)[1], Somebody)


def test_links_of_rows_ahead_are_followed_further(tmp_path: Path) -> None:
    """A mailing of today leads, looked for ahead, to a campaign of this evening that others do not see yet."""
    found = asked(
        tmp_path, "has mailing where campaign.kind = 'A' in next 1 day", "no mailing where campaign.kind = 'A'"
    )
    assert not isinstance(found[1], Nobody)


def test_an_example_is_told_as_a_test(tmp_path: Path) -> None:
    program, found = asked(tmp_path, "country = 'IN' and age >= 31 and count(order where channel = 'web') = 2")
    assert isinstance(found, Somebody)
    text = as_yaml(found.example, program)
    told = yaml.safe_load(text)
    assert (told["customer"]["country"], told["customer"]["age"]) == ("IN", 31)
    assert [row["times"] for row in told["order"]] == [2]
    assert "order_id" not in text
