"""Whether Snowflake itself selects the people that the reference evaluator does: for whoever has an account.

    export SNOWFLAKE_URL='snowflake://USER:PASSWORD@ACCOUNT/DATABASE/SCHEMA?warehouse=WAREHOUSE'
    make snowflake-check

In: the address of a schema where tables may be made. Schemas of its own are made beside it, called `SEGDSL_CHECK_...`,
and dropped at the end. Out: a line a project, with what differs, and the SQL that did; 1 when anything does. `SEEDS=50`
looks at as many made-up projects, with all their segments; each is asked as `compile` prints it in a session with
settings that are far from usual, then as a run does it. `--fake` asks fakesnow, which shows that this script works.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from sqlglot import exp

from segdsl.backends import backend
from segdsl.project import Target
from segdsl.semantics import ir
from segdsl.semantics.calendar import Clock
from segdsl.semantics.catalog import Catalog
from segdsl.semantics.evaluate import Membership, memberships
from segdsl.source import NOWHERE
from segdsl.warehouse import snowflake
from tests import snowflake_fake, test_backends, worlds

SNOWFLAKE = backend("snowflake")

# Types of `tests.worlds` as Snowflake calls them. A run refuses floats, which people see as decimals.
TYPES = {"DOUBLE": "NUMBER(38, 12)", "FLOAT": "NUMBER(38, 12)", "HUGEINT": "NUMBER(38, 0)", "VARCHAR[]": "ARRAY"}
TYPES |= {"TIMESTAMP": "TIMESTAMP_NTZ", "TIMESTAMPTZ": "TIMESTAMP_TZ", "TINYINT": "SMALLINT"}
# None of these may matter to what is printed.
HOSTILE: dict[str, str | int] = {
    "TIMEZONE": "America/New_York",
    "DEFAULT_NULL_ORDERING": "FIRST",
    "WEEK_START": 3,
    "WEEK_OF_YEAR_POLICY": 1,
    "TIMESTAMP_TYPE_MAPPING": "TIMESTAMP_LTZ",
    "TIMESTAMP_INPUT_FORMAT": "DD/MM/YYYY HH24:MI:SS",
    "DATE_INPUT_FORMAT": "DD/MM/YYYY",
    "TIMESTAMP_OUTPUT_FORMAT": "DY, DD MON YYYY",
    "TWO_DIGIT_CENTURY_START": 2000,
    "JSON_INDENT": 0,
}


@dataclass(frozen=True)
class Session:
    """A cursor, how it is asked, and which conditions it refuses."""

    cursor: Any
    ask: Callable[[Any, str], list[tuple[Any, ...]]]
    collates: bool = True
    refused: Mapping[str, str] = field(default_factory=dict)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.ask(self.cursor, query)

    def do(self, statement: str) -> None:
        self.cursor.execute(statement)


def asked(cursor: Any, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in cursor.execute(query).fetchall()]


# --- tables -------------------------------------------------------------------------------------------


def load(session: Session, name: str, columns: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Makes a table, in upper case as definitions mean it, and fills it: every value is a text that is cast."""
    called = exp.to_table(name.upper()).sql("snowflake", identify=True)
    kinds = {column: _type(kind, session.collates) for column, kind in columns.items()}
    session.do(f"CREATE OR REPLACE TABLE {called} ({', '.join(f'{_quoted(each)} {kinds[each]}' for each in kinds)})")
    if not rows:
        return
    read = [_read(f"column{place}", kind) for place, kind in enumerate(kinds.values(), 1)]
    places = ", ".join([f"({', '.join(['%s'] * len(kinds))})"] * len(rows))
    values = [_written(row[column]) for row in rows for column in columns]
    session.cursor.execute(f"INSERT INTO {called} SELECT {', '.join(read)} FROM VALUES {places}", values)


def _quoted(name: str) -> str:
    return f'"{name.upper()}"'


def _type(kind: str, collates: bool) -> str:
    bare = kind.partition(" COLLATE")[0]
    collation = " COLLATE 'en-ci'" if collates and bare != kind else ""
    return TYPES.get(bare, bare) + collation


def _read(place: str, kind: str) -> str:
    """With its format beside it, for the session is a hostile one."""
    if kind == "ARRAY":
        return f"PARSE_JSON({place})::ARRAY"
    if kind.startswith("TIMESTAMP"):
        zone = " TZHTZM" if kind == "TIMESTAMP_TZ" else ""
        return f"TO_{kind}({place}, 'YYYY-MM-DD HH24:MI:SS.FF6{zone}')"
    return f"TO_DATE({place}, 'YYYY-MM-DD')" if kind == "DATE" else f"{place}::{kind.partition(' COLLATE')[0]}"


def _written(value: object) -> str | None:
    match value:
        case None:
            return None
        case list():
            return json.dumps(value)
        case datetime():
            return f"{value.replace(tzinfo=None).isoformat(' ', 'microseconds')}{value.strftime(' %z').rstrip()}"
        case float():
            # Only coordinates are so large, or no numbers, and what is nowhere on earth is missing.
            return format(Decimal(str(value)), "f") if abs(value) < 1e20 else None
        case _:
            return str(value)


# --- what is compared ---------------------------------------------------------------------------------


def project_differs(session: Session, project: worlds.Project, schema: str) -> list[str]:
    """What of a made-up project Snowflake says otherwise than the reference evaluator."""
    program = _moved(worlds.compiled(project)[0], schema)
    meant = memberships(program, worlds.world(_renamed(project, schema), program.catalog), project.as_of)
    clock = Clock(project.as_of, ZoneInfo(program.timezone), program.week_starts)
    for table, columns in project.columns.items():
        load(session, _in(schema, table), columns, project.rows[table])
    program = snowflake_fake.as_stored(program, {_in(schema, table): kinds for table, kinds in project.columns.items()})
    found = []
    for number, names in enumerate(program.by_entity(tuple(program.segments)).values()):
        printed = SNOWFLAKE.memberships(program, names, clock)
        found += _others("printed", session.rows(printed), names, meant, printed)
        into = (schema, f"stored_{number}")
        passed = SNOWFLAKE.one_pass(program, names, clock, into, replaces=True, in_order=False)
        session.rows(passed.keep)
        (counted,) = session.rows(passed.sizes)
        for statement in (*passed.store, passed.forget):
            session.rows(statement)
        rows = session.rows(f"SELECT * FROM {schema}.stored_{number}")
        found += _others("stored", rows, names, meant, passed.keep)
        sizes = [len(people) for name in names for people in (meant[name].qualifies, meant[name].assigned)]
        if list(counted[1 : 1 + len(sizes)]) != sizes:
            found.append(f"counted {counted}, meant {sizes}\n{passed.sizes}")
    return found


def _others(
    what: str, rows: Sequence[tuple[Any, ...]], names: Sequence[str], meant: Mapping[str, Membership], query: str
) -> list[str]:
    found = []
    for name in names:
        mine = [row for row in rows if row[1] == name]
        qualifies, assigned = {row[0] for row in mine if row[2]}, {row[0] for row in mine if row[3]}
        are_all = qualifies == meant[name].qualifies and assigned == meant[name].assigned
        if not are_all or len(mine) != len(qualifies):
            found.append(f"{what}: segment {name} holds {qualifies} assigned {assigned}, meant {meant[name]}")
    return [*found, query] if found else []


def _in(schema: str, table: str) -> str:
    """The tables of all schemas of a project are put into one."""
    return f"{schema}.{table.replace('.', '__')}"


def _moved(program: ir.Program, schema: str) -> ir.Program:
    moved = {
        name: replace(table, stored_in=tuple(_in(schema, ".".join(table.stored_in)).split(".")))
        for name, table in program.catalog.tables.items()
    }
    return replace(program, catalog=Catalog(moved, program.catalog.entity))


def _renamed(project: worlds.Project, schema: str) -> worlds.Project:
    return replace(project, rows={_in(schema, table): rows for table, rows in project.rows.items()})


def conditions_differ(session: Session, schema: str) -> list[str]:
    """The conditions of `tests.test_backends`, whose members were found by hand."""
    names = {f"s{number}": condition for number, condition in enumerate(test_backends.CONDITIONS)}
    names = {name: each for name, each in names.items() if each[0] not in session.refused}
    text = "".join(f"segment {name} when {condition}\n" for name, (condition, _) in names.items())
    for table, (columns, rows) in test_backends.STORED.items():
        load(session, _in(schema, table), columns, [dict(zip(columns, row, strict=True)) for row in rows])
    held = {_in(schema, table): columns for table, (columns, _) in test_backends.STORED.items()}
    program = snowflake_fake.as_stored(_moved(test_backends.program(text), schema), held)
    found = []
    for name, (condition, expected) in names.items():
        query = SNOWFLAKE.members(program, name, test_backends.CLOCK)
        people = [row[0] for row in session.rows(query)]
        if people != sorted(expected):
            found.append(f"{condition}: {people}, meant {sorted(expected)}\n{query}")
    return found


def clocks_differ(session: Session, schema: str) -> list[str]:
    """Every half hour around changes of clocks, those that are skipped and repeated included."""
    found = []
    for zone, starts in {
        "America/New_York": [(2026, 3, 7), (2026, 10, 31)],
        "Europe/Berlin": [(2026, 3, 28), (2026, 10, 24)],
        "Australia/Lord_Howe": [(2026, 4, 3), (2026, 10, 2)],
        "Pacific/Apia": [(2011, 12, 28)],
    }.items():
        clock, moment = Clock(test_backends.AS_OF, ZoneInfo(zone), 0), exp.column("t")
        walls = [datetime(*start) + timedelta(minutes=30 * step) for start in starts for step in range(120)]
        load(session, f"{schema}.walls", {"t": "TIMESTAMP"}, [{"t": wall} for wall in walls])
        values = (moment, SNOWFLAKE.on_wall_clock(moment.copy(), zone), SNOWFLAKE.in_utc(moment.copy(), zone))
        rows = session.rows(exp.select(*values).from_(f"{schema}.walls").sql("snowflake"))
        wrong = [row for row in rows if row[1:] != (clock.on_wall(row[0]), clock.in_utc(row[0]))]
        found += [f"{zone}: {wall} on the wall is {shown}, in UTC {utc}" for wall, shown, utc in wrong]
        found += [] if len(rows) == len(walls) else [f"{zone}: {len(rows)} of {len(walls)} moments came back"]
    return found


# --- the whole ----------------------------------------------------------------------------------------


@contextmanager
def opened(url: str) -> Iterator[Session]:
    """A session of a run, whose settings are then made hostile."""
    target = Target("check", "snowflake", Path(), "", "", NOWHERE, url)
    with snowflake.connected(target) as connection:
        cursor = connection.connection.cursor()
        for name, value in HOSTILE.items():
            cursor.execute(f"ALTER SESSION SET {name} = {exp.convert(value).sql('snowflake')}")
        yield Session(cursor, asked)


@contextmanager
def fake() -> Iterator[Session]:
    with snowflake_fake.connected() as cursor:
        yield Session(cursor, snowflake_fake.run, collates=False, refused=snowflake_fake.REFUSED)


def compared(session: Session, checks: Sequence[str]) -> dict[str, list[str]]:
    """What differs, by what was looked at: `clocks`, `conditions` and, by number, `project 7`."""
    schema = f"segdsl_check_{uuid.uuid4().hex[:8]}"
    session.do(f"CREATE SCHEMA {schema}")
    try:
        found = {}
        for name in checks:
            try:
                found[name] = _differences(session, name, schema)
            except Exception as error:  # whatever a driver raises is a finding, and the others are looked at, too
                found[name] = [f"{type(error).__name__}: {error}"]
            print(f"{name}: {'as meant' if not found[name] else f'{len(found[name])} differ'}", flush=True)
            print("".join(f"  {each}\n" for each in found[name]), end="")
        return found
    finally:
        session.do(f"DROP SCHEMA {schema}")


def _differences(session: Session, name: str, schema: str) -> list[str]:
    if name == "clocks":
        return clocks_differ(session, schema)
    if name == "conditions":
        return conditions_differ(session, schema)
    seed = int(name.removeprefix("project "))
    return project_differs(session, worlds.project(Random(seed)), schema)


def main(arguments: Sequence[str]) -> int:
    asking = argparse.ArgumentParser(prog="snowflake_check", description=(__doc__ or "").partition("\n\n")[0])
    asking.add_argument("--fake", action="store_true", help="ask fakesnow, without an account")
    given = asking.parse_args(arguments)
    url = os.environ.get("SNOWFLAKE_URL", "")
    if not (given.fake or url):
        print("no account: type export SNOWFLAKE_URL='snowflake://USER:PASSWORD@ACCOUNT/DATABASE/SCHEMA?warehouse=W'")
        return 2
    with fake() if given.fake else opened(url) as session:
        projects = [f"project {seed}" for seed in range(int(os.environ.get("SEEDS", 20)))]
        found = compared(session, ["clocks", "conditions", *projects])
    print(f"{sum(map(bool, found.values()))} of {len(found)} differ")
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
