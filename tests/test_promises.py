"""Promises against data: what holds, what is broken, and that a run writes nothing then. Channels in sizes."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import duckdb
import pytest

import segdsl
from segdsl import cli, warehouse

AS_OF = date(2026, 3, 1)
CATALOG = """\
tables:
  customer: {from: customers, key: id, columns: {age: integer, email: text}}
  letter: {from: letters, key: letter_id, links: {customer: customer_id}}
entity: customer
"""
BASE = """\
channel email "E-mail" when email is known
channel post when has letter
group ages
  exclusive
segment old in ages priority 1
  when age >= 7
segment grown in ages priority 2
  when age >= 5
segment young
  when age < 5
"""


def project(folder: Path, expects: str = "", target: str = "path: data") -> segdsl.project.Project:
    """Ten customers aged 1 to 10, the even ones with an address, the first two with letters."""
    (folder / "segments").mkdir(exist_ok=True)
    (folder / "segdsl.yml").write_text(f"name: acme\ntargets: {{dev: {{type: duckdb, {target}}}}}\n")
    (folder / "catalog.yml").write_text(CATALOG)
    promises = expects.replace(" | ", "\n  expect ")
    (folder / "segments" / "all.seg").write_text(BASE + (f"  expect {promises}\n" if expects else ""))
    with duckdb.connect(str(folder / "acme.duckdb")) as database:
        database.execute(
            "CREATE OR REPLACE TABLE customers AS SELECT i AS id, i AS age, "
            "CASE WHEN i % 2 = 0 THEN 'a@b' END AS email FROM range(1, 11) AS _(i);"
            "CREATE OR REPLACE TABLE letters AS SELECT 1 AS letter_id, 1 AS customer_id UNION ALL SELECT 2, 2"
        )
        (folder / "data").mkdir(exist_ok=True)
        for table in ("customers", "letters"):
            database.table(table).write_parquet(str(folder / "data" / f"{table}.parquet"))
    return segdsl.load(folder)


def grow(folder: Path, last: int) -> None:
    with duckdb.connect() as database:
        database.sql(f"SELECT i AS id, i AS age, 'a@b' AS email FROM range({last}, 11) AS _(i)").write_parquet(
            str(folder / "data" / "customers.parquet")
        )


def test_sizes_say_who_is_reachable(tmp_path: Path) -> None:
    found = segdsl.size(project(tmp_path), as_of=AS_OF)
    assert found.reachable == {"email": 5, "post": 2}
    assert {each.name: (each.assigned, dict(each.reachable)) for each in found.segments} == {
        "old": (4, {"email": 2, "post": 0}),
        "grown": (2, {"email": 1, "post": 0}),
        "young": (4, {"email": 2, "post": 2}),
    }


@pytest.mark.parametrize(
    "kept",
    [
        "4 to 4 customers",
        "40% to 40% of customers",
        "at least 4 customers",
        "at most 40% of customers",
        "disjoint from old, grown",
        "change under 1%",
    ],
)
def test_promises_that_hold(tmp_path: Path, kept: str) -> None:
    assert segdsl.size(project(tmp_path, kept), as_of=AS_OF).broken == ()


@pytest.mark.parametrize(
    ("promise", "fault"),
    [
        ("5 to 9 customers", "4 are assigned, fewer than 5"),
        ("at most 3 customers", "4 are assigned, more than 3"),
        ("40.001% to 50% of customers", "4 of 10 are assigned, fewer than 40.001%"),
        ("at most 39.999% of customers", "4 of 10 are assigned, more than 39.999%"),
        ("within old", "4 who qualify are not in `old`"),
    ],
)
def test_promises_that_the_data_break(tmp_path: Path, promise: str, fault: str) -> None:
    (found,) = segdsl.size(project(tmp_path, promise), ["young"], as_of=AS_OF).broken
    assert found.message == f"segment `young` breaks a promise: {fault}"
    assert promise in found.label.span.text
    assert found.rule.name == "broken-promise"


def test_disjoint_and_within_compare_who_qualifies(tmp_path: Path) -> None:
    here = project(tmp_path)
    text = BASE.replace("when age >= 5\n", "when age >= 5\n  expect disjoint from old\n  expect at most 2 customers\n")
    (here.root / "segments" / "all.seg").write_text(text)
    (found,) = segdsl.size(segdsl.load(tmp_path), as_of=AS_OF).broken
    assert found.message.endswith("4 who qualify are in `old`")


@pytest.mark.parametrize("target", ["path: data", "path: acme.duckdb", "path: acme.duckdb, schema: marketing"])
def test_a_run_that_breaks_a_promise_writes_nothing(
    tmp_path: Path, target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    here = project(tmp_path, "at most 3 customers", target)
    with pytest.raises(warehouse.BrokenPromises):
        segdsl.run(here, as_of=AS_OF)
    assert not (tmp_path / "data" / "memberships.parquet").exists()
    with duckdb.connect(str(tmp_path / "acme.duckdb"), read_only=True) as database:
        assert len(database.sql("SHOW ALL TABLES").fetchall()) == 2
    assert cli.main(["-C", str(tmp_path), "run", "--as-of", "2026-03-01"]) == 1
    said = capsys.readouterr().err
    assert "the memberships before stay as they were" in said and "--despite-promises" in said
    assert cli.main(["-C", str(tmp_path), "run", "--as-of", "2026-03-01", "--despite-promises"]) == 0
    assert "at most 3 customers" in capsys.readouterr().err


def test_change_is_counted_from_the_last_run(tmp_path: Path) -> None:
    here = project(tmp_path, "change under 50%")
    first = segdsl.run(here, as_of=AS_OF)
    assert first.not_compared == ("young",)
    assert segdsl.run(here, as_of=AS_OF).not_compared == ()
    grow(tmp_path, 2)
    assert segdsl.run(here, as_of=AS_OF).segments[2].assigned == 3
    grow(tmp_path, 3)
    assert segdsl.run(here, as_of=AS_OF).segments[2].assigned == 2
    grow(tmp_path, 4)
    with pytest.raises(warehouse.BrokenPromises) as broken:
        segdsl.run(here, as_of=AS_OF)
    assert broken.value.diagnostics[0].message.endswith("1 are assigned and 2 were in the last run")
    assert segdsl.size(here, as_of=AS_OF).broken


def test_change_in_a_database(tmp_path: Path) -> None:
    here = project(tmp_path, "change under 50%", "path: acme.duckdb, schema: marketing")
    assert segdsl.size(here, as_of=AS_OF).not_compared == ("young",)
    segdsl.run(here, as_of=AS_OF)
    with duckdb.connect(str(tmp_path / "acme.duckdb")) as database:
        database.execute("DELETE FROM customers WHERE id <= 2")
    assert segdsl.size(here, as_of=AS_OF).broken


def test_size_prints_what_is_broken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(tmp_path, "at most 3 customers | change under 1%")
    assert cli.main(["-C", str(tmp_path), "size", "--as-of", "2026-03-01"]) == 1
    shown = capsys.readouterr().out
    assert "by email" in shown and "error[broken-promise]" in shown and "not compared" in shown
    assert cli.main(["-C", str(tmp_path), "size", "--as-of", "2026-03-01", "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [each["rule"] for each in found["broken_promises"]] == ["broken-promise"]
    assert found["segments"][2]["reachable"] == {"email": 2, "post": 2}


def test_members_need_nothing_of_channels(tmp_path: Path) -> None:
    here = project(tmp_path)
    (tmp_path / "data" / "letters.parquet").unlink()
    assert segdsl.members(here, "old", as_of=AS_OF).keys == (7, 8, 9, 10)


def test_reviews_are_due_at_a_day(tmp_path: Path) -> None:
    here = project(tmp_path)
    claims = "  review every 1 month, last 2026-01-31\n  active from 2026-01-01 to 2026-03-31\n"
    (here.root / "segments" / "all.seg").write_text(BASE + claims)
    here = segdsl.load(tmp_path)

    def rules(today: date | None) -> list[str]:
        return [each.rule.name for each in segdsl.check(here, today=today)]

    assert rules(None) == rules(date(2026, 2, 27)) == []
    assert rules(date(2026, 2, 28)) == rules(date(2026, 3, 31)) == ["review-due"]
    assert rules(date(2026, 4, 1)) == ["review-due", "inactive"]
