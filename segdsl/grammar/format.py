"""The tree as written to text in the one canonical layout, comments kept.

`parse(format(m)) == m`, and formatting twice changes nothing more. Of a module that was read with errors parts are
missing, so it has no layout: check the report first.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate, zip_longest
from typing import assert_never

from segdsl.grammar import ast
from segdsl.grammar.parse import clause_words, name_pattern

WIDTH = 88

# Words that begin a condition: as names they need backticks.
_STARTERS = frozenset(("assigned", "every", "everyone", "false", "has", "in", "no", "not", "true"))
# Words that a window begins with: as names of occasions they need backticks.
_WINDOW_STARTERS = frozenset(("last", "next", "this", "today", "yesterday"))
_ESCAPED = re.compile('["\\\\\x00-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]')
_ENDS_IN_DAYS = re.compile(r"(?:\A|[ (-])days\Z")
_SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


@dataclass(slots=True)
class _Line:
    """A line of the layout. `start` and `end` are where what it says stood in the source: comments go by them."""

    text: str
    start: int
    end: int
    comment: str = ""

    @property
    def indent(self) -> str:
        return self.text[: len(self.text) - len(self.text.lstrip(" "))]


def format(module: ast.Module) -> str:
    """The canonical text of a module, with the comments that it was read with."""
    comments = deque(module.comments)
    blocks: list[tuple[ast.Definition | None, list[_Line]]] = []
    for definition, later in zip_longest(module.definitions, module.definitions[1:]):
        mine: list[ast.Comment] = []
        while comments and (later is None or comments[0].span.start < later.span.start):
            mine.append(comments.popleft())
        trailing = _dangling(mine, definition)
        comments.extendleft(reversed(trailing))
        blocks.append((definition, _with_comments(_definition(definition), mine[: len(mine) - len(trailing)])))
    if comments:
        blocks.append((None, [_Line(comment.text, comment.span.start, comment.span.end) for comment in comments]))
    return "".join(_joined(blocks))


def _dangling(comments: Sequence[ast.Comment], definition: ast.Definition) -> list[ast.Comment]:
    """The comments at the end that belong to what follows: not indented, on lines of their own."""
    found: list[ast.Comment] = []
    for comment in reversed(comments):
        column = comment.span.source.position(comment.span.start).column
        if not comment.own_line or column > 1 or comment.span.start < definition.span.end:
            break
        found.append(comment)
    return found[::-1]


def _joined(blocks: Sequence[tuple[ast.Definition | None, list[_Line]]]) -> Iterator[str]:
    """Blocks with a blank line between them; values that follow each other stay together."""
    before: ast.Definition | None = None
    for index, (definition, lines) in enumerate(blocks):
        together = isinstance(definition, ast.Let | ast.Metric | ast.Occasion) and type(definition) is type(before)
        if index and not (together and not lines[0].text.startswith("#")):
            yield "\n"
        for line in lines:
            yield f"{line.text}  {line.comment}\n" if line.comment else f"{line.text}\n"
        before = definition


def _with_comments(lines: list[_Line], comments: Sequence[ast.Comment]) -> list[_Line]:
    """The lines with comments between them.

    A comment on a line of its own stays before what it preceded. Of those inside of what is now one line, one at its
    end stays there and the others go before it.
    """
    # Clauses may have changed places, so the starts need not ascend; what is left of them does.
    least = list(accumulate((line.start for line in reversed(lines)), min))[::-1]
    before: list[list[str]] = [[] for _ in range(len(lines) + 1)]
    inside: list[list[ast.Comment]] = [[] for _ in lines]
    for comment in comments:
        at = comment.span.start
        place = bisect_right(least, at) - 1
        if place < 0 or (comment.own_line and at >= lines[place].end):
            before[place + 1].append(comment.text)
        else:
            inside[place].append(comment)
    laid_out: list[_Line] = []
    for line, above, within in zip(lines, before, inside, strict=False):
        if within and not within[-1].own_line:
            line.comment = within.pop().text
        above += [comment.text for comment in within]
        laid_out += [_Line(line.indent + text, line.start, line.start) for text in above]
        laid_out.append(line)
    return laid_out + [_Line(f"  {text}", lines[-1].end, lines[-1].end) for text in before[-1]]


def _definition(node: ast.Definition) -> list[_Line]:
    start, end = node.span.start, node.span.end
    match node:
        case ast.Let():
            return [_Line(f"let {name(node.name)} = {expression(node.value)}", start, end)]
        case ast.Metric():
            title = f" {expression(node.title)}" if node.title else ""
            return [_Line(f"metric {name(node.name)}{title} = {expression(node.value)}", start, end)]
        case ast.Occasion():
            title = f" {expression(node.title)}" if node.title else ""
            return [_Line(f"occasion {name(node.name)}{title} = {days(node.days)}", start, end)]
        case ast.Group():
            head = _head(f"group {name(node.name)}{_title(node)}", node, node.name, node.title)
            words = [word for word in ("exclusive", "complete") if getattr(node, word)]
            return [head, *(_word(word, node, head.end) for word in words), *_prose(node)]
        case ast.Segment():
            group = f" in {name(node.group)}" if node.group else ""
            priority = f" priority {expression(node.priority)}" if node.priority else ""
            text = f"segment {name(node.name)}{_title(node)}{group}{priority}"
            lines = [_head(text, node, node.name, node.title, node.group, node.priority), *_prose(node)]
            if node.when is not None:
                start = _word("when", node, lines[0].end).start
                lines += _when(node.when, min(start, node.when.span.start))
            if node.otherwise:
                lines.append(_word("otherwise", node, lines[0].end))
            return lines
        case _:
            assert_never(node)


def _head(text: str, node: ast.Definition, *parts: ast.Node | None) -> _Line:
    return _Line(text, node.span.start, max(part.span.end for part in parts if part is not None))


def _word(word: str, node: ast.Definition, after: int) -> _Line:
    """The line of a clause that is one word: the tree does not say where it stood."""
    place = clause_words(node.span.source, after, node.span.end).get(word)
    return _Line(f"  {word}", place.start if place else after, place.end if place else after)


def _title(node: ast.Segment | ast.Group) -> str:
    return f" {expression(node.title)}" if node.title else ""


def _prose(node: ast.Segment | ast.Group) -> list[_Line]:
    clauses = (("owner", node.owner), ("about", node.about))
    return [
        _Line(f"  {word} {expression(text)}", text.span.start, text.span.end)
        for word, text in clauses
        if text is not None
    ]


def _when(node: ast.Expr, start: int) -> list[_Line]:
    """The condition on one line when it fits, else a line for each term; its word began at `start`."""
    whole = f"  when {expression(node)}"
    if len(whole) <= WIDTH or not isinstance(node, ast.And | ast.Or):
        return [_Line(whole, start, node.span.end)]
    lines = _terms("  when ", node, 3)
    lines[0].start = start
    return lines


def _terms(opening: str, node: ast.And | ast.Or, indent: int) -> list[_Line]:
    word = "and" if isinstance(node, ast.And) else "or"
    lines: list[_Line] = []
    for index, term in enumerate(node.terms):
        lead = f"{' ' * indent}{word} " if index else opening
        text = expression(term)
        if len(lead) + len(text) > WIDTH and isinstance(term, ast.Paren) and isinstance(term.inner, ast.And | ast.Or):
            inner = _terms(f"{lead}(", term.inner, indent + 4)
            inner[-1].text += ")"
            inner[-1].end = term.span.end
            lines += inner
        else:
            lines.append(_Line(lead + text, term.span.start, term.span.end))
    return lines


def name(node: ast.Ident) -> str:
    """A name as it is written, in backticks when it needs them."""
    if node.text not in _STARTERS and name_pattern().fullmatch(node.text):
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
        case ast.DaysBetween(start, end):
            return f"days between {expression(start)} and {expression(end)}"
        case ast.Paren(inner):
            return f"({expression(inner)})"
        case ast.Broken():
            return node.span.text
        case _:
            return _condition(node)


def _before(node: ast.Expr, following: str) -> str:
    """A value as it is written before `following`: a name `days` must not be read as `days between`."""
    text = expression(node)
    if following.lstrip().startswith("between ") and _ENDS_IN_DAYS.search(text):
        return f"{text.removesuffix('days')}`days`"
    return text


def _number(value: Decimal) -> str:
    whole, point, fraction = f"{value:f}".partition(".")
    return f"{int(whole):_}{point}{fraction}"


def _call(node: ast.Call) -> str:
    function = "count distinct" if node.function.text == "count distinct" else name(node.function)
    rows = _rows(node)
    return f"{function}({_before(node.target, rows)}{rows})"


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
            return f"{_before(value, 'between ')} between {expression(low)} and {expression(high)}"
        case ast.InList(value, options, negated):
            listed = ", ".join(expression(option) for option in options)
            return f"{expression(value)} {'not ' if negated else ''}in ({listed})"
        case ast.Known(value, negated):
            return f"{expression(value)} is {'missing' if negated else 'known'}"
        case ast.TextTest(value, kind, pattern, ignoring_case):
            test = "=" if kind == "equals" else kind
            return f"{expression(value)} {test} {expression(pattern)}{' ignoring case' if ignoring_case else ''}"
        case ast.InWindow(value, span, negated):
            return f"{_before(value, window(span))} {'not ' if negated else ''}{window(span)}"
        case ast.Anniversary(value, span, negated):
            return f"anniversary of {_before(value, window(span))} {'not ' if negated else ''}{window(span)}"
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
        case ast.During(occasion):
            return f"in {f'`{occasion.text}`' if occasion.text in _WINDOW_STARTERS else name(occasion)}"
        case _:
            assert_never(node)


def days(node: ast.Days | ast.Broken) -> str:
    """The days of an occasion as they are written."""
    return node.span.text if isinstance(node, ast.Broken) else ", ".join(_part(part) for part in node.parts)


def _part(node: ast.Dates | ast.EveryYear) -> str:
    match node:
        case ast.Dates(ast.Date(start), ast.Date(end)):
            return f"{start}" if start == end else f"{start} to {end}"
        case ast.EveryYear(ast.MonthDay(month, day), ast.MonthDay() as last):
            first = f"every year {month:02}-{day:02}"
            return first if node.start == last else f"{first} to {last.month:02}-{last.day:02}"
        case _:
            return node.span.text


def _units(count: int, unit: str, kind: str = "") -> str:
    return f"{_number(Decimal(count))} {kind}{unit}{'' if count == 1 else 's'}"
