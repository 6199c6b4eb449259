"""Many rows: aggregates, `has`, `no` and `every`, and the links from their table up to the row in scope."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from segdsl.diagnostics import Label, did_you_mean, listed
from segdsl.grammar import ast
from segdsl.semantics import ir, scope, sequences, windows
from segdsl.semantics.catalog import Table
from segdsl.semantics.functions import FUNCTIONS, Function, LengthFunction, PartFunction, result_type
from segdsl.semantics.scope import Scope
from segdsl.semantics.types import Unknown

if TYPE_CHECKING:
    from segdsl.semantics.expressions import Expressions


def aggregate(resolver: Expressions, function: Function, node: ast.Call, where: Scope) -> ir.Value:
    table = _target_table(resolver, node, where)
    if table is None:
        return scope.unknown(node)
    bare = isinstance(node.target, ast.Name) and len(node.target.parts) == 1
    rows = _rows(resolver, table, node.target, node, where)
    if function.needs_time and table.at_path is None:
        report_no_time(resolver, f"`{function.name}`", table, node.function)
        return scope.unknown(node)
    if function.takes == "nothing":
        if not bare:
            resolver.report.add(
                "wrong-type",
                f"`count` counts rows of `{table.name}`, not values",
                node.target.span,
                help=f"write `count({table.name})`, or `count distinct(...)` for different values",
            )
        return ir.Aggregate("count", rows, None, result_type(function, Unknown()), span=node.span)
    if bare:
        example = next(iter(table.columns), "at")
        resolver.report.add(
            "wrong-type",
            f"`{function.name}` needs to know which column of `{table.name}`",
            node.target.span,
            help=f"name it, as in `{function.name}({table.name}.{example})`",
        )
        return scope.unknown(node)
    argument = resolver.of_rows().value(node.target, Scope(table, inside_rows=True))
    if not resolver.argument_fits(function.takes, function.name, argument):
        return scope.unknown(node)
    return ir.Aggregate(function.name, rows, argument, result_type(function, argument.type), span=node.span)


def _target_table(resolver: Expressions, node: ast.Call, where: Scope) -> Table | None:
    """The table that an aggregate looks at: the first table that its target names."""
    names = list(_names(node.target))
    for name in names:
        first = name.parts[0].text
        if first in resolver.catalog.tables and (first not in where.table.links or node.via is not None):
            return resolver.catalog.tables[first]
    at = names[0] if names else node.target
    if not names:
        message, help_ = (
            f"`{node.function.text}` needs a table to look at",
            "name a column of it, as in `sum(order.amount)`",
        )
    else:
        text = names[0].text
        bare = len(names[0].parts) == 1 and text not in {*where.table.columns, *where.table.links, where.table.name}
        message = f"there is no table `{text}`" if bare else f"`{text}` names no table of many rows"
        having = [t.name for t in resolver.catalog.tables.values() if text in t.columns and t.name != where.table.name]
        if having:
            help_ = f"name the table, too: `{node.function.text}({having[0]}.{text})`"
        else:
            help_ = did_you_mean(
                names[0].parts[0].text, resolver.catalog.tables, f"there are {listed(resolver.catalog.tables)}"
            )
    resolver.report.add("unknown-table", message, at.span, help=help_)
    return None


def _rows(
    resolver: Expressions,
    table: Table,
    target: ast.Node,
    node: ast.Call | ast.Has | ast.Every,
    where: Scope,
) -> ir.Rows:
    condition, window = node.where, node.window
    path = path_up(resolver, table, target, node.via, where)
    if path and where.table.key is None:
        resolver.report.add(
            "no-key",
            f"table `{where.table.name}` has no `key`, so rows of `{table.name}` cannot be told apart by it",
            target.span,
            help=f"give `{where.table.name}` a `key` in catalog.yml",
        )
    inner = None if condition is None else resolver.of_rows().condition(condition, Scope(table, inside_rows=True))
    if node.steps:
        inner = sequences.with_steps(resolver, inner, table, path, node, where)
    if window is not None and table.at_path is None:
        report_no_time(resolver, "a window", table, window)
        return ir.Rows(table.name, path, inner, None, span=node.span)
    if isinstance(window, ast.During):
        at = ir.At((), table.name, table.at_type or Unknown(), span=window.span)
        days = resolver.during(window, at)
        both = days if inner is None else ir.All((inner, days), span=node.span)
        return ir.Rows(table.name, path, both, None, span=node.span)
    meant = None if window is None else windows.resolve(window, table.at_type or Unknown(), resolver, where)
    return ir.Rows(table.name, path, inner, meant, span=node.span)


def path_up(
    resolver: Expressions, table: Table, target: ast.Node, via: ast.Name | None, where: Scope
) -> tuple[str, ...]:
    """The links from a row of `table` up to the row in scope."""
    goal = where.table.name
    if via is not None:
        return _spelled_path(resolver, table, via, goal)
    paths = scope.paths_up(resolver.catalog, table.name, goal)
    if len(paths) == 1:
        return paths[0]
    if paths:
        ways = listed(f"via {'.'.join(path)}" for path in paths)
        resolver.report.add(
            "ambiguous-path",
            f"more than one way leads from `{table.name}` to `{goal}`",
            target.span,
            help=f"spell the one you mean after the table: {ways}",
        )
    elif scope.paths_up(resolver.catalog, goal, table.name):
        resolver.report.add(
            "no-path",
            f"a row of `{goal}` has one `{table.name}`, not many",
            target.span,
            help=f"use it directly, as in `{table.name}.{next(iter(table.columns), 'at')}`",
        )
    else:
        resolver.report.add(
            "no-path",
            f"no link leads from `{table.name}` to `{goal}`",
            target.span,
            help=f"add one under `links` of `{table.name}` in catalog.yml",
        )
    return ()


def _spelled_path(resolver: Expressions, table: Table, via: ast.Name, goal: str) -> tuple[str, ...]:
    here = table
    for part in via.parts:
        if part.text not in here.links:
            resolver.report.add(
                "unknown-name",
                f"table `{here.name}` has no link `{part.text}`",
                part.span,
                help=did_you_mean(part.text, here.links, f"it links to {listed(here.links)}" if here.links else ""),
            )
            return ()
        here = resolver.catalog.tables[here.links[part.text].table]
    if here.name != goal:
        resolver.report.add(
            "no-path",
            f"`via {via.text}` leads to `{here.name}`, not to `{goal}`",
            via.span,
            help=f"go on to `{goal}`",
        )
        return ()
    return tuple(part.text for part in via.parts)


def report_no_time(resolver: Expressions, what: str, table: Table, node: ast.Node) -> None:
    resolver.report.add(
        "no-time",
        f"{what} needs to know when a row of `{table.name}` happened",
        node.span,
        help=f"give `{table.name}` an `at` in catalog.yml",
        others=(Label(table.span, "declared without `at`"),),
    )


def exists(resolver: Expressions, node: ast.Has, where: Scope) -> ir.Condition:
    table = named_table(resolver, node.table)
    if table is None:
        return ir.Always(True, span=node.span)
    return ir.Exists(_rows(resolver, table, node.table, node, where), span=node.span)


def every(resolver: Expressions, node: ast.Every, where: Scope) -> ir.Condition:
    table = named_table(resolver, node.table)
    if table is None:
        return ir.Always(True, span=node.span)
    rows = _rows(resolver, table, node.table, node, where)
    holds = resolver.of_rows().condition(node.condition, Scope(table, inside_rows=True))
    fails = ir.Not(holds, span=node.condition.span)
    both = fails if rows.where is None else ir.All((rows.where, fails), span=node.span)
    exception = ir.Exists(replace(rows, where=both), span=node.condition.span)
    return ir.All((ir.Exists(rows, span=node.span), ir.Not(exception, span=node.span)), span=node.span)


def named_table(resolver: Expressions, name: ast.Name) -> Table | None:
    first = name.parts[0]
    table = resolver.catalog.tables.get(first.text)
    if table is None:
        resolver.report.add(
            "unknown-table",
            f"there is no table `{first.text}`",
            first.span,
            label="not in catalog.yml",
            help=did_you_mean(first.text, resolver.catalog.tables, f"there are {listed(resolver.catalog.tables)}"),
        )
    elif len(name.parts) > 1:
        resolver.report.add(
            "wrong-type",
            f"`{name.text}` is a column, and this asks for rows",
            name.span,
            help=f"write `{first.text}` and say what must hold of it after `where`",
        )
        return None
    return table


def _names(node: ast.Node) -> list[ast.Name]:
    """The names that an aggregate's target is made of, those of aggregates inside it excepted."""
    match node:
        case ast.Name():
            return [node]
        case ast.Call() if not isinstance(FUNCTIONS.get(node.function.text), (PartFunction, LengthFunction)):
            return []
    return [name for child in ast.children(node) for name in _names(child)]
