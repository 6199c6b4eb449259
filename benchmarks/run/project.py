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
    """A condition, as a marketer writes it and as an analyst does: SQL over the row `c` of `customers`.

    `at_once` is the same over customers joined to their events and grouped, for a query of all segments together.
    """

    seg: str
    sql: str
    at_once: str


def since(days: int) -> str:
    return f"happened_at >= TIMESTAMP '{AS_OF - timedelta(days=days)}'"


def of_row(seg: str, sql: str) -> Both:
    return Both(seg, sql, sql)


def grouped(seg: str, where: str, aggregate: str, compared: str) -> Both:
    """Those of whose events an aggregate compares so."""
    having = f"SELECT customer_id FROM events WHERE {where} GROUP BY customer_id HAVING {aggregate} {compared}"
    return Both(seg, f"c.customer_id IN ({having})", f"{aggregate} FILTER (WHERE {where}) {compared}")


def some(seg: str, where: str, is_no: bool) -> Both:
    exists = f"EXISTS (SELECT 1 FROM events e WHERE e.customer_id = c.customer_id AND {where})"
    at_once = f"count(*) FILTER (WHERE {where}) {'=' if is_no else '>'} 0"
    return Both(f"{'no' if is_no else 'has'} {seg}", f"{'NOT ' if is_no else ''}{exists}", at_once)


def plain(random: Random) -> Both:
    country = random.choice(COUNTRIES)
    low = random.randint(18, 50)
    return random.choice(
        (
            of_row(f'country = "{country}"', f"c.country = '{country}'"),
            of_row(f"age between {low} and {low + 15}", f"c.age BETWEEN {low} AND {low + 15}"),
            of_row('plan in ("plus", "pro")', "c.plan IN ('plus', 'pro')"),
            of_row("opted_in", "c.opted_in"),
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
    return some(seg, where, is_no=random.random() < 0.3)


def count(random: Random) -> Both:
    kind, days, number = (
        random.choice(("order", "visit", "visit", "mail")),
        random.choice(WINDOWS),
        random.randint(2, 6),
    )
    where = f"kind = '{kind}' AND {since(days)}"
    return grouped(f"count({kind} in last {days} days) >= {number}", where, "count(*)", f">= {number}")


def spent(random: Random) -> Both:
    days, amount = random.choice(WINDOWS[2:]), random.choice((100, 200, 500, 1000))
    where = f"kind = 'order' AND {since(days)}"
    return grouped(f"sum(order.amount in last {days} days) >= {amount}", where, "sum(amount)", f">= {amount}")


def recency(random: Random) -> Both:
    kind, days = random.choice(("order", "visit")), random.choice(WINDOWS[2:])
    before = f"< TIMESTAMP '{AS_OF - timedelta(days=days)}'"
    return grouped(f"last({kind}.at) more than {days} days ago", f"kind = '{kind}'", "max(happened_at)", before)


def opened(random: Random) -> Both:
    days = random.choice(WINDOWS[2:])
    where = f"kind = 'mail' AND flag AND {since(days)}"
    return grouped(f"count(mail where opened = true in last {days} days) >= 2", where, "count(*)", ">= 2")


KINDS: tuple[Callable[[Random], Both], ...] = (has, has, has, count, count, spent, recency, opened)


def segments(number: int, seed: int) -> dict[str, Both]:
    """So many segments by name: one to three conditions about events, and often one about the customer."""
    random = Random(seed)
    found = {}
    for nth in range(1, number + 1):
        terms = [random.choice(KINDS)(random) for _ in range(random.choice((1, 1, 2, 2, 3)))]
        if random.random() < 0.6:
            terms.insert(0, plain(random))
        found[f"s{nth}"] = Both(
            " and ".join(each.seg for each in terms),
            " AND ".join(each.sql for each in terms),
            " AND ".join(each.at_once for each in terms),
        )
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
    columns = ", ".join(f"coalesce({both.at_once}, false) AS {name}" for name, both in made.items())
    (folder / "at_once.sql").write_text(
        f"SELECT c.customer_id, {columns} FROM customers c LEFT JOIN events e ON e.customer_id = c.customer_id "
        "GROUP BY c.customer_id, c.country, c.plan, c.age, c.opted_in"
    )
    write_dbt(folder, queries)


DBT_PROJECT = """name: segments
version: "1.0"
profile: segments
models: {segments: {+materialized: table}}
"""
DBT_PROFILE = "segments: {target: dev, outputs: {dev: {type: duckdb, path: dbt.duckdb, threads: 2}}}\n"


def write_dbt(folder: Path, queries: dict[str, str]) -> None:
    """A dbt project with a model for each segment, over the same files."""
    dbt = folder / "dbt"
    (dbt / "models").mkdir(parents=True, exist_ok=True)
    (dbt / "dbt_project.yml").write_text(DBT_PROJECT)
    (dbt / "profiles.yml").write_text(DBT_PROFILE)
    for name, query in queries.items():
        for table in ("customers", "events"):
            query = query.replace(f"FROM {table}", f"FROM '{folder.resolve() / 'data' / f'{table}.parquet'}'")
        (dbt / "models" / f"{name}.sql").write_text(query)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=20_000_000)
    parser.add_argument("--segments", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    write(given.folder, given.customers, given.events, given.segments, given.seed)
