"""What a segment says of itself beside its condition: when it is active, when to look at it again, what it promises."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import assert_never

from segdsl.diagnostics import Report, did_you_mean, listed
from segdsl.grammar import ast
from segdsl.semantics import ir
from segdsl.semantics.calendar import shifted
from segdsl.semantics.samples import ALL
from segdsl.semantics.types import Date


def while_active(node: ast.Segment, condition: ir.Condition, report: Report) -> ir.Condition:
    """`condition` on the days on which the segment is active, and false on all others."""
    match node.active:
        case ast.Dates(ast.Date(start), ast.Date(end)) as written:
            if start > end:
                help = f"write `active from {end} to {start}`"
                report.add("bad-window", "a segment is active from the earlier day on", written.span, help=help)
                return condition
            days = ir.InWindow(ir.Today(Date(), span=written.span), ir.Range(start, end, span=written.span),
                               span=written.span)  # fmt: skip
            return ir.All((days, condition), span=condition.span)
    return condition


def overdue(nodes: Iterable[ast.Segment], today: date, report: Report) -> None:
    """Warns of segments that should have been looked at by `today`, or are over."""
    for node in nodes:
        match node.review:
            case ast.Review(count, unit, ast.Date(last)) as review:
                if unit not in ("minute", "hour") and shifted(last, count, unit) <= today.toordinal():
                    message = f"segment `{node.name.text}` is due for review: the last one was on {last}"
                    help = f"look at it again, then write `last {today}`"
                    report.add("review-due", message, review.span, help=help)
        match node.active:
            case ast.Dates(ast.Date(), ast.Date(end)) as written if end < today:
                message = f"segment `{node.name.text}` holds nobody since {end}"
                report.add("inactive", message, written.span, help="remove it, or give it other days")


def check_review(node: ast.Segment, report: Report) -> None:
    """Reviews are days apart."""
    if node.review is None:
        return
    if node.review.unit in ("minute", "hour") or not node.review.count:
        help = "write it like `review every 90 days, last 2026-10-01`"
        report.add("bad-value", "a segment is reviewed every so many days or more", node.review.span, help=help)


# --- promises -------------------------------------------------------------------------------------


def promises(node: ast.Segment, entity: str, known: Mapping[str, str], report: Report) -> Iterator[ir.Promise]:
    """The promises of a segment of `entity`, those that can be kept; what cannot be is reported.

    `known` are all segments, each with its entity.
    """
    for written in node.expects:
        match written:
            case ast.SizePromise(low, high, percent):
                if _is_size(written, entity, report):
                    bounds = (None if low is None else low.value, None if high is None else high.value)
                    yield ir.SizePromise(*bounds, percent, span=written.span)
            case ast.ChangePromise(percent):
                if percent.value > 0:
                    yield ir.ChangePromise(percent.value, span=written.span)
                else:
                    help = "write it like `expect change under 10%`"
                    report.add("bad-promise", "no change is under 0%", percent.span, help=help)
            case ast.RelationPromise(kind, others):
                for other in others:
                    if _is_other(other, node, entity, known, report):
                        yield ir.RelationPromise(kind, other.text, span=written.span)
            case _:
                assert_never(written)


def _is_size(node: ast.SizePromise, entity: str, report: Report) -> bool:
    bounds = [bound for bound in (node.low, node.high) if bound is not None]
    noun = node.noun.text
    if noun not in (entity, *plurals(entity)):
        plural = plurals(entity)[0]
        help = did_you_mean(noun, (entity, plural), f"write `{plural}`")
        report.add("bad-promise", f"this segment holds {plural}, not `{noun}`", node.noun.span, help=help)
    elif node.percent and any(bound.value > ALL for bound in bounds):
        report.add("bad-promise", "no share is larger than 100%", node.span, help="write at most 100%")
    elif not node.percent and any(bound.value % 1 for bound in bounds):
        report.add("bad-promise", f"{noun} are counted in whole numbers", node.span, help="leave out the digits")
    elif node.low is not None and node.high is not None and node.low.value > node.high.value:
        sign = "%" if node.percent else ""
        help = f"write `{node.high.span.text}{sign} to {node.low.span.text}{sign}`"
        report.add("bad-promise", "no number lies between the two: the first is larger", node.span, help=help)
    else:
        return True
    return False


def plurals(noun: str) -> tuple[str, ...]:
    """What several of `noun` may be called, the likeliest first."""
    if noun.endswith("y") and noun[-2:-1] not in tuple("aeiou"):
        return f"{noun[:-1]}ies", f"{noun}s"
    return f"{noun}s", f"{noun}es"


def _is_other(other: ast.Ident, node: ast.Segment, entity: str, known: Mapping[str, str], report: Report) -> bool:
    name = other.text
    if name == node.name.text:
        report.add("bad-promise", f"segment `{name}` is compared with itself", other.span, help="name another segment")
    elif name not in known:
        help = did_you_mean(name, known, f"there are {listed(sorted(known))}")
        report.add("unknown-segment", f"there is no segment `{name}`", other.span, help=help)
    elif known[name] != entity:
        message = f"segment `{name}` holds rows of `{known[name]}`, and this one rows of `{entity}`"
        report.add("bad-promise", message, other.span, help="name a segment of the same entity")
    else:
        return True
    return False
