"""Asks a real Snowflake whether it selects who is meant: `make snowflake-check`, with an account.

    SNOWFLAKE_ACCOUNT=... SNOWFLAKE_USER=... SNOWFLAKE_PASSWORD=... SNOWFLAKE_WAREHOUSE=... make snowflake-check

`SNOWFLAKE_PRIVATE_KEY_FILE`, `SNOWFLAKE_AUTHENTICATOR` and `SNOWFLAKE_ROLE` are used where they are set; `SEEDS` says
how many made-up projects are asked for (50). It makes a database of its own, which the role must be allowed to, and
drops it in the end. What is expected was found by hand, or is what the reference evaluator says. Ends with 1 when
anything differs.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlglot import exp

from segdsl.backends import backend
from segdsl.semantics.calendar import Clock
from segdsl.semantics.evaluate import memberships
from tests import snowflake_fake, test_backends, worlds

SNOWFLAKE = backend("snowflake")
TYPES = {
    "DOUBLE": "FLOAT",
    "HUGEINT": "NUMBER(38, 0)",
    "TIMESTAMP": "TIMESTAMP_NTZ",
    "TIMESTAMPTZ": "TIMESTAMP_TZ",
    "VARCHAR COLLATE NOCASE": "VARCHAR COLLATE 'en-ci'",
    "VARCHAR[]": "ARRAY",
}
# None of these may matter to a query.
HOSTILE = {
    "TIMEZONE": "'America/New_York'",
    "WEEK_START": "7",
    "WEEK_OF_YEAR_POLICY": "1",
    "TIMESTAMP_TYPE_MAPPING": "'TIMESTAMP_LTZ'",
    "DATE_INPUT_FORMAT": "'DD/MM/YYYY'",
    "TIMESTAMP_INPUT_FORMAT": "'DD/MM/YYYY HH24:MI:SS'",
    "TIMESTAMP_NTZ_OUTPUT_FORMAT": "'DD/MM/YYYY HH24:MI:SS'",
}
Ask = Callable[[str], Sequence[tuple[Any, ...]]]
Load = Callable[[Ask, worlds.Project], None]
CHANGES = {
    "America/New_York": [datetime(2026, 3, 7, 18), datetime(2026, 10, 31, 18)],
    "Europe/Berlin": [datetime(2026, 3, 28, 18), datetime(2026, 10, 24, 18)],
    "Australia/Lord_Howe": [datetime(2026, 4, 4, 18), datetime(2026, 10, 3, 18)],
    "Pacific/Apia": [datetime(2011, 12, 29, 18), datetime(2011, 12, 30, 12)],
}


def main() -> int:
    import snowflake.connector

    wanted = ("account", "user", "password", "private_key_file", "authenticator", "role", "warehouse")
    given = {
        name: os.environ[f"SNOWFLAKE_{name.upper()}"] for name in wanted if f"SNOWFLAKE_{name.upper()}" in os.environ
    }
    if "account" not in given:
        print(__doc__)
        return 2
    with snowflake.connector.connect(**given) as connection, connection.cursor() as cursor:

        def ask(statement: str) -> Sequence[tuple[Any, ...]]:
            cursor.execute(statement)
            return [tuple(row) for row in cursor.fetchall()]

        name = f"SEGDSL_CHECK_{uuid4().hex[:12].upper()}"
        ask(f"CREATE DATABASE {name}")
        try:
            for setting, value in HOSTILE.items():
                ask(f"ALTER SESSION SET {setting} = {value}")
            differences = list(everything(ask, int(os.environ.get("SEEDS", "50"))))
        finally:
            ask(f"DROP DATABASE {name}")
    for difference in differences:
        print(difference)
    print(f"{len(differences)} differences")
    return 1 if differences else 0


def everything(ask: Ask, seeds: int) -> Iterator[str]:
    """What differs, in words."""
    yield from found_by_hand(ask, stored)
    for zone in CHANGES:
        yield from wall_clocks(ask, zone)
    for seed in range(seeds):
        yield from made_up(ask, stored, seed)


def found_by_hand(ask: Ask, load: Load) -> Iterator[str]:
    """Every condition of the small world, by itself."""
    world = small_world()
    load(ask, world)
    for condition, expected in test_backends.CONDITIONS:
        meant = snowflake_fake.as_stored(test_backends.program(f"segment a when {condition}\n"), world)
        try:
            found = {int(row[0]) for row in ask(SNOWFLAKE.members(meant, "a", test_backends.CLOCK))}
        except Exception as error:
            yield f"{condition}: {error}"
            continue
        if found != expected:
            yield f"{condition}: {sorted(found)}, meant {sorted(expected)}"


def small_world() -> worlds.Project:
    """The rows of `test_backends`."""
    stored = test_backends.STORED
    columns = {name: columns for name, (columns, _) in stored.items()}
    rows: dict[str, list[Any]] = {
        name: [dict(zip(columns, row, strict=True)) for row in rows] for name, (columns, rows) in stored.items()
    }
    return worlds.Project("", {}, "", "", rows, columns, test_backends.AS_OF)


def wall_clocks(ask: Ask, zone: str) -> Iterator[str]:
    """Every half hour around the changes of a clock, those that it skips and repeats included."""
    clock = Clock(test_backends.AS_OF, ZoneInfo(zone), 0)
    walls = [start + timedelta(minutes=30 * step) for start in CHANGES[zone] for step in range(28)]
    asked = [SNOWFLAKE.in_utc(SNOWFLAKE.constant(wall), zone) for wall in walls]
    shown = [SNOWFLAKE.on_wall_clock(SNOWFLAKE.constant(wall), zone) for wall in walls]
    (row,) = ask(exp.select(*asked, *shown).sql("snowflake"))
    meant = [*(clock.in_utc(wall) for wall in walls), *(clock.on_wall(moment) for moment in walls)]
    for wall, found, expected in zip([*walls, *walls], row, meant, strict=True):
        if found != expected:
            yield f"{wall} in {zone}: {found}, meant {expected}"


def made_up(ask: Ask, load: Load, seed: int) -> Iterator[str]:
    """A made-up project as a run asks for it: kept, counted, and stored."""
    project = worlds.project(Random(seed))
    program = snowflake_fake.as_stored(worlds.compiled(project)[0], project)
    meant = memberships(program, worlds.world(project, program.catalog), project.as_of)
    clock = Clock(project.as_of, ZoneInfo(program.timezone), program.week_starts)
    load(ask, project)
    for number, names in enumerate(program.by_entity(tuple(program.segments)).values()):
        passed = SNOWFLAKE.one_pass(program, names, clock, (f"stored_{number}",), replaces=True, in_order=False)
        try:
            ask(passed.keep)
            (counts,) = ask(passed.sizes)
            for statement in (*passed.store, passed.forget):
                ask(statement)
            rows = ask(f"SELECT * FROM stored_{number}")
        except Exception as error:
            yield f"seed {seed}: {error}"
            continue
        expected = [len(people) for name in names for people in (meant[name].qualifies, meant[name].assigned)]
        if [int(count) for count in counts[1 : 1 + len(expected)]] != expected:
            yield f"seed {seed}: counts {counts}, meant {expected}"
        for name in names:
            mine = [row for row in rows if row[1] == name]
            qualifies, assigned = {row[0] for row in mine if row[2]}, {row[0] for row in mine if row[3]}
            if qualifies != meant[name].qualifies or assigned != meant[name].assigned:
                yield f"seed {seed}, segment {name}: {qualifies} assigned {assigned}, meant {meant[name]}"


def stored(ask: Ask, world: worlds.Project) -> None:
    """Replaces the tables of a world."""
    for table, types in world.columns.items():
        schema, _, name = table.rpartition(".")
        place = ".".join(f'"{part.upper()}"' for part in (schema, name) if part)
        if schema:
            ask(f'CREATE SCHEMA IF NOT EXISTS "{schema.upper()}"')
        listed = ", ".join(f'"{column.upper()}" {TYPES.get(type_, type_)}' for column, type_ in types.items())
        ask(f"CREATE OR REPLACE TABLE {place} ({listed})")
        said = [", ".join(constant(row[column]).sql("snowflake") for column in types) for row in world.rows[table]]
        if said:
            ask(f"INSERT INTO {place} " + " UNION ALL ".join(f"SELECT {each}" for each in said))


def constant(value: object) -> exp.Expr:
    match value:
        case None:
            return exp.Null()
        case list():
            return exp.ParseJSON(this=exp.Literal.string(json.dumps(value)))
        case float() | int() if not isinstance(value, bool):
            return SNOWFLAKE.constant(Decimal(repr(value)))
        case bool() | str() | Decimal() | date():
            return SNOWFLAKE.constant(value)
    raise TypeError(f"{value!r} cannot be stored")


if __name__ == "__main__":
    sys.exit(main())
