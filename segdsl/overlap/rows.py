"""Rows that together have the counts, sums and other aggregates that a box wants of them.

In: the axes over rows that belong to one row, each with the values it may have. Out: for every row to be made a box of
the row's own axes, and the values that the aggregates ask of it. Where only numbers of rows are wanted, rows are added
for the strictest condition that lacks some, kept out of the conditions that have enough; where that leads nowhere, and
for sums and the like, numbers are solved for (`balance`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from segdsl.overlap.axes import FROM_ZERO, Axis, Count, number_at
from segdsl.overlap.balance import MOST_ROWS, Balance, Batch, CannotBuild, Own, balanced
from segdsl.overlap.cells import Corpus
from segdsl.overlap.counts import Fitting, Group, ends
from segdsl.overlap.domains import Listed, Ordered, Values
from segdsl.overlap.formula import Formula, complement
from segdsl.overlap.histories import Histories
from segdsl.overlap.search import Box, Budget, TooHard, boxes
from segdsl.semantics import ir
from segdsl.semantics.types import Boolean, Number, Text, Type

__all__ = ["CannotBuild", "PlannedRow", "planned"]

MOST_KINDS = 60
MOST_BOXES = 12
STEPS = 20_000


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A row to be made. `nth` spreads rows over time: later ones have smaller numbers. `values` are by argument."""

    group: Group
    corpus: Corpus
    box: Box
    nth: int = 0
    values: Mapping[ir.Value, object] = field(default_factory=dict)


def planned(wanted: Mapping[Axis, Values], histories: Histories, fitting: Fitting, own: Own) -> list[PlannedRow]:
    """Raises `CannotBuild`."""
    counted: dict[Group, dict[Formula, Ordered]] = {}
    for axis, values in wanted.items():
        if not isinstance(axis.about, Count) or not isinstance(values, Ordered):
            return list(_made(balanced(wanted, histories, fitting, own)))
        rows = axis.about.rows
        sets = counted.setdefault((rows.table, rows.via, rows.ahead), {})
        sets[rows.where] = sets.get(rows.where, FROM_ZERO).meet(values)
    try:
        return [
            row
            for group, sets in counted.items()
            for row in _Additions(group, list(sets), list(sets.values()), histories, fitting).rows()
        ]
    except (CannotBuild, TooHard):
        return list(_made(balanced(wanted, histories, fitting, own)))


# --- numbers of rows alone ------------------------------------------------------------------------


class _Additions:
    """Rows of one group, added until every condition has one of the numbers `allowed` of it."""

    def __init__(
        self,
        group: Group,
        conditions: Sequence[Formula],
        allowed: Sequence[Ordered],
        histories: Histories,
        fitting: Fitting,
    ) -> None:
        self.group, self.conditions, self.allowed = group, conditions, allowed
        self.histories, self.fitting = histories, fitting
        self.corpus = histories.corpus(*conditions, *map(complement, conditions))
        self.counts = [0] * len(conditions)

    def rows(self) -> list[PlannedRow]:
        """Raises `CannotBuild`, which proves nothing here."""
        if all(allowed.holds(0) for allowed in self.allowed):
            return []
        order = self._strictest_first()
        found: list[PlannedRow] = []
        for _ in range(MOST_KINDS):
            lacking = [number for number in order if not self.allowed[number].holds(self.counts[number])]
            if not lacking:
                return found
            box, inside = self._kind(lacking[0])
            times = self._times(lacking[0], inside)
            if len(found) + times > MOST_ROWS:
                raise CannotBuild("the example would need very many rows")
            for number in inside:
                self.counts[number] += times
            found += [PlannedRow(self.group, self.corpus, box)] * times
        raise CannotBuild("no rows were found that fit together")

    def _strictest_first(self) -> list[int]:
        around = {
            number: sum(
                not self.histories.possible(condition, complement(other))
                for other in self.conditions
                if other is not condition
            )
            for number, condition in enumerate(self.conditions)
        }
        return sorted(around, key=lambda number: (-around[number], number))

    def _kind(self, wanted: int) -> tuple[Box, list[int]]:
        """A row for one condition: kept out of the others where it can be and they do not need it."""
        terms = [self.conditions[wanted]]
        inside = [wanted]
        box = self._box(terms)
        for number, condition in enumerate(self.conditions):
            if number == wanted:
                continue
            room = _room(self.allowed[number], self.counts[number])
            needs = not self.allowed[number].holds(self.counts[number])
            for is_in in (True, False) if needs and room else (False, True):
                term = condition if is_in else complement(condition)
                there = None if is_in and not room else self._box([*terms, term])
                if there is not None:
                    box = there
                    terms.append(term)
                    inside += [number] if is_in else []
                    break
            else:
                raise CannotBuild("no rows were found that fit together")
        if box is None:
            raise CannotBuild("no moment was found at which all its windows fit")
        return box, inside

    def _box(self, terms: Sequence[Formula]) -> Box | None:
        for tried, box in enumerate(boxes(self.corpus, terms, Budget(STEPS))):
            if self.fitting(self.corpus, box):
                return box
            if tried == MOST_BOXES:
                break
        return None

    def _times(self, wanted: int, inside: Sequence[int]) -> int:
        rooms = [_room(self.allowed[number], self.counts[number]) for number in inside]
        lack = _lack(self.allowed[wanted], self.counts[wanted])
        return max(1, min([lack, *(room for room in rooms if room is not None)]))


def _lack(allowed: Ordered, count: int) -> int:
    """How many are missing up to the next number that is allowed."""
    for low, _ in allowed.stretches():
        if low is not None and low[0] > count:
            return int(low[0]) - count
    raise CannotBuild("no rows were found that fit together")


def _room(allowed: Ordered, count: int) -> int | None:
    """How many more there may ever be; None without bound, and 0 where there are enough."""
    stretches = allowed.stretches()
    if not stretches:
        return 0
    high = stretches[-1][1]
    return None if high is None else max(0, int(high[0]) - 1 - count)


# --- what is in them ------------------------------------------------------------------------------


def _made(balance: Balance) -> Iterator[PlannedRow]:
    """The rows of a balance, with the values that their sums and numbers of different values ask of them."""
    used: Counter[tuple[Group, ir.Value, Values]] = Counter()
    for batch in balance.batches:
        kind = batch.kind
        columns: dict[ir.Value, list[object]] = {}
        # Days that are to differ come of spreading rows over time.
        days = [0] * batch.times
        for argument, number in batch.different.items():
            cell = kind.cells[argument]
            place = (kind.group, argument, cell)
            start = used[place] if balance.sharing == "fresh" else 0
            used[place] = start + number
            columns[argument] = _different(argument, cell, start, number, batch)
            if not isinstance(argument.type, (Number, Text, Boolean)):
                days = [start + min(nth, number - 1) for nth in range(batch.times)]
        for argument, total in batch.sums.items():
            columns.setdefault(argument, list(_shared_out(argument, total, batch)))
        for nth in range(batch.times):
            values = {argument: each[nth] for argument, each in columns.items() if nth < len(each)}
            yield PlannedRow(kind.group, balance.corpora[kind.group], kind.box, days[nth], values)


def _shared_out(argument: ir.Value, total: int, batch: Batch) -> Sequence[Fraction]:
    cell = batch.kind.cells[argument]
    assert isinstance(cell, Ordered), "numbers are ordered"
    return shared_out(argument.type, total, batch.times, ends(cell))


def shared_out(type_: Type, total: int, times: int, within: tuple[int | None, int | None]) -> Sequence[Fraction]:
    """Numbers that add up to `total`: alike and whole but for the last one, or as near to each other as can be.

    The total and what each number is `within` are in last digits.
    """
    assert isinstance(type_, Number), "sums are of numbers"
    if not times:
        return ()
    unit = 10**type_.scale
    each = total // times // unit * unit
    last = total - each * (times - 1)
    low, high = within
    if (low is None or low <= each) and (high is None or last <= high):
        places = [each] * (times - 1) + [last]
    else:
        quotient, rest = divmod(total, times)
        places = [quotient + 1] * rest + [quotient] * (times - rest)
    return [number_at(type_, place) for place in places]


def _different(argument: ir.Value, cell: Values, start: int, number: int, batch: Batch) -> list[object]:
    """For each row of a batch a value of a cell: so many different ones, after those `start` that others have."""
    match cell, argument.type:
        case Listed() as listed, _:
            values: list[object] = [_text(listed, start + each) for each in range(number)]
        case Ordered() as ordered, Number(quotient=False) as type_:
            low, high = ends(ordered)
            first, step = (low, 1) if low is not None else (1, 1) if high is None else (high, -1)
            places = [first + step * each for each in range(start, start + number)]
            values = [number_at(type_, place) for place in places]
        case _:
            return []
    return [values[min(nth, number - 1)] for nth in range(batch.times)]


def _text(listed: Listed, nth: int) -> object:
    if not listed.others:
        return sorted(listed.names, key=repr)[nth]
    fresh = (text for number in range(nth + len(listed.names) + 2) if listed.holds(text := f"value {number + 1}"))
    return [*fresh][nth]
