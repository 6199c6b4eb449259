"""The catalog of the made-up projects: one shape with variations, as text, to write definitions over, and as stored."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from tests.world_text import CHANNELS, COUNTRIES, KINDS, Shape, Thing

DECLARED = {"TIMESTAMP": "timestamp", "TIMESTAMPTZ": "timestamp with time zone", "DATE": "date"}


def variations(random: Random) -> dict[str, str]:
    """What varies in the shape of the catalog."""
    return {
        "key": random.choice(("BIGINT", "VARCHAR")),
        "amount": random.choice(("DECIMAL(12,2)", "DOUBLE", "DECIMAL(16,4)")),
        "score": random.choice(("DOUBLE", "DECIMAL(6,2)")),
        "order_at": random.choice(("TIMESTAMP", "TIMESTAMP", "TIMESTAMPTZ", "DATE")),
        "customer_at": random.choice(("", "", "", "signed_up")),
        "order_where": random.choice(("", "", 'status != "test"', "paid", "not (amount < 0)", "amount is known")),
        "store_where": random.choice(
            ("", "", 'city != "closed"', "spot is known", "not spot within 900 km of (10, 20)")
        ),
        "degrees": random.choice(("DOUBLE", "DECIMAL(9,6)", "DECIMAL(20,12)", "INTEGER")),
        "visit_key": random.choice(("", "visit_id")),
    }


def catalog_text(choices: Mapping[str, str]) -> str:
    """`catalog.yml`."""

    def line(name: str, value: str) -> str:
        return f"    {name}: {value}\n" if value else ""

    def single(text: str) -> str:
        return f"'{text}'" if text else ""

    text = f"""
tables:
  customer:
    from: crm.customers
    key: customer_id
{line("at", choices["customer_at"])}    links:
      home: {{column: home_store, table: store}}
      referrer: {{column: referred_by, table: customer}}
    columns:
      country: {{type: text, values: [IN, GB, US]}}
      name: text
      email: {{type: text, from: e_mail}}
      age: {{type: integer, min: 0, max: 120}}
      score: decimal(6,2)
      vip: boolean
      birthday: date
      signed_up: timestamp
      last_seen: timestamp with time zone
      interests: list of text
      lives: {{type: point, latitude: lat, longitude: lon}}
      shops: {{is: home.spot}}
      doubled: {{is: score * 2}}
      per_year: {{is: score / age}}
  store:
    from: stores
    key: store_id
{line("where", single(choices["store_where"]))}    columns:
      city: text
      opened: date
      rating: decimal(3,1)
      spot: {{type: point, latitude: lat, longitude: lon}}
  order:
    from: sales.orders
    key: order_id
    at: ordered_at
    links: {{customer: customer_id, store: store_id}}
{line("where", single(choices["order_where"]))}    columns:
      amount: decimal(12,2)
      discount: decimal(8,3)
      status: text
      channel: {{type: text, values: [web, app, shop]}}
      paid: boolean
      labels: list of text
      due: date
      placed: {{type: {DECLARED[choices["order_at"]]}, from: ordered_at}}
      net: {{is: amount - discount}}
  order_line:
    from: sales.order_lines
    links: {{order: order_id, product: product_id}}
    columns:
      quantity: integer
      price: decimal(12,2)
      amount: {{type: decimal, is: quantity * price}}
      share: {{is: quantity * price - order.amount}}
      gift: boolean
  product:
    from: products
    key: product_id
    columns: {{department: text, category: text, weight: "decimal(6,3)"}}
  visit:
    from: visits
{line("key", choices["visit_key"])}    at: visited_on
    links: {{customer: customer_id}}
    columns: {{visited_on: date, pages: integer, device: text, note: text}}
  event:
    from: events
    key: event_id
    at: happened
    links: {{customer: customer_id}}
    columns:
      kind: {{type: text, values: [open, click, buy]}}
      when_it_was: {{type: timestamp with time zone, from: happened}}
      value: decimal(10,4)
      expires: timestamp with time zone
      shown: timestamp
      spot: {{type: point, latitude: lat, longitude: lon}}
  card:
    from: cards
    links: {{customer: customer_id}}
    columns: {{points: integer, active: boolean, since: date}}
entity: customer
"""
    return text.lstrip()


def catalog_shape(choices: Mapping[str, str]) -> Shape:
    """The catalog as the writer of definitions needs it: what can be named, and of which kind it is."""
    time = {"TIMESTAMP": "timestamp", "TIMESTAMPTZ": "zoned", "DATE": "date"}[choices["order_at"]]
    member_time = "timestamp" if choices["customer_at"] else ""
    return {
        "customer": Thing(
            "country=closed name=text email=text age=integer score=decimal2 vip=boolean birthday=date "
            "signed_up=timestamp last_seen=zoned interests=list doubled=decimal2 per_year=quotient "
            "lives=point shops=point",
            links={"home": "store", "referrer": "customer"},
            rows=("order", "order_line", "visit", "event", "card", "customer"),
            time=member_time,
            values=COUNTRIES,
        ),
        "store": Thing("city=text opened=date rating=decimal1 spot=point", rows=("customer", "order", "visit")),
        "order": Thing(
            "amount=decimal2 discount=decimal3 status=text channel=closed paid=boolean labels=list due=date "
            f"placed={time} net=decimal3",
            links={"customer": "customer", "store": "store"},
            rows=("order_line",),
            time=time,
            values=CHANNELS,
        ),
        "order_line": Thing(
            "quantity=integer price=decimal2 amount=decimal2 share=decimal2 gift=boolean",
            links={"order": "order", "product": "product"},
            time=time,
        ),
        "product": Thing("department=text category=text weight=decimal3"),
        "visit": Thing(
            "visited_on=date pages=integer device=text note=text", links={"customer": "customer"}, time="date"
        ),
        "event": Thing(
            "kind=closed when_it_was=zoned value=decimal4 expires=zoned shown=timestamp spot=point",
            links={"customer": "customer"},
            time="zoned",
            values=KINDS,
        ),
        "card": Thing("points=integer active=boolean since=date", links={"customer": "customer"}, time=member_time),
    }


def stored_columns(choices: Mapping[str, str]) -> dict[str, dict[str, str]]:
    key, amount = choices["key"], choices["amount"]
    return {
        "crm.customers": {
            "customer_id": key,
            "home_store": "VARCHAR",
            "referred_by": key,
            "country": "VARCHAR",
            "name": "VARCHAR",
            "e_mail": "VARCHAR",
            "age": "INTEGER",
            "score": choices["score"],
            "vip": "BOOLEAN",
            "birthday": "DATE",
            "signed_up": "TIMESTAMP",
            "last_seen": "TIMESTAMPTZ",
            "interests": "VARCHAR[]",
            "lat": choices["degrees"],
            "lon": choices["degrees"],
        },
        "stores": {
            "store_id": "VARCHAR",
            "city": "VARCHAR",
            "opened": "DATE",
            "rating": "DOUBLE",
            "lat": "DOUBLE",
            "lon": choices["degrees"],
        },
        "sales.orders": {
            "order_id": "BIGINT",
            "customer_id": key,
            "store_id": "VARCHAR",
            "ordered_at": choices["order_at"],
            "amount": amount,
            "discount": "DOUBLE",
            "status": "VARCHAR",
            "channel": "VARCHAR",
            "paid": "BOOLEAN",
            "labels": "VARCHAR[]",
            "due": "DATE",
        },
        "sales.order_lines": {
            "order_id": "BIGINT",
            "product_id": "BIGINT",
            "quantity": "INTEGER",
            "price": amount,
            "gift": "BOOLEAN",
        },
        "products": {"product_id": "BIGINT", "department": "VARCHAR", "category": "VARCHAR", "weight": "DECIMAL(6,3)"},
        "visits": {
            "visit_id": "VARCHAR",
            "customer_id": key,
            "visited_on": "DATE",
            "pages": "BIGINT",
            "device": "VARCHAR",
            "note": "VARCHAR",
        },
        "events": {
            "event_id": "VARCHAR",
            "customer_id": key,
            "happened": "TIMESTAMPTZ",
            "kind": "VARCHAR",
            "value": "DOUBLE",
            "expires": "TIMESTAMPTZ",
            "shown": "TIMESTAMP",
            "lat": "DECIMAL(9,6)",
            "lon": "DOUBLE",
        },
        "cards": {"customer_id": key, "points": "INTEGER", "active": "BOOLEAN", "since": "DATE"},
    }
