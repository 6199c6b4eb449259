"""Samples of an entity's rows by their keys alone: `in sample 10% "holdout-2026"`, and the shares that can be drawn."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from segdsl.diagnostics import Report
from segdsl.grammar import ast
from segdsl.semantics import ir
from segdsl.semantics.scope import Scope

if TYPE_CHECKING:
    from segdsl.semantics.expressions import Expressions

ALL = Decimal(100)


def in_sample(resolver: Expressions, node: ast.InSample, where: Scope) -> ir.Condition:
    """The share of everyone whose place comes first for this salt."""
    if where.inside_rows:
        resolver.report.add(
            "wrong-type",
            f"`{resolver.catalog.entity}` is sampled, and this is a condition on rows of `{where.table.name}`",
            node.span,
            help="put it outside of the rows' own conditions",
        )
        return ir.Always(True, span=node.span)
    if not can_be_drawn(node.percent, resolver.report):
        return ir.Always(True, span=node.span)
    return ir.Sample(node.salt.value, Decimal(0), node.percent.value / ALL, span=node.span)


def can_be_drawn(percent: ast.Number, report: Report) -> bool:
    """Whether the per cent are a part of a whole."""
    if 0 < percent.value <= ALL:
        return True
    message = "a share of 0% holds nobody" if not percent.value else "no share is larger than 100%"
    report.add("bad-value", message, percent.span, help="write more than 0% and at most 100%")
    return False
