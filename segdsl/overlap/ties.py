"""What the axes of one row say of each other: the one place where that is decided which theory knows.

Promised: whatever is said holds in every data set that keeps the catalog's declarations, at every `as_of`. Nothing
said is no claim.
"""

from __future__ import annotations

from collections.abc import Hashable

from segdsl.overlap import moments, spots, texts
from segdsl.overlap.axes import Aggregate, Axis, Count, Fits, Has, Single, Time, Within
from segdsl.overlap.domains import Listed, Ordered, Values
from segdsl.overlap.histories import Histories
from segdsl.semantics.types import Text


def tied(axis: Axis) -> Hashable:
    """Axes with equal results may say something of each other; others never do."""
    match axis.about:
        case Single(value) | Time(value) | Has(value):
            return axis.table, value
        case Fits(test) | Within(test):
            return axis.table, test.value
        case Count(rows) | Aggregate(_, rows):
            return axis.table, rows.table, rows.via
        case _:
            return axis


def implied(first: Axis, values: Values, second: Axis, histories: Histories) -> Values:
    """All that the second axis can be when the first is in `values`."""
    match first.about, second.about:
        case (Time(), Time()):
            assert isinstance(values, Ordered)
            return moments.implied(first, values, second)
        case (Count() | Aggregate(), Count() | Aggregate()):
            return histories.implied(first, values, second)
        case (Single() | Fits(), Single() | Fits()) if _is_text(first) and _is_text(second):
            return texts.implied(first, values, second)
        case (Single() | Has(), Single() | Has()):
            return texts.implied_of_lists(first, values, second)
        case (Single() | Within(), Single() | Within()):
            return spots.implied(first, values, second)
    return second.all


def _is_text(axis: Axis) -> bool:
    match axis.about:
        case Fits():
            return True
        case Single(value):
            return isinstance(value.type, Text) and isinstance(axis.all, Listed)
    return False
