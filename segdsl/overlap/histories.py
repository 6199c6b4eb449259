"""What counts and other aggregates over one customer's rows say of each other.

Rows that fulfil a stricter condition are among those that fulfil a wider one, a longer window holds all of a shorter
one: so they are at most as many. Which condition is stricter is decided by the same search, one level down.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from math import ceil

from segdsl.overlap.axes import Aggregate, Axis, Count, RowSet, number_at, number_cut, only_missing
from segdsl.overlap.cells import Corpus, Cuts
from segdsl.overlap.domains import Cut, Ordered, Values, first_whole, is_within, meet
from segdsl.overlap.formula import All, Formula, Test, complement
from segdsl.overlap.normalize import Normalizer
from segdsl.overlap.search import Budget, TooHard, is_possible
from segdsl.overlap.ties import implied, tied
from segdsl.semantics import ir
from segdsl.semantics.types import Number

# Steps for one question about rows. Filters and windows are small; what needs more is not tied.
STEPS = 4_000

ONE_OR_MORE = Ordered(((1, False),), False, False)
NONE = Ordered(((0, False), (1, False)), False, False)


class Histories:
    """Which sets of rows hold others, remembered. `tie` and `tied` are those of axes of rows."""

    def __init__(self, normalizer: Normalizer) -> None:
        self.normalizer = normalizer
        self._possible: dict[tuple[Formula, ...], bool] = {}
        self._within: dict[tuple[RowSet, Formula], bool] = {}
        self._can_be: dict[RowSet, bool] = {}
        self._plain: dict[Formula, dict[Axis, Values] | None] = {}
        normalizer.can_be = self.can_be
        self._cuts = Cuts(lambda first, values, second: implied(first, values, second, self), tied)

    def corpus(self, *formulas: Formula) -> Corpus:
        """The cells of some formulas about rows of one table."""
        return Corpus(formulas, self._cuts)

    def possible(self, *formulas: Formula) -> bool:
        """Whether a row may fulfil all of them; true when that is too hard to say."""
        if formulas not in self._possible:
            try:
                self._possible[formulas] = is_possible(self.corpus(*formulas), formulas, Budget(STEPS))
            except TooHard:
                self._possible[formulas] = True
        return self._possible[formulas]

    def can_be(self, rows: RowSet) -> bool:
        """Whether there may be such a row."""
        if rows not in self._can_be:
            self._can_be[rows] = self.possible(rows.where)
        return self._can_be[rows]

    def is_within(self, inner: Formula, outer: RowSet) -> bool:
        """Whether every row of `outer`'s table that fulfils `inner` is one of `outer`."""
        key = (outer, inner)
        if key not in self._within:
            self._within[key] = inner == outer.where or self.is_narrower(inner, outer.where)
        return self._within[key]

    def is_narrower(self, inner: Formula, outer: Formula) -> bool:
        """Whether every row that fulfils `inner` fulfils `outer`. Most filters are plain, and need no search."""
        ours, theirs = self._by_axis(inner), self._by_axis(outer)
        if ours is None or theirs is None:
            return not self.possible(inner, complement(outer))
        beyond = [axis for axis, values in theirs.items() if not is_within(ours.get(axis, axis.all), values)]
        if not beyond:
            return True
        for axis in beyond:
            if not any(other != axis and tied(other) == tied(axis) for other in ours):
                # Nothing else says anything of this axis, so any row of `inner` may have a value beyond `outer`.
                return not self.possible(inner)
        return not self.possible(inner, complement(outer))

    def _by_axis(self, formula: Formula) -> dict[Axis, Values] | None:
        """What a formula leaves of each axis when it is nothing but tests that all hold; None when it is more."""
        if formula not in self._plain:
            found: dict[Axis, Values] | None = {}
            for term in formula.terms if isinstance(formula, All) else (formula,):
                if not isinstance(term, Test):
                    found = None
                    break
                assert found is not None
                found[term.axis] = meet(found.get(term.axis, term.axis.all), term.values)
            self._plain[formula] = found
        return self._plain[formula]

    # --- what one aggregate says of another ---------------------------------------------------------

    def implied(self, first: Axis, values: Values, second: Axis) -> Values:
        """All that the second axis can be when the first is in `values`; both are over rows of one table."""
        match first.about, second.about:
            case Count(ours), Count(theirs):
                assert isinstance(values, Ordered)
                return self._at_most_as_large(ours, values, theirs, second)
            case Aggregate() as about, Count(theirs):
                return self._count_from(about, values, theirs, second)
            case Count(ours), Aggregate() as about:
                return meet(self._empty_from(ours, values, about, second), self._sum_from(ours, values, about, second))
            case Aggregate() as ours_, Aggregate() as theirs_:
                return self._alike(ours_, values, theirs_, second)
        return second.all

    def _at_most_as_large(self, ours: RowSet, values: Ordered, theirs: RowSet, second: Axis) -> Values:
        """Bounds of what grows with its rows."""
        found = second.all
        low, high = _ends(values)
        if low is not None and low > (0, False) and self.is_within(ours.where, theirs):
            found = meet(found, Ordered((low,), False, False))
        if high is not None and self.is_within(theirs.where, ours):
            found = meet(found, Ordered((high,), True, False))
        return found

    def _count_from(self, about: Aggregate, values: Values, theirs: RowSet, second: Axis) -> Values:
        """How many rows there must be for an aggregate to have one of the values."""
        ours = about.rows
        match about.function:
            case "count distinct":
                assert isinstance(values, Ordered)
                low, _ = _ends(values)
                if low is not None and low > (0, False) and self.is_within(ours.where, theirs):
                    return meet(second.all, Ordered((low,), False, False))
            case "sum":
                needed = _rows_needed(about, values)
                if needed and self.is_within(ours.where, theirs):
                    return meet(second.all, Ordered(((needed, False),), False, False))
            case "first" | "last":
                return self._edge(about, values, theirs, second)
            case _:
                if not values.missing and self.is_within(ours.where, theirs):
                    return meet(second.all, ONE_OR_MORE)
        return second.all

    def _edge(self, about: Aggregate, values: Values, theirs: RowSet, second: Axis) -> Values:
        """The first or last row has one of the values, so there is a row that has."""
        ours = about.rows
        if not values.missing:
            having = self.normalizer.rows_with(about, values)
            return meet(second.all, ONE_OR_MORE) if self.is_within(having, theirs) else second.all
        if replace(values, missing=False).is_empty and self.is_within(theirs.where, ours):
            # Where every row has the value, it is missing of no rows alone.
            without = complement(self.normalizer.known(about.argument, ours.table, about.argument.span))
            if not self.possible(ours.where, without):
                return meet(second.all, NONE)
        return second.all

    def _empty_from(self, ours: RowSet, values: Values, about: Aggregate, second: Axis) -> Values:
        """What an aggregate is when there are no rows, or at most so many."""
        assert isinstance(values, Ordered)
        _, high = _ends(values)
        if high is None or not self.is_within(about.rows.where, ours):
            return second.all
        if about.function == "count distinct":
            return meet(second.all, Ordered((high,), True, False))
        if high != (1, False):
            return second.all
        return meet(second.all, NONE if about.function == "sum" else only_missing(second))

    def _sum_from(self, ours: RowSet, values: Values, about: Aggregate, second: Axis) -> Values:
        """What numbers add up to at least when there are so many rows of at least so much, and none is below zero."""
        assert isinstance(values, Ordered)
        low, _ = _ends(values)
        if low is None or low <= (0, False) or about.function != "sum" or not _is_never_negative(about.argument):
            return second.all
        least = self.least(about.argument, ours)
        type_ = about.argument.type
        if least <= 0 or not isinstance(type_, Number) or not self.is_within(ours.where, about.rows):
            return second.all
        return meet(second.all, Ordered((number_cut(type_, least * first_whole(low), after=False),), False, False))

    def least(self, argument: ir.Value, rows: RowSet) -> Fraction:
        """A number that no row's argument lies below, nor is missing; 0 where nothing is known."""
        found = self._by_axis(rows.where)
        axis = self.normalizer.value_axis(argument, rows.table)
        values = None if found is None else found.get(axis)
        if not isinstance(values, Ordered) or values.missing or not isinstance(argument.type, Number):
            return Fraction(0)
        low, _ = _ends(values)
        return Fraction(0) if low is None else number_at(argument.type, low[0])

    def _alike(self, ours: Aggregate, values: Values, theirs: Aggregate, second: Axis) -> Values:
        """Sums of what is never negative, and numbers of different values, grow with their rows."""
        if (ours.function, ours.argument) != (theirs.function, theirs.argument) or not isinstance(values, Ordered):
            return second.all
        grows = ours.function == "count distinct" or (ours.function == "sum" and _is_never_negative(ours.argument))
        return self._at_most_as_large(ours.rows, values, theirs.rows, second) if grows else second.all


def _ends(values: Ordered) -> tuple[Cut | None, Cut | None]:
    """Where the known values begin and end; None is an open side."""
    low = None if values.starts_in or not values.cuts else values.cuts[0]
    ends_in = values.starts_in != bool(len(values.cuts) % 2)
    return low, None if ends_in or not values.cuts else values.cuts[-1]


def _rows_needed(about: Aggregate, values: Values) -> int:
    """How many rows it takes for a sum to have one of the values: none for 0."""
    assert isinstance(values, Ordered)
    if values.holds(0):
        return 0
    low, _ = _ends(values)
    match about.argument.type:
        case Number(high=Decimal() as high, quotient=False) as number if (
            low is not None and low > (0, False) and high > 0
        ):
            return max(1, ceil(Fraction(low[0]) / number_cut(number, high, after=False)[0]))
    return 1


def _is_never_negative(value: ir.Value) -> bool:
    match value.type:
        case Number(low=Decimal() as low):
            return low >= 0
    return False
