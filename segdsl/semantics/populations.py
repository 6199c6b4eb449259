"""The reference meaning of comparing a customer with everyone: ranks, parts, statistics.

In: the rows of the entity, and what a value or a condition is of each. Out: what a comparison is of one of them.
Exact like all of the reference meaning; each population is found once.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from typing import Any, Generic, TypeVar, assert_never

from segdsl.semantics import ir
from segdsl.semantics.earth import Position

Row = TypeVar("Row")
Key = str | int
Scalar = str | bool | Fraction | date | tuple[str, ...] | Position | None


@dataclass(frozen=True, slots=True)
class Members:
    """One population: its values with the keys they belong to, the least first, equal ones by key."""

    values: tuple[tuple[Any, Key], ...]

    def rank(self, key: Key, lowest: bool) -> int | None:
        """The place of a key from 1; of equal values the smaller key comes first either way."""
        for place, (_, other) in enumerate(self.values if lowest else self.greatest_first(), start=1):
            if other == key:
                return place
        return None

    def greatest_first(self) -> list[tuple[Any, Key]]:
        # Sorting keeps the order of equal values: the smaller key first.
        return sorted(self.values, key=lambda pair: pair[0], reverse=True)


@dataclass(frozen=True, slots=True)
class Populations(Generic[Row]):
    """Everyone by key, and how one of them is looked at."""

    rows: Mapping[Key, Row]
    value_of: Callable[[ir.Value, Row], Scalar]
    holds: Callable[[ir.Condition, Row], bool]
    found: dict[int, dict[Scalar, Members]]

    def value(self, node: ir.Statistic | ir.Tile, row: Row, key: Key) -> Fraction | None:
        """What a comparison is of one row."""
        members = self._members(node.population, row)
        if members is None:
            return None
        match node:
            case ir.Statistic():
                return _statistic(node, [value for value, _ in members.values])
            case ir.Tile():
                rank = members.rank(key, lowest=True)
                return None if rank is None else Fraction(_tile(node, rank, len(members.values)))
            case _:
                assert_never(node)

    def is_among(self, node: ir.Ranked | ir.Bringing, row: Row, key: Key) -> bool:
        """Whether one row is one of those that a comparison picks."""
        members = self._members(node.population, row)
        if members is None:
            return False
        match node:
            case ir.Ranked(count=count, percent=percent, lowest=lowest):
                rank = members.rank(key, lowest)
                most = len(members.values) * Fraction(count) / 100 if percent else Fraction(count)
                return rank is not None and rank - 1 < most
            case ir.Bringing(share=share):
                return key in _bringing(members, share)
            case _:
                assert_never(node)

    def _members(self, population: ir.Population, row: Row) -> Members | None:
        """The population that a row's `per` leads to; none when it is missing."""
        if id(population) not in self.found:
            self.found[id(population)] = self._separated(population)
        per = self._per(population, row)
        return None if per is None else self.found[id(population)].get(per, Members(()))

    def _per(self, population: ir.Population, row: Row) -> Scalar:
        return True if population.per is None else self.value_of(population.per, row)

    def _separated(self, population: ir.Population) -> dict[Scalar, Members]:
        values: dict[Scalar, list[tuple[Any, Key]]] = {}
        for key, row in self.rows.items():
            value, per = self.value_of(population.value, row), self._per(population, row)
            is_compared = population.among is None or self.holds(population.among, row)
            if value is not None and per is not None and is_compared:
                values.setdefault(per, []).append((value, key))
        # The keys of one table are all texts or all whole numbers.
        return {per: Members(tuple(sorted(pairs))) for per, pairs in values.items()}


def _statistic(node: ir.Statistic, values: list[Fraction]) -> Fraction | None:
    """`values` are sorted."""
    if node.kind == "total":
        return sum(values, Fraction(0))
    if not values:
        return None
    if node.kind == "average":
        return sum(values, Fraction(0)) / len(values)
    assert node.share is not None, "a percentile has a share"
    place = Fraction(node.share) * (len(values) - 1)
    below = int(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (place - below) * (values[above] - values[below])


def _tile(node: ir.Tile, rank: int, count: int) -> int:
    if node.by_cut:
        cuts = [1 + Fraction(part, node.tiles) * (count - 1) for part in range(1, node.tiles)]
        return 1 + bisect_left(cuts, rank)
    size, larger = divmod(count, node.tiles)
    if rank <= larger * (size + 1):
        return (rank - 1) // (size + 1) + 1
    return larger + (rank - 1 - larger * (size + 1)) // size + 1


def _bringing(members: Members, share: Decimal) -> frozenset[Key]:
    """The fewest, greatest value first, whose values add up to the share of what all above zero bring."""
    bring = [(value, key) for value, key in members.greatest_first() if value > 0]
    sums = [Fraction(0), *accumulate(value for value, _ in bring)]
    wanted = Fraction(share) * sums[-1]
    return frozenset(key for before, (_, key) in zip(sums, bring, strict=False) if before < wanted)
