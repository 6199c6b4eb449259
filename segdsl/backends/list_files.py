"""Whether a value is one of those in a list file: what is in the file becomes a relation, written down once."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from segdsl.backends import plan
from segdsl.backends.quotients import EXACT, Exact, Quotient
from segdsl.semantics import ir

if TYPE_CHECKING:
    from segdsl.backends.expressions import Expressions
    from segdsl.backends.relations import Scope

Members = tuple[str, ...] | tuple[Decimal, ...]


def in_file(expressions: Expressions, node: ir.InFile, scope: Scope) -> plan.Expression:
    """Whether the value is in the relation of what the file holds."""
    value = expressions.value(node.value, scope)
    assert not isinstance(value, Quotient), "the resolver refuses quotients"
    if not isinstance(value, Exact):
        return _listed(expressions, value, node.name, node.members, None)
    if value.narrow and isinstance(node.value, (ir.Key, ir.Column)):
        return _listed(expressions, value.expression, node.name, node.members, None)
    # DuckDB reads the members as the type of the value, and rounds them for it: 0 would be in (0.001).
    alike = tuple(each for each in node.members if isinstance(each, Decimal) and _scale(each) <= value.scale)
    wide = plan.Widen(value.expression, value.scale)
    return _listed(expressions, wide, node.name, alike, value.scale)


def _listed(
    expressions: Expressions, value: plan.Expression, name: str, members: Members, scale: int | None
) -> plan.Expression:
    if not members:
        return plan.Constant(False)
    wanted = (name, members, scale)
    if wanted not in expressions.constants:
        expressions.constants[wanted] = plan.Constants(expressions.names.new(name), members, scale)
    return plan.Listed(value, expressions.constants[wanted].name)


def _scale(number: Decimal) -> int:
    exponent = number.normalize(EXACT).as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0
