"""Windows at one moment: from an `ir.Window` and a clock to the two ends of what it holds.

Promises never to raise: what would lie before year 1 or after year 9999 is an open side, or a window that holds
nothing. Days and longer are counted on the wall clock, minutes and hours as exact time.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple, assert_never
from zoneinfo import ZoneInfo

from segdsl.semantics import ir

MICROSECOND = timedelta(microseconds=1)
MARGIN = timedelta(days=2)
EXACT_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1)}
DAYS = {"day": 1, "week": 7}
MONTHS = {"month": 1, "quarter": 3, "year": 12}
# Days are counted from the first of year 1, which is day 1; this many before or after it no calendar reaches.
OUTSIDE = 1_000_000_000


class Moment(NamedTuple):
    """The same instant, naive, on the project's wall clock and in UTC.

    A wall time that a clock change skips or repeats is what `zoneinfo` says with `fold=0`: its UTC is counted with
    the offset before the change.
    """

    wall: datetime
    utc: datetime


EARLIEST = Moment(datetime.min, datetime.min)
LATEST = Moment(datetime.max, datetime.max)

Ends = tuple[Moment | None, Moment | None]
DateEnds = tuple[date | None, date | None]

# From the last moment until before the first one, from the last date to the first.
NO_MOMENT: Ends = (LATEST, EARLIEST)
NO_DATE: DateEnds = (date.max, date.min)


@dataclass(frozen=True, slots=True, eq=False)
class Clock:
    """One instant and the wall clock it is read on."""

    as_of: datetime  # aware
    zone: ZoneInfo
    week_starts: int  # Monday is 0

    def __eq__(self, other: object) -> bool:
        # By the instant: in the hour that a wall clock repeats, two that differ are equal as `datetime` has it.
        return isinstance(other, Clock) and self._told_by() == other._told_by()

    def __hash__(self) -> int:
        return hash(self._told_by())

    def _told_by(self) -> tuple[datetime, ZoneInfo, int]:
        return self.utc, self.zone, self.week_starts

    @property
    def utc(self) -> datetime:
        """`as_of` in UTC, naive."""
        return self.as_of.astimezone(UTC).replace(tzinfo=None)

    @property
    def wall(self) -> datetime:
        """`as_of` as the wall clock shows it, naive."""
        return self.on_wall(self.utc)

    @property
    def now(self) -> Moment:
        return _now(self)

    @property
    def today(self) -> date:
        return self.wall.date()

    def on_wall(self, utc: datetime) -> datetime:
        """What the wall clock shows at a naive moment in UTC."""
        try:
            return utc.replace(tzinfo=UTC).astimezone(self.zone).replace(tzinfo=None, fold=0)
        except OverflowError:
            return utc

    def in_utc(self, wall: datetime) -> datetime:
        """The naive moment in UTC at which the wall clock shows `wall`."""
        try:
            return wall.replace(tzinfo=self.zone, fold=0).astimezone(UTC).replace(tzinfo=None)
        except OverflowError:
            return wall


@lru_cache(maxsize=64)
def _now(clock: Clock) -> Moment:
    return Moment(clock.wall, clock.utc)


def earlier(clock: Clock, count: int, unit: ir.Unit) -> Clock | None:
    """The clock as it was `count` units before; None where that is too near to the end of the calendar."""
    moment = _moment(-count, unit, clock)
    # A day away from either end every wall clock can be read.
    if moment is None or not MARGIN <= moment.utc - datetime.min <= datetime.max - datetime.min - MARGIN:
        return None
    return Clock(moment.utc.replace(tzinfo=UTC).astimezone(clock.zone), clock.zone, clock.week_starts)


# --- moments --------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def moments(window: ir.Window, clock: Clock) -> Ends:
    """The first moment of the window and the first one after it; None is an open side."""
    now = clock.now
    match window:
        case ir.Last(count, unit):
            return _moment(-count, unit, clock), now
        case ir.Next(count, unit):
            return now, _moment(count, unit, clock)
        case ir.BetweenAgo(far, near, unit):
            end = _moment(-near, unit, clock)
            return (_moment(-far, unit, clock), end) if end else NO_MOMENT
        case ir.MoreThanAgo(count, unit):
            end = _moment(-count, unit, clock)
            return (None, end) if end else NO_MOMENT
        case ir.LessThanAgo(count, unit):
            bound = _moment(-count, unit, clock)
            return bound and Moment(bound.wall + MICROSECOND, bound.utc + MICROSECOND), now
        case ir.Period():
            days = dates(window, clock)
            return NO_MOMENT if days == NO_DATE else (_fixed(days[0], clock), _fixed(_next_day(days[1]), clock))
        case ir.Range(start, last):
            return _fixed(start, clock), _fixed(_next_day(last), clock)
        case _:
            assert_never(window)


def after(start: Moment, count: int, unit: ir.Unit, clock: Clock) -> Moment | None:
    """The moment `count` units after `start`, before it when negative; None outside of the calendar."""
    try:
        if unit in EXACT_UNITS:
            utc = start.utc + count * EXACT_UNITS[unit]
            return Moment(clock.on_wall(utc), utc)
        day = date.fromordinal(shifted(start.wall.date(), count, unit))
    except (OverflowError, ValueError):
        return None
    wall = datetime.combine(day, start.wall.time())
    return Moment(wall, clock.in_utc(wall))


def _moment(count: int, unit: ir.Unit, clock: Clock) -> Moment | None:
    """The moment `count` units after `as_of`, before it when negative; None outside of the calendar."""
    return after(clock.now, count, unit, clock)


def at_moment(at: datetime, clock: Clock) -> Moment:
    """A moment of a row: naive on the wall clock, aware in UTC."""
    if at.tzinfo is None:
        return Moment(at, clock.in_utc(at))
    utc = at.astimezone(UTC).replace(tzinfo=None)
    return Moment(clock.on_wall(utc), utc)


def _fixed(at: date | datetime | None, clock: Clock) -> Moment | None:
    """A written moment, or the midnight that a date begins with."""
    if at is None:
        return None
    if not isinstance(at, datetime):
        at = datetime.combine(at, time())
    if at.tzinfo is None:
        return Moment(at, clock.in_utc(at))
    try:
        utc = at.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        utc = at.replace(tzinfo=None)
    return Moment(clock.on_wall(utc), utc)


def _next_day(end: date | datetime | None) -> date | datetime | None:
    """Where a range ends whose last day is the date `end`; moments stay, the last date there is opens the side."""
    if end is None or isinstance(end, datetime):
        return end
    return end + timedelta(days=1) if end < date.max else None


# --- dates ----------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def dates(window: ir.Window, clock: Clock) -> DateEnds:
    """The first and the last date of the window; None is an open side. Dates have no minutes and hours."""
    today = clock.today
    match window:
        case ir.Last(count, unit) | ir.LessThanAgo(count, unit):
            return _days(shifted(today, -count, unit) + 1, today.toordinal())
        case ir.Next(count, unit):
            return _days(today.toordinal(), shifted(today, count, unit) - 1)
        case ir.BetweenAgo(far, near, unit):
            return _days(shifted(today, -far, unit), shifted(today, -near, unit) - 1)
        case ir.MoreThanAgo(count, unit):
            return _days(-OUTSIDE, shifted(today, -count, unit) - 1)
        case ir.Period(unit, first, last):
            starts = [period_start(today, count, unit, clock.week_starts) for count in (first, last + 1)]
            return _days(starts[0], starts[1] - 1)
        case ir.Range(start, end):
            return _date(start), _date(end)
        case _:
            assert_never(window)


def day_after(start: date, count: int, unit: ir.Unit) -> date | None:
    """The date `count` calendar units after `start`; None outside of the calendar."""
    ordinal = shifted(start, count, unit)
    return date.fromordinal(ordinal) if 1 <= ordinal <= date.max.toordinal() else None


def anniversary(day: date, year: int) -> date:
    """When `day` returns in `year`; 29 February on 1 March where there is none."""
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def _days(first: int, last: int) -> DateEnds:
    """The dates from day `first` to day `last`; a side outside of the calendar is open."""
    if first > date.max.toordinal() or last < 1:
        return NO_DATE
    return (
        date.fromordinal(first) if first >= 1 else None,
        date.fromordinal(last) if last <= date.max.toordinal() else None,
    )


def _date(bound: date | datetime | None) -> date | None:
    return bound.date() if isinstance(bound, datetime) else bound


def period_start(today: date, count: int, unit: ir.Unit, week_starts: int) -> int:
    """The first day of the calendar period that comes `count` periods after the one around `today`."""
    if unit == "week":
        return today.toordinal() - (today.weekday() - week_starts) % 7 + 7 * count
    if unit in MONTHS:
        month = (today.month - 1) % MONTHS[unit]
        return shifted(today.replace(day=1), count * MONTHS[unit] - month, "month")
    return today.toordinal() + count


def shifted(day: date, count: int, unit: ir.Unit) -> int:
    """The day `count` calendar units after `day`; a month without that day gives its last one."""
    if unit not in MONTHS:
        return day.toordinal() + count * DAYS[unit]
    year, month = divmod(day.year * 12 + day.month - 1 + count * MONTHS[unit], 12)
    if not date.min.year <= year <= date.max.year:
        return OUTSIDE if count > 0 else -OUTSIDE
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1])).toordinal()
