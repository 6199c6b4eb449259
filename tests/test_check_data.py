"""`segdsl check --data` on folders, real DuckDB files and a real PostgreSQL: each declaration, kept and broken."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import psycopg
import pytest

from segdsl.cli import main
from tests import postgres
from tests.test_postgres import database

ROOT = Path(__file__).parent.parent
CATALOG = """\
tables:
  customer:
    from: customers
    key: customer_id
    columns:
      customer_id: integer
      plan: {type: text, values: [free, pro], required: true}
      age: {type: integer, min: 0, max: 120}
      tags: {type: list of text, values: [a, b]}
      born: date
  order:
    from: orders
    at: ordered_at
    links: {customer: customer_id}
    where: status != "test"
    columns:
      status: text
      amount: {type: "decimal(6,2)", required: true}
      buyer_age: {is: customer.age, required: true}
entity: customer
"""
CUSTOMERS = 'customer_id,plan,age,tags,born\n1,free,17,"[""a""]",2001-02-03\n2,pro,120,,\n'
ORDERS = "customer_id,ordered_at,status,amount\n1,2026-01-02 10:00:00,paid,12.50\n,2026-01-02,test,\n"
READ = {"customers": "customer_id INTEGER, plan TEXT, age BIGINT, tags TEXT[], born DATE"} | {
    "orders": "customer_id INTEGER, ordered_at TIMESTAMP, status TEXT, amount DOUBLE"
}


@pytest.fixture(params=["csv", "parquet", "duckdb", "postgres"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where the data are; the address of a PostgreSQL is in the environment."""
    if request.param != "postgres":
        yield request.param
        return
    with database(request.getfixturevalue("postgres_address"), "check_data") as address:
        monkeypatch.setenv("URL", address)
        yield request.param


def make(at: Path, kind: str, customers: str = CUSTOMERS, orders: str = ORDERS, catalog: str = CATALOG) -> None:
    """A project in `at` over CSV files, or over the same rows with types, in Parquet files or a database."""
    (at / "segments").mkdir()
    (at / "segments" / "all.seg").write_text("segment old\n  when age > 60\n")
    (at / "catalog.yml").write_text(catalog, encoding="utf-8")
    path = "acme.duckdb" if kind == "duckdb" else "data"
    target = "type: postgres, url: '${URL}'" if kind == "postgres" else f"type: duckdb, path: {path}"
    (at / "segdsl.yml").write_text(f"name: acme\ntargets: {{dev: {{{target}}}}}\n")
    (at / "data").mkdir()
    for name, text in {"customers": customers, "orders": orders}.items():
        file = at / "data" / f"{name}.csv"
        file.write_text(text, encoding="utf-8")
        if kind == "csv":
            continue
        with duckdb.connect(str(at / "acme.duckdb")) as connection:
            connection.execute(f"CREATE TABLE {name} ({READ[name]})")
            texts = connection.read_csv(str(file), header=True, all_varchar=True)
            casts = [
                "CAST(FROM_JSON(tags, '[\"VARCHAR\"]') AS TEXT[])" if column == "tags" else column
                for column in texts.columns
            ]
            texts.project(", ".join(casts)).insert_into(name)
            if kind == "postgres":
                columns = dict(column.split(" ", 1) for column in READ[name].split(", "))
                with psycopg.connect(os.environ["URL"]) as session:
                    postgres.create(session, name, columns, connection.table(name).fetchall())
            if kind == "parquet":
                connection.table(name).write_parquet(str(at / "data" / f"{name}.parquet"))
        file.unlink()


def found(at: Path, capsys: pytest.CaptureFixture[str], code: int = 1) -> list[dict[str, object]]:
    capsys.readouterr()
    assert main(["-C", str(at), "check", "--data", "--format", "json"]) == code
    diagnostics = json.loads(capsys.readouterr().out)["diagnostics"]
    assert isinstance(diagnostics, list)
    return diagnostics


def said(each: dict[str, object]) -> tuple[object, ...]:
    return each["rule"], each["message"], each["details"], each["help"]


def test_data_that_keep_all_declarations_have_no_findings(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path, kind)
    assert found(tmp_path, capsys, 0) == []


def test_each_broken_declaration_is_told_with_numbers_and_the_line_to_write(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    customers = (
        'customer_id,plan,age,tags,born\n1,trial,-3,"[""a"",""c"",""c""]",\n2,trial,130,"[""c"",null]",\n'
        '3,"it\'s ""x""",-1,,\n4,,5,[],\n'
    )
    orders = "customer_id,ordered_at,status,amount\n1,,paid,\n9,2026-01-02,paid,1\n8,2026-01-02,test,\n"
    make(tmp_path, kind, customers, orders)
    assert [said(each) for each in found(tmp_path, capsys)] == [
        (
            "missing-value",
            "`plan` of `customer` is `required`, and is missing",
            ["1 of 4 rows", "`customer_id` `4`"],
            "mend the data, or declare `plan: {type: text, values: [free, pro]}`",
        ),
        (
            "unlisted-value",
            "`plan` of `customer` holds texts that are not in its `values`",
            ["3 of 4 rows", '`"trial"` in 2 rows', '`"it\'s \\"x\\""` in 1 row'],
            "mend the data, or declare "
            '`plan: {type: text, values: [free, pro, trial, "it\'s \\"x\\""], required: true}`',
        ),
        (
            "value-beyond-range",
            "`age` of `customer` is below its `min`, 0",
            ["2 of 4 rows", "`-3` in 1 row", "`-1` in 1 row"],
            "mend the data, or declare `age: {type: integer, min: -3, max: 120}`",
        ),
        (
            "value-beyond-range",
            "`age` of `customer` is above its `max`, 120",
            ["1 of 4 rows", "`130` in 1 row"],
            "mend the data, or declare `age: {type: integer, min: 0, max: 130}`",
        ),
        (
            "unlisted-value",
            "`tags` of `customer` holds texts that are not in its `values`",
            ["2 of 4 rows", '`"c"` in 2 rows'],
            "mend the data, or declare `tags: {type: list of text, values: [a, b, c]}`",
        ),
        (
            "missing-time",
            "rows of `order` have no time: `ordered_at` is missing",
            ["1 of 2 rows"],
            "fill it in, or say that such rows do not count: `where: ordered_at is known`",
        ),
        (
            "lost-link",
            "the link `customer` of `order` leads to rows of `customer` that are not there",
            ["1 of 2 rows", "`9` in 1 row"],
            "add the rows to `customer`: until then all that is asked over this link is missing",
        ),
        (
            "missing-value",
            "`amount` of `order` is `required`, and is missing",
            ["1 of 2 rows"],
            'mend the data, or declare `amount: "decimal(6,2)"`',
        ),
        (
            "missing-value",
            "`buyer_age` of `order` is `required`, and is missing",
            ["1 of 2 rows"],
            'mend the data, or declare `buyer_age: {is: "customer.age"}`',
        ),
    ]


def test_texts_that_cannot_be_read_are_told_and_stop_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    customers = "customer_id,plan,age,tags,born\n1,free,n/a,x,31.12.2020\n2,free,n/a,,\n3,free,2.5,,\n"
    orders = "customer_id,ordered_at,status,amount\nten,soon,paid,1.005\n1,2026-01-02,test,12345.00\n"
    make(tmp_path, "csv", customers, orders)
    assert [said(each)[:3] for each in found(tmp_path, capsys) if each["rule"] != "missing-value"] == [
        (
            "unreadable-value",
            "`age` of `customer` holds values that are not `integer`",
            ["3 of 3 rows", '`"n/a"` in 2 rows', '`"2.5"` in 1 row'],
        ),
        (
            "unreadable-value",
            "`tags` of `customer` holds values that are not `list of text`",
            ["1 of 3 rows", '`"x"` in 1 row'],
        ),
        (
            "unreadable-value",
            "`born` of `customer` holds values that are not `date`",
            ["1 of 3 rows", '`"31.12.2020"` in 1 row'],
        ),
        (
            "unreadable-value",
            "`ordered_at` of `order` holds values that are not `timestamp`",
            ["1 of 2 rows", '`"soon"` in 1 row'],
        ),
        ("missing-time", "rows of `order` have no time: `ordered_at` is missing", ["1 of 1 row"]),
        (
            "unreadable-value",
            "`customer_id` of `order` holds values that are not `integer`",
            ["1 of 2 rows", '`"ten"` in 1 row'],
        ),
        (
            "unreadable-value",
            "`amount` of `order` holds values that are not `decimal`",
            ["1 of 2 rows", '`"12345.00"` in 1 row'],
        ),
        (
            "rounded-value",
            "`amount` of `order` holds more than 2 digits after the point",
            ["1 of 2 rows", '`"1.005"` in 1 row'],
        ),
    ]


def test_keys_that_are_missing_or_repeated(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f"{key},free,1,,\n" for key in ("1", "1", "2", ""))
    make(tmp_path, kind, f"customer_id,plan,age,tags,born\n{rows}")
    (finding,) = found(tmp_path, capsys)
    assert finding["rule"] == "faulty-key"
    assert finding["details"] == ["missing in 1 of 4 rows", "3 known keys, 2 different ones", "`1` in 2 rows"]


def test_columns_that_are_not_there(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(tmp_path, kind, catalog=CATALOG.replace("born: date", "borne: date"))
    (finding,) = found(tmp_path, capsys)
    assert (finding["rule"], finding["help"]) == ("stored-otherwise", "did you mean `born`?")


def test_a_table_that_is_not_there_stops_nothing(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    catalog = CATALOG.replace("from: orders", "from: ordres").replace("entity: customer", EMPTY_SHOPS)
    assert catalog.count("ordres") == 1
    make(tmp_path, kind, CUSTOMERS.replace("pro", "trial"), catalog=catalog)
    plan, order, shop = found(tmp_path, capsys)
    assert [each["rule"] for each in (plan, order, shop)] == ["unlisted-value", "stored-otherwise", "stored-otherwise"]
    file = kind in ("csv", "parquet")
    message = f"there is no file for the table `order` in `{tmp_path / 'data'}`"
    assert order["message"] == (message if file else "the database has no table `ordres`")
    assert "did you mean `orders`?" in str(order["help"]) and order["line"] == 11
    assert "shop" in str(shop["message"])


EMPTY_SHOPS = "  shop:\n    from: shops\n    key: id\n    columns: {id: integer}\nentity: customer"


def test_types_that_are_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(tmp_path, "parquet", catalog=CATALOG.replace("born: date", "born: text"))
    (finding,) = found(tmp_path, capsys)
    assert finding["rule"] == "stored-otherwise" and "`born`" in str(finding["message"])


def test_tables_without_rows_break_nothing(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(tmp_path, kind, CUSTOMERS.split("\n")[0] + "\n", ORDERS.split("\n")[0] + "\n")
    assert found(tmp_path, capsys, 0) == []


@pytest.mark.parametrize("name", ['pla"n', "sel ect", "a; DROP TABLE x", "naïve"])
def test_hostile_names_and_values(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    catalog = CATALOG.replace("born: date", f"born: {{type: text, from: {json.dumps(name)}, values: [x]}}")
    header = f'customer_id,plan,age,tags,"{name.replace(chr(34), chr(34) * 2)}"\n'
    make(tmp_path, "csv", header + "1,free,1,,'); DROP TABLE orders; --\x1b[31m\n", catalog=catalog)
    (finding,) = found(tmp_path, capsys)
    assert finding["details"] == ["1 of 1 row", '`"\'); DROP TABLE orders; --\\u001b[31m"` in 1 row']
    assert json.dumps(name, ensure_ascii=False) in str(finding["help"]) or name in str(finding["help"])


@pytest.mark.parametrize("format", ["text", "github", "sarif", "junit", "markdown"])
def test_every_format_has_the_numbers(format: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(tmp_path, "csv", CUSTOMERS.replace("pro", "trial"))
    assert main(["-C", str(tmp_path), "check", "--data", "--format", format]) == 1
    out = capsys.readouterr().out
    assert "1 of 2 rows" in out and "trial" in out and "unlisted-value" in out


def test_what_cannot_be_opened_is_said_with_its_own_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path, "csv")
    (tmp_path / "data" / "orders.csv").unlink()
    (tmp_path / "data" / "orders.parquet").write_bytes(b"no parquet at all")
    assert main(["-C", str(tmp_path), "check", "--data"]) == 3
    assert main(["-C", str(tmp_path), "check"]) == 0
    assert main(["-C", str(tmp_path), "check", "--target", "dev"]) == 3


@pytest.mark.parametrize("command", [["check", "--data"], ["size"]])
def test_a_file_without_a_line_is_said_to_be_empty(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path, "csv")
    (tmp_path / "data" / "customers.csv").write_text("")
    assert main(["-C", str(tmp_path), *command]) == 3
    assert "customers.csv` is empty" in capsys.readouterr().err


def test_a_baseline_keeps_what_the_data_break(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(tmp_path, "csv", CUSTOMERS.replace("pro", "trial"))
    assert main(["-C", str(tmp_path), "check", "--data", "--write-baseline"]) == 0
    assert found(tmp_path, capsys, 0) == []
    # Without the data nobody knows whether they still break it.
    assert main(["-C", str(tmp_path), "check"]) == 0
    assert "stale-baseline" not in capsys.readouterr().out
    # Nor is it forgotten when the baseline is written without them; with them it is, once they are mended.
    assert main(["-C", str(tmp_path), "check", "--write-baseline"]) == 0
    assert found(tmp_path, capsys, 0) == []
    (tmp_path / "data" / "customers.csv").write_text(CUSTOMERS)
    assert main(["-C", str(tmp_path), "check", "--data", "--write-baseline"]) == 0
    assert "segdsl.baseline.json: 0 findings" in capsys.readouterr().out


@pytest.mark.parametrize("example", ["grocery", "cdnow", "published_rules"])
def test_the_examples_keep_what_their_catalogs_declare(example: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["-C", str(ROOT / "examples" / example), "check", "--data", "--format", "json"])
    findings = json.loads(capsys.readouterr().out)["diagnostics"]
    about_data = [(each["rule"], each["message"]) for each in findings if each["file"] == "catalog.yml"]
    assert about_data == LOST.get(example, [])


# Households that were never asked have no row, which the catalog says beside the link; some receipts name products
# that the published data do not have.
LOST = {
    "grocery": [
        ("lost-link", "the link `demographic` of `household` leads to rows of `demographic` that are not there"),
        ("lost-link", "the link `product` of `purchase` leads to rows of `product` that are not there"),
    ]
}

RULES_PAGE = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
SECTIONS = {
    section.split("\n", 1)[0]: re.findall(r"^```(yaml|csv)\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    for section in RULES_PAGE.split("\n## ")[1:]
    if "```csv" in section
}


@pytest.mark.parametrize("rule", SECTIONS)
def test_each_rule_has_bad_data_and_what_mends_them(
    rule: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (_, bad), (_, data), (format, good) = SECTIONS[rule]
    for number, (catalog, text) in enumerate([(bad, data), (good, data) if format == "yaml" else (bad, good)]):
        at = tmp_path / str(number)
        at.mkdir()
        make(at, "csv", text, catalog=catalog)
        (at / "segments" / "all.seg").write_text("segment nobody\n  when everyone\n")
        rules = {each["rule"] for each in found(at, capsys, int(number == 0 and rule not in NO_ERRORS))}
        assert rules - {"always-matches"} == ({rule} if number == 0 else set())


NO_ERRORS = ("rounded-value", "lost-link", "missing-time")
