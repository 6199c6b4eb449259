"""A customer against everyone: ranks, parts, statistics and scores, from the tree as written to populations.

Who is compared are the rows of the entity, so all of this stands in the entity's own scope alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from segdsl.diagnostics import Report, did_you_mean, listed
from segdsl.grammar import ast
from segdsl.semantics import ir, scope
from segdsl.semantics.list_files import key_type
from segdsl.semantics.scope import Scope
from segdsl.semantics.types import Boolean, Date, Number, Text, Timestamp, Unknown, described

if TYPE_CHECKING:
    from segdsl.semantics.expressions import Expressions

TILES: Mapping[str, int] = {"quartile": 4, "quintile": 5, "decile": 10}
# More parts than anybody reads; a whole number that every database takes.
MAX_TILES = 1000
# Databases give a row's place as a whole number of at most 18 digits.
MAX_COUNT = Decimal(10) ** 18
RANKED = (Number, Date, Timestamp, Unknown)
Compared = ir.Statistic | ir.Tile | ir.Ranked | ir.Bringing


def compares(node: ir.Node) -> bool:
    """Whether a value or a condition compares the customer with everyone."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Compared):
            return True
        waiting.extend(ir.children(each))
    return False


def seen_from(value: ir.Value, where: Scope, node: ast.Name, report: Report) -> ir.Value:
    """A named value, unless it compares with everyone and is asked of a row, or of another one over links."""
    if not (where.inside_rows or isinstance(value, ir.Of)) or not compares(value):
        return value
    report.add(
        "wrong-type",
        f"`{node.text}` compares with everyone, and that is known of the customer who is looked at alone",
        node.span,
        help="compare it outside of the rows' own conditions, and without links before it",
    )
    return scope.unknown(node)


def statistic(resolver: Expressions, node: ast.Statistic, where: Scope) -> ir.Value:
    """`average of`, `median of`, `total of` and `percentile P of` a number."""
    of = f"{node.kind} of"
    population = _population(resolver, node, of, where)
    share = _share(node, resolver.report)
    if population is None or (node.kind in ("median", "percentile") and share is None):
        return scope.unknown(node)
    type_ = population.value.type
    if not _is_exact(population.value, of, resolver.report):
        return scope.unknown(node)
    match node.kind, type_:
        case "total", Number(scale=scale, whole=whole):
            return ir.Statistic("total", population, None, Number(scale=scale, whole=whole), span=node.span)
        case "average", _:
            return ir.Statistic("average", population, None, Number(quotient=True), span=node.span)
    return ir.Statistic("percentile", population, share, Number(quotient=True), span=node.span)


def _share(node: ast.Statistic, report: Report) -> Decimal | None:
    """How far from the least to the greatest a percentile lies; none of other statistics."""
    if node.kind == "median":
        return Decimal("0.5")
    if node.percentile is None:
        return None
    if node.percentile.value > 100:
        report.add(
            "bad-value",
            "a percentile lies from 0 to 100",
            node.percentile.span,
            help="`percentile 0` is the least value and `percentile 100` the greatest",
        )
        return None
    return node.percentile.value.scaleb(-2)


def tile(resolver: Expressions, node: ast.Tile, where: Scope) -> ir.Value:
    """`quartile of`, `quintile of`, `decile of` and `ntile N of` a value."""
    population = _population(resolver, node, f"{node.kind} of", where)
    tiles = TILES.get(node.kind, 0)
    if node.count is not None:
        wanted = node.count.value
        if wanted % 1 or not 2 <= wanted <= MAX_TILES:
            resolver.report.add(
                "bad-value",
                f"`ntile` makes 2 to {MAX_TILES:,} parts",
                node.count.span,
                help="write a whole number, as in `ntile 10 of`",
            )
            return scope.unknown(node)
        tiles = int(wanted)
    if population is None:
        return scope.unknown(node)
    type_ = Number(whole=True, low=Decimal(1), high=Decimal(tiles))
    return ir.Tile(tiles, node.kind != "ntile", population, type_, span=node.span)


def ranked(resolver: Expressions, node: ast.Ranked, where: Scope) -> ir.Condition:
    """`in top N by`, `in bottom N% by` a value."""
    population = _population(resolver, node, f"in {node.end}", where)
    if not _is_count(node, resolver.report) or population is None:
        return ir.Always(True, span=node.span)
    return ir.Ranked(population, node.count.value, node.percent, node.end == "bottom", span=node.span)


def _is_count(node: ast.Ranked, report: Report) -> bool:
    count = node.count.value
    if node.percent:
        return _is_percent(node.count, report)
    if count % 1 == 0 and 1 <= count < MAX_COUNT:
        return True
    help_ = f"for a share of everyone write `in {node.end} {node.count.span.text}%`" if 0 < count < 100 else ""
    report.add(
        "bad-value",
        f"`{node.end}` takes a whole number of at least 1",
        node.count.span,
        help=help_ or f"write it like `in {node.end} 100 by ...`",
    )
    return False


def _is_percent(node: ast.Number, report: Report) -> bool:
    if 0 < node.value <= 100:
        return True
    report.add(
        "bad-value",
        "a share of everyone is more than 0% and at most 100%",
        node.span,
        help="leave the comparison out to take everyone" if node.value else "write `not everyone` to take nobody",
    )
    return False


def bringing(resolver: Expressions, node: ast.Bringing, where: Scope) -> ir.Condition:
    """`in the customers who bring P% of` a number."""
    _check_noun(node.noun, where, resolver.report)
    population = _population(resolver, node, "who bring", where)
    if not _is_percent(node.percent, resolver.report) or population is None:
        return ir.Always(True, span=node.span)
    if not _is_exact(population.value, "who bring", resolver.report):
        return ir.Always(True, span=node.span)
    return ir.Bringing(population, node.percent.value.scaleb(-2), span=node.span)


def _check_noun(noun: ast.Ident, where: Scope, report: Report) -> None:
    known = tuple(dict.fromkeys((f"{where.table.name}s", where.table.name, "customers")))
    if noun.text not in known:
        report.add(
            "unknown-name",
            f"`{noun.text}` are not what is compared here",
            noun.span,
            help=did_you_mean(noun.text, known, f"write {listed(known[:1])}"),
        )


# --- who is compared, and by what -----------------------------------------------------------------


def _population(
    resolver: Expressions, node: ast.Statistic | ast.Tile | ast.Ranked | ast.Bringing, what: str, where: Scope
) -> ir.Population | None:
    """Whom `what` compares, by which value; none when that is wrong, and reported."""
    if where.inside_rows:
        is_entity = where.table.name == resolver.catalog.entity
        beside = (
            "a segment's `when`" if isinstance(node, (ast.Ranked, ast.Bringing)) else "a `score` beside the segments"
        )
        resolver.report.add(
            "wrong-type",
            f"`{what}` compares each {resolver.catalog.entity} with everyone, "
            f"and this is about a row of `{where.table.name}`",
            node.span,
            help=f"put it into {beside}" if is_entity else "put it outside of the rows' own conditions",
        )
        return None
    if _takes_in_too_much(node, resolver.report):
        return None
    value = resolver.value(node.value, where)
    per = None if node.per is None else _per(resolver, node.per, where)
    among = None if node.among is None else resolver.condition(node.among, where)
    if per is not None and not _separates(per, resolver.report):
        return None
    match value.type:
        case Unknown():
            return None
        case type_ if not isinstance(type_, RANKED):
            numbers = "numbers" if isinstance(node, (ast.Statistic, ast.Bringing)) else "numbers, dates and moments"
            label = f"this is {described(type_)}"
            resolver.report.add("wrong-type", f"`{what}` takes {numbers}", value.span, label=label)
            return None
    return ir.Population(value, among, per, span=node.span)


def _takes_in_too_much(node: ast.Statistic | ast.Tile | ast.Ranked | ast.Bringing, report: Report) -> bool:
    """Whether `among (C) = 5` is written: there the parentheses are the left side of a comparison."""
    match node.among:
        case ast.Compare(left=left) | ast.Between(value=left) | ast.InList(value=left):
            while isinstance(left, ast.Arithmetic):
                left = left.left
            if not isinstance(left, ast.Paren) or not isinstance(left.inner, ast.Condition):
                return False
        case ast.Arithmetic():
            left = node.among
        case _:
            return False
    if isinstance(node, (ast.Ranked, ast.Bringing)):
        help_ = "end the condition with its last parenthesis"
    else:
        start = node.span.text.partition(" among ")[0]
        help_ = f"put the value in parentheses: `({start} among (...)) ...`"
    report.add("wrong-type", "`among` takes in what stands behind its parentheses", node.among.span, help=help_)
    return True


def _per(resolver: Expressions, node: ast.Expr, where: Scope) -> ir.Value:
    """What separates populations; a link stands for the key of the row it leads to."""
    table = where.table
    if isinstance(node, ast.Name) and node.text in table.links and node.text not in table.columns:
        other = resolver.catalog.tables[table.links[node.text].table]
        type_ = key_type(other)
        return ir.Of((node.text,), ir.Key(other.name, type_, span=node.span), type_, span=node.span)
    return resolver.value(node, where)


def _separates(per: ir.Value, report: Report) -> bool:
    match per.type:
        case Text() | Boolean() | Date() | Timestamp() | Number(quotient=False):
            return True
        case Number():
            help_ = "write a column, or a whole number that is counted"
            report.add("wrong-type", "`per` takes no quotient", per.span, label="divided here", help=help_)
        case Unknown():
            pass
        case other:
            message = "`per` takes a value that some have in common"
            report.add("wrong-type", message, per.span, label=f"this is {described(other)}")
    return False


def _is_exact(value: ir.Value, what: str, report: Report) -> bool:
    """Whether the value can be added up exactly in every database."""
    match value.type:
        case Number(quotient=True):
            report.add(
                "wrong-type",
                f"`{what}` a quotient has no exact result",
                value.span,
                label="divided here",
                help="quotients can be ranked (`in top 20% by`, `quintile of`); take statistics of their parts",
            )
            return False
        case Number():
            return True
    label = f"this is {described(value.type)}"
    help_ = "count the days, as in `days between last(order.at) and today`"
    report.add("wrong-type", f"`{what}` takes numbers", value.span, label=label, help=help_)
    return False


# --- scores ---------------------------------------------------------------------------------------


def check_score(node: ast.Score, value: ir.Value, report: Report) -> None:
    """A score is a metric that compares the customer with everyone."""
    if isinstance(value.type, Unknown) or compares(value):
        return
    title = f" {node.title.span.text}" if node.title else ""
    report.add(
        "not-a-score",
        f"score `{node.name.text}` compares with nobody",
        node.name.span,
        help=f"write `metric {node.name.span.text}{title} = ...`, or rank it: `quintile of ...`",
    )
