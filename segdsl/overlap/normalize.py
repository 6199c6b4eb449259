"""Conditions as meant, to formulas of tests: exactly the same rows, said without `not`, references and arithmetic.

In: a program. Out: formulas over the axes of a row. Promised: for every row of every data set that keeps the catalog's
declarations, and every `as_of`, a formula holds if and only if its condition does, each axis having the value that its
docstring says. What is not understood becomes an axis of its own, so nothing is ever guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any as Whatever
from typing import assert_never, cast
from zoneinfo import ZoneInfo

from segdsl.overlap import linear, shares
from segdsl.overlap.axes import (
    EITHER,
    FROM_ZERO,
    FROM_ZERO_TO_ONE,
    HOW_TWO_STAND,
    About,
    Aggregate,
    Axis,
    Count,
    Fits,
    Has,
    Opaque,
    Order,
    RowSet,
    Share,
    Single,
    Standing,
    Time,
    Within,
    number_cut,
    or_missing,
    universe,
)
from segdsl.overlap.domains import TRUE, Listed, Ordered, Values, at_least, at_most, known, named
from segdsl.overlap.formula import ALWAYS, NEVER, Formula, all_of, any_of, complement, test
from segdsl.overlap.formula import at_least as so_many
from segdsl.overlap.moments import compare_tests, days_between_tests, window_tests
from segdsl.semantics import ir
from segdsl.semantics.evaluate import fold, text_matches
from segdsl.semantics.types import Boolean, Date, Number, Point, Text, TextList, Timestamp, Unknown
from segdsl.semantics.windows import around
from segdsl.source import Span

# A list file longer than this is not looked into: its cuts would outgrow all others.
LONG_LIST = 1_000
# A condition with more values of `(a if C else b)` than this is not looked into: each doubles it.
MOST_CHOICES = 6

SWAPPED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


class Normalizer:
    """Formulas of one program, each segment's and each set of rows' made once."""

    def __init__(self, program: ir.Program) -> None:
        self.program = program
        self.zone = ZoneInfo(program.timezone)
        self._segments: dict[str, Formula] = {}
        self._rows: dict[RowSet, RowSet] = {}
        self._conditions: dict[tuple[int | ir.InSegment | ir.AssignedTo, str], tuple[ir.Condition, Formula]] = {}
        self._axes: dict[tuple[str, About], Axis] = {}
        # Whether a row may fulfil a condition; whoever can search says so.
        self.can_be: Callable[[RowSet], bool] = lambda rows: rows.where != NEVER

    # --- whole definitions --------------------------------------------------------------------------

    def segment(self, name: str) -> Formula:
        """Who qualifies for a segment, among the rows of its entity that are there."""
        if name not in self._segments:
            meant = self.program.segments[name]
            self._segments[name] = self.condition(meant.condition, meant.entity)
        return self._segments[name]

    def assigned(self, name: str) -> Formula:
        """Who qualifies for a segment and for none that wins over it."""
        rivals = [complement(self.segment(rival)) for rival in self.program.rivals(name)]
        return all_of((self.segment(name), *rivals))

    def seen(self, table: str, ahead: bool = False) -> Formula:
        """What holds of every row of a table that is there: its `where` and, unless `ahead`, that its time has come."""
        meant = self.program.catalog.tables[table]
        kept = ALWAYS if meant.where is None else self.condition(meant.where, table)
        if meant.at_path is None or ahead:
            return kept
        # Of dates today's is seen, of moments those before this one.
        past = at_most(1 if isinstance(meant.at_type, Date) else 0, less=True)
        at = ir.At((), table, meant.at_type or Unknown(), span=meant.span)
        return all_of((kept, self._time(at, "days", past, table, meant.span)))

    def rows(self, rows: ir.Rows) -> RowSet:
        """The rows that an aggregate looks at."""
        table = self.program.catalog.tables[rows.table]
        terms = [self.seen(rows.table, ahead=isinstance(rows.window, ir.Next))]
        if rows.where is not None:
            terms.append(self.condition(rows.where, rows.table))
        if rows.window is not None:
            at = ir.At((), rows.table, table.at_type or Unknown(), span=rows.window.span)
            terms.append(self._in_window(at, rows.window, rows.table, rows.window.span))
        return self._row_set(RowSet(rows.table, rows.via, all_of(terms), isinstance(rows.window, ir.Next)))

    def narrowed(self, rows: ir.Rows, condition: ir.Condition) -> RowSet:
        """Those of the rows that fulfil one more condition."""
        whole = self.rows(rows)
        both = all_of((whole.where, self.condition(condition, rows.table)))
        return self._row_set(replace(whole, where=both))

    def _row_set(self, found: RowSet) -> RowSet:
        return self._rows.setdefault(found, found)

    # --- axes -----------------------------------------------------------------------------------------

    def _axis(self, table: str, about: About, values: Values) -> Axis:
        key = (table, about)
        if key not in self._axes:
            self._axes[key] = Axis(table, about, values)
        return self._axes[key]

    def _single(self, value: ir.Value, table: str) -> Axis:
        all_ = universe(value.type)
        return self._axis(table, Single(value), or_missing(all_) if self._may_be_missing(value, table) else all_)

    def _time(self, value: ir.Value, family: Whatever, values: Ordered, table: str, span: Span) -> Formula:
        all_ = Ordered((), True, self._may_be_missing(value, table))
        return test(self._axis(table, Time(value, family), all_), values, span)

    def _may_be_missing(self, value: ir.Value, table: str) -> bool:
        match value:
            case ir.Column((), of, name):
                return not self.program.catalog.tables[of].columns[name].required
            case ir.Today() | ir.Key():
                return False
            case _:
                return True

    def count(self, rows: RowSet, values: Values, span: Span, table: str) -> Formula:
        """The test that there are so many such rows."""
        if not self.can_be(rows):
            return ALWAYS if values.holds(0) else NEVER  # type: ignore[arg-type]
        return test(self._axis(table, Count(rows), FROM_ZERO), values, span)

    def _there_are(self, rows: RowSet, span: Span, table: str) -> Formula:
        return self.count(rows, at_least(1), span, table)

    def _truth(self, about: About, table: str, span: Span) -> Formula:
        return test(self._axis(table, about, EITHER), TRUE, span)

    def _opaque(self, condition: ir.Condition, table: str) -> Formula:
        return self._truth(Opaque(condition), table, condition.span)

    # --- conditions -----------------------------------------------------------------------------------

    def condition(self, node: ir.Condition, table: str) -> Formula:
        """The rows of `table` of which a condition holds."""
        # By identity: equal conditions are written at different places, and proofs name those. Of a segment they name
        # what is written in it.
        key = (node if isinstance(node, ir.InSegment | ir.AssignedTo) else id(node), table)
        if key not in self._conditions:
            self._conditions[key] = node, self._condition(node, table)
        return self._conditions[key][1]

    def _condition(self, node: ir.Condition, table: str) -> Formula:
        lifted = _without_choices(node)
        if lifted is not node:
            return self._opaque(node, table) if lifted is None else self.condition(lifted, table)
        match node:
            case ir.Always(holds):
                return ALWAYS if holds else NEVER
            case ir.All(terms):
                return all_of(self.condition(term, table) for term in terms)
            case ir.Any(terms):
                return any_of(self.condition(term, table) for term in terms)
            case ir.AtLeast(count, terms):
                return so_many(count, [self.condition(term, table) for term in terms])
            case ir.Not(term):
                return complement(self.condition(term, table))
            case ir.InSegment(name):
                return all_of((self.segment(name), self._is_there(table)))
            case ir.AssignedTo(name):
                return all_of((self.assigned(name), self._is_there(table)))
            case ir.Exists(rows):
                return self._there_are(self.rows(rows), node.span, table)
            case ir.Known(value):
                return self.known(value, table, node.span)
            case ir.IsTrue(value):
                return all_of((test(self._single(value, table), TRUE, node.span), self._needs(value, table)))
            case ir.Compare():
                return self._compare(node, table)
            case ir.OneOfList(value, options):
                return self._one_of(value, options, table, node.span)
            case ir.InFile(value, _, members):
                if len(members) > LONG_LIST:
                    return all_of((self._opaque(node, table), self.known(value, table, node.span)))
                return self._one_of(value, members, table, node.span)
            case ir.TextMatch():
                return self._fits(node, table)
            case ir.InWindow(value, window):
                return self._in_window(value, window, table, node.span)
            case ir.Anniversary(value):
                return all_of((self._opaque(node, table), self.known(value, table, node.span)))
            case ir.ListHas():
                return self._list_has(node, table)
            case ir.Near(value, ir.Point()) | ir.Near(ir.Point(), value) | ir.Inside(value):
                return all_of((self._truth(Within(node), table, node.span), self.known(value, table, node.span)))
            case ir.Near(value, center):
                both = (self.known(value, table, node.span), self.known(center, table, node.span))
                return all_of((self._opaque(node, table), *both))
            case ir.Sample(salt):
                return test(self._axis(table, Share(salt), FROM_ZERO_TO_ONE), shares.stretch(node), node.span)
            case ir.Ranked(population, count, percent, lowest):
                measure = "percent" if percent else "count"
                return self._stands(Standing(population, measure, lowest), Fraction(count), table, node.span)  # type: ignore[arg-type]
            case ir.Bringing(population, share):
                return self._stands(Standing(population, "share", False), Fraction(share), table, node.span)
            case ir.Followed() | ir.WasInSegment():
                return self._opaque(node, table)
            case _:
                assert_never(node)

    def _is_there(self, table: str) -> Formula:
        """Members of segments are rows that are there: inside of `in next ...` windows a row may not be, yet."""
        return self.seen(table)

    def _stands(self, about: Standing, at: Fraction, table: str, span: Span) -> Formula:
        standing = self._axis(table, about, Ordered(((0, True),), False, True))
        return all_of((test(standing, at_most(at), span), self._belongs(about.population, table)))

    def _belongs(self, population: ir.Population, table: str) -> Formula:
        terms = [self.known(population.value, table, population.span)]
        if population.among is not None:
            terms.append(self.condition(population.among, table))
        if population.per is not None:
            terms.append(self.known(population.per, table, population.span))
        return all_of(terms)

    # --- what is known --------------------------------------------------------------------------------

    def known(self, value: ir.Value, table: str, span: Span) -> Formula:
        """The rows of which a value is not missing."""
        match value:
            case ir.Literal() | ir.Point() | ir.Today() | ir.Key():
                return ALWAYS
            case ir.Negative() | ir.DaysBetween() | ir.Day() | ir.Part() | ir.Length() | ir.Arithmetic():
                return self._needs(value, table)
            case ir.Choice(condition, then, otherwise):
                held = self.condition(condition, table)
                yes = all_of((held, self.known(then, table, span)))
                return any_of((yes, all_of((complement(held), self.known(otherwise, table, span)))))
            case ir.Aggregate(function, rows, argument):
                if function in ("count", "count distinct", "sum") or argument is None:
                    return ALWAYS
                if function in ("min", "max", "avg", "mode"):
                    return self._there_are(self.narrowed(rows, ir.Known(argument, span=span)), span, table)
                if isinstance(argument, ir.At) and not argument.path:
                    return self._there_are(self.rows(rows), span, table)
        return all_of((self._is_known(value, table, span), self._needs(value, table)))

    def _is_known(self, value: ir.Value, table: str, span: Span) -> Formula:
        match value.type:
            case Date() | Timestamp():
                return self._time(value, "written", known(), table, span)
            case TextList() | Point():
                axis = self._single(value, table)
                return test(axis, known(), span)
            case _:
                axis = self.value_axis(value, table)
                return test(axis, replace(axis.all, missing=False), span)

    def _needs(self, value: ir.Value, table: str) -> Formula:
        """What holds wherever a value that is computed of others is known."""
        match value:
            case ir.Negative(operand):
                return self.known(operand, table, value.span)
            case ir.Day(inner) | ir.Part(_, inner) | ir.Length(inner):
                return self.known(inner, table, value.span)
            case ir.DaysBetween(start, end):
                return all_of((self.known(start, table, value.span), self.known(end, table, value.span)))
            case ir.Arithmetic(left, op, right):
                both = [self.known(left, table, value.span), self.known(right, table, value.span)]
                if op == "/":
                    zero = ir.Literal(Decimal(0), Number(whole=True), span=value.span)
                    both.append(complement(self._compare(ir.Compare(right, "=", zero, span=value.span), table)))
                return all_of(both)
            case ir.Tile(population=population):
                return self._belongs(population, table)
            case ir.Aggregate("avg" | "mode", rows, argument) if argument is not None:
                return self._there_are(self.narrowed(rows, ir.Known(argument, span=value.span)), value.span, table)
            case ir.Aggregate("first" | "last", rows):
                return self._there_are(self.rows(rows), value.span, table)
            case _:
                return ALWAYS

    def rows_with(self, about: Aggregate, values: Values) -> Formula:
        """The rows of an aggregate whose argument is one of `values`, as far as that can be said by an axis."""
        rows, argument = about.rows, about.argument
        if isinstance(argument.type, (Date, Timestamp, TextList, Point)):
            return all_of((rows.where, self.known(argument, rows.table, argument.span)))
        axis = self.value_axis(argument, rows.table)
        return all_of((rows.where, test(axis, values, argument.span)))

    # --- comparisons ----------------------------------------------------------------------------------

    def _compare(self, node: ir.Compare, table: str) -> Formula:
        left, op, right = node.left, node.op, node.right
        if isinstance(left, (ir.Literal, ir.Today)) and not isinstance(right, (ir.Literal, ir.Today)):
            left, op, right = right, cast(Whatever, SWAPPED[op]), left
        match left.type, right:
            case Number(), _:
                return self._compare_numbers(left, op, right, table, node.span)
            case Date() | Timestamp(), ir.Literal() | ir.Today():
                return self._compare_dates(left, op, right, table, node.span)
            case Text() | Boolean(), ir.Literal(value=str() | bool() as constant):
                return self._one_of(left, (constant,), table, node.span)
        return self._order(left, op, right, table, node.span)

    def _compare_numbers(self, left: ir.Value, op: str, right: ir.Value, table: str, span: Span) -> Formula:
        sides = linear.reduced(left, right)
        if sides is None:
            return self._order(left, op, right, table, span)
        base, constant, turned = sides
        op = SWAPPED[op] if turned else op
        if base is None:
            # What cancels out must still be known: `rating = rating` is false of those without one.
            holds = {"=": constant == 0, "<": constant > 0, "<=": constant >= 0, ">": constant < 0, ">=": constant <= 0}
            return all_of((self.known(left, table, span), self.known(right, table, span))) if holds[op] else NEVER
        needs = all_of((self._needs(left, table), self._needs(right, table)))
        return all_of((self._number(base, op, constant, table, span), needs, self._needs(base, table)))

    def _number(self, value: ir.Value, op: str, constant: Fraction, table: str, span: Span) -> Formula:
        """A number that is not computed from others by arithmetic, against a constant."""
        match value:
            case ir.Aggregate("count", rows):
                return self.count(self.rows(rows), _compared(value.type, op, constant), span, table)
            case ir.Aggregate(("min" | "max") as function, rows, argument) if argument is not None:
                bounded = argument

                def reaching(op: str) -> Formula:
                    return self._reaching(rows, bounded, op, constant, table, span)

                return self._extreme(function, op, reaching, value, table, span)
            case ir.Aggregate("avg", rows, argument) if argument is not None:
                # The mean of some numbers is never beyond all of them.
                reached = [self._reaching(rows, argument, each, constant, table, span) for each in _sides(op)]
                return all_of(
                    (test(self.value_axis(value, table), _compared(value.type, op, constant), span), *reached)
                )
            case ir.DaysBetween(start, end) if isinstance(start, ir.Today) or isinstance(end, ir.Today):
                found = days_between_tests(value, op, constant)
                if found is not None:
                    moment, sets = found
                    return all_of(self._time(moment, family, values, table, span) for family, values in sets)
        return test(self.value_axis(value, table), _compared(value.type, op, constant), span)

    def _reaching(
        self, rows: ir.Rows, argument: ir.Value, op: str, constant: Fraction, table: str, span: Span
    ) -> Formula:
        """There are rows whose number compares so. It may be arithmetic: it is compared there as anywhere."""
        there = ir.Compare(argument, cast(Whatever, op), _literal(constant, span), span=span)
        return self._there_are(self.narrowed(rows, there), span, table)

    def _extreme(
        self, function: str, op: str, reaching: Callable[[str], Formula], value: ir.Value, table: str, span: Span
    ) -> Formula:
        """`max` or `min` against a bound, as there being rows whose value is `reaching` it, or none."""
        beyond, at_bound = (">", ">=") if function == "max" else ("<", "<=")
        match op:
            case "=":
                return all_of((reaching(at_bound), complement(reaching(beyond))))
            case _ if op in (beyond, at_bound):
                return reaching(op)
            case _:
                kept_from = at_bound if op in ("<", ">") else beyond
                return all_of((self.known(value, table, span), complement(reaching(kept_from))))

    def value_axis(self, value: ir.Value, table: str) -> Axis:
        """The axis of a value as a whole: number, text or truth."""
        if not isinstance(value, ir.Aggregate) or value.argument is None:
            return self._single(value, table)
        about = Aggregate(cast(Whatever, value.function), self.rows(value.rows), value.argument)
        if value.function == "count distinct":
            return self._axis(table, about, FROM_ZERO)
        if value.function == "sum":
            return self._axis(table, about, _sum_universe(value))
        return self._axis(table, about, or_missing(universe(value.type)))

    def _compare_dates(self, value: ir.Value, op: str, bound: ir.Literal | ir.Today, table: str, span: Span) -> Formula:
        if isinstance(value, ir.Day) and isinstance(bound, ir.Literal) and isinstance(bound.value, date):
            return self._in_window(value.value, around(op, bound.value, span), table, span)
        if (extreme := _as_extreme(value)) is not None:
            function, rows, argument = extreme

            def reaching(op: str) -> Formula:
                there = ir.Compare(argument, cast(Whatever, op), bound, span=span)
                return self._there_are(self.narrowed(rows, there), span, table)

            return self._extreme(function, op, reaching, value, table, span)
        sets = compare_tests(value, value.type, op, bound)
        if sets is None:
            return self._order(value, op, bound, table, span)
        times = [self._time(value, family, values, table, span) for family, values in sets]
        return all_of((*times, self._needs(value, table)))

    def _in_window(self, value: ir.Value, window: ir.Window, table: str, span: Span) -> Formula:
        if not isinstance(value.type, (Date, Timestamp)):
            return self._opaque(ir.InWindow(value, window, span=span), table)
        sets = window_tests(value, value.type, window, self.zone)
        if sets is None:
            return all_of((self._opaque(ir.InWindow(value, window, span=span), table), self.known(value, table, span)))
        if (extreme := _as_extreme(value)) is not None:
            function, rows, argument = extreme
            whole = self.rows(rows)
            terms = [self.known(value, table, span)]
            for family, values in sets:
                terms += self._extreme_in(function, whole, argument, family, values, table, span)
            return all_of(terms)
        times = [self._time(value, family, values, table, span) for family, values in sets]
        return all_of((*times, self._needs(value, table)))

    def _extreme_in(
        self, function: str, rows: RowSet, argument: ir.Value, family: str, values: Ordered, table: str, span: Span
    ) -> list[Formula]:
        """The first or last moment lies in a stretch: some row reaches its near end, and none goes past the far one."""

        def there_are(within: Ordered) -> Formula:
            reached = self._time(argument, family, within, rows.table, span)
            terms = (rows.where, reached, self._needs(argument, rows.table))
            return self._there_are(self._row_set(replace(rows, where=all_of(terms))), span, table)

        terms = []
        for start, end in values.stretches():
            before = None if start is None else Ordered((start,), True, False)
            after = None if end is None else Ordered((end,), False, False)
            near, far = (before, after) if function == "max" else (after, before)
            if near is not None:
                terms.append(there_are(replace(near.complement(), missing=False)))
            if far is not None:
                terms.append(complement(there_are(far)))
        return terms

    def _order(self, left: ir.Value, op: str, right: ir.Value, table: str, span: Span) -> Formula:
        both = (self.known(left, table, span), self.known(right, table, span))
        if left == right:
            return all_of(both) if op in ("=", "<=", ">=") else NEVER
        if repr(right) < repr(left):
            left, op, right = right, SWAPPED[op], left
        axis = self._axis(table, Order(left, right), HOW_TWO_STAND)
        return all_of((test(axis, _compared(Number(whole=True), op, Fraction(0)), span), *both))

    # --- texts and lists ------------------------------------------------------------------------------

    def _one_of(self, value: ir.Value, options: Sequence[object], table: str, span: Span) -> Formula:
        if isinstance(value, ir.Literal):
            return ALWAYS if value.value in options else NEVER
        match value.type:
            case Number():
                literals = [_literal(Fraction(cast(Decimal, option)), span) for option in options]
                return any_of(self._compare_numbers(value, "=", literal, table, span) for literal in literals)
            case Date() | Timestamp():
                dates = [ir.Literal(cast(date, option), _date_type(option), span=span) for option in options]
                return any_of(self._compare_dates(value, "=", each, table, span) for each in dates)
            case _:
                axis = self.value_axis(value, table)
                names = named(
                    cast(Sequence[str | bool], options), axis.all.universe if isinstance(axis.all, Listed) else None
                )
                return all_of((test(axis, names, span), self._needs(value, table)))

    def _fits(self, node: ir.TextMatch, table: str) -> Formula:
        axis = self.value_axis(node.value, table)
        if isinstance(axis.all, Listed) and axis.all.universe is not None:
            fitting = [text for text in axis.all.universe if isinstance(text, str) and text_matches(node, text)]
            return test(axis, named(fitting, axis.all.universe), node.span)
        is_plain = node.kind == "equals" or (node.kind == "matches" and not set(node.pattern) & {"*", "?"})
        if is_plain and not node.folded:
            return test(axis, named((node.pattern,)), node.span)
        fits_all = set(node.pattern) == {"*"} if node.kind == "matches" else not node.pattern and node.kind != "equals"
        if fits_all:
            return self.known(node.value, table, node.span)
        folded = replace(node, pattern=fold(node.pattern)) if node.folded else node
        return self._truth(Fits(folded), table, node.span)

    def _list_has(self, node: ir.ListHas, table: str) -> Formula:
        options = dict.fromkeys(fold(option) if node.folded else option for option in node.options)
        known_ = self.known(node.value, table, node.span)
        terms = [self._truth(Has(node.value, option, node.folded), table, node.span) for option in options]
        return all_of((so_many(node.least, terms), known_))


# --- parts of conditions --------------------------------------------------------------------------


def _compared(type_: object, op: str, constant: Fraction) -> Ordered:
    """The numbers of a type that compare with a constant as `op` says."""
    assert isinstance(type_, Number)
    start, end = number_cut(type_, constant, after=False), number_cut(type_, constant, after=True)
    match op:
        case "=":
            return Ordered((start, end), False, False) if start != end else Ordered((), False, False)
        case "<":
            return Ordered((start,), True, False)
        case "<=":
            return Ordered((end,), True, False)
        case ">":
            return Ordered((end,), False, False)
        case _:
            return Ordered((start,), False, False)


def _sides(op: str) -> tuple[str, ...]:
    return (">=", "<=") if op == "=" else (op,)


def _as_extreme(value: ir.Value) -> tuple[str, ir.Rows, ir.Value] | None:
    """A value that is the greatest or least of some rows: `first` and `last` of their time are."""
    match value:
        case ir.Aggregate(("min" | "max") as function, rows, argument) if argument is not None:
            return function, rows, argument
        case ir.Aggregate("first", rows, ir.At(()) as argument):
            return "min", rows, argument
        case ir.Aggregate("last", rows, ir.At(()) as argument):
            return "max", rows, argument
    return None


def _sum_universe(value: ir.Aggregate) -> Values:
    """A sum of what is never negative is not negative, and never missing."""
    match value.argument.type if value.argument is not None else None:
        case Number(low=Decimal() as low) if low >= 0:
            return FROM_ZERO
        case Number(high=Decimal() as high) if high <= 0:
            return (
                at_most(0)
                if isinstance(value.type, Number) and value.type.quotient
                else Ordered(((1, False),), True, False)
            )
    return Ordered((), True, False)


def _literal(constant: Fraction, span: Span) -> ir.Literal:
    """A constant that conditions on rows are made with; a fraction is not written out, it stays what it is."""
    return ir.Literal(cast(Decimal, constant), Number(quotient=True), span=span)


def _date_type(option: object) -> Date | Timestamp:
    return Timestamp(option.tzinfo is not None) if isinstance(option, datetime) else Date()


# --- `(a if C else b)` ----------------------------------------------------------------------------


def _without_choices(node: ir.Condition) -> ir.Condition | None:
    """A comparison of chosen values as the choice between comparisons; the same one when it holds no choice.

    None when there are too many of them.
    """
    if not isinstance(node, (ir.Compare, ir.OneOfList, ir.InWindow, ir.TextMatch, ir.IsTrue, ir.Known)):
        return node
    found = _choices(node)
    if not found:
        return node
    if len(found) > MOST_CHOICES:
        return None
    first = found[0]
    yes, no = (_replaced(node, first, value) for value in (first.then, first.otherwise))
    held = ir.All((first.condition, cast(ir.Condition, yes)), span=node.span)
    other = ir.All((ir.Not(first.condition, span=node.span), cast(ir.Condition, no)), span=node.span)
    return ir.Any((held, other), span=node.span)


def _choices(node: ir.Node) -> list[ir.Choice]:
    """The choices that a condition compares, outermost first; those inside of rows and populations are theirs."""
    if isinstance(node, ir.Choice):
        return [node]
    if isinstance(node, (ir.Aggregate, ir.Of, ir.Statistic, ir.Tile)):
        return []
    return list(dict.fromkeys(found for child in ir.children(node) for found in _choices(child)))


def _replaced(node: ir.Node, old: ir.Node, new: ir.Node) -> ir.Node:
    if node == old:
        return new
    if isinstance(node, (ir.Aggregate, ir.Of, ir.Statistic, ir.Tile)):
        return node
    changed: dict[str, Whatever] = {
        each.name: _replaced(child, old, new)
        for each in fields(node)
        if isinstance(child := getattr(node, each.name), ir.Node)
    }
    return replace(node, **changed) if changed else node
