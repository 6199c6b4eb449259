"""Moments as they move with `as_of`: windows as sets on axes of time, and which boundary never passes which.

A boundary is so far from `as_of`, or written. Boundaries of one family (`axes.Family`) are in one order whatever
`as_of` is, so each family is an axis. Between families only what the calendar makes certain is said: a month has 28 to
31 days, the beginning of this month is at most 31 days ago.

Places: of `written` dates their ordinal, of written moments microseconds since year 1 (wall clock of naive ones, UTC of
zoned ones); of all others the number of units. `now` is place 0 of `days`, `months` and `minutes`; of dates, today is.
Boundaries outside of the calendar are as far as one can go, as in `semantics.calendar`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from functools import cache
from math import ceil, floor
from typing import Final, assert_never, cast
from zoneinfo import ZoneInfo

from segdsl.overlap.axes import Axis, Family, Time
from segdsl.overlap.domains import Cut, Ordered
from segdsl.semantics import ir
from segdsl.semantics.calendar import Clock, Moment, after, dates, moments, period_start, shifted
from segdsl.semantics.types import Date, Timestamp, Type

Sets = list[tuple[Family, Ordered]]

UNITS: Final[dict[ir.Unit, tuple[Family, int]]] = {
    "minute": ("minutes", 1),
    "hour": ("minutes", 60),
    "day": ("days", 1),
    "week": ("days", 7),
    "month": ("months", 1),
    "quarter": ("months", 3),
    "year": ("months", 12),
}
# No calendar change moves a wall clock by more than a day.
CLOCK_CHANGE = Fraction(1)
ANY_CLOCK = Clock(datetime(2026, 1, 15, 12, tzinfo=UTC), ZoneInfo("UTC"), 0)
MICROSECOND = timedelta(microseconds=1)
MINUTES_A_DAY = 24 * 60
# So many months are looked through day by day; of more, the bounds are a little wider than need be.
LOOKED_THROUGH = 48


class NoneFits(Exception):
    """No date or moment lies in all of the sets at this `as_of`."""


# --- conditions to sets ---------------------------------------------------------------------------


def window_tests(value: ir.Value, type_: Type, window: ir.Window, zone: ZoneInfo) -> Sets | None:
    """The sets that a known value must lie in, all of them, to lie in the window. None when it cannot be said so."""
    if isinstance(window, ir.Range):
        return [("written", _written(type_, window, zone))]
    if isinstance(window, ir.Period):
        first, last = (window.first, False), (window.last + 1, False)
        family: Family = "days" if window.unit == "day" and isinstance(type_, Date) else cast(Family, window.unit)
        return [(family, _between(first, last))]
    family, times = UNITS[window.unit]
    if family == "minutes" and isinstance(type_, Timestamp) and not type_.zoned and zone.key != "UTC":
        # In an hour that the wall clock repeats, half an hour ago may read later than now.
        return None
    is_date = isinstance(type_, Date)
    match window:
        case ir.Last(count) | ir.LessThanAgo(count) if is_date:
            start, end = (-count * times, True), (0, True)
        case ir.Last(count):
            start, end = (-count * times, False), (0, False)
        case ir.LessThanAgo(count):
            start, end = (-count * times, True), (0, False)
        case ir.Next(count):
            start, end = (0, False), (count * times, False)
        case ir.BetweenAgo(far, near):
            start, end = (-far * times, False), (-near * times, False)
        case ir.MoreThanAgo(count):
            return [(family, Ordered((_discrete((-count * times, False), family, is_date),), True, False))]
        case _:
            assert_never(window)
    return [(family, _between(_discrete(start, family, is_date), _discrete(end, family, is_date)))]


def compare_tests(value: ir.Value, type_: Type, op: str, bound: ir.Literal | ir.Today) -> Sets | None:
    """The sets that a known date must lie in to compare with a date as `op` says. Moments come as windows."""
    if not isinstance(type_, Date):
        return None
    if isinstance(bound, ir.Today):
        return None if isinstance(value, ir.Today) else [("days", _compared(op, 0))]
    if isinstance(bound.value, datetime) or not isinstance(bound.value, date):
        return None
    return [("written", _compared(op, bound.value.toordinal()))]


def days_between_tests(value: ir.DaysBetween, op: str, days: Fraction) -> tuple[ir.Value, Sets] | None:
    """The date in `days between DATE and today` against a number of days, and the set that it must lie in."""
    match value.start, value.end:
        case ir.Today(), ir.Today():
            return None
        case start, ir.Today() if isinstance(start.type, Date):
            return start, [("days", _against(_turned(op), -days))]
        case ir.Today(), end if isinstance(end.type, Date):
            return end, [("days", _against(op, days))]
    return None


def _turned(op: str) -> str:
    return {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}[op]


def _against(op: str, days: Fraction) -> Ordered:
    if days.denominator == 1:
        return _compared(op, int(days))
    if op == "=":
        return Ordered((), False, False)
    return _compared("<=", floor(days)) if op in ("<", "<=") else _compared(">=", ceil(days))


def _compared(op: str, place: int) -> Ordered:
    match op:
        case "=":
            return _between((place, False), (place + 1, False))
        case "<":
            return Ordered(((place, False),), True, False)
        case "<=":
            return Ordered(((place + 1, False),), True, False)
        case ">":
            return Ordered(((place + 1, False),), False, False)
        case _:
            return Ordered(((place, False),), False, False)


def _discrete(cut: Cut, family: Family, is_date: bool) -> Cut:
    """After a date is from the next one on."""
    place, is_after = cut
    return (place + 1, False) if is_date and is_after and family == "days" else cut


def _between(start: Cut, end: Cut) -> Ordered:
    return Ordered((start, end), False, False) if start < end else Ordered((), False, False)


def _written(type_: Type, window: ir.Range, zone: ZoneInfo) -> Ordered:
    start: Cut | None
    end: Cut | None
    if isinstance(type_, Date):
        first, last = dates(window, ANY_CLOCK)
        start = None if first is None else (first.toordinal(), False)
        end = None if last is None else (last.toordinal() + 1, False)
    else:
        ends = moments(window, Clock(ANY_CLOCK.as_of, zone, 0))
        start, end = (None if each is None else (_place(each, type_), False) for each in ends)
    if start is not None and end is not None:
        return _between(start, end)
    cuts = tuple(cut for cut in (start, end) if cut is not None)
    return Ordered(cuts, start is None, False)


def _place(moment: Moment, type_: Type) -> int:
    is_zoned = isinstance(type_, Timestamp) and type_.zoned
    return ((moment.utc if is_zoned else moment.wall) - datetime.min) // MICROSECOND


# --- what one family says of another --------------------------------------------------------------


def implied(first: Axis, values: Ordered, second: Axis) -> Ordered:
    """All that is certain of a moment in one family when it is known to be in `values` of another."""
    assert isinstance(first.about, Time) and isinstance(second.about, Time)
    found = second.all
    assert isinstance(found, Ordered)
    if not values.missing:
        found = found.meet(Ordered((), True, False))
    stretches = values.stretches()
    if not stretches:
        return found.meet(Ordered((), False, True))
    source, target = first.about.family, second.about.family
    if "written" in (source, target) or source == target:
        return found
    low, high = stretches[0][0], stretches[-1][1]
    start = None if low is None else _at_or_before(low, source, target)
    end = None if high is None else _at_or_after(high, source, target)
    if start is not None:
        found = found.meet(Ordered((start,), False, True))
    if end is not None:
        found = found.meet(Ordered((end,), True, True))
    return found


def _at_or_before(cut: Cut, source: Family, target: Family) -> Cut | None:
    """The last boundary of `target` that never lies after this one."""
    least, _ = _reach(source, int(cut[0]), target)
    guess = _guess(least, source, target)
    for place in range(guess + 3, guess - 4, -1):
        if _reach(target, place, source)[1] <= least:
            return place, cut[1]
    return None


def _at_or_after(cut: Cut, source: Family, target: Family) -> Cut | None:
    """The first boundary of `target` that never lies before this one."""
    _, greatest = _reach(source, int(cut[0]), target)
    guess = _guess(greatest, source, target)
    for place in range(guess - 3, guess + 4):
        if _reach(target, place, source)[0] >= greatest:
            return place, cut[1]
    return None


MONTHLY: Final[dict[str, int]] = {"months": 1, "month": 1, "quarter": 3, "year": 12}


def _guess(reach: Fraction, source: Family, target: Family) -> int:
    """About where a boundary so far away is in `target`."""
    if source in MONTHLY and target in MONTHLY:
        return floor(reach / MONTHLY[target])
    days = {"days": Fraction(1), "day": Fraction(1), "minutes": Fraction(1, MINUTES_A_DAY), "week": Fraction(7)}
    if target == "minutes":
        # No boundary nearby but on a day's rim: a minute is as good as its neighbours.
        return floor(reach * MINUTES_A_DAY)
    return (
        floor(reach / days[target]) if target in days else floor(reach * 12 / Fraction(146097, 400) / MONTHLY[target])
    )


def _reach(family: Family, place: int, beside: Family) -> tuple[Fraction, Fraction]:
    """How far after `as_of` a boundary lies at least and at most: in months from the beginning of this one where
    both families count months, else in days.
    """
    if family in MONTHLY and beside in MONTHLY:
        size = MONTHLY[family]
        if family == "months":
            # Somewhere in the month so many months away, as `as_of` is in its own.
            return Fraction(place), Fraction(place + 1)
        return Fraction(size * place - (size - 1)), Fraction(size * place)
    match family:
        case "days":
            return Fraction(place), Fraction(place)
        case "minutes":
            change = CLOCK_CHANGE if place else 0
            exact = Fraction(place, MINUTES_A_DAY)
            return exact - change, exact + change
        case "day":
            return Fraction(place - 1), Fraction(place)
        case "week":
            return Fraction(7 * place - 7), Fraction(7 * place)
        case "months":
            return _days_in(place)
        case _:
            size = MONTHLY[family]
            # The first day of the month so many away: back to the first of this one, and on from there.
            least, _ = _days_in(size * place - (size - 1))
            _, greatest = _days_in(size * place)
            return least - 31, greatest


@cache
def _days_in(months: int) -> tuple[Fraction, Fraction]:
    """The fewest and the most days from a day to the same day so many months away, the last one of shorter months."""
    if abs(months) > LOOKED_THROUGH:
        about = months * Fraction(146097, 4800)
        return Fraction(floor(about) - 5), Fraction(ceil(about) + 5)
    # These years hold every order that leap years come in, that of a century without one among them.
    starts = (date(year, month, day) for year in range(1888, 1913) for month in range(1, 13) for day in (1, 27))
    days = [
        shifted(start + timedelta(days=more), months, "month") - start.toordinal() - more
        for start in starts
        for more in range(5)
    ]
    return Fraction(min(days)), Fraction(max(days))


# --- sets to a moment -----------------------------------------------------------------------------

Bounds = list[tuple[int | None, int | None]]


def choose(type_: Type, wanted: Mapping[Family, Ordered], clock: Clock, nth: int = 0) -> date | datetime | None:
    """A date or moment that lies in all of the sets at this `as_of`, None where missing does and nothing else.

    Plain ones first: the latest day that fits with hours to spare, at noon; `nth` goes that many days further back as
    far as there is room. A moment of a zoned type is aware. Raises `NoneFits`.
    """
    left: Bounds = [(None, None)]
    for family, values in wanted.items():
        left = _met(left, [_concrete(stretch, family, type_, clock) for stretch in values.stretches()])
    if left:
        return _plain(left[-1], type_, clock, nth)
    if all(values.missing for values in wanted.values()):
        return None
    raise NoneFits


def fits(type_: Type, wanted: Mapping[Family, Ordered], clock: Clock, value: date) -> bool:
    """Whether a date or moment lies in all of the sets at this `as_of`."""
    is_zoned = isinstance(type_, Timestamp) and type_.zoned
    if isinstance(value, datetime):
        place = ((value.astimezone(UTC).replace(tzinfo=None) if is_zoned else value) - datetime.min) // MICROSECOND
    else:
        place = value.toordinal()
    for family, values in wanted.items():
        bounds = [_concrete(stretch, family, type_, clock) for stretch in values.stretches()]
        if not any((low is None or low <= place) and (high is None or place < high) for low, high in bounds):
            return False
    return True


def _met(left: Bounds, right: Bounds) -> Bounds:
    found: Bounds = []
    for first, last in left:
        for start, end in right:
            low = first if start is None else start if first is None else max(first, start)
            high = last if end is None else end if last is None else min(last, end)
            if low is None or high is None or low < high:
                found.append((low, high))
    return found


def _concrete(
    stretch: tuple[Cut | None, Cut | None], family: Family, type_: Type, clock: Clock
) -> tuple[int | None, int | None]:
    """A stretch of one family as whole days or microseconds, the end outside."""
    start, end = (None if cut is None else _boundary(cut, family, type_, clock) for cut in stretch)
    return (None if start == BEYOND_ALL[0] else start), (None if end == BEYOND_ALL[1] else end)


BEYOND_ALL = (-(10**20), 10**20)


def _boundary(cut: Cut, family: Family, type_: Type, clock: Clock) -> int:
    place, is_after = int(cut[0]), cut[1]
    if family == "written":
        return place + is_after
    if isinstance(type_, Date):
        if family in ("days", "months"):
            ordinal = shifted(clock.today, place, "day" if family == "days" else "month")
        else:
            ordinal = period_start(clock.today, place, cast(ir.Unit, family), clock.week_starts)
        return min(max(ordinal, BEYOND_ALL[0]), BEYOND_ALL[1]) + is_after
    if family in ("days", "months", "minutes"):
        # Now itself is not read off the wall clock, which may show it twice.
        moment = after(clock.now, place, cast(ir.Unit, family.removesuffix("s")), clock) if place else clock.now
    else:
        ordinal = period_start(clock.today, place, cast(ir.Unit, family), clock.week_starts)
        is_day = 1 <= ordinal <= date.max.toordinal()
        wall = datetime.combine(date.fromordinal(ordinal), time()) if is_day else None
        moment = None if wall is None else Moment(wall, clock.in_utc(wall))
    return BEYOND_ALL[place > 0] if moment is None else _place(moment, type_) + is_after


def _plain(bounds: tuple[int | None, int | None], type_: Type, clock: Clock, nth: int) -> date | datetime:
    """A date or moment in a stretch that a person would write."""
    low, high = bounds
    if isinstance(type_, Date):
        first, last = _room(low, high, 1, clock.today.toordinal())
        return date.fromordinal(max(first, last - 1 - nth))
    is_zoned = isinstance(type_, Timestamp) and type_.zoned
    now = _place(clock.now, type_)
    first, last = _room(low, high, DAY, now)
    chosen = None
    for day in range(last // DAY - nth, max(first // DAY, last // DAY - nth - 3) - 1, -1):
        noon = day * DAY + DAY // 2
        if first <= noon < last:
            chosen = noon
            break
    if chosen is None:
        middle = (first + last) // 2
        minute = middle - middle % (DAY // MINUTES_A_DAY)
        chosen = minute if first <= minute < last else middle
    moment = datetime.min + timedelta(microseconds=chosen)
    return moment.replace(tzinfo=UTC) if is_zoned else moment


DAY = 24 * 3600 * 1_000_000


def _room(low: int | None, high: int | None, day: int, now: int) -> tuple[int, int]:
    """A stretch with both ends: an open one ends some days from where it begins, or from `as_of`."""
    if low is None:
        high = now if high is None else high
        return high - 400 * day, high
    if high is None:
        return low, (now if now - day > low else low + 30 * day)
    return low, high


def suggested(
    clock: Clock, written: Iterable[int], offsets: Sequence[int], is_date: bool, limit: int = 24
) -> list[datetime]:
    """Moments to try as `as_of` when fixed and moving bounds must both be kept: that of `clock`, then so that a written
    bound (a day) lies a little before or after one of the moving ones (`offsets` in days).
    """
    found = [clock.as_of]
    for day in written:
        for offset in (0, *offsets):
            for slack in (-10, 10, 1, -1):
                ordinal = day - offset + slack
                if 400 <= ordinal <= date.max.toordinal() - 400:
                    wall = datetime.combine(date.fromordinal(ordinal), time(12))
                    found.append(clock.in_utc(wall).replace(tzinfo=UTC))
    return list(dict.fromkeys(found))[:limit]
