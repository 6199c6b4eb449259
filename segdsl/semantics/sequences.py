"""Sequences: what the rows of `has`, `no`, `every` and of aggregates are followed by, as conditions on those rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segdsl.diagnostics import Label, did_you_mean, listed
from segdsl.grammar import ast
from segdsl.semantics import ir, rows, scope
from segdsl.semantics.catalog import Table
from segdsl.semantics.comparison import comparable
from segdsl.semantics.scope import Scope
from segdsl.semantics.types import Date, Number, described
from segdsl.semantics.windows import SUB_DAY

if TYPE_CHECKING:
    from segdsl.semantics.expressions import Expressions


def with_steps(
    resolver: Expressions,
    condition: ir.Condition | None,
    table: Table,
    path: tuple[str, ...],
    node: ast.Call | ast.Has | ast.Every,
    where: Scope,
) -> ir.Condition | None:
    """`condition` and the steps of `node`, of rows of `table` that `path` leads up from to the row in scope."""
    if isinstance(node.window, ast.Next):
        resolver.report.add(
            "bad-sequence",
            "what follows rows that are still to come is not seen yet",
            node.window.span,
            label="this looks past the moment of the run",
            help="look back, as in `in last 7 days`",
        )
    first, *others = node.steps
    follows = _followed(resolver, first, others, table, path, where)
    if condition is None or follows is None:
        return condition or follows
    return ir.All((condition, follows), span=node.span)


def _followed(
    resolver: Expressions,
    step: ast.Followed,
    others: list[ast.Followed],
    before: Table,
    path: tuple[str, ...],
    where: Scope,
) -> ir.Condition | None:
    """The condition on a row of `before` that `step` follows it, itself followed by `others`."""
    table = rows.named_table(resolver, step.table)
    if table is None:
        return None
    if step.negated and others:
        resolver.report.add(
            "bad-sequence",
            "nothing can follow what did not happen",
            others[0].span,
            help="let `not followed by` come last",
        )
        return None
    via = rows.path_up(resolver, table, step.table, step.via, where)
    inside = Scope(table, inside_rows=True)
    inner = None if step.where is None else resolver.condition(step.where, inside)
    if not path or not via or not _can_follow(resolver, step, before, table):
        return None
    if others:
        follows = _followed(resolver, others[0], others[1:], table, via, where)
        inner = ir.All((inner, follows), span=step.span) if inner is not None and follows is not None else follows
    found = ir.Rows(table.name, via, inner, None, span=step.span)
    within = None if step.within is None else (step.within.count, step.within.unit)
    same, links = _same(resolver, step, before, table)
    followed = ir.Followed(path, found, within, same, links, span=step.span)
    return ir.Not(followed, span=step.span) if step.negated else followed


def _can_follow(resolver: Expressions, step: ast.Followed, before: Table, table: Table) -> bool:
    """Whether rows of the two tables have times that can be told apart; reports why not."""
    for each in (before, table):
        if each.at_path is None:
            rows.report_no_time(resolver, "a sequence", each, step.table)
            return False
    is_date = isinstance(table.at_type, Date)
    if is_date != isinstance(before.at_type, Date):
        dated, timed = (table, before) if is_date else (before, table)
        resolver.report.add(
            "wrong-type",
            f"`{dated.name}` has dates and `{timed.name}` has moments, so which came first on a day is not known",
            step.table.span,
            help="follow it by a table whose times are alike, or compare days with `first` and `last`",
            others=(Label(before.span, f"rows of `{before.name}` have {'moments' if is_date else 'dates'}"),),
        )
        return False
    if is_date and step.within is not None and step.within.unit in SUB_DAY:
        resolver.report.add(
            "bad-window",
            f"dates have no {step.within.unit}s",
            step.within.span,
            label=f"rows of `{table.name}` have dates",
            help="write it in days",
        )
        return False
    return True


def _same(
    resolver: Expressions, step: ast.Followed, before: Table, table: Table
) -> tuple[tuple[tuple[ir.Value, ir.Value], ...], tuple[str, ...]]:
    """What `with same` compares: pairs of columns, and links."""
    pairs: list[tuple[ir.Value, ir.Value]] = []
    links: list[str] = []
    for name in step.same:
        if name.text in before.links and name.text in table.links:
            if before.links[name.text].table == table.links[name.text].table:
                links.append(name.text)
            else:
                resolver.report.add(
                    "wrong-type",
                    f"the link `{name.text}` leads to `{before.links[name.text].table}` from `{before.name}`, "
                    f"but to `{table.links[name.text].table}` from `{table.name}`",
                    name.span,
                    help="name a column or a link that means the same in both",
                )
        elif name.text in before.columns and name.text in table.columns:
            pair = _columns(resolver, name, before, table)
            if pair is not None:
                pairs.append(pair)
        else:
            _report_not_shared(resolver, name, before, table)
    return tuple(pairs), tuple(dict.fromkeys(links))


def _columns(resolver: Expressions, name: ast.Ident, before: Table, table: Table) -> tuple[ir.Value, ir.Value] | None:
    written = ast.Name((name,), span=name.span)
    left, right = (
        scope.column(written, Scope(each, inside_rows=True), resolver.catalog, scope.Names({}, {}), resolver.report)
        for each in (before, table)
    )
    for side, each in ((left, before), (right, table)):
        if isinstance(side.type, Number) and side.type.quotient:
            resolver.report.add(
                "wrong-type",
                f"`{each.name}.{name.text}` is a quotient, and rows are matched by stored values",
                name.span,
                help="name a column that is not divided",
            )
            return None
    if type(left.type) is not type(right.type):
        resolver.report.add(
            "wrong-type",
            f"`{name.text}` is {described(left.type)} in `{before.name}` and {described(right.type)} in `{table.name}`",
            name.span,
            help="name a column or a link that means the same in both",
        )
        return None
    return (left, right) if comparable(left, right, "=", written, resolver.report) else None


def _report_not_shared(resolver: Expressions, name: ast.Ident, before: Table, table: Table) -> None:
    without = [each for each in (table, before) if name.text not in {*each.columns, *each.links}]
    message = f"`{name.text}` is a link of one table and a column of the other"
    if without:
        message = f"table `{without[0].name}` has no column or link `{name.text}`"
    shared = [each for each in before.links if each in table.links]
    shared += [each for each in before.columns if each in table.columns]
    instead = f"both have {listed(shared)}" if shared else "the two have no column or link of one name"
    resolver.report.add("unknown-name", message, name.span, help=did_you_mean(name.text, shared, instead))
