"""Windows as written to windows as meant: which moments they hold, still in terms of `as_of`."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from segdsl.grammar import ast
from segdsl.semantics import ir
from segdsl.semantics.types import Date, Type, Unknown, described
from segdsl.source import Span

if TYPE_CHECKING:
    from segdsl.semantics.expressions import Expressions
    from segdsl.semantics.scope import Scope

MICROSECOND = timedelta(microseconds=1)
SUB_DAY = ("minute", "hour")


def around(op: str, bound: date, span: Span) -> ir.Range:
    """The moments that compare with `bound` as `op` says; a date stands for its whole day."""
    day = timedelta(days=1) if not isinstance(bound, datetime) else MICROSECOND
    whole_day = not isinstance(bound, datetime)
    try:
        match op:
            case "=":
                return ir.Range(bound, bound if whole_day else bound + day, span=span)
            case "<":
                return ir.Range(None, bound - day if whole_day else bound, span=span)
            case "<=":
                return ir.Range(None, bound if whole_day else bound + day, span=span)
            case ">":
                return ir.Range(bound + day, None, span=span)
            case ">=":
                return ir.Range(bound, None, span=span)
    except OverflowError:
        # The first or the last day there is: nothing lies beyond it.
        return ir.Range(bound, bound, span=span)
    raise AssertionError(op)


def resolve(window: ast.Window, of: Type, resolver: Expressions, where: Scope) -> ir.Window | None:
    """The window as meant for values of type `of`; None when it holds nothing, which is reported."""
    unit = getattr(window, "unit", "day")
    if isinstance(of, Date) and unit in SUB_DAY:
        resolver.report.add(
            "bad-window", f"dates have no {unit}s", window.span, label="this looks at dates", help="write it in days"
        )
        return None
    span = window.span
    match window:
        case ast.Last(full=False):
            return ir.Last(window.count, window.unit, span=span)
        case ast.Last() | ast.This() if unit in SUB_DAY:
            resolver.report.add(
                "bad-window",
                f"calendar periods are days, weeks, months, quarters and years, not {unit}s",
                span,
                help=f"write `in last {window.count if isinstance(window, ast.Last) else 1} {unit}s`",
            )
            return None
        case ast.Last():
            return ir.Period(window.unit, -window.count, -1, span=span)
        case ast.Next():
            return ir.Next(window.count, window.unit, span=span)
        case ast.This():
            return ir.Period(window.unit, 0, 0, span=span)
        case ast.Yesterday():
            return ir.Period("day", -1, -1, span=span)
        case ast.BetweenAgo():
            if window.far > window.near:
                return ir.BetweenAgo(window.far, window.near, window.unit, span=span)
            resolver.report.add(
                "bad-window",
                "nothing lies in this window: the farther end comes first",
                span,
                help=f"write `between {max(window.near, window.far + 1)} and {window.far} {window.unit}s ago`",
            )
            return None
        case ast.Ago(than="more"):
            return ir.MoreThanAgo(window.count, window.unit, span=span)
        case ast.Ago():
            return ir.LessThanAgo(window.count, window.unit, span=span)
        case ast.Periods():
            if resolver.period is None:
                resolver.report.add(
                    "bad-window",
                    "periods are counted where something is compared in each of them",
                    span,
                    help="compare it, as in `count(order in each of last 3 full months) >= 2`",
                )
            return resolver.period
        case ast.During():
            raise AssertionError("an occasion is many windows: `occasions` says what they mean")
        case ast.FromTo():
            return _range(window, of, resolver, where)
    raise AssertionError(window)


def _range(window: ast.FromTo, of: Type, resolver: Expressions, where: Scope) -> ir.Window | None:
    ends: list[date] = []
    for side in (window.start, window.end):
        value = resolver.value(side, where)
        if isinstance(value, ir.Literal) and isinstance(value.value, date):
            if isinstance(of, Date) and isinstance(value.value, datetime):
                resolver.report.add(
                    "wrong-type", "dates have no time of day", side.span, help=f"write `{value.value.date()}`"
                )
                return None
            ends.append(value.value)
        elif not isinstance(value.type, Unknown):
            resolver.report.add(
                "wrong-type",
                "a range goes from one date to another",
                side.span,
                label=f"this is {described(value.type)}",
                help="as in `from 2026-01-01 to 2026-03-31`",
            )
    if len(ends) < 2:
        return None
    start, end = ends
    if isinstance(start, datetime) != isinstance(end, datetime):
        resolver.report.add(
            "wrong-type",
            "one end is a date and the other a moment",
            window.span,
            help="write both as dates, or both with a time of day",
        )
        return None
    if _comes_after(start, end):
        resolver.report.add(
            "bad-window",
            "the range ends before it starts",
            window.span,
            help=f"write `from {window.end.span.text} to {window.start.span.text}`",
        )
        return None
    return ir.Range(start, end, span=window.span)


def _comes_after(start: date, end: date) -> bool:
    """Whether a range holds nothing, as far as that is known without the project's time zone."""
    if isinstance(start, datetime) and isinstance(end, datetime):
        if (start.tzinfo is None) != (end.tzinfo is None):
            return False
        if start.tzinfo is not None:
            return start.astimezone(UTC) >= end.astimezone(UTC)
        return start >= end
    return start > end
