"""`segdsl explain`: the verdicts are those of `members` for many customers and all segments, and say what decided."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import duckdb
import pytest

import segdsl
from segdsl import compiler, warehouse
from segdsl.cli import main
from segdsl.introspection import DatabaseProblem
from segdsl.semantics.reasons import Reason

GROCERY = Path(__file__).parent.parent / "examples" / "grocery"
AS_OF = date(2018, 1, 1)


def test_verdicts_are_those_of_members_in_the_grocery_example() -> None:
    project = segdsl.load(GROCERY)
    program = compiler.sound(project)
    clock, target = compiler.clock(program, AS_OF), project.target(None)
    names = tuple(program.segments)
    members = {name: set(warehouse.members(program, name, clock, target).keys) for name in names}
    won = {name: set(warehouse.members(program, name, clock, target, assigned=True).keys) for name in names}
    everyone = sorted({key for keys in members.values() for key in keys}, key=str)
    some = everyone[:: len(everyone) // 12]
    assert len(some) >= 12
    for key in some:
        found = warehouse.explain(program, str(key), names, clock, target)
        assert [each.name for each in found.segments] == list(names)
        for each in found.segments:
            assert each.qualifies == (key in members[each.name]), (key, each.name)
            assert (each.qualifies and each.taken_by is None) == (key in won[each.name]), (key, each.name)
            assert each.reason.holds == each.qualifies


# --- a small project with everything that must be fetched -----------------------------------------------

CATALOG = """
tables:
  customer:
    from: customers
    key: customer_id
    where: kept
    columns: {customer_id: integer, kept: {type: boolean, required: true}, age: integer}
    links: {referrer: {column: referrer_id, table: customer}}
  order:
    from: orders
    key: order_id
    at: ordered_at
    links: {customer: customer_id, store: store_id}
    columns: {order_id: integer, amount: "decimal(12,2)"}
  line: {from: lines, links: {order: order_id}, columns: {sku: text, price: "decimal(12,2)"}}
  store: {from: stores, key: store_id, columns: {city: text}}
entity: customer
"""
SEGMENTS = """
metric spend = sum(order.amount)
segment spenders when spend >= 10
segment above when spend > average of spend
segment best when in top 2 by spend
segment fifth when quintile of spend = 5 and age is known
segment both when in segment best or not in segment above
segment was_best when was in segment best 10 days ago
segment berliners when has order where store.city = "Berlin" in last 30 days
segment twins when count(line where sku = "a") >= 2
segment big when has order where sum(line.price) > 3
segment back when has order followed by order within 20 days
segment young_referrer when referrer.age < 30
segment last_city when last(order.store.city) = "Paris"
group stages exclusive
segment first in stages priority 1 when spend >= 20
segment second in stages priority 2 when spend >= 10
segment rest in stages priority 3 otherwise
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "segments").mkdir()
    (folder / "segdsl.yml").write_text("name: shop\ntargets: {dev: {type: duckdb, path: shop.duckdb}}\n")
    (folder / "catalog.yml").write_text(CATALOG)
    (folder / "segments" / "all.seg").write_text(SEGMENTS)
    with duckdb.connect(str(folder / "shop.duckdb")) as database:
        database.execute(
            "CREATE TABLE stores AS SELECT * FROM (VALUES ('s1', 'Berlin'), ('s2', 'Paris')) t(store_id, city)"
        )
        database.execute(
            "CREATE TABLE customers AS SELECT i::BIGINT AS customer_id, i <> 13 AS kept, "
            "CASE WHEN i % 4 > 0 THEN 20 + i END::BIGINT AS age, "
            "nullif(i % 7, 0)::BIGINT AS referrer_id FROM range(1, 31) t(i)"
        )
        database.execute(
            "CREATE TABLE orders AS SELECT i::BIGINT AS order_id, (1 + i * i % 31)::BIGINT AS customer_id, "
            "CASE WHEN i % 3 > 0 THEN 's' || (1 + i % 2) END AS store_id, "
            "TIMESTAMP '2026-01-01' - to_days((i * 7 % 90)::INTEGER) + to_hours((i % 30)::INTEGER) AS ordered_at, "
            "(i % 9 + 0.25)::DECIMAL(12,2) AS amount FROM range(1, 121) t(i)"
        )
        database.execute(
            "CREATE TABLE lines AS SELECT (1 + i % 120)::BIGINT AS order_id, "
            "CASE WHEN i % 5 > 0 THEN 'a' ELSE 'b' END AS sku, "
            "(i % 3 + 0.5)::DECIMAL(12,2) AS price FROM range(0, 300) t(i)"
        )
    return folder


def test_verdicts_are_those_of_members_for_everyone(shop: Path) -> None:
    """Over links, lines without keys, other customers, sequences, and whoever is compared with everyone."""
    project = segdsl.load(shop)
    program = compiler.sound(project)
    clock, target = compiler.clock(program, date(2026, 1, 1)), project.target(None)
    names = tuple(program.segments)
    members = {name: set(warehouse.members(program, name, clock, target).keys) for name in names}
    won = {name: set(warehouse.members(program, name, clock, target, assigned=True).keys) for name in names}
    # Everything here tells some customers from others.
    assert [name for name in names if not 0 < len(members[name]) < 29 and name != "rest"] == []
    for key in set(range(1, 31)) - {13}:
        for each in warehouse.explain(program, str(key), names, clock, target).segments:
            assert each.qualifies == (key in members[each.name]), (key, each.name)
            assert (each.qualifies and each.taken_by is None) == (key in won[each.name]), (key, each.name)
            assert each.reason.holds == each.qualifies


def said(reason: Reason) -> dict[str, str]:
    found = {each.what: each.value for each in reason.values}
    for part in reason.parts:
        found |= said(part)
    return found


def test_a_reason_says_values_windows_and_rows(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["-C", str(shop), "explain", "2", "berliners", "second", "--as-of", "2026-01-01", "--format", "json"])
    found = json.loads(capsys.readouterr().out)
    assert code == 0 and found["key"] == 2 and found["entity"] == "customer"
    berliners, second = found["segments"]
    values = {each["of"]: each["value"] for each in berliners["reason"]["values"]}
    assert values["last 30 days"] == "from 2025-12-02 00:00 until before 2026-01-01 00:00"
    with duckdb.connect(str(shop / "shop.duckdb"), read_only=True) as database:
        (there,) = database.execute(
            "SELECT count(*) FROM orders WHERE customer_id = 2 AND ordered_at < '2026-01-01'"
        ).fetchone()  # type: ignore[misc]
        (spent,) = database.execute(
            "SELECT sum(amount) FROM orders WHERE customer_id = 2 AND ordered_at < '2026-01-01'"
        ).fetchone()  # type: ignore[misc]
    assert values["rows of order"].endswith(f" of {there}")
    assert {each["of"]: each["value"] for each in second["reason"]["values"]}["spend"] == f"{spent:f}".rstrip("0")


def test_who_took_them_is_said(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = segdsl.load(shop)
    taken = segdsl.members(project, "first", as_of=date(2026, 1, 1)).keys
    assert main(["-C", str(shop), "explain", str(taken[0]), "second", "--as-of", "2026-01-01"]) == 0
    assert "in second, but assigned to first: it wins over second" in capsys.readouterr().out


def test_the_rest_of_a_group_names_the_others(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rest = segdsl.members(segdsl.load(shop), "rest", as_of=date(2026, 1, 1)).keys
    assert main(["-C", str(shop), "explain", str(rest[0]), "rest", "--as-of", "2026-01-01"]) == 0
    out = capsys.readouterr().out
    assert "true     not in segment first\n  false      spend >= 20\n" in out
    assert "true     not in segment second\n  false      spend >= 10\n" in out
    assert "otherwise" not in out


def test_a_group_is_no_segment(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-C", str(shop), "members", "stages"]) == 2
    err = capsys.readouterr().err
    assert "`stages` is a group, not a segment" in err and "its segments are `first`, `second`, `rest`" in err


def test_what_is_compared_with_everyone_says_so(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-C", str(shop), "explain", "2", "above", "--as-of", "2026-01-01"]) == 0
    out = capsys.readouterr().out
    assert "spend > average of spend" in out and "compared with everyone: in the whole table" in out


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("99", "there is no customer with the key `99`"),
        ("x", "the keys of `customer` are whole numbers, and `x` is none"),
        ("13", "customer `13` does not count as of 2026-01-01"),
    ],
)
def test_a_key_that_nobody_has(shop: Path, capsys: pytest.CaptureFixture[str], key: str, message: str) -> None:
    assert main(["-C", str(shop), "explain", key, "--as-of", "2026-01-01"]) == 2
    assert message in capsys.readouterr().err


def test_a_database_that_is_not_there_is_exit_code_3(shop: Path, tmp_path: Path) -> None:
    for file in ("segdsl.yml", "catalog.yml"):
        (tmp_path / file).write_text((shop / file).read_text())
    (tmp_path / "segments").mkdir()
    (tmp_path / "segments" / "all.seg").write_text(SEGMENTS)
    assert main(["-C", str(tmp_path), "explain", "2", "--as-of", "2026-01-01"]) == 3
    project = segdsl.load(tmp_path)
    program = compiler.sound(project)
    with pytest.raises(DatabaseProblem):
        warehouse.explain(program, "2", ("big",), compiler.clock(program, AS_OF), project.target(None))


def test_only_the_files_that_are_needed_are_opened(tmp_path: Path) -> None:
    """A comparison with everyone that nobody asks about may be over a file that is not there."""
    (tmp_path / "segments").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "customers.csv").write_text("customer_id,kept,age\n1,true,30\n2,true,60\n")
    (tmp_path / "segdsl.yml").write_text("name: shop\ntargets: {dev: {type: duckdb, path: data}}\n")
    (tmp_path / "catalog.yml").write_text(CATALOG)
    text = "segment old when age > average of age\nsegment best when in top 1 by count(order)\n"
    (tmp_path / "segments" / "all.seg").write_text(text)
    project = segdsl.load(tmp_path)
    program = compiler.sound(project)
    found = [
        warehouse.explain(program, key, ("old",), compiler.clock(program, AS_OF), project.target(None)).segments[0]
        for key in ("1", "2")
    ]
    assert [each.qualifies for each in found] == [False, True]
