"""Made-up projects: from a random generator to the text of a catalog and of definitions, and rows that are hard on them.

`project(random)` promises a project that `resolve` accepts, with every construct of the language in reach, and rows
that sit on its edges: missing values, ties, orphans, moments exactly on the ends of its windows, sums exactly on its
thresholds, hostile text. Drive it with `random.Random(seed)`, or under hypothesis with `st.randoms()`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from segdsl.semantics import calendar, ir
from segdsl.semantics.catalog import Catalog
from segdsl.source import NOWHERE
from tests.world_text import CHANNELS, COUNTRIES, KINDS, WINDOWS, Shape, Thing, Vocabulary, definitions

Stored = dict[str, object]


@dataclass(frozen=True)
class Project:
    """A whole project and its database. `rows` and `columns` are by stored table and stored column.

    `columns` are DuckDB types. Moments are aware in a TIMESTAMPTZ and naive in a TIMESTAMP; `as_of` is aware.
    """

    catalog: str
    segments: dict[str, str]
    timezone: str
    week_starts: str
    rows: dict[str, list[Stored]]
    columns: dict[str, dict[str, str]]
    as_of: datetime


def world(project: Project, catalog: Catalog) -> dict[str, list[Stored]]:
    """The rows of `project` by the names that its catalog gives tables and columns: what `evaluate` reads."""
    found = {}
    for table in catalog.tables.values():
        renamed = {column.stored_as: column.name for column in table.columns.values() if column.formula is None}
        joins = {table.key, table.at, *(link.column for link in table.links.values())}
        found[table.name] = [
            {renamed[name]: value for name, value in row.items() if name in renamed}
            | {name: value for name, value in row.items() if name in joins and name not in renamed}
            for row in project.rows[".".join(table.stored_in)]
        ]
    return found


# --- what can be chosen ---------------------------------------------------------------------------

MOMENTS = {
    "UTC": ["2026-03-31T12:00", "2024-02-29T23:59:59.999999", "2026-01-01T00:00", "2026-05-31T06:30"],
    "America/New_York": ["2026-03-09T02:30", "2026-03-08T03:15", "2026-11-01T01:30", "2026-11-02T01:30"],
    "Asia/Kolkata": ["2026-03-31T00:00", "2024-03-01T05:29:59", "2026-12-31T23:45"],
    "Europe/Berlin": ["2026-03-30T02:30", "2026-10-25T02:30", "2026-10-26T02:00", "2024-02-29T12:00"],
    "Australia/Lord_Howe": ["2026-04-05T01:45", "2026-10-05T02:15"],
}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
AMOUNTS = tuple(map(Decimal, ("0", "0.01", "0.1", "3.33", "9.99", "10", "10.01", "19.99", "20", "100", "-5", "0.15")))
# Half a cent from its float's shortest text, and not from the float itself.
HALVES = (0.145, 1.005, 2.675, -0.145, 0.1, 10.0, 9.995)
TEXTS = (
    "",
    " ",
    "gift",
    "Gift card",
    "GIFT",
    "a",
    "A",
    "ä",
    "a\u0308",
    "İstanbul",
    "ıspanak",
    "ISTANBUL",
    "Straße",
    "STRASSE",
    "ΣΊΣΥΦΟΣ",
    "50%",
    "_x_",
    "a*b",
    "a?b",
    "[a]",
    "back\\slash",
    "it's",
    'say "hi"',
    "two\nlines",
    "tab\there",
    "👍🏽 yes",
    "e\u0301t\u0301e",
    "null",
    "--",
    "trailing ",
)
KEYS = ("1", "10", "9", "a", "A", "ä", "", "it's", "👍", "x;--", 'q"', "A ", "null", "é")


def _at_most(random: Random, count: int) -> range:
    return range(random.choice((0, 1, 2, count // 2, count)))


# --- projects -------------------------------------------------------------------------------------


def project(random: Random) -> Project:
    """A project with definitions of every kind and rows on their edges."""
    zone = random.choice(tuple(MOMENTS))
    week_starts = random.choice(WEEKDAYS)
    wall = datetime.fromisoformat(random.choice(MOMENTS[zone]))
    as_of = wall.replace(tzinfo=ZoneInfo(zone), fold=random.randint(0, 1)).astimezone(UTC)
    clock = calendar.Clock(as_of, ZoneInfo(zone), WEEKDAYS.index(week_starts))
    choices = _choices(random)
    vocabulary = Vocabulary(
        windows=tuple(random.sample(WINDOWS, 7)),
        numbers=tuple(dict.fromkeys((*AMOUNTS, Decimal(2), Decimal(3), Decimal("6.66"), Decimal("0.3")))),
        texts=TEXTS,
        moments=tuple(f"{moment:%Y-%m-%dT%H:%M:%S.%f}" for moment in _moments(random, clock, ())[:6]),
        offset=random.choice(("Z", "+05:30", "-04:00")),
    )
    shape = _shape(choices)
    return Project(
        catalog=_catalog(choices, shape),
        segments=definitions(random, shape, vocabulary),
        timezone=zone,
        week_starts=week_starts,
        rows=_rows(random, choices, clock, vocabulary),
        columns=_columns(choices),
        as_of=as_of,
    )


def _choices(random: Random) -> dict[str, str]:
    """What varies in the shape of the catalog."""
    return {
        "key": random.choice(("BIGINT", "VARCHAR")),
        "amount": random.choice(("DECIMAL(12,2)", "DOUBLE", "DECIMAL(16,4)")),
        "score": random.choice(("DOUBLE", "DECIMAL(6,2)")),
        "order_at": random.choice(("TIMESTAMP", "TIMESTAMP", "TIMESTAMPTZ", "DATE")),
        "customer_at": random.choice(("", "", "", "signed_up")),
        "order_where": random.choice(("", "", 'status != "test"', "paid", "not (amount < 0)", "amount is known")),
        "store_where": random.choice(("", "", 'city != "closed"')),
        "visit_key": random.choice(("", "visit_id")),
    }


UNITS: dict[str, ir.Unit] = {
    "minute": "minute",
    "hour": "hour",
    "day": "day",
    "week": "week",
    "month": "month",
    "quarter": "quarter",
    "year": "year",
}
DECLARED = {"TIMESTAMP": "timestamp", "TIMESTAMPTZ": "timestamp with time zone", "DATE": "date"}


def _catalog(choices: Mapping[str, str], shape: Shape) -> str:
    def line(name: str, value: str) -> str:
        return f"    {name}: {value}\n" if value else ""

    def single(text: str) -> str:
        return f"'{text}'" if text else ""

    text = f"""
tables:
  customer:
    from: crm.customers
    key: customer_id
{line("at", choices["customer_at"])}    links: {{home: {{column: home_store, table: store}}, referrer: {{column: referred_by, table: customer}}}}
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
      doubled: {{is: score * 2}}
      per_year: {{is: score / age}}
  store:
    from: stores
    key: store_id
{line("where", single(choices["store_where"]))}    columns: {{city: text, opened: date, rating: "decimal(3,1)"}}
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
  card:
    from: cards
    links: {{customer: customer_id}}
    columns: {{points: integer, active: boolean, since: date}}
entity: customer
"""
    assert set(shape) == {"customer", "store", "order", "order_line", "product", "visit", "event", "card"}
    return text.lstrip()


def _shape(choices: Mapping[str, str]) -> Shape:
    """The catalog as the writer of definitions needs it: what can be named, and of which kind it is."""
    time = {"TIMESTAMP": "timestamp", "TIMESTAMPTZ": "zoned", "DATE": "date"}[choices["order_at"]]
    member_time = "timestamp" if choices["customer_at"] else ""
    return {
        "customer": Thing(
            "country=closed name=text email=text age=integer score=decimal2 vip=boolean birthday=date "
            "signed_up=timestamp last_seen=zoned doubled=decimal2 per_year=quotient",
            links={"home": "store", "referrer": "customer"},
            rows=("order", "order_line", "visit", "event", "card", "customer"),
            time=member_time,
            values=COUNTRIES,
        ),
        "store": Thing("city=text opened=date rating=decimal1"),
        "order": Thing(
            "amount=decimal2 discount=decimal3 status=text channel=closed paid=boolean due=date "
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
            "kind=closed when_it_was=zoned value=decimal4 expires=zoned shown=timestamp",
            links={"customer": "customer"},
            time="zoned",
            values=KINDS,
        ),
        "card": Thing("points=integer active=boolean since=date", links={"customer": "customer"}, time=member_time),
    }


# --- rows -----------------------------------------------------------------------------------------


def _columns(choices: Mapping[str, str]) -> dict[str, dict[str, str]]:
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
        },
        "stores": {"store_id": "VARCHAR", "city": "VARCHAR", "opened": "DATE", "rating": "DOUBLE"},
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
        },
        "cards": {"customer_id": key, "points": "INTEGER", "active": "BOOLEAN", "since": "DATE"},
    }


KEY_COLUMNS = {
    "crm.customers": "customer_id",
    "stores": "store_id",
    "sales.orders": "order_id",
    "products": "product_id",
    "visits": "visit_id",
    "events": "event_id",
}
LISTS = {"country": COUNTRIES, "channel": CHANNELS, "kind": KINDS, "device": ("phone", "Phone", "tv")}


def _rows(
    random: Random, choices: Mapping[str, str], clock: calendar.Clock, vocabulary: Vocabulary
) -> dict[str, list[Stored]]:
    moments = _moments(random, clock, vocabulary.windows)
    count = len(_at_most(random, 12))
    keys: list[object] = list(range(1, count + 1))
    if choices["key"] == "VARCHAR":
        keys = list(KEYS[:count])
    nobody = "nobody" if choices["key"] == "VARCHAR" else 999
    stores = ["s1", "S1", "s2", ""][: random.randint(0, 4)]
    orders: list[object] = list(range(5, 5 + len(_at_most(random, 30))))
    random.shuffle(orders)
    products: list[object] = list(range(1, 1 + random.randint(0, 4)))
    own: dict[str, list[object]] = {
        "crm.customers": keys,
        "stores": [*stores],
        "sales.orders": orders,
        "sales.order_lines": list(_at_most(random, 40)),
        "products": products,
        "visits": [f"v{number}" for number in _at_most(random, 20)],
        "events": [f"e{number}" for number in _at_most(random, 30)],
        "cards": list(_at_most(random, 10)),
    }
    links: dict[str, list[object]] = {
        "customer_id": [*keys, *keys, nobody, None],
        "referred_by": [*keys, nobody, None],
        "home_store": [*stores, "gone", None],
        "store_id": [*stores, "gone", None],
        "order_id": [*orders, *orders, 999, None],
        "product_id": [*products, 999, None],
    }
    missing = random.choice((0.0, 0.1, 0.4))
    columns = _columns(choices)
    rows: dict[str, list[Stored]] = {
        table: [
            {
                column: random.choice(links[column])
                if column in links
                else _value(random, column, type_, moments, clock, missing)
                for column, type_ in columns[table].items()
            }
            for _ in count
        ]
        for table, count in own.items()
    }
    for table, column in KEY_COLUMNS.items():
        for row, key in zip(rows[table], own[table], strict=True):
            row[column] = key
    return rows


def _value(
    random: Random, column: str, type_: str, moments: list[datetime], clock: calendar.Clock, missing: float
) -> object:
    """A value of a stored column, more often than not on an edge."""
    if random.random() < missing:
        return None
    match type_:
        case "VARCHAR" if column in LISTS:
            return random.choice(LISTS[column])
        case "VARCHAR" if column == "status":
            return random.choice(("done", "test", "Done", "returned"))
        case "VARCHAR" if column == "city":
            return random.choice(("closed", "Paris", "PARIS", "İstanbul"))
        case "VARCHAR":
            return random.choice(TEXTS)
        case "BOOLEAN":
            return random.random() < 0.5
        case "INTEGER" | "BIGINT":
            return random.choice((0, 1, 2, 3, 10, 20, 100) if column == "age" else (0, 1, 2, 3, 10, -5))
        case "DATE":
            day = random.choice(moments).date()
            return day + timedelta(days=random.choice((0, 0, -1, 1)))
        case "TIMESTAMP":
            return random.choice(moments)
        case "TIMESTAMPTZ":
            return clock.in_utc(random.choice(moments)).replace(tzinfo=UTC) + random.choice((0, 0, 1)) * timedelta(
                hours=1
            )
        case "DOUBLE" if column == "rating":
            return random.choice((1.0, 4.5, 3.25, 4.95))
        case "DOUBLE":
            return random.choice((*HALVES, *map(float, AMOUNTS)))
        case "DECIMAL(16,4)":
            return random.choice((*AMOUNTS, Decimal("0.145"), Decimal("-0.1450"), Decimal("9.9949")))
        case _:
            return random.choice(AMOUNTS)


def _moments(random: Random, clock: calendar.Clock, windows: tuple[str, ...]) -> list[datetime]:
    """Wall-clock times worth trying: ends of windows and their neighbours, `as_of`, month ends, days of clock changes."""
    ends = [clock.wall]
    for text in windows:
        for end in calendar.moments(_window(text), clock):
            if end is not None and 1970 < end.wall.year < 2200:
                ends.append(end.wall)
    days = [date(2024, 2, 29), date(2025, 2, 28), date(2026, 3, 8), date(2026, 11, 1), date(2026, 3, 29), clock.today]
    ends += [
        datetime.combine(day, datetime.min.time()) + timedelta(minutes=random.choice((0, 90, 150))) for day in days
    ]
    near = [end + step * calendar.MICROSECOND for end in ends for step in (0, 0, -1, 1)]
    far = [clock.wall - timedelta(days=random.randint(0, 800), seconds=random.randint(0, 86_400)) for _ in range(6)]
    found = [moment for moment in near + far if 1970 <= moment.year < 2200]
    random.shuffle(found)
    return found


def _window(text: str) -> ir.Window:
    """A window as meant, of the few forms that the generator writes with a number and a unit."""
    words = [word for word in text.split() if word not in ("in", "than", "and", "ago")]
    unit = UNITS[words[-1].removesuffix("s")] if words[-1] not in ("today", "yesterday") else "day"
    match words:
        case ["last", count, "full", _]:
            return ir.Period(unit, -int(count), -1, span=NOWHERE)
        case ["last", count, _]:
            return ir.Last(int(count), unit, span=NOWHERE)
        case ["next", count, _]:
            return ir.Next(int(count), unit, span=NOWHERE)
        case ["between", far, near, _]:
            return ir.BetweenAgo(int(far), int(near), unit, span=NOWHERE)
        case ["more", count, _]:
            return ir.MoreThanAgo(int(count), unit, span=NOWHERE)
        case ["less", count, _]:
            return ir.LessThanAgo(int(count), unit, span=NOWHERE)
        case ["this", _]:
            return ir.Period(unit, 0, 0, span=NOWHERE)
        case ["yesterday"]:
            return ir.Period("day", -1, -1, span=NOWHERE)
        case _:
            return ir.Period("day", 0, 0, span=NOWHERE)
