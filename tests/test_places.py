"""Points in files and databases, and distances that are known from elsewhere."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest

from segdsl.semantics.earth import Position, is_inside, millimeters

CATALOG = """
tables:
  customer:
    from: customers
    key: customer_id
    columns: {home: {type: point, latitude: home_lat, longitude: home_lon}}
entity: customer
"""


def place(latitude: str, longitude: str) -> Position:
    return Position(Fraction(latitude), Fraction(longitude))


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "segments").mkdir()
    (tmp_path / "catalog.yml").write_text(CATALOG, encoding="utf-8")
    (tmp_path / "segdsl.yml").write_text("name: shop\ntargets: {dev: {type: duckdb, path: data}}\n", encoding="utf-8")
    text = "segment a when home within 1 km of (19.07, 72.87)\n"
    (tmp_path / "segments" / "a.seg").write_text(text, encoding="utf-8")
    return tmp_path


def members(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "segdsl", "members", "a", "--as-of", "2026-03-01"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_a_quarter_of_the_earth() -> None:
    quarter = 10007557221  # a fourth of 2 pi * 6,371,008.8 m
    assert millimeters(place("0", "0"), place("90", "13")) == quarter
    assert millimeters(place("0", "-135"), place("0", "135")) == quarter
    assert millimeters(place("0", "0"), place("0", "180")) == 2 * quarter


def test_cities() -> None:
    """1,148 km is what maps say; the formula is the same in both directions."""
    mumbai, delhi = place("19.0760", "72.8777"), place("28.6139", "77.2090")
    assert round(millimeters(mumbai, delhi) / 1_000_000) == 1148
    assert millimeters(mumbai, delhi) == millimeters(delhi, mumbai)


@pytest.mark.parametrize(
    ("longitude", "inside"), [("-0.1", False), ("0", True), ("0.1", True), ("1.9", True), ("2", True), ("2.1", False)]
)
def test_a_corner_counts_once(longitude: str, inside: bool) -> None:
    diamond = [place("0", "1"), place("1", "2"), place("2", "1"), place("1", "0")]
    assert is_inside(place("1", longitude), diamond) == inside


def test_a_folder_of_csv_files(shop: Path) -> None:
    (shop / "data").mkdir()
    lines = (
        "customer_id,home_lat,home_lon",
        "1,19.07,72.87",
        "2,19.0789,72.87",
        "3,19.08,72.87",
        "4,,72.87",
        "5,9999,0",
    )
    (shop / "data" / "customers.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = members(shop)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-2:] == ["1", "2"]


@pytest.mark.parametrize("type_", ["DOUBLE", "FLOAT", "DECIMAL(9,6)", "DECIMAL(15,12)"])
def test_numbers_that_are_degrees(shop: Path, type_: str) -> None:
    with duckdb.connect(str(shop / "data")) as connection:
        connection.execute(f"CREATE TABLE customers (customer_id BIGINT, home_lat {type_}, home_lon {type_})")
        connection.execute("INSERT INTO customers VALUES (1, 19.07, 72.87), (2, 20.07, 72.87)")
    done = members(shop)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1:] == ["1"]


@pytest.mark.parametrize("type_", ["VARCHAR", "DECIMAL(20,15)", "TIMESTAMP"])
def test_what_is_stored_as_no_degrees(shop: Path, type_: str) -> None:
    with duckdb.connect(str(shop / "data")) as connection:
        connection.execute(f"CREATE TABLE customers (customer_id BIGINT, home_lat {type_}, home_lon DOUBLE)")
    done = members(shop)
    assert done.returncode == 3
    assert f"is declared as part of a `point`, and holds {type_}" in done.stderr
    assert "a point is stored as numbers with at most 12 digits" in done.stderr
