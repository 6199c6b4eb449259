"""The reference meaning: a program, the rows of every table and `as_of` to who is in which segment.

Reads like section "Meaning" of the language reference and does no more than it says: every database must give what
this gives. A row is a mapping of declared columns by their names and of the stored columns that a key, a link or `at`
names; missing is absent or None. Numbers are ints, Decimals or floats, moments aware when their column has a zone and
naive otherwise. Nothing here is approximate: numbers are fractions from the first step to the last.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from hashlib import md5
from typing import Any, assert_never
from zoneinfo import ZoneInfo

from segdsl.semantics import ir
from segdsl.semantics.calendar import Clock, Ends, after, anniversary, at_moment, dates, day_after, earlier, moments
from segdsl.semantics.catalog import Catalog, Table
from segdsl.semantics.earth import Position, is_inside, millimeters
from segdsl.semantics.populations import Populations
from segdsl.semantics.references import needed
from segdsl.semantics.types import Boolean, Date, Degrees, Number, Text, TextList, Timestamp, Type, Unknown

Row = Mapping[str, object]
World = Mapping[str, Sequence[Row]]
Key = str | int
Scalar = str | bool | Fraction | date | datetime | tuple[str, ...] | Position | None  # an aware datetime is in UTC

# Enough for any number that a column can hold; rounding happens at the declared scale and nowhere else.
EXACT = Context(prec=400, rounding=ROUND_HALF_UP)


@dataclass(frozen=True)
class Membership:
    """The keys of those who fulfil a segment's condition, and of those among them who win it in its group."""

    qualifies: frozenset[Key]
    assigned: frozenset[Key]


class BadKeys(Exception):
    """Rows that cannot be told apart: `missing` of them lack the key, and `repeated` are keys of several rows."""

    def __init__(self, table: str, column: str, missing: int, repeated: Sequence[Key]) -> None:
        self.table, self.column, self.missing, self.repeated = table, column, missing, tuple(repeated)
        faults = [f"{missing} without `{column}`"] if missing else []
        faults += [f"several with `{column}` {key!r}" for key in self.repeated[:5]]
        super().__init__(f"table `{table}` has rows that cannot be told apart: {', '.join(faults)}")


class BadValue(Exception):
    """A row holds a value that its column's declared type cannot take."""


class BadMoment(Exception):
    """A definition looks back to before the calendar begins."""


def memberships(program: ir.Program, world: World, as_of: datetime) -> dict[str, Membership]:
    """Who is in which segment of `program`, by segment; `as_of` is aware."""
    meaning = _Meaning(program, world, as_of)
    return {name: Membership(meaning.members(name), meaning.winners(name)) for name in program.segments}


def qualifies(program: ir.Program, segment: str, world: World, key: Key, as_of: datetime) -> bool:
    """Whether the row `key` of the segment's entity fulfils its condition; no key does that no row has."""
    return key in _Meaning(program, world, as_of).members(segment)


def assigned(program: ir.Program, segment: str, world: World, key: Key, as_of: datetime) -> bool:
    """Whether the row `key` fulfils `segment` and none that wins over it in its exclusive group."""
    return key in _Meaning(program, world, as_of).winners(segment)


def truths(
    program: ir.Program, entity: str, conditions: Sequence[ir.Condition], world: World, key: Key, as_of: datetime
) -> list[bool]:
    """Which of the conditions on rows of `entity` hold of the row `key`; none do when that row is not there."""
    meaning = _Meaning(program, world, as_of)
    row = meaning.tables.by_key(entity).get(key)
    return [row is not None and meaning.holds(condition, row) for condition in conditions]


def holding(
    program: ir.Program, entity: str, conditions: Sequence[ir.Condition], world: World, as_of: datetime
) -> tuple[frozenset[Key], list[frozenset[Key]]]:
    """The keys of all rows of `entity`, and of those of whom each condition holds."""
    meaning = _Meaning(program, world, as_of)
    rows = meaning.tables.by_key(entity)
    found = [frozenset(key for key in rows if meaning.holds(condition, rows[key])) for condition in conditions]
    return frozenset(rows), found


class Look:
    """What conditions and values come to of any row of a world, with a key or without.

    Stored values may be changed in place between two looks, but for keys, links and what makes a row seen; those of a
    world that `is_steady` may not, and what was looked up once is known then.
    """

    def __init__(self, program: ir.Program, world: World, as_of: datetime, is_steady: bool = False) -> None:
        self._meaning = _Meaning(program, world, as_of, is_steady)

    def holds(self, condition: ir.Condition, table: str, stored: Row) -> bool:
        """Whether a condition is true of a row of `table`."""
        return self._meaning.holds(condition, self._row(table, stored))

    def value(self, value: ir.Value, table: str, stored: Row) -> Scalar:
        """A value of a row of `table`: numbers are fractions and zoned moments in UTC, None is missing."""
        return self._meaning.value(value, self._row(table, stored))

    def is_seen(self, table: str, stored: Row) -> bool:
        """Whether the row of `table` is kept by its `where`, and its time has come."""
        return any(row.stored is stored for row in self._meaning.tables.rows(table, False))

    def _row(self, table: str, stored: Row) -> _Row:
        return _Row(self._meaning.program.catalog.tables[table], stored, ahead=False)


def fold(text: str) -> str:
    """Each code point's simple lowercase, one for one: what `ignoring case` compares."""
    return "".join(char.lower()[0] for char in text)


def place_in_sample(salt: str, key: Key) -> Fraction:
    """Where a key stands between 0 (included) and 1: the same everywhere and always."""
    digest = md5(f"{salt}:{key}".encode(), usedforsecurity=False).hexdigest()
    return Fraction(int(digest[:15], 16), 16**15)


# --- rows -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    """A row in scope. `ahead` when a `Next` window found it: its links, too, lead to rows that are not yet seen."""

    table: Table
    stored: Row
    ahead: bool

    def declared(self, name: str) -> object:
        """The stored value of the declared column `name`."""
        return self.stored.get(name)

    def raw(self, stored_as: str) -> object:
        """The value of a column of the database, under the name it is declared with or its own."""
        for column in self.table.columns.values():
            if column.formula is None and column.stored_as == stored_as and column.name in self.stored:
                return self.stored[column.name]
        return self.stored.get(stored_as)

    def key(self) -> Key | None:
        return _key(self.raw(self.table.key)) if self.table.key else None

    def link(self, name: str) -> Key | None:
        """The key of the row that a link leads to."""
        return _key(self.raw(self.table.links[name].column))


class _Tables:
    """The rows that are there for a definition to see, and how links join them; indexed once for each question.

    Every method takes `ahead`: false for the rows that `as_of` sees, true for those after it as well.
    """

    def __init__(self, catalog: Catalog, world: World, meaning: _Meaning) -> None:
        self.catalog, self.world, self.meaning = catalog, world, meaning
        self._rows: dict[tuple[str, bool], list[_Row]] = {}
        self._by_key: dict[tuple[str, bool], dict[Key, _Row]] = {}
        self._belonging: dict[tuple[str, tuple[str, ...], bool], dict[Key, list[_Row]]] = {}

    def check_keys(self) -> None:
        """Raises for every entity and for every table that links lead to."""
        targets = {link.table for table in self.catalog.tables.values() for link in table.links.values()}
        for name in sorted(targets | set(self.meaning.program.entities)):
            keys = [row.key() for row in self.rows(name, True)]
            known = [key for key in keys if key is not None]
            repeated = [key for key, times in Counter(known).items() if times > 1]
            if repeated or len(known) < len(keys):
                stored_as = self.catalog.tables[name].key or ""
                raise BadKeys(name, stored_as, len(keys) - len(known), sorted(repeated, key=_sortable))

    def rows(self, name: str, ahead: bool) -> list[_Row]:
        """The rows of a table that its `where` keeps and, unless `ahead`, whose time has come."""
        if (name, ahead) not in self._rows:
            table = self.catalog.tables[name]
            rows = [_Row(table, stored, ahead) for stored in self.world.get(name, ())]
            kept = [row for row in rows if table.where is None or self.meaning.holds(table.where, row)]
            if not ahead and table.at_path is not None:
                kept = [row for row in kept if self.meaning.is_seen(row)]
            self._rows[name, ahead] = kept
        return self._rows[name, ahead]

    def by_key(self, name: str, ahead: bool = False) -> dict[Key, _Row]:
        if (name, ahead) not in self._by_key:
            keyed = {row.key(): row for row in self.rows(name, ahead)}
            self._by_key[name, ahead] = {key: row for key, row in keyed.items() if key is not None}
        return self._by_key[name, ahead]

    def follow(self, row: _Row, path: Iterable[str]) -> _Row | None:
        """The one row that the links `path` lead to; None when one is missing or leads to no row that is there."""
        for name in path:
            key = row.link(name)
            target = None if key is None else self.by_key(row.table.links[name].table, row.ahead).get(key)
            if target is None:
                return None
            row = target
        return row

    def belonging(self, name: str, via: tuple[str, ...], ahead: bool) -> dict[Key, list[_Row]]:
        """The rows of a table by the key of the row that they lead up to; those that lead nowhere are nobody's."""
        if (name, via, ahead) not in self._belonging:
            *way, last = via
            found: dict[Key, list[_Row]] = {}
            for row in self.rows(name, ahead):
                holder = self.follow(row, way)
                key = None if holder is None else holder.link(last)
                if key is not None:
                    found.setdefault(key, []).append(row)
            self._belonging[name, via, ahead] = found
        return self._belonging[name, via, ahead]


# --- meaning --------------------------------------------------------------------------------------


class _Meaning:
    """One program over one world at one moment."""

    def __init__(self, program: ir.Program, world: World, as_of: datetime, is_steady: bool = True) -> None:
        self.program = program
        # What is looked up of a row, by where the node and the row lie, which are kept there. Nothing is remembered
        # where the world changes between two looks.
        self._known: dict[tuple[int, int], tuple[object, _Row, Any]] | None = {} if is_steady else None
        self.clock = Clock(as_of, ZoneInfo(program.timezone), program.week_starts)
        self.tables = _Tables(program.catalog, world, self)
        self.tables.check_keys()
        self._members: dict[str, frozenset[Key]] = {}
        self._everyone: dict[str, Populations[_Row]] = {}
        self._past: dict[datetime, _Meaning] = {}
        self._ends: dict[ir.Window, Ends] = {}

    def everyone(self, entity: str) -> Populations[_Row]:
        """Whom a row of an entity is compared with."""
        if entity not in self._everyone:
            self._everyone[entity] = Populations(self.tables.by_key(entity), self.value, self.holds, {})
        return self._everyone[entity]

    def _before(self, count: int, unit: ir.Unit) -> _Meaning:
        """The meaning of the program over the same rows when `as_of` was so much earlier."""
        clock = earlier(self.clock, count, unit)
        if clock is None:
            raise BadMoment(f"{count} {unit}s before {self.clock.as_of.isoformat()} are beyond the calendar")
        if clock.as_of not in self._past:
            self._past[clock.as_of] = _Meaning(self.program, self.tables.world, clock.as_of, self._known is not None)
        return self._past[clock.as_of]

    def members(self, segment: str) -> frozenset[Key]:
        """The keys of the rows that fulfil the segment's condition."""
        if segment not in self._members:
            for name in needed(self.program, [segment]):
                if name not in self._members:
                    meant = self.program.segments[name]
                    rows = self.tables.by_key(meant.entity)
                    self._members[name] = frozenset(key for key in rows if self.holds(meant.condition, rows[key]))
        return self._members[segment]

    def winners(self, segment: str) -> frozenset[Key]:
        """The keys of those who fulfil a segment and none that wins over it."""
        return self.members(segment).difference(*(self.members(rival) for rival in self.program.rivals(segment)))

    def time(self, row: _Row) -> Scalar:
        """The row's time, its own or that of the row it inherits it from; missing when that row is not there."""
        return self._once(None, row, self._time)  # type: ignore[no-any-return]

    def _time(self, _: None, row: _Row) -> Scalar:
        path = row.table.at_path
        holder = None if path is None else self.tables.follow(row, path)
        if holder is None or holder.table.at is None:
            return None
        return _scalar(holder.raw(holder.table.at), holder.table.at_type or Unknown(), f"{holder.table.name}.at")

    def is_seen(self, row: _Row) -> bool:
        """Whether the row's time is before `as_of`; of a date, whether it is no later than `as_of`'s."""
        match self.time(row):
            case datetime() as at:
                return at < (self.clock.wall if at.tzinfo is None else self.clock.as_of)
            case date() as at:
                return at <= self.clock.today
            case _:
                return False

    # --- conditions: true or false ------------------------------------------------------------------

    def holds(self, condition: ir.Condition, row: _Row) -> bool:
        """Whether `condition` is true of `row`."""
        match condition:
            case ir.Always(truth):
                return truth
            case ir.All(terms):
                return all(self.holds(term, row) for term in terms)
            case ir.Any(terms):
                return any(self.holds(term, row) for term in terms)
            case ir.Not(term):
                return not self.holds(term, row)
            case ir.InSegment(segment):
                return row.key() in self.members(segment)
            case ir.AssignedTo(segment):
                return row.key() in self.winners(segment)
            case ir.WasInSegment(segment, count, unit):
                return row.key() in self._before(count, unit).members(segment)
            case ir.Ranked() | ir.Bringing():
                return self.everyone(row.table.name).is_among(condition, row, _known_key(row))
            case ir.Sample(salt, low, high):
                key = row.key()
                return key is not None and low <= place_in_sample(salt, key) < high
            case ir.Exists(rows):
                return bool(self.rows(rows, row))
            case ir.Known(value):
                return self.value(value, row) is not None
            case ir.IsTrue(value):
                return self.value(value, row) is True
            case ir.Compare(left, op, right):
                return self._compare(self.value(left, row), op, self.value(right, row))
            case ir.OneOfList(value, options):
                found = self.value(value, row)
                return found is not None and any(found == self._constant(option) for option in options)
            case ir.TextMatch(value):
                found = self.value(value, row)
                return isinstance(found, str) and text_matches(condition, found)
            case ir.AtLeast(count, terms):
                return sum(self.holds(term, row) for term in terms) >= count
            case ir.ListHas(value):
                return _list_has(condition, self.value(value, row))
            case ir.InFile(value, _, members):
                found = self.value(value, row)
                return found is not None and self._is_sorted_in(found, members)
            case ir.InWindow(value, window):
                return self._in_window(self.value(value, row), window)
            case ir.Anniversary(value, window):
                return self._returns_in(self.value(value, row), window)
            case ir.Followed():
                return self._is_followed(condition, row)
            case ir.Near(value, center, meters):
                found, other = self.value(value, row), self.value(center, row)
                if not isinstance(found, Position) or not isinstance(other, Position):
                    return False
                return millimeters(found, other) <= meters * 1000
            case ir.Inside(value, corners):
                found = self.value(value, row)
                return isinstance(found, Position) and is_inside(found, [Position(*map(Fraction, c)) for c in corners])
            case _:
                assert_never(condition)

    def _compare(self, left: Scalar, op: str, right: Scalar) -> bool:
        if left is None or right is None:
            return False
        if (
            isinstance(left, datetime)
            and isinstance(right, datetime)
            and (left.tzinfo is None) != (right.tzinfo is None)
        ):
            left, right = self._on_wall(left), self._on_wall(right)
        match op:
            case "=":
                return left == right
            case "<":
                return left < right  # type: ignore[operator]  # `resolve` lets only values of one type be compared
            case "<=":
                return left <= right  # type: ignore[operator]
            case ">":
                return left > right  # type: ignore[operator]
            case ">=":
                return left >= right  # type: ignore[operator]
        raise AssertionError(op)

    def _on_wall(self, moment: datetime) -> datetime:
        return moment if moment.tzinfo is None else self.clock.on_wall(moment.replace(tzinfo=None))

    def _in_window(self, value: Scalar, window: ir.Window) -> bool:
        match value:
            case datetime():
                if window not in self._ends:
                    self._ends[window] = moments(window, self.clock)
                start, end = self._ends[window]
                if value.tzinfo is None:
                    return (start is None or start.wall <= value) and (end is None or value < end.wall)
                utc = value.replace(tzinfo=None)
                return (start is None or start.utc <= utc) and (end is None or utc < end.utc)
            case date():
                first, last = dates(window, self.clock)
                return (first is None or first <= value) and (last is None or value <= last)
            case _:
                return False

    def _returns_in(self, value: Scalar, window: ir.Window) -> bool:
        """Whether the anniversary of a date lies in the window, in its own year or a later one."""
        if not isinstance(value, date):
            return False
        start, end = dates(window, self.clock)
        first, last = start or date.min, end or date.max
        years = range(max(value.year, first.year), last.year + 1)
        return any(first <= anniversary(value, year) <= last for year in years)

    # --- many rows ------------------------------------------------------------------------------------

    def rows(self, rows: ir.Rows, scope: _Row) -> list[_Row]:
        """The rows that belong to the row in scope, lie in the window and count. Only `Next` looks past `as_of`."""
        return self._once(rows, scope, self._looked_up)  # type: ignore[no-any-return]

    def _looked_up(self, rows: ir.Rows, scope: _Row) -> list[_Row]:
        key = scope.key()
        if key is None:
            return []
        found = self.tables.belonging(rows.table, rows.via, isinstance(rows.window, ir.Next)).get(key, [])
        if rows.window is not None:
            found = [row for row in found if self._in_window(self.time(row), rows.window)]
        where = rows.where
        return found if where is None else [row for row in found if self._once(where, row, self.holds)]

    def _once(self, node: object, row: _Row, look: Callable[[Any, _Row], Any]) -> Any:
        """What `look` says of a node and a row, looked up once."""
        if self._known is None:
            return look(node, row)
        key = id(node), id(row)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = node, row, look(node, row)
        return found[-1]

    def _is_followed(self, node: ir.Followed, row: _Row) -> bool:
        """Whether such a row comes after `row`. Nothing comes after itself: later is strictly later."""
        *way, last = node.path
        holder = self.tables.follow(row, way)
        key = None if holder is None else holder.link(last)
        if key is None:
            return False
        candidates = self.tables.belonging(node.rows.table, node.rows.via, False).get(key, [])
        return any(
            self._comes_after(later, row, node.within)
            and all(self._compare(self.value(left, row), "=", self.value(right, later)) for left, right in node.same)
            and all(row.link(name) is not None and row.link(name) == later.link(name) for name in node.same_links)
            and (node.rows.where is None or self.holds(node.rows.where, later))
            for later in candidates
        )

    def _comes_after(self, later: _Row, row: _Row, within: tuple[int, ir.Unit] | None) -> bool:
        """Whether `later` happened after `row`, and soon enough; measured as the time of `later` is written."""
        end: date | None
        match self.time(row), self.time(later):
            case datetime() as start, datetime() as at:
                now = at_moment(start, self.clock)
                limit = None if within is None else after(now, *within, self.clock)
                is_naive = at.tzinfo is None
                begin: date = now.wall if is_naive else now.utc
                end = limit and (limit.wall if is_naive else limit.utc)
                return begin < at.replace(tzinfo=None) and (end is None or at.replace(tzinfo=None) <= end)
            case date() as start, date() as at:
                end = None if within is None else day_after(start, *within)
                return start < at and (end is None or at <= end)
        return False

    def _aggregate(self, node: ir.Aggregate, scope: _Row) -> Scalar:
        rows = self.rows(node.rows, scope)
        if node.function == "count" or node.argument is None:
            return Fraction(len(rows))
        if node.function in ("first", "last"):
            return self._first_or_last(node.function, node.argument, rows)
        if node.function == "mode":
            return self._mode(node.argument, rows)
        known = [value for value in (self.value(node.argument, row) for row in rows) if value is not None]
        match node.function:
            case "count distinct":
                return Fraction(len(set(known)))
            case "sum":
                return _total(known)
            case "avg":
                return _total(known) / len(known) if known else None
            case "min":
                return min(known, default=None)
            case "max":
                return max(known, default=None)
        raise AssertionError(node.function)

    def _first_or_last(self, function: str, argument: ir.Value, rows: Sequence[_Row]) -> Scalar:
        """The argument of the earliest or latest row; ties are decided by key, then by the argument."""
        ranked = [(_rank(self.time(row)), _rank(row.key()), _rank(self.value(argument, row))) for row in rows]
        if not ranked:
            return None
        _, _, (_, value) = min(ranked) if function == "first" else max(ranked)
        return value  # type: ignore[return-value]

    def _mode(self, argument: ir.Value, rows: Sequence[_Row]) -> Scalar:
        """The argument that most rows have; of several the one seen last, and then the greatest."""
        found: dict[Scalar, list[Any]] = {}
        for row in rows:
            value = self.value(argument, row)
            if value is not None:
                times, latest = found.get(value, (0, (False, None)))
                found[value] = [times + 1, max(latest, _rank(self.time(row)))]
        return max(found, key=lambda value: (*found[value], value), default=None)

    # --- values: missing is None --------------------------------------------------------------------

    def value(self, node: ir.Value, row: _Row) -> Scalar:
        """What `node` is in the row in scope."""
        match node:
            case ir.Literal(value):
                return self._constant(value)
            case ir.Point(latitude, longitude):
                return Position(Fraction(latitude), Fraction(longitude))
            case ir.Column(path, table, name, type_):
                holder = self.tables.follow(row, path)
                if holder is not None and holder.table.columns[name].coordinates is not None:
                    return _position(holder, name)
                return None if holder is None else _scalar(holder.declared(name), type_, f"{table}.{name}")
            case ir.At(path):
                holder = self.tables.follow(row, path)
                return None if holder is None else self.time(holder)
            case ir.Day(value):
                moment = self.value(value, row)
                return self._on_wall(moment).date() if isinstance(moment, datetime) else None
            case ir.Today():
                return self.clock.today
            case ir.Part(part, value):
                found = self.value(value, row)
                return _part(part, self._on_wall(found) if isinstance(found, datetime) else found)
            case ir.DaysBetween(start, end):
                return _days_between(self.value(start, row), self.value(end, row))
            case ir.Negative(operand):
                number = self.value(operand, row)
                return -number if isinstance(number, Fraction) else None
            case ir.Arithmetic(left, op, right):
                return _calculate(self.value(left, row), op, self.value(right, row))
            case ir.Aggregate():
                return self._once(node, row, self._aggregate)  # type: ignore[no-any-return]
            case ir.Statistic() | ir.Tile():
                return self.everyone(row.table.name).value(node, row, _known_key(row))
            case ir.Choice(condition, then, otherwise):
                return self.value(then if self.holds(condition, row) else otherwise, row)
            case ir.Length(value):
                found = self.value(value, row)
                return Fraction(len(found)) if isinstance(found, (str, tuple)) else None
            case ir.Key(_, type_):
                key = row.key()
                return None if key is None else Fraction(key) if isinstance(type_, Number) else str(key)
            case ir.Of(path, value):
                holder = self.tables.follow(row, path)
                return None if holder is None else self.value(value, holder)
            case _:
                assert_never(node)

    def _is_sorted_in(self, value: Scalar, members: Sequence[str | Decimal]) -> bool:
        place = bisect_left(members, value, key=self._constant)  # type: ignore[type-var]
        return place < len(members) and self._constant(members[place]) == value

    def _constant(self, value: str | Decimal | bool | date) -> Scalar:
        match value:
            case Decimal():
                return Fraction(value)
            case datetime() if value.tzinfo is not None:
                return value.astimezone(UTC)
            case _:
                return value


# --- single values --------------------------------------------------------------------------------


def _scalar(stored: object, type_: Type, where: str) -> Scalar:
    """A stored value as its column's type means it."""
    match type_, stored:
        case _, None:
            return None
        case Number(), bool():
            pass
        case Number(), int() | float() | Decimal():
            return _exact(stored, type_, where)
        case Text(), str():
            return stored
        case TextList(), list() | tuple() if all(each is None or isinstance(each, str) for each in stored):
            return tuple(each for each in stored if each is not None)
        case Boolean(), bool():
            return stored
        case Timestamp(zoned=True), datetime() if stored.tzinfo is not None:
            return stored.astimezone(UTC)
        case Timestamp(zoned=False), datetime() if stored.tzinfo is None:
            return stored
        case Date(), date() if not isinstance(stored, datetime):
            return stored
    raise BadValue(f"`{where}` holds {stored!r}, which its declared type cannot take")


def _exact(stored: float | Decimal, type_: Number, where: str) -> Fraction:
    """A stored number: of a float its shortest text, and of a decimal no more digits than are declared."""
    number = Decimal(str(stored)) if isinstance(stored, float) else Decimal(stored)
    if not number.is_finite():
        raise BadValue(f"`{where}` holds {stored!r}, which is no number")
    if type_.whole or type_.quotient:
        return Fraction(number)
    return Fraction(number.quantize(Decimal(1).scaleb(-type_.scale), context=EXACT))


def _position(row: _Row, name: str) -> Position | None:
    """The point `name` of a row; missing when one of its coordinates is."""
    coordinates = row.table.columns[name].coordinates
    assert coordinates is not None, "asked of points alone"
    latitude, longitude = (_degrees(row.raw(each.stored_as), each.type, each.name) for each in coordinates)
    return None if latitude is None or longitude is None else Position(latitude, longitude)


def _degrees(stored: object, type_: Type, where: str) -> Fraction | None:
    """A coordinate. What is no number, or in no place on earth, is missing."""
    assert isinstance(type_, Degrees), "coordinates are degrees"
    if stored is None:
        return None
    if isinstance(stored, bool) or not isinstance(stored, (int, float, Decimal)):
        raise BadValue(f"`{where}` holds {stored!r}, which its declared type cannot take")
    number = Decimal(str(stored)) if isinstance(stored, float) else Decimal(stored)
    if not number.is_finite() or abs(number) > type_.limit + 1:
        return None
    degrees = Fraction(number.quantize(Decimal(1).scaleb(-type_.scale), context=EXACT))
    return degrees if abs(degrees) <= type_.limit else None


def _key(stored: object) -> Key | None:
    """A stored key; whole numbers are equal however they are stored."""
    if stored is None or isinstance(stored, (str, int)):
        return stored
    if isinstance(stored, (float, Decimal)) and _exact(stored, Number(whole=True), "key").denominator == 1:
        return int(stored)
    raise BadValue(f"{stored!r} cannot be a key: keys are texts and whole numbers")


def _known_key(customer: _Row) -> Key:
    key = customer.key()
    assert key is not None, "everyone has a key: `check_keys` refuses others"
    return key


def _sortable(key: Key) -> tuple[bool, Key]:
    return isinstance(key, str), key


def _rank(value: Scalar | Key) -> tuple[bool, Scalar | Key]:
    """For ordering: missing before any value."""
    return value is not None, value


def _total(values: Iterable[Scalar]) -> Fraction:
    return sum((value for value in values if isinstance(value, Fraction)), Fraction(0))


def _part(part: ir.PartName, value: Scalar) -> Fraction | None:
    """A part of a date, or of a moment as the wall clock shows it."""
    if not isinstance(value, date):
        return None
    match part:
        case "quarter":
            return Fraction((value.month + 2) // 3)
        case "weekday":
            return Fraction(value.isoweekday())
        case "hour":
            return Fraction(value.hour) if isinstance(value, datetime) else None
        case "year" | "month" | "day":
            return Fraction(getattr(value, part))
        case _:
            assert_never(part)


def _days_between(start: Scalar, end: Scalar) -> Fraction | None:
    if not isinstance(start, date) or not isinstance(end, date):
        return None
    return Fraction(end.toordinal() - start.toordinal())


def _calculate(left: Scalar, op: str, right: Scalar) -> Fraction | None:
    """`left op right`; missing when a side is missing, or when dividing by zero."""
    if not isinstance(left, Fraction) or not isinstance(right, Fraction):
        return None
    match op:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right if right else None
    raise AssertionError(op)


def _list_has(test: ir.ListHas, members: Scalar) -> bool:
    if not isinstance(members, tuple):
        return False
    texts = [member for member in members if isinstance(member, str)]
    there = {fold(text) for text in texts} if test.folded else set(texts)
    options = {fold(option) for option in test.options} if test.folded else set(test.options)
    return len(there & options) >= test.least


def text_matches(test: ir.TextMatch, text: str) -> bool:
    """Whether a known text fits the test."""
    pattern = test.pattern
    if test.folded:
        text, pattern = fold(text), fold(pattern)
    match test.kind:
        case "equals":
            return text == pattern
        case "starts":
            return text.startswith(pattern)
        case "ends":
            return text.endswith(pattern)
        case "contains":
            return pattern in text
        case "matches":
            return _glob(text, pattern)
        case _:
            assert_never(test.kind)


def _glob(text: str, pattern: str) -> bool:
    """Whether all of `text` fits: `*` is any text, `?` one code point, all else itself.

    Only the last `*` ever needs to take more, so this never tries combinations.
    """
    at, place, star, taken = 0, 0, -1, 0
    while at < len(text):
        if place < len(pattern) and pattern[place] == "*":
            star, taken = place, at
            place += 1
        elif place < len(pattern) and pattern[place] in ("?", text[at]):
            at, place = at + 1, place + 1
        elif star >= 0:
            taken += 1
            at, place = taken, star + 1
        else:
            return False
    return not pattern[place:].strip("*")
