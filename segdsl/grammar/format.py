"""The tree as written to text in the one canonical layout, comments kept.

`parse(format(m)) == m`, and formatting twice changes nothing more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import assert_never

from segdsl.grammar import ast

WIDTH = 88

# Words that begin a condition: as names they need backticks.
_STARTERS = frozenset(("assigned", "every", "everyone", "false", "has", "in", "no", "not", "true"))
_PLAIN_NAME = re.compile(
    r"[^\x00-\x20!-/0-9:-@\[-^`{-\xa9«»\u2000-\u200b\u200e-\u206f\u3000-\u3003\u3008-\u301f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]"
    r"[^\x00-\x20!-/:-@\[-^`{-\xa9«»\u2000-\u200b\u200e-\u206f\u3000-\u3003\u3008-\u301f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]*"
)
_ESCAPED = re.compile('["\\\\\x00-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]')
_SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


@dataclass(slots=True)
class _Line:
    """A line of the layout. `start` is where what it says began in the source: comments go by it."""

    text: str
    start: int
    comment: str = ""


def format(module: ast.Module) -> str:
    """The canonical text of a module, with the comments that it was read with."""
    comments = list(module.comments)
    blocks: list[tuple[ast.Definition | None, list[_Line]]] = []
    for index, definition in enumerate(module.definitions):
        later = module.definitions[index + 1 : index + 2]
        end = later[0].span.start if later else None
        mine = [comment for comment in comments if end is None or comment.span.start < end]
        comments = comments[len(mine) :]
        trailing = _dangling(mine, definition)
        comments = trailing + comments
        blocks.append((definition, _with_comments(_definition(definition), mine[: len(mine) - len(trailing)])))
    if comments:
        blocks.append((None, [_Line(comment.text, comment.span.start) for comment in comments]))
    return "".join(_joined(blocks))


def _dangling(comments: Sequence[ast.Comment], definition: ast.Definition) -> list[ast.Comment]:
    """The comments at the end that belong to what follows: not indented, on lines of their own."""
    found: list[ast.Comment] = []
    for comment in reversed(comments):
        column = comment.span.source.position(comment.span.start).column
        if not comment.own_line or column > 1 or comment.span.start < definition.span.end:
            break
        found.insert(0, comment)
    return found


def _joined(blocks: Sequence[tuple[ast.Definition | None, list[_Line]]]) -> Iterator[str]:
    """Blocks with a blank line between them; values that follow each other stay together."""
    before: ast.Definition | None = None
    for index, (definition, lines) in enumerate(blocks):
        together = isinstance(definition, ast.Let | ast.Metric) and type(definition) is type(before)
        if index and not (together and not lines[0].text.startswith("#")):
            yield "\n"
        for line in lines:
            yield f"{line.text}  {line.comment}\n" if line.comment else f"{line.text}\n"
        before = definition


def _with_comments(lines: list[_Line], comments: Sequence[ast.Comment]) -> list[_Line]:
    for comment in comments:
        at = comment.span.start
        if comment.own_line:
            place = next((index for index, line in enumerate(lines) if line.start > at), len(lines))
            indent = re.match(" *", lines[place].text if place < len(lines) else "  ")
            lines.insert(place, _Line((indent[0] if indent else "") + comment.text, at))
            continue
        place = max((index for index, line in enumerate(lines) if line.start <= at), default=0)
        line = lines[place]
        if line.comment or line.text.lstrip().startswith("#"):
            indent = re.match(" *", line.text)
            lines.insert(place, _Line((indent[0] if indent else "") + line.comment, line.start))
        line.comment = comment.text
    return lines


def _definition(node: ast.Definition) -> list[_Line]:
    start = node.span.start
    match node:
        case ast.Let():
            return [_Line(f"let {name(node.name)} = {expression(node.value)}", start)]
        case ast.Metric():
            title = f" {expression(node.title)}" if node.title else ""
            return [_Line(f"metric {name(node.name)}{title} = {expression(node.value)}", start)]
        case ast.Group():
            lines = [_Line(f"group {name(node.name)}{_title(node)}", start)]
            words = [word for word in ("exclusive", "complete") if getattr(node, word)]
            return [*lines, *(_Line(f"  {word}", start) for word in words), *_prose(node)]
        case ast.Segment():
            group = f" in {name(node.group)}" if node.group else ""
            priority = f" priority {expression(node.priority)}" if node.priority else ""
            lines = [_Line(f"segment {name(node.name)}{_title(node)}{group}{priority}", start), *_prose(node)]
            if node.when is not None:
                lines += _when(node.when)
            if node.otherwise:
                lines.append(_Line("  otherwise", node.span.end))
            return lines
        case _:
            assert_never(node)


def _title(node: ast.Segment | ast.Group) -> str:
    return f" {expression(node.title)}" if node.title else ""


def _prose(node: ast.Segment | ast.Group) -> list[_Line]:
    clauses = (("owner", node.owner), ("about", node.about))
    return [_Line(f"  {word} {expression(text)}", text.span.start) for word, text in clauses if text is not None]


def _when(node: ast.Expr) -> list[_Line]:
    """The condition on one line when it fits, else a line for each term."""
    whole = f"  when {expression(node)}"
    if len(whole) <= WIDTH or not isinstance(node, ast.And | ast.Or):
        return [_Line(whole, node.span.start)]
    return _terms("  when ", node, 3)


def _terms(opening: str, node: ast.And | ast.Or, indent: int) -> list[_Line]:
    word = "and" if isinstance(node, ast.And) else "or"
    lines: list[_Line] = []
    for index, term in enumerate(node.terms):
        lead = f"{' ' * indent}{word} " if index else opening
        text = expression(term)
        if len(lead) + len(text) > WIDTH and isinstance(term, ast.Paren) and isinstance(term.inner, ast.And | ast.Or):
            inner = _terms(f"{lead}(", term.inner, indent + 4)
            inner[-1].text += ")"
            lines += inner
        else:
            lines.append(_Line(lead + text, term.span.start))
    return lines


def name(node: ast.Ident) -> str:
    """A name as it is written, in backticks when it needs them."""
    if node.text not in _STARTERS and _PLAIN_NAME.fullmatch(node.text):
        return node.text
    return "`" + node.text.replace("`", "``") + "`"


def quoted(text: str) -> str:
    """A text as it is written, in quotes."""
    return '"' + _ESCAPED.sub(lambda m: _SHORT_ESCAPES.get(m[0], f"\\u{{{ord(m[0]):X}}}"), text) + '"'


def expression(node: ast.Expr) -> str:
    """A condition or a value on one line."""
    match node:
        case ast.Name(parts):
            return ".".join(name(part) for part in parts)
        case ast.Text(value):
            return quoted(value)
        case ast.Number(value):
            return _number(value)
        case ast.Truth(truth):
            return "true" if truth else "false"
        case ast.Date(day):
            return day.isoformat()
        case ast.Moment(moment):
            return re.sub(r"(T\d\d:\d\d):00(?![.\d])", r"\1", moment.isoformat()).replace("+00:00", "Z")
        case ast.Negative(operand):
            return f"-{expression(operand)}"
        case ast.Arithmetic(left, op, right):
            return f"{expression(left)} {op} {expression(right)}"
        case ast.Call():
            return _call(node)
        case ast.Paren(inner):
            return f"({expression(inner)})"
        case ast.Broken():
            return node.span.text
        case _:
            return _condition(node)


def _number(value: Decimal) -> str:
    whole, point, fraction = f"{value:f}".partition(".")
    return f"{int(whole):_}{point}{fraction}"


def _call(node: ast.Call) -> str:
    function = "count distinct" if node.function.text == "count distinct" else name(node.function)
    return f"{function}({expression(node.target)}{_rows(node)})"


def _rows(node: ast.Call | ast.Has | ast.Every) -> str:
    via = f" via {expression(node.via)}" if node.via else ""
    where = f" where {expression(node.where)}" if node.where else ""
    span = f" {window(node.window)}" if node.window else ""
    return via + where + span


def _condition(node: ast.Condition) -> str:
    match node:
        case ast.And(terms):
            return " and ".join(expression(term) for term in terms)
        case ast.Or(terms):
            return " or ".join(expression(term) for term in terms)
        case ast.Not(operand):
            return f"not {expression(operand)}"
        case ast.Compare(left, op, right):
            return f"{expression(left)} {op} {expression(right)}"
        case ast.Between(value, low, high):
            return f"{expression(value)} between {expression(low)} and {expression(high)}"
        case ast.InList(value, options, negated):
            listed = ", ".join(expression(option) for option in options)
            return f"{expression(value)} {'not ' if negated else ''}in ({listed})"
        case ast.Known(value, negated):
            return f"{expression(value)} is {'missing' if negated else 'known'}"
        case ast.TextTest(value, kind, pattern, ignoring_case):
            test = "=" if kind == "equals" else kind
            return f"{expression(value)} {test} {expression(pattern)}{' ignoring case' if ignoring_case else ''}"
        case ast.InWindow(value, span, negated):
            return f"{expression(value)} {'not ' if negated else ''}{window(span)}"
        case ast.Has():
            return f"{'no' if node.negated else 'has'} {expression(node.table)}{_rows(node)}"
        case ast.Every():
            return f"every {expression(node.table)}{_rows(node)} has {expression(node.condition)}"
        case ast.InSegment(segment, negated):
            return f"{'not ' if negated else ''}in segment {name(segment)}"
        case ast.AssignedTo(segment, negated):
            return f"{'not ' if negated else ''}assigned to {name(segment)}"
        case ast.Everyone():
            return "everyone"
        case _:
            assert_never(node)


def window(node: ast.Window) -> str:
    """A window as it is written, its opening word included."""
    match node:
        case ast.Last(count, unit, full):
            return f"in last {_units(count, unit, 'full ' if full else '')}"
        case ast.Next(count, unit):
            return f"in next {_units(count, unit)}"
        case ast.This("day"):
            return "in today"
        case ast.This(unit):
            return f"in this {unit}"
        case ast.Yesterday():
            return "in yesterday"
        case ast.BetweenAgo(far, near, unit):
            return f"between {_number(Decimal(far))} and {_units(near, unit)} ago"
        case ast.Ago(than, count, unit):
            return f"{than} than {_units(count, unit)} ago"
        case ast.FromTo(start, end):
            return f"from {expression(start)} to {expression(end)}"
        case _:
            assert_never(node)


def _units(count: int, unit: str, kind: str = "") -> str:
    return f"{_number(Decimal(count))} {kind}{unit}{'' if count == 1 else 's'}"
