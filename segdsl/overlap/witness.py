"""An example customer for a box: rows of all tables that lie in it, made to be read by a person.

In: a box and a moment. Out: a small world with one row of the entity. Nothing here is trusted: whoever asks lets the
reference evaluator look at the example before it is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
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
    Opaque,
    Order,
    Share,
    Single,
    Standing,
    Time,
    Within,
    number_at,
    or_missing,
    universe,
)
from segdsl.overlap.balance import Own, aggregates
from segdsl.overlap.cells import Corpus
from segdsl.overlap.counts import Fitting
from segdsl.overlap.domains import ANYTHING, Listed, Ordered, Values, exactly
from segdsl.overlap.examples import NoExample
from segdsl.overlap.histories import Histories
from segdsl.overlap.rows import CannotBuild, PlannedRow, planned
from segdsl.overlap.search import Box, Budget, boxes
from segdsl.overlap.settle import Free, Wish, place_of, settled, wished_columns
from segdsl.semantics import ir
from segdsl.semantics.calendar import Clock
from segdsl.semantics.catalog import Table
from segdsl.semantics.evaluate import Look
from segdsl.semantics.types import Boolean, Date, Number, Text, TextList, Timestamp

Key = str | int
Stored = dict[str, object]
World = dict[str, list[Stored]]
# The rows that paths lead to from a row.
Linked = dict[tuple[str, ...], tuple[Table, Stored]]

Plan = Callable[[Mapping[Axis, Values], Histories, Fitting, Own], list[PlannedRow]]

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


@dataclass(frozen=True, slots=True)
class _Belongs:
    """The row of `table` that the links `via` shall lead up to."""

    via: tuple[str, ...]
    table: Table
    stored: Stored
    key: Key


class Builder:
    """Makes rows, their keys told apart by a number for each table. With `reuse` rows in between lead to several.

    `plan` says which rows have the counts and sums that are wanted.
    """

    def __init__(self, histories: Histories, clock: Clock, reuse: bool = True, plan: Plan = planned) -> None:
        self.histories, self.clock, self.reuse, self.plan = histories, clock, reuse, plan
        self.catalog = histories.normalizer.program.catalog
        self.world: World = {}
        self._made: dict[str, int] = {}
        self._led_to: dict[str, list[Stored]] = {}

    def example(self, entity: str, corpus: Corpus, box: Box) -> Example:
        """Raises `CannotBuild`, and `moments.NoneFits` when another `as_of` may do."""
        _, key = self._row(self.catalog.tables[entity], corpus, box)
        assert key is not None, "entities have keys"
        return Example(entity, key, self.world, self.clock.as_of)

    def merge(self) -> None:
        """Lets rows lead to one row where those they lead to differ by nothing but their keys."""
        for name, rows in self._led_to.items():
            table = self.catalog.tables[name]
            if table.key is None:
                continue
            key = name_of(table, table.key)
            first: dict[str, object] = {}
            instead: dict[object, object] = {}
            for row in rows:
                content = repr(sorted((column, repr(value)) for column, value in row.items() if column != key))
                instead[row[key]] = first.setdefault(content, row[key])
            kept = set(first.values())
            self.world[name] = [row for row in self.world[name] if row[key] not in instead or row[key] in kept]
            for other in self.catalog.tables.values():
                for link in other.links.values():
                    column = name_of(other, link.column)
                    for row in self.world.get(other.name, ()) if link.table == name else ():
                        row[column] = instead.get(row.get(column), row.get(column))

    # --- one row --------------------------------------------------------------------------------------

    def _row(
        self,
        table: Table,
        corpus: Corpus,
        box: Box,
        key: Key | None = None,
        belongs: _Belongs | None = None,
        plan: PlannedRow | None = None,
    ) -> tuple[Stored, Key | None]:
        """Adds a row with all that it needs; `key` where something leads to it already."""
        wanted = _Wanted(corpus, box)
        stored: Stored = {}
        key = self._key(table, wanted) if key is None else key
        if table.key is not None:
            stored[name_of(table, table.key)] = key
        self.world.setdefault(table.name, []).append(stored)
        if sum(map(len, self.world.values())) > MOST_ROWS:
            raise CannotBuild("the example would need very many rows")
        self._fill_required(table, stored)
        linked: Linked = {(): (table, stored)}
        if belongs is not None:
            self._link_up(belongs, linked)
        for value in wanted.values:
            self._put(value, wanted, linked, 0 if plan is None else plan.nth)
        wishes = [*wanted.wishes, *self._asked(table, stored, plan)]
        if wanted.totals:
            self._history(wanted, table, stored, key)
        if wishes:
            self._settle(wishes, wanted, linked, plan)
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

    def _put(self, value: ir.Value, wanted: _Wanted, linked: Linked, nth: int) -> None:
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
                table, stored = self._holder(path, linked)
                if table.at is not None:
                    stored[name_of(table, table.at)] = chosen
            case ir.Day(ir.Column() | ir.At() as inner) if isinstance(inner.type, Timestamp):
                day = self._choose(value, wanted, nth)
                if isinstance(day, date):
                    self._put_moment(inner, day, linked)

    def _holder(self, path: tuple[str, ...], linked: Linked) -> tuple[Table, Stored]:
        """The row that holds the time of the row that `path` leads to."""
        way = self.catalog.target(linked[()][0].name, path).at_path
        return self._linked((*path, *(way or ())), linked)

    def _put_moment(self, value: ir.Column | ir.At, day: date, linked: Linked) -> None:
        sets = moments.window_tests(value, value.type, ir.Range(day, day, span=value.span), self.clock.zone)
        if sets is None:
            return
        chosen = moments.choose(value.type, dict(sets), self.clock)
        if isinstance(value, ir.Column):
            self._linked(value.path, linked)[1][value.name] = chosen
            return
        table, stored = self._holder(value.path, linked)
        if table.at is not None:
            stored[name_of(table, table.at)] = chosen

    def _linked(self, path: tuple[str, ...], linked: Linked) -> tuple[Table, Stored]:
        """The row that a path leads to, made when it is not there yet."""
        if path not in linked:
            table, stored = self._linked(path[:-1], linked)
            link = table.links[path[-1]]
            target = self.catalog.tables[link.table]
            existing = cast(Key | None, stored.get(name_of(table, link.column)))
            found = self._with_key(target, existing)
            if found is None:
                formula = self.histories.normalizer.seen(target.name)
                corpus = self.histories.corpus(formula)
                box = next(boxes(corpus, [formula], Budget(STEPS)), None)
                if box is None:
                    raise CannotBuild(f"no row of `{target.name}` may be there")
                found, key = self._row(target, corpus, box, existing)
                stored[name_of(table, link.column)] = key
                if existing is None:
                    self._led_to.setdefault(target.name, []).append(found)
            linked[path] = target, found
        return linked[path]

    def _with_key(self, table: Table, key: Key | None) -> Stored | None:
        if key is None or table.key is None:
            return None
        name = name_of(table, table.key)
        return next((row for row in self.world.get(table.name, ()) if row.get(name) == key), None)

    # --- what is computed -----------------------------------------------------------------------------

    def _asked(self, table: Table, stored: Stored, plan: PlannedRow | None) -> Iterator[Wish]:
        """Gives a row the values that sums ask of its columns; those that are computed are wishes."""
        for argument, value in () if plan is None else plan.values.items():
            match argument, value:
                case ir.Column((), _, name, Number() as type_), Fraction():
                    stored[name] = as_stored(value, type_)
                case ir.Column((), _, name), _:
                    stored[name] = value
                case _:
                    axis = self.histories.normalizer.value_axis(argument, table.name)
                    if isinstance(value, Fraction):
                        yield Wish(axis, exactly(place_of(argument, value) or 0))
                    elif isinstance(axis.all, Listed):
                        yield Wish(axis, Listed(frozenset((cast(str, value),)), False, False, axis.all.universe))

    def _settle(self, wishes: list[Wish], wanted: _Wanted, linked: Linked, plan: PlannedRow | None) -> None:
        """Raises `CannotBuild` when the wishes are not kept."""
        table, stored = linked[()]
        fixed = set() if plan is None else set(plan.values)
        free: list[Free] = []
        for wish in wishes:
            for value in dict.fromkeys(wished_columns(wish)):
                if value not in fixed and not any(each.value == value for each in free):
                    free += self._free(value, wanted, linked)
        look = Look(self.histories.normalizer.program, self.world, self.clock.as_of)
        if not settled(wishes, free, look, table.name, stored):
            raise CannotBuild("a small search found no rows for its sequence or calculation")

    def _free(self, value: ir.Column | ir.At, wanted: _Wanted, linked: Linked) -> Iterator[Free]:
        if isinstance(value, ir.At):
            table, stored = self._holder(value.path, linked)
            name = None if table.at is None else name_of(table, table.at)
        else:
            table, stored = self._linked(value.path, linked)
            name = value.name
        if name is None or (isinstance(value, ir.Column) and table.columns[name].coordinates is not None):
            return
        required = isinstance(value, ir.Column) and table.columns[name].required
        match value.type:
            case Date() | Timestamp() as type_:
                times = wanted.times.get(value, {})

                def allows(found: object) -> bool:
                    if found is None:
                        return not required and all(each.missing for each in times.values())
                    return isinstance(found, date) and moments.fits(type_, times, self.clock, found)

                if stored.get(name) is None and (not times or any(not each.missing for each in times.values())):
                    stored[name] = moments.choose(type_, times, self.clock)
                yield Free(value, stored, name, _days(self.clock), allows)
            case Number() | Text() | Boolean() as type_:
                all_ = universe(type_)
                values = wanted.singles[value][1] if value in wanted.singles else all_ if required else or_missing(all_)
                yield Free(value, stored, name, _edges(values, type_), lambda found: _holds(values, found, type_))

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

    def _history(self, wanted: _Wanted, table: Table, stored: Stored, key: Key | None) -> None:
        """Adds the rows that counts and other aggregates over them want."""
        if key is None:
            raise CannotBuild("rows that belong to a row without a key")

        def own(value: ir.Value) -> Fraction | None:
            match value:
                case ir.Column((), _, name) if isinstance(stored.get(name), (int, Decimal)):
                    return Fraction(cast(Decimal, stored[name]))
                case ir.Statistic():
                    return Fraction(0)
            return None

        plan = self.plan(wanted.totals, self.histories, self._fits, own)
        for row in sorted(plan, key=lambda each: len(each.group[1])):
            name, via, _ = row.group
            belongs = _Belongs(via, table, stored, key)
            try:
                self._row(self.catalog.tables[name], row.corpus, row.box, None, belongs, row)
            except CannotBuild as error:
                # Another row might do, so nothing is proved.
                raise CannotBuild(error.why) from None

    def _fits(self, corpus: Corpus, box: Box) -> bool:
        """Whether the moments of a box may be together at this `as_of`."""
        times: dict[ir.Value, dict[Family, Ordered]] = {}
        for number, mask in box.items():
            axis = corpus.axes[number]
            if isinstance(axis.about, Time):
                times.setdefault(axis.about.value, {})[axis.about.family] = cast(
                    Ordered, corpus.cells[number].values(mask)
                )
        try:
            for value, wanted in times.items():
                moments.choose(value.type, wanted, self.clock)
        except moments.NoneFits:
            return False
        return True

    def _link_up(self, belongs: _Belongs, linked: Linked) -> None:
        """Lets a row lead to the one that it belongs to, over rows in between."""
        *way, last = belongs.via
        if way and self.reuse:
            self._join(tuple(way), last, belongs, linked)
        holder, row = self._linked(tuple(way), linked)
        row[name_of(holder, holder.links[last].column)] = belongs.key
        linked[belongs.via] = belongs.table, belongs.stored

    def _join(self, way: tuple[str, ...], last: str, belongs: _Belongs, linked: Linked) -> None:
        """Takes for the row in between one that belongs to the same row already, if there is one."""
        table, stored = self._linked(way[:-1], linked)
        link = table.links[way[-1]]
        between = self.catalog.tables[link.table]
        name = name_of(between, between.links[last].column)
        for row in self.world.get(between.name, ()):
            if between.key is not None and row.get(name) == belongs.key:
                stored[name_of(table, link.column)] = row[name_of(between, between.key)]
                linked[way] = between, row
                return


class _Wanted:
    """What a box wants of each value of a row."""

    def __init__(self, corpus: Corpus, box: Box) -> None:
        self.times: dict[ir.Value, dict[Family, Ordered]] = {}
        self.singles: dict[ir.Value, tuple[Values, Values]] = {}
        self.fits: dict[ir.Value, list[tuple[ir.TextMatch, bool]]] = {}
        self.members: dict[ir.Value, list[tuple[Has, bool]]] = {}
        self.spots: dict[ir.Value, list[tuple[ir.Near | ir.Inside, bool]]] = {}
        self.shares: dict[str, Ordered] = {}
        self.totals: dict[Axis, Values] = {}
        self.wishes: list[Wish] = []
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
            case Order(left, right) if isinstance(values, Ordered) and _is_above_all(left, right, values):
                self.totals[axis] = values
            case (Single() | Order() | Opaque()) as about if compares(about):
                return
            case Single(value) | Order(value) if any(aggregates(value)) or _is_total(axis.about):
                self.totals[axis] = values
            case Single(ir.Column() as value):
                self.singles[value] = axis.all, values
            case Single() | Order() | Opaque():
                self.wishes.append(Wish(axis, values))
            case Fits(test):
                self._truth(self.fits, test.value, test, values)
            case Has(value) as has:
                self._truth(self.members, value, has, values)
            case Within(test):
                self._truth(self.spots, test.value, test, values)
            case Share(salt):
                assert isinstance(values, Ordered)
                self.shares[salt] = values
            case Count() | Aggregate():
                self.totals[axis] = values

    def _truth(self, found: dict, value: ir.Value, test: object, values: Values) -> None:  # type: ignore[type-arg]
        if isinstance(values, Listed) and len(values.names) == 1:
            found.setdefault(value, []).append((test, True in values.names))


def _is_above_all(left: ir.Value, right: ir.Value, values: Ordered) -> bool:
    """Whether a number of the row's own rows shall be greater than one of everyone: then it is more than nothing."""
    if isinstance(right, ir.Statistic):
        return values.holds(1) and any(aggregates(left))
    return isinstance(left, ir.Statistic) and values.holds(-1) and any(aggregates(right))


def compares(about: object) -> bool:
    """Whether an axis compares the row with others of its table."""
    match about:
        case Standing():
            return True
        case Single(value):
            return _compares(value)
        case Order(left, right):
            return _compares(left) or _compares(right)
        case Opaque(condition):
            return _compares(condition)
    return False


def _compares(node: ir.Node) -> bool:
    return isinstance(node, (ir.Statistic, ir.Tile)) or any(map(_compares, ir.children(node)))


def _is_total(about: object) -> bool:
    return isinstance(about, Order) and any(aggregates(about.right))


def _holds(values: Values, found: object, type_: Number | Text | Boolean) -> bool:
    """Whether a stored value is one of those allowed."""
    if found is None:
        return values.missing
    if isinstance(values, Ordered):
        assert isinstance(type_, Number)
        return values.holds(Fraction(cast(Decimal, found)) * (1 if type_.quotient else 10**type_.scale))
    return values.holds(cast(str, found))


def _days(clock: Clock) -> tuple[date, ...]:
    """Days of long ago that tell parts of dates and anniversaries apart: around `as_of`'s and where months end."""
    back = date(1996, clock.today.month, min(clock.today.day, 28))
    near = [back + timedelta(days=days) for days in (0, 1, -1, 2, -2, 3, -3, 5, -5, 7, -7, 14, -14, 25, -25)]
    ends = [date(1996, month, day) for month in range(1, 13) for day in (1, 15, 29)]
    return (*near, *ends, date(1996, 2, 28), date(1996, 12, 31), *(date(1996, 1, day) for day in range(1, 32)))


def _edges(values: Values, type_: Number | Text | Boolean) -> tuple[object, ...]:
    """Values at the rims of what is allowed."""
    if isinstance(values, Ordered):
        assert isinstance(type_, Number)
        return tuple(number_at(type_, place) for place, _ in values.cuts)
    return () if values.others else tuple(sorted(values.names, key=repr))


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


def name_of(table: Table, stored_as: str) -> str:
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
