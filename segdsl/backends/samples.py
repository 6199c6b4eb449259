"""Samples in a plan: a key's digest against bounds of as many digits, as text, so that no number is ever rounded."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import ceil

from segdsl.backends import plan
from segdsl.backends.relations import Scope
from segdsl.semantics import ir

DIGITS = 15


def drawn(node: ir.Sample, scope: Scope) -> plan.Expression:
    """Whether the key of the row in scope has its place between the bounds of the sample."""
    if node.low >= node.high:
        return plan.Constant(False)
    key = scope.place.key()
    digest = scope.published(plan.Digest(node.salt, key), f"{node.salt} place")
    terms: list[plan.Expression] = []
    if node.low > 0:
        terms.append(plan.Compare(digest, ">=", _bound(node.low)))
    if node.high < 1:
        terms.append(plan.Compare(digest, "<", _bound(node.high)))
    return plan.All(tuple(terms)) if len(terms) > 1 else (*terms, plan.Known(digest))[0]


def _bound(share: Decimal) -> plan.Constant:
    """The first place that is not below `share`: texts of as many digits are ordered like the numbers they say."""
    return plan.Constant(f"{ceil(Fraction(share) * 16**DIGITS):0{DIGITS}x}")
