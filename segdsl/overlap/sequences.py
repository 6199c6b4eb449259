"""What sequences say of one another: a row that is followed as one asks is followed as any asks that asks for less.

In: axes of sequences that go from one row to rows of the same kind. Out: what one can be when the other is known.
"""

from __future__ import annotations

from collections.abc import Hashable
from datetime import timedelta
from typing import TYPE_CHECKING

from segdsl.overlap.axes import Axis, Opaque
from segdsl.overlap.domains import Listed, Values
from segdsl.semantics import ir

if TYPE_CHECKING:
    from segdsl.overlap.histories import Histories


LONGEST: dict[ir.Unit, timedelta] = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1, hours=2),
    "week": timedelta(days=7, hours=2),
    "month": timedelta(days=32),
    "quarter": timedelta(days=93),
    "year": timedelta(days=367),
}


def kind(sequence: ir.Followed) -> Hashable:
    """Sequences of different kinds say nothing of each other."""
    return sequence.path, sequence.rows.table, sequence.rows.via


def implied(a: Axis, values: Values, b: Axis, histories: Histories) -> Values:
    """All that the second can be when the first is in `values`. The two are of one kind, in rows of one table."""
    assert isinstance(a.about, Opaque) and isinstance(b.about, Opaque) and isinstance(values, Listed)
    ours, theirs = a.about.condition, b.about.condition
    assert isinstance(ours, ir.Followed) and isinstance(theirs, ir.Followed) and isinstance(b.all, Listed)
    known = values.names if not values.missing else frozenset()
    if known == {True} and _asks_for_less(theirs, ours, histories):
        return Listed(frozenset({True}), False, False, b.all.universe)
    if known == {False} and _asks_for_less(ours, theirs, histories):
        return Listed(frozenset({False}), False, False, b.all.universe)
    return b.all


def _asks_for_less(one: ir.Followed, other: ir.Followed, histories: Histories) -> bool:
    """Whether every row that is followed as `other` asks is followed as `one` asks."""
    if one.within is not None and not _is_sooner(other.within, *one.within):
        return False
    if not set(one.same) <= set(other.same) or not set(one.same_links) <= set(other.same_links):
        return False
    if one.rows.where is None:
        return True
    if other.rows.where is None:
        return False
    normalizer, table = histories.normalizer, one.rows.table
    inner, outer = (normalizer.condition(each, table) for each in (other.rows.where, one.rows.where))
    return histories.is_narrower(inner, outer)


def _is_sooner(within: tuple[int, ir.Unit] | None, count: int, unit: ir.Unit) -> bool:
    """Whether what comes within that time comes within so many units, too; of other units nothing is said."""
    return within is not None and within[1] == unit and within[0] <= count


def longest(within: tuple[int, ir.Unit]) -> timedelta:
    """A time that is no shorter than so many units, wherever they begin."""
    count, unit = within
    return count * LONGEST[unit]
