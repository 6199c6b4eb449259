"""Channels: who can be reached by them, and `reachable by`, which is their condition where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from segdsl.diagnostics import did_you_mean, listed
from segdsl.grammar import ast
from segdsl.semantics import ir
from segdsl.semantics.scope import Scope, scope_of

if TYPE_CHECKING:
    from segdsl.semantics.expressions import Expressions


def channels(written: Mapping[str, ast.Channel], resolver: Expressions, entity: Scope) -> dict[str, ir.Channel]:
    """The channels by name, those of an entity that there is."""
    found: dict[str, ir.Channel] = {}
    for name, node in written.items():
        scope = scope_of(node.entity, entity, resolver.catalog, resolver.report)
        if scope is not None:
            title = node.title.value if node.title else name
            condition = resolver.condition(node.when, scope)
            found[name] = ir.Channel(name, title, scope.table.name, condition, span=node.name.span)
    return found


def reachable(resolver: Expressions, node: ast.ReachableBy, where: Scope) -> ir.Condition:
    """Whether the channel reaches who is looked at."""
    name, known = node.channel.text, resolver.names.channels
    if where.inside_rows:
        message = f"a row of `{where.table.name}` is reached by no channel"
        resolver.report.add("wrong-type", message, node.span, help="put it outside of the rows' own conditions")
    elif known is None:
        message = "metrics and channels do not build on channels"
        resolver.report.add("wrong-type", message, node.span, help="spell out here what the channel asks for")
    elif name not in known:
        instead = f"there are {listed(known)}" if known else f"define it with `channel {name} when ...`"
        help = did_you_mean(name, known, instead)
        resolver.report.add("unknown-channel", f"there is no channel `{name}`", node.channel.span, help=help)
    elif known[name].entity != where.table.name:
        message = f"channel `{name}` reaches rows of `{known[name].entity}`, and this is about `{where.table.name}`"
        help = f"define a channel `for {where.table.name}`"
        resolver.report.add("wrong-type", message, node.channel.span, help=help)
    else:
        return replace(known[name].condition, span=node.span)
    return ir.Always(True, span=node.span)
