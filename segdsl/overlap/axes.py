"""What conditions look at: an axis is one thing of a row that can be this or that, apart from all other axes.

Two conditions on one axis are sets of its values (`domains`) and need no more thought. What one axis says of another
is said in `ties`, and nowhere else: without a tie axes are taken to be free of each other, which can only make an
overlap look possible that is not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from math import ceil, floor
from typing import TYPE_CHECKING
from typing import Literal as OneOf

from segdsl.overlap.domains import TRUTHS, Cut, Listed, Ordered, Place, Values
from segdsl.semantics import ir
from segdsl.semantics.types import Boolean, Number, Text, Type

if TYPE_CHECKING:
    from segdsl.overlap.formula import Formula

# Kinds of moments that are ordered among themselves for every `as_of` (`moments`): `written` ones; so many `days` or
# `months` or exact `minutes` from `as_of`; and beginnings of calendar periods counted from the current one.
Family = OneOf["written", "days", "months", "minutes", "day", "week", "month", "quarter", "year"]


@dataclass(frozen=True, slots=True)
class Single:
    """A number, a text or a truth: a value of the row. What it is computed from is not looked into, but in `ties`."""

    value: ir.Value


@dataclass(frozen=True, slots=True)
class Time:
    """Where a moment or a date stands among the moments of one family. Places are what `moments` says."""

    value: ir.Value
    family: Family


@dataclass(frozen=True, slots=True)
class Fits:
    """Whether a text is known and fits; a truth that is never missing. `equals` comes here only when folded."""

    test: ir.TextMatch


@dataclass(frozen=True, slots=True)
class Has:
    """Whether a list is known and has the text as a member (both folded where `folded`); never missing."""

    value: ir.Value
    option: str
    folded: bool


@dataclass(frozen=True, slots=True)
class Within:
    """Whether a point is known and lies in the circle or the area; never missing."""

    test: ir.Near | ir.Inside


@dataclass(frozen=True, slots=True)
class Order:
    """How two values stand to each other: -1 when the left one is less, 0, or 1; missing when either is.

    Texts and truths are only ever compared for 0.
    """

    left: ir.Value
    right: ir.Value


@dataclass(frozen=True)
class RowSet:
    """The rows of `table` that lead by the links `via` to the row in scope and fulfil `where`, a condition on them.

    Windows, the rows that a table leaves out and that rows are seen once their time has come are part of `where`.
    From rows `ahead`, found by a window that looks past `as_of`, links lead to rows that others do not see yet: what is
    known of a row there says nothing of the same row seen today.
    """

    table: str
    via: tuple[str, ...]
    where: Formula
    ahead: bool = False

    @cached_property
    def _hash(self) -> int:
        return hash((self.table, self.via, self.where))

    def __hash__(self) -> int:
        return self._hash


@dataclass(frozen=True, slots=True)
class Count:
    """How many such rows there are: a whole number, never missing."""

    rows: RowSet


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A value computed from such rows. `min` and `max`, and `first` and `last` of the rows' time, never come here:
    they are whether there are rows that go so far.
    """

    function: OneOf["count distinct", "sum", "avg", "min", "max", "first", "last", "mode"]
    rows: RowSet
    argument: ir.Value


@dataclass(frozen=True, slots=True)
class Standing:
    """The least number, or per cent or share, of the best (or `lowest`) of a population that the row belongs to.

    Missing outside of the population.
    """

    population: ir.Population
    measure: OneOf["count", "percent", "share"]
    lowest: bool


@dataclass(frozen=True, slots=True)
class Share:
    """The row's place in [0, 1) for a salt, never missing."""

    salt: str


@dataclass(frozen=True, slots=True)
class Opaque:
    """A condition that is not looked into: true or false, never missing, and the same wherever it is written so."""

    condition: ir.Condition


About = Single | Time | Fits | Has | Within | Order | Count | Aggregate | Standing | Share | Opaque


@dataclass(frozen=True)
class Axis:
    """One thing of a row of `table`. `all` are the values that it can have as the catalog declares them."""

    table: str
    about: About
    all: Values

    @cached_property
    def _hash(self) -> int:
        return hash((self.table, self.about))

    def __hash__(self) -> int:
        return self._hash


FROM_ZERO = Ordered(((0, False),), False, False)
EITHER = Listed(TRUTHS, False, False, TRUTHS)
HOW_TWO_STAND = Ordered(((-1, False), (2, False)), False, True)
FROM_ZERO_TO_ONE = Ordered(((0, False), (1, False)), False, False)


def number_cut(type_: Number, number: Decimal | Fraction, after: bool) -> Cut:
    """Where on an axis of this type the numbers begin that are at least `number`; with `after`, more than it.

    A number with at most `scale` digits is a whole number of its last digits, so `> 1` and `>= 1.01` are one cut.
    """
    if type_.quotient:
        return Fraction(number), after
    units = Fraction(number) * 10**type_.scale
    return (floor(units) + 1 if after else ceil(units)), False


def number_at(type_: Number, place: Place) -> Fraction:
    """The number that stands at a place of such an axis."""
    return Fraction(place) if type_.quotient else Fraction(place, 10**type_.scale)


def universe(type_: Type) -> Values:
    """All known values that the declared type lets a value have."""
    match type_:
        case Boolean():
            return EITHER
        case Text(values) if values:
            return Listed(frozenset(values), False, False, frozenset(values))
        case Text():
            return Listed(frozenset(), True, False)
        case Number(low=low, high=high):
            cuts = [] if low is None else [number_cut(type_, low, after=False)]
            cuts += [] if high is None else [number_cut(type_, high, after=True)]
            return Ordered(tuple(cuts), low is None, False)
        case _:
            return Ordered((), True, False)


def or_missing(values: Values) -> Values:
    return replace(values, missing=True)


def only_missing(axis: Axis) -> Values:
    """Missing, and no value; nothing of an axis that is never missing."""
    if isinstance(axis.all, Ordered):
        return Ordered((), False, axis.all.missing)
    return Listed(frozenset(), False, axis.all.missing, axis.all.universe)
