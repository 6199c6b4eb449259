"""How many combinations of values are in none of some segments, in one, or in several: counted, not searched.

In: segments of one entity whose conditions look at few columns of the row itself, each with few values or ranges that
the conditions tell apart. Out: a number whose bits are the combinations that fulfil a formula. Promised: exact for
every data set that keeps the catalog's declarations. Columns of one row are free of each other, so each combination may
be somebody's; where anything else is looked at there is no census.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from math import prod

from segdsl.overlap.analysis import Analysis
from segdsl.overlap.axes import Axis, Single, number_cut
from segdsl.overlap.cells import Cells
from segdsl.overlap.domains import Listed, Ordered, Values, first_whole, named
from segdsl.overlap.formula import All, Any, Formula, Least, Test, tests
from segdsl.semantics import ir
from segdsl.semantics.types import Boolean, Number, Text

MOST_COMBINATIONS = 10_000
# A column with more values than this is counted by the ranges that conditions tell apart.
MOST_VALUES = 20


class Census:
    """All combinations of values that a row may have, numbered; sets of them are the bits of one number."""

    def __init__(self, there: Formula, cells: Sequence[Cells]) -> None:
        self._cells = cells
        self._numbers = {each.axis: number for number, each in enumerate(cells)}
        self._sizes = [len(each.parts) for each in cells]
        self._strides = [prod(self._sizes[number + 1 :]) for number in range(len(cells))]
        self._full = (1 << prod(self._sizes)) - 1
        self.all = self._full
        self.all = self.of(there)

    @property
    def columns(self) -> list[str]:
        """The names of what is combined."""
        return [_column(each.axis).name for each in self._cells]

    @property
    def is_by_value(self) -> bool:
        """Whether every combination is of single values, rather than of ranges."""
        return all(_is_one(part) for each in self._cells for part in each.parts)

    def of(self, formula: Formula) -> int:
        """The combinations that fulfil a formula over the same columns."""
        match formula:
            case Test(axis, values):
                return self._passing(self._numbers[axis], self._cells[self._numbers[axis]].mask(values)) & self.all
            case All(terms):
                found = self.all
                for term in terms:
                    found &= self.of(term)
                return found
            case Any(terms):
                found = 0
                for term in terms:
                    found |= self.of(term)
                return found
            case Least(count, terms):
                return at_least(count, map(self.of, terms))

    def _passing(self, number: int, mask: int) -> int:
        """The combinations whose value of one column is in a mask of its cells."""
        stride, size = self._strides[number], self._sizes[number]
        block = sum(((1 << stride) - 1) << bit * stride for bit in range(size) if mask >> bit & 1)
        return block * (self._full // ((1 << stride * size) - 1))

    def words(self, chosen: int, limit: int) -> list[str]:
        """Up to `limit` of some combinations, each like `recency 0, frequency 3`."""
        return [self._words(number) for number in islice(_bits(chosen), limit)]

    def _words(self, combination: int) -> str:
        said = []
        for cells, stride, size in zip(self._cells, self._strides, self._sizes, strict=True):
            part = cells.parts[combination // stride % size]
            said.append(f"{_column(cells.axis).name} {in_words(cells.axis, part)}")
        return ", ".join(said)

    def in_words(self, chosen: int) -> str:
        """Some values of the only column, joined: `status "confirmed"`."""
        (cells,) = self._cells
        return f"{_column(cells.axis).name} {in_words(cells.axis, cells.values(chosen))}"


def at_least(count: int, sets: Iterable[int]) -> int:
    """What is in at least `count` of some sets of bits."""
    reached = [0] * count  # of what is in at least 1, 2, ... so far
    for each in sets:
        for index in range(count - 1, 0, -1):
            reached[index] |= reached[index - 1] & each
        reached[0] |= each
    return reached[-1]


def census(analysis: Analysis, entity: str, names: Sequence[str]) -> Census | None:
    """What can be counted about the segments `names`; None where they look at more than a few values of columns."""
    there = analysis.normalizer.seen(entity)
    used: dict[Axis, dict[Values, None]] = {}
    for formula in (there, *map(analysis.normalizer.segment, names)):
        for test in tests(formula):
            if not _is_own_column(test.axis):
                return None
            used.setdefault(test.axis, {})[test.values] = None
    cells = [Cells(axis, (*values, *_each_value(axis))) for axis, values in used.items()]
    if not cells or prod(len(each.parts) for each in cells) > MOST_COMBINATIONS:
        return None
    return Census(there, cells)


def _is_own_column(axis: Axis) -> bool:
    return isinstance(axis.about, Single) and isinstance(axis.about.value, ir.Column) and not axis.about.value.path


def _column(axis: Axis) -> ir.Column:
    assert isinstance(axis.about, Single)
    assert isinstance(axis.about.value, ir.Column)
    return axis.about.value


def _each_value(axis: Axis) -> Iterator[Values]:
    """The values of a column, one by one, if it is declared to have few."""
    match _column(axis).type:
        case Boolean():
            assert isinstance(axis.all, Listed)
            yield from (named((truth,), axis.all.universe) for truth in (True, False))
        case Text(values) if values and len(values) <= MOST_VALUES:
            yield from (named((value,), frozenset(values)) for value in values)
        case Number(low=low, high=high) as type_ if low is not None and high is not None and not type_.quotient:
            first, end = number_cut(type_, low, after=False)[0], number_cut(type_, high, after=True)[0]
            if end - first <= MOST_VALUES:
                yield from (Ordered(((at, False), (at + 1, False)), False, False) for at in range(int(first), int(end)))


def _bits(found: int) -> Iterator[int]:
    while found:
        lowest = found & -found
        yield lowest.bit_length() - 1
        found ^= lowest


def _is_one(part: Values) -> bool:
    """Whether a cell is one value, or missing."""
    if isinstance(part, Listed):
        return not part.others
    ends = part.stretches()
    return all(start and end and first_whole(start) + 1 == first_whole(end) for start, end in ends)


# --- values in words ------------------------------------------------------------------------------


def in_words(axis: Axis, values: Values) -> str:
    """A set of values of a column as people say it: `18 to 24 or missing`, `"GB" or "IN"`."""
    parts = list(_stretches(axis, values) if isinstance(values, Ordered) else _names(values))
    return " or ".join([*parts, *(["missing"] if values.missing else [])])


def _names(values: Listed) -> Iterator[str]:
    said = [str(name).lower() if isinstance(name, bool) else f'"{name}"' for name in sorted(values.names, key=repr)]
    if values.others:
        yield f"something else than {' or '.join(said)}" if said else "anything"
    else:
        yield from said


def _stretches(axis: Axis, values: Ordered) -> Iterator[str]:
    type_ = _column(axis).type
    assert isinstance(type_, Number), "numbers are the ordered values of `Single`"
    for start, end in values.stretches():
        low = None if start is None else _digits(type_, first_whole(start))
        high = None if end is None else _digits(type_, first_whole(end) - 1)
        if low == high:
            yield low or "anything"
        else:
            yield f"up to {high}" if low is None else f"{low} or more" if high is None else f"{low} to {high}"


def _digits(type_: Number, place: int) -> str:
    """The number at a place: columns are whole numbers of their last digits."""
    number = Decimal(place).scaleb(-type_.scale)
    return format(number.to_integral_value() if number == number.to_integral_value() else number, "f")
