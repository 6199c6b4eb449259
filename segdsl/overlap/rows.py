"""Rows that together have the counts, sums and other aggregates that a box wants of them.

In: the axes over rows of one table, each with the values it may have. Out: for every row to be made a box of the row's
own axes, and the values that the aggregates ask of it. Rows are added for the strictest condition that lacks some, kept
out of the conditions that have enough; where that leads nowhere, numbers of rows are solved for (`counts`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from segdsl.overlap.axes import FROM_ZERO, Aggregate, Axis, Count, RowSet, Single, number_at, universe
from segdsl.overlap.cells import Corpus
from segdsl.overlap.domains import Listed, Ordered, Values, meet
from segdsl.overlap.formula import Formula, all_of, complement
from segdsl.overlap.histories import Histories
from segdsl.overlap.search import Box, Budget, TooHard, boxes
from segdsl.semantics import ir
from segdsl.semantics.types import Number, Text

# An example with more rows than this is nothing to look at.
MOST_ROWS = 3_000
MOST_KINDS = 60
STEPS = 20_000


class CannotBuild(Exception):
    """No rows were found for a box. `impossible` when that is a proof that there are none."""

    def __init__(self, why: str, impossible: bool = False) -> None:
        super().__init__(why)
        self.why, self.impossible = why, impossible


@dataclass(slots=True)
class PlannedRow:
    """A row to be made. `nth` spreads rows over time: later ones have smaller numbers. `values` are by column."""

    box: Box
    inside: frozenset[int]
    nth: int = 0
    values: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    corpus: Corpus
    rows: list[PlannedRow]


@dataclass(frozen=True, slots=True)
class _Set:
    """Rows that are counted; `edge` when one of them must be the first or last of `of` (a number of another set)."""

    where: Formula
    allowed: Ordered
    edge: str = ""


def planned(axes: Mapping[Axis, Values], histories: Histories) -> Plan:
    """Raises `CannotBuild`."""
    sets = _sets(axes, histories)
    corpus = histories.corpus(*(each.where for each in sets), *(complement(each.where) for each in sets))
    try:
        rows = _added(sets, corpus, histories)
    except (CannotBuild, TooHard):
        rows = _solved(sets, corpus)
    _spread(rows, sets)
    _fill(axes, rows, sets, corpus)
    return Plan(corpus, rows)


def _sets(axes: Mapping[Axis, Values], histories: Histories) -> list[_Set]:
    """The conditions on rows that the axes count, and those that some row must fulfil."""
    found: dict[tuple[Formula, str], Ordered] = {}

    def add(where: Formula, allowed: Ordered, edge: str = "") -> None:
        found[where, edge] = found.get((where, edge), FROM_ZERO).meet(allowed)

    some = Ordered(((1, False),), False, False)
    for axis, values in axes.items():
        match axis.about:
            case Count(rows):
                assert isinstance(values, Ordered)
                add(rows.where, values)
            case Aggregate("count distinct", rows, argument) if isinstance(values, Ordered) and not values.holds(0):
                least = values.cuts[0][0] if values.cuts and not values.starts_in else 1
                known = histories.normalizer.known(argument, rows.table, argument.span)
                add(all_of((rows.where, known)), Ordered(((least, False),), False, False))
                add(rows.where, FROM_ZERO)
            case Aggregate("sum", rows):
                add(rows.where, FROM_ZERO if isinstance(values, Ordered) and values.holds(0) else some)
            case Aggregate(("first" | "last") as function, rows) if not values.missing:
                add(histories.normalizer.rows_with(axis.about, values), some, function)
                add(rows.where, some)
            case Aggregate("avg" | "mode", rows) if not values.missing:
                add(rows.where, some)
    return [_Set(where, allowed, edge) for (where, edge), allowed in found.items()]


# --- how many of which ----------------------------------------------------------------------------


def _added(sets: Sequence[_Set], corpus: Corpus, histories: Histories) -> list[PlannedRow]:
    counts = [0] * len(sets)
    order = _strictest_first(sets, histories)
    rows: list[PlannedRow] = []
    for _ in range(MOST_KINDS):
        lacking = [number for number in order if not sets[number].allowed.holds(counts[number])]
        if not lacking:
            return rows
        row, times = _kind(lacking[0], sets, counts, corpus)
        if len(rows) + times > MOST_ROWS:
            raise CannotBuild("the example would need very many rows")
        for number in row.inside:
            counts[number] += times
        rows += [PlannedRow(row.box, row.inside) for _ in range(times)]
    raise CannotBuild("no rows were found that fit together")


def _strictest_first(sets: Sequence[_Set], histories: Histories) -> list[int]:
    around = {
        number: sum(not histories.possible(each.where, complement(other.where)) for other in sets if other is not each)
        for number, each in enumerate(sets)
    }
    return sorted(around, key=lambda number: (not sets[number].edge, -around[number], number))


def _kind(wanted: int, sets: Sequence[_Set], counts: Sequence[int], corpus: Corpus) -> tuple[PlannedRow, int]:
    """A row for one condition, and how many of it: kept out of the others where it can be and they do not need it."""
    terms = [sets[wanted].where]
    inside = {wanted}
    for number, each in enumerate(sets):
        if number == wanted:
            continue
        room = _room(each.allowed, counts[number])
        needs = not each.allowed.holds(counts[number])
        for is_in in (True, False) if needs and room else (False, True):
            term = each.where if is_in else complement(each.where)
            if (not is_in or room) and next(boxes(corpus, [*terms, term], Budget(STEPS)), None) is not None:
                terms.append(term)
                if is_in:
                    inside.add(number)
                break
        else:
            raise CannotBuild("no rows were found that fit together")
    box = next(boxes(corpus, terms, Budget(STEPS)), None)
    if box is None:
        # No row is like that, as in `min(order.amount where amount >= 10) <= 5`.
        raise CannotBuild("no rows were found that fit together")
    times = _lack(sets[wanted].allowed, counts[wanted])
    rooms = [_room(sets[number].allowed, counts[number]) for number in inside]
    return PlannedRow(box, frozenset(inside)), max(1, min([times, *(room for room in rooms if room is not None)]))


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


def _solved(sets: Sequence[_Set], corpus: Corpus) -> list[PlannedRow]:
    from segdsl.overlap.counts import solve

    found = solve([each.where for each in sets], [each.allowed for each in sets], corpus)
    if sum(times for _, _, times in found) > MOST_ROWS:
        raise CannotBuild("the example would need very many rows")
    return [PlannedRow(box, inside) for box, inside, times in found for _ in range(times)]


def _spread(rows: list[PlannedRow], sets: Sequence[_Set]) -> None:
    """Orders the rows in time: those that must be last come last, those that must be first long before."""

    def place(row: PlannedRow) -> int:
        edges = {sets[number].edge for number in row.inside}
        return 0 if "last" in edges else 2 if "first" in edges else 1

    for nth, row in enumerate(sorted(rows, key=place)):
        row.nth = nth


# --- what is in them ------------------------------------------------------------------------------


def _fill(axes: Mapping[Axis, Values], rows: list[PlannedRow], sets: Sequence[_Set], corpus: Corpus) -> None:
    """Gives rows the values that sums, averages and numbers of different values want."""
    numbers = {(each.where, each.edge): number for number, each in enumerate(sets)}
    touched: set[int] = set()
    for axis, values in sorted(axes.items(), key=lambda pair: _members(pair[0], rows, numbers)):
        about = axis.about
        if not isinstance(about, Aggregate) or (about.rows.where, "") not in numbers:
            continue
        members = [row for row in rows if numbers[about.rows.where, ""] in row.inside]
        match about.function, about.argument:
            case ("sum" | "avg"), ir.Column((), _, name, Number() as type_) if members and isinstance(values, Ordered):
                wanted = values if about.function == "sum" else _times(values, len(members), type_)
                _share_out(wanted, members, name, type_, about, corpus, touched)
            case "count distinct", ir.Column((), _, name) if members and isinstance(values, Ordered):
                _vary(values, members, name, about, corpus)


def _members(axis: Axis, rows: Sequence[PlannedRow], numbers: Mapping[tuple[Formula, str], int]) -> int:
    """The number of rows that an aggregate looks at: narrow ones are settled before wide ones."""
    if not isinstance(axis.about, Aggregate):
        return 0
    number = numbers.get((axis.about.rows.where, ""))
    return sum(number in row.inside for row in rows)


def _times(values: Ordered, count: int, type_: Number) -> Ordered:
    """An average over so many rows as their sum, in places of the column's type."""
    scale = count * 10**type_.scale
    return Ordered(tuple((Fraction(place) * scale, after) for place, after in values.cuts), values.starts_in, False)


def _share_out(
    wanted: Ordered, members: list[PlannedRow], name: str, type_: Number, about: Aggregate, corpus: Corpus, touched: set[int]
) -> None:
    """Sets a column of the rows so that its sum is one of the values, moving single rows as far as they may go."""
    from segdsl.overlap.witness import as_stored

    free = [row for row in members if id(row) not in touched] or members
    places: dict[int, int] = {}
    for row in members:
        kept = row.values.get(name)
        allowed = _allowed(row, about.argument, about.rows.table, corpus)
        if kept is not None:
            places[id(row)] = int(Fraction(str(kept)) * 10**type_.scale)
        else:
            places[id(row)] = _nearest(allowed, 0)
    for row in free:
        total = sum(places.values())
        target = _nearest(wanted, total)
        if target == total:
            break
        allowed = _allowed(row, about.argument, about.rows.table, corpus)
        places[id(row)] = _nearest(allowed, places[id(row)] + target - total)
    for row in members:
        touched.add(id(row))
        row.values[name] = as_stored(number_at(type_, places[id(row)]), type_)


def _nearest(values: Ordered, place: int) -> int:
    """The whole place in a set that is nearest to `place`."""
    if values.holds(place):
        return place
    ends: list[int] = []
    for low, high in values.stretches():
        if low is not None:
            ends.append(_whole_after(low))
        if high is not None:
            ends.append(_whole_after(high) - 1)
    fitting = [end for end in ends if values.holds(end)]
    if not fitting:
        raise CannotBuild("no sum was found that fits")
    return min(fitting, key=lambda end: (abs(end - place), end))


def _whole_after(cut: tuple[int | Fraction, bool]) -> int:
    """The first whole place from a cut on."""
    place, after = cut
    floor = Fraction(place).__floor__()
    return floor + 1 if after or floor < place else floor


def _allowed(row: PlannedRow, argument: ir.Value, table: str, corpus: Corpus) -> Ordered:
    """The known values that a column may have in a row."""
    found = universe(argument.type)
    for number, mask in row.box.items():
        axis = corpus.axes[number]
        if isinstance(axis.about, Single) and axis.about.value == argument and axis.table == table:
            found = meet(found, corpus.cells[number].values(mask))
    assert isinstance(found, Ordered)
    return Ordered(found.cuts, found.starts_in, False)


def _vary(values: Ordered, members: list[PlannedRow], name: str, about: Aggregate, corpus: Corpus) -> None:
    """Gives the rows as many different values of a column as are wanted, the others one of those."""
    from segdsl.overlap.witness import as_stored

    wanted = _nearest(values, 1)
    used: list[object] = []
    for row in members:
        if name in row.values:
            used.append(row.values[name])
            continue
        if len(used) >= wanted and used:
            row.values[name] = used[0]
            continue
        match about.argument.type:
            case Number() as type_:
                allowed = _allowed(row, about.argument, about.rows.table, corpus)
                place = _nearest(allowed, len(used) + 1 if not type_.scale else (len(used) + 1) * 10**type_.scale)
                value: object = as_stored(number_at(type_, place), type_)
            case Text(names):
                value = _text(names, len(used), row, about, corpus)
            case _:
                return
        row.values[name] = value
        if value not in used:
            used.append(value)


def _text(names: tuple[str, ...], nth: int, row: PlannedRow, about: Aggregate, corpus: Corpus) -> str:
    allowed: Values = universe(about.argument.type)
    for number, mask in row.box.items():
        axis = corpus.axes[number]
        if isinstance(axis.about, Single) and axis.about.value == about.argument:
            allowed = meet(allowed, corpus.cells[number].values(mask))
    assert isinstance(allowed, Listed)
    if not allowed.others:
        fitting = sorted(str(each) for each in allowed.names)
        if not fitting:
            raise CannotBuild("no texts were found that differ")
        return fitting[nth % len(fitting)]
    del names
    return next(text for each in range(nth, nth + len(allowed.names) + 1) if allowed.holds(text := f"value {each + 1}"))
