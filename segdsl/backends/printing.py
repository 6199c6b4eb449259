"""Expressions of a plan as SQL nodes: what every database here says alike, parentheses included.

In: a `plan.Expression`. Out: a sqlglot node that reads back as itself. What differs is asked of the backend.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import reduce
from typing import TYPE_CHECKING, assert_never

from sqlglot import exp

from segdsl.backends import plan

if TYPE_CHECKING:
    from segdsl.backends.base import Backend

MEMBER = "member"  # the column of a relation of constants

COMPARISONS: dict[str, type[exp.Binary]] = {
    "=": exp.EQ,
    "<>": exp.NEQ,
    "<": exp.LT,
    "<=": exp.LTE,
    ">": exp.GT,
    ">=": exp.GTE,
}
ARITHMETIC: dict[str, type[exp.Binary]] = {"+": exp.Add, "-": exp.Sub, "*": exp.Mul}


class Expressions:
    """How the expressions of one select are said: with the names of its relations, and with FILTER, or without."""

    def __init__(self, backend: Backend, qualified: bool, filters: bool = True) -> None:
        self.backend, self.qualified, self.filters = backend, qualified, filters

    def column(self, relation: str, name: str) -> exp.Column:
        table = self.backend.name(relation) if self.qualified and relation else None
        return exp.Column(this=self.backend.name(name), table=table)

    def value(self, node: plan.Expression) -> exp.Expr:
        match node:
            case plan.Column(relation, name):
                return self.column(relation, name)
            case plan.Stored(relation, name, None, _, span):
                return self.backend.undeclared(self.column(relation, name), span)
            case plan.Stored(relation, name, type_, "real" | "double precision" as held):
                return self.backend.stored_float(self.column(relation, name), type_, held)
            case plan.Stored(relation, name, type_):
                return self.backend.stored(self.column(relation, name), type_)
            case plan.Constant(value):
                return self.backend.constant(value)
            case plan.OnWallClock(moment, zone):
                return self.backend.on_wall_clock(self.operand(moment), zone)
            case plan.InUtc(moment, zone):
                return self.backend.in_utc(self.operand(moment), zone)
            case plan.Later(moment, count, unit, is_date):
                return self.backend.later(self.operand(moment), count, unit, is_date)
            case plan.Day(moment):
                return self.backend.cast(self.value(moment), "DATE")
            case plan.Part(part, of):
                return self.backend.part(part, self.value(of))
            case plan.DaysBetween(start, end):
                return self.backend.days_between(self.operand(start), self.operand(end))
            case plan.Widen(number, scale):
                return self.backend.widened(self.value(number), scale)
            case plan.Negative(number):
                return exp.Neg(this=self.operand(number))
            case plan.Calculate(left, op, right, _):
                return ARITHMETIC[op](this=self.operand(left), expression=self.operand(right))
            case plan.Distance(latitude, longitude, to_latitude, to_longitude):
                ends = map(self.value, (latitude, longitude, to_latitude, to_longitude))
                return self.backend.distance(*ends)
            case plan.OrElse(value, otherwise):
                return exp.Coalesce(this=self.value(value), expressions=[self.value(otherwise)])
            case plan.FirstTrue(cases):
                ifs = [exp.If(this=self.condition(test), true=self.own(value)) for test, value in cases]
                return exp.Case(ifs=ifs)
            case plan.Digest(salt, key):
                return self.backend.digest(salt, self.operand(key))
            case plan.Choice(condition, then, otherwise):
                chosen = exp.If(this=self.condition(condition), true=self.own(then))
                return exp.Case(ifs=[chosen], default=self.own(otherwise))
            case plan.Length(of, of_list):
                return self.backend.list_length(self.value(of)) if of_list else exp.Length(this=self.value(of))
            case plan.Members(of):
                return self.backend.list_members(self.value(of))
            case plan.CountTrue(terms):
                ones = [plan.Choice(term, plan.Constant(Decimal(1)), plan.Constant(Decimal(0))) for term in terms]
                return reduce(lambda left, right: exp.Add(this=left, expression=right), map(self.value, ones))
            case plan.Aggregate():
                return self.aggregate(node)
            case plan.Whole(number):
                return self.backend.whole(self.value(number))
            case plan.Divide(left, part, right):
                return self.backend.divided(self.operand(left), part, self.operand(right))
            case plan.Window():
                return self.window(node)
            case _:
                return self.condition(node)

    def aggregate(self, node: plan.Aggregate) -> exp.Expr:
        is_outermost = node.function in ("first", "last")
        if node.where and not is_outermost and not self.filters:
            node = unfiltered(node)
        where = exp.Where(this=self.condition(plan.All(node.where))) if node.where else None
        if is_outermost:
            return self._outermost(node, where)
        result = self._function(node)
        return exp.Filter(this=result, expression=where) if where else result

    def _outermost(self, node: plan.Aggregate, where: exp.Where | None) -> exp.Expr:
        # The time comes first and is never missing.
        assert node.argument is not None
        by = [exp.Ordered(this=self.value(each), nulls_first=i > 0) for i, each in enumerate(node.order)]
        return self.backend.outermost(self.value(node.argument), by, where, is_last=node.function == "last")

    def _function(self, node: plan.Aggregate) -> exp.Expr:
        argument = exp.Star() if node.argument is None else self.value(node.argument)
        match node.function:
            case "count":
                return exp.Count(this=argument, big_int=True)
            case "count distinct":
                return exp.Count(this=exp.Distinct(expressions=[argument]), big_int=True)
            case "sum":
                return exp.Sum(this=argument)
            case "min":
                return exp.Min(this=argument)
            case "max":
                return exp.Max(this=argument)
            case "any":
                return exp.AnyValue(this=argument)
            case "first" | "last":
                raise AssertionError("what they are is said with their order")
            case _:
                assert_never(node.function)

    def own(self, node: plan.Expression) -> exp.Expr:
        """What becomes a value of a column: of a constant what stands alone, with nothing beside it to compare with."""
        return self.backend.own(node.value) if isinstance(node, plan.Constant) else self.condition(node)

    def window(self, node: plan.Window) -> exp.Expr:
        by = [self._ordered(each) for each in node.order]
        window = exp.Window(
            this=self._window_function(node),
            partition_by=[self.condition(each) for each in node.per] or None,
            order=exp.Order(expressions=by) if by else None,
            over="OVER",
        )
        if node.function == "running sum":
            # Row by row: the usual frame takes all rows that are equal in the order at once.
            rows = {"kind": "ROWS", "start": "UNBOUNDED", "start_side": "PRECEDING", "end": "CURRENT ROW"}
            window.set("spec", exp.WindowSpec(**rows))
        elif node.function == "first":
            rows = {"start": "UNBOUNDED", "start_side": "PRECEDING", "end": "UNBOUNDED", "end_side": "FOLLOWING"}
            window.set("spec", exp.WindowSpec(kind="ROWS", **rows))
        return window

    def _window_function(self, node: plan.Window) -> exp.Expr:
        argument = exp.Star() if node.argument is None else self.value(node.argument)
        match node.function:
            case "first":
                return exp.FirstValue(this=argument)
            case "count":
                return exp.Count(this=argument, big_int=True)
            case "sum" | "running sum":
                return exp.Sum(this=argument)
            case "row number":
                return exp.RowNumber()
            case "tile":
                return exp.Ntile(this=exp.Literal.number(node.tiles))
            case _:
                assert_never(node.function)

    def _ordered(self, by: plan.Ordering) -> exp.Ordered:
        return exp.Ordered(this=self.value(by.expression), desc=by.descending or None, nulls_first=False)

    def condition(self, node: plan.Expression) -> exp.Expr:
        match node:
            case plan.All(terms):
                return self._chain(exp.And, terms, True)
            case plan.Any(terms):
                return self._chain(exp.Or, terms, False)
            case plan.Not(plan.Known(value)):
                return exp.Is(this=self.operand(value), expression=exp.Null())
            case plan.Known(value):
                return exp.Not(this=exp.Is(this=self.operand(value), expression=exp.Null()))
            case plan.Not(term):
                return exp.Not(this=self.operand(term))
            case plan.Untrue(term):
                return exp.Not(this=exp.Is(this=self.operand(term), expression=exp.Boolean(this=True)))
            case plan.Surely(term):
                return exp.Is(this=self.operand(term), expression=exp.Boolean(this=True))
            case plan.Compare(plan.Distance() as way, "<=", plan.Constant(Decimal() as limit)):
                ends = map(self.value, (way.latitude, way.longitude, way.to_latitude, way.to_longitude))
                return self.backend.within(limit, *ends)
            case plan.Compare(left, op, right):
                return COMPARISONS[op](this=self.operand(left, True), expression=self.operand(right, True))
            case plan.OneOf(value, options):
                return exp.In(this=self.operand(value), expressions=[self.value(option) for option in options])
            case plan.OddlyMany(terms):
                ones = [self._one_if(term) for term in terms]
                count = reduce(lambda left, right: exp.Add(this=left, expression=right), ones)
                remainder = exp.Mod(this=exp.Paren(this=count), expression=exp.Literal.number(2))
                return exp.EQ(this=remainder, expression=exp.Literal.number(1))
            case plan.TextMatch(value):
                return self.backend.text_match(node, self.operand(value))
            case plan.ListHas(list_, member, folded):
                return self.backend.list_has(self.value(list_), member, folded)
            case plan.ListWithin(list_, members):
                return self.backend.list_within(self.value(list_), members)
            case plan.Listed(value, name):
                select = exp.Select(expressions=[exp.Column(this=self.backend.name(MEMBER))])
                select.set("from_", exp.From(this=exp.Table(this=self.backend.name(name))))
                return exp.In(this=self.operand(value), query=exp.Subquery(this=select))
            case _:
                return self.value(node)

    def _one_if(self, term: plan.Expression) -> exp.Expr:
        one, zero = exp.Literal.number(1), exp.Literal.number(0)
        return exp.Case(ifs=[exp.If(this=self.condition(term), true=one)], default=zero)

    def _chain(self, connector: type[exp.Connector], terms: Sequence[plan.Expression], empty: bool) -> exp.Expr:
        said = [self._term(term) for term in terms]
        if not said:
            return exp.Boolean(this=empty)
        return reduce(lambda left, right: connector(this=left, expression=right), said)

    def _term(self, term: plan.Expression) -> exp.Expr:
        return exp.Paren(this=self.condition(term)) if isinstance(term, (plan.All, plan.Any)) else self.condition(term)

    def operand(self, node: plan.Expression, calculates: bool = False) -> exp.Expr:
        """In parentheses, unless nothing around it could bind closer; comparisons bind looser than arithmetic."""
        value = self.value(node)
        atoms = (exp.Column, exp.Func, exp.Cast, exp.Literal, exp.Boolean)
        if isinstance(value, atoms) and not isinstance(value, exp.Connector):
            return value
        if isinstance(value, exp.Neg) and isinstance(value.this, exp.Literal):
            return value
        if calculates and isinstance(value, (exp.Add, exp.Sub, exp.Mul)):
            return value
        return exp.Paren(this=value)


def unfiltered(node: plan.Aggregate) -> plan.Aggregate:
    """The same of values that are missing where a row is not to count; not for the first or the last of them."""
    counted = plan.Constant(Decimal(1)) if node.argument is None else node.argument
    return plan.Aggregate(node.function, plan.FirstTrue(((plan.All(node.where), counted),)))
