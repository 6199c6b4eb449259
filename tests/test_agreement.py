"""The promise itself: every database selects exactly the people of made-up projects that the reference meaning does."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segdsl.backends import backend
from segdsl.backends.base import Pass
from segdsl.semantics import ir
from segdsl.semantics.calendar import Clock
from segdsl.semantics.evaluate import Membership, memberships
from segdsl.warehouse.database import SETTINGS
from tests import postgres, worlds
from tests.shrinking import shrunk, written

SEEDS = 100
BATCH = 25
SMALL = 2_000  # projects of two kinds of segments
SMALL_BATCH = 100
Meant = Mapping[str, Membership]


@cache
def _database() -> duckdb.DuckDBPyConnection:
    """A DuckDB set up as for a run; to start one for each project takes as long as to ask it."""
    connection = duckdb.connect()
    for setting in SETTINGS:
        connection.execute(setting)
    return connection


@contextmanager
def connected(project: worlds.Project) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB with the rows of a project; what is done in it is undone."""
    with _database().cursor() as connection:
        connection.begin()
        try:
            worlds.load(project, connection)
            yield connection
        finally:
            connection.rollback()


def difference(project: worlds.Project, address: str) -> str:
    """Where a database and the reference meaning part, or nothing."""
    program, report = worlds.compiled(project)
    assert not report.has_errors, [found.message for found in report]
    meant = memberships(program, worlds.world(project, program.catalog), project.as_of)
    return on_duckdb(project, program, meant) or on_postgres(project, program, meant, address)


def on_duckdb(project: worlds.Project, program: ir.Program, meant: Meant, address: str = "") -> str:
    """Where DuckDB parts from what is meant, asked as `compile` writes it."""
    clock = Clock(project.as_of, ZoneInfo(program.timezone), program.week_starts)
    by_entity = program.by_entity(tuple(program.segments)).values()
    queries = [backend("duckdb").memberships(program, names, clock) for names in by_entity]
    with connected(project) as connection:
        try:
            rows = [row for query in queries for row in connection.execute(query).fetchall()]
        except duckdb.Error as error:
            return f"DuckDB refuses: {error}\n{';'.join(queries)}"
    found = _other("DuckDB", rows, meant)
    return f"{found}\n{';'.join(queries)}" if found else ""


def on_postgres(project: worlds.Project, program: ir.Program, meant: Meant, address: str) -> str:
    """Where PostgreSQL parts from what is meant, asked as a run does: the data are looked at once, and counted."""
    clock = Clock(project.as_of, ZoneInfo(program.timezone), program.week_starts)
    by_entity = list(program.by_entity(tuple(program.segments)).values())
    held = postgres.as_stored(program, project.columns)
    passes = [
        backend("postgres").one_pass(held, names, clock, (f"stored {n}",), replaces=True, in_order=False)
        for n, names in enumerate(by_entity)
    ]
    with postgres.session(address) as session:
        postgres.load(project, session)
        try:
            counts = [_stored(session, passed) for passed in passes]
            rows = [row for n in range(len(by_entity)) for row in postgres.rows(session, f'SELECT * FROM "stored {n}"')]
        except psycopg.Error as error:
            return f"PostgreSQL refuses: {error}\n{passes}"
    found = _other("PostgreSQL", rows, meant)
    for names, counted in zip(by_entity, counts, strict=True):
        expected = [len(people) for name in names for people in (meant[name].qualifies, meant[name].assigned)]
        if counted[1 : 1 + len(expected)] != tuple(expected):
            found = found or f"PostgreSQL counts {counted} of {names}, meant {expected}"
    return f"{found}\n{passes}" if found else ""


def _stored(session: psycopg.Connection, passed: Pass) -> tuple[Any, ...]:
    """Does what a run does, and gives what it counts."""
    session.execute(passed.keep.encode())
    (counted,) = postgres.rows(session, passed.sizes)
    for statement in (*passed.store, passed.forget):
        session.execute(statement.encode())
    return counted


def _other(database: str, rows: list[tuple[Any, ...]], meant: Meant) -> str:
    """Which segment holds others than are meant, and who they are."""
    for name, members in meant.items():
        mine = [row for row in rows if row[1] == name]
        qualifies = {row[0] for row in mine if row[2]}
        assigned = {row[0] for row in mine if row[3]}
        if len(mine) != len(qualifies) or qualifies != members.qualifies or assigned != members.assigned:
            return (
                f"segment {name}: {database} {sorted(qualifies, key=str)} assigned {sorted(assigned, key=str)}, "
                f"meant {sorted(members.qualifies, key=str)} assigned {sorted(members.assigned, key=str)}"
            )
    return ""


@pytest.mark.parametrize("first", range(0, SEEDS, BATCH))
def test_databases_select_the_same_people(first: int, postgres_address: str) -> None:
    for seed in range(first, first + BATCH):
        found = difference(worlds.project(Random(seed)), postgres_address)
        assert not found, f"seed {seed}: {found}"


@pytest.mark.parametrize("first", range(0, SMALL, SMALL_BATCH))
def test_databases_select_the_same_people_of_small_projects(first: int, postgres_address: str) -> None:
    for seed in range(first, first + SMALL_BATCH):
        found = difference(worlds.project(Random(seed), is_small=True), postgres_address)
        assert not found, f"seed {seed}: {found}"


def test_duckdb_counts_the_same_people() -> None:
    """Seed 201 is one of which DuckDB 2.0 says otherwise when it propagates statistics."""
    for seed in range(195, 210):
        project = worlds.project(Random(seed))
        program, _ = worlds.compiled(project)
        expected = memberships(program, worlds.world(project, program.catalog), project.as_of)
        clock = Clock(project.as_of, ZoneInfo(program.timezone), program.week_starts)
        for names in program.by_entity(tuple(program.segments)).values():
            with connected(project) as connection:
                row = connection.execute(backend("duckdb").sizes(program, names, clock)).fetchone()
            assert row is not None
            meant = [
                number for name in names for number in map(len, (expected[name].qualifies, expected[name].assigned))
            ]
            assert [*row[1 : 1 + len(meant)]] == meant, f"seed {seed}"


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.data_too_large])
@given(random=st.randoms(use_true_random=False))
def test_databases_select_the_same_people_of_whatever_hypothesis_makes(random: Random, postgres_address: str) -> None:
    assert not difference(worlds.project(random, is_small=True), postgres_address)


@pytest.mark.long
def test_databases_select_the_same_people_on_many_more(postgres_address: str) -> None:
    """`FIRST=100 SEEDS=100000 make test-long`; prints where it has come to, so that it can go on from there.

    With `CASES=FOLDER` each difference that is found becomes a small case in that folder.
    """
    first, count = int(os.environ.get("FIRST", SEEDS)), int(os.environ.get("SEEDS", 10_000))
    cases = os.environ.get("CASES")
    different = []
    for seed in range(first, first + count):
        project = worlds.project(Random(seed))
        found = difference(project, postgres_address)
        if found:
            different.append(seed)
            print(f"seed {seed}: {found[:2000]}")
        if found and cases:
            small = shrunk(project, lambda each: difference(each, postgres_address))
            print(written(small, difference(small, postgres_address), Path(cases), f"seed {seed}"), flush=True)
        if (seed + 1 - first) % 500 == 0:
            print(f"{seed + 1 - first} compared, {len(different)} differ; go on with FIRST={seed + 1}", flush=True)
    assert not different
