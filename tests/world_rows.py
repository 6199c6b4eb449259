"""The rows of the made-up projects: missing values, ties, orphans, hostile text, moments on the ends of windows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

from segdsl.semantics import calendar, ir
from segdsl.source import NOWHERE
from tests.world_catalog import stored_columns
from tests.world_text import CHANNELS, COUNTRIES, KINDS, Vocabulary

Stored = dict[str, object]

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
KEY_COLUMNS = {
    "crm.customers": "customer_id",
    "stores": "store_id",
    "sales.orders": "order_id",
    "products": "product_id",
    "visits": "visit_id",
    "events": "event_id",
}
# In the corners and on the borders of the areas that are written, just beside them, and where there is no earth.
DEGREES = {
    "lat": (
        "10",
        "10.5",
        "11",
        "10.75",
        "10.999999",
        "11.000001",
        "0.5",
        "-33.8688",
        "-17.75",
        "90",
        "-90",
        "90.5",
        "9.5",
    ),
    "lon": ("20", "20.5", "21", "20.25", "20.000001", "19.999999", "-0.25", "151.2093", "-180", "180", "180.5", "20.6"),
}
LISTS = {"country": COUNTRIES, "channel": CHANNELS, "kind": KINDS, "device": ("phone", "Phone", "tv")}
UNITS: dict[str, ir.Unit] = {
    "minute": "minute",
    "hour": "hour",
    "day": "day",
    "week": "week",
    "month": "month",
    "quarter": "quarter",
    "year": "year",
}


def made_rows(
    random: Random, choices: Mapping[str, str], clock: calendar.Clock, vocabulary: Vocabulary
) -> dict[str, list[Stored]]:
    moments = trying_moments(random, clock, vocabulary.windows)
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
    columns = stored_columns(choices)
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
        case _ if column in DEGREES:
            degrees = random.choice(DEGREES[column][:4] if random.random() < 0.5 else DEGREES[column])
            if type_ == "DOUBLE":
                return random.choice((float(degrees), float(degrees), 1e300, float("inf"), 1e-13, 10.0000000000005))
            return int(Decimal(degrees)) if type_ == "INTEGER" else Decimal(degrees)
        case "VARCHAR" if column in LISTS:
            return random.choice(LISTS[column])
        case "VARCHAR" if column == "status":
            return random.choice(("done", "test", "Done", "returned"))
        case "VARCHAR" if column == "city":
            return random.choice(("closed", "Paris", "PARIS", "İstanbul"))
        case "VARCHAR":
            return random.choice(TEXTS)
        case "VARCHAR[]":
            return [random.choice((*TEXTS, None)) for _ in range(random.choice((0, 1, 2, 5)))]
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


def trying_moments(random: Random, clock: calendar.Clock, windows: tuple[str, ...]) -> list[datetime]:
    """Wall-clock times worth trying: ends of windows and their neighbours, `as_of`, month ends, clock changes."""
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
    # Rows that follow one another by just so much, or a little more or less.
    spans: list[tuple[int, ir.Unit]] = [(1, "hour"), (90, "minute"), (24, "hour"), (1, "day"), (1, "month")]
    later = [
        calendar.after(calendar.at_moment(end, clock), *random.choice(spans), clock)
        for end in random.sample(near, min(len(near), 8))
    ]
    far += [each.wall + random.choice((0, 0, -1, 1)) * calendar.MICROSECOND for each in later if each is not None]
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


def _at_most(random: Random, count: int) -> range:
    return range(random.choice((0, 1, count // 3, count, count, count)))
