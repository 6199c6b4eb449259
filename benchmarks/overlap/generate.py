"""Makes a realistic project of so many segments.

    python benchmarks/overlap/generate.py 1000 FOLDER [--seed 1] [--plant]

A shop's catalog; segments that are pinned to a country and a plan (most pairs share nobody) or loose; counts and sums
in windows of 7 to 365 days; text patterns; values that may be missing; references; tiers and splits; exclusive groups
deep enough to shadow. The same arguments give the same files, byte for byte. With `--plant` known conflicts are
written, too, and what must be told of them is printed: a rule and a segment or group a line.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from random import Random

COUNTRIES = ("IN", "GB", "US", "DE", "FR", "BR", "JP", "NG", "MX", "CA", "ES", "IT", "PL", "SE", "ID", "KE")
PLANS = ("free", "basic", "plus", "pro", "team")
CHANNELS = ("web", "app", "shop", "phone")
WINDOWS = (7, 14, 30, 60, 90, 180, 365)
A_FILE = 80

PROJECT = """name: benchmark
timezone: Europe/Berlin
targets:
  data: {type: duckdb, path: data}
default_target: data
"""
CATALOG = f"""tables:
  customer:
    from: customers.csv
    key: customer_id
    columns:
      country: {{type: text, values: [{", ".join(f'"{each}"' for each in COUNTRIES)}], required: true}}
      plan: {{type: text, values: [{", ".join(PLANS)}]}}
      age: {{type: integer, min: 0, max: 120}}
      city: text
      email: text
      opted_in: {{type: boolean, required: true}}
      signed_up: timestamp
      birthday: date
  order:
    from: orders.csv
    key: order_id
    at: ordered_at
    links: {{customer: customer_id}}
    columns:
      amount: {{type: "decimal(12,2)", min: 0}}
      channel: {{type: text, values: [{", ".join(CHANNELS)}], required: true}}
      returned: {{type: boolean, required: true}}
  visit:
    from: visits.csv
    at: visited_at
    links: {{customer: customer_id}}
    columns: {{page: text, channel: {{type: text, values: [{", ".join(CHANNELS)}]}}}}
entity: customer
"""
NAMED = """let big_spend = 500
metric spend = sum(order.amount in last 365 days)
metric recent_orders = count(order in last 90 days)

segment reachable
  when opted_in and email is known

segment returners
  when count(order where returned = true in last 365 days) >= 3

tiers usage by count(visit in last 30 days): heavy >= 20, medium >= 5, light >= 1, otherwise inactive

split pilot: pilot_a 10%, pilot_b 10%, pilot_rest 80%
"""


def condition(random: Random) -> str:
    """One condition of the kinds that marketers write."""
    days, channel = random.choice(WINDOWS), random.choice(CHANNELS)
    return random.choice(
        (
            f"age between {random.randint(16, 40)} and {random.randint(41, 90)}",
            f"age >= {random.randint(18, 70)}",
            f'city in ("{random.choice(("Berlin", "Pune", "Leeds"))}", "{random.choice(("Lagos", "Osaka", "Lyon"))}")',
            f'email ends with "@{random.choice(("gmail.com", "acme.example", "shop.example"))}"',
            f'email contains "{random.choice(("+", "test", "info"))}"',
            "email is known",
            "birthday is missing",
            "opted_in",
            f"signed_up in last {days} days",
            f"signed_up more than {random.randint(1, 24)} months ago",
            f"signed_up >= 202{random.randint(3, 6)}-0{random.randint(1, 9)}-01",
            f"count(order in last {days} days) >= {random.randint(1, 12)}",
            f'count(order where channel = "{channel}" in last {days} days) >= {random.randint(1, 6)}',
            f"sum(order.amount in last {days} days) >= {random.choice((50, 100, 250, 500, 1000))}",
            f'no order where channel = "{channel}" in last {days} days',
            f"has order where amount >= {random.choice((20, 100, 300))} in last {days} days",
            f"last(order.at) in last {days} days",
            f"last(order.at) more than {days} days ago",
            f'has visit where page starts with "/{random.choice(("sale", "help", "cart"))}" in last {days} days',
            "every order has not returned",
            "spend >= big_spend",
            f"recent_orders between {random.randint(1, 3)} and {random.randint(4, 9)}",
            "in segment reachable",
            "not in segment returners",
            f"assigned to {random.choice(('heavy', 'medium', 'light', 'inactive'))}",
        )
    )


def joined(random: Random, number: int) -> str:
    """Some conditions, the last of them maybe two alternatives."""
    terms = list(dict.fromkeys(condition(random) for _ in range(number)))
    if random.random() < 0.3:
        terms.append(f"({condition(random)} or {condition(random)})")
    return "\n   and ".join(terms)


def pinned(random: Random) -> str:
    head = f'country = "{random.choice(COUNTRIES)}"'
    if random.random() < 0.7:
        head += f'\n   and plan = "{random.choice(PLANS)}"'
    return f"{head}\n   and {joined(random, random.randint(1, 3))}"


def segments(random: Random, number: int) -> Iterator[str]:
    """Definitions: four in ten pinned, four in ten members of exclusive groups, the others loose."""
    made, groups = 0, 0
    while made < number:
        kind = random.random()
        if kind < 0.02 or (kind < 0.4 and not groups):
            groups += 1
            members = min(random.choice((5, 10, 20, 40)), number - made)
            yield f"group group_{groups}\n  exclusive\n"
            for priority in range(1, members + 1):
                body = pinned(random) if random.random() < 0.6 else joined(random, random.randint(2, 4))
                yield f"segment g{groups}_{priority} in group_{groups} priority {priority}\n  when {body}\n"
            made += members
        else:
            body = pinned(random) if kind < 0.6 else joined(random, random.randint(2, 4))
            yield f"segment s{made + 1}\n  when {body}\n"
            made += 1


PLANTED = """segment planted_never
  when country = "IN" and age > 40 and country = "GB"

segment planted_window
  when has order in last 30 days and no order in last 60 days

segment planted_range
  when age >= 200 and opted_in

group planted_one
  exclusive

segment planted_wide in planted_one priority 1
  when age >= 30

segment planted_narrow in planted_one priority 2
  when age >= 40 and country = "IN"

group planted_union
  exclusive

segment planted_young in planted_union priority 1
  when age < 30

segment planted_old in planted_union priority 2
  when age >= 30

segment planted_middle in planted_union priority 3
  when age between 20 and 50

group planted_ties
  exclusive

segment planted_tie_a in planted_ties priority 1
  when count(order in last 30 days) >= 2

segment planted_tie_b in planted_ties priority 1
  when sum(order.amount in last 90 days) >= 20

group planted_gap
  exclusive
  complete

segment planted_low in planted_gap priority 1
  when age < 50

segment planted_high in planted_gap priority 2
  when age > 50 or age is missing

segment planted_first
  when count(order in last 7 days) >= 1 and opted_in

segment planted_again
  when opted_in and last(order.at) in last 7 days

segment planted_redundant
  when count(order in last 30 days) >= 5 and has order in last 365 days

segment planted_dead
  when country = "IN" and (age > 50 or country = "US")

segment planted_promise
  when plan = "pro"
  expect disjoint from planted_redundant
"""
# The rule that must be told, and the segment or group that it must be told of.
EXPECTED = (
    ("never-matches", "planted_never"),
    ("never-matches", "planted_window"),
    ("never-matches", "planted_range"),
    ("shadowed", "planted_narrow"),
    ("shadowed", "planted_middle"),
    ("repeated-priority", "planted_tie_b"),
    ("incomplete-group", "planted_gap"),
    ("same-people", "planted_again"),
    ("redundant-condition", "planted_redundant"),
    ("dead-branch", "planted_dead"),
    ("refuted-promise", "planted_promise"),
)


def write(number: int, folder: Path, seed: int = 1, plant: bool = False) -> None:
    """Writes the project; an older one in the same folder is written over."""
    random = Random(seed)
    (folder / "segments").mkdir(parents=True, exist_ok=True)
    (folder / "segdsl.yml").write_text(PROJECT, encoding="utf-8")
    (folder / "catalog.yml").write_text(CATALOG, encoding="utf-8")
    (folder / "segments" / "named.seg").write_text(NAMED, encoding="utf-8")
    if plant:
        (folder / "segments" / "planted.seg").write_text(PLANTED, encoding="utf-8")
    texts = list(segments(random, number))
    for place in range(0, len(texts), A_FILE):
        name = f"part_{place // A_FILE:04}.seg"
        (folder / "segments" / name).write_text("\n".join(texts[place : place + A_FILE]), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("segments", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plant", action="store_true")
    options = parser.parse_args()
    write(options.segments, options.folder, options.seed, options.plant)
    for rule, name in EXPECTED if options.plant else ():
        print(rule, name)
