"""Segments taken apart: by the ways to be in them, and each way by the parts of the data that it asks something of.

In: segments of one entity. Out: parts (`parts`), and for every segment the combinations of conditions that its ways ask
of each. Promised: the parts look at no data in common, so examples of different parts, all seen at one moment, can be
put together to one customer who keeps what each of them keeps.

A way with a condition that no part decides (a rank among all customers) goes on without it, and is not `exact`: whoever
is apart from it is apart from the whole way, but an example of it may not go the whole way.
"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import product
from zoneinfo import ZoneInfo

from segdsl.overlap.analysis import DEFAULT_DAY, Analysis, named_times
from segdsl.overlap.leaves import Leaves, TooMany, Way
from segdsl.overlap.parts import Part
from segdsl.overlap.search import Budget, boxes
from segdsl.overlap.sources import KEY, LooksAtOthers, Source, Sources
from segdsl.overlap.witness import Builder, Example, Key, Stored, World, name_of
from segdsl.semantics.calendar import Clock
from segdsl.semantics.catalog import Table

STEPS = 20_000


@dataclass(frozen=True, slots=True)
class Combination:
    """What a way asks: by part, the number of the conditions that it asks for there."""

    asked: Mapping[int, int]
    exact: bool


class Composition:
    """The segments `names`, all of `entity`: the ways to be in each (`inside`), and out of each (`outside`).

    Examples are for a day that no definition names, the first of `month` if one is given.
    """

    def __init__(self, analysis: Analysis, entity: str, names: Sequence[str], month: int | None = None) -> None:
        self.analysis, self.entity, self._month = analysis, entity, month
        self.program = analysis.program
        self._leaves = Leaves(self.program)
        self._plain: Example | None = None
        self._is_settled = False
        self._sources = Sources(self.program, entity)
        inside = [self._ways(name, True) for name in names]
        outside = [self._ways(name, False) for name in names]
        self._take_apart()
        self.inside = [self._combined(ways) for ways in inside]
        self.outside = [self._combined(ways) for ways in outside]

    def _ways(self, name: str, holds: bool) -> tuple[Way, ...] | None:
        try:
            return self._leaves.ways(name, holds)
        except TooMany:
            return None

    def _take_apart(self) -> None:
        looked_at: dict[int, frozenset[Source]] = {}
        for leaf, condition in enumerate(self._leaves.conditions):
            try:
                looked_at[leaf] = self._sources.of(condition)
            except LooksAtOthers:
                continue
        presence = self._sources.of_presence()
        of_source = {source: group for group in _joined([*looked_at.values(), presence]) for source in group}
        leaves_of: dict[frozenset[Source], list[int]] = {}
        for leaf, sources in looked_at.items():
            leaves_of.setdefault(of_source[min(sources)], []).append(leaf)
        self.clock = self._clock(looked_at)
        self.parts = [
            Part(
                self.analysis.histories,
                self.entity,
                {leaf: self._leaves.conditions[leaf] for leaf in leaves},
                tuple(sorted(group)),
                self.clock,
                decides_presence=bool(presence & group),
            )
            for group, leaves in leaves_of.items()
        ]
        self._part_of = {leaf: place for place, part in enumerate(self.parts) for leaf in part.conditions}

    def _clock(self, leaves: Iterable[int]) -> Clock:
        """Later than all days that definitions name, so far that moving windows may lie after them, too."""
        zone = ZoneInfo(self.program.timezone)
        conditions = (self._leaves.conditions[leaf] for leaf in leaves)
        days, offsets = named_times(self.analysis.normalizer.condition(each, self.entity) for each in conditions)
        day = DEFAULT_DAY.toordinal()
        if days:
            day = max(day, max(days) + max(map(abs, offsets), default=0) + 10)
        chosen = date.fromordinal(min(day, date.max.toordinal() - 800))
        if self._month is not None:
            # Of a year in which February is short.
            chosen = date(chosen.year + (2 if isleap(chosen.year + 1) else 1), self._month, 1)
        noon = datetime.combine(chosen, time(12), tzinfo=zone)
        return Clock(noon.astimezone(UTC), zone, self.program.week_starts)

    def _combined(self, ways: tuple[Way, ...] | None) -> list[Combination]:
        if ways is None:
            return [Combination({}, exact=False)]
        found = []
        for way in ways:
            by_part: dict[int, set[int]] = {}
            exact = True
            for signed in way:
                part = self._part_of.get(signed >> 1)
                if part is None:
                    exact = False
                else:
                    by_part.setdefault(part, set()).add(signed)
            asked = {part: self.parts[part].number(frozenset(signs)) for part, signs in by_part.items()}
            found.append(Combination(asked, exact))
        return found

    def settle(self) -> None:
        """Finds out, once, which combinations may be together: those of ways into segments with those of all ways."""
        if self._is_settled:
            return
        self._is_settled = True
        for place, part in enumerate(self.parts):
            part.close()
            everything = (1 << len(part.ways)) - 1
            first = {each.asked[place] for ways in self.inside for each in ways if place in each.asked}
            wanted = sum(1 << number for number in first)
            for number in range(len(part.ways)):
                # An example of each by itself is needed wherever the other segment asks nothing of the part.
                part.want(number, everything if number in first else wanted | 1 << number)
            part.settle()

    def settle_pairs(self, pairs: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
        """Those of some pairs of segments that are found to share somebody."""
        left = [
            (pair, one.asked, other.asked)
            for pair in pairs
            for one, other in product(self.inside[pair[0]], self.inside[pair[1]])
            if one.exact and other.exact
        ]
        for place, part in sorted(enumerate(self.parts), key=lambda each: len(each[1].ways)):
            asked = []
            for _, one, other in left:
                number = one.get(place, other.get(place))
                asked.append(None if number is None else (number, other.get(place, number)))
            part.close()
            for each in asked:
                if each is not None:
                    part.want(each[0], 1 << each[1])
                    part.want(each[1], 1 << each[0])
            part.settle()
            left = [
                way for way, each in zip(left, asked, strict=True) if each is None or part.meets[each[0]] >> each[1] & 1
            ]
        return {pair for pair, _, _ in left}

    # --- examples -------------------------------------------------------------------------------------

    def example(self, left: int, right: int) -> Example | None:
        """A customer in two segments, put together of examples of the parts; None where a part has none of both."""
        for one in self.inside[left]:
            for other in self.inside[right]:
                if one.exact and other.exact:
                    chosen = self._chosen(one, other)
                    if chosen is not None:
                        return self._put_together(chosen)
        return None

    def _chosen(self, one: Combination, other: Combination) -> dict[int, Example] | None:
        found = {}
        for place in sorted({*one.asked, *other.asked}):
            first = one.asked.get(place, other.asked.get(place))
            second = other.asked.get(place, first)
            assert first is not None and second is not None
            example = self.parts[place].shared(first, second)
            if example is None:
                return None
            found[place] = example
        return found

    def _put_together(self, chosen: Mapping[int, Example]) -> Example:
        """One row of the entity with the columns and the rows of other tables that each part's example has."""
        table = self.program.catalog.tables[self.entity]
        assert table.key is not None, "entities have keys"
        base = self._base()
        keys = [example.key for place, example in chosen.items() if KEY in self.parts[place].sources]
        key = keys[0] if keys else base.key
        own = _row(base, table)
        world: World = {name: rows for name, rows in base.world.items() if name != self.entity}
        for place, example in chosen.items():
            row = _row(example, table)
            for source in self.parts[place].sources:
                for name in self._sources.columns(source):
                    own.pop(name, None)
                    if name in row:
                        own[name] = row[name]
                if source[0] == "table":
                    world[source[1]] = self._led_to(key, example, source[1])
        own[name_of(table, table.key)] = key
        rows = {name: rows for name, rows in world.items() if rows}
        return Example(self.entity, key, {self.entity: [own], **rows}, base.as_of)

    def _led_to(self, key: Key, example: Example, name: str) -> list[Stored]:
        """The rows of a table in an example, those that belong to its row leading to `key` instead."""
        table = self.program.catalog.tables[name]
        links = [name_of(table, link.column) for link in table.links.values() if link.table == self.entity]
        found = [dict(row) for row in example.world.get(name, ())]
        for row in found:
            row.update({link: key for link in links if row.get(link) == example.key})
        return found

    def _base(self) -> Example:
        """A row of which nothing is asked but that it is there. There are examples, so there may be rows."""
        if self._plain is None:
            formula = self.analysis.normalizer.seen(self.entity)
            corpus = self.analysis.histories.corpus(formula)
            box = next(boxes(corpus, [formula], Budget(STEPS)))
            self._plain = Builder(self.analysis.histories, self.clock).example(self.entity, corpus, box)
        return self._plain


def _row(example: Example, table: Table) -> Stored:
    """The row of the entity itself in an example, under the names that it is declared with."""
    assert table.key is not None, "entities have keys"
    key = name_of(table, table.key)
    return dict(next(row for row in example.world[example.entity] if row.get(key) == example.key))


def _joined(groups: Iterable[frozenset[Source]]) -> list[frozenset[Source]]:
    """The groups, those that share something joined to one."""
    owner: dict[Source, set[Source]] = {}
    for group in groups:
        whole = set(group)
        for source in group:
            whole |= owner.get(source, set())
        owner.update(dict.fromkeys(whole, whole))
    return [frozenset(each) for each in {id(each): each for each in owner.values()}.values()]
