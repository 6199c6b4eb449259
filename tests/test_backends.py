"""What the SQL selects on a real DuckDB: every construct over one small world, with members found by hand.

That random programs agree with the reference meaning is `test_agreement`; what the SQL looks like is in `cases/sql`;
that no name and no text can break out of it is `test_backend_text`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from segdsl.backends import DIALECTS, Unsupported, backend
from segdsl.backends.expressions import folded_text
from segdsl.diagnostics import Report
from segdsl.grammar.files import parse_catalog
from segdsl.grammar.parse import parse
from segdsl.semantics import ir
from segdsl.semantics.calendar import Clock
from segdsl.semantics.declare import declare
from segdsl.semantics.resolve import resolve
from segdsl.semantics.types import Number
from segdsl.source import NOWHERE, Source
from tests import tables

CATALOG = """
tables:
  customer:
    from: crm.customers
    key: id
    at: joined
    columns:
      name: text
      age: integer
      score: {type: "decimal(6,2)", from: points}
      vip: boolean
      birthday: date
      joined: timestamp
      seen_at: timestamp with time zone
    links: {referrer: {column: referred_by, table: customer}, store: store_id}
  store: {from: stores, key: store_id, columns: {city: text}}
  order:
    from: orders
    key: order_id
    at: ordered
    links: {customer: customer_id}
    where: status != "test"
    columns: {status: text, amount: "decimal(12,2)", channel: text, pieces: integer}
  line:
    from: lines
    links: {order: order_id}
    columns: {quantity: integer, price: "decimal(8,2)", total: {type: decimal, is: quantity * price}}
  visit: {from: visits, at: day, links: {customer: customer_id}, columns: {day: date}}
  ping: {from: pings, at: pinged, links: {customer: customer_id}, columns: {pinged: timestamp with time zone}}
entity: customer
"""

# As of 10 January 2026, midnight in Kolkata: 18:30 of the day before in UTC.
ZONE = "Asia/Kolkata"
AS_OF = datetime(2026, 1, 9, 18, 30, tzinfo=UTC)
EVERYONE = {1, 2, 3, 4}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


CUSTOMERS = [
    (1, "Ann_1", 18, 0.145, True, date(1990, 2, 28), at("2025-12-11"), at("2026-01-09T18:00+00:00"), None, 7),
    (2, "İstanbul*", None, 2.5, False, None, at("2025-12-10"), None, 1, 8),
    (3, None, 40, None, None, date(2026, 1, 10), at("2020-02-29"), at("2025-12-10T18:30+00:00"), 99, None),
    (
        4,
        "",
        17,
        -1.0,
        True,
        date(2026, 1, 11),
        at("2026-01-09T23:59:59.999999"),
        at("2026-01-09T18:29:59.999999Z"),
        3,
        7,
    ),
    (5, "not seen yet", 50, 9.0, True, None, at("2026-01-10"), None, None, 7),
]
ORDERS = [
    # 1: 30.00 and 10.00 at one moment, a test, one of tomorrow
    (10, 1, "ok", 30.0, "web", at("2026-01-01"), 2),
    (11, 1, "ok", 10.0, None, at("2026-01-01"), None),
    (12, 1, "test", 999.0, "web", at("2026-01-02"), 1),
    (13, 1, "ok", 7.0, "app", at("2026-01-11"), 1),
    # 2: three that add up to 10, and one without amount or status
    (20, 2, "ok", 3.33, "app", at("2025-12-11"), 5),
    (21, 2, "back", 3.33, "web", at("2025-12-10T23:59:59"), 5),
    (22, 2, "ok", 3.34, "app", at("2025-01-10"), 5),
    (23, 2, None, None, "shop", at("2024-01-10"), None),
    # 3: one that has no time, one of nobody
    (30, 3, "ok", 5.0, "app", None, 1),
    (31, None, "ok", 5.0, "app", at("2026-01-01"), 1),
]
LINES = [(10, 2, 1.5), (10, 1, 7.0), (11, 4, None), (12, 100, 1.0), (13, 50, 1.0), (20, 1, 0.01), (77, 9, 9.0)]
VISITS = [(1, date(2026, 1, 10)), (1, date(2026, 1, 11)), (2, date(2025, 12, 11)), (3, date(2025, 12, 10)), (4, None)]
# Three minutes before and after midnight in Kolkata.
PINGS = [(1, at("2026-01-09T18:27+00:00")), (2, at("2026-01-09T18:33+00:00")), (3, at("2026-01-08T18:33+00:00"))]

STORED: dict[str, tuple[dict[str, str], Sequence[tuple[object, ...]]]] = {
    "crm.customers": (
        {
            "id": "BIGINT",
            "name": "VARCHAR COLLATE NOCASE",
            "age": "SMALLINT",
            "points": "DOUBLE",
            "vip": "BOOLEAN",
            "birthday": "DATE",
            "joined": "TIMESTAMP",
            "seen_at": "TIMESTAMPTZ",
            "referred_by": "DECIMAL(18,0)",
            "store_id": "INTEGER",
        },
        CUSTOMERS,
    ),
    "stores": ({"store_id": "BIGINT", "city": "VARCHAR"}, [(7, "Pune"), (8, None)]),
    "orders": (
        {
            "order_id": "INTEGER",
            "customer_id": "INTEGER",
            "status": "VARCHAR",
            "amount": "DOUBLE",
            "channel": "VARCHAR",
            "ordered": "TIMESTAMP",
            "pieces": "HUGEINT",
        },
        ORDERS,
    ),
    "lines": ({"order_id": "INTEGER", "quantity": "INTEGER", "price": "FLOAT"}, LINES),
    "visits": ({"customer_id": "INTEGER", "day": "DATE"}, VISITS),
    "pings": ({"customer_id": "INTEGER", "pinged": "TIMESTAMPTZ"}, PINGS),
}


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        for name, (columns, rows) in STORED.items():
            tables.create(connection, name, columns, [dict(zip(columns, row, strict=True)) for row in rows])
        # The session has settings of its own, and none of them may matter.
        connection.execute("SET TimeZone = 'America/New_York'")
        yield connection


def program(segments: str) -> ir.Program:
    report = Report()
    catalog = declare(parse_catalog(Source("catalog.yml", CATALOG), report), report)
    modules = [parse(Source("all.seg", segments), report)]
    meant = resolve(modules, catalog, name="small", timezone=ZONE, week_starts=0, settings={}, report=report)
    assert not report.has_errors, [(each.message, each.help) for each in report]
    return meant


CLOCK = Clock(AS_OF, ZoneInfo(ZONE), 0)
DUCKDB = backend("duckdb")


def members(database: duckdb.DuckDBPyConnection, condition: str, more: str = "") -> set[int]:
    """Who fulfils a condition, as the keys come, and in order."""
    keys = [
        row[0] for row in rows(database, DUCKDB.members(program(f"segment a when {condition}\n{more}"), "a", CLOCK))
    ]
    assert keys == sorted(set(keys))
    return set(keys)


def rows(database: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return database.execute(query).fetchall()


# --- every construct, by hand ---------------------------------------------------------------------------

CONDITIONS: list[tuple[str, set[int]]] = [
    ("everyone", EVERYONE),
    ("not everyone", set()),
    # numbers; 0.145 is 0.15 to two digits, as people round, though the float lies below
    ("age = 18", {1}),
    ("age != 18", {2, 3, 4}),
    ("age between 17 and 18", {1, 4}),
    ("age in (17, 40.0, 99)", {3, 4}),
    ("age not in (17)", {1, 2, 3}),
    ("score = 0.15", {1}),
    ("score < 0", {4}),
    ("score * 2 > age - 18", {1}),
    ("-score = 1", {4}),
    ("1 / (age - 18) > 0", {3}),
    ("1 / (age - 18) < 0", {4}),
    ("1 / (age - 18) is missing", {1, 2}),
    ("score / (age - 18) = 1", {4}),
    ("(1 / (age - 18)) / (1 / (age - 18)) = 1", {3, 4}),
    ("1 / (1 / (age - 18)) > -100", {3, 4}),
    ("age / 3 + 1 = 7", {1}),
    ("age / -2 = -9", {1}),
    ("age / 0 is missing", EVERYONE),
    ("age * 1_000_000_000 * 1_000_000_000 * 1_000 > 1", {1, 3, 4}),
    # missing, true or false
    ("name is missing", {3}),
    ("name is known", {1, 2, 4}),
    ("vip", {1, 4}),
    ("not vip", {2, 3}),
    ("vip = false", {2}),
    # texts: the column's collation takes "ann_1" for "Ann_1", and a definition does not
    ('name = "ann_1"', set()),
    ('name = "Ann_1"', {1}),
    ('name = "ann_1" ignoring case', {1}),
    ('name in ("", "ANN_1")', {4}),
    ('name starts with "Ann_"', {1}),
    ('name starts with "A_n"', set()),
    ('name ends with "*"', {2}),
    ('name contains "STAN"', set()),
    ('name contains "STAN" ignoring case', {2}),
    ('name matches "*"', {1, 2, 4}),
    ('name matches "?nn?1"', {1}),
    ('name matches "*bul?"', {2}),
    ('name starts with "i" ignoring case', {2}),
    # dates and moments; as_of is the first moment of 10 January
    ("birthday <= 2026-01-10", {1, 3}),
    ("birthday in next 1 day", {3}),
    ("birthday in next 2 days", {3, 4}),
    ("birthday in last 1 day", {3}),
    ("joined in last 30 days", {1, 4}),
    ("joined more than 30 days ago", {2, 3}),
    ("joined less than 30 days ago", {4}),
    ("joined = 2025-12-10", {2}),
    ("joined > 2025-12-10", {1, 4}),
    ("joined in yesterday", {4}),
    ("seen_at in last 1 hour", {1, 4}),
    ("seen_at = 2025-12-11", {3}),
    ("seen_at > joined", {1, 3}),
    ("seen_at in last 30 days", {1, 3, 4}),
    ("seen_at = joined", {4}),
    ("last(visit.day) = seen_at", set()),
    ("last(visit.day) < seen_at", {3}),
    # one row away; 99 is nobody, 5 is not seen yet
    ("referrer.age = 18", {2}),
    ("referrer.age is missing", {1, 3}),
    ("referrer.referrer.age is known", set()),
    ('store.city = "Pune"', {1, 4}),
    ("referrer.joined < joined", {4}),
    # how many: of customer 1 two orders count, of 2 four, of 3 none, for its time is missing
    ("has order", {1, 2}),
    ("no order", {3, 4}),
    ("count(order) = 4", {2}),
    ("count(order) = 0", {3, 4}),
    ("has order in next 2 days", {1}),
    ('has order where channel = "app" in next 1 month', {1}),
    ("count(order in last 30 days) = 1", {2}),
    ("count(order between 1000 and 300 days ago) = 2", {2}),
    ('every order has channel != "web"', set()),
    ('every order has (amount > 3 or channel = "shop")', {1, 2}),
    ("sum(order.amount) = 10", {2}),
    ("sum(order.amount) = 0", {3, 4}),
    ("avg(order.amount) = 20", {1}),
    ("avg(order.amount) * 3 = 10", {2}),
    ("avg(order.amount) > 3.333333333333", {1, 2}),
    ("avg(order.amount) < 3.333333333334", {2}),
    ("avg(order.amount) is missing", {3, 4}),
    ("not (avg(order.amount) > 1)", {3, 4}),
    ("min(order.amount) < 3.34", {2}),
    ("max(order.amount) >= 30", {1}),
    ("max(order.amount) is missing", {3, 4}),
    ("count distinct(order.channel) = 3", {2}),
    ("count distinct(order.channel) = 1", {1}),
    ("sum(order.amount) / count(order) >= 2.5", {1, 2}),
    ("sum(order.amount) / count(order) is missing", {3, 4}),
    ("sum(order.pieces) = 15", {2}),
    # which one: of two orders at one moment the greater key is the last, and its channel is missing
    ("last(order.channel) is missing", {1, 3, 4}),
    ('first(order.channel) = "web"', {1}),
    ('first(order.channel) = "shop"', {2}),
    ('last(order.channel) = "app"', {2}),
    ("first(order.amount) is missing", {2, 3, 4}),
    ("last(order.at) in last 10 days", {1}),
    ("first(order.at) < 2025-01-01", {2}),
    # no key: lines of one moment are ordered by their own argument, a missing one before any other
    ("last(line.quantity) = 4", {1}),
    ("first(line.price) is missing", {1, 3, 4}),
    ("last(line.price) = 7", {1}),
    # through orders, which must count and be seen
    ("sum(line.quantity) = 7", {1}),
    ("sum(line.total) = 10", {1}),
    ("sum(line.quantity in next 2 days) = 50", {1}),
    ("count(line) = 1", {2}),
    # two levels
    ("has order where sum(line.quantity) >= 4", {1}),
    ("has order where no line", {2}),
    ("has order where amount > customer.age", {1}),
    ("count(order where count(line) = 2) = 1", {1}),
    ("sum(order.amount where has line where quantity = 1) = 33.33", set()),
    ("max(order.pieces where has line) = 5", {2}),
    ("has customer where has customer", set()),
    ("count(customer) = 1", {1, 3}),
    ("has customer where vip", {3}),
    # dates as times, and moments with a zone
    ("has visit in last 1 day", {1}),
    ("count(visit) = 1", {1, 2, 3}),
    ("has visit in next 1 day", {1}),
    ("has visit in last 30 days", {1}),
    ("has visit in last 31 days", {1, 2}),
    ("has ping", {1, 3}),
    ("has ping in next 5 minutes", {2}),
    ("last(ping.at) in last 5 minutes", {1}),
    ("has ping in today", set()),
    ("has ping in yesterday", {1, 3}),
    # both, either, none
    ("vip and age > 17", {1}),
    ("vip or age > 18", {1, 3, 4}),
    ("not (vip or age > 18)", {2}),
    ("not (vip and age > 17)", {2, 3, 4}),
]


@pytest.mark.parametrize(("condition", "expected"), CONDITIONS)
def test_selects(condition: str, expected: set[int], database: duckdb.DuckDBPyConnection) -> None:
    assert members(database, condition) == expected


@pytest.mark.parametrize("condition", [condition for condition, _ in CONDITIONS if condition != "everyone"])
def test_a_condition_and_its_not_are_everyone(condition: str, database: duckdb.DuckDBPyConnection) -> None:
    """Also where they are columns that others refer to, and below one another."""
    segments = f"segment a when {condition}\nsegment b when not ({condition})\nsegment c when not in segment b\n"
    found: dict[str, set[int]] = {"a": set(), "b": set(), "c": set()}
    for key, name, *_ in rows(database, DUCKDB.memberships(program(segments), ["a", "b", "c"], CLOCK)):
        found[name].add(key)
    assert found["a"] | found["b"] == EVERYONE
    assert not found["a"] & found["b"]
    assert found["a"] == found["c"] == members(database, condition)


# --- segments and groups ----------------------------------------------------------------------------------

LIFECYCLE = """
group lifecycle
  exclusive
segment old in lifecycle priority 10
  when age >= 40
segment vips in lifecycle priority 20
  when vip or in segment old
segment rest in lifecycle priority 30
  otherwise
segment free
  when assigned to vips
segment nobody
  when not in segment free and in segment vips and not in segment old
"""


def test_memberships_say_who_qualifies_and_who_is_assigned(database: duckdb.DuckDBPyConnection) -> None:
    meant = program(LIFECYCLE)
    found = rows(database, DUCKDB.memberships(meant, tuple(meant.segments), CLOCK))
    assert [row[:4] for row in found] == [
        (1, "free", True, True),
        (4, "free", True, True),
        (3, "old", True, True),
        (2, "rest", True, True),
        (1, "vips", True, True),
        (3, "vips", True, False),
        (4, "vips", True, True),
    ]
    assert {row[4] for row in found} == {AS_OF}
    assert [column[0] for column in database.description or ()] == ["id", "segment", "qualifies", "assigned", "as_of"]


def test_a_segment_called_like_a_column_is_itself_where_rows_ask(database: duckdb.DuckDBPyConnection) -> None:
    """The referrals of 1 and 3 are 2, whose age is missing, and 4, who is a vip in the table."""
    meant = program(
        "segment vip when age is missing\nsegment a when has customer where in segment vip\nsegment b when vip"
    )
    found = rows(database, DUCKDB.memberships(meant, tuple(meant.segments), CLOCK))
    assert [(row[0], row[1]) for row in found] == [(1, "a"), (1, "b"), (4, "b"), (2, "vip")]


def test_sizes_are_in_the_order_that_is_asked_for(database: duckdb.DuckDBPyConnection) -> None:
    query = DUCKDB.sizes(program(LIFECYCLE), ["vips", "free", "old"], CLOCK)
    assert rows(database, query) == [(4, 3, 2, 2, 2, 1, 1)]
    assert rows(database, DUCKDB.sizes(program(LIFECYCLE), [], CLOCK)) == [(4,)]


def test_members_may_be_those_assigned(database: duckdb.DuckDBPyConnection) -> None:
    meant = program(LIFECYCLE)
    assert rows(database, DUCKDB.members(meant, "vips", CLOCK)) == [(1,), (3,), (4,)]
    assert rows(database, DUCKDB.members(meant, "vips", CLOCK, "assigned")) == [(1,), (4,)]
    assert rows(database, DUCKDB.members(meant, "rest", CLOCK, "assigned")) == [(2,)]


def test_storing_replaces_what_was_there(database: duckdb.DuckDBPyConnection) -> None:
    meant = program(LIFECYCLE)
    for names, count in ((("vips", "old"), 4), (("old",), 1), ((), 0)):
        passed = DUCKDB.one_pass(meant, names, CLOCK, ("crm", "who is where"), replaces=True, in_order=False)
        for statement in (passed.keep, *passed.store, passed.forget):
            database.execute(statement)
        assert rows(database, 'SELECT count(*) FROM crm."who is where"') == [(count,)]


def test_a_pass_counts_as_sizes_do_and_may_add_to_what_is_stored(database: duckdb.DuckDBPyConnection) -> None:
    meant = program(LIFECYCLE)
    for names in (("vips", "old"), ("free",)):
        replaces = names[0] == "vips"
        passed = DUCKDB.one_pass(meant, names, CLOCK, ("stored",), replaces=replaces, in_order=True)
        database.execute(passed.keep)
        assert rows(database, passed.sizes) == rows(database, DUCKDB.sizes(meant, names, CLOCK))
        for statement in (*passed.store, passed.forget):
            database.execute(statement)
    together = DUCKDB.memberships(meant, ("vips", "old", "free"), CLOCK)
    assert rows(database, "FROM stored ORDER BY segment, id") == rows(database, together)


def test_only_what_is_needed_is_read() -> None:
    meant = program("segment a when has order where amount > 1\nsegment b when in segment a and vip\n")
    used = {use.table.name: use.columns for use in DUCKDB.tables_used(meant, ["a"])}
    assert used == {"customer": ("id", "joined"), "order": ("amount", "customer_id", "ordered", "status")}
    assert [use.table.name for use in DUCKDB.tables_used(meant, ["b"])] == ["customer", "order"]
    assert DUCKDB.tables_used(meant, ["b"])[0].columns == ("id", "joined", "vip")


# --- exactness --------------------------------------------------------------------------------------------


def test_nothing_is_ever_computed_in_floating_point(database: duckdb.DuckDBPyConnection) -> None:
    """No step of a query has a column of such a type, and no plan casts to one."""
    segments = "".join(f"segment s{i} when {condition}\n" for i, (condition, _) in enumerate(CONDITIONS))
    meant = program(segments)
    for names in ([name] for name in meant.segments):
        tree = sqlglot.parse_one(DUCKDB.memberships(meant, names, CLOCK), read="duckdb")
        steps = tree.args["with_"]
        for count in range(1, len(steps.expressions) + 1):
            last = steps.expressions[count - 1].alias_or_name
            query = exp.select("*").from_(exp.to_identifier(last, quoted=True))
            query.set("with_", exp.With(expressions=[step.copy() for step in steps.expressions[:count]]))
            text = query.sql(dialect="duckdb")
            assert not {"DOUBLE", "FLOAT"} & {row[1] for row in rows(database, f"DESCRIBE {text}")}, text
    plan = str(rows(database, f"EXPLAIN {DUCKDB.memberships(meant, tuple(meant.segments), CLOCK)}"))
    assert "AS DOUBLE" not in plan and "AS FLOAT" not in plan


def test_a_sum_past_all_digits_fails_and_is_never_wrong(database: duckdb.DuckDBPyConnection) -> None:
    large = " * ".join(["999_999_999_999"] * 3)
    with pytest.raises(duckdb.OutOfRangeException):
        members(database, f"age * {large} * age * age > 0")


def test_constants_past_all_digits_are_refused() -> None:
    meant = program(f"segment a when age > {' * '.join(['999_999_999_999'] * 4)}\n")
    with pytest.raises(Unsupported) as refused:
        DUCKDB.members(meant, "a", CLOCK)
    assert refused.value.diagnostic.rule.name == "unsupported"
    assert refused.value.diagnostic.label.span.text.count("*") == 3


def test_quotients_of_too_many_digits_are_refused() -> None:
    fine = " / ".join(f"sum(order.amount where pieces = {i})" for i in range(30))
    with pytest.raises(Unsupported, match="38 digits"):
        DUCKDB.members(program(f"segment a when {fine} > 0.1\n"), "a", CLOCK)


def test_lower_folds_every_code_point_as_the_meaning_does(database: duckdb.DuckDBPyConnection) -> None:
    chars = "SELECT chr(i::INTEGER) AS c FROM range(1, 1114112) AS r(i) WHERE i NOT BETWEEN 55296 AND 57343"
    every = f"SELECT c, lower(c) FROM ({chars})"
    assert [(char, low) for char, low in rows(database, every) if folded_text(str(char)) != low] == []


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata"])
def test_wall_clocks_are_those_of_the_calendar(zone: str, database: duckdb.DuckDBPyConnection) -> None:
    """Every hour of two years, the hours that clock changes skip and repeat included."""
    hours = "range(TIMESTAMP '2025-01-01', TIMESTAMP '2027-01-01', INTERVAL 1 HOUR) AS r(t)"
    walls = f"SELECT t, timezone('{zone}', timezone('UTC', t)) FROM {hours}"
    clock = Clock(AS_OF, ZoneInfo(zone), 0)
    assert [row for row in rows(database, walls) if clock.on_wall(row[0]) != row[1]] == []


# --- keys -------------------------------------------------------------------------------------------------


def test_faulty_keys_are_named() -> None:
    meant = program("segment a when everyone\n")
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE orders (order_id INTEGER, status VARCHAR)")
        connection.execute(
            "INSERT INTO orders VALUES (1, 'ok'), (1, NULL), (2, 'ok'), (2, 'test'), (NULL, 'ok'), (3, 'ok')"
        )
        query = DUCKDB.key_faults(meant.catalog.tables["order"], meant.catalog, CLOCK)
        assert rows(connection, query) == [(1, 2), (None, 1)]
        connection.execute("INSERT INTO orders SELECT i % 50 + 10, 'ok' FROM range(100) AS r(i)")
        assert len(rows(connection, query)) == 5


def test_a_key_called_like_a_column_of_the_memberships_is_refused() -> None:
    meant = program("segment a when everyone\n")
    customer = meant.catalog.tables["customer"]
    object.__setattr__(customer, "key", "Segment")
    with pytest.raises(Unsupported, match="`Segment`"):
        DUCKDB.memberships(meant, ["a"], CLOCK)
    assert 'AS "Segment"' in DUCKDB.members(meant, "a", CLOCK)


def test_rows_of_a_table_without_key_cannot_be_told_apart() -> None:
    """The resolver reports it first; a program made by hand is refused here."""
    meant = program("segment a when has line\n")
    one = Number(whole=True)
    rows_ = ir.Rows("line", ("order",), None, None, span=NOWHERE)
    inner = ir.Compare(
        ir.Aggregate("count", rows_, None, one, span=NOWHERE),
        ">",
        ir.Literal(Decimal(1), one, span=NOWHERE),
        span=NOWHERE,
    )
    outer = ir.Exists(ir.Rows("line", ("order", "customer"), inner, None, span=NOWHERE), span=NOWHERE)
    object.__setattr__(meant.segments["a"], "condition", outer)
    with pytest.raises(Unsupported, match="no `key`"):
        DUCKDB.members(meant, "a", CLOCK)


def test_other_dialects_are_not_known() -> None:
    assert DIALECTS == ("duckdb", "postgres", "snowflake")
    with pytest.raises(KeyError):
        backend("oracle")
