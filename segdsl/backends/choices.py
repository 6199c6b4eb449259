"""Conditional values: which of two expressions counts, exactly, also of quotients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segdsl.backends import plan
from segdsl.backends.quotients import ONE, Exact, Number, Quotient, as_quotient, wide
from segdsl.semantics import ir

if TYPE_CHECKING:
    from segdsl.backends.expressions import Expressions
    from segdsl.backends.relations import Scope


def choice(expressions: Expressions, node: ir.Choice, scope: Scope) -> plan.Expression | Number:
    """`then` where the condition is true, else `otherwise`."""
    condition = expressions.condition(node.condition, scope)
    then, otherwise = expressions.value(node.then, scope), expressions.value(node.otherwise, scope)
    match then, otherwise:
        case Exact(), Exact():
            return _exact(condition, then, otherwise)
        case ((Exact() | Quotient()), (Exact() | Quotient())):
            return _quotient(condition, as_quotient(then), as_quotient(otherwise))
    assert not isinstance(then, (Exact, Quotient)) and not isinstance(otherwise, (Exact, Quotient))
    return plan.Choice(condition, then, otherwise)


def _exact(condition: plan.Expression, then: Exact, otherwise: Exact) -> Exact:
    scale = max(then.scale, otherwise.scale)
    if scale == 0 and all(each.narrow or isinstance(each.expression, plan.Constant) for each in (then, otherwise)):
        return Exact(plan.Choice(condition, then.expression, otherwise.expression), 0, narrow=True)
    if then.scale == otherwise.scale:
        return Exact(plan.Choice(condition, wide(then), wide(otherwise)), scale)
    # Left to itself DuckDB takes the type of the branch with more digits, and rounds the other one to its scale.
    branches = (plan.Widen(each.expression, scale) for each in (then, otherwise))
    return Exact(plan.Choice(condition, *branches), scale)


def _quotient(condition: plan.Expression, then: Quotient, otherwise: Quotient) -> Quotient:
    """The parts are chosen one by one. What the other branch divides by does not matter: one takes its place."""
    divisors = [plan.Choice(condition, divisor, ONE) for divisor in then.divisors]
    divisors += [plan.Choice(condition, ONE, divisor) for divisor in otherwise.divisors]
    return Quotient(
        _exact(condition, then.numerator, otherwise.numerator),
        _exact(condition, then.denominator, otherwise.denominator),
        then.is_positive and otherwise.is_positive,
        tuple(divisors),
    )
