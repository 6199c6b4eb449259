"""`.seg` text to the tree as written.

Total: any text gives a tree. What cannot be read becomes one diagnostic, and the definitions around it still come
out. Never recurses over the text, so depth and length cost time only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import islice, pairwise

from lark import Lark, TextSlice, Token, Tree, UnexpectedInput

from segdsl.diagnostics import Report
from segdsl.grammar import ast, tables
from segdsl.grammar.build import Builder, without_expression
from segdsl.grammar.mistakes import explain
from segdsl.source import Source, Span

MAX_DEPTH = 100
# Some 40,000 words are read in a second.
MAX_WORDS = 40_000
# So many hidden characters are pointed at in one file; more of them say nothing new.
MAX_HIDDEN = 20

# Where a definition can be expected to begin: a broken one ends there.
_HEAD = re.compile(
    r"^[ \t]*(?:segment|group|tiers|split|let|metric|score|place|occasion|channel)[ \t]+"
    r"(?:`[^`\n]+`|[^\s!-/:-@\[-^`{-~]+)",
    re.MULTILINE | re.IGNORECASE,
)
# Texts, names in backticks and comments: what is inside of them is no syntax.
_OPAQUE = re.compile(r'"(?:[^"\\\n]|\\[^\n])*"?|`[^`\n]*`?|#[^\n]*')
_WORD = re.compile(_OPAQUE.pattern + r"|\w+|[^\w\s]")
_CLAUSE = re.compile(
    _OPAQUE.pattern + r"|(?P<word>=|\b(?:owner|about|when|otherwise|exclusive|complete|expect|review|active)\b)"
)
_NESTING = re.compile(_OPAQUE.pattern + r"|[()]|(?:\bnot\s+){101,}|(?:-\s*){101,}")
_HIDDEN = re.compile("\r(?!\n)|[\x00\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def parse(source: Source, report: Report) -> ast.Module:
    """The definitions of a file. Findings go to `report`.

    Of a definition that cannot be read the head is kept, with `ast.Broken` inside, so that others can refer to it.
    """
    whole = source.span(0, len(source.text))
    comments = tuple(comments_in(source, 0, len(source.text)))
    hidden = hides(source, 0, len(source.text), report)
    starts = [match.start() for match in _HEAD.finditer(source.text)]
    ranges = list(pairwise([0, *starts, len(source.text)]))
    is_long = any(_is_too_long(source, start, end, None) for start, end in ranges)
    if not hidden and not is_long and not _nested_too_deep(source, 0, len(source.text), None):
        try:
            return ast.Module(_built(_tree("start", source, 0, len(source.text)), source, report), comments, span=whole)
        except UnexpectedInput:
            pass
    definitions: list[ast.Definition] = []
    for start, end in ranges:
        if hidden or _too_large(source, start, end, report):
            definitions.extend(_head(source, start, end))
            continue
        try:
            definitions.extend(_built(_tree("start", source, start, end), source, report))
        except UnexpectedInput as error:
            explain(error, source, start, end, report)
            definitions.extend(_head(source, start, end))
    return ast.Module(tuple(definitions), comments, span=whole)


def parse_expression(source: Source, start: int, end: int, report: Report) -> ast.Expr:
    """The one condition or value that stands from `start` to `end` of a file; `ast.Broken` when it cannot be read."""
    broken = ast.Broken(span=source.span(start, end))
    if hides(source, start, end, report) or _too_large(source, start, end, report):
        return broken
    try:
        node: ast.Expr = Builder(source, report).transform(_tree("condition", source, start, end))
    except UnexpectedInput as error:
        explain(error, source, start, end, report)
        return broken
    return node if _is_shallow(node, report) else broken


def parse_part(rule: str, source: Source, start: int, end: int, report: Report) -> ast.Node:
    """The part of a definition that stands from `start` to `end`, by its rule in `tables.PARTS`; a broken one is
    `ast.Broken`.

    The days of an occasion are `ast.Days`, and so on, as `Builder` makes them.
    """
    if not hides(source, start, end, report) and not _too_large(source, start, end, report):
        try:
            node: ast.Node = Builder(source, report).transform(_tree(rule, source, start, end))
            if _is_shallow(node, report):
                return node
        except UnexpectedInput as error:
            explain(error, source, start, end, report)
    return ast.Broken(span=source.span(start, end))


def _tree(rule: str, source: Source, start: int, end: int) -> Tree[Token]:
    return _lark().parse(TextSlice(source.text, start, end), start=rule)


def _built(tree: Tree[Token], source: Source, report: Report) -> tuple[ast.Definition, ...]:
    definitions: list[ast.Definition] = Builder(source, report).transform(tree)
    return tuple(each if _is_shallow(each, report) else without_expression(each) for each in definitions)


def _head(source: Source, start: int, end: int) -> Iterator[ast.Definition]:
    """What can be said of a definition whose text cannot be read: at best its head, at least its name."""
    match = _HEAD.match(source.text, start, end)
    if match is None:
        return
    clauses = clause_words(source, match.end(), end)
    for stop in (min((place.start for place in clauses.values()), default=end), match.end()):
        try:
            head: ast.Definition = Builder(source, Report()).transform(_tree("head", source, start, stop))
        except UnexpectedInput:
            continue
        if isinstance(head, ast.Group):
            head = replace(head, exclusive="exclusive" in clauses, complete="complete" in clauses)
        yield head
        return


def clause_words(source: Source, start: int, end: int) -> dict[str, Span]:
    """Where the words that open clauses, and `=`, first stand in a range, outside of texts and comments."""
    places: dict[str, Span] = {}
    for match in _CLAUSE.finditer(source.text, start, end):
        if match["word"]:
            places.setdefault(match["word"], source.span(*match.span()))
    return places


@cache
def _lark() -> Lark:
    return tables.parser()


@cache
def name_pattern() -> re.Pattern[str]:
    """What a name looks like that needs no backticks."""
    return re.compile(_lark().get_terminal("NAME").pattern.to_regexp())


def comments_in(source: Source, start: int, end: int) -> Iterator[ast.Comment]:
    """The comments in a range of text."""
    for match in _OPAQUE.finditer(source.text, start, end):
        if match[0].startswith("#"):
            line_start = source.text.rfind("\n", 0, match.start()) + 1
            own_line = not source.text[line_start : match.start()].strip()
            yield ast.Comment(match[0].rstrip(), own_line, span=source.span(*match.span()))


def hides(source: Source, start: int, end: int, report: Report) -> bool:
    """Whether the text holds characters that hide or reverse it; says where they are."""
    found = False
    for match in islice(_HIDDEN.finditer(source.text, start, end), MAX_HIDDEN):
        found = True
        code = f"{ord(match[0]):04X}"
        # NUL and half of a pair cannot be escaped, either: databases do not keep them. A lone return has no meaning.
        meant = (
            "" if match[0] in "\0\r" or "\ud800" <= match[0] <= "\udfff" else f", or write `\\u{{{code}}}` in a text"
        )
        report.add(
            "forbidden-character",
            f"the character U+{code} would make the text read differently from what it is",
            source.span(*match.span()),
            help=f"take it out{meant}",
        )
    return found


def _too_large(source: Source, start: int, end: int, report: Report) -> bool:
    return _nested_too_deep(source, start, end, report) or _is_too_long(source, start, end, report)


def _is_too_long(source: Source, start: int, end: int, report: Report | None) -> bool:
    """Whether one definition has more words than are read in a moment."""
    # No word is shorter than a character.
    if end - start <= MAX_WORDS:
        return False
    word = next(islice(_WORD.finditer(source.text, start, end), MAX_WORDS, None), None)
    if word is not None and report is not None:
        help = "split it, or put a long list into a CSV file and write `in list`"
        message = f"a definition has more than {MAX_WORDS:,} words and signs"
        report.add("too-large", message, source.span(*word.span()), label="this is one too many", help=help)
    return word is not None


def _nested_too_deep(source: Source, start: int, end: int, report: Report | None) -> bool:
    """Whether the text nests too deep, found without parsing it."""
    depth = 0
    for match in _NESTING.finditer(source.text, start, end):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if depth > MAX_DEPTH or match[0].startswith(("not", "-")):
            if report is not None:
                _report_depth(source, match.start(), report)
            return True
    return False


def _is_shallow(node: ast.Node, report: Report) -> bool:
    """Whether the tree is one that every later pass can walk; chains such as `a + a + a ...` nest it, too."""
    waiting = [(node, 0)]
    while waiting:
        each, depth = waiting.pop()
        if depth > MAX_DEPTH:
            _report_depth(each.span.source, each.span.start, report)
            return False
        waiting.extend((child, depth + 1) for child in ast.children(each))
    return True


def _report_depth(source: Source, at: int, report: Report) -> None:
    report.add(
        "too-deep",
        f"this nests more than {MAX_DEPTH} levels deep",
        source.span(at, at + 1),
        help="name a part of it with `metric`, or make it a segment of its own",
    )
