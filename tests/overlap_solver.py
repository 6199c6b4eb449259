"""An independent reading of conditions for z3: a customer with up to three orders, at one moment.

It shares nothing with `segdsl.overlap`: values are numbers with a flag for what is missing, rows are written out, and
windows come from the calendar. What it cannot read it refuses.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import z3

from segdsl.semantics import ir
from segdsl.semantics.calendar import Clock, dates
from segdsl.semantics.types import Text
from tests.overlap_worlds import TEXTS

ROWS = 3
CHOICES = {"country": ("IN", "GB", "US"), "channel": ("web", "app"), "email": (*TEXTS, "A", "a@x", "abx")}


class CannotRead(Exception):
    """A condition that is not translated."""


@dataclass(frozen=True)
class Value:
    """A number, a truth (0 or 1), an ordinal of a day or a place in `CHOICES`, and whether it is known."""

    number: Any
    known: Any
    texts: tuple[str, ...] = ()


@dataclass
class Row:
    """The values of one row; `there` is whether it is seen at all."""

    values: dict[str, Value]
    there: Any = True
    bounds: list[Any] = field(default_factory=list)


def _row(name: str, columns: dict[str, str], as_of: int) -> Row:
    row = Row({}, z3.Bool(f"{name} there"))
    for column, kind in columns.items():
        number = z3.Real(f"{name} {column}") if kind == "decimal" else z3.Int(f"{name} {column}")
        texts = CHOICES.get(column, ())
        row.values[column] = Value(number, z3.Bool(f"{name} {column} known"), texts)
        if kind == "text":
            row.bounds += [number >= 0, number < len(texts)]
        elif kind == "boolean":
            row.bounds += [number >= 0, number <= 1]
        elif kind == "points":
            row.bounds += [number >= 0, number <= 3]
        elif kind == "day":
            row.bounds += [number > as_of - 2000, number < as_of + 2000]
    return row


class Solver:
    """Reads the conditions of a program at the moment of a clock; `least` is what an amount may be at least."""

    def __init__(self, program: ir.Program, clock: Clock, least: int) -> None:
        self.program, self.clock = program, clock
        today = clock.today.toordinal()
        people = {"country": "text", "points": "points", "vip": "boolean", "joined": "day", "email": "text"}
        self.customer = _row("customer", people, today)
        self.orders = [
            _row(f"order {n}", {"day": "day", "channel": "text", "amount": "decimal"}, today) for n in range(ROWS)
        ]
        self.solver = z3.Solver()
        self.solver.add(*self.customer.bounds)
        for row in self.orders:
            day, amount = row.values["day"], row.values["amount"]
            self.solver.add(*row.bounds, amount.number >= least, amount.number <= 20)
            # A row without a time, or of a later day, is not seen.
            row.there = z3.And(row.there, day.known, day.number <= today)

    def possible(self, *conditions: Any) -> bool:
        """Whether some customer keeps all of them."""
        found = self.solver.check(*conditions)
        assert found != z3.unknown
        return bool(found == z3.sat)

    # --- conditions -----------------------------------------------------------------------------------

    def segment(self, name: str) -> Any:
        return self.condition(self.program.segments[name].condition, self.customer)

    def condition(self, node: ir.Condition, row: Row) -> Any:
        match node:
            case ir.Always(holds):
                return z3.BoolVal(holds)
            case ir.All(terms):
                return z3.And(*(self.condition(each, row) for each in terms))
            case ir.Any(terms):
                return z3.Or(*(self.condition(each, row) for each in terms))
            case ir.Not(term):
                return z3.Not(self.condition(term, row))
            case ir.AtLeast(count, terms):
                return z3.Sum(*(z3.If(self.condition(each, row), 1, 0) for each in terms)) >= count
            case ir.InSegment(name):
                return self.segment(name)
            case ir.AssignedTo(name):
                rivals = (z3.Not(self.segment(each)) for each in self.program.rivals(name))
                return z3.And(self.segment(name), *rivals)
            case ir.Compare(left, op, right):
                return self._compared(self.value(left, row), op, self.value(right, row))
            case ir.OneOfList(value, options):
                read = self.value(value, row)
                return z3.And(read.known, z3.Or(*(self._is(read, option) for option in options)))
            case ir.Known(value):
                return self.value(value, row).known
            case ir.IsTrue(value):
                read = self.value(value, row)
                return z3.And(read.known, read.number == 1)
            case ir.TextMatch(value, kind, pattern, folded) if kind != "matches":
                read = self.value(value, row)
                fitting = [place for place, text in enumerate(read.texts) if _fits(text, kind, pattern, folded)]
                return z3.And(read.known, z3.Or(*(read.number == place for place in fitting)))
            case ir.InWindow(value, window):
                read = self.value(value, row)
                return z3.And(read.known, *self._inside(read.number, window))
            case ir.Exists(rows):
                return self._count(rows) >= 1
        raise CannotRead(type(node).__name__)

    def _is(self, read: Value, option: object) -> Any:
        if isinstance(option, str):
            return read.number == read.texts.index(option) if option in read.texts else z3.BoolVal(False)
        if isinstance(option, Decimal):
            return read.number == z3.RealVal(str(option))
        raise CannotRead("option")

    def _compared(self, left: Value, op: str, right: Value) -> Any:
        sides = left.number, right.number
        found = {
            "=": sides[0] == sides[1],
            "<": sides[0] < sides[1],
            "<=": sides[0] <= sides[1],
            ">": sides[0] > sides[1],
            ">=": sides[0] >= sides[1],
        }[op]
        return z3.And(left.known, right.known, found)

    def _inside(self, day: Any, window: ir.Window) -> list[Any]:
        first, last = dates(window, self.clock)
        found = [] if first is None else [day >= first.toordinal()]
        return found if last is None else [*found, day <= last.toordinal()]

    # --- values ---------------------------------------------------------------------------------------

    def value(self, node: ir.Value, row: Row) -> Value:
        match node:
            case ir.Literal(value, Text()):
                raise CannotRead(f"text {value}")
            case ir.Literal(Decimal() as value):
                return Value(z3.RealVal(str(value)), z3.BoolVal(True))
            case ir.Literal(bool() as value):
                return Value(z3.IntVal(int(value)), z3.BoolVal(True))
            case ir.Literal(value) if hasattr(value, "toordinal"):
                return Value(z3.IntVal(value.toordinal()), z3.BoolVal(True))
            case ir.Column((), _, name) if name in row.values:
                return row.values[name]
            case ir.Arithmetic(left, "+", right):
                one, other = self.value(left, row), self.value(right, row)
                return Value(one.number + other.number, z3.And(one.known, other.known))
            case ir.Aggregate("count", rows, None):
                return Value(self._count(rows), z3.BoolVal(True))
            case ir.Aggregate("sum", rows, argument) if argument is not None:
                parts = []
                for counts, order in self._selected(rows):
                    read = self.value(argument, order)
                    parts.append(z3.If(z3.And(counts, read.known), read.number, z3.RealVal(0)))
                return Value(z3.Sum(*parts), z3.BoolVal(True))
        raise CannotRead(type(node).__name__)

    def _count(self, rows: ir.Rows) -> Any:
        return z3.Sum(*(z3.If(counts, 1, 0) for counts, _ in self._selected(rows)))

    def _selected(self, rows: ir.Rows) -> list[tuple[Any, Row]]:
        """Whether each order is one of the rows."""
        found = []
        for order in self.orders:
            counts = [order.there]
            if rows.where is not None:
                counts.append(self.condition(rows.where, order))
            if rows.window is not None:
                counts += self._inside(order.values["day"].number, rows.window)
            found.append((z3.And(*counts), order))
        return found


def _fits(text: str, kind: str, pattern: str, folded: bool) -> bool:
    if folded:
        text, pattern = text.lower(), pattern.lower()
    return {
        "starts": text.startswith(pattern),
        "ends": text.endswith(pattern),
        "contains": pattern in text,
        "equals": text == pattern,
    }[kind]
