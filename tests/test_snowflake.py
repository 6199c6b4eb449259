"""Snowflake without Snowflake: its SQL is read by two grammars, run on fakesnow, and compared with the meaning.

What that cannot show is in `docs/sql.md`; `make snowflake-check` shows it with an account. Targets are
`test_snowflake_target`.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
import sqlglot
from sqlfluff.core import FluffConfig, Linter
from sqlglot import exp

from segdsl.backends import Unsupported, backend, plan
from segdsl.backends.expressions import folded_text
from segdsl.backends.plainer import plainer
from segdsl.backends.printing import Expressions
from segdsl.diagnostics import Report
from segdsl.grammar.files import parse_catalog
from segdsl.grammar.parse import parse
from segdsl.semantics import ir
from segdsl.semantics.calendar import Clock
from segdsl.semantics.declare import declare
from segdsl.semantics.evaluate import memberships
from segdsl.semantics.resolve import resolve
from segdsl.semantics.types import Number, TextList
from segdsl.source import Source
from tests import snowflake_fake, test_backend_text, test_backends, worlds
from tests.snowflake_fake import REFUSED

SEEDS, BATCH = 16, 4
PART = 8  # of a project's segments every so many: fakesnow takes a second for a query about all of them
SNOWFLAKE = backend("snowflake")
FLUFF = Linter(config=FluffConfig(overrides={"dialect": "snowflake", "templater": "raw"}))
pytestmark = pytest.mark.filterwarnings("ignore:Arrow output on a DB-API result")


@pytest.fixture(scope="module")
def cursor() -> Iterator[Any]:
    with snowflake_fake.connected() as found:
        yield found


def mistakes(text: str) -> list[str]:
    """What sqlfluff's grammar of Snowflake cannot read, which was written without knowing sqlglot's."""
    return [violation.desc() for violation in FLUFF.parse_string(text).violations]


# --- the same people -----------------------------------------------------------------------------------------


def difference(project: worlds.Project, cursor: Any, first: int, step: int) -> str:
    """Where fakesnow and the reference meaning part about every so many of the segments, or nothing."""
    program, report = worlds.compiled(project)
    assert not report.has_errors, [found.message for found in report]
    program = snowflake_fake.as_stored(program, project.columns)
    expected = memberships(program, worlds.world(project, program.catalog), project.as_of)
    clock = Clock(project.as_of, ZoneInfo(program.timezone), program.week_starts)
    asked = tuple(program.segments)[first % step :: step]
    queries = [SNOWFLAKE.memberships(program, names, clock) for names in program.by_entity(asked).values()]
    snowflake_fake.load(project, cursor)
    rows = [row for query in queries for row in snowflake_fake.run(cursor, query)]
    for name in asked:
        mine = [row for row in rows if row[1] == name]
        qualifies, assigned = {row[0] for row in mine if row[2]}, {row[0] for row in mine if row[3]}
        members = expected[name]
        if len(mine) != len(qualifies) or qualifies != members.qualifies or assigned != members.assigned:
            return f"segment {name}: {qualifies} assigned {assigned}, meant {members}\n{';'.join(queries)}"
    return ""


@pytest.mark.parametrize("first", range(0, SEEDS, BATCH))
def test_fakesnow_selects_the_same_people(first: int, cursor: Any) -> None:
    for seed in range(first, first + BATCH):
        found = difference(worlds.project(Random(seed)), cursor, seed, PART)
        assert not found, f"seed {seed}: {found}"


def test_settings_that_fakesnow_has_change_nothing(cursor: Any) -> None:
    """`TIMEZONE` and `DEFAULT_NULL_ORDERING`, which are those of the DuckDB behind it."""
    cursor._duck_conn.execute("SET default_null_order = 'nulls_first'")
    cursor._duck_conn.execute("SET TimeZone = 'America/New_York'")
    try:
        nulls = sqlglot.parse_one("SELECT a FROM (VALUES (1), (NULL)) AS t(a) ORDER BY a", read="snowflake")
        assert snowflake_fake.run(cursor, nulls.sql("snowflake"))[0] == (None,), "the setting is heard"
        for seed in range(SEEDS, SEEDS + BATCH):
            found = difference(worlds.project(Random(seed)), cursor, seed, PART)
            assert not found, f"seed {seed}: {found}"
    finally:
        cursor._duck_conn.execute("RESET default_null_order")
        cursor._duck_conn.execute("SET TimeZone = 'UTC'")


@pytest.mark.long
def test_fakesnow_selects_the_same_people_on_many_more(cursor: Any) -> None:
    """`FIRST=100 SEEDS=1000 make test-long`; whole projects."""
    first, count = int(os.environ.get("FIRST", SEEDS)), min(int(os.environ.get("SEEDS", 300)), 2_000)
    found = {seed: difference(worlds.project(Random(seed)), cursor, 0, 1) for seed in range(first, first + count)}
    assert not {seed: text for seed, text in found.items() if text}


# --- the small world of the other backend ----------------------------------------------------------------------


def small(text: str) -> ir.Program:
    """A program over the small world of `test_backends`, which says what keys are that are not declared."""
    columns = {name: columns for name, (columns, _) in STORED.items()}
    return snowflake_fake.as_stored(test_backends.program(text), columns)


STORED, AS_OF, CLOCK = test_backends.STORED, test_backends.AS_OF, test_backends.CLOCK


@pytest.fixture(scope="module")
def world(cursor: Any) -> Any:
    columns = {
        name: {each: kind.partition(" COLLATE")[0] for each, kind in kinds.items()}
        for name, (kinds, _) in STORED.items()
    }
    rows: dict[str, list[Any]] = {
        name: [dict(zip(kinds, row, strict=True)) for row in stored] for name, (kinds, stored) in STORED.items()
    }
    snowflake_fake.load(worlds.Project("", {}, "", "", rows, columns, AS_OF), cursor)
    return cursor


@pytest.mark.parametrize("condition", REFUSED)
def test_what_fakesnow_refuses_is_refused_still(condition: str, world: Any) -> None:
    assert condition in dict(test_backends.CONDITIONS) and REFUSED[condition] in snowflake_fake.CANNOT
    query = SNOWFLAKE.members(small(f"segment a when {condition}\n"), "a", CLOCK)
    assert mistakes(query) == []
    with pytest.raises(duckdb.OutOfRangeException, match="INT64"):
        snowflake_fake.run(world, query)


@pytest.mark.parametrize("part", range(4))
def test_selects_what_was_found_by_hand(part: int, world: Any) -> None:
    asked = [each for each in test_backends.CONDITIONS if each[0] not in REFUSED][part::4]
    meant = small("".join(f"segment s{number} when {condition}\n" for number, (condition, _) in enumerate(asked)))
    query = SNOWFLAKE.memberships(meant, tuple(meant.segments), CLOCK)
    assert mistakes(query) == []
    rows = snowflake_fake.run(world, query)
    found = {
        condition: {row[0] for row in rows if row[1] == f"s{number}"} for number, (condition, _) in enumerate(asked)
    }
    assert found == dict(asked)


def test_memberships_sizes_members_and_keys_are_told_as_elsewhere(world: Any) -> None:
    meant = small(test_backends.LIFECYCLE)
    queries = {
        "memberships": SNOWFLAKE.memberships(meant, tuple(meant.segments), CLOCK),
        "sizes": SNOWFLAKE.sizes(meant, ["vips", "free", "old"], CLOCK),
        "members": SNOWFLAKE.members(meant, "vips", CLOCK),
        "assigned": SNOWFLAKE.members(meant, "vips", CLOCK, "assigned"),
        "faults": SNOWFLAKE.key_faults(meant.catalog.tables["order"], meant.catalog, CLOCK),
    }
    assert {name: mistakes(query) for name, query in queries.items()} == {name: [] for name in queries}
    rows = {name: snowflake_fake.run(world, query) for name, query in queries.items()}
    assert [row[:4] for row in rows["memberships"]] == [
        (1, "free", True, True),
        (4, "free", True, True),
        (3, "old", True, True),
        (2, "rest", True, True),
        (1, "vips", True, True),
        (3, "vips", True, False),
        (4, "vips", True, True),
    ]
    assert {row[4] for row in rows["memberships"]} == {AS_OF}
    assert rows["sizes"] == [(4, 3, 2, 2, 2, 1, 1)]
    assert (rows["members"], rows["assigned"], rows["faults"]) == ([(1,), (3,), (4,)], [(1,), (4,)], [])


def test_storing_is_one_statement_that_keeps_who_may_read() -> None:
    table, meant = ("crm", "Who is where"), small("segment a when vip\n")
    passed = SNOWFLAKE.one_pass(meant, ["a"], CLOCK, table, replaces=True, in_order=False)
    (statement,) = passed.store
    assert statement.startswith('CREATE OR REPLACE TABLE crm."Who is where"\nCOPY GRANTS AS\n')
    for each in (passed.keep, passed.sizes, *passed.store, passed.forget):
        assert mistakes(each) == []


# --- both grammars -----------------------------------------------------------------------------------------------


def misread(seed: int, step: int) -> list[str]:
    """What sqlfluff cannot read of what is written about a made-up project; that sqlglot reads it back as the same tree
    is asked of every text when it is written.
    """
    project = worlds.project(Random(seed))
    program = snowflake_fake.as_stored(worlds.compiled(project)[0], project.columns)
    clock = Clock(project.as_of, ZoneInfo(program.timezone), program.week_starts)
    found = []
    for names in program.by_entity(tuple(program.segments)[seed % step :: step]).values():
        passed = SNOWFLAKE.one_pass(program, names, clock, ("a", "b"), replaces=True, in_order=False)
        texts = (SNOWFLAKE.memberships(program, names, clock), passed.keep, passed.sizes, *passed.store, passed.forget)
        found += [mistake for text in texts for mistake in mistakes(text)]
    return found


@pytest.mark.parametrize("seed", range(2))
def test_two_grammars_read_what_is_written(seed: int) -> None:
    assert misread(seed, 12) == []


@pytest.mark.long
def test_two_grammars_read_many_more() -> None:
    count = min(int(os.environ.get("SEEDS", 100)), 1_000)
    assert not {seed: found for seed in range(count) if (found := misread(seed, 1))}


def test_the_second_grammar_would_notice() -> None:
    assert mistakes("SELECT COUNT(*) FILTER (WHERE a) FROM b")


# What a session can be set to change: what a text means as a moment, when a week starts, how rows are ordered.
ASKS_THE_SESSION = (exp.CurrentDate, exp.CurrentTimestamp, exp.Lower, exp.Upper, exp.TimestampFromParts)


@pytest.mark.parametrize("seed", range(10))
def test_nothing_asks_the_session(seed: int) -> None:
    project = worlds.project(Random(seed))
    program = snowflake_fake.as_stored(worlds.compiled(project)[0], project.columns)
    clock = Clock(project.as_of, ZoneInfo(program.timezone), program.week_starts)
    for names in program.by_entity(tuple(program.segments)[seed % PART :: PART]).values():
        for node in sqlglot.parse_one(SNOWFLAKE.memberships(program, names, clock), read="snowflake").walk():
            assert not isinstance(node, (*ASKS_THE_SESSION, exp.Filter, exp.First, exp.Last)), node.sql("snowflake")
            if isinstance(node, exp.Cast):
                assert not (node.to.is_type(*exp.DataType.TEMPORAL_TYPES) and isinstance(node.this, exp.Literal)), node
                assert not node.to.is_type("TIMESTAMP"), "what that is, a session says"
            if isinstance(node, exp.Extract):
                assert node.name in {"YEAR", "QUARTER", "MONTH", "DAY", "HOUR", "DAYOFWEEKISO"}


# --- what fakesnow is not -----------------------------------------------------------------------------------------


def test_what_is_said_otherwise_is_listed() -> None:
    """No construct beside those, and each of those: what is no longer needed must go."""
    met = Counter[str]()
    for seed in range(12):
        project = worlds.project(Random(seed))
        program = snowflake_fake.as_stored(worlds.compiled(project)[0], project.columns)
        clock = Clock(project.as_of, ZoneInfo(program.timezone), program.week_starts)
        for names in program.by_entity(tuple(program.segments)[::4]).values():
            met += snowflake_fake.said_otherwise(SNOWFLAKE.memberships(program, names, clock))[1]
    members = exp.select(SNOWFLAKE.list_members(exp.column("tags"))).sql("snowflake")
    met += snowflake_fake.said_otherwise(members)[1]
    assert set(met) == set(snowflake_fake.SAID_OTHERWISE), met


def test_the_page_lists_what_was_not_seen() -> None:
    page = (Path(__file__).parent.parent / "docs" / "sql.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(.+?)` \| (.+?) \|$", page.partition("<!-- not seen -->")[2], re.MULTILINE)
    assert dict(rows) == snowflake_fake.SAID_OTHERWISE | snowflake_fake.CANNOT


def test_lists_are_taken_apart_without_what_is_missing(cursor: Any) -> None:
    lists = [["b", None, "b", "a"], [], [None], None, ["c"]]
    stored: dict[str, list[Any]] = {"tagged": [{"id": number, "tags": tags} for number, tags in enumerate(lists, 1)]}
    columns = {"tagged": {"id": "BIGINT", "tags": "VARCHAR[]"}}
    snowflake_fake.load(worlds.Project("", {}, "", "", stored, columns, AS_OF), cursor)
    tags = plan.Stored("tagged", "tags", TextList())
    base = plan.Base(("tagged",), "tagged")
    for asked, expected in (
        (plan.Members(tags), [(1, "a"), (1, "b"), (5, "c")]),
        (plan.ListWithin(tags, ("a", "b")), [(1, True), (2, True), (3, True), (4, None), (5, False)]),
    ):
        outputs = (plan.Output("id", plan.Stored("tagged", "id", Number(whole=True))), plan.Output("found", asked))
        query = SNOWFLAKE._text(SNOWFLAKE._tree(plan.Query((), plan.Select(base, outputs), "lists")))
        assert mistakes(query) == []
        assert sorted(snowflake_fake.run(cursor, query), key=str) == expected


# --- pins ----------------------------------------------------------------------------------------------------------


def value(cursor: Any, node: exp.Expr) -> Any:
    ((found,),) = snowflake_fake.run(cursor, exp.select(node).sql("snowflake"))
    return found


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia"])
def test_wall_clocks_are_those_of_the_calendar(zone: str, cursor: Any) -> None:
    """Every half hour around the changes, those that a clock skips and repeats included."""
    changes = {"Pacific/Apia": [(2011, 12, 28)], "Australia/Lord_Howe": [(2026, 4, 3), (2026, 10, 2)]}
    starts = changes.get(zone, [(2026, 3, 7), (2026, 3, 27), (2026, 10, 23), (2026, 10, 31)])
    walls = [datetime(*start) + timedelta(minutes=30 * step) for start in starts for step in range(200)]
    clock, moment = Clock(AS_OF, ZoneInfo(zone), 0), exp.column("t")
    stored: dict[str, list[Any]] = {"walls": [{"t": wall} for wall in walls]}
    columns = {"walls": {"t": "TIMESTAMP"}}
    snowflake_fake.load(worlds.Project("", {}, "", "", stored, columns, AS_OF), cursor)
    asked = (moment, SNOWFLAKE.on_wall_clock(moment.copy(), zone), SNOWFLAKE.in_utc(moment.copy(), zone))
    found = snowflake_fake.run(cursor, exp.select(*asked).from_("walls").sql("snowflake"))
    assert sorted(row[0] for row in found) == sorted(walls)
    assert [row for row in found if row[1:] != (clock.on_wall(row[0]), clock.in_utc(row[0]))] == []


def test_dates_and_moments_say_their_format(cursor: Any) -> None:
    for moment in (datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999), datetime(2026, 1, 10, 1, 2, 3, 4)):
        assert value(cursor, SNOWFLAKE.constant(moment)) == moment
        assert value(cursor, SNOWFLAKE.constant(moment.date())) == moment.date()
        assert value(cursor, SNOWFLAKE.constant(moment.replace(tzinfo=UTC))) == moment.replace(tzinfo=UTC)
    assert SNOWFLAKE.constant(date(2026, 1, 10)).sql("snowflake") == "TO_DATE('2026-01-10', 'yyyy-mm-DD')"


@pytest.mark.parametrize("text", [text for text in test_backend_text.HOSTILE if "\x00" not in text])
def test_texts_come_back_as_they_are(text: str, cursor: Any) -> None:
    assert value(cursor, SNOWFLAKE.constant(text)) == text
    assert mistakes(exp.select(SNOWFLAKE.constant(text)).sql("snowflake")) == []


def test_folding_is_that_of_the_meaning(cursor: Any) -> None:
    """Also of what Unicode has beside the letters that people know: the Kelvin sign is a `k`."""
    says = Expressions(SNOWFLAKE, qualified=True)
    for pattern in ("kelvin", "straße", "éß", "i", "ς", "𐐨", "1"):
        others = [char for char in map(chr, range(1, 0x1E944)) if folded_text(char) in pattern and char not in "\x00"]
        match = plan.TextMatch(plan.Constant(""), "equals", pattern, True)
        written = [SNOWFLAKE.constant(pattern.replace(folded_text(char), char)) for char in others]
        same = [SNOWFLAKE.text_match(match, each) for each in written]
        (row,) = snowflake_fake.run(cursor, exp.select(*same).sql("snowflake"))
        assert set(row) == {True}, pattern
    assert "TRANSLATE" not in says.condition(plan.TextMatch(plan.Constant("A"), "equals", "1", True)).sql("snowflake")


@pytest.mark.parametrize(("left", "right"), [(7, 2), (-7, 2), (7, -2), (-7, -2), (10**30 + 1, 3), (2, 3), (0, 5)])
def test_whole_numbers_are_divided_as_if_cut_off(left: int, right: int, cursor: Any) -> None:
    says = Expressions(SNOWFLAKE, qualified=True)
    over, under = (plan.Whole(plan.Constant(Decimal(number))) for number in (left, right))
    whole, rest = (says.value(plan.Divide(over, part, under)) for part in ("whole", "rest"))
    expected = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
    assert rest.sql("snowflake").count("%") == 1 and "/" in whole.sql("snowflake")
    if abs(left) < 10**15:  # fakesnow divides as DuckDB does, in floating point
        assert (value(cursor, whole), value(cursor, rest)) == (expected, left - expected * right)


def test_a_product_of_many_digits_is_one_of_whole_numbers(cursor: Any) -> None:
    """Snowflake keeps twelve digits of a product, and as many as a factor has when that has more."""
    a, b = plan.Constant(Decimal("1.00000001")), plan.Constant(Decimal("3.0000000007"))
    few, many = plan.Calculate(a, "*", b, (8, 2)), plan.Calculate(a, "*", b, (8, 10))
    base = plan.Base("t", "t")
    query = plan.Query((), plan.Select(base, (plan.Output("few", few), plan.Output("many", many))), "")
    said = plainer(query).result.outputs
    assert said[0].expression == few and said[1].expression != many
    node = Expressions(SNOWFLAKE, qualified=True).value(said[1].expression)
    assert value(cursor, node) == Decimal("1.00000001") * Decimal("3.0000000007")


def test_names_mean_what_snowflake_makes_of_them() -> None:
    said = {name: SNOWFLAKE.name(name).sql("snowflake") for name in ("id", "order", "Name", "ORDERS", "é", 'a"b', "at")}
    assert said == {
        "id": "id",
        "order": '"ORDER"',
        "Name": '"Name"',
        "ORDERS": '"ORDERS"',
        "é": '"é"',
        'a"b': '"a""b"',
        "at": "at",
    }


# --- what it cannot say ------------------------------------------------------------------------------------------


def test_a_key_must_be_declared() -> None:
    with pytest.raises(Unsupported, match="collation") as refused:
        SNOWFLAKE.members(test_backends.program("segment a when vip\n"), "a", CLOCK)
    assert refused.value.diagnostic.label.span.source.name


def test_a_query_that_snowflake_would_not_read_is_refused() -> None:
    span = (meant := small("segment a when vip\n")).segments["a"].span
    keys = tuple(Decimal(10**9 + number) for number in range(120_000))
    many = ir.InFile(ir.Key("customer", Number(whole=True), span=span), "many", keys, span=span)
    long = replace(meant, segments={"a": replace(meant.segments["a"], condition=many)})
    with pytest.raises(Unsupported, match="1,000,000 bytes"):
        SNOWFLAKE.members(long, "a", CLOCK)


def test_columns_called_like_those_of_flatten_say_whose_they_are() -> None:
    """FLATTEN has columns of its own, `key` and `value` among them: Snowflake would refuse them as ambiguous."""
    report = Report()
    text = "tables: {customer: {from: people, key: key, columns: {key: integer, value: integer}}}\nentity: customer\n"
    catalog = declare(parse_catalog(Source("catalog.yml", text), report), report)
    module = parse(Source("a.seg", "segment a\n  when value > 1\n"), report)
    meant = resolve([module], catalog, name="odd", timezone="UTC", week_starts=0, settings={}, report=report)
    clock = Clock(datetime(2026, 1, 1, tzinfo=UTC), ZoneInfo("UTC"), 0)
    query = backend("snowflake").memberships(meant, ("a",), clock)
    assert "    decided.key,\n    CAST(segment.value AS VARCHAR) AS segment\n  FROM decided\n" in query
