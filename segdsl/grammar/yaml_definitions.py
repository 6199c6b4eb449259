"""Definitions in YAML to the same tree as `.seg` text gives; every leaf is the same expression language.

Total, like the reader of `.seg`: what cannot be read is reported, and the other definitions still come out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import TypeVar

from segdsl.diagnostics import Report
from segdsl.grammar import ast, yaml, yaml_shorthands
from segdsl.grammar.files import Fields, named
from segdsl.grammar.keys import (
    ABOUT,
    CONDITION,
    ENTITY,
    EXPRESSION,
    NAME,
    OWNER,
    TEXT,
    TITLE,
    TRUTH,
    Either,
    Key,
    Keyed,
    Keys,
    Named,
    Nothing,
    One,
    Several,
)
from segdsl.source import Source

SEGMENT_KEYS: Keys = {
    "title": TITLE,
    "entity": ENTITY,
    "group": Key(NAME, "the group it is in"),
    "priority": Key(One("number", least=0), "in an exclusive group the lowest number wins"),
    "owner": OWNER,
    "about": ABOUT,
    "when": Key(CONDITION, "who is in it"),
    "otherwise": Key(TRUTH, "in it is who is in no other segment of the group"),
    "expect": Key(Either((EXPRESSION, Several(EXPRESSION))), "`100 to 500 customers`, `disjoint from vip`, or several"),
    "review": Key(EXPRESSION, "`every 90 days, last 2026-01-31`: when somebody has to look at it again"),
    "active": Key(EXPRESSION, "`2026-01-01 to 2026-03-31`: the days on which it holds"),
}
GROUP_KEYS: Keys = {
    "title": TITLE,
    "exclusive": Key(TRUTH, "nobody is assigned to two of its segments"),
    "complete": Key(TRUTH, "everybody is in one of its segments"),
    "owner": OWNER,
    "about": ABOUT,
}
METRIC_KEYS: Keys = {
    "title": TITLE,
    "entity": ENTITY,
    "value": Key(EXPRESSION, "a value of the customer", required=True),
}
PLACE_KEYS: Keys = {
    "title": TITLE,
    "points": Key(EXPRESSION, "`(19.07, 72.87)`, or `area (...), (...), (...)`", required=True),
}
CHANNEL_KEYS: Keys = {
    "title": TITLE,
    "entity": ENTITY,
    "owner": OWNER,
    "about": ABOUT,
    "when": Key(CONDITION, "who can be reached"),
}
OCCASION_KEYS: Keys = {
    "title": TITLE,
    "days": Key(EXPRESSION, "`2026-11-06 to 2026-11-11`, `every year 12-24`, or several after commas", required=True),
}
METRICS = Named(Either((EXPRESSION, Keyed(METRIC_KEYS))))
FILE_KEYS: Keys = {
    "lets": Key(Named(TEXT), "names for constants, which a run can replace"),
    "places": Key(Named(Either((EXPRESSION, Keyed(PLACE_KEYS)))), "names for points and areas"),
    "occasions": Key(Named(Either((EXPRESSION, Keyed(OCCASION_KEYS)))), "names for days"),
    "metrics": Key(METRICS, "names for values of a customer"),
    "scores": Key(METRICS, "metrics that rank"),
    "channels": Key(Named(Keyed(CHANNEL_KEYS, one_of=("when",))), "ways to reach people"),
    "groups": Key(Named(Either((Nothing(), Keyed(GROUP_KEYS)))), "segments that belong together"),
    "tiers": Key(Named(Keyed(yaml_shorthands.TIERS_KEYS)), "exclusive groups by the size of a value"),
    "splits": Key(Named(Keyed(yaml_shorthands.SPLIT_KEYS)), "exclusive groups by chance"),
    "segments": Key(Named(Keyed(SEGMENT_KEYS, one_of=("when", "otherwise"))), "who is meant"),
}
V = TypeVar("V", ast.Metric, ast.Score)
N = TypeVar("N", bound=ast.Node)
# What holds a part of the expression language, wherever it stands in a definition.
LEAVES = ("value", "points", "days", "when", "by", "expect", "review", "active")
JUNCTIONS = ("all", "any", "not")
# What a constant begins with that is no bare text.
CONSTANT_STARTS = tuple('"-0123456789')


def parse_definitions(source: Source, report: Report) -> ast.Module:
    """The definitions of a YAML file, in the order they stand in."""
    root = yaml.read(source, report)
    Fields(root, "a file of definitions", FILE_KEYS, report)
    readers: dict[str, Callable[[ast.Ident, yaml.Tree, Report], ast.Definition | None]] = {
        "lets": _let,
        "occasions": _occasion,
        "places": _place,
        "metrics": _metric,
        "scores": _score,
        "channels": _channel,
        "groups": _group,
        "tiers": yaml_shorthands.tiers,
        "splits": yaml_shorthands.split,
        "segments": _segment,
    }
    definitions: list[ast.Definition] = []
    for key, section in root.entries.values():
        if key.text not in readers:
            continue
        if not isinstance(section, yaml.Mapping):
            if not (isinstance(section, yaml.Scalar) and section.value is None):
                report.add("bad-value", f"`{key.text}` must hold `name: ...` pairs", key.span)
            continue
        for name, node in named(section):
            definition = readers[key.text](name, node, report)
            if definition is not None:
                definitions.append(definition)
    comments = tuple(yaml.comments(source, root, _expressions(root)))
    return ast.Module(tuple(definitions), comments, span=source.span(0, len(source.text)))


def _expressions(root: yaml.Mapping) -> Iterator[yaml.Scalar]:
    """The scalars that hold an expression: what follows `#` in them is a comment."""
    waiting: list[yaml.Tree] = []
    for section, definitions in root.entries.values():
        for _, node in named(definitions if isinstance(definitions, yaml.Mapping) else None):
            if isinstance(node, yaml.Mapping):
                waiting += [value for key, value in named(node) if key.text in LEAVES]
                waiting += yaml_shorthands.leaves(node)
            elif section.text != "lets" or (isinstance(node, yaml.Scalar) and is_written_constant(node)):
                waiting.append(node)
    while waiting:
        node = waiting.pop()
        match node:
            case yaml.Scalar():
                yield node
            case yaml.Sequence():
                waiting += node.items
            case yaml.Mapping():
                waiting += [value for _, value in named(node)]


def _let(name: ast.Ident, node: yaml.Tree, report: Report) -> ast.Let | None:
    if isinstance(node, yaml.Scalar) and node.value is not None:
        return ast.Let(name, _constant(node, report), span=name.span.to(node.span))
    report.add("bad-value", f"`{name.text}` must be a constant", name.span)
    return None


def _constant(node: yaml.Scalar, report: Report) -> ast.Expr:
    """A constant: numbers and truths as YAML has them, dates and texts as the language writes them.

    A text that is quoted in YAML alone (`"web"`) is a text, too: nothing else could be meant.
    """
    if isinstance(node.value, bool):
        return ast.Truth(node.value, span=node.span)
    return yaml.expression(node, report) if is_written_constant(node) else ast.Text(node.text, span=node.span)


def is_written_constant(node: yaml.Scalar) -> bool:
    """Whether a constant stands there as the language writes it."""
    return isinstance(node.value, int | Decimal) or node.text[:1] in CONSTANT_STARTS


def _metric(name: ast.Ident, node: yaml.Tree, report: Report) -> ast.Metric | None:
    return _valued(ast.Metric, name, node, report)


def _score(name: ast.Ident, node: yaml.Tree, report: Report) -> ast.Score | None:
    return _valued(ast.Score, name, node, report)


def _valued(kind: type[V], name: ast.Ident, node: yaml.Tree, report: Report) -> V | None:
    what, span = f"{kind.__name__.lower()} `{name.text}`", name.span.to(node.span)
    if isinstance(node, yaml.Scalar) and node.value is not None:
        return kind(name, yaml.expression(node, report), span=span)
    if not isinstance(node, yaml.Mapping):
        report.add("bad-value", f"{what} must hold a value", name.span, help="write `value: sum(...)`")
        return None
    fields = Fields(node, what, METRIC_KEYS, report)
    value = fields.scalar("value")
    if value is None:
        return None
    return kind(name, yaml.expression(value, report), fields.text("title"), fields.name("entity"), span=span)


def _place(name: ast.Ident, node: yaml.Tree, report: Report) -> ast.Place | None:
    fields, scalar = None, node
    if isinstance(node, yaml.Mapping):
        fields = Fields(node, f"place `{name.text}`", PLACE_KEYS, report)
        found = fields.scalar("points")
        if found is None:
            return None
        scalar = found
    if not isinstance(scalar, yaml.Scalar) or scalar.value is None:
        help = "write `(19.07, 72.87)`, or `area (...), (...), (...)`"
        report.add("bad-value", f"place `{name.text}` must hold its points", name.span, help=help)
        return None
    points = yaml.part("points", ast.Points, scalar, report)
    title, span = fields.text("title") if fields else None, name.span.to(node.span)
    return ast.Place(name, points.points if points else (), points is not None and points.area, title, span=span)


def _channel(name: ast.Ident, node: yaml.Tree, report: Report) -> ast.Channel | None:
    if not isinstance(node, yaml.Mapping):
        report.add("bad-value", f"channel `{name.text}` must hold keys", name.span, help="write `{when: ...}`")
        return None
    fields = Fields(node, f"channel `{name.text}`", CHANNEL_KEYS, report)
    span, when = name.span.to(node.span), node.entries.get("when")
    if when is None:
        message = f"channel `{name.text}` does not say who can be reached"
        report.add("missing-condition", message, name.span, help="add `when:`")
    return ast.Channel(
        name,
        when=ast.Broken(span=span) if when is None else _condition(when[1], report, inner=False),
        title=fields.text("title"),
        entity=fields.name("entity"),
        owner=fields.text("owner"),
        about=fields.text("about"),
        span=span,
    )


def _occasion(name: ast.Ident, node: yaml.Tree, report: Report) -> ast.Occasion | None:
    span = name.span.to(node.span)
    if isinstance(node, yaml.Scalar) and node.value is not None:
        return ast.Occasion(name, _days(node, report), span=span)
    if not isinstance(node, yaml.Mapping):
        help = "write `days: 2026-11-06 to 2026-11-11`"
        report.add("bad-value", f"occasion `{name.text}` must hold its days", name.span, help=help)
        return None
    fields = Fields(node, f"occasion `{name.text}`", OCCASION_KEYS, report)
    days = fields.scalar("days")
    return None if days is None else ast.Occasion(name, _days(days, report), fields.text("title"), span=span)


def _days(node: yaml.Scalar, report: Report) -> ast.Days | ast.Broken:
    return yaml.part("days", ast.Days, node, report) or ast.Broken(span=node.span)


def _group(name: ast.Ident, node: yaml.Tree, report: Report) -> ast.Group | None:
    if isinstance(node, yaml.Scalar) and node.value is None:
        return ast.Group(name, span=name.span)
    if not isinstance(node, yaml.Mapping):
        report.add("bad-value", f"group `{name.text}` must hold keys", name.span, help="write `{title: ...}`")
        return None
    fields = Fields(node, f"group `{name.text}`", GROUP_KEYS, report)
    return ast.Group(
        name,
        title=fields.text("title"),
        owner=fields.text("owner"),
        about=fields.text("about"),
        exclusive=fields.truth("exclusive"),
        complete=fields.truth("complete"),
        span=name.span.to(node.span),
    )


def _segment(name: ast.Ident, node: yaml.Tree, report: Report) -> ast.Segment | None:
    if not isinstance(node, yaml.Mapping):
        report.add("bad-value", f"segment `{name.text}` must hold keys", name.span, help="write `{when: ...}`")
        return None
    fields = Fields(node, f"segment `{name.text}`", SEGMENT_KEYS, report)
    priority = fields.number("priority")
    if isinstance(priority, ast.Negative):
        report.add("bad-value", "a priority is a whole number from 0 on", priority.span)
        priority = None
    when = node.entries.get("when")
    otherwise = fields.truth("otherwise")
    if (when is None) == (not otherwise):
        fault, help = ("does not say who is in it", "add `when:`") if when is None else ("has both", "keep one of them")
        message = f"segment `{name.text}` {fault}" + ("" if when is None else " `when` and `otherwise`")
        report.add("missing-condition", message, name.span, help=help)
    return ast.Segment(
        name,
        title=fields.text("title"),
        entity=fields.name("entity"),
        group=fields.name("group"),
        priority=priority,
        owner=fields.text("owner"),
        about=fields.text("about"),
        when=None if when is None else _condition(when[1], report, inner=False),
        otherwise=otherwise,
        expects=tuple(_promises(node, fields.what, report)),
        review=_part("rhythm", ast.Review, fields.scalar("review"), report),
        active=_part("stretch", ast.Dates, fields.scalar("active"), report),
        span=name.span.to(node.span),
    )


def _part(rule: str, kind: type[N], node: yaml.Scalar | None, report: Report) -> N | None:
    return None if node is None else yaml.part(rule, kind, node, report)


def _promises(node: yaml.Mapping, what: str, report: Report) -> Iterator[ast.Promise]:
    """One text, or a list of them."""
    if "expect" not in node.entries:
        return
    name, value = node.entries["expect"]
    items = value.items if isinstance(value, yaml.Sequence) else ()
    for item in items or (value,):
        if not isinstance(item, yaml.Scalar) or item.value is None or not item.text.strip():
            help = "write `expect: 100 to 500 customers`, or a list of such texts"
            report.add("bad-value", f"`expect` of {what} holds promises", name.span, help=help)
            continue
        found = yaml.part("promise", ast.Node, item, report)
        if isinstance(found, ast.Promise):
            yield found


def _condition(node: yaml.Tree, report: Report, *, inner: bool) -> ast.Expr:
    """A condition: a text, or `all`, `any` or `not` over conditions. What is `inner` stands in parentheses."""
    match node:
        case yaml.Scalar():
            if node.value is None:
                report.add("bad-value", "a condition is missing here", node.span)
                return ast.Broken(span=node.span)
            found = yaml.expression(node, report)
        case yaml.Mapping():
            found = _junction(node, report)
        case _:
            report.add(
                "bad-value", "a list needs to say how its conditions combine", node.span, help="write `all:` or `any:`"
            )
            return ast.Broken(span=node.span)
    return ast.Paren(found, span=found.span) if inner and isinstance(found, ast.And | ast.Or) else found


def _junction(node: yaml.Mapping, report: Report) -> ast.Expr:
    entries = list(node.entries.values())
    if len(entries) != 1 or entries[0][0].text not in JUNCTIONS:
        report.add("bad-value", "conditions combine under one of `all`, `any` and `not`", node.span)
        return ast.Broken(span=node.span)
    ((word, value),) = entries
    span = word.span.to(value.span)
    if word.text == "not":
        operand = _condition(value, report, inner=True)
        match operand:
            case ast.InSegment(negated=False):
                return ast.InSegment(operand.segment, negated=True, span=span)
            case ast.AssignedTo(negated=False):
                return ast.AssignedTo(operand.segment, negated=True, span=span)
        return ast.Not(operand, span=span)
    if not isinstance(value, yaml.Sequence) or not value.items:
        report.add("bad-value", f"`{word.text}` must hold a list of conditions", word.span)
        return ast.Broken(span=span)
    terms = tuple(_condition(item, report, inner=True) for item in value.items)
    if len(terms) == 1:
        return terms[0]
    return ast.And(terms, span=span) if word.text == "all" else ast.Or(terms, span=span)
