"""Promises against what was counted: a program and its sizes to findings. Knows no database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import assert_never

from segdsl.diagnostics import Diagnostic, Report
from segdsl.semantics import ir


@dataclass(frozen=True, slots=True)
class Counts:
    """What promises are about: all customers, and who is assigned to each segment, now and `before`.

    `strays` are how many break each relation promise, in the order of the segments and of their promises.
    """

    customers: int
    assigned: Mapping[str, int]
    before: Mapping[str, int]
    strays: Sequence[int]


def broken(program: ir.Program, names: Sequence[str], counts: Counts) -> list[Diagnostic]:
    """The promises of the segments `names` that are not kept, with the numbers found."""
    report = Report()
    strays = iter(counts.strays)
    for name in names:
        for promise in program.segments[name].promises:
            match promise:
                case ir.SizePromise():
                    fault = _size_fault(promise, counts.assigned[name], counts.customers)
                case ir.ChangePromise():
                    fault = _change_fault(promise, counts.assigned[name], counts.before.get(name))
                case ir.RelationPromise(kind, other):
                    stray = next(strays)
                    words = "are in" if kind == "disjoint from" else "are not in"
                    fault = f"{stray:,} who qualify {words} `{other}`" if stray else ""
                case _:
                    assert_never(promise)
            if fault:
                help = f"look at the condition and at the data (`segdsl members {name}`), or change the promise"
                message = f"segment `{name}` breaks a promise: {fault}"
                report.add("broken-promise", message, promise.span, help=help)
    return list(report)


def not_compared(program: ir.Program, names: Sequence[str], before: Mapping[str, int]) -> tuple[str, ...]:
    """The segments that promise little change, and of whom no earlier run has stored anybody."""
    return tuple(name for name in names if name not in before and any(_changes(program.segments[name].promises)))


def _changes(promises: Sequence[ir.Promise]) -> Iterator[bool]:
    return (isinstance(promise, ir.ChangePromise) for promise in promises)


def _size_fault(promise: ir.SizePromise, assigned: int, customers: int) -> str:
    """What is wrong with the size. Shares are compared exactly; of nobody at all every share is kept."""
    found, sign = Fraction(assigned), "%" if promise.percent else ""
    said = f"{assigned:,} of {customers:,} are assigned," if promise.percent else f"{assigned:,} are assigned,"
    if promise.percent:
        if not customers:
            return ""
        found = Fraction(100 * assigned, customers)
    if promise.low is not None and found < Fraction(promise.low):
        return f"{said} fewer than {promise.low:,f}{sign}"
    if promise.high is not None and found > Fraction(promise.high):
        return f"{said} more than {promise.high:,f}{sign}"
    return ""


def _change_fault(promise: ir.ChangePromise, assigned: int, before: int | None) -> str:
    """What is wrong with the change since the last run, which must have stored somebody to compare with."""
    if before is None or abs(assigned - before) * 100 < promise.percent * Decimal(before):
        return ""
    if assigned == before:
        return ""
    return f"{assigned:,} are assigned and {before:,} were in the last run"
