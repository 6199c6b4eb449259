"""Snowflake as a target, on fakesnow: what is written, what is refused, and a clear message when it fails.

fakesnow stands in for Snowflake's driver, so that everything runs in this process. It has no transactions that DDL
ends, no rights and no settings; what a run promises of those was not seen.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import fakesnow
import pytest
import snowflake.connector

import segdsl
from segdsl import cli
from segdsl.compiler import Findings
from segdsl.introspection import DatabaseProblem
from segdsl.semantics.types import Text, TextList
from segdsl.warehouse import snowflake as warehouse
from tests import snowflake_check
from tests.test_postgres import HELD
from tests.test_warehouse import AS_OF as RUN_AS_OF
from tests.test_warehouse import CATALOG as RUN_CATALOG
from tests.test_warehouse import SEGMENTS as RUN_SEGMENTS

EXAMPLES = Path(__file__).parent.parent / "examples"
URL = "snowflake://me:pw@account/ACME/PUBLIC?warehouse=SMALL"
TABLES = [
    "CREATE TABLE customers (customer_id INT, country VARCHAR(2), age NUMBER(3, 0), signed_up DATE, vip BOOLEAN)",
    "INSERT INTO customers VALUES (1, 'IN', 17, '2026-01-01', true), (2, 'GB', 30, NULL, false)",
    "INSERT INTO customers VALUES (3, NULL, NULL, '2025-01-01', NULL)",
    "CREATE TABLE orders (order_id INT, customer_id INT, ordered_at TIMESTAMP_NTZ, amount NUMBER(10, 2))",
    "INSERT INTO orders VALUES (10, 1, '2026-02-20 10:00', 60), (11, 1, '2026-02-21 10:00', 40)",
    "INSERT INTO orders VALUES (12, 2, '2026-02-22 10:00', 5), (13, 99, '2026-02-22 10:00', 500)",
]
pytestmark = pytest.mark.filterwarnings("ignore:Arrow output on a DB-API result")


@pytest.fixture
def acme() -> Iterator[Any]:
    """A cursor of a database that targets of this process find."""
    with fakesnow.patch(), snowflake.connector.connect(database="ACME", schema="PUBLIC") as connection:
        cursor = connection.cursor()
        for statement in TABLES:
            cursor.execute(statement)
        yield cursor


def written(folder: Path, target: str = "", catalog: str = RUN_CATALOG) -> Path:
    (folder / "segments").mkdir(exist_ok=True)
    (folder / "segdsl.yml").write_text(f"name: acme\ntargets: {{dev: {{type: snowflake, url: '${{URL}}'{target}}}}}\n")
    (folder / "catalog.yml").write_text(catalog)
    (folder / "segments" / "all.seg").write_text(RUN_SEGMENTS)
    return folder


def loaded(folder: Path, url: str = URL) -> segdsl.project.Project:
    return segdsl.load(folder, environment={"URL": url})


def stored_memberships(cursor: Any, table: str = "segdsl_memberships") -> list[tuple[object, ...]]:
    query = f"SELECT customer_id, segment, qualifies, assigned FROM {table} ORDER BY segment, customer_id"
    found: list[tuple[object, ...]] = cursor.execute(query).fetchall()
    return found


def test_a_run_replaces_the_memberships(acme: Any, tmp_path: Path) -> None:
    project = loaded(written(tmp_path))
    summary = segdsl.run(project, as_of=RUN_AS_OF)
    assert (summary.rows, summary.written_to) == (5, "segdsl_memberships")
    assert stored_memberships(acme) == HELD
    acme.execute("UPDATE customers SET country = NULL")
    assert segdsl.run(project, as_of=RUN_AS_OF).rows == 4
    assert stored_memberships(acme) == HELD[:4]
    kept = acme.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'PUBLIC'").fetchall()
    assert {name for (name,) in kept} == {"CUSTOMERS", "ORDERS", "SEGDSL_MEMBERSHIPS"}


def test_a_schema_is_made_and_bare_names_mean_what_they_meant(acme: Any, tmp_path: Path) -> None:
    """The schema that is made becomes that of the session."""
    project = loaded(written(tmp_path, ", schema: Marketing"))
    for _ in range(2):
        assert segdsl.run(project, as_of=RUN_AS_OF).written_to == "Marketing.segdsl_memberships"
    assert stored_memberships(acme, '"Marketing".segdsl_memberships') == HELD


def test_a_broken_promise_writes_nothing(acme: Any, tmp_path: Path) -> None:
    """A statement that replaces a table cannot be undone."""
    project = written(tmp_path, ", schema: marketing")
    segments = project / "segments" / "all.seg"
    segments.write_text(RUN_SEGMENTS.replace('country = "IN"\n', 'country = "IN"\n  expect at least 2 customers\n'))
    with pytest.raises(Findings):
        segdsl.run(loaded(project), as_of=RUN_AS_OF)
    schemas = acme.execute("SELECT schema_name FROM information_schema.schemata").fetchall()
    assert "MARKETING" not in {name for (name,) in schemas}


def test_names_in_upper_case_are_those_in_lower_case(acme: Any, tmp_path: Path) -> None:
    upper = RUN_CATALOG
    for name in ("customers", "orders", "customer_id", "ordered_at"):
        upper = upper.replace(f"from: {name}", f"from: {name.upper()}").replace(f"key: {name}", f"key: {name.upper()}")
        upper = upper.replace(f"at: {name}", f"at: {name.upper()}").replace(
            f"customer: {name}", f"customer: {name.upper()}"
        )
    upper = upper.replace("country: text", "country: {type: text, from: COUNTRY}").replace(
        "ordered_at: ", "ORDERED_AT: "
    )
    assert upper != RUN_CATALOG
    project = loaded(written(tmp_path, catalog=upper))
    sizes = segdsl.size(project, as_of=RUN_AS_OF).segments
    assert sizes == segdsl.size(loaded(written(tmp_path)), as_of=RUN_AS_OF).segments


@pytest.mark.parametrize("key", ["1", "2", "3"])
def test_a_customer_is_explained_as_in_the_run(
    key: str, acme: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("URL", URL)
    asked = ["-C", str(written(tmp_path)), "explain", key, "--as-of", "2026-03-01", "--format", "json"]
    assert cli.main(asked) == 0
    standing = {each["name"] for each in json.loads(capsys.readouterr().out)["segments"] if each["qualifies"]}
    assert standing == {segment for customer, segment, *_ in HELD if str(customer) == key}


def test_members_go_to_a_file(acme: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("URL", URL)
    written(tmp_path)
    for format in ("parquet", "csv"):
        output = tmp_path / f"members.{format}"
        asked = ["members", "buyers", "--as-of", "2026-03-01", "--format", format, "--output", str(output)]
        assert cli.main(["-C", str(tmp_path), *asked]) == 0
        with duckdb.connect() as files:
            assert files.execute(f"SELECT customer_id FROM '{output}'").fetchall() == [(1,), (2,)]


# What changes the database, and the sentence that says what is wrong then.
FAULTS: dict[str, tuple[str, str]] = {
    "no table": ("DROP TABLE orders", "the database has no table `orders`"),
    "no column": ("ALTER TABLE orders DROP COLUMN amount", "table `orders` has no column `amount`"),
    "a quoted name": (
        'ALTER TABLE customers RENAME COLUMN country TO "Country"',
        "table `customers` has no column `country`",
    ),
    "another type": (
        "CREATE OR REPLACE TABLE customers AS SELECT customer_id, country, age + 0.5 AS age FROM customers",
        "column `age` of table `customers` is declared as `integer`, and holds DECIMAL",
    ),
    "floats": (
        "CREATE OR REPLACE TABLE orders AS SELECT customer_id, ordered_at, amount::FLOAT AS amount FROM orders",
        "column `amount` of table `orders` holds floating-point numbers",
    ),
    "a zone": (
        "CREATE OR REPLACE TABLE orders AS SELECT customer_id, ordered_at::TIMESTAMP_TZ ordered_at, amount FROM orders",
        "column `ordered_at` of table `orders` is declared as `timestamp`, and holds TIMESTAMP WITH TIME ZONE",
    ),
    "a repeated key": (
        "INSERT INTO customers SELECT * FROM customers WHERE customer_id = 1",
        "the key `customer_id` of `customer` is repeated: `1` (2 rows)",
    ),
    "another table": (
        "CREATE OR REPLACE TABLE segdsl_memberships (mine INT)",
        "table `segdsl_memberships` is there already, and does not hold memberships",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_said_and_nothing_is_written(fault: str, acme: Any, tmp_path: Path) -> None:
    project = loaded(written(tmp_path))
    segdsl.run(project, as_of=RUN_AS_OF)
    change, message = FAULTS[fault]
    acme.execute(change)
    with pytest.raises(DatabaseProblem) as problem:
        segdsl.run(project, as_of=RUN_AS_OF)
    assert problem.value.message.startswith(message) and problem.value.help
    if fault != "another table":
        assert stored_memberships(acme) == HELD


@pytest.mark.parametrize("url", ["snowflake://me@account/ACME", "postgresql://host/acme", "not an address"])
def test_an_address_that_is_none(url: str, tmp_path: Path) -> None:
    with pytest.raises(DatabaseProblem, match="is no address of a Snowflake schema") as problem:
        segdsl.size(loaded(written(tmp_path), url), as_of=RUN_AS_OF)
    assert url not in problem.value.message + problem.value.help


def test_a_password_in_the_project_is_refused(tmp_path: Path) -> None:
    project = written(tmp_path)
    (project / "segdsl.yml").write_text(f"name: acme\ntargets: {{dev: {{type: snowflake, url: '{URL}'}}}}\n")
    (found,) = segdsl.check(segdsl.load(project))
    assert found.message == "the target `dev` shows a password" and "pw@" not in found.help


def test_a_driver_that_is_not_there_is_said(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['snowflake.sqlalchemy'] = None\n"
        "from segdsl import cli; sys.exit(cli.main(['-C', sys.argv[1], 'size', '--as-of', '2026-03-01']))"
    )
    environment = {"URL": URL, "PYTHONPATH": str(Path(segdsl.__file__).parents[1]), "SEGDSL_CACHE": "off"}
    command = [sys.executable, "-c", program, str(written(tmp_path))]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 3 and "the target `dev` needs snowflake-sqlalchemy" in done.stderr
    assert 'type: pip install "segdsl[snowflake]"' in done.stderr


def test_errors_are_said_in_words(tmp_path: Path) -> None:
    """The errors are the driver's own, by their numbers."""
    target = loaded(written(tmp_path)).target()
    for number, words in warehouse.NUMBERS.items():
        error = snowflake.connector.errors.ProgrammingError("what the database says\nand a query", errno=number)
        message, help = warehouse.in_words(error, target)
        assert message.startswith(words[0]) and "what the database says" in message and "query" not in message
        assert help == words[1]


def test_lists_come_as_json() -> None:
    database = warehouse.Snowflake.__new__(warehouse.Snowflake)
    assert database.read('["a", null]', TextList()) == ["a", None]
    assert (database.read("[1]", Text()), database.read(None, TextList())) == ("[1]", None)


# --- the examples ---------------------------------------------------------------------------------------------------


def same_as_on_duckdb(example: str, folder: str, as_of: date, copy: Path) -> int:
    """How many qualify in all, once every segment holds the people that it holds on DuckDB. Floats are cast."""
    source = EXAMPLES / example
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("data"))
    settings = (source / "segdsl.yml").read_text().partition("targets:")[0]
    targets = f"here: {{type: duckdb, path: {source / folder}}}, there: {{type: snowflake, url: '${{URL}}'}}"
    (copy / "segdsl.yml").write_text(f"{settings}targets: {{{targets}}}\n")
    project = segdsl.load(copy, environment={"URL": URL})
    with fakesnow.patch(), snowflake.connector.connect(database="ACME", schema="PUBLIC") as connection:
        cursor: Any = connection.cursor()
        behind: duckdb.DuckDBPyConnection = cursor._duck_conn
        for file in sorted((source / folder).glob("*.parquet")):
            relation = behind.read_parquet(str(file))
            read = [
                f'CAST("{name}" AS {"DECIMAL(12, 2)" if str(kind) == "DOUBLE" else kind}) AS "{name.upper()}"'
                for name, kind in zip(relation.columns, relation.types, strict=True)
            ]
            relation.project(", ".join(read)).create(f"ACME.PUBLIC.{file.stem.upper()}")
        here, there = (segdsl.size(project, target=target, as_of=as_of) for target in ("here", "there"))
        assert here.segments == there.segments and here.entities == there.entities and here.reachable == there.reachable
        for segment in there.segments:
            on_both = [segdsl.members(project, segment.name, target=each, as_of=as_of) for each in ("here", "there")]
            assert on_both[0].keys == on_both[1].keys
    return sum(segment.qualifies for segment in there.segments)


def test_an_example_holds_the_same_people(tmp_path: Path) -> None:
    assert same_as_on_duckdb("cdnow", "data/sample", date(1998, 7, 1), tmp_path / "copy") > 1000


@pytest.mark.long
@pytest.mark.parametrize(
    ("example", "folder", "as_of"),
    [("grocery", "data", date(2018, 1, 1)), ("cdnow", "data/master", date(1998, 7, 1))],
)
def test_examples_hold_the_same_people(example: str, folder: str, as_of: date, tmp_path: Path) -> None:
    assert same_as_on_duckdb(example, folder, as_of, tmp_path / "copy") > 1000


# --- the check for whoever has an account -----------------------------------------------------------------------


def test_the_check_finds_nothing_on_fakesnow() -> None:
    with snowflake_check.fake() as session:
        assert snowflake_check.compared(session, ("clocks", "project 0")) == {"clocks": [], "project 0": []}


@pytest.mark.long
def test_the_whole_check_finds_nothing_on_fakesnow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDS", str(min(int(os.environ.get("SEEDS", 20)), 200)))
    assert snowflake_check.main(["--fake"]) == 0


def test_the_check_notices(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A backend that takes every clock for that of Greenwich."""
    right = type(snowflake_check.SNOWFLAKE).on_wall_clock
    monkeypatch.setattr(
        type(snowflake_check.SNOWFLAKE), "on_wall_clock", lambda self, utc, zone: right(self, utc, "UTC")
    )
    with snowflake_check.fake() as session:
        found = snowflake_check.compared(session, ("clocks",))["clocks"]
    assert any("America/New_York" in each for each in found)
    assert f"clocks: {len(found)} differ" in capsys.readouterr().out


def test_the_check_says_what_it_needs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("SNOWFLAKE_URL", raising=False)
    assert snowflake_check.main([]) == 2
    assert "export SNOWFLAKE_URL=" in capsys.readouterr().out


def test_a_catalog_is_pulled(
    acme: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("URL", URL)
    assert cli.main(["catalog", "pull", "-C", str(tmp_path), "--from", "${URL}"]) == 0, capsys.readouterr()
    text = (tmp_path / "catalog.yml").read_text(encoding="utf-8")
    for expected in (
        "from: orders\n    key: order_id ",
        "customer: customer_id                     # guessed: 75.0 % of 4 rows find their customer",
        "at: ordered_at ",
        "age: integer ",
        "amount: decimal(10,2) ",
        "signed_up: date ",
    ):
        assert expected in text
    assert cli.main(["size", "-C", str(tmp_path)]) == 0, capsys.readouterr()
    assert cli.main(["catalog", "pull", "-C", str(tmp_path)]) == 0
    assert "nothing was written" in capsys.readouterr().out


def test_data_are_held_to_the_catalog(
    acme: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("URL", URL)
    catalog = RUN_CATALOG.replace("country: text", "country: {type: text, values: [IN], required: true}")
    assert catalog != RUN_CATALOG
    acme.execute("INSERT INTO customers VALUES (3, 'FR', NULL, NULL, NULL)")
    assert cli.main(["-C", str(written(tmp_path, catalog=catalog)), "check", "--target", "dev"]) == 1
    found = capsys.readouterr().out
    for expected in ("faulty-key", "`country` of `customer` is `required`", '`"GB"` in 1 row'):
        assert expected in found
