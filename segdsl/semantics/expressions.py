"""One expression as written, in the scope of one row, to a typed value or condition as meant.

Total: whatever is wrong is reported once, and an unknown value takes its place that agrees with everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from segdsl.diagnostics import Report, did_you_mean, listed
from segdsl.grammar import ast
from segdsl.semantics import (
    channels,
    choices,
    everyone,
    ir,
    list_files,
    lists,
    periods,
    places,
    rows,
    samples,
    scope,
    windows,
)
from segdsl.semantics.catalog import Catalog
from segdsl.semantics.comparison import comparable, comparison, is_reversed, refuse_point, report_list
from segdsl.semantics.constants import literal, number
from segdsl.semantics.functions import FUNCTIONS, KINDS, Function, LengthFunction, PartFunction
from segdsl.semantics.occasions import Occasion, on_days_of
from segdsl.semantics.scope import Names, Scope
from segdsl.semantics.types import (
    MAX_SCALE,
    Boolean,
    Date,
    Number,
    Point,
    Text,
    TextList,
    Timestamp,
    Type,
    Unknown,
    described,
)

TEXT_TESTS: Mapping[str, str] = {
    "starts with": "starts",
    "ends with": "ends",
    "contains": "contains",
    "matches": "matches",
    "equals": "equals",
}


@dataclass(frozen=True, slots=True)
class Expressions:
    """Resolves expressions against one catalog. `segments` are those that may be named, each with its entity.

    `lists` are the list files that there are, None where there can be none. `period` is what a window of several
    periods stands for in the condition that is resolved, and `repeats` says that this stands inside of one.
    """

    catalog: Catalog
    names: Names
    segments: Mapping[str, str]
    report: Report
    lists: list_files.ListFiles | None = None
    period: ir.Period | None = None
    repeats: bool = False

    def of_rows(self) -> Expressions:
        """What resolves the conditions on rows: a window of several periods is none of theirs."""
        return replace(self, period=None)

    # --- values -----------------------------------------------------------------------------------

    def value(self, node: ast.Expr, where: Scope) -> ir.Value:
        """The value that `node` stands for; a condition in its place is reported."""
        match node:
            case ast.Paren():
                return self.value(node.inner, where)
            case ast.Name():
                found = scope.column(node, where, self.catalog, self.names, self.report)
                return everyone.seen_from(found, where, node, self.report)
            case ast.Text() | ast.Number() | ast.Truth() | ast.Date() | ast.Moment():
                return literal(node) or scope.unknown(node)
            case ast.Negative():
                return self._negative(node, where)
            case ast.Arithmetic():
                return self._arithmetic(node, where)
            case ast.Call():
                return self._call(node, where)
            case ast.DaysBetween():
                return self._days_between(node, where)
            case ast.Statistic():
                return everyone.statistic(self, node, where)
            case ast.Tile():
                return everyone.tile(self, node, where)
            case ast.Choice():
                return choices.choice(self, node, where)
            case ast.Point():
                return places.point(self, node, where) or scope.unknown(node)
            case ast.Broken():
                return scope.unknown(node)
            case _:
                self.report.add(
                    "wrong-type",
                    "a condition stands where a value is needed",
                    node.span,
                    label="this is true or false of a customer",
                    help="combine conditions with `and`, `or` and `not`",
                )
                return scope.unknown(node)

    def _negative(self, node: ast.Negative, where: Scope) -> ir.Value:
        operand = self._number(node.operand, where, "-")
        match operand:
            case ir.Literal(value=Decimal() as value):
                return number(-value, node)
            case _:
                return ir.Negative(operand, _plain(operand.type), span=node.span)

    def _number(self, node: ast.Expr, where: Scope, op: str) -> ir.Value:
        value = self.value(node, where)
        if isinstance(value.type, (Number, Unknown)):
            return value
        self.report.add(
            "wrong-type",
            f"`{op}` calculates with numbers",
            node.span,
            label=f"this is {described(value.type)}",
            help=_duration_hint(value.type),
        )
        return scope.unknown(node)

    def _arithmetic(self, node: ast.Arithmetic, where: Scope) -> ir.Value:
        left, right = self._number(node.left, where, node.op), self._number(node.right, where, node.op)
        result = _arithmetic_type(node.op, left.type, right.type)
        if isinstance(result, Number) and result.scale > MAX_SCALE:
            self.report.add(
                "number-too-large",
                f"this has up to {result.scale} digits after the point",
                node.span,
                help=f"databases keep {MAX_SCALE} exactly: use fewer factors with decimals",
            )
            return scope.unknown(node)
        return ir.Arithmetic(left, node.op, right, result, span=node.span)

    def _call(self, node: ast.Call, where: Scope) -> ir.Value:
        match FUNCTIONS.get(node.function.text):
            case Function() as function:
                return rows.aggregate(self, function, node, where)
            case PartFunction() as function:
                return self._part(function, node, where)
            case LengthFunction() as function:
                return lists.length(self, function, node, where)
        known = did_you_mean(node.function.text, FUNCTIONS, f"there are {listed(FUNCTIONS)}")
        self.report.add(
            "unknown-function", f"there is no function `{node.function.text}`", node.function.span, help=known
        )
        return scope.unknown(node)

    # --- dates ------------------------------------------------------------------------------------

    def _part(self, function: PartFunction, node: ast.Call, where: Scope) -> ir.Value:
        if not self.takes_one_value(function.name, "date", node):
            return scope.unknown(node)
        value = self.value(node.target, where)
        if not self.argument_fits(function.takes, function.name, value):
            return scope.unknown(node)
        of = value if function.name == "hour" else _date(value)
        return ir.Part(function.name, of, function.result, span=node.span)

    def takes_one_value(self, name: str, what: str, node: ast.Call) -> bool:
        """Whether a call chooses among no rows, as a function of one value must not."""
        chosen = node.via or node.where or (node.steps[0] if node.steps else None) or node.window
        if chosen is None:
            return True
        column = "at" if what == "date" else "channel"
        self.report.add(
            "wrong-type",
            f"`{name}` takes one {what}, and this chooses among rows",
            chosen.span,
            help=f"choose one of them first, as in `{name}(last(order.{column} in last 30 days))`",
        )
        return False

    def _days_between(self, node: ast.DaysBetween, where: Scope) -> ir.Value:
        sides = [self.value(side, where) for side in (node.start, node.end)]
        fits = [self.argument_fits("dated", "days between", side) for side in sides]
        if not all(fits):
            return scope.unknown(node)
        start, end = map(_date, sides)
        return ir.DaysBetween(start, end, Number(whole=True), span=node.span)

    # --- many rows --------------------------------------------------------------------------------

    def argument_fits(self, takes: str, name: str, argument: ir.Value) -> bool:
        match argument.type:
            case Unknown():
                return False
            case Number(quotient=True):
                self.report.add(
                    "wrong-type",
                    f"`{name}` of a quotient has no exact result",
                    argument.span,
                    label="divided here",
                    help="aggregate the parts and divide the results: `sum(a) / sum(b)`",
                )
                return False
        allowed, wanted = KINDS[takes]  # type: ignore[index]
        if isinstance(argument.type, allowed):
            return True
        help_ = ""
        if isinstance(argument.type, TextList):
            help_ = f"use its length, `{name}(length({argument.span.text}))`, or rows `where` it contains a text"
        self.report.add(
            "wrong-type",
            f"`{name}` takes {wanted}",
            argument.span,
            label=f"this is {described(argument.type)}",
            help=places.HINT if isinstance(argument.type, Point) else help_,
        )
        return False

    # --- conditions -------------------------------------------------------------------------------

    def condition(self, node: ast.Expr, where: Scope) -> ir.Condition:
        """The condition that `node` stands for; a value in its place must be true or false."""
        if self.period is None and (several := periods.periods_of(node)):
            return self._in_periods(several, node, where)
        match node:
            case ast.Paren():
                return self.condition(node.inner, where)
            case ast.And():
                return ir.All(tuple(self.condition(term, where) for term in node.terms), span=node.span)
            case ast.Or():
                return ir.Any(tuple(self.condition(term, where) for term in node.terms), span=node.span)
            case ast.Not():
                return ir.Not(self.condition(node.operand, where), span=node.span)
            case ast.Compare():
                return self._compare(node, where)
            case ast.Between():
                return self._between(node, where)
            case ast.InList():
                return _unless(node.negated, self._in_list(node, where))
            case ast.InListFile():
                return _unless(node.negated, list_files.in_list_file(self, node, where))
            case ast.ManyTest():
                return lists.many(self, node, where)
            case ast.Known():
                return _unless(node.negated, ir.Known(self.value(node.value, where), span=node.span))
            case ast.TextTest():
                return self._text_test(node, where)
            case ast.InWindow():
                return _unless(node.negated, self._in_window(node, where))
            case ast.Anniversary():
                return _unless(node.negated, self._anniversary(node, where))
            case ast.Near():
                return places.near(self, node, where)
            case ast.Inside():
                return places.inside(self, node, where)
            case ast.Has():
                return _unless(node.negated, rows.exists(self, node, where))
            case ast.Every():
                return rows.every(self, node, where)
            case ast.InSegment() | ast.AssignedTo() | ast.WasInSegment():
                return self._in_segment(node, where)
            case ast.Ranked():
                return everyone.ranked(self, node, where)
            case ast.Bringing():
                return everyone.bringing(self, node, where)
            case ast.ReachableBy():
                return channels.reachable(self, node, where)
            case ast.InSample():
                return samples.in_sample(self, node, where)
            case ast.Everyone():
                return ir.Always(True, span=node.span)
            case ast.Broken():
                return ir.Always(True, span=node.span)
            case _:
                return self._truth(node, where)

    def _in_periods(self, several: tuple[ast.Periods, ...], node: ast.Expr, where: Scope) -> ir.Condition:
        """`no order in each of ...` is `not` of what `has order` would say, not `no order` in each."""
        negated = isinstance(node, ast.Has) and node.negated
        asked = replace(node, negated=False) if isinstance(node, ast.Has) else node
        return _unless(negated, periods.repeated(self, several, lambda each: each.condition(asked, where)))

    def _truth(self, node: ast.Expr, where: Scope) -> ir.Condition:
        if isinstance(node, ast.Truth):
            help_ = "write `everyone`" if node.value else "write `not everyone`"
            self.report.add("wrong-type", "a constant is no condition", node.span, help=help_)
            return ir.Always(node.value, span=node.span)
        value = self.value(node, where)
        if not isinstance(value.type, (Boolean, Unknown)):
            self.report.add(
                "wrong-type",
                "a value stands where a condition is needed",
                node.span,
                label=f"this is {described(value.type)}",
                help=places.HINT if isinstance(value.type, Point) else "compare it with something",
            )
        return ir.IsTrue(value, span=node.span)

    def _compare(self, node: ast.Compare, where: Scope) -> ir.Condition:
        left, right = self.value(node.left, where), self.value(node.right, where)
        if isinstance(left, ir.Literal) and not isinstance(right, ir.Literal):
            left, right, op = right, left, _MIRRORED.get(node.op, node.op)
        else:
            op = node.op
        if not comparable(left, right, op, node, self.report):
            return ir.Always(True, span=node.span)
        negated = op == "!="
        test = comparison(left, "=" if negated else op, right, node)
        return _unless(negated, test)

    def _between(self, node: ast.Between, where: Scope) -> ir.Condition:
        value = self.value(node.value, where)
        low, high = self.value(node.low, where), self.value(node.high, where)
        fits = [comparable(value, bound, "<=", node, self.report) for bound in (low, high)]
        if not all(fits):
            return ir.Always(True, span=node.span)
        match low, high:
            case ir.Literal(value=first), ir.Literal(value=second) if is_reversed(first, second):
                self.report.add(
                    "bad-window",
                    "nothing lies between the two: the first is larger than the second",
                    node.span,
                    help=f"write `between {high.span.text} and {low.span.text}`",
                )
        return ir.All((comparison(value, ">=", low, node), comparison(value, "<=", high, node)), span=node.span)

    def _in_list(self, node: ast.InList, where: Scope) -> ir.Condition:
        value = self.value(node.value, where)
        if isinstance(value.type, TextList):
            report_list(value, "`in`", self.report)
            return ir.Always(True, span=node.span)
        if isinstance(value.type, Point):
            refuse_point(value, node, self.report)
            return ir.Always(True, span=node.span)
        options: list[ir.Literal] = []
        for option in node.options:
            meant = self.value(option, where)
            if not isinstance(meant, ir.Literal):
                self.report.add(
                    "wrong-type", "a list holds constants", option.span, help="compare with `=` and join with `or`"
                )
            elif comparable(value, meant, "=", node, self.report):
                options.append(meant)
        if isinstance(value.type, Timestamp):
            days = tuple(comparison(value, "=", option, node) for option in options)
            return ir.Any(days, span=node.span)
        return ir.OneOfList(value, tuple(dict.fromkeys(option.value for option in options)), span=node.span)

    def _text_test(self, node: ast.TextTest, where: Scope) -> ir.Condition:
        value, pattern = self.value(node.value, where), self.value(node.pattern, where)
        if isinstance(value.type, TextList):
            return lists.contains(self, node, value, where)
        for side in (value, pattern):
            if not isinstance(side.type, (Text, Unknown)):
                self.report.add(
                    "wrong-type",
                    f"`{'ignoring case' if node.kind == 'equals' else node.kind}` compares texts",
                    side.span,
                    label=f"this is {described(side.type)}",
                )
                return ir.Always(True, span=node.span)
        match value.type, pattern:
            case Unknown(), _:
                return ir.Always(True, span=node.span)
            case _, ir.Literal(value=str() as text):
                kind = TEXT_TESTS[node.kind]
                return ir.TextMatch(value, kind, text, node.ignoring_case, span=node.span)  # type: ignore[arg-type]
        if not isinstance(pattern.type, Unknown):
            self.report.add(
                "wrong-type",
                f"`{node.kind}` needs a text in quotes after it",
                pattern.span,
                help='as in `starts with "A"`',
            )
        return ir.Always(True, span=node.span)

    def _in_window(self, node: ast.InWindow, where: Scope) -> ir.Condition:
        value = self.value(node.value, where)
        if isinstance(value.type, Unknown):
            return ir.Always(True, span=node.span)
        if not isinstance(value.type, (Date, Timestamp)):
            self.report.add(
                "wrong-type",
                "only dates and moments lie in a window",
                node.value.span,
                label=f"this is {described(value.type)}",
                help="put the window inside the parentheses of `count` or `sum`"
                if isinstance(value.type, Number)
                else "",
            )
            return ir.Always(True, span=node.span)
        if isinstance(node.window, ast.Periods):
            message, help_ = "one date lies in no more than one period", f"write `in last {node.window.count} full "
            help_ += f"{node.window.unit}s`, or count rows: `has order in each of ...`"
            self.report.add("bad-window", message, node.window.span, help=help_)
            return ir.Always(True, span=node.span)
        if isinstance(node.window, ast.During):
            return self.during(node.window, value)
        window = windows.resolve(node.window, value.type, self, where)
        return ir.InWindow(value, window, span=node.span) if window else ir.Always(True, span=node.span)

    def during(self, window: ast.During, value: ir.Value) -> ir.Condition:
        occasion = self._occasion(window)
        if occasion is None or isinstance(value.type, Unknown):
            return ir.Always(True, span=window.span)
        return on_days_of(occasion, value, window)

    def _occasion(self, window: ast.During) -> Occasion | None:
        name, known = window.occasion.text, self.names.occasions
        if name not in known:
            forms = ("last 30 days", "next 7 days", "this month", "today", "yesterday")
            instead = f"there are {listed(known)}" if known else f"as windows there are {listed(forms)}"
            message = f"there is no occasion `{name}`"
            self.report.add("unknown-occasion", message, window.span, help=did_you_mean(name, known, instead))
        return known.get(name)

    def _anniversary(self, node: ast.Anniversary, where: Scope) -> ir.Condition:
        value = self.value(node.value, where)
        unknown = ir.Always(True, span=node.span)
        if not self.argument_fits("dated", "anniversary of", value):
            return unknown
        day = _date(value)
        if isinstance(node.window, ast.During):
            occasion = self._occasion(node.window)
            if occasion is None:
                return unknown
            if occasion.yearly:
                message = f"`{node.window.occasion.text}` returns every year by itself"
                help_ = f"write `{node.value.span.text} in {node.window.occasion.text}`"
                self.report.add("bad-window", message, node.window.span, help=help_)
                return unknown
            terms = tuple(ir.Anniversary(day, days, span=node.span) for days in occasion.dates)
            return ir.Any(terms, span=node.span) if terms else unknown
        if isinstance(node.window, (ast.Ago, ast.Periods)):
            message = "anniversaries are looked for in a window with two ends"
            self.report.add("bad-window", message, node.window.span, help="write `in next 7 days` or `in last 7 days`")
            return unknown
        window = windows.resolve(node.window, Date(), self, where)
        return ir.Anniversary(day, window, span=node.span) if window else unknown

    def _in_segment(self, node: ast.InSegment | ast.AssignedTo | ast.WasInSegment, where: Scope) -> ir.Condition:
        name = node.segment.text
        if name not in self.segments:
            self.report.add(
                "unknown-segment",
                f"there is no segment `{name}`",
                node.segment.span,
                help=did_you_mean(name, self.segments, f"there are {listed(sorted(self.segments))}"),
            )
        elif self.segments[name] != where.table.name:
            self._report_segment_of_others(node, where)
        elif isinstance(node, ast.WasInSegment):
            return _unless(node.negated, ir.WasInSegment(name, node.count, node.unit, span=node.span))
        else:
            kind = ir.InSegment if isinstance(node, ast.InSegment) else ir.AssignedTo
            return _unless(node.negated, kind(name, span=node.span))
        return ir.Always(True, span=node.span)

    def _report_segment_of_others(self, node: ast.InSegment | ast.AssignedTo | ast.WasInSegment, where: Scope) -> None:
        """A segment that rows of this table cannot be in: say where it can be asked for."""
        here, entity, name = where.table.name, self.segments[node.segment.text], node.segment.text
        if entity not in self.catalog.tables:
            return  # reported where the segment is defined
        if scope.paths_up(self.catalog, entity, here):
            help_ = f"say of which rows: `has {entity} where {' '.join(node.span.text.split())}`"
        elif scope.paths_up(self.catalog, here, entity):
            column = next(iter(self.catalog.tables[entity].columns), "at")
            help_ = f"say what must hold of the {entity}, as in `{entity}.{column} is known`"
            if where.inside_rows:
                help_ = "put this outside of the rows' own conditions"
        else:
            help_ = f"no link leads from `{here}` to `{entity}` or back"
        message = f"segment `{name}` holds rows of `{entity}`, and this is about a row of `{here}`"
        self.report.add("wrong-type", message, node.span, help=help_)


_MIRRORED: Mapping[str, str] = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def _unless(negated: bool, test: ir.Condition) -> ir.Condition:
    return ir.Not(test, span=test.span) if negated else test


def _date(value: ir.Value) -> ir.Value:
    """The date of a date or a moment."""
    return ir.Day(value, Date(), span=value.span) if isinstance(value.type, Timestamp) else value


def _plain(type_: Type) -> Type:
    return replace(type_, low=None, high=None) if isinstance(type_, Number) else type_


def _arithmetic_type(op: str, left: Type, right: Type) -> Type:
    match left, right:
        case Number(), Number():
            if op == "/" or left.quotient or right.quotient:
                return Number(quotient=True)
            scale = left.scale + right.scale if op == "*" else max(left.scale, right.scale)
            return Number(scale=scale, whole=left.whole and right.whole)
    return Unknown()


def _duration_hint(type_: Type) -> str:
    match type_:
        case Date() | Timestamp():
            return "to look back from now, write `in last 30 days` or `more than 30 days ago`"
        case _:
            return ""
