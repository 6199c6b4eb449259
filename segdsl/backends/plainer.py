"""A query in fewer words, for a database that has no filters on aggregates, no first and last of a group, no
`is true`, and that keeps but some digits of a product.

In: a `plan.Query`. Out: one that selects the same, whose aggregates have no `where` and are none of `first` and
`last`, without `Surely` and `Untrue`, and whose products are exact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from typing import Any

from segdsl.backends import plan
from segdsl.backends.names import Names
from segdsl.backends.printing import unfiltered
from segdsl.backends.quotients import EXACT

FALSE = plan.Constant(False)
# https://docs.snowflake.com/en/sql-reference/operators-arithmetic: a product keeps as many digits after the point as
# its factors have together, but no more than twelve, unless a factor has more itself.
KEPT = 12


def plainer(query: plan.Query) -> plan.Query:
    """The same query without the words above."""
    names = Names([relation.name for relation in query.relations] + [each.name for each in query.constants])
    relations: list[plan.Relation] = []
    for relation in query.relations:
        select = _plainer(relation.select)
        if any(_is_outermost(output.expression) for output in select.outputs):
            rows, select = _in_two_steps(select, names.new(f"{relation.name} rows"))
            relations.append(rows)
        relations.append(plan.Relation(relation.name, select))
    return replace(query, relations=tuple(relations), result=_plainer(query.result))


def _plainer(select: plan.Select) -> plan.Select:
    """Every expression of a select without those words."""
    return replace(
        select,
        outputs=everywhere(select.outputs, _said),
        joins=everywhere(select.joins, _said),
        spread=everywhere(select.spread, _said),
        where=everywhere(select.where, _said),
        group_by=everywhere(select.group_by, _said),
        having=everywhere(select.having, _said),
    )


def everywhere(node: Any, said: Callable[[Any], Any]) -> Any:
    """A node of the plan with `said` of all that is in it, from the innermost out."""
    if isinstance(node, tuple):
        return tuple(everywhere(each, said) for each in node)
    if not is_dataclass(node) or not type(node).__module__.endswith("backends.plan"):
        return node
    inside = {field.name: everywhere(getattr(node, field.name), said) for field in fields(node)}
    return said(replace(node, **inside))  # type: ignore[type-var]


def _said(node: Any) -> Any:
    match node:
        case plan.Surely(term):
            return plan.OrElse(term, FALSE)
        case plan.Untrue(term):
            return plan.Not(plan.OrElse(term, FALSE))
        case plan.Calculate(left, "*", right, (first, second)) if first + second > max(first, second, KEPT):
            return _product(left, right, first, second)
        case plan.Aggregate(function, _, where) if where and function not in ("first", "last"):
            return unfiltered(node)
    return node


def _product(left: plan.Expression, right: plan.Expression, first: int, second: int) -> plan.Expression:
    """A product of whole numbers, of which the digits after the point are told last."""
    factors = [_whole(factor, scale) for factor, scale in ((left, first), (right, second))]
    whole = plan.Calculate(factors[0], "*", factors[1])
    return plan.Calculate(whole, "*", plan.Constant(Decimal(1).scaleb(-first - second)), (0, first + second))


def _whole(number: plan.Expression, scale: int) -> plan.Expression:
    """A number times the power of ten that leaves nothing after the point."""
    match number:
        case plan.Constant(value=Decimal() as value):
            return plan.Whole(plan.Constant(value.scaleb(scale, EXACT).to_integral_value()))
    return plan.Whole(plan.Calculate(number, "*", plan.Constant(Decimal(10) ** scale), (scale, 0)) if scale else number)


def _is_outermost(expression: plan.Expression) -> bool:
    return isinstance(expression, plan.Aggregate) and expression.function in ("first", "last")


def _in_two_steps(select: plan.Select, name: str) -> tuple[plan.Relation, plan.Select]:
    """Rows that know the first and the last value of their group already, and the groups of them."""
    columns = Names()
    outputs: list[plan.Output] = []

    def column(expression: plan.Expression, wanted: str) -> plan.Column:
        called = columns.new(wanted)
        outputs.append(plan.Output(called, expression))
        return plan.Column(name, called, plan.may_be_missing(expression))

    group_by = {each: column(each, "of") for each in select.group_by}
    grouped = []
    for output in select.outputs:
        match output.expression:
            case plan.Aggregate("first" | "last") as aggregate:
                found: plan.Expression = plan.Aggregate("any", column(_first(aggregate, select.group_by), output.name))
            case plan.Aggregate(argument=None):
                found = output.expression
            case plan.Aggregate(function, argument):
                assert argument is not None, "the case before is the one without"
                found = plan.Aggregate(function, column(argument, output.name))
            case of_the_group:
                found = group_by[of_the_group]
        grouped.append(plan.Output(output.name, found, output.comment))
    assert not select.having, "only keys are looked at so, which have no first value"
    rows = plan.Select(select.base, tuple(outputs), select.joins, where=select.where)
    outer = plan.Select(plan.Base(name, name), tuple(grouped), group_by=tuple(group_by.values()))
    return plan.Relation(name, rows), outer


def _first(node: plan.Aggregate, per: tuple[plan.Expression, ...]) -> plan.Window:
    """The first or the last value of a group, for each row: those that count come before all others."""
    assert node.argument is not None, "it is the first or the last of something"
    is_last = node.function == "last"
    order = []
    for each in node.order:
        if plan.may_be_missing(each):
            order.append(plan.Ordering(plan.Known(each), is_last))
        order.append(plan.Ordering(each, is_last))
    if not node.where:
        return plan.Window("first", node.argument, per, tuple(order))
    counts = plan.All(node.where)
    value = plan.FirstTrue(((counts, node.argument),))
    return plan.Window("first", value, per, (plan.Ordering(plan.OrElse(counts, FALSE), True), *order))
