"""Comparisons of numbers with one unknown in them, brought to the unknown against a constant.

`2 * amount - 3 >= 7` is `amount >= 5`. What has two unknowns, or one in a product with itself, is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from segdsl.semantics import ir


@dataclass(frozen=True, slots=True)
class Line:
    """`factor * value + constant`; without a value, or with a factor of 0, the constant alone."""

    value: ir.Value | None
    factor: Fraction
    constant: Fraction


def reduced(left: ir.Value, right: ir.Value) -> tuple[ir.Value | None, Fraction, bool] | None:
    """`left op right` as `value op constant`; `turned` when `op` must be turned around.

    Without a value it is `0 op constant`. None when there are several unknowns.
    """
    first, second = _line(left), _line(right)
    if first is None or second is None:
        return None
    difference = _sum(first, second, Fraction(-1))
    if difference is None:
        return None
    if difference.value is None or difference.factor == 0:
        return None, -difference.constant, False
    return difference.value, -difference.constant / difference.factor, difference.factor < 0


def _line(value: ir.Value) -> Line | None:
    match value:
        case ir.Literal(value=Decimal() | Fraction() as number):
            return Line(None, Fraction(0), Fraction(number))
        case ir.Negative(operand):
            inner = _line(operand)
            return inner and Line(inner.value, -inner.factor, -inner.constant)
        case ir.Arithmetic(left, op, right):
            first, second = _line(left), _line(right)
            return None if first is None or second is None else _calculated(first, op, second, value)
        case _:
            return Line(value, Fraction(1), Fraction(0))


def _calculated(left: Line, op: str, right: Line, whole: ir.Value) -> Line | None:
    match op:
        case "+":
            return _sum(left, right, Fraction(1))
        case "-":
            return _sum(left, right, Fraction(-1))
        case "*" if right.value is None:
            return Line(left.value, left.factor * right.constant, left.constant * right.constant)
        case "*" if left.value is None:
            return Line(right.value, right.factor * left.constant, right.constant * left.constant)
        case "/" if right.value is None and right.constant:
            return Line(left.value, left.factor / right.constant, left.constant / right.constant)
    # One unknown that is not looked into.
    return Line(whole, Fraction(1), Fraction(0))


def _sum(left: Line, right: Line, sign: Fraction) -> Line | None:
    if left.value is not None and right.value is not None and left.value != right.value:
        return None
    value = left.value if left.value is not None else right.value
    return Line(value, left.factor + sign * right.factor, left.constant + sign * right.constant)
