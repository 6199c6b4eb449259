"""Makes a shop's data and so many realistic segments over them, each beside the query an analyst would write by hand.

    python benchmarks/run/project.py FOLDER --customers 1000000 --events 20000000 --segments 50

The data are two Parquet files: customers, and events of four kinds, a few customers having most of them. The same
arguments give the same rows and the same texts. `queries.json` holds the queries by segment.
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
class Both:
    """A condition, as a marketer writes it and as an analyst does: SQL over the row `c` of `customers`."""

    seg: str
    sql: str


def since(days: int) -> str:
    return f"happened_at >= TIMESTAMP '{AS_OF - timedelta(days=days)}'"


def grouped(where: str, having: str) -> str:
    """Those of whose events so many are there."""
    return f"c.customer_id IN (SELECT customer_id FROM events WHERE {where} GROUP BY customer_id HAVING {having})"


def some(where: str) -> str:
    return f"EXISTS (SELECT 1 FROM events e WHERE e.customer_id = c.customer_id AND {where})"


def plain(random: Random) -> Both:
    country = random.choice(COUNTRIES)
    low = random.randint(18, 50)
    return random.choice(
        (
            Both(f'country = "{country}"', f"c.country = '{country}'"),
            Both(f"age between {low} and {low + 15}", f"c.age BETWEEN {low} AND {low + 15}"),
            Both('plan in ("plus", "pro")', "c.plan IN ('plus', 'pro')"),
            Both("opted_in", "c.opted_in"),
        )
    )


def has(random: Random) -> Both:
    days = random.choice(WINDOWS)
    kind, filter_ = random.choice(
        [
            *(("order", ("channel", each)) for each in CHANNELS),
            *(("visit", ("page", each)) for each in PAGES),
            *(("mail", ("campaign", each)) for each in CAMPAIGNS),
            ("ticket", ("channel", "phone")),
        ]
    )
    column = "channel" if filter_[0] == "channel" else "about"
    where = f"kind = '{kind}' AND {since(days)} AND {column} = '{filter_[1]}'"
    seg = f'{kind} where {filter_[0]} = "{filter_[1]}" in last {days} days'
    if random.random() < 0.3:
        return Both(f"no {seg}", f"NOT {some(where)}")
    return Both(f"has {seg}", some(where))


def count(random: Random) -> Both:
    kind, days, number = (
        random.choice(("order", "visit", "visit", "mail")),
        random.choice(WINDOWS),
        random.randint(2, 6),
    )
    return Both(
        f"count({kind} in last {days} days) >= {number}",
        grouped(f"kind = '{kind}' AND {since(days)}", f"count(*) >= {number}"),
    )


def spent(random: Random) -> Both:
    days, amount = random.choice(WINDOWS[2:]), random.choice((100, 200, 500, 1000))
    return Both(
        f"sum(order.amount in last {days} days) >= {amount}",
        grouped(f"kind = 'order' AND {since(days)}", f"sum(amount) >= {amount}"),
    )


def recency(random: Random) -> Both:
    kind, days = random.choice(("order", "visit")), random.choice(WINDOWS[2:])
    return Both(
        f"last({kind}.at) more than {days} days ago",
        grouped(f"kind = '{kind}'", f"max(happened_at) < TIMESTAMP '{AS_OF - timedelta(days=days)}'"),
    )


def opened(random: Random) -> Both:
    days = random.choice(WINDOWS[2:])
    return Both(
        f"count(mail where opened = true in last {days} days) >= 2",
        grouped(f"kind = 'mail' AND flag AND {since(days)}", "count(*) >= 2"),
    )


KINDS: tuple[Callable[[Random], Both], ...] = (has, has, has, count, count, spent, recency, opened)


def segments(number: int, seed: int) -> dict[str, Both]:
    """So many segments by name: one to three conditions about events, and often one about the customer."""
    random = Random(seed)
    found = {}
    for nth in range(1, number + 1):
        terms = [random.choice(KINDS)(random) for _ in range(random.choice((1, 1, 2, 2, 3)))]
        if random.random() < 0.6:
            terms.insert(0, plain(random))
        found[f"s{nth}"] = Both(" and ".join(each.seg for each in terms), " AND ".join(each.sql for each in terms))
    return found


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
    text = "\n".join(f"segment {name}\n  when {both.seg}\n" for name, both in made.items())
    (folder / "segments" / "all.seg").write_text(text)
    queries = {name: f"SELECT c.customer_id FROM customers c WHERE {both.sql}" for name, both in made.items()}
    (folder / "queries.json").write_text(json.dumps(queries, indent=1))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=20_000_000)
    parser.add_argument("--segments", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    write(given.folder, given.customers, given.events, given.segments, given.seed)
