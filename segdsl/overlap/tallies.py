"""Bounds on numbers of rows and on sums that no rows can keep, told by adding up, where a solver would take long.

In: how many rows there must be of some sets and may be of others, and what sums come to at least. Out: whether that is
impossible, which is a proof; nothing is said otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import combinations

from segdsl.overlap.axes import Aggregate, Count, RowSet, number_cut
from segdsl.overlap.cells import Corpus
from segdsl.overlap.domains import Ordered, at_least, first_whole
from segdsl.overlap.formula import all_of, test
from segdsl.overlap.histories import Histories
from segdsl.overlap.search import Box
from segdsl.semantics.types import Number

# So many sets of rows are added up at most.
MOST_ADDED = 8


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is asked of sets of rows: so many `least` of them, so many at `most`; and of sums, in last digits."""

    least: Mapping[RowSet, int] = field(default_factory=dict)
    most: Mapping[RowSet, int] = field(default_factory=dict)
    sums: Mapping[Aggregate, int] = field(default_factory=dict)

    def joined(self, other: Bounds) -> Bounds:
        """What both ask."""
        least, most, sums = dict(self.least), dict(self.most), dict(self.sums)
        for rows, number in other.least.items():
            least[rows] = max(number, least.get(rows, number))
        for rows, number in other.most.items():
            most[rows] = min(number, most.get(rows, number))
        for about, number in other.sums.items():
            sums[about] = max(number, sums.get(about, number))
        return Bounds(least, most, sums)


def bounds(corpus: Corpus, box: Box) -> Bounds:
    """What a box asks of numbers of rows, and of sums of numbers that are never below zero."""
    found = Bounds({}, {}, {})
    for number, mask in box.items():
        about = corpus.axes[number].about
        values = corpus.cells[number].values(mask)
        if not isinstance(about, Count | Aggregate) or not isinstance(values, Ordered) or values.missing:
            continue
        stretches = values.stretches()
        if not stretches:
            continue
        low, high = stretches[0][0], stretches[-1][1]
        if isinstance(about, Count):
            if low is not None and first_whole(low) > 0:
                found.least[about.rows] = first_whole(low)  # type: ignore[index]
            if high is not None:
                found.most[about.rows] = first_whole(high) - 1  # type: ignore[index]
        elif about.function == "sum" and low is not None and first_whole(low) > 0:
            found.sums[about] = first_whole(low)  # type: ignore[index]
    return found


class Tallies:
    """Remembers which sets of rows hold others and which share none."""

    def __init__(self, histories: Histories) -> None:
        self.histories = histories
        self._shares: dict[tuple[RowSet, RowSet], bool] = {}
        self._caps: dict[tuple[Aggregate, RowSet], Fraction | None] = {}

    def rule_out(self, asked: Bounds) -> bool:
        """Whether no rows keep all bounds."""
        for rows, most in asked.most.items():
            parts = [(part, least) for part, least in asked.least.items() if self._is_in(part, rows)]
            if sum(least for _, least in parts) > most and self._greatest(parts) > most:
                return True
            for about, least in asked.sums.items():
                if self._is_in(about.rows, rows):
                    caps = list(self._all_caps(about, asked))
                    if caps and least > min(caps) * most:
                        return True
        return False

    def _is_in(self, inner: RowSet, outer: RowSet) -> bool:
        same = (inner.table, inner.via, inner.ahead) == (outer.table, outer.via, outer.ahead)
        return same and self.histories.is_within(inner.where, outer)

    def _greatest(self, parts: Sequence[tuple[RowSet, int]]) -> int:
        """The most that sets of which no two share a row add up to."""
        best = 0
        for size in range(1, len(parts) + 1):
            for chosen in combinations(parts[:MOST_ADDED], size):
                total = sum(least for _, least in chosen)
                if total > best and not any(
                    self._may_share(one, other) for (one, _), (other, _) in combinations(chosen, 2)
                ):
                    best = total
        return best

    def _may_share(self, one: RowSet, other: RowSet) -> bool:
        key = (one, other)
        if key not in self._shares:
            self._shares[key] = self.histories.possible(all_of((one.where, other.where)))
        return self._shares[key]

    def _all_caps(self, about: Aggregate, asked: Bounds) -> Iterator[Fraction]:
        """What no number of a sum lies above: as declared, or since there are no rows of more."""
        type_ = about.argument.type
        assert isinstance(type_, Number), "sums are of numbers"
        if type_.high is not None and not type_.quotient:
            yield number_cut(type_, type_.high, after=False)[0]  # type: ignore[misc]
        for rows, most in asked.most.items():
            if most == 0:
                cap = self._cap(about, rows)
                if cap is not None:
                    yield cap

    def _cap(self, about: Aggregate, none: RowSet) -> Fraction | None:
        """What all numbers of a sum lie at or below when there are no rows of a set; None when that says nothing."""
        key = (about, none)
        if key not in self._caps:
            self._caps[key] = None
            least = self.histories.least(about.argument, none)
            type_ = about.argument.type
            if least > 0 and isinstance(type_, Number) and not type_.quotient:
                axis = self.histories.normalizer.value_axis(about.argument, none.table)
                place = number_cut(type_, least, after=False)[0]
                more = all_of((about.rows.where, test(axis, at_least(place))))
                if about.rows.table == none.table and self._is_in(replace(about.rows, where=more), none):
                    self._caps[key] = Fraction(place) - 1
        return self._caps[key]
