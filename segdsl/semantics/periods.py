"""Conditions that must hold in several calendar periods: `in each of last 3 full months`, `in at least 4 of last 6`.

The condition is resolved once for each period, with that period as the window of its rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from segdsl.diagnostics import Report
from segdsl.grammar import ast
from segdsl.semantics import ir
from segdsl.semantics.functions import FUNCTIONS, Function
from segdsl.semantics.windows import SUB_DAY

if TYPE_CHECKING:
    from segdsl.semantics.expressions import Expressions

# Each period is a column of the query.
MAX_PERIODS = 60


def periods_of(node: ast.Expr) -> tuple[ast.Periods, ...]:
    """The windows of several periods that the rows of a test have: those of rows inside its rows are not its own."""
    match node:
        case ast.Has() | ast.Every():
            return (node.window,) if isinstance(node.window, ast.Periods) else ()
        case (
            ast.Compare()
            | ast.Between()
            | ast.InList()
            | ast.Known()
            | ast.TextTest()
            | ast.ManyTest()
            | ast.InWindow()
        ):
            return tuple(window for child in ast.children(node) for window in _in_value(child))
    return ()


def _in_value(node: ast.Node) -> Iterator[ast.Periods]:
    match node:
        case ast.Call():
            if isinstance(node.window, ast.Periods):
                yield node.window
            if not isinstance(FUNCTIONS.get(node.function.text), Function):
                yield from _in_value(node.target)
        case ast.Choice():
            yield from _in_value(node.then)
            yield from _in_value(node.otherwise)
        case ast.Paren() | ast.Negative() | ast.Arithmetic() | ast.DaysBetween():
            for child in ast.children(node):
                yield from _in_value(child)


def repeated(
    resolver: Expressions, windows: tuple[ast.Periods, ...], ask: Callable[[Expressions], ir.Condition]
) -> ir.Condition:
    """What `ask` resolves with one period, in as many periods as the windows say; they must all be the same."""
    window = windows[0]
    always = ir.Always(True, span=window.span)
    for other in windows[1:]:
        if other != window:
            message = "one condition is taken in one set of periods, and this is another"
            resolver.report.add(
                "bad-window", message, other.span, help=f"write `in {window.span.text.removeprefix('in ')}` here, too"
            )
            return always
    if not _fits(resolver, window):
        return always
    terms: list[ir.Condition] = []
    report = resolver.report
    for ago in range(window.count, 0, -1):
        period = ir.Period(window.unit, -ago, -ago, span=window.span)
        terms.append(ask(replace(resolver, report=report, period=period, repeats=True)))
        # What is wrong with the condition is wrong in every period.
        report = Report()
    if window.least is None or window.least == window.count:
        return ir.All(tuple(terms), span=window.span)
    return ir.AtLeast(window.least, tuple(terms), span=window.span)


def _fits(resolver: Expressions, window: ast.Periods) -> bool:
    """Whether the periods can be counted; says what to write instead if not."""
    count, unit, least = window.count, window.unit, window.least
    word = "each" if least is None else f"at least {least}"

    def written(count: int, word: str = word, unit: str = unit) -> str:
        return f"write `in {word} of last {count} full {unit}{'s' if count != 1 else ''}`"

    if unit in SUB_DAY:
        message = f"calendar periods are days, weeks, months, quarters and years, not {unit}s"
        help_ = written(count, unit="day")
    elif resolver.repeats:
        message = "periods do not stand inside of a condition that is taken in several periods itself"
        help_ = f"write `in last {count} {unit}s` here"
    elif not window.full:
        message, help_ = f"only complete {unit}s are counted one by one", written(count)
    elif count > MAX_PERIODS:
        message, help_ = f"at most {MAX_PERIODS} periods are counted one by one", written(MAX_PERIODS)
    elif least is not None and least > count:
        message, help_ = f"there are only {count} periods", written(count, "each")
    else:
        return True
    resolver.report.add("bad-window", message, window.span, help=help_)
    return False
