"""Exact arithmetic: a number is an expression, or a quotient of two that is never divided out.

A quotient is compared by multiplying crosswise, so that no digit is ever lost. Promised: a number is missing exactly
when its expression is, a quotient when either part is, or when something it divides by is zero.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Context, Decimal
from typing import Literal as OneOfWords

from segdsl.backends import plan
from segdsl.backends.unsupported import Unsupported
from segdsl.source import Span

MAX_DIGITS = 38
EXACT = Context(prec=400)

Operator = OneOfWords["=", "<", "<=", ">", ">="]
MIRRORED: dict[Operator, Operator] = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
ZERO = plan.Constant(Decimal(0))
ONE = plan.Constant(Decimal(1))


@dataclass(frozen=True, slots=True)
class Exact:
    """`scale` is how many digits there are after the point; `narrow` numbers are widened before calculating."""

    expression: plan.Expression
    scale: int
    narrow: bool = False


@dataclass(frozen=True, slots=True)
class Quotient:
    """`is_positive` says that the denominator is above zero wherever the numerator is known.

    It is missing, too, when one of `divisors` is zero: a divisor's own divisors end up in the numerator.
    """

    numerator: Exact
    denominator: Exact
    is_positive: bool
    divisors: tuple[plan.Expression, ...] = ()


Number = Exact | Quotient


def constant(value: Decimal, span: Span) -> Exact:
    """A number as written, without zeros at its end."""
    value = value.normalize(EXACT) if value else Decimal(0)
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int), "numbers in definitions are finite"
    if len(digits) + max(exponent, 0) > MAX_DIGITS or -exponent > MAX_DIGITS:
        raise _too_long(span)
    return Exact(plan.Constant(value), max(-exponent, 0))


def negative(number: Number, span: Span) -> Number:
    if isinstance(number, Quotient):
        return replace(number, numerator=_negative(number.numerator, span))
    return _negative(number, span)


def calculate(left: Number, op: OneOfWords["+", "-", "*", "/"], right: Number, span: Span) -> Number:
    """`left op right`. Parts of quotients are calculated with, quotients never are."""
    if op == "/":
        return _divided(left, right, span)
    if isinstance(left, Exact) and isinstance(right, Exact):
        return _calculated(left, op, right, span)
    over, under = as_quotient(left), as_quotient(right)
    denominator = _calculated(over.denominator, "*", under.denominator, span)
    if op == "*":
        numerator = _calculated(over.numerator, "*", under.numerator, span)
    else:
        first = _calculated(over.numerator, "*", under.denominator, span)
        numerator = _calculated(first, op, _calculated(under.numerator, "*", over.denominator, span), span)
    return Quotient(numerator, denominator, over.is_positive and under.is_positive, over.divisors + under.divisors)


def compared(left: Number, op: Operator, right: Number, span: Span) -> plan.Expression:
    """`left op right`, not true when a side is missing."""
    if isinstance(left, Exact) and isinstance(right, Exact):
        return plan.Compare(left.expression, op, right.expression)
    over, under = as_quotient(left), as_quotient(right)
    first = _calculated(over.numerator, "*", under.denominator, span).expression
    second = _calculated(under.numerator, "*", over.denominator, span).expression
    divides = tuple(plan.Compare(divisor, "<>", ZERO) for divisor in over.divisors + under.divisors)
    if over.is_positive and under.is_positive:
        return _all(*divides, plan.Compare(first, op, second))
    # Multiplying by a negative number turns an inequality round, and zero makes both cases false.
    sign = _calculated(over.denominator, "*", under.denominator, span).expression
    if op == "=":
        return _all(*divides, plan.Compare(sign, "<>", ZERO), plan.Compare(first, "=", second))
    above = plan.All((plan.Compare(sign, ">", ZERO), plan.Compare(first, op, second)))
    below = plan.All((plan.Compare(sign, "<", ZERO), plan.Compare(first, MIRRORED[op], second)))
    return _all(*divides, plan.Any((above, below)))


def known(number: Number) -> plan.Expression:
    if isinstance(number, Exact):
        return plan.Known(number.expression)
    divides = (*number.divisors, *(() if number.is_positive else (number.denominator.expression,)))
    parts = (plan.Known(number.numerator.expression), plan.Known(number.denominator.expression))
    return plan.All((*parts, *(plan.Surely(plan.Compare(divisor, "<>", ZERO)) for divisor in divides)))


def _divided(left: Number, right: Number, span: Span) -> Quotient:
    """(a / b) / (c / d) is (a * d) / (b * c), unless d is zero."""
    over, under = as_quotient(left), as_quotient(right)
    numerator = _calculated(over.numerator, "*", under.denominator, span)
    denominator = _calculated(over.denominator, "*", under.numerator, span)
    divisors = over.divisors + under.divisors + (() if under.is_positive else (under.denominator.expression,))
    match denominator.expression:
        case plan.Constant(value=Decimal() as value) if value != 0:
            if value < 0:
                numerator, denominator = _negative(numerator, span), _negative(denominator, span)
            return Quotient(numerator, denominator, True, divisors)
    return Quotient(numerator, denominator, False, divisors)


def as_quotient(number: Number) -> Quotient:
    """A number over one, unless it is a quotient already."""
    return number if isinstance(number, Quotient) else Quotient(number, Exact(ONE, 0), True)


def _negative(number: Exact, span: Span) -> Exact:
    match number.expression:
        case plan.Constant(value=Decimal() as value):
            return constant(-value, span)
    return Exact(plan.Negative(wide(number)), number.scale)


def _calculated(left: Exact, op: OneOfWords["+", "-", "*"], right: Exact, span: Span) -> Exact:
    match left.expression, right.expression:
        case plan.Constant(value=Decimal() as first), plan.Constant(value=Decimal() as second):
            folded = {"+": EXACT.add, "-": EXACT.subtract, "*": EXACT.multiply}[op](first, second)
            return constant(folded, span)
    if op == "*" and ONE in (left.expression, right.expression):
        return right if left.expression == ONE else left
    scale = left.scale + right.scale if op == "*" else max(left.scale, right.scale)
    if scale > MAX_DIGITS:
        raise _too_long(span)
    factor = wide(left)
    if op == "*" and not any(each.narrow or isinstance(each.expression, plan.Constant) for each in (left, right)):
        # DuckDB gives a product of two decimals no more digits than the larger of them has room for.
        factor = plan.Widen(left.expression, left.scale)
    scales = (left.scale, right.scale) if op == "*" else (0, 0)
    return Exact(plan.Calculate(factor, op, wide(right), scales), scale)


def _all(*terms: plan.Expression) -> plan.Expression:
    return terms[0] if len(terms) == 1 else plan.All(terms)


def wide(number: Exact) -> plan.Expression:
    """A number that calculating with cannot overflow early."""
    return plan.Widen(number.expression) if number.narrow else number.expression


def _too_long(span: Span) -> Unsupported:
    return Unsupported(
        f"an exact result needs more than the {MAX_DIGITS} digits that a database keeps",
        span,
        label="calculated here",
        help="divide once, at the end, or use columns with fewer digits after the point",
    )
