"""What a shorthand of the language has become in the IR, recognised so that it is read as one sentence.

Each function gives the parts of the shape, or None. A shape is recognised only where its parts say exactly what the
node says, whoever wrote it and how.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, NamedTuple

from segdsl.semantics import ir


class Between(NamedTuple):
    value: ir.Value
    low: ir.Value
    high: ir.Value


class Every(NamedTuple):
    """There are such rows, and the condition holds of each."""

    rows: ir.Rows
    condition: ir.Condition


@dataclass(frozen=True)
class Repeated:
    """The condition holds in `least` of the last `count` periods: `period` is the latest, as it stands in it."""

    condition: ir.Condition
    period: ir.Period
    count: int
    least: int


def between(node: ir.Condition) -> Between | None:
    match node:
        case ir.All((ir.Compare(value, ">=", low), ir.Compare(again, "<=", high))) if value == again:
            return Between(value, low, high)
    return None


def every(node: ir.Condition) -> Every | None:
    match node:
        case ir.All((ir.Exists(rows), ir.Not(ir.Exists(exception)))) if replace(exception, where=rows.where) == rows:
            match exception.where:
                case ir.Not(condition) if rows.where is None:
                    return Every(rows, condition)
                case ir.All((where, ir.Not(condition))) if rows.where is not None and where == rows.where:
                    return Every(rows, condition)
    return None


def repeated(node: ir.Condition) -> Repeated | None:
    if not isinstance(node, ir.All | ir.AtLeast) or len(node.terms) < 2:
        return None
    count = len(node.terms)
    least = node.count if isinstance(node, ir.AtLeast) else count
    last = node.terms[-1]
    for period in dict.fromkeys(each for each in _periods(last) if each.first == each.last == -1):
        earlier = (replace(period, first=-ago, last=-ago) for ago in range(count, 1, -1))
        if all(_swapped(last, period, each) == term for each, term in zip(earlier, node.terms[:-1], strict=True)):
            return Repeated(last, period, count, least)
    return None


def day_of_year(value: ir.Value) -> ir.Value | None:
    """The date whose month and day are one number, 601 being 1 June."""
    match value:
        case ir.Arithmetic(
            ir.Arithmetic(ir.Part("month", of_month), "*", ir.Literal(Decimal() as hundred)),
            "+",
            ir.Part("day", of_day),
        ) if hundred == 100 and of_month == of_day:
            return of_month
    return None


def month_and_day(value: ir.Value) -> tuple[int, int] | None:
    """The day that a number such as 601 stands for, where there is one."""
    match value:
        case ir.Literal(Decimal() as number) if number % 1 == 0 and 101 <= number <= 1231:
            month, day = divmod(int(number), 100)
            if 1 <= month <= 12 and 1 <= day <= monthrange(2024, month)[1]:
                return month, day
    return None


def _periods(node: ir.Node) -> list[ir.Period]:
    found = [node] if isinstance(node, ir.Period) else []
    return [*found, *(each for child in ir.children(node) for each in _periods(child))]


def _swapped(node: Any, old: ir.Node, new: ir.Node) -> Any:
    """`node` with `new` wherever it holds `old`."""
    if isinstance(node, tuple):
        return tuple(_swapped(each, old, new) for each in node)
    if not isinstance(node, ir.Node):
        return node
    if node == old:
        return new
    names: tuple[str, ...] = node.__match_args__
    changed: dict[str, Any] = {name: _swapped(getattr(node, name), old, new) for name in names}
    return replace(node, **changed)
