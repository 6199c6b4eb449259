"""Rows with given numbers and sums, put together of kinds of rows that were found before.

In: how many rows of some sets there shall be and may be, and what sums shall come to. Out: rows that keep all of it, or
nothing when none were found, which proves nothing. Kinds of rows are kept for the next question, so that many examples
over one table cost little each; where this finds none, `rows` and its solver are asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import islice, repeat
from typing import TYPE_CHECKING

from segdsl.overlap.axes import Aggregate, Axis, Count, RowSet, number_at
from segdsl.overlap.balance import Own
from segdsl.overlap.counts import Fitting, Group, ends
from segdsl.overlap.domains import Ordered, Values
from segdsl.overlap.formula import Formula, complement
from segdsl.overlap.histories import Histories
from segdsl.overlap.mixture import Bound, Ingredient, mixed
from segdsl.overlap.rows import CannotBuild, PlannedRow, planned, shared_out
from segdsl.overlap.search import Box, Budget, Narrowing, TooHard, boxes
from segdsl.semantics import ir
from segdsl.semantics.types import Number

if TYPE_CHECKING:
    import z3

STEPS = 20_000
MOST_KINDS_OF_ROWS = 60
MOST_ROWS = 400
# So many kinds of rows are solved for at once.
MOST_MIXED = 40


class Ledgers:
    """A ledger for each table that axes look at, by the links that lead from it."""

    def __init__(self, histories: Histories, axes: Sequence[Axis]) -> None:
        self.histories = histories
        self._conditions: dict[Group, dict[Formula, None]] = {}
        for axis in axes:
            if isinstance(axis.about, Count | Aggregate):
                rows = axis.about.rows
                self._conditions.setdefault(_group(rows), {})[rows.where] = None
        self._ledgers: dict[Group, _Ledger] = {}

    def planned(
        self, wanted: Mapping[Axis, Values], histories: Histories, fitting: Fitting, own: Own
    ) -> list[PlannedRow]:
        """As `rows.planned`."""
        pages = self._pages(wanted)
        found = None if pages is None else self._rows(pages, fitting)
        if found is None:
            found = planned(wanted, histories, fitting, own)
            if pages is not None:
                for row in found:
                    self._ledgers[row.group].learn(row, pages[row.group])
        return found

    def planned_quickly(
        self, wanted: Mapping[Axis, Values], histories: Histories, fitting: Fitting, own: Own
    ) -> list[PlannedRow]:
        """As `rows.planned`, of kinds of rows that were found before where that is all that is asked for."""
        pages = self._pages(wanted)
        if pages is None:
            return planned(wanted, histories, fitting, own)
        found = self._rows(pages, fitting)
        if found is None:
            raise CannotBuild("no rows were found that fit together")
        return found

    def _pages(self, wanted: Mapping[Axis, Values]) -> dict[Group, _Page] | None:
        """What is asked of each table; None when something else is."""
        pages: dict[Group, _Page] = {}
        for axis, values in wanted.items():
            about = axis.about
            if not isinstance(about, Count | Aggregate) or not isinstance(values, Ordered):
                return None
            group = _group(about.rows)
            if about.rows.where not in self._conditions.get(group, ()):
                return None
            page = pages.setdefault(group, _Page({}, []))
            if isinstance(about, Count):
                page.counts[about.rows.where] = values
            elif about.function == "sum":
                page.sums.append((about.rows.where, about.argument, values))
            else:
                return None
        return pages

    def _rows(self, pages: Mapping[Group, _Page], fitting: Fitting) -> list[PlannedRow] | None:
        found: list[PlannedRow] | None = []
        for group, page in pages.items():
            if group not in self._ledgers:
                self._ledgers[group] = _Ledger(self.histories, group, list(self._conditions[group]), fitting)
            try:
                rows = self._ledgers[group].rows(page)
            except TooHard:
                rows = None
            found = None if found is None or rows is None else [*found, *rows]
        return found


def _group(rows: RowSet) -> Group:
    return rows.table, rows.via, rows.ahead


@dataclass(frozen=True, slots=True)
class _Page:
    """What is asked of one table: numbers of rows by their condition, and sums with the condition of their rows."""

    counts: dict[Formula, Ordered]
    sums: list[tuple[Formula, ir.Value, Ordered]]


@dataclass(frozen=True, slots=True)
class _Kind:
    """A row that is decided on: the bits of `inside` are the conditions that it fulfils."""

    box: Box
    inside: int


@dataclass(slots=True)
class _Sum:
    """A sum of the rows of one condition, in last digits of its argument: at least `low`, at most `high`."""

    condition: int
    argument: ir.Value
    low: int
    high: int | None


class _Ledger:
    def __init__(self, histories: Histories, group: Group, conditions: Sequence[Formula], fitting: Fitting) -> None:
        self.histories, self.group, self.conditions, self.fitting = histories, group, conditions, fitting
        self.numbers = {condition: number for number, condition in enumerate(conditions)}
        self.opposites = [complement(condition) for condition in conditions]
        self.corpus = histories.corpus(*conditions, *self.opposites)
        self._kinds: list[_Kind] = []
        self._none: set[tuple[int, int]] = set()
        self._ranges: dict[tuple[int, ir.Value], tuple[int, int | None]] = {}

    def rows(self, page: _Page) -> list[PlannedRow] | None:
        """Rows for a page. Raises `TooHard`."""
        least, most = [0] * len(self.conditions), [-1] * len(self.conditions)
        for condition, values in page.counts.items():
            stretches = values.stretches()
            if not stretches:
                return None
            low, high = ends(
                Ordered(tuple(cut for cut in stretches[0] if cut is not None), stretches[0][0] is None, False)
            )
            number = self.numbers[condition]
            least[number], most[number] = low or 0, -1 if high is None else high
        sums = []
        for condition, argument, values in page.sums:
            said = self._sum(condition, argument, values)
            if said is None:
                return None
            sums.append(said)
        chosen = self._chosen(least, most, sums)
        written = None if chosen is None else self._written(chosen, sums)
        return self._mixed(least, most, sums) if written is None else written

    def learn(self, row: PlannedRow, page: _Page) -> None:
        """Keeps a kind of rows like one that was found elsewhere, in the conditions of the page that it fulfils."""
        budget = Budget(STEPS)
        terms, inside = [], 0
        asked = [*page.counts, *(condition for condition, _, _ in page.sums)]
        for condition in dict.fromkeys(asked):
            number = self.numbers[condition]
            is_in = Narrowing(row.box, []).with_term(row.corpus, condition, budget) is not None
            terms.append(condition if is_in else self.opposites[number])
            inside |= is_in << number
        so_far: Narrowing | None = Narrowing({}, [])
        for term in terms:
            so_far = so_far and so_far.with_term(self.corpus, term, budget)
        if so_far is not None:
            self._settled(so_far, inside, sum(1 << self.numbers[condition] for condition in asked), 0, budget)

    def _sum(self, condition: Formula, argument: ir.Value, values: Ordered) -> _Sum | None:
        type_ = argument.type
        stretches = values.stretches()
        if not isinstance(type_, Number) or type_.quotient or len(stretches) != 1:
            return None
        low, high = ends(values)
        if low is None and high is not None and high < 0:
            return None
        return _Sum(self.numbers[condition], argument, 0 if low is None else low, high)

    @cached_property
    def _context(self) -> z3.Context:
        """Making one takes longer than most questions that are asked in it."""
        import z3

        return z3.Context()

    # --- which rows -----------------------------------------------------------------------------------

    def _chosen(self, least: Sequence[int], most: Sequence[int], sums: Sequence[_Sum]) -> list[_Kind] | None:
        """Kinds of rows, as often as they are wanted, with no more than may be of any condition."""
        counts = [0] * len(self.conditions)
        found: list[_Kind] = []
        tight = sum(1 << number for number in {each.condition for each in sums if each.high is not None})
        for _ in range(MOST_KINDS_OF_ROWS):
            full = sum(1 << number for number, high in enumerate(most) if 0 <= high <= counts[number])
            lacking = [number for number, low in enumerate(least) if counts[number] < low]
            short = None if lacking else next((each for each in sums if self._lack(each, found) > 0), None)
            if lacking:
                kind = self._kind(lacking, full, sum(1 << number for number in lacking), tight)
            elif short is not None:
                kind = self._large(short, full, tight)
            else:
                return found
            if kind is None:
                return None
            inside = [number for number in range(len(counts)) if kind.inside >> number & 1]
            lack = min(
                (least[number] - counts[number] for number in inside if counts[number] < least[number]), default=1
            )
            if short is not None:
                _, most_each = self._range(kind, short.argument)
                if most_each == 0:
                    return None
                lack = 1 if most_each is None else -(-self._lack(short, found) // most_each)
            room = min((most[number] - counts[number] for number in inside if most[number] >= 0), default=lack)
            times = max(1, min(lack, room))
            if len(found) + times > MOST_ROWS:
                return None
            for number in inside:
                counts[number] += times
            found += [kind] * times
        return None

    def _lack(self, asked: _Sum, kinds: Sequence[_Kind]) -> int:
        """What a sum lacks when all of its rows have as much as they may."""
        lack = asked.low
        for kind in kinds:
            if lack > 0 and kind.inside >> asked.condition & 1:
                _, high = self._range(kind, asked.argument)
                lack = 0 if high is None else lack - high
        return lack

    def _large(self, asked: _Sum, full: int, tight: int) -> _Kind | None:
        """A kind that may add much to a sum, and as little as can be to those that are to be small."""
        outside = full | tight & ~(1 << asked.condition)
        fitting = [kind for kind in self._kinds if kind.inside >> asked.condition & 1 and not kind.inside & outside]
        ranges = [self._range(kind, asked.argument)[1] for kind in fitting]
        if None in ranges:
            return fitting[ranges.index(None)]
        kind = self._new(asked.condition, outside, ~outside)
        if kind is not None and self._range(kind, asked.argument)[1] is None:
            return kind
        candidates = [*fitting, *([kind] if kind is not None else [])]
        return max(candidates, key=lambda each: self._range(each, asked.argument)[1] or 0, default=None)

    def _kind(self, lacking: Sequence[int], full: int, liked: int, tight: int) -> _Kind | None:
        """A kind that fulfils a condition that lacks rows, as many others that do as can be, and none that is full."""
        fitting = [kind for kind in self._kinds if kind.inside & liked and not kind.inside & full]
        if fitting:
            return max(
                fitting,
                key=lambda kind: ((kind.inside & liked).bit_count(), -(kind.inside & tight).bit_count()),
            )
        for number in lacking:
            kind = self._new(number, full, liked)
            if kind is not None:
                return kind
        return None

    def _new(self, wanted: int, outside: int, liked: int) -> _Kind | None:
        """A kind that is in one condition and out of some, in what is liked where it can be, and out of all others."""
        if (wanted, outside) in self._none or outside >> wanted & 1:
            return None
        budget = Budget(STEPS)
        so_far: Narrowing | None = Narrowing({}, []).with_term(self.corpus, self.conditions[wanted], budget)
        for number, opposite in enumerate(self.opposites):
            if so_far is not None and outside >> number & 1:
                so_far = so_far.with_term(self.corpus, opposite, budget)
        if so_far is not None:
            kind = self._settled(so_far, 1 << wanted, 1 << wanted | outside, liked, budget)
            if kind is not None:
                return kind
        self._none.add((wanted, outside))
        return None

    def _settled(self, so_far: Narrowing, inside: int, settled: int, liked: int, budget: Budget) -> _Kind | None:
        """A kind of what some conditions have left, in others that are liked, and out of the rest, where it can be."""
        order = sorted(range(len(self.conditions)), key=lambda number: not liked >> number & 1)
        for number in order:
            if settled >> number & 1:
                continue
            ways = [(self.conditions[number], 1 << number), (self.opposites[number], 0)]
            for term, bit in ways if liked >> number & 1 else reversed(ways):
                closer = so_far.with_term(self.corpus, term, budget)
                if closer is not None:
                    so_far, inside = closer, inside | bit
                    break
        box = next(boxes(self.corpus, so_far.open, budget, so_far.box))
        if not self.fitting(self.corpus, box):
            return None
        self._kinds.append(_Kind(box, inside))
        return self._kinds[-1]

    def _mixed(self, least: Sequence[int], most: Sequence[int], sums: Sequence[_Sum]) -> list[PlannedRow] | None:
        """Rows of the kinds that were found before, their numbers solved for."""
        bounds = [
            Bound(number, low, None if high < 0 else high)
            for number, (low, high) in enumerate(zip(least, most, strict=True))
            if low > 0 or high >= 0
        ]
        arguments = list(dict.fromkeys(each.argument for each in sums))
        bounds += [Bound(each.condition, each.low, each.high, arguments.index(each.argument)) for each in sums]
        none = sum(1 << number for number, high in enumerate(most) if high == 0)
        wanted = sum(1 << bit for bit in {bound.bit for bound in bounds if bound.low > 0})
        asked = sum(1 << bit for bit in {bound.bit for bound in bounds})
        kinds: dict[Ingredient, _Kind] = {}
        # First those that count for much that is wanted, and for little else.
        for kind in sorted(
            self._kinds, key=lambda each: (each.inside & asked).bit_count() - 2 * (each.inside & wanted).bit_count()
        ):
            if len(kinds) == MOST_MIXED:
                break
            if kind.inside & wanted and not kind.inside & none:
                ranges = [self._range(kind, argument) for argument in arguments]
                low, high = tuple(low for low, _ in ranges), tuple(high for _, high in ranges)
                kinds.setdefault(Ingredient(kind.inside & asked, low, high), kind)
        doses = mixed(list(kinds), bounds, MOST_ROWS, self._context)
        if doses is None:
            return None
        found = []
        for kind, dose in zip(kinds.values(), doses, strict=True):
            each = [
                shared_out(argument.type, total, dose.rows, self._range(kind, argument))
                for argument, total in zip(arguments, dose.totals, strict=True)
            ]
            for numbers in islice(zip(*each, strict=True) if each else repeat(()), dose.rows):
                values = dict(zip(arguments, numbers, strict=True))
                found.append(PlannedRow(self.group, self.corpus, kind.box, values=values))
        return found

    # --- what is in them ------------------------------------------------------------------------------

    def _written(self, kinds: Sequence[_Kind], sums: Sequence[_Sum]) -> list[PlannedRow] | None:
        """The rows with numbers in them that keep the sums, raised from the least that each may be."""
        amounts: dict[ir.Value, list[int]] = {}
        rooms: dict[ir.Value, list[int | None]] = {}
        for each in sums:
            if each.argument not in amounts:
                ranges = [self._range(kind, each.argument) for kind in kinds]
                amounts[each.argument] = [low for low, _ in ranges]
                rooms[each.argument] = [None if high is None else high - low for low, high in ranges]
        for each in sums:
            now, room = amounts[each.argument], rooms[each.argument]
            mine = [place for place, kind in enumerate(kinds) if kind.inside >> each.condition & 1]
            lack = each.low - sum(now[place] for place in mine)
            for place in mine:
                if lack <= 0:
                    break
                free = room[place]
                raised = lack if free is None else min(lack, free)
                now[place] += raised
                room[place] = None if free is None else free - raised
                lack -= raised
            if lack > 0:
                return None
        for each in sums:
            total = sum(
                amounts[each.argument][place] for place, kind in enumerate(kinds) if kind.inside >> each.condition & 1
            )
            if each.high is not None and total > each.high:
                return None
        return [
            PlannedRow(
                self.group,
                self.corpus,
                kind.box,
                values={argument: _number(argument, now[place]) for argument, now in amounts.items()},
            )
            for place, kind in enumerate(kinds)
        ]

    def _range(self, kind: _Kind, argument: ir.Value) -> tuple[int, int | None]:
        """The least and the greatest number that a row may have, in last digits; near to 0 where it is open."""
        key = id(kind), argument
        if key not in self._ranges:
            self._ranges[key] = self._range_of(kind, argument)
        return self._ranges[key]

    def _range_of(self, kind: _Kind, argument: ir.Value) -> tuple[int, int | None]:
        axis = self.histories.normalizer.value_axis(argument, self.group[0])
        values: Values = axis.all
        if axis in self.corpus.numbers:
            number = self.corpus.numbers[axis]
            values = self.corpus.cells[number].values(kind.box.get(number, self.corpus.cells[number].full))
        if not isinstance(values, Ordered) or not values.stretches():
            return 0, 0
        low, high = ends(values)
        if low is None:
            low = 0 if high is None or high >= 0 else high
        return low, high


def _number(argument: ir.Value, place: int) -> Fraction:
    assert isinstance(argument.type, Number), "sums are of numbers"
    return number_at(argument.type, place)
