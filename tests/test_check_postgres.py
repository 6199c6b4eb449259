"""`segdsl check --data` on what a PostgreSQL alone has: other types, odd names, views, rights, clocks."""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from segdsl.cli import main
from tests.test_check_data import CATALOG, found, said
from tests.test_postgres import database


@pytest.fixture
def odd(postgres_address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    """A PostgreSQL of its own, to be filled."""
    with database(postgres_address, "check_odd") as address:
        monkeypatch.setenv("URL", address)
        with psycopg.connect(address, autocommit=True) as connection:
            yield connection


ODD = """\
tables:
  customer:
    from: Größe."Kunden"
    key: id
    columns:
      id: integer
      total: "decimal(8,2)"
      share: "decimal(8,2)"
      plan: {type: text, values: [free, pro]}
      seen: timestamp with time zone
      home: {type: point, latitude: lat, longitude: lon}
entity: customer
"""
STORED = (
    "CREATE SCHEMA \"Größe\"; CREATE TYPE plans AS ENUM ('free', 'pro', 'old');"
    'CREATE TABLE "Größe"."it\'s" (id numeric(38,0), total numeric, share real, plan plans, seen timestamptz,'
    " lat float8, lon float8);"
    'CREATE VIEW "Größe"."""Kunden""" AS SELECT * FROM "Größe"."it\'s"'
)


def test_what_is_no_number_in_postgresql_is_told(
    odd: psycopg.Connection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd.execute(STORED)
    rows = (
        "(1, 1.005, 'NaN', 'old', now(), 1, 2), (2, 'Infinity', 0.1, 'free', null, 'NaN', 2),"
        " (99999999999999999999, 2.50, 3, 'pro', now(), null, null)"
    )
    odd.execute(f'INSERT INTO "Größe"."it\'s" VALUES {rows}'.encode())
    make_project(tmp_path, ODD, "total > 60")
    assert [said(each)[:3] for each in found(tmp_path, capsys)] == [
        (
            "faulty-key",
            "the key `id` of `customer` does not stand for one row",
            ["missing in 1 of 3 rows"],
        ),
        (
            "unreadable-value",
            "`id` of `customer` holds values that are not `integer`",
            ["1 of 3 rows", "`99999999999999999999` in 1 row"],
        ),
        (
            "unreadable-value",
            "`total` of `customer` holds values that are not `decimal`",
            ["1 of 3 rows", "`Infinity` in 1 row"],
        ),
        (
            "rounded-value",
            "`total` of `customer` holds more than 2 digits after the point",
            ["1 of 3 rows", "`1.005` in 1 row"],
        ),
        (
            "unreadable-value",
            "`share` of `customer` holds values that are not `decimal`",
            ["1 of 3 rows", "`nan` in 1 row"],
        ),
        (
            "unlisted-value",
            "`plan` of `customer` holds texts that are not in its `values`",
            ["1 of 3 rows", '`"old"` in 1 row'],
        ),
    ]


def test_other_types_in_postgresql_are_told_before_their_rows(
    odd: psycopg.Connection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd.execute("CREATE TABLE customers (customer_id integer, plan jsonb, age text, tags text[], born timestamptz)")
    odd.execute("CREATE TABLE orders (customer_id uuid, ordered_at timestamptz, status text, amount numeric(6,3))")
    make_project(tmp_path)
    messages = sorted(str(each["message"]) for each in found(tmp_path, capsys))
    assert messages == [
        "column `age` of table `customers` is declared as `integer`, and holds VARCHAR",
        "column `amount` of table `orders` is declared as `decimal`, and holds DECIMAL(6,3)",
        "column `born` of table `customers` is declared as `date`, and holds TIMESTAMP WITH TIME ZONE",
        "column `customer_id` of table `orders` holds UUID, "
        "and the key `customer_id` of table `customers` holds INTEGER",
        "column `ordered_at` of table `orders` is declared as `timestamp`, and holds TIMESTAMP WITH TIME ZONE",
        "column `plan` of table `customers` is declared as `text`, and holds jsonb",
    ]


def make_project(at: Path, catalog: str = CATALOG, condition: str = "age > 60", options: str = "") -> None:
    """The project over a PostgreSQL that is filled already."""
    (at / "segments").mkdir()
    (at / "segments" / "all.seg").write_text(f"segment old\n  when {condition}\n")
    (at / "catalog.yml").write_text(catalog, encoding="utf-8")
    (at / "segdsl.yml").write_text(f"name: acme\ntargets: {{dev: {{type: postgres, url: '${{URL}}'{options}}}}}\n")


def shop(odd: psycopg.Connection) -> None:
    """The tables of the project, without rows."""
    odd.execute("CREATE TABLE customers (customer_id integer, plan text, age int, tags text[], born date)")
    odd.execute("CREATE TABLE orders (customer_id int, ordered_at timestamp, status text, amount numeric(6,2))")


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("REVOKE SELECT ON orders FROM reader", "permission denied for table orders"),
        ("REVOKE SELECT ON orders FROM reader; GRANT SELECT (status) ON orders TO reader", "for table orders"),
        ("ALTER TABLE orders SET SCHEMA hidden", "permission denied for schema hidden"),
        (
            "ALTER TABLE orders RENAME TO o; CREATE VIEW orders AS SELECT customer_id, ordered_at, status, amount /"
            " (customer_id - customer_id) AS amount FROM o; INSERT INTO o VALUES (1, now(), 'paid', 1);"
            " GRANT SELECT ON orders TO reader",
            "a stored value cannot be read as it is declared: division by zero",
        ),
    ],
)
def test_what_a_postgresql_refuses_is_told_with_the_table(
    statement: str,
    message: str,
    odd: psycopg.Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shop(odd)
    odd.execute("CREATE SCHEMA hidden; CREATE ROLE reader LOGIN; GRANT SELECT ON customers, orders TO reader")
    try:
        odd.execute(statement.encode())
        monkeypatch.setenv("URL", os.environ["URL"].replace("//postgres:", "//reader:"))
        catalog = CATALOG.replace("from: orders", "from: hidden.orders") if "hidden" in message else CATALOG
        make_project(tmp_path, catalog)
        assert main(["-C", str(tmp_path), "check", "--data"]) == 3
        error = capsys.readouterr().err
        assert "error: table `order`: " in error and message in error and "catalog.yml:11" in error
    finally:
        odd.execute("DROP OWNED BY reader; DROP ROLE reader")


def test_a_postgresql_that_takes_too_long_is_told(
    odd: psycopg.Connection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shop(odd)
    odd.execute(SLOW)
    make_project(tmp_path, options=", timeout: 1 second")
    began = time.monotonic()
    assert main(["-C", str(tmp_path), "check", "--data"]) == 3
    assert time.monotonic() - began < 10
    assert "table `order`: the database took longer than it may" in capsys.readouterr().err


SLOW = (
    "INSERT INTO orders VALUES (1, now(), 'paid', 1); ALTER TABLE orders RENAME TO o;"
    "CREATE VIEW orders AS SELECT customer_id, ordered_at, status || left(pg_sleep(30)::text, 0) AS status, amount"
    " FROM o"
)


def test_a_connection_that_is_lost_is_told(
    odd: psycopg.Connection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shop(odd)
    odd.execute(SLOW)
    make_project(tmp_path)
    ended = []

    def end() -> None:
        """Ends the session that looks at the slow view, once it does."""
        for _ in range(200):
            time.sleep(0.05)
            if odd.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'segdsl'"
                " AND datname = current_database() AND wait_event = 'PgSleep'"
            ).fetchall():
                ended.append(True)
                return

    watching = threading.Thread(target=end)
    watching.start()
    code = main(["-C", str(tmp_path), "check", "--data"])
    watching.join()
    assert (code, ended) == (3, [True])
    error = capsys.readouterr().err
    assert "table `order`: the database ended the connection" in error and "Traceback" not in error


def test_looking_at_a_postgresql_changes_nothing_in_it(
    odd: psycopg.Connection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A view that would write is refused: the transaction is read-only."""
    shop(odd)
    odd.execute(
        "CREATE TABLE log (id int); INSERT INTO orders VALUES (1, now(), 'paid', 1);"
        "CREATE FUNCTION noted(text) RETURNS text LANGUAGE plpgsql AS"
        " $$BEGIN INSERT INTO log VALUES (1); RETURN $1; END$$;"
        "ALTER TABLE orders RENAME TO o;"
        "CREATE VIEW orders AS SELECT customer_id, ordered_at, noted(status) AS status, amount FROM o"
    )
    make_project(tmp_path)
    assert main(["-C", str(tmp_path), "check", "--data"]) == 3
    assert "cannot execute INSERT in a read-only transaction" in capsys.readouterr().err
    assert odd.execute("SELECT count(*) FROM log").fetchall() == [(0,)]


TYPES = {
    # What a column holds -> how it is declared, one value that is, and what is found with another.
    "uuid": ("text", "'00000000-0000-0000-0000-000000000001'", ""),
    "varchar(8)": ("{type: text, values: [a]}", "'a'", "'b'"),
    "character(4)": ("{type: text, values: [a]}", "'a'", "'b'"),
    'text COLLATE "C"': ("{type: text, values: [a]}", "'a'", "'A'"),
    "mood": ("{type: text, values: [good]}", "'good'", "'bad'"),
    "mood_domain": ("{type: text, values: [good]}", "'good'", "'bad'"),
    "mail": ("{type: text, required: true}", "'a@b'", "null"),
    "price": ('{type: "decimal(6,2)", min: 0}', "1.25", "-1.25"),
    "numeric": ('"decimal(8,2)"', "1.2500", "'NaN'"),
    "numeric(12,0)": ("{type: integer, max: 5}", "5", "6"),
    "numeric(5,-2)": ("{type: integer, max: 100}", "100", "200"),
    "numeric(38, 0)": ("integer", "9223372036854775807", "9223372036854775808"),
    "double precision": ('"decimal(8,2)"', "0.1", "'-Infinity'"),
    "real": ('"decimal(8,2)"', "0.1", "'NaN'"),
    "smallint": ("{type: integer, min: -1}", "-1", "-2"),
    "varchar(8)[]": ("{type: list of text, values: [a]}", "'{a,NULL}'", "'{a,b}'"),
    "boolean": ("{type: boolean, required: true}", "false", "null"),
    "date": ("{type: date, required: true}", "'0001-01-01'", "null"),
    "timestamp(0)": ("{type: timestamp, required: true}", "'9999-12-31'", "null"),
    "timestamptz": ("{type: timestamp with time zone, required: true}", "'2026-01-01'", "null"),
}


@pytest.mark.parametrize("at", ["customers", "Größe.it's", '"; DROP TABLE log; --', "a" * 63, "select", "客户.订单 🙂"])
def test_each_type_is_read_whatever_its_table_is_called(
    at: str, odd: psycopg.Connection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Names are as odd as the tables': the columns are called by their types, with a quote of each kind."""
    odd.execute(
        "CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE DOMAIN mood_domain AS mood;"
        "CREATE DOMAIN mail AS varchar(40) CHECK (value LIKE '%@%'); CREATE DOMAIN price AS numeric(6,2)"
    )
    *schema, table = at.split(".")
    called = sql.Identifier(*schema, table)
    for part in schema:
        odd.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(part)))
    names = {type_: f"{type_}'\"" for type_ in TYPES}
    columns = [sql.SQL("{} {}").format(sql.Identifier(names[type_]), sql.SQL(type_)) for type_ in TYPES]
    odd.execute(sql.SQL("CREATE TABLE {} (id integer, {})").format(called, sql.SQL(", ").join(columns)))
    declared = "".join(
        f"      c{number}: {_at(names[type_], how)}\n" for number, (type_, (how, _, _)) in enumerate(TYPES.items())
    )
    stored_in = json.dumps(at, ensure_ascii=False)
    catalog = (
        f"tables:\n  t:\n    from: {stored_in}\n    key: id\n    columns:\n      id: integer\n{declared}entity: t\n"
    )
    make_project(tmp_path, catalog, "id > 60")
    values = sql.SQL("INSERT INTO {} VALUES (1, {})").format(
        called, sql.SQL(", ".join(v for _, v, _ in TYPES.values()))
    )
    odd.execute(values)
    assert found(tmp_path, capsys, 0) == []
    for number, type_ in enumerate(TYPES, 2):
        broken = [bad if each == type_ and bad else good for each, (_, good, bad) in TYPES.items()]
        odd.execute(sql.SQL("INSERT INTO {} VALUES ({}, {})").format(called, number, sql.SQL(", ".join(broken))))
    bad = [re.findall("`c([0-9]+)`", str(each["message"])) for each in found(tmp_path, capsys)]
    assert sorted(bad) == sorted([str(number)] for number, (_, _, other) in enumerate(TYPES.values()) if other)


def _at(name: str, declared: str) -> str:
    """How a column is declared that is stored by another name."""
    inside = declared.removeprefix("{").removesuffix("}") if declared.startswith("{") else f"type: {declared}"
    return f"{{{inside}, from: {json.dumps(name)}}}"


@pytest.mark.parametrize("kind", ["VIEW", "MATERIALIZED VIEW", "PARTITION", "INHERITS"])
def test_rows_are_counted_wherever_a_table_has_them(
    kind: str, odd: psycopg.Connection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shop(odd)
    if kind == "PARTITION":
        odd.execute(
            "DROP TABLE customers; CREATE TABLE customers (customer_id integer, plan text, age int, tags text[],"
            " born date) PARTITION BY LIST (plan); CREATE TABLE p PARTITION OF customers DEFAULT"
        )
    if kind == "INHERITS":
        odd.execute("CREATE TABLE p () INHERITS (customers)")
    odd.execute(f"INSERT INTO {'p' if kind == 'INHERITS' else 'customers'} VALUES (1, 'free', 200), (1, 'old', 3)")
    if kind.endswith("VIEW"):
        odd.execute(f"ALTER TABLE customers RENAME TO p; CREATE {kind} customers AS SELECT * FROM p")
    make_project(tmp_path)
    rules = [each["rule"] for each in found(tmp_path, capsys)]
    assert rules == ["faulty-key", "unlisted-value", "value-beyond-range"]
