"""The one table of functions over many rows: what each takes, gives and means.

To add one: a row here, its branch in `evaluate`, its expression in `backends/base.py`, a case in `tests/cases`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf

from segdsl.semantics import ir
from segdsl.semantics.types import Boolean, Date, Number, Text, Timestamp, Type, Unknown

# What an argument may be: the types and how a message calls them.
Kind = OneOf["nothing", "anything", "exact", "number", "ordered"]

KINDS: dict[Kind, tuple[tuple[type, ...], str]] = {
    "nothing": ((), "a table alone"),
    "anything": ((Text, Number, Boolean, Date, Timestamp), "a column"),
    "exact": ((Text, Number, Boolean, Date, Timestamp), "a column"),
    "number": ((Number,), "a number"),
    "ordered": ((Number, Date, Timestamp), "a number, a date or a moment"),
}


@dataclass(frozen=True, slots=True)
class Function:
    """`result` is the type, or `argument` for the type of the argument, or `quotient` for an exact fraction."""

    name: ir.Function
    takes: Kind
    result: Type | OneOf["argument", "sum", "quotient"]
    needs_time: bool
    example: str
    meaning: str


def _table(*functions: Function) -> dict[str, Function]:
    return {function.name: function for function in functions}


FUNCTIONS: dict[str, Function] = _table(
    Function("count", "nothing", Number(whole=True), False, "count(order)", "how many rows; 0 over none"),
    Function(
        "count distinct",
        "exact",
        Number(whole=True),
        False,
        "count distinct(order.channel)",
        "how many different values; missing ones do not count; 0 over no rows",
    ),
    Function(
        "sum", "number", "sum", False, "sum(order.amount)", "all added up; missing ones are skipped; 0 over no rows"
    ),
    Function(
        "avg",
        "number",
        "quotient",
        False,
        "avg(order.amount)",
        "the exact mean of those that are known; missing when there is none",
    ),
    Function("min", "ordered", "argument", False, "min(order.amount)", "the least; missing when there is none"),
    Function("max", "ordered", "argument", False, "max(order.amount)", "the greatest; missing when there is none"),
    Function(
        "first",
        "anything",
        "argument",
        True,
        "first(order.at)",
        "the column of the earliest row, missing when it is missing there or there is no row",
    ),
    Function(
        "last",
        "anything",
        "argument",
        True,
        "last(order.channel)",
        "the column of the latest row, missing when it is missing there or there is no row",
    ),
)


def result_type(function: Function, argument: Type) -> Type:
    """The type of `function` over arguments of type `argument`."""
    match function.result, argument:
        case ("argument", Text() | Number() | Boolean() | Date() | Timestamp() | Unknown()):
            return argument
        case ("sum", Number(scale=scale, whole=whole)):
            return Number(scale=scale, whole=whole)
        case ("quotient", Number()):
            return Number(quotient=True)
        case (("argument" | "sum" | "quotient"), _):
            return Unknown()
        case (Text() | Number() | Boolean() | Date() | Timestamp() | Unknown() as fixed, _):
            return fixed
    raise AssertionError(function)
