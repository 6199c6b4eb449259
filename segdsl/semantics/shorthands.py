"""Groups written short, `tiers` and `split`: their group and segments as if written out, and who is in each.

The segments are ranked in the order in which they are written; the first whose condition holds wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal

from segdsl.diagnostics import Label, Report
from segdsl.grammar import ast
from segdsl.semantics import ir
from segdsl.semantics.comparison import comparable, comparison
from segdsl.semantics.constants import literal
from segdsl.semantics.expressions import Expressions
from segdsl.semantics.samples import ALL, can_be_drawn
from segdsl.semantics.scope import Scope, scope_of

Shorthand = ast.Tiers | ast.Split
# What the priorities of the segments go up by.
STEP = 10

_RISING, _FALLING = frozenset((">", ">=")), frozenset(("<", "<="))


def group_of(node: Shorthand) -> ast.Group:
    """The exclusive group that `node` is short for."""
    return ast.Group(
        node.name,
        node.title,
        owner=node.owner,
        about=node.about,
        exclusive=True,
        complete=is_complete(node),
        span=node.span,
    )


def segments_of(node: Shorthand) -> Iterator[ast.Segment]:
    """The segments that `node` is short for; `conditions` says who is in those without `otherwise`."""
    parts: list[ast.Tier | ast.Share | ast.Rest] = [*(node.tiers if isinstance(node, ast.Tiers) else node.shares)]
    if isinstance(node, ast.Tiers) and node.rest is not None:
        parts.append(node.rest)
    for number, part in enumerate(parts, 1):
        yield ast.Segment(
            part.name,
            part.title,
            entity=node.entity,
            group=node.name,
            priority=ast.Number(Decimal(number * STEP), span=part.span),
            otherwise=isinstance(part, ast.Rest),
            span=part.span,
        )


def is_complete(node: Shorthand) -> bool:
    """Whether everyone is in one of the parts, whoever they are."""
    if isinstance(node, ast.Tiers):
        return node.rest is not None
    return node.segment is None and _total(node.shares) == ALL


def conditions(written: Iterable[Shorthand], resolver: Expressions, entity: Scope) -> dict[str, ir.Condition]:
    """Who is in each tier and each share, by the segment's name."""
    found: dict[str, ir.Condition] = {}
    for node in written:
        # That there is no such entity is told of the segments.
        scope = scope_of(node.entity, entity, resolver.catalog, Report()) or entity
        parts = _tiers(node, resolver, scope) if isinstance(node, ast.Tiers) else _shares(node, resolver, scope)
        for name, condition in parts:
            found.setdefault(name, condition)
    return found


# --- tiers ----------------------------------------------------------------------------------------


def _tiers(node: ast.Tiers, resolver: Expressions, entity: Scope) -> Iterator[tuple[str, ir.Condition]]:
    value = resolver.value(node.value, entity)
    _check_directions(node, resolver.report)
    known: list[tuple[ast.Tier, ir.Literal]] = []
    for tier in node.tiers:
        bound = resolver.value(tier.bound, entity)
        if tier.op == "!=" or not comparable(value, bound, tier.op, tier, resolver.report):
            yield tier.name.text, ir.Always(True, span=tier.span)
            continue
        if isinstance(bound, ir.Literal):
            _check_wins(tier, bound, known, resolver.report)
            known.append((tier, bound))
        yield tier.name.text, comparison(value, tier.op, bound, tier)
    is_let = isinstance(node.value, ast.Name) and node.value.text in resolver.names.lets
    if isinstance(value, ir.Literal) and (is_let or literal(node.value) is not None):
        message = f"`{node.value.span.text}` is the same for everyone"
        resolver.report.add("bad-tiers", message, node.value.span, help="name a column, a metric or a calculation")


def _check_directions(node: ast.Tiers, report: Report) -> None:
    """All bounds are lower bounds, or all are upper bounds; single values may stand among either."""
    first: ast.Tier | None = None
    for tier in node.tiers:
        if tier.op == "!=":
            message = "`!=` would hold those of whom the value is missing, too"
            help_ = "name the values with `=`, and the others with `otherwise`"
            report.add("bad-tiers", message, tier.span, help=help_)
        elif tier.op != "=" and first is None:
            first = tier
        elif first is not None and tier.op != "=" and (tier.op in _RISING) != (first.op in _RISING):
            report.add(
                "bad-tiers",
                f"tiers go in one direction, and `{tier.op}` turns around",
                tier.span,
                help=f"write all of them with `{first.op}`, the narrowest first",
                others=(Label(first.span, "the first direction"),),
            )


def _check_wins(
    tier: ast.Tier, bound: ir.Literal, above: Sequence[tuple[ast.Tier, ir.Literal]], report: Report
) -> None:
    """A tier that only holds where one above it does would be empty."""
    for other, its_bound in above:
        if _implies(tier.op, bound.value, other.op, its_bound.value):
            report.add(
                "bad-tiers",
                f"nobody is ever in `{tier.name.text}`: whoever fulfils it is in `{other.name.text}` already",
                tier.span,
                help=f"write `{tier.name.text}` before `{other.name.text}`: the first that holds wins"
                if not _implies(other.op, its_bound.value, tier.op, bound.value)
                else "give it another bound, or leave it out",
                others=(Label(other.span, "this comes first"),),
            )
            return


def _implies(op: str, bound: object, other: str, its_bound: object) -> bool:
    """Whether every value with `value op bound` has `value other its_bound`."""
    if op == "=":
        return _holds(bound, other, its_bound)
    if other == "=" or (op in _RISING) != (other in _RISING):
        return False
    # Alike in direction: the open bound of a closed one's value holds less.
    return _holds(bound, other, its_bound) or (op in (">", "<") and bound == its_bound)


def _holds(value: object, op: str, bound: object) -> bool:
    match value, bound:
        case (Decimal() as left, Decimal() as right):
            sign = (left > right) - (left < right)
        case (date() as left, date() as right) if _is_comparable(left, right):
            sign = (left > right) - (left < right)
        case _:
            return op == "=" and type(value) is type(bound) and value == bound
    return {"=": sign == 0, ">": sign > 0, ">=": sign >= 0, "<": sign < 0, "<=": sign <= 0}[op]


def _is_comparable(left: date, right: date) -> bool:
    if isinstance(left, datetime) and isinstance(right, datetime):
        return (left.tzinfo is None) == (right.tzinfo is None)
    return type(left) is type(right)


# --- splits ---------------------------------------------------------------------------------------


def _shares(node: ast.Split, resolver: Expressions, entity: Scope) -> Iterator[tuple[str, ir.Condition]]:
    total = _total(node.shares)
    if total > ALL:
        message = f"the shares add up to {total:f}%"
        span = node.shares[0].span.to(node.shares[-1].span)
        resolver.report.add("bad-split", message, span, help="they are parts of one whole: write at most 100% in all")
    whole: tuple[ir.Condition, ...] = ()
    if node.segment is not None:
        whole = (resolver.condition(ast.InSegment(node.segment, span=node.segment.span), entity),)
    low = Decimal(0)
    for share in node.shares:
        high = low + share.percent.value / ALL
        drawn: ir.Condition = ir.Always(True, span=share.span)
        if can_be_drawn(share.percent, resolver.report) and total <= ALL:
            drawn = ir.Sample(node.name.text, low, high, span=share.span)
        yield share.name.text, ir.All((*whole, drawn), span=share.span) if whole else drawn
        low = high


def _total(shares: Sequence[ast.Share]) -> Decimal:
    return sum((share.percent.value for share in shares), Decimal(0))
