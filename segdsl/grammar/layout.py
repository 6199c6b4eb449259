"""Comments and the lines of a layout: what either spelling needs to keep every comment where it was.

In: a module and, for each of its definitions, the lines that say it. Out: blocks in the order of the source. Promised:
each comment of the module is in exactly one block.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from segdsl.grammar import ast
from segdsl.grammar.parse import clause_words
from segdsl.source import Span

_BLANK_LINE = re.compile(r"\s*?\n[^\S\n]*\n")


@dataclass(slots=True)
class Line:
    """A line of the layout. `start` and `end` are where what it says stood in the source: comments go by them."""

    text: str
    start: int
    end: int
    comment: str = ""

    @property
    def indent(self) -> str:
        return self.text[: len(self.text) - len(self.text.lstrip(" "))]

    def __str__(self) -> str:
        return f"{self.text}  {self.comment}\n" if self.comment else f"{self.text}\n"


@dataclass(frozen=True, slots=True)
class Block:
    """A definition laid out, and the comments above it; the last block of a file may hold comments alone."""

    above: list[ast.Comment]
    definition: ast.Definition | None
    lines: list[Line]

    def goes_on_from(self, before: ast.Definition | None) -> bool:
        """Whether no blank line is needed: values that follow each other stay together."""
        is_commented = self.above or self.lines[0].text.lstrip().startswith("#")
        is_value = isinstance(self.definition, ast.Let | ast.Metric | ast.Score | ast.Place | ast.Occasion)
        return is_value and type(self.definition) is type(before) and not is_commented


def line(text: str, span: Span) -> Line:
    """A line for what stands at `span`."""
    home = span.home
    return Line(text, home.start, home.end)


def word(text: str, opening: str, node: ast.Definition, after: int) -> Line:
    """The line of a clause that begins with the word `opening`: the tree does not say where it stood."""
    place = clause_words(node.span.source, after, node.span.end).get(opening)
    return Line(text, place.start if place else after, place.end if place else after)


def blocks(module: ast.Module, lines: Callable[[ast.Definition], list[Line]]) -> Iterator[Block]:
    """The definitions as `lines` lays them out, with their comments."""
    comments = deque(module.comments)
    for definition, later in zip_longest(module.definitions, module.definitions[1:]):
        above = list(_taken(comments, definition.span.start))
        mine = list(_taken(comments, later.span.start if later else module.span.end + 1))
        following = _following(mine, definition)
        comments.extendleft(reversed(following))
        yield Block(above, definition, _with_comments(lines(definition), mine[: len(mine) - len(following)]))
    if comments:
        yield Block(list(comments), None, [])


def stands_apart(comment: ast.Comment) -> bool:
    """Whether a blank line follows."""
    return _BLANK_LINE.match(comment.span.source.text, comment.span.end) is not None


def comment_lines(comments: Sequence[ast.Comment], indent: str = "") -> Iterator[str]:
    """Comments on lines of their own, with the blank lines that were between them and what follows."""
    for comment in comments:
        yield f"{indent}{comment.text}\n"
        if stands_apart(comment):
            yield "\n"


def _taken(comments: deque[ast.Comment], until: int) -> Iterator[ast.Comment]:
    while comments and comments[0].span.start < until:
        yield comments.popleft()


def _following(comments: Sequence[ast.Comment], definition: ast.Definition) -> list[ast.Comment]:
    """The comments at the end that belong to what follows: on later lines, and not indented below the definition."""
    position = definition.span.source.position
    column, last_line = position(definition.span.start).column, position(definition.span.end).line
    found: list[ast.Comment] = []
    for comment in reversed(comments):
        at = position(comment.span.start)
        # Behind something on a later line: that is the key of a section.
        is_later = comment.span.start >= definition.span.end and at.line > last_line
        if not is_later or (comment.own_line and at.column > column):
            break
        found.append(comment)
    return found[::-1]


def _with_comments(lines: list[Line], comments: Sequence[ast.Comment]) -> list[Line]:
    """The lines with comments between them.

    A comment on a line of its own stays before what it preceded. Of those inside of what is now one line, one at its
    end stays there and the others go before it.
    """
    # Clauses may have changed places: what a comment preceded is found in the order of the source.
    order = sorted(range(len(lines)), key=lambda index: lines[index].start)
    starts = [lines[index].start for index in order]
    before: list[list[str]] = [[] for _ in range(len(lines) + 1)]
    inside: list[list[ast.Comment]] = [[] for _ in lines]
    for comment in comments:
        at = comment.span.start
        next_ = bisect_right(starts, at)
        if not next_ or (comment.own_line and at >= lines[order[next_ - 1]].end):
            before[order[next_] if next_ < len(order) else -1].append(comment.text)
        else:
            inside[order[next_ - 1]].append(comment)
    laid_out: list[Line] = []
    for line, above, within in zip(lines, before, inside, strict=False):
        if within and not within[-1].own_line:
            line.comment = within.pop().text
        above += [comment.text for comment in within]
        laid_out += [Line(line.indent + text, line.start, line.start) for text in above]
        laid_out.append(line)
    return laid_out + [Line(f"{lines[0].indent}  {text}", lines[-1].end, lines[-1].end) for text in before[-1]]
