"""An example customer for a box: rows of all tables that lie in it, made to be read by a person.

In: a box and a moment. Out: a small world with one row of the entity. Nothing here is trusted: whoever asks lets the
reference evaluator look at the example before it is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import cast

from segdsl.overlap import members, moments, shares, spots, texts
from segdsl.overlap.axes import (
    Aggregate,
    Axis,
    Count,
    Family,
    Fits,
    Has,
    Share,
    Single,
    Time,
    Within,
    number_at,
    universe,
)
from segdsl.overlap.cells import Corpus
from segdsl.overlap.domains import ANYTHING, Listed, Ordered, Values
from segdsl.overlap.examples import NoExample
from segdsl.overlap.histories import Histories
from segdsl.overlap.rows import CannotBuild, planned
from segdsl.overlap.search import Box, Budget, boxes
from segdsl.semantics import ir
from segdsl.semantics.calendar import Clock
from segdsl.semantics.catalog import Table
from segdsl.semantics.types import Boolean, Date, Number, Text, TextList, Timestamp

Key = str | int
Stored = dict[str, object]
World = dict[str, list[Stored]]

# An example with more rows than this is nothing to look at.
MOST_ROWS = 3_000
STEPS = 20_000


@dataclass(frozen=True, slots=True)
class Example:
    """A row of `entity` and all that belongs to it, as `semantics.evaluate` takes them, seen at `as_of`."""

    entity: str
    key: Key
    world: World
    as_of: datetime


class Builder:
    """Makes rows, their keys told apart by a number for each table."""

    def __init__(self, histories: Histories, clock: Clock) -> None:
        self.histories, self.clock = histories, clock
        self.catalog = histories.normalizer.program.catalog
        self.world: World = {}
        self._made: dict[str, int] = {}

    def example(self, entity: str, corpus: Corpus, box: Box) -> Example:
        """Raises `CannotBuild`, and `moments.NoneFits` when another `as_of` may do."""
        stored, key = self._row(self.catalog.tables[entity], corpus, box, 0)
        del stored
        assert key is not None, "entities have keys"
        return Example(entity, key, self.world, self.clock.as_of)

    # --- one row --------------------------------------------------------------------------------------

    def _row(self, table: Table, corpus: Corpus, box: Box, nth: int) -> tuple[Stored, Key | None]:
        """Adds a row with all that it needs."""
        wanted = _Wanted(corpus, box)
        stored: Stored = {}
        key = self._key(table, wanted)
        if table.key is not None:
            stored[_name_of(table, table.key)] = key
        self.world.setdefault(table.name, []).append(stored)
        self._fill_required(table, stored)
        linked: dict[tuple[str, ...], tuple[Table, Stored]] = {(): (table, stored)}
        for value in wanted.values:
            self._put(value, wanted, linked, nth)
        if self._made[table.name] > MOST_ROWS:
            raise CannotBuild("the example would need very many rows")
        for (name, via), axes in wanted.histories.items():
            self._history(name, via, axes, wanted, key)
        return stored, key

    def _key(self, table: Table, wanted: _Wanted) -> Key | None:
        self._made[table.name] = count = self._made.get(table.name, 0) + 1
        if table.key is None:
            return None
        column = next((each for each in table.columns.values() if each.stored_as == table.key), None)
        is_whole = column is not None and isinstance(column.type, Number)
        if wanted.shares:
            found = shares.choose_key(wanted.shares, is_whole, count)
            if isinstance(found, NoExample):
                raise CannotBuild("no key was found for the samples")
            return found
        return count if is_whole else f"{table.name}-{count}"

    def _fill_required(self, table: Table, stored: Stored) -> None:
        for column in table.columns.values():
            if column.required and column.formula is None and column.coordinates is None and column.name not in stored:
                stored[column.name] = _any_value(column.type, self.clock)

    def _put(
        self, value: ir.Value, wanted: _Wanted, linked: dict[tuple[str, ...], tuple[Table, Stored]], nth: int
    ) -> None:
        """Gives the columns that a value is made of what the box wants of it."""
        match value:
            case ir.Column(path, _, name):
                chosen = self._choose(value, wanted, nth)
                if chosen is None and path and path not in linked:
                    return
                table, stored = self._linked(path, linked)
                column = table.columns[name]
                if column.coordinates is not None:
                    for each, number in zip(
                        column.coordinates, cast(Sequence[object], chosen or (None, None)), strict=True
                    ):
                        stored[each.stored_as] = number
                else:
                    stored[name] = chosen
            case ir.At(path):
                chosen = self._choose(value, wanted, nth)
                way = self.catalog.target(next(iter(linked.values()))[0].name, path).at_path
                table, stored = self._linked((*path, *(way or ())), linked)
                if table.at is not None:
                    stored[_name_of(table, table.at)] = chosen
            case ir.Day(inner) if isinstance(inner.type, Timestamp):
                day = self._choose(value, wanted, nth)
                if isinstance(day, date):
                    self._put_moment(inner, day, linked)

    def _put_moment(self, value: ir.Value, day: date, linked: dict[tuple[str, ...], tuple[Table, Stored]]) -> None:
        whole = ir.Range(day, day, span=value.span)
        sets = moments.window_tests(value, value.type, whole, self.clock.zone)
        if sets is None or not isinstance(value, (ir.Column, ir.At)):
            return
        table, stored = self._linked(value.path, linked)
        chosen = moments.choose(value.type, dict(sets), self.clock)
        if isinstance(value, ir.Column):
            stored[value.name] = chosen
        elif table.at is not None:
            stored[_name_of(table, table.at)] = chosen

    def _linked(
        self, path: tuple[str, ...], linked: dict[tuple[str, ...], tuple[Table, Stored]]
    ) -> tuple[Table, Stored]:
        """The row that a path leads to, made when it is not there yet."""
        if path not in linked:
            table, stored = self._linked(path[:-1], linked)
            link = table.links[path[-1]]
            target = self.catalog.tables[link.table]
            existing = stored.get(_name_of(table, link.column))
            found = next(
                (
                    row
                    for row in self.world.get(target.name, ())
                    if existing is not None
                    and target.key is not None
                    and row.get(_name_of(target, target.key)) == existing
                ),
                None,
            )
            if found is None:
                formula = self.histories.normalizer.seen(target.name)
                corpus = self.histories.corpus(formula)
                box = next(boxes(corpus, [formula], Budget(STEPS)), None)
                if box is None:
                    raise CannotBuild(f"no row of {target.name} may be there")
                found, key = self._row(target, corpus, box, 0)
                stored[_name_of(table, link.column)] = key
            linked[path] = target, found
        return linked[path]

    # --- one value ------------------------------------------------------------------------------------

    def _choose(self, value: ir.Value, wanted: _Wanted, nth: int) -> object:
        """What a value is to be, None for missing."""
        match value.type:
            case Date() | Timestamp():
                return moments.choose(value.type, wanted.times.get(value, {}), self.clock, nth)
            case Text():
                single = wanted.singles.get(value)
                all_ = single[0] if single else Listed(frozenset(), True, True)
                assert isinstance(all_, Listed)
                chosen = texts.choose(all_, cast(Listed, single[1]) if single else all_, wanted.fits.get(value, []))
                if isinstance(chosen, NoExample):
                    raise CannotBuild("no text was found that fits", impossible=chosen is NoExample.NONE_FITS)
                return chosen
            case TextList():
                single = wanted.singles.get(value)
                itself = cast(Ordered, single[1]) if single else ANYTHING
                chosen_list = members.choose(value.type, itself, wanted.members.get(value, []))
                if isinstance(chosen_list, NoExample):
                    raise CannotBuild("no list was found that fits", impossible=chosen_list is NoExample.NONE_FITS)
                return chosen_list
            case Number() as number:
                _, values = wanted.singles[value]
                assert isinstance(values, Ordered)
                return as_stored(pick(values, number), number)
            case Boolean():
                _, values = wanted.singles[value]
                assert isinstance(values, Listed)
                return None if values.missing else True in values.names
            case _:
                spot = spots.choose(wanted.spots.get(value, []), _must_be_known(wanted.singles.get(value)))
                if isinstance(spot, NoExample):
                    raise CannotBuild("no place was found that fits", impossible=spot is NoExample.NONE_FITS)
                return spot

    # --- many rows ------------------------------------------------------------------------------------

    def _history(
        self, name: str, via: tuple[str, ...], axes: dict[Axis, Values], wanted: _Wanted, key: Key | None
    ) -> None:
        """Adds the rows of one table that the counts and aggregates over them want."""
        table = self.catalog.tables[name]
        plan = planned(axes, self.histories)
        for row in plan.rows:
            try:
                stored, _ = self._row(table, plan.corpus, row.box, row.nth)
            except CannotBuild as error:
                # Another row might do, so nothing is proved.
                raise CannotBuild(error.why) from None
            stored.update(row.values)
            self._link_up(table, via, stored, key)

    def _link_up(self, table: Table, via: tuple[str, ...], stored: Stored, key: Key | None) -> None:
        """Lets a row lead to its customer, over rows in between that are made for it alone."""
        *way, last = via
        here: dict[tuple[str, ...], tuple[Table, Stored]] = {(): (table, stored)}
        holder, row = self._linked(tuple(way), here)
        row[_name_of(holder, holder.links[last].column)] = key


class _Wanted:
    """What a box wants of each value of a row."""

    def __init__(self, corpus: Corpus, box: Box) -> None:
        self.times: dict[ir.Value, dict[Family, Ordered]] = {}
        self.singles: dict[ir.Value, tuple[Values, Values]] = {}
        self.fits: dict[ir.Value, list[tuple[ir.TextMatch, bool]]] = {}
        self.members: dict[ir.Value, list[tuple[Has, bool]]] = {}
        self.spots: dict[ir.Value, list[tuple[ir.Near | ir.Inside, bool]]] = {}
        self.shares: dict[str, Ordered] = {}
        self.histories: dict[tuple[str, tuple[str, ...]], dict[Axis, Values]] = {}
        for number in sorted(box):
            axis = corpus.axes[number]
            self._add(axis, corpus.cells[number].values(box[number]))
        made = (self.times, self.singles, self.fits, self.members, self.spots)
        self.values = list(dict.fromkeys(value for found in made for value in found))

    def _add(self, axis: Axis, values: Values) -> None:
        match axis.about:
            case Time(value, family):
                assert isinstance(values, Ordered)
                self.times.setdefault(value, {})[family] = values
            case Single(value):
                self.singles[value] = axis.all, values
            case Fits(test):
                self._truth(self.fits, test.value, test, values)
            case Has(value) as has:
                self._truth(self.members, value, has, values)
            case Within(test):
                self._truth(self.spots, test.value, test, values)
            case Share(salt):
                assert isinstance(values, Ordered)
                self.shares[salt] = values
            case Count(rows) | Aggregate(_, rows):
                self.histories.setdefault((rows.table, rows.via), {})[axis] = values

    def _truth(self, found: dict, value: ir.Value, test: object, values: Values) -> None:  # type: ignore[type-arg]
        if isinstance(values, Listed) and len(values.names) == 1:
            found.setdefault(value, []).append((test, True in values.names))


def pick(values: Ordered, number: Number) -> Fraction | None:
    """A plain number of a set, None where missing alone is in it: a whole one near the end that bounds it."""
    stretches = values.stretches()
    if not stretches:
        return None
    low, high = stretches[0]
    step = Fraction(1) if number.quotient else Fraction(1, 10**number.scale)
    start = None if low is None else number_at(number, low[0]) + (step if low[1] else 0)
    end = None if high is None else number_at(number, high[0]) - (0 if high[1] else step)
    if start is None:
        return Fraction(0) if end is None or end >= 0 else Fraction(floor(end))
    if number.quotient and end is not None and start > end:
        assert low is not None and high is not None
        return (number_at(number, low[0]) + number_at(number, high[0])) / 2
    whole = Fraction(ceil(start))
    return whole if end is None or whole <= end else start


def as_stored(number: Fraction | None, type_: Number) -> int | Decimal | None:
    """A number as a row holds it."""
    if number is None:
        return None
    if type_.whole or (type_.scale == 0 and number.denominator == 1):
        return int(number)
    return Decimal(number.numerator * 10**type_.scale // number.denominator).scaleb(-type_.scale)


def _any_value(type_: object, clock: Clock) -> object:
    match type_:
        case Text(values):
            return values[0] if values else "a"
        case Number() as number:
            all_ = universe(number)
            assert isinstance(all_, Ordered)
            return as_stored(pick(all_, number), number)
        case Boolean():
            return False
        case Date() | Timestamp():
            return moments.choose(type_, {}, clock)
        case TextList():
            return []
    return None


def _name_of(table: Table, stored_as: str) -> str:
    """What a row calls a stored column: its declared name where there is one."""
    for column in table.columns.values():
        if column.formula is None and column.coordinates is None and column.stored_as == stored_as:
            return column.name
    return stored_as


def _must_be_known(found: tuple[Values, Values] | None) -> bool | None:
    """Whether a value must be known, must be missing, or may be either."""
    if found is None:
        return None
    values = found[1]
    return True if not values.missing else None if values.is_full else False
