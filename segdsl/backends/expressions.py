"""One expression as meant, about a row in scope, to an expression of the plan; and the relations it asks for.

Conditions may come out missing where the meaning says false: true exactly where the meaning is true, and below an
`ir.Not` made two-valued first. Every aggregate is a column of a relation grouped by the key of the row in scope.
"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import NamedTuple, Protocol, assert_never

from segdsl.backends import choices, list_files, places, plan, quotients, samples, sequences
from segdsl.backends.names import Names, worded
from segdsl.backends.quotients import Exact, Number, Quotient
from segdsl.backends.relations import Building, Place, Scope, Source
from segdsl.backends.unsupported import Unsupported
from segdsl.semantics import ir, types
from segdsl.semantics.calendar import Clock, dates, earlier, moments
from segdsl.semantics.catalog import Catalog, Table

ALWAYS = plan.Constant(True)
NEVER = plan.Constant(False)
NONE = plan.Constant(Decimal(0))
STORED = "stored_row"  # what a stored table is called where it is joined

# The relation of the row in scope, then the rows that belong to it: their table, the links up, whether they look ahead.
GroupName = tuple[str, str, tuple[str, ...], bool]


class Decided(NamedTuple):
    """Where it stands who is in a segment: a relation with one row for each `key`, and a column of truths."""

    relation: str
    key: str
    column: str


class Elsewhere(Protocol):
    """What decides segments of other rows than the one in scope."""

    def rivals(self, segment: str, /) -> Sequence[str]:
        """Those that win over a segment."""

    def decided(self, segment: str, clock: Clock) -> Decided:
        """Who is in a segment at the moment of the clock."""


def names_of(catalog: Catalog) -> Names:
    """The names that a query must not give a step: it would hide a stored table."""
    return Names([*(part for table in catalog.tables.values() for part in table.stored_in), STORED])


class Expressions:
    """Lowers expressions of one query at one moment; keeps the relations that they read."""

    def __init__(
        self,
        catalog: Catalog,
        clock: Clock,
        names: Names | None = None,
        elsewhere: Elsewhere | None = None,
        called: str = "",
    ) -> None:
        self.catalog, self.clock, self.elsewhere = catalog, clock, elsewhere
        self.called = called  # behind the names of relations: when their rows are seen, unless it is now
        self.names = names or names_of(catalog)
        self.sources: dict[tuple[str, bool], Source] = {}
        self.groups: dict[GroupName, Scope] = {}
        # Relations that nothing else looks for.
        self.others: list[Building] = []
        # Relations of constants by their file and what they hold.
        self.constants: dict[tuple[str, list_files.Members, int | None], plan.Constants] = {}
        # The next rows that are joined already: to which relation, and what they must be.
        self.next_rows: dict[tuple[str, ir.Followed], plan.Expression] = {}
        self._beginning: set[tuple[str, bool]] = set()

    # --- rows ---------------------------------------------------------------------------------------

    def source(self, name: str, ahead: bool) -> Source:
        """The rows of a table that its `where` keeps and, unless `ahead`, whose time has come."""
        table = self.catalog.tables[name]
        ahead = ahead and table.at_path is not None
        if (name, ahead) not in self.sources:
            if (name, ahead) in self._beginning:
                raise Unsupported(f"the time of `{name}` is taken from rows that take theirs from it", table.span)
            self._beginning.add((name, ahead))
            self.sources[name, ahead] = self._new_source(table, ahead)
        return self.sources[name, ahead]

    def _new_source(self, table: Table, ahead: bool) -> Source:
        called = self.names.new(f"{table.name} rows{' ahead' if ahead else ''}{self.called}")
        source = Source(table, ahead, Building(called, table.stored_in, STORED))
        scope = Scope(Place(source, STORED, inside=True), source.building)
        if table.at_path == ():
            assert table.at is not None, "a table with a time of its own has a column for it"
            source.time = source.read(table.at, table.at_type)
        elif table.at_path is not None:
            # A row whose time is not there, or not seen, is not seen either.
            source.time = self.follow(scope, table.at_path, required=not ahead).time()
        if table.where is not None:
            source.building.where += terms_of(self.condition(table.where, scope))
        if table.at_path == () and not ahead:
            assert source.time is not None
            source.building.where.append(self._is_seen(source.time, table.at_type))
        return source

    def _is_seen(self, time: plan.Expression, type_: types.Type | None) -> plan.Expression:
        if isinstance(type_, types.Date):
            return plan.Compare(time, "<=", plan.Constant(self.clock.today))
        now = self.clock.utc if _is_zoned(type_) else self.clock.wall
        return plan.Compare(time, "<", plan.Constant(now))

    def follow(self, scope: Scope, path: tuple[str, ...], required: bool = False) -> Place:
        """The row that the links `path` lead to; rows without one drop out when it is `required`."""
        if not path:
            return scope.place
        if path not in scope.followed:
            before = self.follow(scope, path[:-1], required)
            link = before.source.table.links[path[-1]]
            target = self.source(link.table, before.source.ahead or scope.place.source.ahead)
            place = Place(target, self._alias(scope, target.building.name, path))
            base = plan.Base(target.building.name, place.alias)
            left = before.link(link, target.table)
            scope.building.joins.append(plan.Join(base, left, place.key(), required))
            scope.followed[path] = place
        return scope.followed[path]

    def _alias(self, scope: Scope, relation: str, path: tuple[str, ...]) -> str:
        taken = {scope.building.alias, *(join.base.alias for join in scope.building.joins)}
        return self.names.new(" ".join((*path, "row"))) if relation in taken else relation

    # --- many rows ------------------------------------------------------------------------------------

    def _group(self, rows: ir.Rows, scope: Scope) -> tuple[Scope, str]:
        """The scope of one of the `rows`, in a relation grouped by the row above them; and the name of its key."""
        if scope.table.key is None:
            raise Unsupported(
                f"rows of `{scope.table.name}` cannot be told apart: the table has no `key`",
                rows.span,
                help=f"give `{scope.table.name}` a `key` in catalog.yml",
            )
        ahead = isinstance(rows.window, ir.Next)
        source = self.source(rows.table, ahead)
        name = (scope.building.name, rows.table, rows.via, source.ahead)
        if name not in self.groups:
            wanted = f"{rows.table} per {scope.table.name}{' ahead' if source.ahead else ''}{self.called}"
            building = Building(self.names.new(wanted), source.building.name, source.building.name)
            group = Scope(Place(source, building.alias), building)
            self._group_by_holder(rows, group)
            self.groups[name] = group
        group = self.groups[name]
        return group, group.building.export(group.building.group_by[0], rows.via[-1])

    def _group_by_holder(self, rows: ir.Rows, group: Scope) -> str:
        """Groups `rows` by the key of the row that they belong to; the name of that key."""
        holder = self.follow(group, rows.via[:-1], required=True)
        link = holder.source.table.links[rows.via[-1]]
        group.building.group_by = (holder.link(link, self.catalog.tables[link.table]),)
        return group.building.export(group.building.group_by[0], link.column)

    def _aggregated(
        self, rows: ir.Rows, scope: Scope, wanted: str, function: ir.Function, argument: ir.Value | None = None
    ) -> plan.Expression:
        """An aggregate as a column joined to the row in scope: missing where there are no rows at all."""
        group, key = self._group(rows, scope)
        where = (*self._rows_in_window(rows, group), *self._rows_that_count(rows, group))
        aggregate = self._aggregate(function, None if argument is None else self.value(argument, group), where, group)
        joined = self._joined(group.building.name, key, scope)
        return plan.Column(joined, group.building.export(aggregate, wanted))

    def _joined(self, relation: str, key: str, scope: Scope) -> str:
        """What a relation with one row for each `key` is called where it is joined to the row in scope: once."""
        left = scope.place.key()
        for join in scope.building.joins:
            if isinstance(join, plan.Join) and join.base.name == relation and join.left == left:
                return join.base.alias
        alias = self._alias(scope, relation, (relation, "of", scope.place.alias))
        on = plan.Column(alias, key)
        scope.building.joins.append(plan.Join(plan.Base(relation, alias), left, on, False))
        return alias

    def _other(self, scope: Scope, path: tuple[str, ...]) -> Scope:
        """The row that `path` leads to, as a scope of its own: what is asked of it is joined on its key."""
        if path not in scope.others:
            scope.others[path] = Scope(self.follow(scope, path), scope.building, scope.publishes)
        return scope.others[path]

    def _rows_in_window(self, rows: ir.Rows, group: Scope) -> tuple[plan.Expression, ...]:
        if rows.window is None:
            return ()
        ahead = isinstance(rows.window, ir.Next)
        return terms_of(self._within(group.place.time(), group.table.at_type, rows.window, is_seen=not ahead))

    def _rows_that_count(self, rows: ir.Rows, group: Scope) -> tuple[plan.Expression, ...]:
        return () if rows.where is None else terms_of(self.condition(rows.where, group))

    def _aggregate(
        self,
        function: ir.Function,
        argument: plan.Expression | Number | None,
        where: tuple[plan.Expression, ...],
        group: Scope,
    ) -> plan.Aggregate:
        assert not isinstance(argument, Quotient), "the resolver lets no quotient be aggregated"
        over = argument.expression if isinstance(argument, Exact) else argument
        match function:
            case "count" | "count distinct" | "sum" | "min" | "max":
                return plan.Aggregate(function, over, where)
            case "avg":
                return plan.Aggregate("sum", over, where)
            case "first" | "last":
                time = group.place.time()
                if over == time:
                    return plan.Aggregate("min" if function == "first" else "max", over, where)
                keys = () if group.table.key is None else (group.place.key(),)
                assert over is not None
                return plan.Aggregate(function, over, where, (time, *keys, over))
            case "mode":
                raise AssertionError("the most frequent value is found in two steps")
            case _:
                assert_never(function)

    def _mode(self, node: ir.Aggregate, scope: Scope, wanted: str) -> plan.Expression:
        """The most frequent value: how often there is each, in a relation of its own, and the best of them."""
        rows, argument = node.rows, node.argument
        assert argument is not None, "only `count` takes no argument"
        source, table = self.source(rows.table, isinstance(rows.window, ir.Next)), self.catalog.tables[rows.table]
        counted = Building(self.names.new(f"{wanted} counts"), source.building.name, source.building.name)
        each = Scope(Place(source, counted.alias), counted)
        holder = self._group_by_holder(rows, each)
        value = self._plain(argument, each)
        counted.where = [
            *self._rows_in_window(rows, each),
            *self._rows_that_count(rows, each),
            *((plan.Known(value),) if plan.may_be_missing(value) else ()),
        ]
        counted.group_by += (value,)
        found = plan.Column("", counted.export(value, "value"), optional=False)
        order = [plan.Column("", counted.export(plan.Aggregate("count", None), "times"), optional=False)]
        if table.at_path is not None:
            latest = plan.Aggregate("max", each.place.time())
            order.append(plan.Column("", counted.export(latest, "latest")))
        best = Building(self.names.new(wanted), counted.name, counted.name)
        best.group_by = (plan.Column("", holder),)
        key = best.export(best.group_by[0], holder)
        result = best.export(plan.Aggregate("last", found, order=(*order, found)), wanted)
        self.others += [counted, best]
        return plan.Column(self._joined(best.name, key, scope), result)

    # --- values: missing where the meaning says missing ------------------------------------------------

    def value(self, node: ir.Value, scope: Scope) -> plan.Expression | Number:
        """What `node` is of the row in scope; numbers come out as numbers."""
        match node:
            case ir.Literal(value=Decimal() as number):
                return quotients.constant(number, node.span)
            case ir.Literal(value=value):
                return self._constant(value)
            case ir.Point():
                raise AssertionError("a point is two numbers: `places` knows what is asked of it")
            case ir.Column(path, table, name):
                column = self.catalog.tables[table].columns[name]
                found = self.follow(scope, path).column(column)
                return _typed(scope.published(found, " ".join((*path, name))), column.type)
            case ir.At(path):
                return scope.published(self.follow(scope, path).time(), " ".join((*path, "at")))
            case ir.Day(value):
                return plan.Day(self._shown(value, scope))
            case ir.Today():
                return plan.Constant(self.clock.today)
            case ir.Part(part, value):
                return Exact(plan.Part(part, self._shown(value, scope)), 0, narrow=True)
            case ir.Choice():
                return choices.choice(self, node, scope)
            case ir.Length(value):
                of_list = isinstance(value.type, types.TextList)
                return Exact(plan.Length(self._plain(value, scope), of_list), 0, narrow=True)
            case ir.Key(table, type_):
                return _typed(scope.published(scope.place.key_as(type_), self.catalog.tables[table].key or ""), type_)
            case ir.DaysBetween(start, end):
                days = plan.DaysBetween(self._plain(start, scope), self._plain(end, scope))
                return Exact(days, 0, narrow=True)
            case ir.Negative(operand):
                return quotients.negative(self._number(operand, scope), node.span)
            case ir.Arithmetic(left, op, right):
                return quotients.calculate(self._number(left, scope), op, self._number(right, scope), node.span)
            case ir.Aggregate():
                if id(node) not in scope.aggregates:
                    scope.aggregates[id(node)] = self._aggregate_value(node, scope)
                return scope.aggregates[id(node)]
            case ir.Statistic() | ir.Tile():
                return scope.compared[node]
            case ir.Of():
                return self._of(node, scope)
            case _:
                assert_never(node)

    def _aggregate_value(self, node: ir.Aggregate, scope: Scope) -> plan.Expression | Number:
        wanted = _called(node, f"{node.function} {node.rows.table}")
        if node.function == "avg":
            return self._average(node, scope, wanted)
        if node.function == "mode":
            return _like(self._argument(node, scope), scope.published(self._mode(node, scope, wanted), wanted))
        found = self._aggregated(node.rows, scope, wanted, node.function, node.argument)
        if node.function in ("count", "count distinct", "sum"):
            found = plan.OrElse(found, NONE)
        found = scope.published(found, wanted)
        if node.function in ("count", "count distinct"):
            return Exact(found, 0, narrow=True)
        assert node.argument is not None, "only `count` takes no argument"
        return _like(self._argument(node, scope), found)

    def _average(self, node: ir.Aggregate, scope: Scope, wanted: str) -> Quotient:
        assert node.argument is not None
        total = self._aggregated(node.rows, scope, f"{wanted} sum", "sum", node.argument)
        count = self._aggregated(node.rows, scope, f"{wanted} count", "count", node.argument)
        numerator = _like(self._argument(node, scope), scope.published(total, f"{wanted} sum"))
        assert isinstance(numerator, Exact)
        return Quotient(numerator, Exact(scope.published(count, f"{wanted} count"), 0, narrow=True), True)

    def _of(self, node: ir.Of, scope: Scope) -> plan.Expression | Number:
        """The value of another row; missing where there is no such row, though a count over nothing would be 0."""
        other = self._other(scope, node.path)
        found = self.value(node.value, other)
        if _needs_row(node.value):
            return found
        key = scope.published(other.place.key(), " ".join((*node.path, "key")))

        def there(value: plan.Expression) -> plan.Expression:
            return plan.FirstTrue(((plan.Known(key), value),))

        match found:
            case Exact():
                return replace(found, expression=there(found.expression))
            case Quotient():
                return replace(found, numerator=replace(found.numerator, expression=there(found.numerator.expression)))
        return there(found)

    def _argument(self, node: ir.Aggregate, scope: Scope) -> plan.Expression | Number:
        """What is aggregated, as it is in each of the rows."""
        assert node.argument is not None
        return self.value(node.argument, self._group(node.rows, scope)[0])

    def _plain(self, node: ir.Value, scope: Scope) -> plan.Expression:
        """A value that is no number; of a number its expression."""
        value = self.value(node, scope)
        assert not isinstance(value, Quotient), "quotients are only compared and calculated with"
        return value.expression if isinstance(value, Exact) else value

    def _number(self, node: ir.Value, scope: Scope) -> Number:
        value = self.value(node, scope)
        return value if isinstance(value, (Exact, Quotient)) else Exact(value, 0)

    def _constant(self, value: str | bool | date | Decimal) -> plan.Constant:
        """Instants become naive moments in UTC, as columns with a zone do."""
        if isinstance(value, datetime) and value.tzinfo is not None:
            return plan.Constant(value.astimezone(UTC).replace(tzinfo=None))
        return plan.Constant(value)

    def _shown(self, node: ir.Value, scope: Scope) -> plan.Expression:
        """A moment as the wall clock shows it; a date as it is."""
        return self._on_wall_clock(self._plain(node, scope), _has_zone(node))

    def _on_wall_clock(self, moment: plan.Expression, has_zone: bool) -> plan.Expression:
        return plan.OnWallClock(moment, self.clock.zone.key) if has_zone else moment

    # --- conditions: true exactly where the meaning is true ------------------------------------------------

    def condition(self, node: ir.Condition, scope: Scope) -> plan.Expression:
        """Whether `node` holds of the row in scope."""
        match node:
            case ir.Always(holds):
                return plan.Constant(holds)
            case ir.All(terms):
                return every([self.condition(term, scope) for term in terms])
            case ir.Any(terms):
                return either([self.condition(term, scope) for term in terms])
            case ir.Not(term):
                return negated(self.condition(term, scope))
            case ir.Compare():
                return self._compare(node, scope)
            case ir.OneOfList(value, options):
                return self._one_of(value, options, scope, node)
            case ir.Known(value) if isinstance(value.type, types.Point):
                return every([plan.Known(each) for each in places.coordinates(self, value, scope)])
            case ir.Near(value, center, meters):
                return places.near(self, value, center, meters, scope)
            case ir.Inside(value, corners):
                return places.inside(self, value, corners, scope)
            case ir.Known(value):
                found = self.value(value, scope)
                return quotients.known(found) if isinstance(found, (Exact, Quotient)) else plan.Known(found)
            case ir.TextMatch(value, kind, pattern, folded):
                pattern = folded_text(pattern) if folded else pattern
                return plan.TextMatch(self._plain(value, scope), kind, pattern, folded)
            case ir.AtLeast(least, terms):
                return _at_least(least, [self.condition(term, scope) for term in terms])
            case ir.ListHas(value, options, least, folded):
                members = dict.fromkeys(folded_text(option) if folded else option for option in options)
                found = self._plain(value, scope)
                return _at_least(least, [plan.ListHas(found, member, folded) for member in members])
            case ir.InFile():
                return list_files.in_file(self, node, scope)
            case ir.InWindow(value, window):
                return self._within(self._plain(value, scope), _moment_type(value), window)
            case ir.Anniversary(value, window):
                return self._returns_in(self._plain(value, scope), window)
            case ir.IsTrue(value):
                return self._plain(value, scope)
            case ir.Exists(rows):
                wanted = _existence_called(node)
                count = plan.OrElse(self._aggregated(rows, scope, wanted, "count"), NONE)
                return scope.published(plan.Compare(count, ">", NONE), wanted)
            case ir.Followed():
                return sequences.followed(self, node, scope)
            case ir.InSegment(segment):
                return self._fulfils(segment, scope)
            case ir.AssignedTo(segment):
                assert self.elsewhere is not None, "only segments name segments"
                stronger = [negated(self._fulfils(rival, scope)) for rival in self.elsewhere.rivals(segment)]
                return every([self._fulfils(segment, scope), *stronger])
            case ir.WasInSegment():
                return self._was_in(node, scope)
            case ir.Ranked() | ir.Bringing():
                picked = scope.compared[node]
                assert not isinstance(picked, (Exact, Quotient)), "it is true or false of a row"
                return picked
            case ir.Sample():
                return samples.drawn(node, scope)
            case _:
                assert_never(node)

    def _was_in(self, node: ir.WasInSegment, scope: Scope) -> plan.Expression:
        """Whether the row in scope was in a segment: found by its key among those who were in it then."""
        before = earlier(self.clock, node.count, node.unit)
        if before is None:
            raise Unsupported(
                f"{node.count:,} {node.unit}s before {self.clock.wall.isoformat(' ', 'minutes')} no calendar reaches",
                node.span,
                help="look back less far",
            )
        # Not in the definition's own words: they may say `was not in`.
        units = node.unit if node.count == 1 else f"{node.unit}s"
        wanted = f"was in segment {node.segment} {node.count} {units} ago"
        return self._found_by_key(node.segment, before, scope, wanted)

    def _fulfils(self, segment: str, scope: Scope) -> plan.Expression:
        """Whether the row in scope is in a segment: decided of it before, or found by its key where it is decided."""
        found = scope.fulfils.get(segment)
        return found or self._found_by_key(segment, self.clock, scope, f"in segment {segment}")

    def _found_by_key(self, segment: str, clock: Clock, scope: Scope, wanted: str) -> plan.Expression:
        assert self.elsewhere is not None, "only segments name segments"
        found = self.elsewhere.decided(segment, clock)
        return scope.published(plan.Column(self._joined(found.relation, found.key, scope), found.column), wanted)

    def _compare(self, node: ir.Compare, scope: Scope) -> plan.Expression:
        left, right = self.value(node.left, scope), self.value(node.right, scope)
        if isinstance(left, (Exact, Quotient)) and isinstance(right, (Exact, Quotient)):
            return quotients.compared(left, node.op, right, node.span)
        assert not isinstance(left, (Exact, Quotient)) and not isinstance(right, (Exact, Quotient))
        if _has_zone(node.left) != _has_zone(node.right):
            left = self._on_wall_clock(left, _has_zone(node.left))
            right = self._on_wall_clock(right, _has_zone(node.right))
        return plan.Compare(left, node.op, right)

    def _one_of(
        self, node: ir.Value, options: Sequence[str | Decimal | bool | date], scope: Scope, test: ir.OneOfList
    ) -> plan.Expression:
        value = self.value(node, scope)
        if isinstance(value, Quotient):
            numbers = [quotients.constant(option, test.span) for option in options if isinstance(option, Decimal)]
            return either([quotients.compared(value, "=", number, test.span) for number in numbers])
        found = value.expression if isinstance(value, Exact) else value
        # An instant is never the same as a moment of the wall clock.
        alike = [
            option for option in options if not isinstance(option, datetime) or _is_aware(option) == _has_zone(node)
        ]
        return plan.OneOf(found, tuple(self._constant(option) for option in alike)) if alike else NEVER

    def _within(
        self, value: plan.Expression, type_: types.Type | None, window: ir.Window, is_seen: bool = False
    ) -> plan.Expression:
        """Whether a moment or a date lies in a window. What `is_seen` lies before `as_of` already."""
        if isinstance(type_, types.Date):
            first, last = dates(window, self.clock)
            if first is not None and last is not None and first > last:
                return NEVER
            if is_seen and last is not None and last >= self.clock.today:
                last = None
            ends = [(first, ">="), (last, "<=")]
        else:
            zoned = _is_zoned(type_)
            start, end = (moment and (moment.utc if zoned else moment.wall) for moment in moments(window, self.clock))
            if start is not None and end is not None and start >= end:
                return NEVER
            if is_seen and end is not None and end >= (self.clock.utc if zoned else self.clock.wall):
                end = None
            ends = [(start, ">="), (end, "<")]
        terms = [plan.Compare(value, op, plan.Constant(at)) for at, op in ends if at is not None]  # type: ignore[arg-type]
        if not terms:
            return ALWAYS if is_seen else plan.Known(value)
        return every(terms)

    def _returns_in(self, value: plan.Expression, window: ir.Window) -> plan.Expression:
        """Whether the anniversary of a date, from its own year on, lies in the window.

        The anniversary of the window's last year decides, else that of the year before: between them a window
        that begins earlier leaves no gap.
        """
        ends = dates(window, self.clock)
        first, last = ends[0] or date.min, ends[1] or date.max
        if first > last:
            return NEVER
        terms = [_returns_between(value, max(first, date(last.year, 1, 1)), last)]
        if first.year < last.year:
            before = last.year - 1
            terms.append(_returns_between(value, max(first, date(before, 1, 1)), date(before, 12, 31)))
        return either(terms)


def _returns_between(value: plan.Expression, first: date, last: date) -> plan.Expression:
    """Whether a date's anniversary in the year of `first` and `last` lies between them, the date not after that."""
    terms = [plan.Compare(value, "<=", plan.Constant(date(last.year, 12, 31)))]
    low, high = first.month * 100 + first.day, last.month * 100 + last.day
    if low == 301 and not isleap(first.year):
        low = 229
    month = plan.Calculate(plan.Part("month", value), "*", plan.Constant(Decimal(100)))
    returns = plan.Calculate(month, "+", plan.Part("day", value))
    if low > 101:
        terms.append(plan.Compare(returns, ">=", plan.Constant(Decimal(low))))
    if high < 1231:
        terms.append(plan.Compare(returns, "<=", plan.Constant(Decimal(high))))
    return every(terms)


# --- conditions ---------------------------------------------------------------------------------------


def negated(condition: plan.Expression) -> plan.Expression:
    """True exactly where `condition` is not true."""
    match condition:
        case plan.Constant(value):
            return plan.Constant(not value)
        case plan.Not(term):
            return term
        case plan.Untrue(term):
            return plan.Surely(term)
        case plan.Surely(term):
            return plan.Untrue(term)
    return plan.Untrue(condition) if plan.may_be_missing(condition) else plan.Not(condition)


def surely(condition: plan.Expression) -> plan.Expression:
    """`condition`, false where it would be missing."""
    return plan.Surely(condition) if plan.may_be_missing(condition) else condition


def folded_text(text: str) -> str:
    """Each code point's simple lowercase: what DuckDB's `lower` does to all of Unicode."""
    return "".join(char.lower()[0] for char in text)


def every(terms: Sequence[plan.Expression]) -> plan.Expression:
    flat = tuple(part for term in terms for part in terms_of(term))
    return plan.All(flat) if len(flat) > 1 else (*flat, ALWAYS)[0]


def either(terms: Sequence[plan.Expression]) -> plan.Expression:
    flat = tuple(part for term in terms for part in (term.terms if isinstance(term, plan.Any) else (term,)))
    return plan.Any(flat) if len(flat) > 1 else (*flat, NEVER)[0]


def _at_least(count: int, terms: Sequence[plan.Expression]) -> plan.Expression:
    """At least so many of the terms are true."""
    if count == 1 or count == len(terms):
        return either(terms) if count == 1 else every(terms)
    return plan.Compare(plan.CountTrue(tuple(terms)), ">=", plan.Constant(Decimal(count)))


def terms_of(condition: plan.Expression) -> tuple[plan.Expression, ...]:
    """What must all hold for `condition` to hold."""
    if condition == ALWAYS:
        return ()
    return condition.terms if isinstance(condition, plan.All) else (condition,)


# --- types --------------------------------------------------------------------------------------------


def _typed(found: plan.Expression, type_: types.Type) -> plan.Expression | Number:
    return Exact(found, type_.scale, narrow=type_.whole) if isinstance(type_, types.Number) else found


def _like(argument: plan.Expression | Number, found: plan.Expression) -> plan.Expression | Number:
    """An aggregate whose result is of the kind of its argument."""
    assert not isinstance(argument, Quotient), "the resolver lets no quotient be aggregated"
    return Exact(found, argument.scale, argument.narrow) if isinstance(argument, Exact) else found


def _is_zoned(type_: types.Type | None) -> bool:
    return isinstance(type_, types.Timestamp) and type_.zoned


def _is_aware(value: datetime) -> bool:
    return value.tzinfo is not None


def _moment_type(node: ir.Value) -> types.Type:
    """The type of a date or a moment; of a constant what it is."""
    match node:
        case ir.Literal(value=datetime() as moment):
            return types.Timestamp(zoned=_is_aware(moment))
        case ir.Literal(value=date()):
            return types.Date()
    return node.type


def _has_zone(node: ir.Value) -> bool:
    return _is_zoned(_moment_type(node))


def _needs_row(value: ir.Value) -> bool:
    """Whether a value is missing of a row that is not there by what it is made of."""
    match value:
        case ir.Column() | ir.At() | ir.Of():
            return True
        case ir.Aggregate(function):
            return function not in ("count", "count distinct", "sum")
        case ir.Day(inner) | ir.Part(_, inner) | ir.Negative(inner):
            return _needs_row(inner)
        case ir.DaysBetween(left, right) | ir.Arithmetic(left, _, right):
            return _needs_row(left) or _needs_row(right)
    return False


def _existence_called(node: ir.Exists) -> str:
    """What a column is called that says whether there are such rows: `no` and `every` ask it and turn the answer."""
    text, table = _called(node, ""), node.rows.table
    word, _, rest = text.partition(" ")
    if word in ("has", "no"):
        return f"has {rest}"
    return f"has {table}" if word in ("every", "") else f"{table} fails {text}"


def _called(node: ir.Node, otherwise: str) -> str:
    """The definition's own words for what gets a column, as far as there are any."""
    return node.span.text if worded(node.span.text) else otherwise
