"""A target that segdsl has opened can do little: what its queries could be made to say is refused by the database."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import psycopg
import pytest

import segdsl
from segdsl import compiler
from segdsl.introspection import DatabaseProblem
from segdsl.warehouse.database import Database, opened
from tests.test_postgres import acme, written
from tests.test_warehouse import AS_OF, Write, export, write

__all__ = ["acme", "write"]  # fixtures

# What would look elsewhere, change how the database behaves, or take it out of its place.
OUTSIDE = (
    "SELECT * FROM read_csv('{outside}')",
    "SELECT * FROM '{outside}'",
    "SELECT * FROM read_text('{outside}')",
    "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM query('SELECT * FROM read_text(''/etc/passwd'')')",
    "SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')",
    "SELECT * FROM sniff_csv('{outside}')",
    "COPY (SELECT 1) TO '{made}'",
    "EXPORT DATABASE '{made}'",
    "IMPORT DATABASE '{made}'",
    "ATTACH '{made}' AS other",
    "INSTALL httpfs",
    "LOAD httpfs",
    "LOAD '{outside}'",
    "CREATE SECRET s (TYPE http, BEARER_TOKEN 'x')",
    "CREATE PERSISTENT SECRET s (TYPE http, BEARER_TOKEN 'x')",
    "SET enable_external_access = true",
    "SET allowed_paths = ['{outside}']",
    "SET allowed_directories = ['/']",
    "SET lock_configuration = false",
    "SET disabled_optimizers = ''",
    "SET TimeZone = 'Asia/Kolkata'",
    "RESET disabled_optimizers",
    "PRAGMA enable_profiling = 'json'",
    "SET log_query_path = '{made}'",
    "SET temp_directory = '{made}'",
    "SELECT getenv('HOME')",
)
WRITES = (
    "INSERT INTO customers SELECT * FROM customers",
    "UPDATE customers SET country = 'XX'",
    "DELETE FROM customers",
    "DROP TABLE customers",
    "CREATE TABLE pwned AS SELECT 1",
    "CREATE VIEW pwned AS SELECT 1",
    "ALTER TABLE customers ADD COLUMN pwned integer",
)
POSTGRES_ALONE = (
    "COPY customers TO PROGRAM 'touch {made}'",
    "SET TRANSACTION READ WRITE",
    "SELECT nextval('people')",
    "SELECT setval('people', 1)",
)


@contextmanager
def reading(project: Path, environment: dict[str, str] | None = None) -> Iterator[Database]:
    """The project's target as `size` and `members` open it."""
    loaded = segdsl.load(project, environment=environment)
    program = compiler.sound(loaded)
    with opened(program, tuple(program.segments), compiler.clock(program, AS_OF), loaded.target()) as database:
        assert database.rows("SELECT count(*) FROM customers") == [(3,)]
        yield database


def refuses(project: Path, statement: str, tmp_path: Path, environment: dict[str, str] | None = None) -> None:
    outside, made = tmp_path / "outside.csv", tmp_path / "made"
    outside.write_text("a,b\n1,2\n")
    with pytest.raises(DatabaseProblem), reading(project, environment) as database:
        database.execute(statement.format(outside=outside, made=made))
    assert not made.exists()


@pytest.mark.parametrize("statement", OUTSIDE)
def test_duckdb_is_closed_to_everything_else(statement: str, write: Write, tmp_path: Path) -> None:
    refuses(write(), statement, tmp_path)


def test_an_open_duckdb_would_do_what_is_refused(tmp_path: Path) -> None:
    """Or the tests above would say nothing. What wants the net, or what was exported before, is left out."""
    outside, made = tmp_path / "outside.csv", tmp_path / "made"
    outside.write_text("a,b\n1,2\n")
    left_out = ("http", "INSTALL", "LOAD", "IMPORT", "getenv", "allowed_", "SET lock", "SET enable_external")
    for statement in OUTSIDE:
        if not any(word in statement for word in left_out):
            with duckdb.connect() as connection:
                connection.execute(statement.format(outside=outside, made=made))
            if made.is_dir():
                shutil.rmtree(made)
            made.unlink(missing_ok=True)


@pytest.mark.parametrize("statement", OUTSIDE)
def test_a_folder_is_closed_to_everything_else(statement: str, write: Write, tmp_path: Path) -> None:
    project = write()
    export(project)
    refuses(project, statement, tmp_path)


@pytest.mark.parametrize("statement", WRITES)
def test_what_is_read_from_duckdb_is_not_written(statement: str, write: Write, tmp_path: Path) -> None:
    project = write()
    before = (project / "acme.duckdb").read_bytes()
    refuses(project, statement, tmp_path)
    assert (project / "acme.duckdb").read_bytes() == before


@pytest.mark.parametrize("statement", (*WRITES, *POSTGRES_ALONE))
def test_what_is_read_from_postgresql_is_not_written(statement: str, acme: str, tmp_path: Path) -> None:
    with psycopg.connect(acme) as connection:
        connection.execute("CREATE SEQUENCE people")
    project = tmp_path / "project"
    project.mkdir()
    refuses(written(project), statement, tmp_path, {"URL": acme})
    with psycopg.connect(acme) as connection:
        assert connection.execute("SELECT count(*) FROM customers").fetchall() == [(3,)]


# So many rows are joined with one another that it takes minutes.
SLOW = """
CREATE TABLE all_orders AS FROM orders;
DROP TABLE orders;
CREATE VIEW orders AS SELECT o.* FROM all_orders AS o
WHERE (SELECT count(*) FROM range(1_000_000) AS a(x), range(1_000_000) AS b(y) WHERE (x * y) % 7 = o.order_id) >= 0;
"""


def test_duckdb_is_stopped_when_it_takes_too_long(write: Write) -> None:
    project = write(SLOW, target="path: acme.duckdb, timeout: 1 second")
    for command in (["size"], ["members", "buyers"], ["run"]):
        asked = [sys.executable, "-m", "segdsl", *command, "--as-of", "2026-03-01"]
        done = subprocess.run(asked, cwd=project, capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout) == (3, "")
        assert "error: the database took longer than it may\n" in done.stderr and "`timeout: 2 hours`" in done.stderr
    with duckdb.connect(str(project / "acme.duckdb")) as connection:
        assert ("segdsl_memberships",) not in connection.execute("SHOW TABLES").fetchall()


def test_a_time_that_is_enough_changes_nothing(write: Write) -> None:
    project = write(target="path: acme.duckdb, timeout: 1 hour")
    assert segdsl.run(segdsl.load(project), as_of=AS_OF).rows == 5


def test_a_time_that_is_none_is_refused(write: Write) -> None:
    project = write(target="path: acme.duckdb, timeout: soon")
    assert [each.message for each in segdsl.check(segdsl.load(project)).sorted()] == ["`soon` is no time to wait"]


def test_duckdb_takes_as_much_memory_as_the_target_says(write: Write) -> None:
    project = write(target="path: acme.duckdb, memory: 200 MB")
    with reading(project) as database:
        assert database.rows("SELECT current_setting('memory_limit')") == [("190.7 MiB",)]
    assert segdsl.run(segdsl.load(project), as_of=AS_OF).rows == 5


@pytest.mark.parametrize("amount", ["much", "2", "1 MB", "2 GB; DROP TABLE customers"])
def test_an_amount_of_memory_that_is_none_is_refused(amount: str, write: Write) -> None:
    project = write(target=f"path: acme.duckdb, memory: '{amount}'")
    messages = [each.message for each in segdsl.check(segdsl.load(project)).sorted()]
    assert messages == [f"`{amount}` is no amount of memory"]
