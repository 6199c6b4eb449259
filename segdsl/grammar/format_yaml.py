"""The tree as written to YAML in the one canonical layout, comments kept.

`parse_definitions(format_yaml(m)) == m` up to the order of kinds, which is that of `SECTIONS`, for all that YAML can
say: its names differ within a kind, and its `let`s are constants. Formatting twice changes nothing more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import assert_never

from segdsl.grammar import ast
from segdsl.grammar.format import WIDTH, days, expression, points, promise, review
from segdsl.grammar.layout import Block, Line, blocks, comment_lines, line, stands_apart, word
from segdsl.grammar.yaml_definitions import CONSTANT_STARTS
from segdsl.source import Span

SECTIONS: dict[str, type[ast.Definition]] = {
    "lets": ast.Let,
    "places": ast.Place,
    "occasions": ast.Occasion,
    "metrics": ast.Metric,
    "scores": ast.Score,
    "channels": ast.Channel,
    "groups": ast.Group,
    "tiers": ast.Tiers,
    "splits": ast.Split,
    "segments": ast.Segment,
}
# Lists in lists beyond this are written as one text: YAML has a limit of its own.
DEEPEST_LIST = 12

# What makes a bare text end, or mean something else. https://yaml.org/spec/1.2.2/#733-plain-style
_SPECIAL = re.compile(r"""\A[\s,\[\]{}#&*!|>'"%@`]|\A[-?:](?:\s|\Z)|\A(?:---|\.\.\.)|:\s|:\Z|\s\#|\s\Z""")
_UNPRINTED = re.compile(
    "[^\x20-\x7e\xa0-\u200d\u2010-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
# What some reader of YAML, if not this one, takes for a number, a truth, a date or nothing.
_NO_TEXT = re.compile(
    r"(?:true|false|null|yes|no|on|off|[yn~=]|<<|[-+]?\.(?:inf|nan)|[-+.]*[0-9][-+.:_0-9a-fotxz ]*)?", re.IGNORECASE
)
_NOTHING = frozenset(("", "~", "null", "Null", "NULL"))
_SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def format_yaml(module: ast.Module) -> str:
    """The canonical YAML of a module, with the comments that it was read with."""
    found = list(blocks(module, _definition))
    parts: list[str] = []
    if found:
        # What is said at the top, and apart from the definition below, is said of the file.
        header = _until_last(found[0].above, stands_apart)
        parts += comment_lines(found[0].above[:header])
        found[0] = replace(found[0], above=found[0].above[header:])
    for section, kind in SECTIONS.items():
        mine = [block for block in found if isinstance(block.definition, kind)]
        if mine:
            parts += [*_section(section, mine), "\n"]
    parts += [text for block in found if block.definition is None for text in comment_lines(block.above)]
    text = "".join(parts).rstrip("\n")
    return f"{text}\n" if text else ""


def _section(name: str, found: Sequence[Block]) -> Iterator[str]:
    """One section. What is said above the first definition and apart from it is said above the section."""
    before: ast.Definition | None = None
    for index, block in enumerate(found):
        outside = 0
        if not index:
            outside = _until_last(block.above, lambda comment: stands_apart(comment) or _is_outside(comment, found[0]))
            yield from comment_lines(block.above[:outside])
            yield f"{name}:\n"
        elif not block.goes_on_from(before):
            yield "\n"
        yield from comment_lines(block.above[outside:], "  ")
        yield from map(str, block.lines)
        before = block.definition


def _until_last(comments: Sequence[ast.Comment], claim: Callable[[ast.Comment], bool]) -> int:
    """How many comments there are up to the last of which the claim is true."""
    return max((index for index, comment in enumerate(comments, 1) if claim(comment)), default=0)


def _is_outside(comment: ast.Comment, block: Block) -> bool:
    """Whether a comment stands left of the definition, or behind the name of its section."""
    assert block.definition is not None
    position = comment.span.source.position
    left = position(comment.span.start).column < position(block.definition.span.start).column
    return left or not comment.own_line


def _definition(node: ast.Definition) -> list[Line]:
    match node:
        case ast.Let():
            return [line(f"  {bare(node.name.text)}: {_constant(node.value)}", node.span)]
        case ast.Metric() | ast.Score():
            value = line(leaf(expression(node.value)), node.value.span)
            return _titled(node, node.title, "value", value, node.entity)
        case ast.Place():
            span = node.points[0].span.to(node.points[-1].span)
            return _titled(node, node.title, "points", line(leaf(points(node)), span))
        case ast.Channel():
            lines = [_head(node), *_texts(("title", node.title)), *_entity(node.entity)]
            head = lines[-1].end
            lines += _texts(("owner", node.owner), ("about", node.about))
            return lines + _when(node.when, word("    when:", "when", node, head))
        case ast.Tiers() | ast.Split():
            return _shorthand(node)
        case ast.Occasion():
            return _titled(node, node.title, "days", line(leaf(days(node.days)), node.days.span))
        case ast.Group():
            lines = [_head(node), *_texts(("title", node.title))]
            claims = [claim for claim in ("exclusive", "complete") if getattr(node, claim)]
            lines += [word(f"    {claim}: true", claim, node, lines[-1].end) for claim in claims]
            return lines + _texts(("owner", node.owner), ("about", node.about))
        case ast.Segment():
            return _segment(node)
        case _:
            assert_never(node)


def _titled(
    node: ast.Definition, title: ast.Text | None, key: str, value: Line, entity: ast.Ident | None = None
) -> list[Line]:
    """A value with its title and its entity under keys; without any it stands behind the name."""
    if title is None and entity is None:
        return [line(f"  {bare(node.name.text)}: {value.text}", node.span)]
    value.text = f"    {key}: {value.text}"
    return [_head(node), *_texts(("title", title)), *_entity(entity), value]


def _entity(node: ast.Ident | None) -> list[Line]:
    return [] if node is None else [line(f"    entity: {bare(node.text)}", node.span)]


def _shorthand(node: ast.Tiers | ast.Split) -> list[Line]:
    """Tiers or a split: what is measured or divided, then each part by its name."""
    lines = [_head(node), *_texts(("title", node.title)), *_entity(node.entity)]
    parts: list[tuple[ast.Tier | ast.Share, str, str]]
    if isinstance(node, ast.Tiers):
        lines.append(line(f"    by: {leaf(expression(node.value))}", node.value.span))
        parts = [(each, "bound", f"{each.op} {expression(each.bound)}") for each in node.tiers]
        lines.append(_key("    tiers:", lines, node.tiers[0].span))
    else:
        if node.segment is not None:
            lines.append(line(f"    of: {bare(node.segment.text)}", node.segment.span))
        parts = [(each, "share", f"{expression(each.percent)}%") for each in node.shares]
        lines.append(_key("    shares:", lines, node.shares[0].span))
    for part, key, text in parts:
        lines += _part(part, bare(part.name.text), key, leaf(text), "      ")
    if isinstance(node, ast.Tiers) and node.rest is not None:
        lines += _part(node.rest, "otherwise", "name", bare(node.rest.name.text), "    ")
    return lines + _texts(("owner", node.owner), ("about", node.about))


def _key(text: str, before: Sequence[Line], first: Span) -> Line:
    """A key over several lines, the first for what stands at `first`: where the key stood, if there was one."""
    home = first.home
    after = max((each.end for each in before if each.end <= home.start), default=home.start)
    place = home.source.text.rfind(text.strip(), after, home.start)
    return Line(text, home.start, home.start) if place < 0 else Line(text, place, place + len(text.strip()))


def _part(node: ast.Tier | ast.Share | ast.Rest, name: str, key: str, text: str, indent: str) -> list[Line]:
    if node.title is None:
        return [line(f"{indent}{name}: {text}", node.span)]
    home = node.span.home
    return [
        Line(f"{indent}{name}:", home.start, home.start),
        line(f"{indent}  title: {bare(node.title.value)}", node.title.span),
        Line(f"{indent}  {key}: {text}", node.title.span.home.end, home.end),
    ]


def _claims(node: ast.Segment, before: Sequence[Line]) -> list[Line]:
    """The promises of a segment, its review and when it is active."""
    lines = [line(f"    expect: {leaf(promise(each))}", each.span) for each in node.expects]
    if len(lines) > 1:
        for each, said in zip(lines, node.expects, strict=True):
            each.text = f"      - {leaf(promise(said))}"
        lines.insert(0, _key("    expect:", before, node.expects[0].span))
    if node.review is not None:
        lines.append(line(f"    review: {leaf(review(node.review))}", node.review.span))
    if node.active is not None:
        days_ = f"from {expression(node.active.start)} to {expression(node.active.end)}"
        lines.append(line(f"    active: {leaf(days_)}", node.active.span))
    return lines


def _segment(node: ast.Segment) -> list[Line]:
    lines = [_head(node), *_texts(("title", node.title)), *_entity(node.entity)]
    if node.group is not None:
        lines.append(line(f"    group: {bare(node.group.text)}", node.group.span))
    if node.priority is not None:
        lines.append(line(f"    priority: {node.priority.value:f}", node.priority.span))
    head = lines[-1].end
    lines += _texts(("owner", node.owner), ("about", node.about))
    if node.when is not None:
        lines += _when(node.when, word("    when:", "when", node, head))
    if node.otherwise:
        lines.append(word("    otherwise: true", "otherwise", node, head))
    return lines + _claims(node, lines)


def _head(node: ast.Definition) -> Line:
    return Line(f"  {bare(node.name.text)}:", node.span.start, node.name.span.end)


def _texts(*clauses: tuple[str, ast.Text | None]) -> list[Line]:
    return [line(f"    {key}: {bare(text.value)}", text.span) for key, text in clauses if text is not None]


def _when(node: ast.Expr, opening: Line) -> list[Line]:
    """The condition as one text when it fits, else as a list."""
    home = node.span.home
    opening.start = min(opening.start, home.start)
    whole = f"{opening.text} {leaf(expression(node))}"
    if len(whole) <= WIDTH or not isinstance(node, ast.And | ast.Or):
        return [Line(whole, opening.start, home.end)]
    return [opening, *_indented(_list(node, 1), "      ")]


def _list(node: ast.And | ast.Or, depth: int) -> list[Line]:
    """`all:` or `any:` and the terms; those in parentheses are lists of their own."""
    start = node.span.home.start
    lines = [Line("all:" if isinstance(node, ast.And) else "any:", start, start)]
    for term in node.terms:
        if isinstance(term, ast.Paren) and isinstance(term.inner, ast.And | ast.Or) and depth < DEEPEST_LIST:
            inner = _list(term.inner, depth + 1)
            inner[0].start = term.span.home.start
        else:
            inner = [line(leaf(expression(term)), term.span)]
        lines += _indented(inner, "    ", first="  - ")
    return lines


def _indented(lines: Sequence[Line], indent: str, *, first: str | None = None) -> Sequence[Line]:
    for index, each in enumerate(lines):
        each.text = (indent if index or first is None else first) + each.text
    return lines


def _constant(node: ast.Expr) -> str:
    if isinstance(node, ast.Text) and node.value and not node.value.startswith(CONSTANT_STARTS):
        return bare(node.value)
    return leaf(expression(node))


def bare(text: str) -> str:
    """A text as a scalar, without quotes where nobody takes it for anything else."""
    return quoted(text) if _NO_TEXT.fullmatch(text) or _is_special(text) else text


def leaf(text: str) -> str:
    """A condition or a value as a scalar, without quotes where it is read as it is."""
    return quoted(text) if text in _NOTHING or _is_special(text) else text


def _is_special(text: str) -> bool:
    return _SPECIAL.search(text) is not None or _UNPRINTED.search(text) is not None


def quoted(text: str) -> str:
    """A text in quotes: in single ones where nothing needs an escape then, so that it is read as it is."""
    escaped = "".join(_SHORT_ESCAPES.get(char) or _printed(char) for char in text)
    return f"'{text}'" if "\\" in escaped and "'" not in text and not _UNPRINTED.search(text) else f'"{escaped}"'


def _printed(char: str) -> str:
    if not _UNPRINTED.match(char):
        return char
    code = ord(char)
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"
