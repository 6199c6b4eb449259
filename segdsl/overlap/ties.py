"""What the axes of one row say of each other: the one place where that is decided which theory knows.

Promised: whatever is said holds in every data set that keeps the catalog's declarations, at every `as_of`. Nothing
said is no claim.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from segdsl.overlap import members, moments, sequences, spots, texts
from segdsl.overlap.axes import Aggregate, Axis, Count, Fits, Has, Opaque, Single, Time, Within
from segdsl.overlap.domains import Ordered, Values, meet
from segdsl.semantics import ir

if TYPE_CHECKING:
    from segdsl.overlap.histories import Histories


def tied(axis: Axis) -> Hashable:
    """Axes with equal results may say something of each other; others never do."""
    match axis.about:
        case Single(ir.Length(value)) | Single(value) | Time(value) | Has(value):
            return axis.table, value
        case Fits(test):
            return axis.table, test.value
        case Within():
            return axis.table, spots.point_of(axis.about)
        case Count(rows) | Aggregate(_, rows):
            return axis.table, rows.table, rows.via, rows.ahead
        case Opaque(ir.Followed() as sequence):
            return axis.table, sequences.kind(sequence)
        case _:
            return axis


def implied(first: Axis, values: Values, second: Axis, histories: Histories) -> Values:
    """All that the second axis can be when the first is in `values`. The two are `tied`."""
    match first.about:
        case Time():
            assert isinstance(values, Ordered)
            return moments.implied(first, values, second)
        case Count() | Aggregate():
            return histories.implied(first, values, second)
        case Opaque():
            return sequences.implied(first, values, second, histories)
    found = texts.implied(first, values, second)
    found = meet(found, members.implied(first, values, second))
    return meet(found, spots.implied(first, values, second))
