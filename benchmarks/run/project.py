"""Makes a shop's data and so many realistic segments over them, each beside the query an analyst would write by hand.

    python -m benchmarks.run.project FOLDER --customers 1000000 --events 20000000 --segments 50

The data are two Parquet files: customers, and events of four kinds, a few customers having most of them. The same
arguments give the same rows and the same texts. `queries.json` holds the queries by segment, `prql.json` the same in
PRQL, and `at_once.sql` one query for all segments, in which every aggregate has a `FILTER` of its own.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random
from string import Template

import duckdb

AS_OF = date(2026, 7, 1)
COUNTRIES = ("IN", "GB", "US", "DE", "FR", "BR", "JP", "NG")
PLANS = ("free", "basic", "plus", "pro")
CHANNELS = ("web", "app", "shop", "phone")
PAGES = ("home", "search", "product", "basket", "help", "account")
CAMPAIGNS = ("welcome", "spring", "sale", "winback")
KINDS_OF_EVENTS = ["visit"] * 5 + ["mail"] * 3 + ["order"] * 2 + ["ticket"]
WINDOWS = (7, 14, 30, 60, 90, 180, 365)
A_FILE = 80

PROJECT = """name: benchmark
timezone: UTC
targets:
  data: {type: duckdb, path: data}
default_target: data
"""
CATALOG = f"""tables:
  customer:
    from: customers.parquet
    key: customer_id
    columns:
      country: {{type: text, values: [{", ".join(f'"{each}"' for each in COUNTRIES)}], required: true}}
      plan: {{type: text, values: [{", ".join(PLANS)}]}}
      age: {{type: integer, min: 0, max: 120}}
      opted_in: {{type: boolean, required: true}}
  order:
    from: events.parquet
    at: happened_at
    where: kind = "order"
    links: {{customer: customer_id}}
    columns: {{kind: text, channel: text, amount: "decimal(12,2)"}}
  visit:
    from: events.parquet
    at: happened_at
    where: kind = "visit"
    links: {{customer: customer_id}}
    columns: {{kind: text, channel: text, page: {{from: about, type: text}}}}
  mail:
    from: events.parquet
    at: happened_at
    where: kind = "mail"
    links: {{customer: customer_id}}
    columns: {{kind: text, campaign: {{from: about, type: text}}, opened: {{from: flag, type: boolean}}}}
  ticket:
    from: events.parquet
    at: happened_at
    where: kind = "ticket"
    links: {{customer: customer_id}}
    columns: {{kind: text, channel: text, solved: {{from: flag, type: boolean}}}}
entity: customer
"""
MACROS = """
CREATE MACRO drawn(n, times) AS CAST(hash(n * 31 + times) >> 1 AS BIGINT);
CREATE MACRO pick(of, number) AS of[1 + number % len(of)]
"""
CUSTOMERS = f"""
COPY (
  SELECT
    n AS customer_id,
    pick({list(COUNTRIES)}, drawn(n, 1)) AS country,
    pick([NULL, 'free', 'free', 'basic', 'plus', 'pro'], drawn(n, 2)) AS plan,
    CASE WHEN drawn(n, 3) % 10 > 0 THEN CAST(16 + drawn(n, 4) % 70 AS INTEGER) END AS age,
    drawn(n, 5) % 3 > 0 AS opted_in
  FROM range($customers) AS _(n)
) TO '$file' (FORMAT parquet)
"""
# The square of a fraction: a tenth of the customers have a third of the events.
EVENTS = f"""
COPY (
  SELECT
    CAST(floor($customers * pow((drawn(n, 6) % 1000003) / 1000003, 2)) AS BIGINT) AS customer_id,
    kind,
    TIMESTAMP '{AS_OF}' - to_seconds(1 + drawn(n, 7) % {2 * 365 * 86_400}) AS happened_at,
    pick({list(CHANNELS)}, drawn(n, 8)) AS channel,
    CAST((drawn(n, 9) % 20000) / 100 AS DECIMAL(12, 2)) AS amount,
    pick(CASE kind WHEN 'visit' THEN {list(PAGES)} ELSE {list(CAMPAIGNS)} END, drawn(n, 10)) AS about,
    drawn(n, 11) % 3 = 0 AS flag
  FROM (SELECT n, pick({KINDS_OF_EVENTS}, drawn(n, 12)) AS kind FROM range($events) AS _(n))
) TO '$file' (FORMAT parquet)
"""


@dataclass(frozen=True)
class Rows:
    """Which events are looked at: as a marketer says it after the kind, and by column for SQL and PRQL."""

    kind: str
    days: int | None = None
    column: str = ""
    value: str = ""
    flag: bool = False

    def seg(self) -> str:
        named = "about" if self.column == "about" else self.column
        named = {"visit": "page", "mail": "campaign"}.get(self.kind, named) if named == "about" else named
        where = f' where {named} = "{self.value}"' if named else " where opened = true" if self.flag else ""
        return f"{self.kind}{where}{f' in last {self.days} days' if self.days else ''}"

    def sql(self) -> str:
        since = [f"happened_at >= TIMESTAMP '{AS_OF - timedelta(days=self.days)}'"] if self.days else []
        value = [f"{self.column} = '{self.value}'"] if self.column else []
        return " AND ".join([f"kind = '{self.kind}'", *since, *value, *["flag"] * self.flag])

    def prql(self) -> str:
        since = [f"happened_at >= @{AS_OF - timedelta(days=self.days)}"] if self.days else []
        value = [f"{self.column} == '{self.value}'"] if self.column else []
        return " && ".join([f"kind == '{self.kind}'", *since, *value, *["flag"] * self.flag])


@dataclass(frozen=True)
class Condition:
    """A condition, as a marketer writes it, as an analyst does over the row `c` of `customers`, and in PRQL.

    Where it is about `rows`, `wide` is SQL over a customer's row with all aggregates beside it, `{}` being the one of
    this condition: `aggregate` over those rows.
    """

    seg: str
    sql: str
    wide: str
    prql: str
    rows: Rows | None = None
    aggregate: str = ""
    negated: bool = False

    @property
    def filtered(self) -> str:
        """What the one naive query works out for each customer."""
        return f"{self.aggregate} FILTER (WHERE {self.rows.sql()})" if self.rows else ""


def exists(rows: Rows, negated: bool) -> Condition:
    some = f"EXISTS (SELECT 1 FROM events e WHERE e.customer_id = c.customer_id AND {rows.sql()})"
    if negated:
        return Condition(f"no {rows.seg()}", f"NOT {some}", "coalesce({}, 0) = 0", "n >= 1", rows, "count(*)", True)
    return Condition(f"has {rows.seg()}", some, "{} >= 1", "n >= 1", rows, "count(*)")


def grouped(seg: str, rows: Rows, aggregate: str, test: str, prql: str = "") -> Condition:
    """Those of whose events so many are there."""
    groups = f"SELECT customer_id FROM events WHERE {rows.sql()} GROUP BY customer_id HAVING {aggregate} {test}"
    return Condition(seg, f"c.customer_id IN ({groups})", f"{{}} {test}", prql or f"n {test}", rows, aggregate)


def plain(random: Random) -> Condition:
    country = random.choice(COUNTRIES)
    low = random.randint(18, 50)
    high = low + 15
    seg, sql, prql = random.choice(
        (
            (f'country = "{country}"', f"c.country = '{country}'", f"c.country == '{country}'"),
            (f"age between {low} and {high}", f"c.age BETWEEN {low} AND {high}", f"(c.age | in {low}..{high})"),
            ('plan in ("plus", "pro")', "c.plan IN ('plus', 'pro')", "(c.plan == 'plus' || c.plan == 'pro')"),
            ("opted_in", "c.opted_in", "c.opted_in"),
        )
    )
    return Condition(seg, sql, sql, prql)


def has(random: Random) -> Condition:
    days = random.choice(WINDOWS)
    kind, column, value = random.choice(
        [
            *(("order", "channel", each) for each in CHANNELS),
            *(("visit", "about", each) for each in PAGES),
            *(("mail", "about", each) for each in CAMPAIGNS),
            ("ticket", "channel", "phone"),
        ]
    )
    return exists(Rows(kind, days, column, value), random.random() < 0.3)


def count(random: Random) -> Condition:
    kind, days = random.choice(("order", "visit", "visit", "mail")), random.choice(WINDOWS)
    rows, number = Rows(kind, days), random.randint(2, 6)
    return grouped(f"count({rows.seg()}) >= {number}", rows, "count(*)", f">= {number}")


def spent(random: Random) -> Condition:
    days, amount = random.choice(WINDOWS[2:]), random.choice((100, 200, 500, 1000))
    seg = f"sum(order.amount in last {days} days) >= {amount}"
    return grouped(seg, Rows("order", days), "sum(amount)", f">= {amount}")


def recency(random: Random) -> Condition:
    kind, days = random.choice(("order", "visit")), random.choice(WINDOWS[2:])
    day = AS_OF - timedelta(days=days)
    seg = f"last({kind}.at) more than {days} days ago"
    return grouped(seg, Rows(kind), "max(happened_at)", f"< TIMESTAMP '{day}'", f"n < @{day}")


def opened(random: Random) -> Condition:
    rows = Rows("mail", random.choice(WINDOWS[2:]), flag=True)
    return grouped(f"count({rows.seg()}) >= 2", rows, "count(*)", ">= 2")


KINDS: tuple[Callable[[Random], Condition], ...] = (has, has, has, count, count, spent, recency, opened)


def segments(number: int, seed: int) -> dict[str, list[Condition]]:
    """The conditions of so many segments: one to three about events, and often one about the customer."""
    random = Random(seed)
    found = {}
    for nth in range(1, number + 1):
        terms = [random.choice(KINDS)(random) for _ in range(random.choice((1, 1, 2, 2, 3)))]
        if random.random() < 0.6:
            terms.insert(0, plain(random))
        found[f"s{nth}"] = terms
    return found


def by_hand(conditions: list[Condition]) -> str:
    """The query that an analyst writes for one segment."""
    return f"SELECT c.customer_id FROM customers c WHERE {' AND '.join(each.sql for each in conditions)}"


def at_once(made: dict[str, list[Condition]]) -> str:
    """One query for all segments, every aggregate in one SELECT: a row a customer, and a column a segment."""
    names: dict[str, str] = {}
    for conditions in made.values():
        for each in conditions:
            if each.rows:
                names.setdefault(each.filtered, f"a{len(names) + 1}")
    aggregates = ", ".join(f"{aggregate} AS {name}" for aggregate, name in names.items())
    tests = {
        name: " AND ".join(each.wide.format(f"p.{names[each.filtered]}") if each.rows else each.wide for each in terms)
        for name, terms in made.items()
    }
    columns = ", ".join(f"coalesce({test}, FALSE) AS {name}" for name, test in tests.items())
    return (
        f"WITH p AS (SELECT customer_id, {aggregates} FROM events GROUP BY customer_id) "
        f"SELECT c.customer_id, {columns} FROM customers c LEFT JOIN p ON p.customer_id = c.customer_id"
    )


def in_prql(conditions: list[Condition]) -> str:
    """The same segment in PRQL: a relation for each condition about events, joined to the customers."""
    relations, joins, tests = [], [], []
    for nth, each in enumerate(conditions, start=1):
        if not each.rows:
            tests.append(each.prql)
            continue
        aggregate = {"count(*)": "count this", "sum(amount)": "sum amount"}.get(each.aggregate, "max happened_at")
        relations.append(
            f"let e{nth} = (from events | filter {each.rows.prql()} | "
            f"group customer_id (aggregate {{n = {aggregate}}}) | filter {each.prql})"
        )
        joins.append(f"join {'side:left ' if each.negated else ''}e{nth} (c.customer_id == e{nth}.customer_id)")
        if each.negated:
            tests.append(f"e{nth}.customer_id == null")
    filters = [f"filter {test}" for test in tests]
    return "\n".join([*relations, "from c = customers", *joins, *filters, "select {c.customer_id}"])


def write(folder: Path, customers: int, events: int, number: int, seed: int = 1) -> None:
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(MACROS)
        for name, text in (("customers", CUSTOMERS), ("events", EVENTS)):
            sizes = {"customers": customers, "events": events, "file": data / f"{name}.parquet"}
            connection.execute(Template(text).substitute(sizes))
    (folder / "segdsl.yml").write_text(PROJECT)
    (folder / "catalog.yml").write_text(CATALOG)
    (folder / "segments").mkdir(exist_ok=True)
    made = segments(number, seed)
    texts = [f"segment {name}\n  when {' and '.join(each.seg for each in terms)}\n" for name, terms in made.items()]
    for place in range(0, len(texts), A_FILE):
        file = folder / "segments" / f"part_{place // A_FILE:04}.seg"
        file.write_text("\n".join(texts[place : place + A_FILE]))
    queries = {name: by_hand(terms) for name, terms in made.items()}
    (folder / "queries.json").write_text(json.dumps(queries, indent=1))
    (folder / "at_once.sql").write_text(at_once(made))
    (folder / "prql.json").write_text(json.dumps({name: in_prql(terms) for name, terms in made.items()}, indent=1))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=20_000_000)
    parser.add_argument("--segments", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    write(given.folder, given.customers, given.events, given.segments, given.seed)
