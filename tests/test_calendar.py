"""Where windows begin and end: hand-computed, on clocks that change and at the ends of months and of the calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segdsl.semantics import ir
from segdsl.semantics.calendar import NO_DATE, NO_MOMENT, Clock, Moment, dates, moments
from segdsl.source import NOWHERE

UNITS = ("minute", "hour", "day", "week", "month", "quarter", "year")


def clock(wall: str, zone: str = "UTC", week_starts: int = 0, fold: int = 0) -> Clock:
    """The clock of a zone at the moment its wall shows `wall`."""
    at = datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return Clock(at.astimezone(UTC), ZoneInfo(zone), week_starts)


def last(count: int, unit: ir.Unit) -> ir.Last:
    return ir.Last(count, unit, span=NOWHERE)


def period(unit: ir.Unit, first: int, last: int) -> ir.Period:
    return ir.Period(unit, first, last, span=NOWHERE)


def walls(window: ir.Window, at: Clock) -> tuple[str | None, str | None]:
    """The ends on the wall clock, as text."""
    start, end = moments(window, at)
    return start and start.wall.isoformat(), end and end.wall.isoformat()


def utcs(window: ir.Window, at: Clock) -> tuple[str | None, str | None]:
    start, end = moments(window, at)
    return start and start.utc.isoformat(), end and end.utc.isoformat()


def days(window: ir.Window, at: Clock) -> tuple[str | None, str | None]:
    first, final = dates(window, at)
    return first.isoformat() if first else None, final.isoformat() if final else None


MARCH_31 = clock("2026-03-31T12:00")  # a Tuesday


@pytest.mark.parametrize(
    ("window", "start", "end"),
    [
        (last(90, "minute"), "2026-03-31T10:30:00", "2026-03-31T12:00:00"),
        (last(24, "hour"), "2026-03-30T12:00:00", "2026-03-31T12:00:00"),
        (last(30, "day"), "2026-03-01T12:00:00", "2026-03-31T12:00:00"),
        (last(2, "week"), "2026-03-17T12:00:00", "2026-03-31T12:00:00"),
        (last(1, "month"), "2026-02-28T12:00:00", "2026-03-31T12:00:00"),
        (last(25, "month"), "2024-02-29T12:00:00", "2026-03-31T12:00:00"),
        (last(1, "quarter"), "2025-12-31T12:00:00", "2026-03-31T12:00:00"),
        (last(1, "year"), "2025-03-31T12:00:00", "2026-03-31T12:00:00"),
        (ir.Next(1, "month", span=NOWHERE), "2026-03-31T12:00:00", "2026-04-30T12:00:00"),
        (ir.BetweenAgo(180, 91, "day", span=NOWHERE), "2025-10-02T12:00:00", "2025-12-30T12:00:00"),
        (ir.MoreThanAgo(6, "month", span=NOWHERE), None, "2025-09-30T12:00:00"),
        (ir.LessThanAgo(6, "month", span=NOWHERE), "2025-09-30T12:00:00.000001", "2026-03-31T12:00:00"),
        (period("day", 0, 0), "2026-03-31T00:00:00", "2026-04-01T00:00:00"),
        (period("day", -1, -1), "2026-03-30T00:00:00", "2026-03-31T00:00:00"),
        (period("week", 0, 0), "2026-03-30T00:00:00", "2026-04-06T00:00:00"),
        (period("week", -2, -1), "2026-03-16T00:00:00", "2026-03-30T00:00:00"),
        (period("month", 0, 0), "2026-03-01T00:00:00", "2026-04-01T00:00:00"),
        (period("month", -3, -1), "2025-12-01T00:00:00", "2026-03-01T00:00:00"),
        (period("quarter", 0, 0), "2026-01-01T00:00:00", "2026-04-01T00:00:00"),
        (period("quarter", -5, -1), "2024-10-01T00:00:00", "2026-01-01T00:00:00"),
        (period("year", -1, -1), "2025-01-01T00:00:00", "2026-01-01T00:00:00"),
        (ir.Range(date(2026, 1, 1), date(2026, 1, 31), span=NOWHERE), "2026-01-01T00:00:00", "2026-02-01T00:00:00"),
        (
            ir.Range(datetime(2026, 1, 1, 9), datetime(2026, 1, 1, 17), span=NOWHERE),
            "2026-01-01T09:00:00",
            "2026-01-01T17:00:00",
        ),
        (ir.Range(None, None, span=NOWHERE), None, None),
    ],
)
def test_windows_of_moments(window: ir.Window, start: str | None, end: str | None) -> None:
    assert walls(window, MARCH_31) == (start, end)
    assert utcs(window, MARCH_31) == (start, end)  # on a clock in UTC both are one


@pytest.mark.parametrize(
    ("window", "first", "final"),
    [
        (last(1, "day"), "2026-03-31", "2026-03-31"),
        (last(30, "day"), "2026-03-02", "2026-03-31"),
        (last(1, "month"), "2026-03-01", "2026-03-31"),
        (last(1, "year"), "2025-04-01", "2026-03-31"),
        (ir.Next(7, "day", span=NOWHERE), "2026-03-31", "2026-04-06"),
        (ir.Next(1, "month", span=NOWHERE), "2026-03-31", "2026-04-29"),
        (ir.BetweenAgo(180, 91, "day", span=NOWHERE), "2025-10-02", "2025-12-29"),
        (ir.MoreThanAgo(6, "month", span=NOWHERE), None, "2025-09-29"),
        (ir.LessThanAgo(6, "month", span=NOWHERE), "2025-10-01", "2026-03-31"),
        (period("week", 0, 0), "2026-03-30", "2026-04-05"),
        (period("month", -3, -1), "2025-12-01", "2026-02-28"),
        (ir.Range(date(2026, 1, 1), date(2026, 1, 31), span=NOWHERE), "2026-01-01", "2026-01-31"),
        (ir.Range(None, date(2026, 1, 31), span=NOWHERE), None, "2026-01-31"),
    ],
)
def test_windows_of_dates(window: ir.Window, first: str | None, final: str | None) -> None:
    assert days(window, MARCH_31) == (first, final)


def test_29_february_minus_a_year_is_the_28th() -> None:
    leap_day = clock("2024-02-29T08:00")
    assert walls(last(1, "year"), leap_day)[0] == "2023-02-28T08:00:00"
    assert walls(last(4, "year"), leap_day)[0] == "2020-02-29T08:00:00"


@pytest.mark.parametrize(
    ("week_starts", "start"), [(0, "2026-03-30"), (1, "2026-03-31"), (2, "2026-03-25"), (6, "2026-03-29")]
)
def test_weeks_start_where_the_project_says(week_starts: int, start: str) -> None:
    assert days(period("week", 0, 0), clock("2026-03-31T12:00", week_starts=week_starts))[0] == start


def test_today_is_that_of_the_wall_clock() -> None:
    late_evening_in_utc = Clock(datetime(2026, 1, 9, 20, tzinfo=UTC), ZoneInfo("Asia/Kolkata"), 0)
    assert days(period("day", 0, 0), late_evening_in_utc) == ("2026-01-10", "2026-01-10")
    assert utcs(period("day", 0, 0), late_evening_in_utc) == ("2026-01-09T18:30:00", "2026-01-10T18:30:00")


def test_days_keep_the_time_of_day_and_hours_do_not_when_the_clock_goes_forward() -> None:
    noon = clock("2026-03-08T12:00", "America/New_York")  # at 02:00 it became 03:00
    assert walls(last(1, "day"), noon)[0] == "2026-03-07T12:00:00"
    assert utcs(last(1, "day"), noon) == ("2026-03-07T17:00:00", "2026-03-08T16:00:00")
    assert walls(last(24, "hour"), noon)[0] == "2026-03-07T11:00:00"
    assert utcs(last(24, "hour"), noon)[0] == "2026-03-07T16:00:00"


def test_a_wall_time_that_is_skipped_counts_with_the_offset_before() -> None:
    start, _ = moments(last(1, "day"), clock("2026-03-09T02:30", "America/New_York"))
    assert start == Moment(datetime(2026, 3, 8, 2, 30), datetime(2026, 3, 8, 7, 30))


def test_a_wall_time_that_comes_twice_is_the_first_of_the_two() -> None:
    start, _ = moments(last(1, "day"), clock("2026-11-02T01:30", "America/New_York"))
    assert start == Moment(datetime(2026, 11, 1, 1, 30), datetime(2026, 11, 1, 5, 30))


def test_as_of_in_the_second_of_two_hours_is_that_second_one() -> None:
    second = clock("2026-11-01T01:30", "America/New_York", fold=1)
    assert moments(last(1, "hour"), second) == (
        Moment(datetime(2026, 11, 1, 1, 30), datetime(2026, 11, 1, 5, 30)),
        Moment(datetime(2026, 11, 1, 1, 30), datetime(2026, 11, 1, 6, 30)),
    )


def test_written_moments_with_an_offset_are_shown_on_the_wall_clock() -> None:
    nine_in_india = datetime.fromisoformat("2026-01-10T09:00+05:30")
    window = ir.Range(nine_in_india, None, span=NOWHERE)
    start, end = moments(window, clock("2026-03-31T12:00", "Europe/Berlin"))
    assert (start, end) == (Moment(datetime(2026, 1, 10, 4, 30), datetime(2026, 1, 10, 3, 30)), None)


def test_before_year_1_is_an_open_start_and_an_end_that_holds_nothing() -> None:
    assert walls(last(100_000, "year"), MARCH_31)[0] is None
    assert days(last(100_000, "month"), MARCH_31)[0] is None
    long_gone = ir.BetweenAgo(100_000, 99_999, "year", span=NOWHERE)
    assert (moments(long_gone, MARCH_31), dates(long_gone, MARCH_31)) == (NO_MOMENT, NO_DATE)
    assert moments(ir.MoreThanAgo(100_000, "year", span=NOWHERE), MARCH_31) == NO_MOMENT
    assert dates(ir.MoreThanAgo(100_000, "year", span=NOWHERE), MARCH_31) == NO_DATE
    assert days(period("year", -100_000, -99_999), MARCH_31) == ("9999-12-31", "0001-01-01")


def test_the_first_and_the_last_day_of_the_calendar_are_in_it() -> None:
    second, day_before_last = clock("0001-01-02T12:00"), clock("9999-12-30T12:00")
    assert days(last(1, "day"), clock("0001-01-01T12:00")) == ("0001-01-01", "0001-01-01")
    assert days(ir.MoreThanAgo(1, "day", span=NOWHERE), second) == ("9999-12-31", "0001-01-01")
    assert days(ir.MoreThanAgo(1, "day", span=NOWHERE), clock("0001-01-03T12:00")) == (None, "0001-01-01")
    assert days(ir.BetweenAgo(2, 1, "day", span=NOWHERE), clock("0001-01-03T12:00")) == ("0001-01-01", "0001-01-01")
    assert days(ir.Next(2, "day", span=NOWHERE), day_before_last) == ("9999-12-30", "9999-12-31")
    assert days(ir.Next(3, "day", span=NOWHERE), day_before_last) == ("9999-12-30", None)
    assert days(period("day", 1, 1), day_before_last) == ("9999-12-31", "9999-12-31")
    assert dates(period("day", 2, 2), day_before_last) == NO_DATE


def test_after_year_9999_is_an_open_end() -> None:
    assert walls(ir.Next(100_000, "year", span=NOWHERE), MARCH_31) == ("2026-03-31T12:00:00", None)
    assert (
        days(ir.Next(100_000, "week", span=NOWHERE), MARCH_31)[1]
        == (date(2026, 3, 31) + timedelta(699_999)).isoformat()
    )
    assert days(ir.Next(100_000, "quarter", span=NOWHERE), MARCH_31) == ("2026-03-31", None)
    assert walls(ir.Range(None, date.max, span=NOWHERE), MARCH_31) == (None, None)


def windows() -> st.SearchStrategy[ir.Window]:
    counts, units = st.integers(1, 100_000), st.sampled_from(UNITS)
    some_dates = st.dates()
    return st.one_of(
        st.builds(lambda n, u: ir.Last(n, u, span=NOWHERE), counts, units),
        st.builds(lambda n, u: ir.Next(n, u, span=NOWHERE), counts, units),
        st.builds(lambda n, u: ir.MoreThanAgo(n, u, span=NOWHERE), counts, units),
        st.builds(lambda n, u: ir.LessThanAgo(n, u, span=NOWHERE), counts, units),
        st.builds(lambda n, m, u: ir.BetweenAgo(n + m, n, u, span=NOWHERE), counts, counts, units),
        st.builds(
            lambda n, m, u: ir.Period(u, -n - m, -n, span=NOWHERE),
            st.integers(0, 99_999),
            counts,
            st.sampled_from(UNITS[2:]),
        ),
        st.builds(lambda a, b: ir.Range(min(a, b), max(a, b), span=NOWHERE), some_dates, some_dates),
        st.builds(lambda a: ir.Range(a, None, span=NOWHERE), st.datetimes(timezones=st.timezones())),
    )


CLOCKS = st.builds(
    Clock,
    st.datetimes(timezones=st.just(UTC)),
    st.sampled_from(["UTC", "America/New_York", "Asia/Kolkata", "Europe/Berlin", "Pacific/Kiritimati"]).map(ZoneInfo),
    st.integers(0, 6),
)


@given(windows(), CLOCKS)
def test_no_window_on_any_clock_raises(window: ir.Window, at: Clock) -> None:
    start, end = moments(window, at)
    assert start is None or end is None or start <= end or (start, end) == NO_MOMENT
    if getattr(window, "unit", "day") not in ("minute", "hour"):
        first, final = dates(window, at)
        assert first is None or final is None or first <= final or (first, final) == NO_DATE


@given(st.integers(1, 60), st.sampled_from(UNITS[2:]), st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1)))
def test_full_periods_end_where_this_one_begins(count: int, unit: ir.Unit, wall: datetime) -> None:
    at = clock(wall.isoformat(), "Europe/Berlin")
    start, end = moments(period(unit, -count, -1), at)
    this_start, this_end = moments(period(unit, 0, 0), at)
    assert end == this_start
    assert start and end and this_end
    assert start.wall < end.wall <= at.wall < this_end.wall
