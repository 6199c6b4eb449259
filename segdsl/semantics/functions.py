"""The one table of functions, over many rows and of one value: what each takes, gives and means.

To add one: a row here, its branch in `evaluate`, its expression in `backends`, a case in `tests/cases`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal as OneOf

from segdsl.semantics import ir
from segdsl.semantics.types import Boolean, Date, Number, Text, TextList, Timestamp, Type, Unknown

# What an argument may be: the types and how a message calls them.
Kind = OneOf["nothing", "anything", "exact", "number", "ordered", "dated", "moment", "sized"]

KINDS: dict[Kind, tuple[tuple[type, ...], str]] = {
    "nothing": ((), "a table alone"),
    "anything": ((Text, Number, Boolean, Date, Timestamp), "a column"),
    "exact": ((Text, Number, Boolean, Date, Timestamp), "a column"),
    "number": ((Number,), "a number"),
    "ordered": ((Number, Date, Timestamp), "a number, a date or a moment"),
    "dated": ((Date, Timestamp), "a date or a moment"),
    "moment": ((Timestamp,), "a moment"),
    "sized": ((Text, TextList), "a text or a list of texts"),
}


@dataclass(frozen=True, slots=True)
class Function:
    """Over many rows. `result` is the type, or that of the `argument`, or `quotient` for an exact fraction."""

    name: ir.Function
    takes: Kind
    result: Type | OneOf["argument", "sum", "quotient"]
    needs_time: bool
    example: str
    meaning: str


@dataclass(frozen=True, slots=True)
class PartFunction:
    """Of one date or moment: a whole number from `low` to `high`, missing when that is."""

    name: ir.PartName
    takes: Kind
    low: int
    high: int
    example: str
    meaning: str

    @property
    def result(self) -> Type:
        return Number(whole=True, low=Decimal(self.low), high=Decimal(self.high))


@dataclass(frozen=True, slots=True)
class LengthFunction:
    """Of one text or list: a whole number, missing when that is."""

    name: OneOf["length"]
    takes: Kind
    example: str
    meaning: str

    @property
    def result(self) -> Type:
        return Number(whole=True)


AnyFunction = Function | PartFunction | LengthFunction


def _table(*functions: AnyFunction) -> dict[str, AnyFunction]:
    return {function.name: function for function in functions}


FUNCTIONS: dict[str, AnyFunction] = _table(
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
    Function(
        "mode",
        "exact",
        "argument",
        False,
        "mode(order.channel)",
        "the value that most rows have; of several the one seen last, then the greatest; missing when none is known",
    ),
    PartFunction("year", "dated", 1, 9999, "year(birthday)", "the year"),
    PartFunction("quarter", "dated", 1, 4, "quarter(signed_up)", "1 to 4; January begins the first"),
    PartFunction("month", "dated", 1, 12, "month(birthday)", "1 to 12"),
    PartFunction("day", "dated", 1, 31, "day(birthday)", "the day of the month"),
    PartFunction("weekday", "dated", 1, 7, "weekday(signed_up)", "1 is Monday and 7 Sunday, in every project"),
    PartFunction("hour", "moment", 0, 23, "hour(signed_up)", "0 to 23"),
    LengthFunction(
        "length",
        "sized",
        "length(nickname)",
        "how many characters (code points) a text has, or how many members a list",
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
        case (Text() | Number() | Boolean() | Date() | Timestamp() | TextList() | Unknown() as fixed, _):
            return fixed
    raise AssertionError(function)
