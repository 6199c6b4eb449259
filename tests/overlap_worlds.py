"""Tiny worlds for the conflict analysis: made-up segments over few columns, and customers that sit on every edge.

`made(random)` promises a program that `resolve` accepts and a world of customers who do not touch each other, so that
the evaluator looks at all of them at once. Members are bits of a number: to compare two segments is one operation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from segdsl.diagnostics import Report
from segdsl.grammar.files import parse_catalog
from segdsl.grammar.parse import parse
from segdsl.semantics import ir
from segdsl.semantics.declare import declare
from segdsl.semantics.evaluate import World, memberships
from segdsl.semantics.resolve import resolve
from segdsl.source import Source
from tests.world_text import quoted

SEGMENTS = 8
CUSTOMERS = 400
CATALOG = """
tables:
  customer:
    from: customers
    key: id
    columns:
      country: {type: text, values: [IN, GB, US]}
      points: {type: integer, min: 0, max: 3}
      vip: boolean
      joined: date
      email: text
  order:
    from: orders
    at: day
    links: {customer: customer_id}
    columns:
      day: date
      channel: {type: text, values: [web, app]}
      amount: {type: "decimal(6,2)", min: AMOUNT_MIN, max: 20}
entity: customer
"""
AMOUNTS = ("-5", "0", "5", "10", "20")
TEXTS = ("", "a", "A@x", "b@x", "bä", "ab")
NUMBERS = ("=", "!=", "<", "<=", ">", ">=")
WINDOWS = (
    "",
    "in today",
    "in last 1 day",
    "in last 7 days",
    "in last 30 days",
    "in last 90 days",
    "in last 1 month",
    "in last 3 full months",
    "in this month",
    "between 30 and 8 days ago",
    "more than 30 days ago",
    "from 2026-01-01 to 2026-03-31",
    "from 2026-02-01 to 2026-02-28",
)
MOMENTS = ("2026-03-31T12:00", "2026-03-01T00:00", "2026-02-28T23:59", "2024-02-29T06:00", "2026-05-30T12:00")
# Days before `as_of`, around the ends of the windows.
AGES = (0, 1, 6, 7, 8, 27, 28, 29, 30, 31, 58, 59, 60, 89, 90, 91, 200)


@dataclass(frozen=True)
class Made:
    """A program and who is in which of its segments, a bit for each customer."""

    text: str
    program: ir.Program
    world: World
    as_of: datetime
    members: dict[str, int]

    def pairs(self) -> Iterator[tuple[str, str]]:
        names = list(self.program.segments)
        return ((first, second) for number, first in enumerate(names) for second in names[number + 1 :])


@dataclass
class Writer:
    """Random text of conditions; `names` are the segments that may be referred to."""

    random: Random
    names: list[str]

    def condition(self, depth: int) -> str:
        choice = self.random.random()
        if depth == 0 or choice < 0.35:
            return self.of_orders() if self.random.random() < 0.55 else self.of_customer()
        if choice < 0.5:
            return f"not ({self.condition(depth - 1)})"
        if choice < 0.6 and self.names:
            return f"{self.random.choice(('in segment', 'assigned to'))} {self.random.choice(self.names)}"
        if choice < 0.67:
            count = self.random.choice(("at least 2", "at most 1", "exactly 2"))
            return f'email contains {count} of ("a", "@", "x")'
        word = self.random.choice((" and ", " or "))
        return f"({self.condition(depth - 1)}){word}({self.condition(depth - 1)})"

    def of_customer(self) -> str:
        pick = self.random.choice
        match self.random.randrange(9):
            case 0:
                return f"country {pick(('=', '!='))} {quoted(pick(('IN', 'GB', 'US')))}"
            case 1:
                return f"country {pick(('in', 'not in'))} ({quoted('IN')}, {quoted(pick(('GB', 'US')))})"
            case 2:
                return f"points {pick(NUMBERS)} {pick((0, 1, 2, 3))}"
            case 3:
                return f"points + points {pick(NUMBERS)} {pick((1, 2, 3, 5))}"
            case 4:
                return "vip"
            case 5:
                return f"joined {pick(WINDOWS[1:])}"
            case 6:
                return f"joined {pick(NUMBERS)} {pick(('2026-02-28', '2026-03-01', '2024-02-29'))}"
            case 7:
                test = pick(('starts with "a"', 'contains "@"', 'ends with "X"', 'matches "a*x"', '= "ab"', '= "A"'))
                return f"email {test}{pick(('', ' ignoring case'))}"
            case _:
                return f"{pick(('country', 'points', 'vip', 'joined', 'email'))} is {pick(('known', 'missing'))}"

    def rows(self) -> str:
        pick = self.random.choice
        where = pick(("", "", 'channel = "web"', 'channel = "app"', "amount >= 10", "amount < 5", "channel is missing"))
        return f"{f' where {where}' if where else ''} {pick(WINDOWS)}".rstrip()

    def of_orders(self) -> str:
        pick = self.random.choice
        match self.random.randrange(8):
            case 0 | 1:
                return f"count(order{self.rows()}) {pick(NUMBERS)} {pick((0, 1, 2))}"
            case 2:
                return f"sum(order.amount{self.rows()}) {pick(NUMBERS)} {pick((0, 5, 10, 15, 40))}"
            case 3:
                return f"{pick(('min', 'max', 'avg'))}(order.amount{self.rows()}) {pick(NUMBERS)} {pick((0, 5, 10))}"
            case 4:
                channel = quoted(pick(("web", "app")))
                return f"{pick(('first', 'last'))}(order.channel{self.rows()}) {pick(('=', '!='))} {channel}"
            case 5:
                what = pick(("channel", "amount"))
                return f"count distinct(order.{what}{self.rows()}) {pick(NUMBERS)} {pick((0, 1, 2))}"
            case 6:
                return f"{pick(('has', 'no'))} order{self.rows()}"
            case _:
                inner = pick(('channel = "web"', "amount >= 5", "amount is known"))
                return f"every order{self.rows()} has {inner}"


def definitions(random: Random, count: int = SEGMENTS) -> str:
    """So many segments that refer to earlier ones, the first three in an exclusive group."""
    text = "group stages\n  exclusive\n\n"
    names: list[str] = []
    for number in range(count):
        place, priority = (" in stages", f"  priority {number}\n") if number < 3 else ("", "")
        # Those of the group do not refer to each other: that might run in a circle.
        writer = Writer(random, names if number >= 3 else [])
        condition = writer.condition(random.choice((0, 1, 1, 2)))
        text += f"segment s{number}{place}\n{priority}  when {condition}\n\n"
        if number < 3:
            names.append(f"s{number}")
    return text


def customers(random: Random, as_of: datetime, least: int) -> World:
    """Customers with none to two orders, any of their values missing now and then."""
    today = as_of.date()
    amounts = [Decimal(amount) for amount in AMOUNTS if int(amount) >= least]

    def day() -> object:
        return today - timedelta(days=random.choice(AGES))

    def order(key: int) -> dict[str, object]:
        return {
            "customer_id": key,
            "day": day() if random.random() < 0.95 else None,
            "channel": random.choice(("web", "app", None)),
            "amount": random.choice((*amounts, None)),
        }

    people: list[dict[str, object]] = [
        {
            "id": key,
            "country": random.choice(("IN", "GB", "US", None)),
            "points": random.choice((0, 1, 2, 3, None)),
            "vip": random.choice((True, False, None)),
            "joined": random.choice((day(), None)),
            "email": random.choice((*TEXTS, None)),
        }
        for key in range(CUSTOMERS)
    ]
    return {"customer": people, "order": [order(key) for key in range(CUSTOMERS) for _ in range(random.randrange(3))]}


def compiled(catalog: str, text: str) -> ir.Program:
    """What definitions mean; the text must be free of errors."""
    report = Report()
    tables = declare(parse_catalog(Source("catalog.yml", catalog), report), report)
    modules = [parse(Source("made.seg", text), report)]
    program = resolve(modules, tables, name="made", timezone="UTC", week_starts=0, settings={}, report=report)
    errors = [found.message for found in report.sorted() if found.severity.value == "error"]
    assert errors == [], f"{errors}\n{text}"
    return program


def made(seed: int, segments: int = SEGMENTS) -> Made:
    """The world of a seed."""
    random = Random(seed)
    least = random.choice((-5, 0))
    text = definitions(random, segments)
    as_of = datetime.fromisoformat(random.choice(MOMENTS)).replace(tzinfo=UTC)
    program = compiled(CATALOG.replace("AMOUNT_MIN", str(least)), text)
    world = customers(random, as_of, least)
    found = memberships(program, world, as_of)
    members = {name: sum(1 << int(key) for key in each.qualifies) for name, each in found.items()}
    return Made(text, program, world, as_of, members)
