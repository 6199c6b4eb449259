"""How all segments of one entity stand to each other, most of it without looking at any two of them alone.

A row's data fall into parts that no condition looks at together: the country, the orders, the visits. So two segments
share somebody when in every part there is an example that keeps what both ask there, for the examples of the parts are
one customer; and they share nobody when for every two ways to be in them some part holds nobody who goes both. Parts
have few different combinations of conditions, so millions of pairs cost thousands of examples. What is left open, and
segments that compare customers with each other, are looked at pair by pair.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from typing import Literal as OneOf
from zoneinfo import ZoneInfo

from segdsl.overlap.analysis import DEFAULT_DAY, Analysis, Somebody, Unknown, named_times, within
from segdsl.overlap.leaves import Leaves, TooMany, Way
from segdsl.overlap.parts import Part
from segdsl.overlap.search import Budget, boxes
from segdsl.overlap.sources import KEY, LooksAtOthers, Source, Sources
from segdsl.overlap.witness import Builder, Example, World, name_of
from segdsl.semantics.calendar import Clock
from segdsl.semantics.evaluate import truths

if TYPE_CHECKING:
    import numpy

Relation = OneOf["disjoint", "overlaps", "within", "contains", "equal", "unknown"]


class Matrix:
    """The segments `names`, all of `entity`."""

    def __init__(self, analysis: Analysis, entity: str, names: Sequence[str]) -> None:
        self.analysis, self.entity, self.names = analysis, entity, tuple(names)
        self.program = analysis.program
        self.leaves = Leaves(self.program)
        self.sources = Sources(self.program, entity)
        self.ways: dict[str, tuple[tuple[Way, ...], tuple[Way, ...]]] = {}
        for name in self.names:
            try:
                self.ways[name] = self.leaves.ways(name), self.leaves.ways(name, holds=False)
            except TooMany:
                continue
        self._take_apart()

    def _take_apart(self) -> None:
        """Sorts the conditions into parts; segments with a condition that is in none are looked at one by one."""
        looked_at: dict[int, frozenset[Source]] = {}
        for leaf, condition in enumerate(self.leaves.conditions):
            try:
                looked_at[leaf] = self.sources.of(condition)
            except LooksAtOthers:
                continue
        for name, both in list(self.ways.items()):
            if any(signed >> 1 not in looked_at for ways in both for way in ways for signed in way):
                del self.ways[name]
        presence = self.sources.of_presence()
        together = _joined([*looked_at.values(), presence])
        of_source = {source: group for group in together for source in group}
        leaves_of: dict[frozenset[Source], list[int]] = {}
        used = {signed >> 1 for both in self.ways.values() for ways in both for way in ways for signed in way}
        for leaf in sorted(used):
            leaves_of.setdefault(of_source[min(looked_at[leaf])], []).append(leaf)
        self.clock = self._clock(sorted(used))
        histories = self.analysis.histories
        self.parts = [
            Part(histories, self.entity, self.leaves.conditions, leaves, group, self.clock, bool(presence & group))
            for group, leaves in leaves_of.items()
        ]
        self._part_of = {leaf: place for place, part in enumerate(self.parts) for leaf in part.leaves}

    def _clock(self, leaves: Sequence[int]) -> Clock:
        """After all days that definitions name, and far enough for their windows to lie after them, too."""
        zone = ZoneInfo(self.program.timezone)
        formulas = [self.analysis.normalizer.condition(self.leaves.conditions[leaf], self.entity) for leaf in leaves]
        days, offsets = named_times(formulas)
        day = DEFAULT_DAY
        if days:
            ordinal = max(days) + max(map(abs, offsets), default=0) + 10
            day = date.fromordinal(min(max(ordinal, day.toordinal()), date.max.toordinal() - 400))
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=zone)
        return Clock(noon.astimezone(UTC), zone, self.program.week_starts)


def _joined(groups: Sequence[frozenset[Source]]) -> list[frozenset[Source]]:
    """The groups, those that share something joined to one."""
    owner: dict[Source, set[Source]] = {}
    for group in groups:
        whole = set(group)
        for source in group:
            whole |= owner.get(source, set())
        owner.update(dict.fromkeys(whole, whole))
    return [frozenset(each) for each in {id(each): each for each in owner.values()}.values()]
