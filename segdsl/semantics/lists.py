"""Lists of texts, and tests of several texts at once: `contains any of (...)`, `starts with at least 2 of (...)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segdsl.grammar import ast
from segdsl.semantics import ir, scope
from segdsl.semantics.comparison import in_closed_list, report_list
from segdsl.semantics.evaluate import fold
from segdsl.semantics.functions import LengthFunction
from segdsl.semantics.scope import Scope
from segdsl.semantics.types import Text, TextList, Unknown, described

if TYPE_CHECKING:
    from segdsl.semantics.expressions import Expressions


def length(resolver: Expressions, function: LengthFunction, node: ast.Call, where: Scope) -> ir.Value:
    """`length(...)` of a text or a list."""
    if not resolver.takes_one_value(function.name, "text or list", node):
        return scope.unknown(node)
    value = resolver.value(node.target, where)
    if not resolver.argument_fits(function.takes, function.name, value):
        return scope.unknown(node)
    return ir.Length(value, function.result, span=node.span)


def contains(resolver: Expressions, node: ast.TextTest, value: ir.Value, where: Scope) -> ir.Condition:
    """One text test of a list: whether a text is a member of it."""
    options = _options(resolver, node, value, (node.pattern,), where)
    if not options:
        return ir.Always(True, span=node.span)
    return ir.ListHas(value, options, 1, node.ignoring_case, span=node.span)


def many(resolver: Expressions, node: ast.ManyTest, where: Scope) -> ir.Condition:
    """How many of some texts pass a test of a text, or are members of a list."""
    unknown = ir.Always(True, span=node.span)
    value = resolver.value(node.value, where)
    if not isinstance(value.type, (Text, TextList, Unknown)):
        resolver.report.add(
            "wrong-type", f"`{node.kind}` compares texts", node.value.span, label=f"this is {described(value.type)}"
        )
        return unknown
    options = _options(resolver, node, value, node.patterns, where)
    if not options or isinstance(value.type, Unknown) or not _count_fits(resolver, node, len(options)):
        return unknown
    count = int(node.count.value) if node.count is not None else 0
    match node.quantity:
        case "any":
            return _at_least(1, value, options, node)
        case "all":
            return _at_least(len(options), value, options, node)
        case "none":
            return _at_most(0, value, options, node)
        case "at least":
            return _at_least(count, value, options, node)
        case "at most":
            return _at_most(count, value, options, node)
    most = _at_most(count, value, options, node)
    if count == 0:
        return most
    least = _at_least(count, value, options, node)
    return least if count == len(options) else ir.All((least, most), span=node.span)


def _at_most(count: int, value: ir.Value, options: tuple[str, ...], node: ast.ManyTest) -> ir.Condition:
    return ir.Not(_at_least(count + 1, value, options, node), span=node.span)


def _at_least(count: int, value: ir.Value, options: tuple[str, ...], node: ast.ManyTest) -> ir.Condition:
    if isinstance(value.type, TextList):
        return ir.ListHas(value, options, count, node.ignoring_case, span=node.span)
    kind = node.kind.removesuffix(" with")
    tests = tuple(
        ir.TextMatch(value, kind, option, node.ignoring_case, span=node.span)  # type: ignore[arg-type]
        for option in options
    )
    if count == 1:
        return tests[0] if len(tests) == 1 else ir.Any(tests, span=node.span)
    return ir.All(tests, span=node.span) if count == len(tests) else ir.AtLeast(count, tests, span=node.span)


def _options(
    resolver: Expressions,
    node: ast.TextTest | ast.ManyTest,
    value: ir.Value,
    patterns: tuple[ast.Expr, ...],
    where: Scope,
) -> tuple[str, ...]:
    """The different texts of a test; none when one of them cannot stand there, which is reported."""
    if isinstance(value.type, TextList) and node.kind != "contains":
        word = "ignoring case" if node.kind == "equals" else node.kind
        report_list(value, f"`{word}`", resolver.report)
        return ()
    found: list[str] = []
    for pattern in patterns:
        match resolver.value(pattern, where):
            case ir.Literal(value=str() as text) as literal:
                exact_member = isinstance(value.type, TextList) and not node.ignoring_case
                if not exact_member or in_closed_list(value, literal, resolver.report):
                    found.append(text)
            case other if not isinstance(other.type, Unknown):
                resolver.report.add(
                    "wrong-type",
                    f"`{node.kind}` needs a text in quotes after it",
                    pattern.span,
                    label="" if isinstance(other.type, Text) else f"this is {described(other.type)}",
                    help=f'as in `{node.kind} "A"`',
                )
    if len(found) < len(patterns):
        return ()
    different: dict[str, str] = {}
    for text in found:
        different.setdefault(fold(text) if node.ignoring_case else text, text)
    return tuple(different.values())


def _count_fits(resolver: Expressions, node: ast.ManyTest, texts: int) -> bool:
    """Whether the number in `at least N of` can be reached, and leaves something to ask."""
    if node.count is None:
        return True
    low, high = {"at least": (1, texts), "at most": (0, texts - 1), "exactly": (0, texts)}[node.quantity]
    count = node.count.value
    if count % 1 == 0 and low <= count <= high:
        return True
    if count % 1 != 0:
        message, help_ = "texts are counted in whole numbers", f"write `{node.quantity} {max(low, int(count))} of`"
    elif count > high and node.quantity != "at most":
        different = "is only one text" if texts == 1 else f"are only {texts} different texts"
        message, help_ = f"there {different} to pass", f"write `all of`, or a number up to {high}"
    else:
        message = f"`{node.quantity} {count} of` {texts} {'text' if texts == 1 else 'texts'} is true of everyone"
        help_ = f"use a number from {low} to {high}" if low < high else f"write `{node.quantity} {low} of`"
    resolver.report.add("bad-value", message, node.count.span, help=help_)
    return False
