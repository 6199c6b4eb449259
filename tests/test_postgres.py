"""PostgreSQL as a target, on a real one: the same people, whatever the session says, and a clear message if it fails.

That made-up projects agree with the reference meaning is `test_agreement`; here are the conditions of `test_backends`,
the examples, what depends on settings, and runs.
"""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import duckdb
import psycopg
import pytest
from psycopg import sql
from sqlglot import exp

import segdsl
from segdsl.backends import Unsupported, backend
from segdsl.backends.expressions import folded_text
from segdsl.compiler import Findings
from segdsl.introspection import DatabaseProblem
from segdsl.semantics import ir
from segdsl.semantics.calendar import Clock
from segdsl.semantics.catalog import Held
from segdsl.semantics.types import Number
from segdsl.warehouse import postgres as warehouse
from tests import postgres
from tests.test_backends import AS_OF, CLOCK, CONDITIONS, STORED, program
from tests.test_warehouse import AS_OF as RUN_AS_OF
from tests.test_warehouse import CATALOG as RUN_CATALOG
from tests.test_warehouse import SEGMENTS as RUN_SEGMENTS

EXAMPLES = Path(__file__).parent.parent / "examples"
POSTGRES = backend("postgres")


@pytest.fixture(scope="module")
def small_world(postgres_address: str) -> Iterator[psycopg.Connection]:
    """The rows of `test_backends`, in a session whose settings are hostile."""
    with postgres.session(postgres_address) as session:
        for name, (columns, rows) in STORED.items():
            postgres.create(session, name, columns, rows)
        yield session


def stored(segments: str) -> ir.Program:
    """A program over that world, with what its tables hold."""
    return postgres.as_stored(program(segments), {name: columns for name, (columns, _) in STORED.items()})


# --- the same people ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("condition", "expected"), CONDITIONS)
def test_selects(condition: str, expected: set[int], small_world: psycopg.Connection) -> None:
    query = POSTGRES.members(stored(f"segment a when {condition}\n"), "a", CLOCK)
    keys = [row[0] for row in postgres.rows(small_world, query)]
    assert keys == sorted(expected)


def test_memberships_are_in_the_order_of_code_points(small_world: psycopg.Connection) -> None:
    """The order of the database would put `Z` behind `a`."""
    names = "".join(f"segment {name} when everyone\n" for name in ("a", "Z", "ä", "_b"))
    meant = stored(names)
    found = [row[1] for row in postgres.rows(small_world, POSTGRES.memberships(meant, tuple(meant.segments), CLOCK))]
    assert list(dict.fromkeys(found)) == sorted(meant.segments) and len(set(found)) == 4


def test_a_key_that_is_not_declared_is_refused_at_its_table() -> None:
    """Numbers and texts have different orders, and ties are broken by key."""
    with pytest.raises(Unsupported) as refused:
        POSTGRES.members(program("segment a when everyone\n"), "a", CLOCK)
    assert refused.value.diagnostic.label.span.text == "customer"
    assert "`id: integer`" in refused.value.diagnostic.help


@pytest.mark.parametrize("size", [4, 8])
def test_floats_are_read_as_their_shortest_text(size: int, postgres_address: str) -> None:
    """As people see them, whatever `extra_float_digits` says: also ties at the last digit that counts."""
    random, kind, format = Random(7), {4: "real", 8: "double precision"}[size], {4: "<f", 8: "<d"}[size]
    made = [random.uniform(-2000, 2000) for _ in range(3000)] + [cents / 1000 for cents in range(-3005, 3005, 10)]
    made += [0.1 + 0.2, 1e15 + 0.5, 123456789012.345, 2.0**-44, 0.0, -0.0, 1e-300 if size == 8 else 1e-30]
    values = [struct.unpack(format, struct.pack(format, value))[0] for value in made]
    held: Held = "real" if size == 4 else "double precision"
    read = POSTGRES.stored_float(exp.column("x"), Number(scale=2), held)
    with duckdb.connect() as other, postgres.session(postgres_address) as session:
        postgres.create(session, "floats", {"n": "integer", "x": kind}, list(enumerate(values)))
        other.execute(f"CREATE TABLE floats (n INTEGER, x {'FLOAT' if size == 4 else 'DOUBLE'})")
        other.executemany("INSERT INTO floats VALUES (?, ?)", list(enumerate(values)))
        shortest = [row[0] for row in other.execute("SELECT CAST(x AS TEXT) FROM floats ORDER BY n").fetchall()]
        query = f"SELECT {read.sql('postgres')} FROM floats ORDER BY n"
        found = [row[0] for row in postgres.rows(session, query)]
    meant = [Decimal(text).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP) for text in shortest]
    assert [(text, here) for text, here, it in zip(shortest, found, meant, strict=True) if here != it] == []


def test_case_is_folded_as_the_meaning_does(postgres_address: str) -> None:
    """Every letter that any other is folded to, against each that is: the dotless i, the long s, the Kelvin sign."""
    chars = [chr(i) for i in range(1, 0x2FFFF) if not 0xD800 <= i <= 0xDFFF and folded_text(chr(i)) != chr(i)]
    pattern = "".join(dict.fromkeys(map(folded_text, chars)))
    folded = POSTGRES.folded(exp.column("x"), pattern).sql("postgres")
    with postgres.session(postgres_address) as session:
        postgres.create(session, "letters", {"x": "text"}, [[char] for char in chars])
        found = dict(postgres.rows(session, f"SELECT x, {folded} FROM letters"))
    assert len(chars) > 1300
    assert {char: found[char] for char in chars if found[char] != folded_text(char)} == {}


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata"])
def test_wall_clocks_are_those_of_the_calendar(zone: str, postgres_address: str) -> None:
    """Each quarter of an hour around every change of a clock in two years, both ways, those that it skips included."""
    moment, clock = exp.column("t"), Clock(AS_OF, ZoneInfo(zone), 0)
    to_wall = POSTGRES.on_wall_clock(moment.copy(), zone).sql("postgres")
    to_utc = POSTGRES.in_utc(moment.copy(), zone).sql("postgres")
    series = "generate_series(TIMESTAMP '2025-01-01', TIMESTAMP '2026-12-31', INTERVAL '15 MINUTE') AS s(t)"
    with postgres.session(postgres_address) as session:
        found: list[tuple[datetime, datetime, datetime]]
        found = session.execute(f"SELECT t, {to_wall}, {to_utc} FROM {series}".encode()).fetchall()
    assert len(found) > 60_000
    assert [t for t, wall, utc in found if clock.on_wall(t) != wall or clock.in_utc(t) != utc] == []


def test_a_zone_that_could_be_an_abbreviation_is_refused() -> None:
    with pytest.raises(Unsupported, match="`CET`"):
        POSTGRES.members(stored("segment a when hour(seen_at) = 3\n"), "a", Clock(AS_OF, ZoneInfo("CET"), 0))


# --- the examples -------------------------------------------------------------------------------------


@contextmanager
def database(address: str, name: str) -> Iterator[str]:
    """The address of a new database; it goes when it is no longer needed."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield address.replace("/postgres?", f"/{name}?")
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def copied(data: Path, address: str) -> None:
    """Every Parquet file of a folder as a table of the same types."""
    with duckdb.connect() as files, psycopg.connect(address) as connection:
        for file in sorted(data.glob("*.parquet")):
            relation = files.read_parquet(str(file))
            columns = dict(zip(relation.columns, map(str, relation.types), strict=True))
            postgres.create(connection, file.stem, columns, relation.fetchall())


@pytest.mark.parametrize(
    ("example", "folder", "as_of"),
    [
        ("grocery", "data", date(2018, 1, 1)),
        ("cdnow", "data/sample", date(1998, 7, 1)),
        ("cdnow", "data/master", date(1998, 7, 1)),
    ],
)
def test_an_example_holds_the_same_people(
    example: str, folder: str, as_of: date, postgres_address: str, tmp_path: Path
) -> None:
    """`test_grocery` and `test_cdnow` hold those on DuckDB to SQL by hand, and to what papers print."""
    source, copy = EXAMPLES / example, tmp_path / example
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("data"))
    settings = (source / "segdsl.yml").read_text().partition("targets:")[0]
    targets = f"here: {{type: duckdb, path: {source / folder}}}, there: {{type: postgres, url: '${{URL}}'}}"
    (copy / "segdsl.yml").write_text(f"{settings}targets: {{{targets}}}\n")
    with database(postgres_address, f"{example}_{folder.rpartition('/')[2]}") as address:
        copied(source / folder, address)
        project = segdsl.load(copy, environment={"URL": address})
        here, there = (segdsl.size(project, target=target, as_of=as_of) for target in ("here", "there"))
        assert here.segments == there.segments and here.entities == there.entities and here.reachable == there.reachable
        assert sum(segment.qualifies for segment in there.segments) > 1000
        for segment in there.segments:
            on_both = [segdsl.members(project, segment.name, target=each, as_of=as_of) for each in ("here", "there")]
            assert on_both[0].keys == on_both[1].keys


# --- runs ---------------------------------------------------------------------------------------------

TABLES = """
CREATE TABLE customers (customer_id integer, country varchar(2), age smallint, signed_up date, vip boolean);
INSERT INTO customers VALUES (1, 'IN', 17, '2026-01-01', true), (2, 'GB', 30, NULL, false);
INSERT INTO customers VALUES (3, NULL, NULL, '2025-01-01', NULL);
CREATE TABLE orders (order_id bigint, customer_id bigint, ordered_at timestamp, amount double precision);
INSERT INTO orders VALUES (10, 1, '2026-02-20 10:00', 60), (11, 1, '2026-02-21 10:00', 40);
INSERT INTO orders VALUES (12, 2, '2026-02-22 10:00', 5), (13, 99, '2026-02-22 10:00', 500);
"""
PASSWORD = "s3cret"


@pytest.fixture
def acme(postgres_address: str) -> Iterator[str]:
    with database(postgres_address, "acme") as address:
        with psycopg.connect(address) as connection:
            connection.execute(TABLES)
        yield address


def written(folder: Path, target: str = "", catalog: str = RUN_CATALOG) -> Path:
    (folder / "segments").mkdir(exist_ok=True)
    (folder / "segdsl.yml").write_text(f"name: acme\ntargets: {{dev: {{type: postgres, url: '${{URL}}'{target}}}}}\n")
    (folder / "catalog.yml").write_text(catalog)
    (folder / "segments" / "all.seg").write_text(RUN_SEGMENTS)
    return folder


def stored_memberships(address: str, table: str = "segdsl_memberships") -> list[tuple[object, ...]]:
    with psycopg.connect(address) as connection:
        query = sql.SQL("SELECT customer_id, segment, qualifies, assigned FROM {} ORDER BY segment, customer_id")
        return connection.execute(query.format(sql.Identifier(*table.split(".")))).fetchall()


HELD = [
    (1, "big", True, True),
    (1, "buyers", True, False),
    (2, "buyers", True, True),
    (2, "grown_up", True, True),
    (1, "indian", True, True),
]


def test_a_run_replaces_the_rows_and_keeps_the_table(acme: str, tmp_path: Path) -> None:
    """Views over the memberships, and rights to read them, outlive a run."""
    project = segdsl.load(written(tmp_path), environment={"URL": acme})
    summary = segdsl.run(project, as_of=RUN_AS_OF)
    assert (summary.rows, summary.written_to) == (5, "segdsl_memberships")
    assert stored_memberships(acme) == HELD
    with psycopg.connect(acme) as connection:
        connection.execute("CREATE VIEW who AS SELECT * FROM segdsl_memberships")
        connection.execute("UPDATE customers SET country = NULL")
    assert segdsl.run(project, as_of=RUN_AS_OF).rows == 4
    assert stored_memberships(acme, "who") == HELD[:4]


@pytest.mark.parametrize("key", ["1", "2", "3"])
def test_a_customer_is_explained_as_in_the_run(key: str, acme: str, tmp_path: Path) -> None:
    project = written(tmp_path)
    found = called(project, acme, "explain", key, "--as-of", "2026-03-01", "--format", "json")
    assert found.returncode == 0, found.stderr
    standing = {each["name"] for each in json.loads(found.stdout)["segments"] if each["qualifies"]}
    assert standing == {segment for customer, segment, *_ in HELD if str(customer) == key}


def test_a_customer_of_a_table_in_capitals_is_explained(acme: str, tmp_path: Path) -> None:
    with psycopg.connect(acme) as connection:
        connection.execute('ALTER TABLE customers RENAME TO "Customers"')
    project = written(tmp_path, catalog=RUN_CATALOG.replace("from: customers", "from: Customers"))
    found = called(project, acme, "explain", "1", "--as-of", "2026-03-01", "--format", "json")
    assert found.returncode == 0, found.stderr


def test_a_schema_is_made_when_there_is_none(acme: str, tmp_path: Path) -> None:
    project = segdsl.load(written(tmp_path, ", schema: Marketing"), environment={"URL": acme})
    for _ in range(2):
        assert segdsl.run(project, as_of=RUN_AS_OF).written_to == "Marketing.segdsl_memberships"
    assert stored_memberships(acme, "Marketing.segdsl_memberships") == HELD


def test_members_go_to_a_file(acme: str, tmp_path: Path) -> None:
    project = written(tmp_path)
    for format in ("parquet", "csv"):
        output = tmp_path / f"members.{format}"
        arguments = ["members", "buyers", "--as-of", "2026-03-01", "--format", format, "--output", str(output)]
        assert called(project, acme, *arguments).returncode == 0
        with duckdb.connect() as files:
            assert files.execute(f"SELECT customer_id FROM '{output}'").fetchall() == [(1,), (2,)]


def called(project: Path, address: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "segdsl", "-C", str(project), *arguments]
    environment = {"URL": address, "PYTHONPATH": str(Path(segdsl.__file__).parents[1]), "SEGDSL_CACHE": "off"}
    return subprocess.run(command, capture_output=True, text=True, env=environment)


# What changes the database, and the sentence that says what is wrong then.
FAULTS: dict[str, tuple[str, str]] = {
    "no table": ("DROP TABLE orders", "the database has no table `orders`"),
    "no column": ("ALTER TABLE orders DROP amount", "table `orders` has no column `amount`"),
    "another name": (
        'ALTER TABLE customers RENAME country TO "Country"',
        "table `customers` has no column `country`",
    ),
    "another type": (
        "ALTER TABLE customers ALTER age TYPE numeric(4,1)",
        "column `age` of table `customers` is declared as `integer`, and holds DECIMAL(4,1)",
    ),
    "a zone": (
        "ALTER TABLE orders ALTER ordered_at TYPE timestamptz",
        "column `ordered_at` of table `orders` is declared as `timestamp`, and holds TIMESTAMP WITH TIME ZONE",
    ),
    "more digits": (
        "ALTER TABLE orders ALTER amount TYPE numeric; UPDATE orders SET amount = 99.995 WHERE order_id = 10",
        "column `amount` of table `orders` holds numbers with 3 digits after the point",
    ),
    "no number": (
        "UPDATE orders SET amount = 'NaN' WHERE order_id = 10",
        "column `amount` of table `orders` holds `NaN` or `Infinity`, which are no numbers",
    ),
    "a repeated key": (
        "INSERT INTO customers SELECT * FROM customers WHERE customer_id = 1",
        "the key `customer_id` of `customer` is repeated: `1` (2 rows)",
    ),
    "another table": (
        "DROP TABLE segdsl_memberships; CREATE TABLE segdsl_memberships (mine integer)",
        "table `segdsl_memberships` is there already, and does not hold memberships",
    ),
    "another type of key": (
        "ALTER TABLE segdsl_memberships ALTER customer_id TYPE date USING NULL",
        "the table of memberships holds keys of another type than there are now",
    ),
    "only to be read": (
        "ALTER DATABASE acme SET default_transaction_read_only = on",
        "the database can only be read",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_said_and_nothing_is_written(fault: str, acme: str, tmp_path: Path) -> None:
    project = segdsl.load(written(tmp_path), environment={"URL": acme})
    segdsl.run(project, as_of=RUN_AS_OF)
    change, message = FAULTS[fault]
    with psycopg.connect(acme) as connection:
        connection.execute(change)
    with pytest.raises(DatabaseProblem) as problem:
        segdsl.run(project, as_of=RUN_AS_OF)
    assert problem.value.message.startswith(message) and problem.value.help
    if fault not in ("another table", "another type of key"):
        assert stored_memberships(acme) == HELD


def test_numbers_without_a_size_are_read_when_they_have_no_more_digits(acme: str, tmp_path: Path) -> None:
    with psycopg.connect(acme) as connection:
        connection.execute("ALTER TABLE orders ALTER amount TYPE numeric; UPDATE orders SET amount = amount * 1.0000")
    segdsl.run(segdsl.load(written(tmp_path), environment={"URL": acme}), as_of=RUN_AS_OF)
    assert stored_memberships(acme) == HELD


@pytest.mark.parametrize(
    ("address", "message"),
    [
        (lambda url: url.replace("/acme?", "/nowhere?"), "there is no such database or user"),
        (lambda url: url.partition("host=")[0] + "host=/nowhere", "no database answers"),
        (lambda url: "mysql://host/acme", "is no address of a PostgreSQL database"),
        (lambda url: "not an address", "is no address of a PostgreSQL database"),
    ],
)
def test_an_address_that_leads_nowhere(address: Callable[[str], str], message: str, acme: str, tmp_path: Path) -> None:
    done = called(written(tmp_path), address(acme), "size", "--as-of", "2026-03-01")
    assert done.returncode == 3 and message in done.stderr and "Traceback" not in done.stderr


def test_a_wrong_password_is_never_shown(acme: str, tmp_path: Path) -> None:
    with psycopg.connect(acme, autocommit=True) as connection:
        rules = Path(connection.execute("SHOW hba_file").fetchall()[0][0])
        connection.execute(f"CREATE ROLE guarded LOGIN PASSWORD '{PASSWORD}'")
        before = rules.read_text()
        try:
            rules.write_text(f"local acme guarded scram-sha-256\n{before}")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("GRANT SELECT ON customers, orders TO guarded")
            right = acme.replace("postgres:@", f"guarded:{PASSWORD}@")
            done = called(written(tmp_path), right, "size", "--as-of", "2026-03-01")
            assert (done.returncode, done.stderr) == (0, "")
            done = called(written(tmp_path), right.replace(PASSWORD, "wr0ng"), "size", "--as-of", "2026-03-01")
            assert done.returncode == 3 and "the database refuses the user or the password" in done.stderr
            assert "wr0ng" not in done.stdout + done.stderr
            done = called(written(tmp_path), right, "run", "--as-of", "2026-03-01")
            assert done.returncode == 3 and "the user of the target may not do this" in done.stderr
        finally:
            rules.write_text(before)
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("DROP OWNED BY guarded; DROP ROLE guarded")


def test_a_password_in_the_project_is_refused_and_not_shown(tmp_path: Path) -> None:
    project = written(tmp_path)
    for url in ("postgresql://me:hunter2@host/acme", "postgresql://host/acme?user=me&password=hunter2"):
        (project / "segdsl.yml").write_text(f"name: acme\ntargets: {{dev: {{type: postgres, url: '{url}'}}}}\n")
        for command in (["check"], ["size", "--as-of", "2026-03-01"]):
            done = called(project, "", *command)
            assert done.returncode == 1 and "the target `dev` shows a password" in done.stdout + done.stderr
            assert "hunter2" not in done.stdout + done.stderr


def test_what_takes_too_long_is_stopped(acme: str, tmp_path: Path) -> None:
    with psycopg.connect(acme) as connection:
        connection.execute("ALTER TABLE orders RENAME TO all_orders")
        connection.execute("CREATE VIEW orders AS SELECT o.* FROM all_orders AS o, pg_sleep(20)")
    done = called(written(tmp_path, ", timeout: 1 second"), acme, "size", "--as-of", "2026-03-01")
    assert done.returncode == 3 and "the database took longer than it may" in done.stderr
    assert "`timeout: 2 hours`" in done.stderr


def test_a_lock_is_not_waited_for_for_long(acme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warehouse, "LOCK_WAIT", "200ms")
    project = segdsl.load(written(tmp_path), environment={"URL": acme})
    segdsl.run(project, as_of=RUN_AS_OF)
    for table, work in (("segdsl_memberships", segdsl.run), ("orders", segdsl.size)):
        with psycopg.connect(acme) as other:
            other.execute(sql.SQL("LOCK TABLE {}").format(sql.Identifier(table)))
            with pytest.raises(DatabaseProblem, match="another session has locked what is needed"):
                work(project, as_of=RUN_AS_OF)
    assert stored_memberships(acme) == HELD


def test_a_lost_connection_leaves_the_memberships(acme: str, tmp_path: Path) -> None:
    project = segdsl.load(written(tmp_path), environment={"URL": acme})
    segdsl.run(project, as_of=RUN_AS_OF)

    def end() -> None:
        with psycopg.connect(acme, autocommit=True) as connection:
            query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'segdsl'"
            waits = f"{query} AND wait_event_type = 'Lock'"
            for _ in range(100):
                if connection.execute(waits.encode()).fetchall():
                    return
                time.sleep(0.05)

    with psycopg.connect(acme) as other:
        other.execute("LOCK TABLE orders")
        thread = threading.Thread(target=end)
        thread.start()
        with pytest.raises(DatabaseProblem, match="connection"):
            segdsl.run(project, as_of=RUN_AS_OF)
        thread.join()
    assert stored_memberships(acme) == HELD


def test_a_full_disk_is_said_in_words(acme: str, tmp_path: Path) -> None:
    """The error is the driver's own; no disk is filled for it."""
    error = psycopg.errors.DiskFull('could not extend file "base/1": No space left on device')
    target = segdsl.load(written(tmp_path), environment={"URL": acme}).target()
    assert warehouse.in_words(error, target)[0].startswith("the disk of the database is full: could not extend")


def test_more_segments_than_there_are_columns_are_asked_for_in_parts(acme: str, tmp_path: Path) -> None:
    """1,700 segments, and their sizes, are columns of no table; in one query they are refused."""
    project = written(tmp_path)
    many = "".join(f"segment s{number} when age > {number}\n" for number in range(1700))
    (project / "segments" / "all.seg").write_text(many)
    loaded = segdsl.load(project, environment={"URL": acme})
    summary = segdsl.run(loaded, as_of=RUN_AS_OF)
    counted = {each.name: each.qualifies for each in segdsl.size(loaded, as_of=RUN_AS_OF).segments}
    assert {each.name: each.qualifies for each in summary.segments} == counted
    held = stored_memberships(acme)
    assert len(held) == summary.rows == sum(counted.values()) and len({each[1] for each in held}) > 10
    with pytest.raises(Findings) as found:
        segdsl.compile(loaded, to="postgres", as_of=RUN_AS_OF)
    (finding,) = found.value.diagnostics
    assert finding.message == "a step of the query needs 1,702 columns: the database has 1,600"


def test_two_runs_at_once_leave_the_rows_of_one(acme: str, tmp_path: Path) -> None:
    project = segdsl.load(written(tmp_path), environment={"URL": acme})
    segdsl.run(project, as_of=RUN_AS_OF)
    problems: list[str] = []

    def work() -> None:
        try:
            segdsl.run(project, as_of=RUN_AS_OF)
        except DatabaseProblem as problem:
            problems.append(problem.message)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stored_memberships(acme) == HELD
    assert [each for each in problems if "at the same time" not in each] == []


def test_lists_are_taken_apart_without_what_is_missing(postgres_address: str) -> None:
    with postgres.session(postgres_address) as session:
        session.execute("SET array_nulls = on")
        rows = [(1, ["b", None, "b", "a"]), (2, []), (3, [None]), (4, None), (5, ["c"])]
        postgres.create(session, "tagged", {"id": "BIGINT", "tags": "VARCHAR[]"}, rows)
        tags = exp.Column(this=exp.Identifier(this="tags", quoted=False))
        members, within = POSTGRES.list_members(tags.copy()), POSTGRES.list_within(tags.copy(), ["a", "b"])
        for asked, expected in (
            (members, [(1, "a"), (1, "b"), (5, "c")]),
            (within, [(1, True), (2, True), (3, True), (4, None), (5, False)]),
        ):
            query = exp.select("id", asked).from_("tagged").order_by("1", "2")
            assert postgres.rows(session, query.sql("postgres")) == expected
