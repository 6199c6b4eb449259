"""The reference meaning against expectations worked out by hand, in the order of "Meaning" in the language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal as OneOf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segdsl.semantics import evaluate, ir
from segdsl.semantics.catalog import Catalog, Column, Link, Table
from segdsl.semantics.evaluate import BadKeys, BadValue, memberships
from segdsl.semantics.types import Boolean, Date, Number, Text, Timestamp, Type
from segdsl.source import NOWHERE

AS_OF = datetime(2026, 3, 31, 12, tzinfo=UTC)
MONEY = Number(scale=2, precision=12)
WHOLE = Number(whole=True)
TYPES: dict[str, Type] = {
    "text": Text(),
    "whole": WHOLE,
    "money": MONEY,
    "boolean": Boolean(),
    "date": Date(),
    "moment": Timestamp(),
    "zoned": Timestamp(zoned=True),
}


# --- a catalog and a way to write conditions ------------------------------------------------------


def table(
    name: str,
    columns: str,
    *,
    key: str | None = None,
    at: tuple[str, Type] | None = None,
    time_of: tuple[tuple[str, ...], Type] | None = None,
    links: Mapping[str, str] | None = None,
) -> Table:
    """A table with columns such as `amount=money`; links are named as the table they lead to, unless `home`."""
    declared = dict(column.split("=") for column in columns.split())
    path, time = ((), at[1]) if at else time_of or (None, None)
    targets = {"home": "store"}
    return Table(
        name,
        (name,),
        key,
        at[0] if at else None,
        time,
        path,
        {each: Column(each, TYPES[type_], each, span=NOWHERE) for each, type_ in declared.items()},
        {each: Link(each, stored, targets.get(each, each), span=NOWHERE) for each, stored in (links or {}).items()},
        None,
        span=NOWHERE,
    )


TABLES = (
    table(
        "customer",
        "country=text name=text age=whole score=money vip=boolean birthday=date signed_up=moment last_seen=zoned",
        key="customer_id",
        links={"home": "home_store"},
    ),
    table("store", "city=text", key="store_id"),
    table(
        "order",
        "amount=money channel=text paid=boolean",
        key="order_id",
        at=("ordered_at", Timestamp()),
        links={"customer": "customer_id", "store": "store_id"},
    ),
    table("order_line", "quantity=whole", time_of=(("order",), Timestamp()), links={"order": "order_id"}),
    table("visit", "pages=whole device=text", at=("visited_on", Date()), links={"customer": "customer_id"}),
    table(
        "event", "kind=text", key="event_id", at=("happened", Timestamp(zoned=True)), links={"customer": "customer_id"}
    ),
)
CATALOG = Catalog({each.name: each for each in TABLES}, "customer")

TextTest = OneOf["starts", "ends", "contains", "matches", "equals"]
FIRST_AND_LAST: tuple[ir.Function, ...] = ("first", "last")
World = dict[str, list[dict[str, object]]]


def column(table: str, name: str, *path: str) -> ir.Column:
    return ir.Column(path, table, name, CATALOG.tables[table].columns[name].type, span=NOWHERE)


def at(table: str, *path: str) -> ir.At:
    return ir.At(path, table, CATALOG.tables[table].at_type or Date(), span=NOWHERE)


def number(text: str | int) -> ir.Literal:
    return ir.Literal(Decimal(text), Number(scale=12), span=NOWHERE)


def calculated(left: ir.Value, op: OneOf["+", "-", "*", "/"], right: ir.Value) -> ir.Arithmetic:
    return ir.Arithmetic(left, op, right, Number(quotient=True), span=NOWHERE)


def compared(left: ir.Value, op: OneOf["=", "<", "<=", ">", ">="], right: ir.Value) -> ir.Compare:
    return ir.Compare(left, op, right, span=NOWHERE)


def rows(table: str, where: ir.Condition | None = None, window: ir.Window | None = None) -> ir.Rows:
    via = {"order_line": ("order", "customer")}.get(table, ("customer",))
    return ir.Rows(table, via, where, window, span=NOWHERE)


def over(function: ir.Function, of: ir.Rows, argument: ir.Value | None = None) -> ir.Aggregate:
    return ir.Aggregate(function, of, argument, WHOLE, span=NOWHERE)


def has(table: str, where: ir.Condition | None = None, window: ir.Window | None = None) -> ir.Exists:
    return ir.Exists(rows(table, where, window), span=NOWHERE)


def no(term: ir.Condition) -> ir.Not:
    return ir.Not(term, span=NOWHERE)


def both(*terms: ir.Condition) -> ir.All:
    return ir.All(terms, span=NOWHERE)


def last(count: int, unit: ir.Unit) -> ir.Last:
    return ir.Last(count, unit, span=NOWHERE)


def next_(count: int, unit: ir.Unit) -> ir.Next:
    return ir.Next(count, unit, span=NOWHERE)


def within(value: ir.Value, window: ir.Window) -> ir.InWindow:
    return ir.InWindow(value, window, span=NOWHERE)


def text(name: str, kind: TextTest, pattern: str, folded: bool = False) -> ir.TextMatch:
    return ir.TextMatch(column("customer", name), kind, pattern, folded, span=NOWHERE)


EVERYONE = ir.Always(True, span=NOWHERE)
AMOUNT = column("order", "amount")
ORDERS = rows("order")


def segment(name: str, condition: ir.Condition, group: str | None = None, priority: int | None = None) -> ir.Segment:
    return ir.Segment(name, name, "", "", "customer", group, priority, condition, span=NOWHERE)


def program(
    *segments: ir.Segment,
    groups: Sequence[ir.Group] = (),
    catalog: Catalog = CATALOG,
    timezone: str = "UTC",
) -> ir.Program:
    named = {each.name: each for each in segments}
    return ir.Program("test", catalog, named, {each.name: each for each in groups}, tuple(named), timezone, 0)


def members(
    condition: ir.Condition,
    world: World,
    as_of: datetime = AS_OF,
    catalog: Catalog = CATALOG,
    timezone: str = "UTC",
) -> set[object]:
    """Of whom `condition` is true; checked on the way: of everybody else its `not` is, and who fulfils it wins it."""
    meant = program(segment("it", condition), segment("rest", no(condition)), catalog=catalog, timezone=timezone)
    found = memberships(meant, world, as_of)
    everyone = memberships(program(segment("all", EVERYONE), catalog=catalog), world, as_of)["all"].qualifies
    assert found["it"].qualifies | found["rest"].qualifies == everyone
    assert not found["it"].qualifies & found["rest"].qualifies
    assert found["it"].assigned == found["it"].qualifies
    return set(found["it"].qualifies)


def customers(**columns: Sequence[object]) -> World:
    """Customers 1, 2, 3, ... with the given columns."""
    count = len(next(iter(columns.values())))
    return {
        "customer": [
            {"customer_id": number + 1, **{name: values[number] for name, values in columns.items()}}
            for number in range(count)
        ]
    }


def orders(*found: Mapping[str, object], count: int = 3) -> World:
    """Customers 1 to `count`, and orders: of customer 1 and on 1 March 2026 unless they say otherwise."""
    first: dict[str, object] = {"customer_id": 1, "ordered_at": datetime(2026, 3, 1)}
    return {
        "customer": [{"customer_id": number} for number in range(1, count + 1)],
        "order": [{"order_id": number, **first, **order} for number, order in enumerate(found, 1)],
    }


def orders_of(amounts: Mapping[int, Sequence[object]]) -> World:
    """Customers by number, with an order of each of the amounts."""
    found = [{"customer_id": customer, "amount": amount} for customer in amounts for amount in amounts[customer]]
    return orders(*found, count=len(amounts))


# --- 1. two-valued --------------------------------------------------------------------------------


def test_a_comparison_with_a_missing_value_is_false_and_its_not_true() -> None:
    world = customers(age=[17, 18, None])
    assert members(compared(column("customer", "age"), ">=", number(18)), world) == {2}
    assert members(no(compared(column("customer", "age"), ">=", number(18))), world) == {1, 3}
    assert members(no(compared(number(18), "=", column("customer", "age"))), world) == {1, 3}


def test_an_absent_column_is_missing() -> None:
    world: World = {"customer": [{"customer_id": 1}, {"customer_id": 2, "age": 5}]}
    assert members(ir.Known(column("customer", "age"), span=NOWHERE), world) == {2}


def test_not_in_a_list_includes_the_missing() -> None:
    in_list = ir.OneOfList(column("customer", "country"), ("IN", "GB"), span=NOWHERE)
    assert members(in_list, customers(country=["IN", "US", None])) == {1}
    assert members(no(in_list), customers(country=["IN", "US", None])) == {2, 3}


def test_a_list_of_numbers_compares_exactly() -> None:
    in_list = ir.OneOfList(column("customer", "score"), (Decimal("0.1"), Decimal("1.50")), span=NOWHERE)
    assert members(in_list, customers(score=[0.1, 1.5, Decimal("0.11")])) == {1, 2}


def test_a_boolean_is_true_only_when_it_is_known_to_be() -> None:
    assert members(ir.IsTrue(column("customer", "vip"), span=NOWHERE), customers(vip=[True, False, None])) == {1}


def test_text_tests_and_windows_of_missing_values_are_false() -> None:
    world = customers(name=["", None], birthday=[date(2026, 3, 31), None])
    assert members(text("name", "contains", ""), world) == {1}
    assert members(within(column("customer", "birthday"), last(1, "day")), world) == {1}


def test_missing_is_not_even_equal_to_missing() -> None:
    world = customers(name=[None, "a"], country=[None, "a"])
    assert members(compared(column("customer", "name"), "=", column("customer", "country")), world) == {2}


# --- 2. no rows -----------------------------------------------------------------------------------


def test_count_and_sum_over_no_rows_are_zero_and_the_others_missing() -> None:
    world = orders({"amount": Decimal(5)}, count=2)
    zero = number(0)
    assert members(compared(over("count", ORDERS), "=", zero), world) == {2}
    assert members(compared(over("count distinct", ORDERS, AMOUNT), "=", zero), world) == {2}
    assert members(compared(over("sum", ORDERS, AMOUNT), "=", zero), world) == {2}
    others: tuple[ir.Function, ...] = ("min", "max", "avg", "first", "last")
    for function in others:
        assert members(ir.Known(over(function, ORDERS, AMOUNT), span=NOWHERE), world) == {1}


def test_missing_values_inside_sum_and_avg_are_skipped() -> None:
    world = orders_of({1: [10, None, 20], 2: [None]})
    assert members(compared(over("sum", ORDERS, AMOUNT), "=", number(30)), world) == {1}
    assert members(compared(over("avg", ORDERS, AMOUNT), "=", number(15)), world) == {1}
    assert members(compared(over("sum", ORDERS, AMOUNT), "=", number(0)), world) == {2}
    assert members(no(ir.Known(over("avg", ORDERS, AMOUNT), span=NOWHERE)), world) == {2}
    assert members(compared(over("count", ORDERS), ">=", number(1)), world) == {1, 2}


def test_count_distinct_does_not_count_missing_ones() -> None:
    world = orders_of({1: [1, Decimal("1.00"), None, 2], 2: [None]})
    assert members(compared(over("count distinct", ORDERS, AMOUNT), "=", number(2)), world) == {1}
    assert members(compared(over("count distinct", ORDERS, AMOUNT), "=", number(0)), world) == {2}


# --- 3. one clock ---------------------------------------------------------------------------------


def test_rows_from_as_of_on_are_not_seen_without_a_window() -> None:
    noon = datetime(2026, 3, 31, 12)
    world = orders(
        {"customer_id": 1, "ordered_at": noon.replace(hour=11, minute=59, second=59, microsecond=999_999)},
        {"customer_id": 2, "ordered_at": noon},
        {"customer_id": 3, "ordered_at": None},
    )
    assert members(has("order"), world) == {1}


def test_next_alone_looks_past_as_of_and_sees_its_window_only() -> None:
    world = orders(
        {"customer_id": 1, "ordered_at": datetime(2026, 3, 31, 12)},
        {"customer_id": 2, "ordered_at": datetime(2026, 4, 7, 12)},
        {"customer_id": 3, "ordered_at": datetime(2026, 3, 31, 11)},
    )
    assert members(has("order", window=next_(7, "day")), world) == {1}
    assert members(has("order", window=ir.Period("year", 0, 0, span=NOWHERE)), world) == {3}


def test_a_row_of_a_date_is_seen_on_the_day_itself() -> None:
    world: World = {
        "customer": [{"customer_id": 1}, {"customer_id": 2}, {"customer_id": 3}],
        "visit": [
            {"customer_id": 1, "visited_on": date(2026, 3, 31)},
            {"customer_id": 2, "visited_on": date(2026, 4, 1)},
            {"customer_id": 3, "visited_on": None},
        ],
    }
    assert members(has("visit"), world) == {1}
    assert members(has("visit", window=next_(1, "day")), world) == {1}
    assert members(has("visit", window=next_(2, "day")), world) == {1, 2}


def test_an_inherited_time_hides_the_row_and_next_shows_it_with_what_it_links_to() -> None:
    world = orders(
        {"order_id": 7, "ordered_at": datetime(2026, 3, 30), "customer_id": 1},
        {"order_id": 8, "ordered_at": datetime(2026, 4, 1), "customer_id": 2, "channel": "web"},
    )
    world["order_line"] = [{"order_id": 7, "quantity": 1}, {"order_id": 8, "quantity": 1}, {"order_id": None}]
    on_the_web = compared(column("order", "channel", "order"), "=", ir.Literal("web", Text(), span=NOWHERE))
    assert members(has("order_line"), world) == {1}
    assert members(has("order_line", on_the_web, next_(7, "day")), world) == {2}


def test_a_link_to_a_row_that_is_filtered_out_leads_nowhere() -> None:
    world = customers(home_store=["s1", "s2", "gone", None])
    world["store"] = [{"store_id": "s1", "city": "Paris"}, {"store_id": "s2", "city": "closed"}]
    city = ir.Known(column("store", "city", "home"), span=NOWHERE)
    is_open = no(compared(column("store", "city"), "=", ir.Literal("closed", Text(), span=NOWHERE)))
    filtered = {**CATALOG.tables, "store": replace(CATALOG.tables["store"], where=is_open)}
    assert members(city, world) == {1, 2}
    assert members(city, world, catalog=Catalog(filtered, "customer")) == {1}


def test_rows_that_the_catalog_filters_out_are_out_for_those_below_them_too() -> None:
    world = orders({"order_id": 7, "customer_id": 1, "paid": True}, {"order_id": 8, "customer_id": 2, "paid": None})
    world["order_line"] = [{"order_id": 7, "quantity": 1}, {"order_id": 8, "quantity": 1}]
    paid = ir.IsTrue(column("order", "paid"), span=NOWHERE)
    filtered = {**CATALOG.tables, "order": replace(CATALOG.tables["order"], where=paid)}
    assert members(has("order_line"), world) == {1, 2}
    assert members(has("order_line"), world, catalog=Catalog(filtered, "customer")) == {1}


def test_customers_with_a_time_are_nobody_before_it() -> None:
    timed = replace(CATALOG.tables["customer"], at="signed_up", at_type=Timestamp(), at_path=())
    world = customers(signed_up=[datetime(2026, 1, 1), datetime(2026, 4, 1), None])
    assert members(EVERYONE, world, catalog=Catalog({**CATALOG.tables, "customer": timed}, "customer")) == {1}


def test_the_same_rows_at_another_moment_are_other_people() -> None:
    world = orders({"ordered_at": datetime(2026, 3, 1)}, count=1)
    recently = has("order", window=last(7, "day"))
    assert members(recently, world, as_of=datetime(2026, 3, 8, tzinfo=UTC)) == {1}
    assert members(recently, world, as_of=datetime(2026, 3, 8, 0, 0, 0, 1, tzinfo=UTC)) == set()
    assert members(recently, world, as_of=datetime(2026, 3, 1, tzinfo=UTC)) == set()


# --- 4. windows -----------------------------------------------------------------------------------


def test_windows_include_their_start_and_exclude_their_end() -> None:
    world = customers(
        signed_up=[
            datetime(2026, 3, 1, 11, 59, 59, 999_999),
            datetime(2026, 3, 1, 12),
            datetime(2026, 3, 31, 11, 59, 59, 999_999),
            datetime(2026, 3, 31, 12),
        ]
    )
    signed_up = column("customer", "signed_up")
    assert members(within(signed_up, last(30, "day")), world) == {2, 3}
    assert members(within(signed_up, ir.MoreThanAgo(30, "day", span=NOWHERE)), world) == {1}
    assert members(within(signed_up, ir.LessThanAgo(30, "day", span=NOWHERE)), world) == {3}


def test_the_last_days_of_a_date_end_with_today() -> None:
    birthdays = [date(2026, 3, 29), date(2026, 3, 30), date(2026, 3, 31), date(2026, 4, 1)]
    world = customers(birthday=birthdays)
    assert members(within(column("customer", "birthday"), last(2, "day")), world) == {2, 3}


def test_a_moment_with_a_zone_is_its_instant_and_one_without_the_projects_clock() -> None:
    # Noon in UTC is 17:30 in Kolkata, where 31 March began at 18:30 in UTC the evening before.
    today = ir.Period("day", 0, 0, span=NOWHERE)
    zoned = [datetime(2026, 3, 30, 18, 29, tzinfo=UTC), datetime(2026, 3, 30, 18, 30, tzinfo=UTC)]
    naive = [datetime(2026, 3, 31, 0, 0), datetime(2026, 3, 30, 18, 30)]
    world = customers(last_seen=zoned, signed_up=naive)
    assert members(within(column("customer", "last_seen"), today), world, timezone="Asia/Kolkata") == {2}
    assert members(within(column("customer", "signed_up"), today), world, timezone="Asia/Kolkata") == {1}


def test_a_zoned_and_a_naive_moment_meet_on_the_projects_clock() -> None:
    world = customers(last_seen=[datetime(2026, 3, 1, 12, tzinfo=UTC)], signed_up=[datetime(2026, 3, 1, 17, 30)])
    same = compared(column("customer", "last_seen"), "=", column("customer", "signed_up"))
    assert members(same, world, timezone="Asia/Kolkata") == {1}
    assert members(same, world, timezone="UTC") == set()


def test_a_written_moment_with_an_offset_is_its_instant() -> None:
    nine_in_india = ir.Literal(datetime.fromisoformat("2026-03-01T09:00+05:30"), Timestamp(zoned=True), span=NOWHERE)
    world = customers(
        last_seen=[datetime(2026, 3, 1, 3, 30, tzinfo=UTC), None], signed_up=[None, datetime(2026, 3, 1, 4, 30)]
    )
    assert members(compared(column("customer", "last_seen"), "=", nine_in_india), world) == {1}
    assert members(compared(nine_in_india, "=", column("customer", "signed_up")), world, timezone="Europe/Berlin") == {
        2
    }


def test_the_day_of_a_moment_is_that_on_the_projects_clock() -> None:
    day = ir.Day(column("customer", "last_seen"), Date(), span=NOWHERE)
    world = customers(
        last_seen=[datetime(2026, 3, 1, 20, tzinfo=UTC), None], birthday=[date(2026, 3, 2), date(2026, 3, 2)]
    )
    same = compared(day, "=", column("customer", "birthday"))
    assert members(same, world, timezone="Asia/Kolkata") == {1}
    assert members(same, world, timezone="UTC") == set()


def test_hours_are_exact_and_days_are_not_when_the_clock_changes() -> None:
    as_of = datetime(2026, 3, 8, 16, tzinfo=UTC)  # noon in New York, where this day had 23 hours
    world: World = {
        "customer": [{"customer_id": 1}],
        "event": [{"event_id": "a", "customer_id": 1, "happened": datetime(2026, 3, 7, 16, 30, tzinfo=UTC)}],
    }
    assert members(has("event", window=last(24, "hour")), world, as_of, timezone="America/New_York") == {1}
    assert members(has("event", window=last(1, "day")), world, as_of, timezone="America/New_York") == set()


# --- 5. exact numbers -----------------------------------------------------------------------------


def test_sums_of_floats_are_exact() -> None:
    world = orders_of({1: [0.1, 0.2]})
    assert members(compared(over("sum", ORDERS, AMOUNT), "=", number("0.3")), world) == {1}


@pytest.mark.parametrize(
    ("stored", "meant"),
    [(0.145, "0.15"), (-0.145, "-0.15"), (1.005, "1.01"), (2.675, "2.68"), (Decimal("0.1449"), "0.14"), (7, "7")],
)
def test_numbers_are_rounded_half_away_from_zero_at_the_declared_scale(stored: object, meant: str) -> None:
    assert members(compared(column("customer", "score"), "=", number(meant)), customers(score=[stored])) == {1}


def test_averages_and_quotients_compare_as_fractions() -> None:
    world = orders_of({1: [10, 10, Decimal("10.01")], 2: [10, 10, 10], 3: [Decimal("9.99"), 10, 10]})
    average = over("avg", ORDERS, AMOUNT)
    share = calculated(over("sum", ORDERS, AMOUNT), "/", over("count", ORDERS))
    for value in (average, share):
        assert members(compared(value, ">=", number(10)), world) == {1, 2}
        assert members(compared(value, "=", number(10)), world) == {2}
    third = calculated(calculated(number(1), "/", number(3)), "*", number(3))
    assert members(compared(third, "=", number(1)), world) == {1, 2, 3}


def test_dividing_by_zero_is_missing() -> None:
    share = calculated(number(1), "/", over("count", ORDERS))
    world = orders_of({1: [5], 2: []})
    assert members(compared(share, "<=", number(1)), world) == {1}
    assert members(no(ir.Known(share, span=NOWHERE)), world) == {2}


def test_calculating_with_a_missing_side_is_missing() -> None:
    world = customers(age=[3, None])
    operators: tuple[OneOf["+", "-", "*", "/"], ...] = ("+", "-", "*", "/")
    for op in operators:
        assert members(ir.Known(calculated(column("customer", "age"), op, number(2)), span=NOWHERE), world) == {1}
    negative = ir.Negative(column("customer", "age"), WHOLE, span=NOWHERE)
    assert members(compared(negative, "=", number(-3)), world) == {1}


def test_whole_numbers_and_sums_and_differences() -> None:
    world = customers(age=[30, 18], score=[Decimal("0.50"), 12])
    age, score = column("customer", "age"), column("customer", "score")
    assert members(compared(calculated(age, "+", score), "=", number("30.5")), world) == {1}
    assert members(compared(calculated(age, "-", score), "=", number(6)), world) == {2}
    assert members(compared(calculated(age, "*", score), "=", number(15)), world) == {1}


def test_a_stored_value_that_is_no_number_is_refused() -> None:
    for stored in ("5", float("nan"), float("inf"), True):
        with pytest.raises(BadValue):
            members(compared(column("customer", "score"), "=", number(1)), customers(score=[stored]))


# --- 6. text --------------------------------------------------------------------------------------


def test_text_is_compared_by_code_point_case_included() -> None:
    world = customers(name=["Ä", "ä", "a\u0308", "Ä "])
    assert members(text("name", "equals", "Ä"), world) == {1}


def test_ignoring_case_folds_both_sides_alike() -> None:
    world = customers(name=["İSTANBUL", "istanbul", "ISTANBUL", "ıstanbul", "ΣΊΣΥΦΟΣ", "σίσυφοσ", "σίσυφος", "STRASSE"])
    assert members(text("name", "equals", "İstanbul", folded=True), world) == {1, 2, 3}
    assert members(text("name", "equals", "σίσυφοΣ", folded=True), world) == {5, 6}
    assert members(text("name", "contains", "ß", folded=True), world) == set()


@pytest.mark.parametrize(
    ("kind", "pattern", "found"),
    [
        ("starts", "gift", {1}),
        ("ends", "gift", {2, 3}),
        ("contains", "gift", {1, 2, 3}),
        ("matches", "gift", set()),
        ("matches", "*gift*", {1, 2, 3}),
        ("matches", "*?gift", {2, 3}),
        ("matches", "??gift", {2}),
        ("matches", "*\n*", {3}),
        ("matches", "*", {1, 2, 3, 4, 5, 6}),
        ("matches", "?", {6}),
        ("matches", "", {5}),
        ("matches", "a[b]%_.\\*", {4}),
        ("starts", "", {1, 2, 3, 4, 5, 6}),
    ],
)
def test_text_tests(kind: TextTest, pattern: str, found: set[int]) -> None:
    world = customers(name=["gift card", "a gift", "two\ngift", "a[b]%_.\\c", "", "👍"])
    assert members(text("name", kind, pattern), world) == found


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_globs_agree_with_their_definition(pattern: str, value: str) -> None:
    def fits(pattern: str, value: str) -> bool:
        if not pattern:
            return not value
        if pattern[0] == "*":
            return any(fits(pattern[1:], value[start:]) for start in range(len(value) + 1))
        return bool(value) and pattern[0] in ("?", value[0]) and fits(pattern[1:], value[1:])

    meant = ir.TextMatch(column("customer", "name"), "matches", pattern, False, span=NOWHERE)
    assert members(meant, customers(name=[value])) == ({1} if fits(pattern, value) else set())


def test_many_stars_take_no_time() -> None:
    assert members(text("name", "matches", "*a" * 200 + "b"), customers(name=["a" * 5_000])) == set()


@given(st.text())
def test_folding_keeps_the_length_and_is_done_once(value: str) -> None:
    folded = evaluate.fold(value)
    assert len(folded) == len(value)
    assert evaluate.fold(folded) == folded


# --- 7. ties --------------------------------------------------------------------------------------


def test_the_last_of_two_rows_at_one_moment_has_the_higher_key_by_number() -> None:
    world = orders({"order_id": 9, "channel": "web"}, {"order_id": 10, "channel": "app"}, count=1)
    for function, channel in zip(FIRST_AND_LAST, ("web", "app"), strict=True):
        found = over(function, ORDERS, column("order", "channel"))
        assert members(compared(found, "=", ir.Literal(channel, Text(), span=NOWHERE)), world) == {1}


def test_keys_that_are_text_order_by_code_point() -> None:
    happened = datetime(2026, 3, 1, tzinfo=UTC)
    world: World = {
        "customer": [{"customer_id": 1}],
        "event": [
            {"event_id": key, "customer_id": 1, "happened": happened, "kind": key} for key in ("b", "10", "ä", "B", "9")
        ],
    }
    for function, kind in zip(FIRST_AND_LAST, ("10", "ä"), strict=True):
        found = over(function, rows("event"), column("event", "kind"))
        assert members(compared(found, "=", ir.Literal(kind, Text(), span=NOWHERE)), world) == {1}


def test_rows_without_a_key_are_told_apart_by_the_value_missing_first() -> None:
    day = date(2026, 3, 1)
    world: World = {
        "customer": [{"customer_id": 1}],
        "visit": [{"customer_id": 1, "visited_on": day, "pages": pages} for pages in (3, None, 20)],
    }
    pages = column("visit", "pages")
    assert members(compared(over("last", rows("visit"), pages), "=", number(20)), world) == {1}
    assert members(ir.Known(over("first", rows("visit"), pages), span=NOWHERE), world) == set()


def test_the_last_row_counts_even_when_its_column_is_missing() -> None:
    world = orders(
        {"channel": "web", "ordered_at": datetime(2026, 3, 1)}, {"channel": None, "ordered_at": datetime(2026, 3, 2)}
    )
    found = over("last", ORDERS, column("order", "channel"))
    assert members(ir.Known(found, span=NOWHERE), world) == set()


def test_the_time_of_the_last_row() -> None:
    world = orders({"ordered_at": datetime(2026, 3, 1)}, {"ordered_at": datetime(2026, 3, 30)}, count=1)
    assert members(within(over("last", ORDERS, at("order")), last(2, "day")), world) == {1}
    assert members(within(over("first", ORDERS, at("order")), last(2, "day")), world) == set()


# --- 8. priority ----------------------------------------------------------------------------------


def old(years: int) -> ir.Compare:
    return compared(column("customer", "age"), ">=", number(years))


def stages(*names: str, exclusive: bool = True) -> ir.Group:
    return ir.Group("stages", "", "", "", exclusive, False, names, span=NOWHERE)


def test_the_first_of_an_exclusive_group_wins() -> None:
    meant = program(
        segment("adult", old(18), "stages", 20),
        segment("senior", old(65), "stages", 10),
        groups=[stages("senior", "adult")],
    )
    found = memberships(meant, customers(age=[70, 30, 5]), AS_OF)
    assert found["adult"].qualifies == {1, 2}
    assert found["adult"].assigned == {2}
    assert found["senior"].qualifies == found["senior"].assigned == {1}


def test_a_group_that_is_not_exclusive_ranks_nobody() -> None:
    meant = program(
        segment("adult", old(18), "stages"),
        segment("senior", old(65), "stages"),
        groups=[stages("senior", "adult", exclusive=False)],
    )
    assert memberships(meant, customers(age=[70, 30]), AS_OF)["adult"].assigned == {1, 2}


def test_in_segment_asks_who_qualifies_and_assigned_to_who_wins() -> None:
    meant = program(
        segment("senior", old(65), "stages", 10),
        segment("adult", old(18), "stages", 20),
        segment("qualified", ir.InSegment("adult", span=NOWHERE)),
        segment("won", ir.AssignedTo("adult", span=NOWHERE)),
        segment("neither", no(ir.InSegment("adult", span=NOWHERE))),
        groups=[stages("senior", "adult")],
    )
    world = customers(age=[70, 30, None])
    found = memberships(meant, world, AS_OF)
    assert found["qualified"].qualifies == {1, 2}
    assert found["won"].qualifies == {2}
    assert found["neither"].qualifies == {3}
    assert [evaluate.qualifies(meant, "adult", world, key, AS_OF) for key in (1, 2, 3, 4)] == [True, True, False, False]
    assert [evaluate.assigned(meant, "adult", world, key, AS_OF) for key in (1, 2, 3, 4)] == [False, True, False, False]


# --- 9. a customer --------------------------------------------------------------------------------


def test_repeated_and_missing_keys_are_named() -> None:
    world: World = {"customer": [{"customer_id": key} for key in (2, 1, None, 2, 1, 3, None)]}
    with pytest.raises(BadKeys) as caught:
        members(EVERYONE, world)
    assert (caught.value.table, caught.value.column) == ("customer", "customer_id")
    assert (caught.value.missing, caught.value.repeated) == (2, (1, 2))
    assert str(caught.value) == (
        "table `customer` has rows that cannot be told apart: "
        "2 without `customer_id`, several with `customer_id` 1, several with `customer_id` 2"
    )


def test_keys_of_tables_that_links_lead_to_are_checked_too() -> None:
    with pytest.raises(BadKeys, match="table `order`"):
        members(EVERYONE, orders({"order_id": 1}, {"order_id": 1}))


def test_keys_of_rows_that_are_filtered_out_do_not_matter() -> None:
    country = ir.Known(column("customer", "country"), span=NOWHERE)
    kept = replace(CATALOG.tables["customer"], where=country)
    world: World = {"customer": [{"customer_id": 1}, {"customer_id": 1, "country": "IN"}, {}]}
    assert members(EVERYONE, world, catalog=Catalog({**CATALOG.tables, "customer": kept}, "customer")) == {1}


def test_rows_that_link_to_nobody_count_for_nobody() -> None:
    world = orders({"customer_id": 99}, {"customer_id": None}, {"customer_id": 2})
    assert members(has("order"), world) == {2}
    assert members(compared(over("count", ORDERS), "=", number(0)), world) == {1, 3}


def test_whole_numbers_are_one_key_however_they_are_stored() -> None:
    assert members(has("order"), orders({"customer_id": Decimal(2)}, {"customer_id": 3.0})) == {2, 3}
    for stored in (Decimal("2.5"), 2.5, float("nan"), date(2026, 1, 1)):
        with pytest.raises(BadValue):
            members(has("order"), orders({"customer_id": stored}))


def test_a_key_is_found_under_the_name_its_column_is_declared_with() -> None:
    number = Column("number", WHOLE, "customer_id", span=NOWHERE)
    declared = replace(CATALOG.tables["customer"], columns={"number": number})
    catalog = Catalog({**CATALOG.tables, "customer": declared}, "customer")
    assert members(EVERYONE, {"customer": [{"number": 7}, {"customer_id": 8}]}, catalog=catalog) == {7, 8}


# --- 10. every ------------------------------------------------------------------------------------


def test_every_needs_at_least_one_row() -> None:
    paid = ir.IsTrue(column("order", "paid"), span=NOWHERE)
    every = both(has("order"), no(has("order", no(paid))))
    world = orders(
        {"customer_id": 1, "paid": True},
        {"customer_id": 1, "paid": True},
        {"customer_id": 2, "paid": True},
        {"customer_id": 2, "paid": None},
    )
    assert members(every, world) == {1}


# --- 11. rows of rows -----------------------------------------------------------------------------


def test_a_row_is_judged_by_the_rows_below_it_and_the_one_above() -> None:
    world = orders(
        {"order_id": 7, "customer_id": 1}, {"order_id": 8, "customer_id": 2}, {"order_id": 9, "customer_id": 2}
    )
    world["customer"][0]["age"] = 5
    world["customer"][1]["age"] = 3
    world["order_line"] = [{"order_id": order, "quantity": quantity} for order, quantity in ((7, 3), (8, 2), (9, 2))]
    lines = ir.Rows("order_line", ("order",), span=NOWHERE)
    pieces = over("sum", lines, column("order_line", "quantity"))
    assert members(has("order", compared(pieces, ">=", number(3))), world) == {1}
    assert members(has("order", compared(pieces, "<", column("customer", "age", "customer"))), world) == {1, 2}
    assert members(has("order", compared(pieces, "=", column("customer", "age", "customer"))), world) == set()


def test_any_is_true_of_nobody_when_it_has_no_terms_and_all_of_everybody() -> None:
    assert members(ir.Any((), span=NOWHERE), customers(age=[1])) == set()
    assert members(ir.All((), span=NOWHERE), customers(age=[1])) == {1}


def test_a_mean_that_no_decimal_holds_is_told_from_its_neighbours() -> None:
    world = orders_of({1: [1, 1, 2]})
    mean = over("avg", ORDERS, AMOUNT)
    for near in (Decimal("1.333333333333"), Decimal("1.333333333334")):
        assert Fraction(near) != Fraction(4, 3)
        assert members(compared(mean, "=", number(str(near))), world) == set()
    assert members(compared(mean, "=", calculated(number(4), "/", number(3))), world) == {1}
