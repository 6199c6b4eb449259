"""Sets of the values that one axis may take, missing among them: the sets that conditions are made of.

Closed under meet, join and complement, and each set is written in one way alone, so equal sets are equal values.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

Place = int | Fraction
# A cut lies before a place, or after it: `(18, False)` begins what is at least 18, `(18, True)` what is more.
Cut = tuple[Place, bool]


@dataclass(frozen=True, slots=True)
class Ordered:
    """Some values of an ordered axis: those before the first cut when `starts_in`, and each cut turns that around."""

    cuts: tuple[Cut, ...]
    starts_in: bool
    missing: bool

    @property
    def is_empty(self) -> bool:
        return not self.missing and not self.starts_in and not self.cuts

    @property
    def is_full(self) -> bool:
        return self.missing and self.starts_in and not self.cuts

    def holds(self, place: Place | None) -> bool:
        """Whether a value is in the set; None asks of missing."""
        if place is None:
            return self.missing
        # A cut after the place itself is not passed yet.
        return self.starts_in != bool(bisect_right(self.cuts, (place, False)) % 2)

    def complement(self) -> Ordered:
        return Ordered(self.cuts, not self.starts_in, not self.missing)

    def meet(self, other: Ordered) -> Ordered:
        cuts: list[Cut] = []
        inside = starts_in = self.starts_in and other.starts_in
        mine, theirs = self.starts_in, other.starts_in
        for cut in sorted({*self.cuts, *other.cuts}):
            mine ^= cut in self.cuts
            theirs ^= cut in other.cuts
            if (mine and theirs) != inside:
                inside = not inside
                cuts.append(cut)
        return Ordered(tuple(cuts), starts_in, self.missing and other.missing)

    def stretches(self) -> list[tuple[Cut | None, Cut | None]]:
        """The stretches of values that are in, the least first; None is an open end."""
        ends: list[Cut | None] = [None, *self.cuts] if self.starts_in else list(self.cuts)
        if len(ends) % 2:
            ends.append(None)
        return list(zip(ends[::2], ends[1::2], strict=True))


@dataclass(frozen=True, slots=True)
class Listed:
    """Some values of an axis without order: those `names`, or with `others` all but those; texts, and `True`/`False`.

    Of an axis whose values are all known (`universe`), `others` is never set.
    """

    names: frozenset[str | bool]
    others: bool
    missing: bool
    universe: frozenset[str | bool] | None = None

    @property
    def is_empty(self) -> bool:
        return not self.missing and not self.others and not self.names

    @property
    def is_full(self) -> bool:
        return self.missing and (self.names == self.universe if self.universe is not None else self.is_open)

    @property
    def is_open(self) -> bool:
        return self.others and not self.names

    def holds(self, name: str | bool | None) -> bool:
        """Whether a value is in the set; None asks of missing."""
        return self.missing if name is None else (name in self.names) != self.others

    def complement(self) -> Listed:
        if self.universe is not None:
            return Listed(self.universe - self.names, False, not self.missing, self.universe)
        return Listed(self.names, not self.others, not self.missing)

    def meet(self, other: Listed) -> Listed:
        missing = self.missing and other.missing
        match self.others, other.others:
            case True, True:
                return Listed(self.names | other.names, True, missing, self.universe)
            case True, False:
                return Listed(other.names - self.names, False, missing, self.universe)
            case False, True:
                return Listed(self.names - other.names, False, missing, self.universe)
            case _:
                return Listed(self.names & other.names, False, missing, self.universe)


Values = Ordered | Listed

ANYTHING = Ordered((), True, True)
NOTHING = Ordered((), False, False)


def meet(left: Values, right: Values) -> Values:
    """The values in both. They are of one axis, so of one kind."""
    if isinstance(left, Ordered):
        assert isinstance(right, Ordered), "sets of one axis"
        return left.meet(right)
    assert isinstance(right, Listed), "sets of one axis"
    return left.meet(right)


def join(left: Values, right: Values) -> Values:
    """The values in either."""
    return meet(left.complement(), right.complement()).complement()


def is_within(inner: Values, outer: Values) -> bool:
    """Whether `outer` holds all that `inner` holds."""
    return meet(inner, outer) == inner


def at_least(place: Place, more: bool = False) -> Ordered:
    """What is known and at least `place`; with `more`, more than it."""
    return Ordered(((place, more),), False, False)


def at_most(place: Place, less: bool = False) -> Ordered:
    """What is known and at most `place`; with `less`, less than it."""
    return Ordered(((place, not less),), True, False)


def exactly(place: Place) -> Ordered:
    return Ordered(((place, False), (place, True)), False, False)


def known() -> Ordered:
    return Ordered((), True, False)


def named(names: Iterable[str | bool], universe: frozenset[str | bool] | None = None) -> Listed:
    """What is known and one of `names`; of a closed list, names beyond it are left out."""
    chosen = frozenset(names)
    return Listed(chosen if universe is None else chosen & universe, False, False, universe)


def any_name(universe: frozenset[str | bool] | None = None) -> Listed:
    """What is known."""
    return Listed(frozenset(), True, False) if universe is None else Listed(universe, False, False, universe)


TRUTHS: frozenset[str | bool] = frozenset((True, False))
TRUE = named((True,), TRUTHS)
FALSE = named((False,), TRUTHS)


def first_whole(cut: Cut) -> int:
    """The first whole number after a cut."""
    place, after = cut
    return floor(place) + 1 if after else ceil(place)
