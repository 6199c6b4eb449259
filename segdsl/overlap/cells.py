"""The axes of many formulas cut into cells, so that a set of values is the bits of one number.

The constants that formulas use are all that can tell two values of an axis apart: between two neighbouring cuts all
values are alike. Within a cell nothing is decided, so whatever holds for some value of it holds for all.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

from segdsl.overlap.axes import Axis
from segdsl.overlap.domains import Cut, Listed, Ordered, Values, is_within, meet
from segdsl.overlap.formula import Formula, Test, tests

# What is known of the second axis when the first has one of the values.
Tie = Callable[[Axis, Values, Axis], Values]


class Cells:
    """The cells of one axis. Bit `n` of a mask stands for `parts[n]`, a set of values; `full` has a bit for each."""

    def __init__(self, axis: Axis, used: Iterable[Values]) -> None:
        self.axis = axis
        self._values: dict[int, Values] = {}
        all_ = axis.all
        if isinstance(all_, Ordered):
            cuts = sorted({cut for each in (all_, *used) if isinstance(each, Ordered) for cut in each.cuts})
            parts: list[Values] = [each for each in _stretches(cuts) if is_within(each, all_)]
            if all_.missing:
                parts.append(Ordered((), False, True))
        else:
            names = sorted({name for each in used if isinstance(each, Listed) for name in each.names}, key=repr)
            names = [name for name in names if all_.holds(name)]
            parts = [Listed(frozenset((name,)), False, False, all_.universe) for name in names]
            rest = Listed(frozenset(names), True, False).meet(all_)
            if not Listed(rest.names, rest.others, False).is_empty:
                parts.append(Listed(rest.names, rest.others, False, all_.universe))
            if all_.missing:
                parts.append(Listed(frozenset(), False, True, all_.universe))
        self.parts = parts
        self.full = (1 << len(parts)) - 1
        self._masks: dict[Values, int] = {}

    def mask(self, values: Values) -> int:
        """The cells that hold any of the values: exactly the values when they were `used`, else the cells around."""
        if values not in self._masks:
            found = 0
            for bit, part in enumerate(self.parts):
                if isinstance(part, Ordered) and isinstance(values, Ordered):
                    is_met = _meets(part, values)
                else:
                    is_met = not meet(part, values).is_empty
                if is_met:
                    found |= 1 << bit
            self._masks[values] = found
        return self._masks[values]

    def values(self, mask: int) -> Values:
        """All values of the cells in a mask."""
        if mask not in self._values:
            self._values[mask] = self._joined(mask)
        return self._values[mask]

    def _joined(self, mask: int) -> Values:
        joined = self.axis.all.meet(self.axis.all.complement())  # type: ignore[arg-type]
        for bit, part in enumerate(self.parts):
            if mask >> bit & 1:
                joined = (joined.complement().meet(part.complement())).complement()  # type: ignore[arg-type]
        return meet(joined, self.axis.all)


class Cuts:
    """The cells of axes and what they say of each other, for every way that formulas have cut them: each made once."""

    def __init__(self, tie: Tie, tied: Callable[[Axis], object]) -> None:
        self.tie, self.tied = tie, tied
        self._cells: dict[tuple[Axis, frozenset[Values]], Cells] = {}
        self._rows: dict[tuple[Cells, Cells], list[int]] = {}
        self._said: dict[tuple[Axis, Axis], dict[Values, Values]] = {}

    def cells(self, axis: Axis, used: Iterable[Values]) -> Cells:
        """The cells of an axis, cut where any of some sets of its values begin or end."""
        key = axis, frozenset(used)
        if key not in self._cells:
            self._cells[key] = Cells(*key)
        return self._cells[key]

    def rows(self, ours: Cells, theirs: Cells) -> list[int]:
        """For each cell of the first axis the cells of the second that it allows, and that allow it."""
        if (ours, theirs) not in self._rows:
            allowed = self._masks(ours, theirs)
            back = self._masks(theirs, ours)
            for bit, mask in enumerate(back):
                for own in range(len(allowed)):
                    if not mask >> own & 1:
                        allowed[own] &= ~(1 << bit)
            self._rows[ours, theirs] = allowed
        return self._rows[ours, theirs]

    def _masks(self, ours: Cells, theirs: Cells) -> list[int]:
        """For each cell of the first axis what it says of the second. Many ways to cut an axis have cells in common."""
        said = self._said.setdefault((ours.axis, theirs.axis), {})
        found = []
        for part in ours.parts:
            values = said.get(part)
            if values is None:
                values = said[part] = self.tie(ours.axis, part, theirs.axis)
            found.append(theirs.mask(values))
        return found


class Corpus:
    """The cells of all axes of some formulas about rows of one table, and what the axes say of each other."""

    def __init__(self, formulas: Iterable[Formula], cuts: Cuts) -> None:
        used: dict[Axis, dict[Values, None]] = {}
        for formula in formulas:
            for test in tests(formula):
                used.setdefault(test.axis, {})[test.values] = None
        self.axes = list(used)
        self.numbers = {axis: number for number, axis in enumerate(self.axes)}
        self.cells = [cuts.cells(axis, used[axis]) for axis in self.axes]
        self._cuts = cuts
        self._groups: dict[object, list[int]] = {}
        self._group_of: list[list[int]] = []
        for number, axis in enumerate(self.axes):
            group = self._groups.setdefault(cuts.tied(axis), [])
            group.append(number)
            self._group_of.append(group)
        self._encoded: dict[Test, tuple[int, int]] = {}
        self._rows: dict[tuple[int, int], list[int]] = {}
        self._implied: dict[tuple[int, int, int], int] = {}

    def encoded(self, test: Test) -> tuple[int, int]:
        """A test as the number of its axis and the cells that pass it."""
        found = self._encoded.get(test)
        if found is None:
            number = self.numbers[test.axis]
            found = self._encoded[test] = number, self.cells[number].mask(test.values)
        return found

    def group(self, number: int) -> list[int]:
        """The axes that may say something of each other, this one among them."""
        return self._group_of[number]

    def implied(self, first: int, mask: int, second: int) -> int:
        """The cells of the second axis that are left when the first is in one of the cells of `mask`."""
        key = (first, mask, second)
        if key not in self._implied:
            rows = self._rows.get((first, second))
            if rows is None:
                rows = self._rows[first, second] = self._cuts.rows(self.cells[first], self.cells[second])
            found = 0
            for bit, row in enumerate(rows):
                if mask >> bit & 1:
                    found |= row
            self._implied[key] = found
        return self._implied[key]


def _meets(part: Ordered, values: Ordered) -> bool:
    """Whether a cell (one stretch, or missing) holds any of the values: they hold its beginning, or begin inside."""
    if part.missing:
        return values.missing
    cuts = values.cuts
    if part.starts_in:
        passed, is_in = 0, values.starts_in
    else:
        passed = bisect_right(cuts, part.cuts[0])
        is_in = values.starts_in != bool(passed % 2)
    if is_in:
        return True
    last = part.cuts[-1] if len(part.cuts) == 2 or (part.starts_in and part.cuts) else None
    return passed < len(cuts) and (last is None or cuts[passed] < last)


def _stretches(cuts: list[Cut]) -> Iterator[Ordered]:
    """What lies before the first cut, between each two neighbours, and from the last one on."""
    if not cuts:
        yield Ordered((), True, False)
        return
    yield Ordered((cuts[0],), True, False)
    for start, end in pairwise(cuts):
        yield Ordered((start, end), False, False)
    yield Ordered((cuts[-1],), False, False)
