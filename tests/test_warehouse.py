"""Runs on real DuckDB files and folders: what is refused, what is written, and what stays when something fails."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

import segdsl
from segdsl.introspection import DatabaseProblem, fits, kind
from segdsl.semantics.types import Boolean, Date, Number, Text, Timestamp, Type

AS_OF = date(2026, 3, 1)

CATALOG = """\
tables:
  customer:
    from: customers
    key: customer_id
    columns: {country: text, age: integer, signed_up: date, vip: boolean}
  order:
    from: orders
    key: order_id
    at: ordered_at
    links: {customer: customer_id}
    columns: {amount: "decimal(12,2)", ordered_at: timestamp}
entity: customer
"""
SEGMENTS = """\
group stage "Stage"
  exclusive
segment big "Big" in stage priority 1
  when sum(order.amount) >= 100
segment buyers "Buyers" in stage priority 2
  when has order in last 30 days
segment grown_up
  when age >= 18
segment indian
  when country = "IN"
"""
TABLES = """\
CREATE TABLE customers AS SELECT * FROM (VALUES
  (1, 'IN', 17, DATE '2026-01-01', true), (2, 'GB', 30, NULL, false), (3, NULL, NULL, DATE '2025-01-01', NULL)
) AS _(customer_id, country, age, signed_up, vip);
CREATE TABLE orders AS SELECT * FROM (VALUES
  (10, 1, TIMESTAMP '2026-02-20 10:00', 60.0::DOUBLE), (11, 1, TIMESTAMP '2026-02-21 10:00', 40.0::DOUBLE),
  (12, 2, TIMESTAMP '2026-02-22 10:00', 5.0::DOUBLE), (13, 99, TIMESTAMP '2026-02-22 10:00', 500.0::DOUBLE)
) AS _(order_id, customer_id, ordered_at, amount);
"""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Makes a project over a DuckDB file; `change` is SQL to run after the tables are made."""

    def written(
        change: str = "", catalog: str = CATALOG, segments: str = SEGMENTS, target: str = "path: acme.duckdb"
    ) -> Path:
        (tmp_path / "segments").mkdir()
        (tmp_path / "segdsl.yml").write_text(f"name: acme\ntargets: {{dev: {{type: duckdb, {target}}}}}\n")
        (tmp_path / "catalog.yml").write_text(catalog)
        (tmp_path / "segments" / "all.seg").write_text(segments)
        with duckdb.connect(str(tmp_path / "acme.duckdb")) as connection:
            connection.execute(TABLES + change)
        return tmp_path

    return written


def export(project: Path, format: str = "parquet", folder: str = "data") -> None:
    """The tables as files of a folder, which becomes the target."""
    (project / folder).mkdir(exist_ok=True)
    with duckdb.connect(str(project / "acme.duckdb")) as connection:
        for table in ("customers", "orders"):
            connection.table(table).write_parquet(
                str(project / folder / f"{table}.parquet")
            ) if format == "parquet" else (
                connection.table(table).write_csv(str(project / folder / f"{table}.csv"), header=True)
            )
    (project / "segdsl.yml").write_text("name: acme\ntargets: {dev: {type: duckdb, path: " + folder + "}}\n")


def rows(project: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(project / "acme.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


def sizes(project: Path) -> dict[str, tuple[int, int]]:
    found = segdsl.size(segdsl.load(project), as_of=AS_OF)
    return {each.name: (each.qualifies, each.assigned) for each in found.segments}


EXPECTED = {"big": (1, 1), "buyers": (2, 1), "grown_up": (1, 1), "indian": (1, 1)}


def problem(project: Path) -> DatabaseProblem:
    with pytest.raises(DatabaseProblem) as raised:
        segdsl.run(segdsl.load(project), as_of=AS_OF)
    return raised.value


# --- what is computed ---------------------------------------------------------------------------------


def test_a_duckdb_file_gives_sizes_and_members(write: Write) -> None:
    project = segdsl.load(write())
    found = segdsl.size(project, as_of=AS_OF)
    assert found.customers == 3
    assert sizes(project.root) == EXPECTED
    members = segdsl.members(project, "buyers", as_of=AS_OF)
    assert (members.key, members.keys) == ("customer_id", (1, 2))
    assert segdsl.members(project, "buyers", as_of=AS_OF, assigned=True).keys == (2,)


@pytest.mark.parametrize("format", ["parquet", "csv"])
def test_a_folder_of_files_gives_the_same(write: Write, format: str) -> None:
    project = write()
    export(project, format)
    assert sizes(project) == EXPECTED


def test_sizes_and_members_write_nothing(write: Write) -> None:
    project = write()
    before = (project / "acme.duckdb").read_bytes()
    sizes(project)
    assert (project / "acme.duckdb").read_bytes() == before
    assert sorted(path.name for path in project.iterdir()) == ["acme.duckdb", "catalog.yml", "segdsl.yml", "segments"]


def test_a_run_replaces_the_memberships(write: Write) -> None:
    project = write()
    summary = segdsl.run(segdsl.load(project), as_of=AS_OF)
    assert (summary.rows, summary.written_to) == (5, "segdsl_memberships")
    assert {each.name: (each.qualifies, each.assigned) for each in summary.segments} == EXPECTED
    query = "SELECT customer_id, segment, qualifies, assigned FROM segdsl_memberships ORDER BY segment, customer_id"
    expected = [
        (1, "big", True, True),
        (1, "buyers", True, False),
        (2, "buyers", True, True),
        (2, "grown_up", True, True),
        (1, "indian", True, True),
    ]
    assert rows(project, query) == expected
    segdsl.run(segdsl.load(project), as_of=date(2026, 2, 1))
    assert rows(project, query) == [(2, "grown_up", True, True), (1, "indian", True, True)]


def test_a_run_writes_into_the_targets_schema(write: Write) -> None:
    project = write(target="path: acme.duckdb, schema: marketing")
    assert segdsl.run(segdsl.load(project), as_of=AS_OF).written_to == "marketing.segdsl_memberships"
    assert rows(project, "SELECT count(*) FROM marketing.segdsl_memberships") == [(5,)]
    assert segdsl.run(segdsl.load(project), as_of=AS_OF).rows == 5


@pytest.mark.parametrize("name", ["", "people.parquet", "people.csv"])
def test_a_run_in_a_folder_writes_a_file(write: Write, name: str) -> None:
    project = write()
    export(project)
    if name:
        (project / "segdsl.yml").write_text(
            f"name: acme\ntargets: {{dev: {{type: duckdb, path: data, memberships: {name}}}}}\n"
        )
    for _ in range(2):
        assert segdsl.run(segdsl.load(project), as_of=AS_OF).rows == 5
    file = project / "data" / (name or "memberships.parquet")
    with duckdb.connect() as connection:
        connection.execute(f"SELECT count(*), count(*) FILTER (assigned), min(segment) FROM '{file}'")
        found = connection.fetchall()
    assert found == [(5, 4, "big")]
    assert sorted(path.name for path in (project / "data").iterdir()) == sorted(
        ["customers.parquet", "orders.parquet", file.name]
    )


def test_text_keys_come_back_byte_for_byte(write: Write) -> None:
    keys = ["007", "=1+1", "a'b\"c", "高", "NULL", " x ", "é"]
    values = ", ".join(f"('{key.replace(chr(39), chr(39) * 2)}')" for key in keys)
    project = write(
        f"CREATE OR REPLACE TABLE customers AS SELECT k AS customer_id, 'IN' AS country, 20 AS age, "
        f"DATE '2026-01-01' AS signed_up, true AS vip FROM (VALUES {values}) AS _(k);"
        "ALTER TABLE orders ALTER customer_id TYPE VARCHAR;"
    )
    assert segdsl.members(segdsl.load(project), "indian", as_of=AS_OF).keys == tuple(sorted(keys))
    export(project, "csv")
    assert segdsl.members(segdsl.load(project), "indian", as_of=AS_OF).keys == tuple(sorted(keys))


def test_the_same_as_of_gives_the_same_people_whatever_the_machines_zone(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = write()
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    assert sizes(project) == EXPECTED


# --- what does not fit the catalog ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "said", "help"),
    [
        ("ALTER TABLE orders RENAME TO order_s;", "the database has no table `orders`", "did you mean `order_s`?"),
        ("ALTER TABLE customers RENAME age TO aged;", "table `customers` has no column `age`", "did you mean `aged`?"),
        (
            "ALTER TABLE customers ALTER age TYPE DOUBLE;",
            "`age` of table `customers` is declared as `integer`",
            "decimal(12,2)",
        ),
        (
            "ALTER TABLE customers ALTER country TYPE INTEGER USING 1;",
            "declared as `text`, and holds INTEGER",
            "`integer`",
        ),
        ("ALTER TABLE orders ALTER amount TYPE VARCHAR;", "declared as `decimal`, and holds VARCHAR", "as `text`"),
        ("ALTER TABLE orders ALTER ordered_at TYPE DATE;", "declared as `timestamp`, and holds DATE", "as `date`"),
        (
            "ALTER TABLE orders ALTER ordered_at TYPE TIMESTAMPTZ;",
            "declared as `timestamp`, and holds TIMESTAMP WITH TIME ZONE",
            "as `timestamp with time zone`",
        ),
        (
            "ALTER TABLE customers ALTER customer_id TYPE DOUBLE;",
            "the key `customer_id` of table `customers` holds DOUBLE",
            "",
        ),
        (
            "ALTER TABLE orders ALTER customer_id TYPE VARCHAR;",
            "`customer_id` of table `orders` holds VARCHAR",
            "one type",
        ),
        ("ALTER TABLE customers ALTER country TYPE INTEGER[] USING [1];", "holds INTEGER[]", "leave the column out"),
        (
            "INSERT INTO customers SELECT * FROM customers;",
            "repeated: `1` (2 rows), `2` (2 rows), `3` (2 rows)",
            "a key of its own",
        ),
        ("UPDATE customers SET customer_id = NULL WHERE customer_id = 3;", "missing in 1 row", "a key of its own"),
    ],
)
def test_what_does_not_fit_the_catalog_is_refused_before_anything_is_computed(
    write: Write, change: str, said: str, help: str
) -> None:
    found = problem(write(change))
    assert said in found.message
    assert help in found.help
    assert found.where is not None and found.where.source.name == "catalog.yml"


def test_a_file_that_lacks_a_column_is_named(write: Write) -> None:
    project = write("ALTER TABLE customers RENAME age TO aged;")
    export(project)
    assert problem(project).message == "file `customers.parquet` has no column `age`"


def test_only_what_the_query_reads_is_checked(write: Write) -> None:
    project = write(
        "ALTER TABLE customers DROP COLUMN vip; DROP TABLE orders;", segments='segment x when country = "IN"'
    )
    assert sizes(project) == {"x": (1, 1)}


DECLARED: dict[str, Type] = {
    "text": Text(),
    "integer": Number(whole=True),
    "decimal": Number(scale=2),
    "boolean": Boolean(),
    "date": Date(),
    "timestamp": Timestamp(),
    "timestamp with time zone": Timestamp(zoned=True),
}


@pytest.mark.parametrize(
    ("stored", "accepted"),
    [
        ("VARCHAR", {"text"}),
        ("UUID", {"text"}),
        ("ENUM('a', 'b')", {"text"}),
        ("INTEGER", {"integer", "decimal"}),
        ("UBIGINT", {"integer", "decimal"}),
        ("HUGEINT", {"integer", "decimal"}),
        ("DECIMAL(10,0)", {"integer", "decimal"}),
        ("DECIMAL(10,2)", {"decimal"}),
        ("DOUBLE", {"decimal"}),
        ("FLOAT", {"decimal"}),
        ("BOOLEAN", {"boolean"}),
        ("DATE", {"date"}),
        ("TIMESTAMP", {"timestamp"}),
        ("TIMESTAMP_NS", {"timestamp"}),
        ("TIMESTAMP WITH TIME ZONE", {"timestamp with time zone"}),
        ("TIME", set()),
        ("BLOB", set()),
        ("JSON", set()),
        ("INTEGER[]", set()),
        ("STRUCT(a INTEGER)", set()),
    ],
)
def test_which_stored_types_a_declared_type_accepts(stored: str, accepted: set[str]) -> None:
    assert {name for name, type_ in DECLARED.items() if fits(type_, stored)} == accepted
    assert kind(stored)


# --- what the outside world refuses -----------------------------------------------------------------------


def test_a_missing_database_and_one_that_is_none(write: Write) -> None:
    project = write()
    (project / "acme.duckdb").unlink()
    assert problem(project).message.startswith("there is no database")
    (project / "acme.duckdb").write_text("this is text")
    assert problem(project).message.endswith("is not a DuckDB database")
    assert (project / "acme.duckdb").read_text() == "this is text"


def test_a_database_that_another_program_has_open(write: Write) -> None:
    project = write()
    script = f"import duckdb; c = duckdb.connect({str(project / 'acme.duckdb')!r}); print(1, flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        assert "another program has" in problem(project).message
        other.communicate(b"\n")
    assert sizes(project) == EXPECTED


def test_memberships_stay_when_a_run_fails(write: Write) -> None:
    project = write()
    segdsl.run(segdsl.load(project), as_of=AS_OF)
    before = rows(project, "SELECT * FROM segdsl_memberships ORDER BY ALL")
    with duckdb.connect(str(project / "acme.duckdb")) as connection:
        connection.execute("UPDATE orders SET amount = 1e30 WHERE order_id = 12")
    assert "a stored value cannot be read as it is declared" in problem(project).message
    assert rows(project, "SELECT * FROM segdsl_memberships ORDER BY ALL") == before


def test_a_file_of_memberships_stays_when_a_run_fails(write: Write) -> None:
    project = write()
    export(project)
    segdsl.run(segdsl.load(project), as_of=AS_OF)
    before = (project / "data" / "memberships.parquet").read_bytes()
    with duckdb.connect(str(project / "acme.duckdb")) as connection:
        connection.execute("UPDATE orders SET amount = 1e30 WHERE order_id = 12")
    export(project)
    assert "a stored value cannot be read as it is declared" in problem(project).message
    assert (project / "data" / "memberships.parquet").read_bytes() == before
    assert len(list((project / "data").iterdir())) == 3


def test_what_somebody_else_has_made_is_never_replaced(write: Write) -> None:
    project = write("CREATE TABLE segdsl_memberships AS SELECT 1 AS precious;")
    assert "does not hold memberships" in problem(project).message
    assert rows(project, "SELECT precious FROM segdsl_memberships") == [(1,)]
    export(project)
    precious = project / "data" / "memberships.parquet"
    duckdb.values([1]).project("col0 AS precious").write_parquet(str(precious))
    assert "does not hold memberships" in problem(project).message
    assert duckdb.read_parquet(str(precious)).columns == ["precious"]


def test_a_table_that_definitions_read_is_never_replaced(write: Write) -> None:
    project = write(catalog=CATALOG.replace("from: orders", "from: segdsl_memberships"))
    assert "where memberships are written" in problem(project).message


def test_a_file_that_definitions_read_is_never_replaced(write: Write) -> None:
    project = write(catalog=CATALOG.replace("from: orders", "from: memberships"))
    export(project)
    (project / "data" / "orders.parquet").rename(project / "data" / "memberships.parquet")
    before = (project / "data" / "memberships.parquet").read_bytes()
    assert "where memberships are written" in problem(project).message
    assert (project / "data" / "memberships.parquet").read_bytes() == before


def test_paths_are_never_taken_for_patterns(write: Write) -> None:
    project = write(catalog=CATALOG.replace("from: customers", 'from: "[c]*"'))
    export(project, "csv")
    (project / "data" / "customers.csv").rename(project / "data" / "[c]*.csv")
    assert "has one of `*`, `?` and `[` in its path" in problem(project).message


def test_a_folder_may_have_an_odd_name(write: Write) -> None:
    project = write()
    for format in ("parquet", "csv"):
        export(project, format, f"d'a;t\"a %20 {format} 高")
        (project / "segdsl.yml").write_text(
            f"""name: acme\ntargets: {{dev: {{type: duckdb, path: 'd''a;t"a %20 {format} 高'}}}}\n"""
        )
        assert sizes(project) == EXPECTED
        assert segdsl.run(segdsl.load(project), as_of=AS_OF).rows == 5


def test_a_schema_of_the_databases_own_name(write: Write) -> None:
    project = write(
        "CREATE SCHEMA acme; CREATE TABLE acme.acme.people AS FROM customers;",
        catalog=CATALOG.replace("from: customers", "from: acme.people"),
        target="path: acme.duckdb, schema: acme",
    )
    found = problem(project)
    assert "a schema has the name of the database itself" in found.message
    (project / "catalog.yml").write_text(CATALOG.replace("from: customers", "from: acme.acme.people"))
    assert sizes(project) == EXPECTED
    assert "from the database of that name" in problem(project).message


def test_a_view_over_other_files_cannot_be_read(write: Write, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("customer_id,country,age,signed_up,vip\n1,IN,20,2026-01-01,true\n")
    project = write(f"DROP TABLE customers; CREATE VIEW customers AS SELECT * FROM read_csv('{secret}');")
    assert "open a file outside of itself" in problem(project).message


# --- folders --------------------------------------------------------------------------------------------


def test_a_missing_file_says_what_was_looked_for_and_what_is_there(write: Write) -> None:
    project = write()
    export(project)
    (project / "data" / "orders.parquet").rename(project / "data" / "order.parquet")
    found = problem(project)
    assert found.message == f"there is no file for the table `order` in `{project / 'data'}`"
    assert "`orders.parquet` or `orders.csv`" in found.help
    assert "`order.parquet`" in found.help and "did you mean `order`?" in found.help


def test_two_files_of_one_table_are_asked_about(write: Write) -> None:
    project = write()
    export(project)
    export(project, "csv")
    assert "has 2 files" in problem(project).message
    catalog = CATALOG.replace("from: orders", "from: orders.csv").replace("from: customers", "from: customers.csv")
    (project / "catalog.yml").write_text(catalog)
    assert sizes(project) == EXPECTED


@pytest.mark.parametrize("place", ["crm/customers.parquet", "crm.customers.parquet"])
def test_a_schema_is_a_folder_or_a_prefix(write: Write, place: str) -> None:
    project = write(catalog=CATALOG.replace("from: customers", "from: crm.customers"))
    export(project)
    (project / "data" / "crm").mkdir()
    (project / "data" / "customers.parquet").rename(project / "data" / place)
    assert sizes(project) == EXPECTED


@pytest.mark.parametrize("name", ["../acme.csv", "/etc/passwd.csv", "link.csv"])
def test_no_file_outside_of_the_folder_is_read(write: Write, name: str) -> None:
    project = write(catalog=CATALOG.replace("from: customers", f"from: {name}"))
    export(project, "csv")
    (project / "acme.csv").write_text("customer_id,country,age,signed_up,vip\n1,IN,20,2026-01-01,true\n")
    (project / "data" / "link.csv").symlink_to(project / "acme.csv")
    said = problem(project).message
    assert "leads out of the folder" in said or "there is no file" in said


def test_two_catalog_tables_may_share_a_file(write: Write) -> None:
    catalog = CATALOG.replace(
        "entity: customer",
        "  refund: {from: orders, links: {customer: customer_id}, columns: {order_id: integer}}\nentity: customer",
    )
    project = write(catalog=catalog, segments=SEGMENTS + "segment r when count(refund where order_id > 10) >= 1\n")
    for format in ("parquet", "csv"):
        export(project, format)
        assert sizes(project)["r"] == (2, 2)
        for file in (project / "data").iterdir():
            file.unlink()


def test_money_in_floats_is_added_exactly(write: Write) -> None:
    project = write(
        "UPDATE orders SET amount = 0.1 WHERE order_id = 10; UPDATE orders SET amount = 0.2 WHERE order_id = 11;",
        segments="segment cents when sum(order.amount) = 0.3\n",
    )
    assert Decimal("0.1") + Decimal("0.2") == Decimal("0.3")
    assert sizes(project) == {"cents": (1, 1)}
