"""What is known of one point: what circles and areas that it is in say of each other; points to show.

In: axes about one column of points, as `Within` and `Single`, which tells known from missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import islice, permutations

from segdsl.overlap.axes import About, Axis, Single, Within
from segdsl.overlap.domains import FALSE, TRUE, Listed, Ordered, Values, join, known, meet
from segdsl.overlap.examples import NoExample
from segdsl.overlap.points_to_try import points_to_try
from segdsl.overlap.regions import Circle, Region, are_apart, is_part, region
from segdsl.semantics import ir
from segdsl.semantics.earth import Position
from segdsl.semantics.types import Point

MISSING = Ordered((), False, True)

# --- what one axis says of another ----------------------------------------------------------------


def implied(a: Axis, values: Values, b: Axis) -> Values:
    """All that is known of `b` where `a` is in `values`: of axes that are not about one point, nothing new."""
    value = point_of(a.about)
    if value is None or a.table != b.table or value != point_of(b.about):
        return b.all
    found = meet(b.all, b.all.complement())
    for case in _cases(a.about, values):
        found = join(found, meet(b.all, _seen(a.about, case, b)))
    return found


def point_of(about: About) -> ir.Value | None:
    """The point that an axis is about, on whichever side of a test; None for none, and for two of them."""
    match about:
        case Within(test):
            found = region(test)
            return found and found[0]
        case Single(value) if isinstance(value.type, Point):
            return value
        case _:
            return None


def _cases(about: About, values: Values) -> Iterator[bool]:
    """For what is in or not in a region, and for what is known or not: whether it is so."""
    if isinstance(values, Listed):
        yield from (truth for truth in (True, False) if truth in values.names)
    else:
        yield from (truth for truth in (True, False) if not values.meet(known() if truth else MISSING).is_empty)


def _seen(about: About, case: bool, b: Axis) -> Values:
    """What `b` can be in one case of `about`."""
    mine, theirs = _region_of(about), _region_of(b.about)
    match mine, theirs:
        case None, None:
            return known() if case else MISSING
        case None, _:
            return b.all if case and not _is_everywhere(theirs) else (TRUE if case else FALSE)
        case _, None:
            return known() if case else MISSING if _is_everywhere(mine) else b.all
    assert mine is not None and theirs is not None
    if case and is_part(mine, theirs):
        return TRUE
    never = are_apart(mine, theirs) if case else is_part(theirs, mine)
    return FALSE if never else b.all


def _region_of(about: About) -> Region | None:
    found = region(about.test) if isinstance(about, Within) else None
    return found and found[1]


def _is_everywhere(region: Region | None) -> bool:
    return isinstance(region, Circle) and region.is_everywhere


# --- points to show -------------------------------------------------------------------------------

# Points tried.
BUDGET = 20_000


def choose(
    wanted: Sequence[tuple[ir.Near | ir.Inside, bool]], is_known: bool | None
) -> tuple[Decimal, Decimal] | NoExample | None:
    """Degrees north and east of a point for which each test has the truth wanted; None is missing.

    With `is_known` None the point may be missing, and is where none is found. Tests that compare it with another point
    of the row are left out. The point has at most 12 digits after each decimal point.
    """
    found = [(each[1], truth) for each, truth in ((region(test), truth) for test, truth in wanted) if each]
    chosen = NoExample.NONE_FITS if is_known is False else _known_point(found)
    if isinstance(chosen, NoExample) and not is_known and not any(truth for _, truth in found):
        return None
    return chosen


def _known_point(wanted: Sequence[tuple[Region, bool]]) -> tuple[Decimal, Decimal] | NoExample:
    if any(_contradicts(one, other) for one, other in permutations(wanted, 2)):
        return NoExample.NONE_FITS
    if any(not truth and _is_everywhere(each) for each, truth in wanted):
        return NoExample.NONE_FITS
    for latitude, longitude in islice(points_to_try(wanted), BUDGET):
        point = Position(Fraction(latitude), Fraction(longitude))
        if all(each.holds(point) == truth for each, truth in wanted):
            return latitude, longitude
    return NoExample.GAVE_UP


def _contradicts(one: tuple[Region, bool], other: tuple[Region, bool]) -> bool:
    (mine, is_in), (theirs, is_in_too) = one, other
    return is_in and (are_apart(mine, theirs) if is_in_too else is_part(mine, theirs))
