"""A secret of the environment is in nothing that segdsl says, writes or asks a database, on good days and on bad."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

import segdsl
from tests.test_postgres import acme, written

__all__ = ["acme"]  # a fixture

# As it is, and as it stands in an address, where two of its characters are escaped.
CANARY = "c4n4ry@p4ss/w0rd"
SIGNS = (CANARY, quote(CANARY, safe=""), "c4n4ry", "p4ss/w0rd", "Y2FuYXJ5", "yr4n4c")
AS_OF = ("--as-of", "2026-03-01")

COMMANDS: tuple[tuple[str, ...], ...] = (
    ("check",),
    *(("check", "--format", format) for format in ("json", "github", "sarif", "junit")),
    ("check", "--data"),
    ("overlap",),
    ("compare", "buyers", "grown_up"),
    ("read",),
    ("fmt", "--check"),
    ("compile", "--to", "postgres", *AS_OF),
    ("size", *AS_OF),
    ("size", "--format", "json", *AS_OF),
    ("members", "buyers", *AS_OF),
    ("members", "buyers", "--format", "parquet", "--output", "out.parquet", *AS_OF),
    ("run", *AS_OF),
    ("explain", "1", *AS_OF),
    ("test",),
    ("schema", "project"),
)


def address(url: str, user: str = "postgres") -> str:
    """The address with the secret as its password."""
    return url.replace("postgres:@", f"{user}:{quote(CANARY, safe='')}@")


def no_change(project: Path, url: str) -> None:
    return


def on_database(statement: str) -> Callable[[Path, str], None]:
    def change(project: Path, url: str) -> None:
        with psycopg.connect(url) as connection:
            connection.execute(statement.encode())

    return change


def in_file(name: str, old: str, new: str) -> Callable[[Path, str], None]:
    def change(project: Path, url: str) -> None:
        text = (project / name).read_text()
        assert old in text
        (project / name).write_text(text.replace(old, new))

    return change


# What the address is, what else is changed, and whether the day is a good one.
DAYS: dict[str, tuple[Callable[[str], str], Callable[[Path, str], None]]] = {
    "all is well": (address, no_change),
    "no such user": (lambda url: address(url, "nobody"), no_change),
    "no such host": (lambda url: f"postgresql://me:{quote(CANARY, safe='')}@no.such.host.invalid/acme", no_change),
    "no such port": (lambda url: f"postgresql://me:{quote(CANARY, safe='')}@127.0.0.1:9/acme", no_change),
    "no such database": (lambda url: address(url).replace("/acme?", "/nowhere?"), no_change),
    "no such driver": (lambda url: f"mysql://me:{quote(CANARY, safe='')}@host/acme", no_change),
    "an option that there is not": (lambda url: f"{address(url)}&{quote(CANARY)}=1", no_change),
    "a port that is the password": (lambda url: f"postgresql://me@127.0.0.1:{CANARY}/acme", no_change),
    "no address at all": (lambda url: CANARY, no_change),
    "an unescaped password": (lambda url: f"postgresql://me:{CANARY}@host:x/acme", no_change),
    "no table": (address, on_database("DROP TABLE orders")),
    "no column": (address, on_database("ALTER TABLE orders DROP amount")),
    "repeated keys": (address, on_database("INSERT INTO customers SELECT * FROM customers")),
    "no right to read": (
        address,
        on_database("ALTER TABLE orders RENAME TO o; CREATE VIEW orders AS SELECT 1/0 AS x FROM o"),
    ),
    "too slow": (
        address,
        on_database("ALTER TABLE orders RENAME TO o; CREATE VIEW orders AS SELECT o.* FROM o, pg_sleep(9)"),
    ),
    "a broken definition": (address, in_file("segments/all.seg", "segment", "segmnt")),
    "a broken project": (address, in_file("segdsl.yml", "type: postgres", "type: postgrse")),
    "a broken target": (address, in_file("segdsl.yml", "url: '${URL}'", "urll: '${URL}'")),
    "a duckdb of that path": (address, in_file("segdsl.yml", "type: postgres, url", "type: duckdb, path")),
}
QUICK_DAYS = ("all is well", "a port that is the password", "no address at all")
QUICK_COMMANDS = (("size", *AS_OF), ("run", *AS_OF))


def said(project: Path, environment: Mapping[str, str], command: tuple[str, ...]) -> str:
    asked = [sys.executable, "-m", "segdsl", *command]
    done = subprocess.run(asked, cwd=project, capture_output=True, text=True, env=dict(environment), timeout=60)
    return f"{done.stdout}\n{done.stderr}"


def kept(folder: Path) -> str:
    """All that stands in files, and what they are called."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return "\n".join(f"{path}\n{path.read_bytes().decode('latin-1')}" for path in files)


def held(url: str) -> str:
    """What the database knows of us: the memberships, and the last thing that each session has asked."""
    with psycopg.connect(url) as connection:
        sessions = connection.execute("SELECT query, application_name FROM pg_stat_activity").fetchall()
        log = connection.execute("SELECT pg_current_logfile()").fetchall()
    return f"{sessions}{log}"


@pytest.mark.parametrize("day", QUICK_DAYS)
def test_a_secret_is_never_said(day: str, acme: str, tmp_path: Path) -> None:
    is_kept_secret(day, QUICK_COMMANDS, acme, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("day", DAYS)
def test_a_secret_is_never_said_by_any_command(day: str, acme: str, tmp_path: Path) -> None:
    is_kept_secret(day, COMMANDS, acme, tmp_path, {"SEGDSL_DEBUG": "1"})


def is_kept_secret(
    day: str, commands: Sequence[tuple[str, ...]], acme: str, folder: Path, again: Mapping[str, str] | None = None
) -> None:
    """Runs the commands, once more with what the environment says `again`, and looks wherever something can be left."""
    make, change = DAYS[day]
    project, home = folder / "project", folder / "home"
    project.mkdir()
    home.mkdir()
    written(project, ", timeout: 1 second" if day == "too slow" else "")
    change(project, acme)
    known = {
        "URL": make(acme),
        "PGPASSWORD": CANARY,
        "HOME": str(home),
        "SEGDSL_CACHE": str(folder / "cache"),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(segdsl.__file__).parents[1]),
    }
    for command, more in product(commands, ({}, again) if again else ({},)):
        output = said(project, known | dict(more), command)
        assert not [sign for sign in SIGNS if sign in output], (command, more)
    everything = kept(folder) + held(acme)
    assert not [sign for sign in SIGNS if sign in everything]


def test_the_signs_would_be_seen(acme: str, tmp_path: Path) -> None:
    """Or the test above would say nothing."""
    project = written(tmp_path)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(segdsl.__file__).parents[1]), "URL": CANARY}
    shows = "import os; print(os.environ['URL'])"
    done = subprocess.run([sys.executable, "-c", shows], env=environment, capture_output=True, text=True)
    assert CANARY in done.stdout
    (project / "left").write_text(CANARY)
    assert CANARY in kept(tmp_path)
    loaded = segdsl.load(project, environment={"URL": address(acme), "OTHER": CANARY})
    assert CANARY in loaded.environment.values() and quote(CANARY, safe="") in loaded.target().url
    assert not [sign for sign in SIGNS if sign in f"{loaded!r}{loaded.target()!r}"]
