"""Conditional values: `(10 if has order in last 30 days else 0)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segdsl.diagnostics import Label
from segdsl.grammar import ast
from segdsl.semantics import ir, scope
from segdsl.semantics.scope import Scope
from segdsl.semantics.types import Boolean, Date, Number, Text, Timestamp, Type, Unknown, described

if TYPE_CHECKING:
    from segdsl.semantics.expressions import Expressions


def choice(resolver: Expressions, node: ast.Choice, where: Scope) -> ir.Value:
    """The value of one of two branches, which are of one kind."""
    condition = resolver.of_rows().condition(node.condition, where)
    then, otherwise = resolver.value(node.then, where), resolver.value(node.otherwise, where)
    result = _common(then.type, otherwise.type)
    if result is not None:
        return ir.Choice(condition, then, otherwise, result, span=node.span)
    if not isinstance(then.type, Unknown) and not isinstance(otherwise.type, Unknown):
        resolver.report.add(
            "wrong-type",
            "both values of a choice must be of one kind",
            node.otherwise.span,
            label=f"this is {_called(otherwise.type)}",
            help="choose between two numbers, two texts, two dates or two moments",
            others=(Label(node.then.span, f"this is {_called(then.type)}"),),
        )
    return scope.unknown(node)


def _common(then: Type, otherwise: Type) -> Type | None:
    """The type that holds both; a number with the digits of either."""
    match then, otherwise:
        case Number(), Number():
            if then.quotient or otherwise.quotient:
                return Number(quotient=True)
            return Number(scale=max(then.scale, otherwise.scale), whole=then.whole and otherwise.whole)
        case Text(), Text():
            return Text()
        case (Boolean(), Boolean()) | (Date(), Date()):
            return then
        case Timestamp(), Timestamp() if then.zoned == otherwise.zoned:
            return then
    return None


def _called(type_: Type) -> str:
    match type_:
        case Timestamp(zoned=True):
            return "a moment with a time zone"
        case Timestamp():
            return "a moment of the wall clock"
    return described(type_)
