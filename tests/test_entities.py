"""Segments of several entities in a target: counted, listed and written, each over its own rows."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import duckdb
import pytest

import segdsl
from segdsl import compiler, results
from segdsl.compiler import BadRequest, Findings
from segdsl.introspection import DatabaseProblem

AS_OF = date(2026, 3, 1)
CATALOG = """\
tables:
  customer: {from: customers, key: customer_id, links: {account: account_id}, columns: {age: integer}}
  account: {from: accounts, key: id, columns: {seats: integer}}
entity: customer
"""
SEGMENTS = """\
segment grown_up "Grown up" when age >= 18
segment big "Big" for account when seats > 5
segment young for account when no customer where in segment grown_up
"""
EXPECTED = {"grown_up": ["a", "b"], "big": [1], "young": [2, 3]}


def write(folder: Path, path: str, *, catalog: str = CATALOG, segments: str = SEGMENTS, target: str = "") -> Path:
    (folder / "segments").mkdir()
    (folder / "segdsl.yml").write_text(
        f"name: acme\ntargets: {{dev: {{type: duckdb, path: {path}{target}}}}}\ndefault_target: dev\n"
    )
    (folder / "catalog.yml").write_text(catalog)
    (folder / "segments" / "all.seg").write_text(segments)
    with duckdb.connect(str(folder / "acme.duckdb")) as database:
        database.execute(
            "CREATE TABLE customers AS SELECT * FROM (VALUES ('a', 1, 20), ('b', 1, 18), ('c', 2, 3)) "
            "AS _(customer_id, account_id, age)"
        )
        database.execute("CREATE TABLE accounts AS SELECT * FROM (VALUES (1, 10), (2, 5), (3, NULL)) AS _(id, seats)")
        (folder / "data").mkdir()
        for table in ("customers", "accounts"):
            database.table(table).write_parquet(str(folder / "data" / f"{table}.parquet"))
    return folder


@pytest.mark.parametrize("path", ["acme.duckdb", "data"])
def test_each_segment_is_counted_and_listed_over_its_own_entity(tmp_path: Path, path: str) -> None:
    project = segdsl.load(write(tmp_path, path))
    sizes = segdsl.size(project, as_of=AS_OF)
    assert (sizes.customers, sizes.entities) == (3, {"customer": 3, "account": 3})
    assert {size.name: size.qualifies for size in sizes.segments} == {"grown_up": 2, "big": 1, "young": 2}
    for name, keys in EXPECTED.items():
        assert list(segdsl.members(project, name, as_of=AS_OF).keys) == keys
    assert segdsl.members(project, "big", as_of=AS_OF).key == "id"
    only = segdsl.size(project, ["young"], as_of=AS_OF)
    assert (only.customers, only.entities, len(only.segments)) == (3, {"customer": 3, "account": 3}, 1)


def test_what_is_aggregated_may_ask_for_a_segment_of_its_own_entity(tmp_path: Path) -> None:
    aged = "segment aged for account when max((customer.age if in segment grown_up else 0)) >= 19\n"
    project = segdsl.load(write(tmp_path, "acme.duckdb", segments=SEGMENTS + aged))
    assert list(segdsl.members(project, "aged", as_of=AS_OF).keys) == [1]


def test_the_table_and_the_json_say_which_entity(tmp_path: Path) -> None:
    project = segdsl.load(write(tmp_path, "data"))
    sizes, program = segdsl.size(project, as_of=AS_OF), compiler.sound(project)
    lines = results.size_table(program, sizes, bars=False).split("\n")
    assert lines[0] == "acme: 3 customers and 3 accounts as of 2026-03-01 00:00 (UTC)"
    assert lines[-1].split() == ["young", "young", "2", "2", "66.7%"]
    found = json.loads(json.dumps(results.size_json(program, sizes)))
    assert found["entities"] == {"customer": 3, "account": 3}
    assert [segment["entity"] for segment in found["segments"]] == ["customer", "account", "account"]


def test_a_run_writes_a_table_for_each_entity(tmp_path: Path) -> None:
    folder = write(tmp_path, "acme.duckdb")
    for _ in range(2):
        summary = segdsl.run(segdsl.load(folder), as_of=AS_OF)
    assert [(each.entity, each.written_to, each.rows) for each in summary.tables] == [
        ("customer", "segdsl_memberships", 2),
        ("account", "segdsl_memberships_account", 3),
    ]
    with duckdb.connect(str(folder / "acme.duckdb")) as database:
        found = database.execute("SELECT id, segment FROM segdsl_memberships_account ORDER BY ALL").fetchall()
        assert found == [(1, "big"), (2, "young"), (3, "young")]
        found = database.execute("SELECT customer_id FROM segdsl_memberships ORDER BY ALL").fetchall()
        assert found == [("a",), ("b",)]


@pytest.mark.parametrize("file", ["memberships.parquet", "people.csv"])
def test_a_run_in_a_folder_writes_a_file_for_each_entity(tmp_path: Path, file: str) -> None:
    folder = write(tmp_path, "data", target=f", memberships: {file}")
    for _ in range(2):
        summary = segdsl.run(segdsl.load(folder), as_of=AS_OF)
    stem, _, ending = file.partition(".")
    first, second = (folder / "data" / f"{stem}{of}.{ending}" for of in ("", "_account"))
    assert [each.written_to for each in summary.tables] == [str(first), str(second)]
    assert len(duckdb.execute(f"FROM '{first}'").fetchall()) == 2
    assert sorted(duckdb.execute(f"SELECT id FROM '{second}'").fetchall()) == [(1,), (2,), (3,)]


def test_neither_table_is_replaced_when_one_belongs_to_somebody_else(tmp_path: Path) -> None:
    folder = write(tmp_path, "acme.duckdb")
    with duckdb.connect(str(folder / "acme.duckdb")) as database:
        database.execute("CREATE TABLE segdsl_memberships_account AS SELECT 1 AS mine")
    with pytest.raises(DatabaseProblem, match="segdsl_memberships_account"):
        segdsl.run(segdsl.load(folder), as_of=AS_OF)
    with duckdb.connect(str(folder / "acme.duckdb")) as database:
        assert ("segdsl_memberships",) not in database.execute("SHOW TABLES").fetchall()


def test_keys_of_every_entity_are_checked(tmp_path: Path) -> None:
    folder = write(tmp_path, "acme.duckdb", segments="segment big for account when seats > 5\n")
    with duckdb.connect(str(folder / "acme.duckdb")) as database:
        database.execute("INSERT INTO accounts VALUES (2, 7)")
    with pytest.raises(DatabaseProblem, match="account"):
        segdsl.size(segdsl.load(folder), as_of=AS_OF)


def test_all_segments_compile_to_a_statement_for_each_entity(tmp_path: Path) -> None:
    folder = write(tmp_path, "acme.duckdb")
    project = segdsl.load(folder)
    text = segdsl.compile(project, as_of=AS_OF)
    with duckdb.connect(str(folder / "acme.duckdb")) as database:
        first, second = (database.execute(each).fetchall() for each in text.split(";\n"))
    assert {row[1] for row in first} == {"grown_up"}
    assert {row[1] for row in second} == {"big", "young"}
    assert ";" not in segdsl.compile(project, ["big", "young"], as_of=AS_OF)


def test_an_entity_that_is_no_part_of_a_files_name_is_refused(tmp_path: Path) -> None:
    catalog = CATALOG.replace("  account:", "  a/b:").replace("account: account_id", "a/b: account_id")
    folder = write(tmp_path, "data", catalog=catalog, segments="segment big for `a/b` when seats > 5\n")
    with pytest.raises(DatabaseProblem, match="part of the name of a file"):
        segdsl.run(segdsl.load(folder), as_of=AS_OF)
    with pytest.raises(BadRequest):
        segdsl.members(segdsl.load(folder), "bgi", as_of=AS_OF)


@pytest.mark.parametrize(
    ("segments", "message"),
    [
        ("segment old when was in segment a 5_000 years ago\nsegment a when age > 1\n", "5,000 years before"),
        (
            "segment s0 when age > 1\n"
            + "".join(
                f"segment s{n} when was in segment s{n - 1} {2**n} hours ago or was in segment s{n - 1} 1 minute ago\n"
                for n in range(1, 9)
            ),
            "more than 50 moments",
        ),
    ],
)
def test_a_past_that_no_query_can_reach_is_refused(tmp_path: Path, segments: str, message: str) -> None:
    project = segdsl.load(write(tmp_path, "acme.duckdb", segments=segments))
    with pytest.raises(Findings) as found:
        segdsl.compile(project, as_of=AS_OF)
    assert message in found.value.diagnostics[0].message
    with pytest.raises(Findings):
        segdsl.run(project, as_of=AS_OF)


def test_channels_reach_the_rows_of_their_own_entity(tmp_path: Path) -> None:
    channels = "channel post when age > 18\nchannel visit for account when seats > 5\n"
    project = segdsl.load(write(tmp_path, "data", segments=channels + SEGMENTS))
    sizes = segdsl.size(project, as_of=AS_OF)
    assert dict(sizes.reachable) == {"post": 1, "visit": 1}
    assert [dict(size.reachable) for size in sizes.segments] == [{"post": 1}, {"visit": 1}, {"visit": 0}]
    summary = segdsl.run(project, as_of=AS_OF)
    text = results.run_text(compiler.sound(project), summary)
    assert "reachable by visit: 1 of `big`, 0 of `young`" in text and "reachable by post: 1 of `grown_up`" in text
