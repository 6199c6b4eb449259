"""`segdsl catalog pull`: what is guessed, what people wrote stays, and what it does with data of every kind."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import psycopg
import pytest
from psycopg import sql

from segdsl import cli, compiler, pulling
from segdsl.compiler import Findings
from segdsl.diagnostics import Report
from segdsl.inventory.names import singular, worded
from segdsl.project import Target
from segdsl.semantics.catalog import Catalog
from segdsl.source import NOWHERE, Source

ROWS = 40


def shop(folder: Path) -> Path:
    """A folder of three CSV files and a Parquet file, as a shop would have them."""
    folder.mkdir(exist_ok=True)
    customers = ["Customer ID,E-Mail,zip,joined,vip,country,lat,lon"]
    customers += [
        f"{n},c{n}@x.example,0{n:04},2025-01-{1 + n % 28:02},{'tf'[n % 2]},{('IN', 'GB')[n % 2]},{n}.5,{n}.25".replace(
            ",t,", ",true,"
        ).replace(",f,", ",false,")
        for n in range(1, ROWS + 1)
    ]
    (folder / "customers.csv").write_text("\n".join(customers) + "\n", encoding="utf-8")
    orders = ["order_id,customer_id,ordered_at,shipped_at,total,tags"]
    orders += [f'{100 + n},{n % 20 + 1},2026-01-{1 + n % 28:02} 10:00:00,,{n}.99,"[""a"", ""b""]"' for n in range(60)]
    (folder / "orders.csv").write_text("\n".join(orders) + "\n", encoding="utf-8")
    with duckdb.connect() as connection:
        query = "SELECT 100 + i % 60 AS order_id, i % 3 + 0.5::DOUBLE AS price, i::TINYINT AS n FROM range(90) t(i)"
        connection.sql(query).write_parquet(str(folder / "order_lines.parquet"))
    return folder


def catalog_of(text: str) -> Catalog:
    """A catalog as it is meant; it must be without errors."""
    report = Report()
    catalog = compiler.read_catalog(Source("catalog.yml", text), report)
    assert not report.has_errors, [found.message for found in report]
    return catalog


def told(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    """What a command prints."""
    assert cli.main([*arguments]) == code, capsys.readouterr()
    found = capsys.readouterr()
    return found.out + found.err


def catalog_in(folder: Path) -> Catalog:
    return catalog_of((folder / "catalog.yml").read_text(encoding="utf-8"))


def test_from_files_to_a_counted_segment_in_two_commands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop(tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    assert "segments are sets of `customer`" in told(capsys, "catalog", "pull", "--from", "data")
    assert "At least one order  first         20         20   50.0%" in told(capsys, "size")
    assert "no findings" in told(capsys, "check", "--data")


def test_what_files_show_is_guessed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop(tmp_path / "data")
    told(capsys, "catalog", "-C", str(tmp_path), "pull", "--from", str(tmp_path / "data"))
    tables = catalog_in(tmp_path).tables
    assert catalog_in(tmp_path).entity == "customer"
    customer, order, line = tables["customer"], tables["order"], tables["order_line"]
    assert (customer.key, order.key, line.key) == ("Customer ID", "order_id", None)
    assert (customer.at, order.at) == (None, "ordered_at")
    assert {name: (link.column, link.table) for name, link in order.links.items()} == {
        "customer": ("customer_id", "customer")
    }
    assert line.links["order"].table == "order" and line.at_path == ("order",)
    text = (tmp_path / "catalog.yml").read_text(encoding="utf-8")
    for expected in (
        "customer_id: {type: integer, from: Customer ID}",
        "zip: text",  # zeros in front stay
        "e_mail: {type: text, from: E-Mail}",
        "vip: boolean",
        "joined: date ",
        "country: {type: text, values: [GB, IN]}",
        "location: {type: point, latitude: lat, longitude: lon}",
        "total: decimal(12,2) ",
        "tags: list of text",
        "guessed: all of 60 rows find their customer",
        "ordered_at: timestamp ",
        "price: decimal(18,2) ",
        "shipped_at: text",  # nothing stands in it
    ):
        assert expected in text


def test_what_people_wrote_stays_and_what_is_lacking_is_added(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shop(tmp_path / "data")
    (tmp_path / "segdsl.yml").write_text("name: shop\ntargets: {dev: {type: duckdb, path: data}}\n", encoding="utf-8")
    mine = (
        "# mine\n"
        "tables:\n"
        "  buyer: {from: customers, key: Customer ID, columns: {land: {type: text, from: country, values: [IN]}}} #us\n"
        "  # order_line: nobody asks for these\n"
        "  order:\n"
        "    from: orders.csv\n"
        "    key: order_id\n"
        "    at: ordered_at\n"
        "    columns:\n"
        "      # shipped_at: always empty\n"
        "      total: decimal(9,2)      # in euros\n"
        "      gone: integer\n"
        "\n"
        "entity: buyer\n"
    )
    (tmp_path / "catalog.yml").write_text(mine, encoding="utf-8")
    found = told(capsys, "catalog", "pull", "-C", str(tmp_path))
    text = (tmp_path / "catalog.yml").read_text(encoding="utf-8")
    rest = iter(text.splitlines())
    for line in mine.splitlines():
        if not line.startswith("  buyer"):
            assert line in rest, line
    assert "columns: {land: {type: text, from: country, values: [IN]}, " in text and text.count("#us") == 1
    assert "      customer: {column: customer_id, table: buyer}  # guessed: all of 60 rows" in text
    assert "shipped_at" not in text.replace("# shipped_at", "") and "order_line" not in text.replace("# order_line", "")
    assert "please look: `orders.csv` has no column `gone`" in found
    assert "`land` of `buyer` holds `GB`, which its `values` do not name" in found
    again = told(capsys, "catalog", "pull", "-C", str(tmp_path))
    assert "nothing was written" in again
    assert (tmp_path / "catalog.yml").read_text(encoding="utf-8") == text


def test_a_try_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop(tmp_path / "data")
    found = told(capsys, "catalog", "pull", "-C", str(tmp_path), "--from", str(tmp_path / "data"), "--dry-run")
    assert "+tables:" in found and "+    key: order_id" in found
    assert [each.name for each in tmp_path.iterdir()] == ["data"]


def test_without_rows_nothing_is_guessed_from_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "shop.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, land VARCHAR)")
        connection.execute("CREATE TABLE orders (id INTEGER, customer_id INTEGER REFERENCES customers(id), n INTEGER)")
        connection.execute("INSERT INTO customers SELECT i, 'x' FROM range(50) t(i)")
    told(capsys, "catalog", "pull", "-C", str(tmp_path), "--from", str(file), "--no-rows")
    text = (tmp_path / "catalog.yml").read_text(encoding="utf-8")
    assert "customer: customer_id\n" in text and "guessed" not in text and "seen" not in text and "rows" not in text


def test_a_duckdb_says_what_it_declares(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "shop.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("CREATE SCHEMA crm")
        connection.execute("CREATE TYPE size AS ENUM ('it''s', 'L')")
        connection.execute(
            'CREATE TABLE crm."Kunden" (id INTEGER PRIMARY KEY, "Größe (cm)" DECIMAL(5,1), s size, j JSON,'
            " nick VARCHAR NOT NULL)"
        )
        connection.execute("COMMENT ON TABLE crm.\"Kunden\" IS 'who buys\nhere'")
        connection.execute('CREATE VIEW "odd ""view" AS SELECT id AS "SELECT", s AS "#x: y" FROM crm."Kunden"')
        columns = "id INTEGER, segment VARCHAR, qualifies BOOLEAN, assigned BOOLEAN, as_of DATE"
        connection.execute(f"CREATE TABLE segdsl_memberships ({columns})")
    told(capsys, "catalog", "pull", "-C", str(tmp_path), "--from", str(file))
    text = (tmp_path / "catalog.yml").read_text(encoding="utf-8")
    tables = catalog_in(tmp_path).tables
    assert {name: each.stored_in for name, each in tables.items()} == {
        "kunden": ("crm", "Kunden"),
        "odd_view": ('odd "view',),
    }
    assert "size: " not in text and "s: {type: text, values: [it's, L]}" in text
    assert 'größe_cm: {type: "decimal(5,1)", from: Größe (cm)}' in text
    assert "# who buys here; 0 rows" in text
    assert "# j: is json, which segdsl does not read" in text
    assert "nick: {type: text, required: true}" in text
    told(capsys, "size", "-C", str(tmp_path))


@pytest.fixture
def chinook(postgres_address: str) -> Iterator[str]:
    """A database of a music shop, with the tables and the keys that Chinook has, and rows of our own."""
    tables = {
        "Artist": 'create table "Artist" ("ArtistId" int primary key, "Name" varchar(120))',
        "Album": 'create table "Album" ("AlbumId" int primary key, "Title" varchar(160) not null,'
        ' "ArtistId" int not null references "Artist")',
        "Customer": 'create table "Customer" ("CustomerId" int primary key, "FirstName" varchar(40) not null,'
        ' "Country" varchar(40), "SupportRepId" int)',
        "Invoice": 'create table "Invoice" ("InvoiceId" int primary key, kind mood,'
        ' "CustomerId" int not null references "Customer",'
        ' "InvoiceDate" timestamp not null, "Total" numeric(10,2) not null)',
        "InvoiceLine": 'create table "InvoiceLine" ("InvoiceLineId" int primary key,'
        ' "InvoiceId" int references "Invoice", "UnitPrice" numeric, "Quantity" int, blob bytea)',
    }
    name = f"pull_{os.getpid()}"
    with psycopg.connect(postgres_address, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    address = postgres_address.replace("/postgres?", f"/{name}?")
    with psycopg.connect(address) as connection:
        connection.execute("create type mood as enum ('sad', 'ok', 'it''s')")
        for statement in tables.values():
            connection.execute(statement.encode())
        connection.execute('create schema other; create table other."Customer" (id text primary key, x json)')
        connection.execute("create table secret (id int)")
        connection.execute("comment on table \"Invoice\" is 'what was bought'")
        connection.execute("insert into \"Customer\" select n, 'x', 'IN', null from generate_series(1, 9) n")
        connection.execute(
            "insert into \"Invoice\" select n, 'ok', n % 9 + 1, timestamp '2025-01-01' + n * interval '1 day', n"
            " from generate_series(1, 30) n"
        )
        connection.execute(
            'insert into "InvoiceLine" select n, n % 30 + 1, 0.125, 1, null from generate_series(1, 60) n'
        )
    yield address
    with psycopg.connect(postgres_address, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def test_a_postgres_says_what_it_declares(
    chinook: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSIC", chinook)
    told(capsys, "catalog", "pull", "-C", str(tmp_path), "--from", "${MUSIC}")
    text = (tmp_path / "catalog.yml").read_text(encoding="utf-8")
    tables = catalog_in(tmp_path).tables
    assert {name: (each.stored_in, each.key) for name, each in tables.items()} == {
        "album": (("Album",), "AlbumId"),
        "artist": (("Artist",), "ArtistId"),
        "customer": (("Customer",), "CustomerId"),
        "invoice": (("Invoice",), "InvoiceId"),
        "invoice_line": (("InvoiceLine",), "InvoiceLineId"),
        "other_customer": (("other", "Customer"), "id"),
        "secret": (("secret",), None),
    }
    assert catalog_in(tmp_path).entity == "customer"
    assert "customer: CustomerId\n" in text and "invoice: InvoiceId\n" in text, "declared links are no guesses"
    assert "kind: {type: text, values: [sad, ok, it's]}" in text
    assert "# what was bought; 30 rows" in text
    assert 'total: {type: "decimal(10,2)", from: Total, required: true}' in text
    assert 'unit_price: {type: "decimal(18,3)", from: UnitPrice}' in text
    assert "# blob: is bytea, which segdsl does not read" in text
    assert "first          9          9  100.0%" in told(capsys, "size", "-C", str(tmp_path))
    assert "nothing was written" in told(capsys, "catalog", "pull", "-C", str(tmp_path))


def test_what_may_not_be_read_is_left_out(
    chinook: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(chinook) as connection:
        connection.execute("drop role if exists reader; create role reader login")
        connection.execute('grant select on "Customer", "Invoice" to reader')
    monkeypatch.setenv("MUSIC", chinook.replace("postgres:@", "reader:@").replace("user=postgres", "user=reader"))
    found = told(capsys, "catalog", "pull", "-C", str(tmp_path), "--from", "${MUSIC}")
    assert "table `secret` is left out: the user of the target may not read it" in found
    assert set(catalog_in(tmp_path).tables) == {"customer", "invoice"}
    with psycopg.connect(chinook) as connection:
        connection.execute("drop owned by reader; drop role reader")


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.csv", b"", "`a.csv`: it is empty"),
        ("a.csv", b"x;y\n1;2\n", "`;` stand between its columns: save it with commas"),
        ("a.csv", b'x,y\n1,"2\n3,4\n', "`a.csv`: "),
        ("a.parquet", b"not parquet", "`a.parquet`: "),
        ("a[1].csv", b"x\n1\n", "rename it"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(
    name: str, content: bytes, expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / name).write_bytes(content)
    alone = told(capsys, "catalog", "pull", "-C", str(tmp_path), "--from", str(tmp_path / "data"), code=3)
    assert expected in alone and "there are no tables to be read" in alone
    assert not (tmp_path / "segdsl.yml").exists()
    (tmp_path / "data" / "good.csv").write_text("id,n\n1,2\n", encoding="utf-8")
    beside = told(capsys, "catalog", "pull", "-C", str(tmp_path), "--from", str(tmp_path / "data"))
    assert expected.replace("`: ", "` is left out: ") in beside
    assert set(catalog_in(tmp_path).tables) == {"good"}


@pytest.mark.parametrize(
    ("source", "expected", "code"),
    [
        ("nowhere", "there is no file or folder `nowhere`", 2),
        ("mysql://u@h/d", "segdsl does not know databases of `mysql://`", 2),
        ("postgresql://u:secret@h/d", "shows a password", 1),
        ("postgresql://u@127.0.0.1:9/d", "no database answers", 3),
    ],
)
def test_a_source_that_is_none_is_told(
    source: str, expected: str, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = told(capsys, "catalog", "pull", "-C", str(tmp_path), "--from", source, code=code)
    assert expected in found and "secret" not in found
    assert not list(tmp_path.iterdir())


def test_a_project_that_is_there_is_not_made_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop(tmp_path / "data")
    (tmp_path / "segdsl.yml").write_text("name: mine\n", encoding="utf-8")
    found = told(capsys, "catalog", "pull", "-C", str(tmp_path), "--from", str(tmp_path / "data"), code=2)
    assert "there is a project" in found
    assert (tmp_path / "segdsl.yml").read_text(encoding="utf-8") == "name: mine\n"


def test_a_catalog_with_errors_is_left_alone(tmp_path: Path) -> None:
    target = Target("dev", "duckdb", shop(tmp_path), "", "", NOWHERE)
    with pytest.raises(Findings):
        pulling.pull(target, Source("catalog.yml", "tables: {a: {from: customers, columns: {x: wrong}}}\nentity: a\n"))


NASTY = [
    "a b",
    "Ä",
    "select",
    "x: y",
    "#",
    "'",
    '"',
    "{",
    "[",
    "null",
    "yes",
    "1",
    "-",
    "*",
    "&a",
    "a\tb",
    "名前",
    "in",
    "a`b",
]


def test_any_name_makes_a_catalog_that_loads(tmp_path: Path) -> None:
    file = tmp_path / "odd.duckdb"
    with duckdb.connect(str(file)) as connection:
        for number, name in enumerate(NASTY):
            quoted = name.replace('"', '""')
            columns = ", ".join(f'"{each.replace(chr(34), chr(34) * 2)}" INTEGER' for each in NASTY)
            connection.execute(f'CREATE TABLE "{quoted}{number}" ("{quoted}_id" INTEGER PRIMARY KEY, {columns})')
    target = Target("dev", "duckdb", file, "", "", NOWHERE)
    first = pulling.pull(target, None)
    assert len(catalog_of(first.refreshed.text).tables) == len(NASTY)
    again = pulling.pull(target, Source("catalog.yml", first.refreshed.text))
    assert again.refreshed.text == first.refreshed.text


@pytest.mark.parametrize(
    ("stored", "name", "one"),
    [
        ("OrderDetails", "order_details", "order_detail"),
        ("CATEGORIES", "categories", "category"),
        ("tbl Address", "tbl_address", "tbl_address"),
        ("boxes", "boxes", "box"),
        ("status", "status", "status"),
        ("HTTPRequests", "http_requests", "http_request"),
        ("2024", "_2024", "_2024"),
        ("buses", "buses", "buse"),
    ],
)
def test_names(stored: str, name: str, one: str) -> None:
    assert worded(stored) == name
    assert singular(name) == one
