"""Columns of one row varied until what is computed of them is as wanted: parts of dates, products, comparisons of two.

In: a row whose columns lie in a box, and wishes about computed values. The row is changed in place, each column only to
values that its own tests allow: edges of what is allowed, what other columns hold, other days and hours. The search
is small and in a fixed order; that it finds nothing proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import combinations, islice, product
from math import ceil, floor

from segdsl.overlap.axes import Axis, Opaque, Order, Single
from segdsl.overlap.domains import Listed, Ordered, Values
from segdsl.semantics import ir
from segdsl.semantics.evaluate import Look, Scalar
from segdsl.semantics.types import Boolean, Date, Number, Text, Timestamp

# Rows that are tried for one wish, and how many columns are varied together.
MOST_TRIED = 1_500
MOST_COLUMNS = 4
MOST_VALUES = 120


@dataclass(frozen=True, slots=True)
class Wish:
    """A value of a row, computed from others, shall be one of these."""

    axis: Axis
    values: Values


@dataclass(frozen=True, slots=True)
class Free:
    """A column that may be varied: `stored` holds it as `name`, and its own tests let it have what it `allows`."""

    value: ir.Column | ir.At
    stored: dict[str, object]
    name: str
    edges: Sequence[object]
    allows: Callable[[object], bool]


def settled(wishes: Sequence[Wish], free: Sequence[Free], look: Look, table: str, stored: dict[str, object]) -> bool:
    """Whether all wishes are kept, columns having been changed for it where need be."""
    for wish in wishes:
        if _keeps(look, wish, table, stored):
            continue
        own = set(wished_columns(wish))
        if not _search([each for each in free if each.value in own], wishes, wish, look, table, stored):
            return False
    return all(_keeps(look, wish, table, stored) for wish in wishes)


def _search(
    free: Sequence[Free], wishes: Sequence[Wish], first: Wish, look: Look, table: str, stored: dict[str, object]
) -> bool:
    """Single columns first, then two together, and so on."""
    choices = {id(each): list(_candidates(each, free, first)) for each in free}
    before = wishes[: wishes.index(first) + 1]
    for size in range(1, min(len(free), MOST_COLUMNS) + 1):
        for chosen in combinations(free, size):
            kept = [each.stored.get(each.name) for each in chosen]
            for values in islice(product(*(choices[id(each)] for each in chosen)), MOST_TRIED):
                for each, value in zip(chosen, values, strict=True):
                    each.stored[each.name] = value
                if all(_keeps(look, wish, table, stored) for wish in before):
                    return True
            for each, old in zip(chosen, kept, strict=True):
                each.stored[each.name] = old
    return False


def _keeps(look: Look, wish: Wish, table: str, stored: dict[str, object]) -> bool:
    match wish.axis.about, wish.values:
        case Single(value), Ordered() as values:
            found = look.value(value, table, stored)
            return values.holds(None if found is None else place_of(value, found))
        case Single(value), Listed() as values:
            found = look.value(value, table, stored)
            assert found is None or isinstance(found, (str, bool)), "texts and truths are listed"
            return values.holds(found)
        case Order(left, right), Ordered() as values:
            return values.holds(_standing(look.value(left, table, stored), look.value(right, table, stored)))
        case Opaque(condition), Listed() as values:
            return values.holds(look.holds(condition, table, stored))
    return True


def place_of(value: ir.Value, found: Scalar) -> Fraction | int | None:
    """Where a number stands on the axis of its type; numbers alone have a place here."""
    if not isinstance(value.type, Number) or not isinstance(found, Fraction):
        return 0
    return found if value.type.quotient else int(found * 10**value.type.scale)


def _standing(left: Scalar, right: Scalar) -> int | None:
    if left is None or right is None:
        return None
    if left == right:
        return 0
    return -1 if left < right else 1  # type: ignore[operator]


def wished_columns(wish: Wish) -> Iterator[ir.Column | ir.At]:
    """The stored columns that a wish depends on."""
    match wish.axis.about:
        case Single(value):
            yield from columns(value)
        case Order(left, right):
            yield from columns(left)
            yield from columns(right)
        case Opaque(condition):
            yield from columns(condition)


def columns(node: ir.Node) -> Iterator[ir.Column | ir.At]:
    """The stored columns of the row in scope that a node looks at, those over links among them."""
    match node:
        case ir.Column() | ir.At():
            yield node
        case ir.Rows() | ir.Population() | ir.Of():
            return
        case _:
            for child in ir.children(node):
                yield from columns(child)


# --- values to try --------------------------------------------------------------------------------


def _candidates(each: Free, free: Sequence[Free], wish: Wish) -> Iterator[object]:
    others = [other.stored.get(other.name) for other in free if other is not each]
    match each.value.type:
        case Number() as type_:
            tried = _numbers(type_, each.edges, others, wish)
        case Boolean():
            tried = iter((True, False))
        case Text():
            tried = iter((*each.edges, *(other for other in others if isinstance(other, str)), "a", "b", "c"))
        case Date() | Timestamp():
            tried = _moments(each, others)
        case _:
            tried = iter(())
    fitting = (value for value in (*tried, None) if each.allows(value))
    yield from islice(dict.fromkeys(fitting), MOST_VALUES)


def _numbers(type_: Number, edges: Sequence[object], others: Sequence[object], wish: Wish) -> Iterator[object]:
    step = Fraction(1, 10**type_.scale)
    bases: list[Fraction] = [Fraction(each) for each in (1, 0, 2, 10, 100, 1_000)]
    if isinstance(wish.values, Ordered) and isinstance(wish.axis.about, Single):
        of = wish.axis.about.value.type
        scale = 1 if not isinstance(of, Number) or of.quotient else 10**of.scale
        bases += [Fraction(place) / scale for place, _ in wish.values.cuts]
    bases += [Fraction(each) for each in others if isinstance(each, (int, Decimal)) and not isinstance(each, bool)]
    bases += [Fraction(each) for each in edges if isinstance(each, (int, Decimal, Fraction))]
    for base in bases:
        for number in (base, base + 1, base - 1, base + step, base - step, Fraction(ceil(base)), Fraction(floor(base))):
            units = number * 10**type_.scale
            if units.denominator == 1:
                yield int(number) if type_.scale == 0 else Decimal(int(units)).scaleb(-type_.scale)


def _moments(each: Free, others: Sequence[object]) -> Iterator[object]:
    """Days around those that rows hold, other months and years; of moments other hours, too."""
    now = each.stored.get(each.name)
    starts = [start for start in (now, *each.edges, *others) if isinstance(start, date)]
    is_moment = isinstance(each.value.type, Timestamp)
    zoned = isinstance(each.value.type, Timestamp) and each.value.type.zoned
    for start in starts:
        moment = start if isinstance(start, datetime) else datetime(start.year, start.month, start.day, 12)
        moment = moment.astimezone(UTC) if moment.tzinfo is not None else moment
        moment = moment.replace(tzinfo=UTC if zoned else None)
        # Edges are days of their own; days around them would be the same again.
        around = () if start in each.edges else _SHIFTS if is_moment else _SHIFTS[:-24]
        for shift in (timedelta(), *around):
            try:
                shifted = moment + shift
            except OverflowError:
                continue
            yield shifted if is_moment else shifted.date()


_SHIFTS = (
    *(timedelta(days=sign * days) for days in (0, 1, 2, 3, 4, 5, 6) for sign in (-1, 1)),
    *(timedelta(days=-30 * months) for months in range(1, 13)),
    *(timedelta(days=30 * months) for months in range(1, 7)),
    timedelta(days=-365),
    timedelta(days=365),
    *(timedelta(hours=hours) for hours in range(-12, 12)),
)
