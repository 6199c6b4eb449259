"""What is refused because it would select other people, or lose something, without a word."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

AS_OF = ("--as-of", "2026-03-01")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    segdsl(tmp_path, "init", ".")
    return tmp_path


def segdsl(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "segdsl", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_a_moment_with_a_zone_in_a_column_without_one(shop: Path) -> None:
    orders = shop / "data" / "orders.csv"
    head, first, *rest = orders.read_text(encoding="utf-8").split("\n")
    cells = first.split(",")
    cells[2] = "2026-02-28T23:30:00-05:00"
    orders.write_text("\n".join([head, ",".join(cells), *rest]), encoding="utf-8")
    done = segdsl(shop, "size", *AS_OF)
    assert done.returncode == 3
    assert "`ordered_at` is no moment without a time zone: 2026-02-28T23:30:00-05:00" in done.stderr


def test_a_date_that_no_calendar_has(shop: Path) -> None:
    customers = shop / "data" / "customers.csv"
    head, first, *rest = customers.read_text(encoding="utf-8").split("\n")
    cells = first.split(",")
    cells[2] = "31.02.2025"
    customers.write_text("\n".join([head, ",".join(cells), *rest]), encoding="utf-8")
    (shop / "segments" / "recent.seg").write_text("segment recent when signed_up in last 60 days\n", encoding="utf-8")
    done = segdsl(shop, "size", *AS_OF)
    assert done.returncode == 3
    assert "a stored value cannot be read as it is declared: `signed_up` is no date: 31.02.2025" in done.stderr
    assert "segdsl check --data" in done.stderr
    # It does show it.
    assert '`"31.02.2025"` in 1 row' in segdsl(shop, "check", "--data").stdout


def test_a_stored_decimal_with_more_digits_than_declared(shop: Path) -> None:
    with duckdb.connect(str(shop / "shop.duckdb")) as connection:
        connection.execute("CREATE TABLE customers (customer_id BIGINT, spent DECIMAL(12, 4))")
    catalog = (
        "tables: {customer: {from: customers, key: customer_id, columns: {spent: 'decimal(12,2)'}}}\nentity: customer"
    )
    (shop / "catalog.yml").write_text(catalog, encoding="utf-8")
    (shop / "segdsl.yml").write_text("name: shop\ntargets: {dev: {type: duckdb, path: shop.duckdb}}", encoding="utf-8")
    for file in (shop / "segments").iterdir():
        file.unlink()
    (shop / "segments" / "a.seg").write_text("segment a when spent >= 10", encoding="utf-8")
    done = segdsl(shop, "size", *AS_OF)
    assert done.returncode == 3
    assert "declare it in catalog.yml as `decimal(12,4)`" in done.stderr


def test_lines_before_the_names_of_the_columns(shop: Path) -> None:
    customers = shop / "data" / "customers.csv"
    customers.write_text("My export\n\n" + customers.read_text(encoding="utf-8"), encoding="utf-8")
    assert segdsl(shop, "size", *AS_OF).returncode == 3


def test_a_project_whose_definitions_are_gone(shop: Path) -> None:
    assert segdsl(shop, "run", *AS_OF).returncode == 0
    before = (shop / "data" / "memberships.parquet").read_bytes()
    for file in (shop / "segments").iterdir():
        file.write_text("", encoding="utf-8")
    done = segdsl(shop, "run", *AS_OF)
    assert done.returncode == 1
    assert "error[no-segments]" in done.stderr
    assert (shop / "data" / "memberships.parquet").read_bytes() == before


@pytest.mark.parametrize("output", ["data/orders.csv", "catalog.yml", "segments/lifecycle.seg", "data"])
def test_members_do_not_replace_what_they_come_from(shop: Path, output: str) -> None:
    before = (shop / output).read_bytes() if (shop / output).is_file() else b""
    done = segdsl(shop, "members", "win_back", "--output", output, *AS_OF)
    assert done.returncode == 2
    assert f"`{output}`" in done.stderr
    assert before == ((shop / output).read_bytes() if (shop / output).is_file() else b"")
