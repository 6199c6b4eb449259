"""Wall clocks in UTC: DuckDB counts hours from the same instants as the reference meaning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pytest
from sqlglot import exp

from segdsl.backends import backend
from segdsl.semantics.calendar import Clock

# Clocks that change by an hour or by half of one, at midnight, the other way round, and one that lost a whole day.
ZONES = (
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Africa/Cairo",
    "Pacific/Apia",
    "Africa/Casablanca",
    "Asia/Kolkata",
)


def walls_near_changes(zone: ZoneInfo) -> list[datetime]:
    """Wall times every ten minutes around each change of the clock in twelve years."""
    found = [datetime(2020, 7, 1, 12)]
    hours = [datetime(2010, 1, 1, tzinfo=UTC) + timedelta(hours=hour) for hour in range(0, 12 * 366 * 24, 6)]
    offsets = [hour.astimezone(zone).utcoffset() for hour in hours]
    for hour, before, after in zip(hours[1:], offsets, offsets[1:], strict=False):
        if before != after:
            wall = hour.astimezone(zone).replace(tzinfo=None, fold=0)
            found += [wall + timedelta(minutes=minutes) for minutes in range(-720, 480, 10)]
    return found


@pytest.mark.parametrize("name", ZONES)
def test_a_wall_time_is_one_instant_wherever_it_is_counted(name: str) -> None:
    zone = ZoneInfo(name)
    clock = Clock(datetime(2026, 1, 1, tzinfo=UTC), zone, 0)
    walls = walls_near_changes(zone)
    query = exp.select(backend("duckdb").in_utc(exp.column("wall"), name)).from_("walls").sql(dialect="duckdb")
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'Asia/Tokyo'")
        connection.execute("CREATE TABLE walls AS SELECT unnest(?::TIMESTAMP[]) AS wall", [walls])
        instants = [instant for (instant,) in connection.execute(query).fetchall()]
    assert instants == [clock.in_utc(wall) for wall in walls]
