"""Moments that move: sets hold what the calendar says, and what one family says of another holds at every `as_of`."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from segdsl.overlap.axes import Axis, Family, Time
from segdsl.overlap.domains import ANYTHING, Ordered
from segdsl.overlap.moments import NoneFits, choose, fits, implied, window_tests
from segdsl.semantics import ir
from segdsl.semantics.calendar import Clock, at_moment, dates, moments
from segdsl.semantics.types import Date, Timestamp, Type
from segdsl.source import NOWHERE

TYPES: list[Type] = [Date(), Timestamp(zoned=True), Timestamp(zoned=False)]
DAY = ir.Today(Date(), span=NOWHERE)
FAMILIES: tuple[Family, ...] = get_args(Family)
AS_OF = [
    ("UTC", "2024-02-29T12:00"),
    ("UTC", "2026-03-31T23:59"),
    ("UTC", "2025-01-01T00:00"),
    ("Europe/Berlin", "2025-03-30T03:10"),
    ("Europe/Berlin", "2025-10-26T02:30"),
    ("America/New_York", "2025-11-02T05:30"),
    ("America/New_York", "2025-11-02T06:30"),
    ("Pacific/Apia", "2011-12-31T09:00"),
    ("Asia/Kathmandu", "2026-05-31T18:20"),
]
CLOCKS = [
    Clock(datetime.fromisoformat(at).replace(tzinfo=UTC), ZoneInfo(zone), starts)
    for (zone, at), starts in zip(AS_OF, [0, 6, 0, 6, 0, 6, 0, 6, 0], strict=True)
]
WINDOWS: list[ir.Window] = [
    window
    for unit in ("day", "week", "month", "quarter", "year")
    for window in (
        ir.Last(3, unit, span=NOWHERE),
        ir.Next(2, unit, span=NOWHERE),
        ir.BetweenAgo(5, 2, unit, span=NOWHERE),
        ir.MoreThanAgo(1, unit, span=NOWHERE),
        ir.LessThanAgo(2, unit, span=NOWHERE),
        ir.Period(unit, -1, -1, span=NOWHERE),
        ir.Period(unit, 0, 1, span=NOWHERE),
    )
] + [
    ir.Range(date(2024, 2, 1), date(2025, 10, 26), span=NOWHERE),
    ir.Range(None, date(2025, 3, 30), span=NOWHERE),
    ir.Range(date(2025, 1, 1), None, span=NOWHERE),
]


def spread(type_: Type, clock: Clock) -> list[date | datetime]:
    """Values from hours to years around `as_of`, those of the minute and of the day's beginning among them."""
    days = [*range(-33, 34), *range(-800, 801, 61), -366, -365, 365, 366]
    if isinstance(type_, Date):
        return [clock.today + timedelta(days=day) for day in days]
    zoned = isinstance(type_, Timestamp) and type_.zoned
    now = clock.as_of.astimezone(UTC) if zoned else clock.wall
    hours = [timedelta(minutes=minutes) for minutes in (-60, -1, 0, 30)]
    return [now + timedelta(days=day) + more for day in days for more in hours]


def is_in(value: date | datetime, type_: Type, window: ir.Window, clock: Clock) -> bool:
    """Whether the calendar says that the value lies in the window."""
    if not isinstance(value, datetime):
        first, last = dates(window, clock)
        return (first is None or first <= value) and (last is None or value <= last)
    start, end = moments(window, clock)
    side = 1 if isinstance(type_, Timestamp) and type_.zoned else 0
    at = at_moment(value, clock)[side]
    return (start is None or start[side] <= at) and (end is None or at < end[side])


@pytest.mark.parametrize("type_", TYPES, ids=str)
@pytest.mark.parametrize("clock", CLOCKS, ids=lambda clock: f"{clock.zone}-{clock.as_of:%Y%m%d%H%M}")
def test_windows_hold_what_the_calendar_says(type_: Type, clock: Clock) -> None:
    for window in WINDOWS:
        sets = window_tests(DAY, type_, window, clock.zone)
        assert sets is not None
        for value in spread(type_, clock):
            expected = is_in(value, type_, window, clock)
            assert fits(type_, dict(sets), clock, value) == expected, (window, value)


@pytest.mark.parametrize("type_", TYPES, ids=str)
def test_what_is_implied_holds_at_every_as_of(type_: Type) -> None:
    chance = random.Random(20260115)
    families = [each for each in FAMILIES if each != "written"]
    pairs = [pair for pair in product(families, families) if pair[0] != pair[1]]
    for source, target in pairs:
        if isinstance(type_, Date) and "minutes" in (source, target):
            continue
        place = chance.choice([-13, -3, -1, 0, 1, 2, 12]) * (1440 if source == "minutes" else 1)
        values = Ordered(((place, False), (place + chance.choice([1, 2, 7]), chance.random() < 0.5)), False, False)
        found = implied(Axis("users", Time(DAY, source), ANYTHING), values, Axis("users", Time(DAY, target), ANYTHING))
        for clock in CLOCKS:
            for value in spread(type_, clock)[::7]:
                if fits(type_, {source: values}, clock, value):
                    assert fits(type_, {target: found}, clock, value), (source, values, target, found, clock, value)


@pytest.mark.parametrize("type_", TYPES, ids=str)
def test_a_value_is_chosen_where_there_is_one(type_: Type) -> None:
    chance = random.Random(7)
    for clock in CLOCKS:
        values = spread(type_, clock)
        for _ in range(12):
            sets: dict[Family, Ordered] = {}
            for window in chance.sample(WINDOWS, 2):
                for family, each in window_tests(DAY, type_, window, clock.zone) or []:
                    sets[family] = sets.get(family, ANYTHING).meet(each)
            try:
                found = choose(type_, sets, clock)
            except NoneFits:
                assert not any(fits(type_, sets, clock, value) for value in values), (sets, clock)
            else:
                assert found is not None and fits(type_, sets, clock, found), (sets, clock, found)
