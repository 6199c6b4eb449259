"""Occasions: named days, of certain years or of every one, and what it means for a date to be one of them.

In: definitions as written. Out: their days, and conditions on a date or a moment in the terms that there are anyway:
fixed ranges, and months and days that are compared as numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal as OneOf

from segdsl.diagnostics import Report
from segdsl.grammar import ast
from segdsl.semantics import ir
from segdsl.semantics.constants import number
from segdsl.semantics.types import Date, Number, Timestamp

WHOLE = Number(whole=True)


@dataclass(frozen=True, slots=True)
class Occasion:
    """`yearly` are first and last days as a month and a day; the last may come before the first, over New Year."""

    dates: tuple[ir.Range, ...]
    yearly: tuple[tuple[ast.MonthDay, ast.MonthDay], ...]


def occasions(written: Mapping[str, ast.Occasion], report: Report) -> dict[str, Occasion]:
    """The occasions by name. Parts that hold no days are reported and left out."""
    return {name: _occasion(node, report) for name, node in written.items()}


def _occasion(node: ast.Occasion, report: Report) -> Occasion:
    dates: list[ir.Range] = []
    yearly: list[tuple[ast.MonthDay, ast.MonthDay]] = []
    for part in () if isinstance(node.days, ast.Broken) else node.days.parts:
        match part:
            case ast.Dates(ast.Date(start), ast.Date(end)) if start > end:
                report.add(
                    "bad-window",
                    f"occasion `{node.name.text}` ends before it starts",
                    part.span,
                    help=f"write `{end} to {start}`",
                )
            case ast.Dates(ast.Date(start), ast.Date(end)):
                dates.append(ir.Range(start, end, span=part.span))
            case ast.EveryYear(ast.MonthDay() as first, ast.MonthDay() as last):
                yearly.append((first, last))
    return Occasion(tuple(dates), tuple(yearly))


def on_days_of(occasion: Occasion, value: ir.Value, node: ast.Node) -> ir.Condition:
    """Whether the date or moment `value` is on one of the days; what is reported already holds of everyone."""
    terms: list[ir.Condition] = [ir.InWindow(value, days, span=node.span) for days in occasion.dates]
    terms += [_yearly(value, first, last, node) for first, last in occasion.yearly]
    if not terms:
        return ir.Always(True, span=node.span)
    return terms[0] if len(terms) == 1 else ir.Any(tuple(terms), span=node.span)


def _yearly(value: ir.Value, first: ast.MonthDay, last: ast.MonthDay, node: ast.Node) -> ir.Condition:
    """Months and days in order, as one number: 601 is 1 June."""
    day = ir.Day(value, Date(), span=value.span) if isinstance(value.type, Timestamp) else value
    month, of_month = (ir.Part(part, day, WHOLE, span=value.span) for part in ("month", "day"))
    hundreds = ir.Arithmetic(month, "*", number(Decimal(100), node), WHOLE, span=value.span)
    within = ir.Arithmetic(hundreds, "+", of_month, WHOLE, span=value.span)

    def compared(op: OneOf["<=", ">="], bound: ast.MonthDay) -> ir.Condition:
        constant = number(Decimal(bound.month * 100 + bound.day), node)
        return ir.Compare(within, op, constant, span=node.span)

    ends = (compared(">=", first), compared("<=", last))
    is_over_new_year = (first.month, first.day) > (last.month, last.day)
    return ir.Any(ends, span=node.span) if is_over_new_year else ir.All(ends, span=node.span)
