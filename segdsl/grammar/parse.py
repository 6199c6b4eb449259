"""`.seg` text to the tree as written.

Total: any text gives a tree. What cannot be read becomes one diagnostic, and the definitions around it still come
out. Never recurses over the text, so depth and length cost time only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import pairwise

from lark import Lark, TextSlice, Token, Tree, UnexpectedInput

from segdsl.diagnostics import Report
from segdsl.grammar import ast
from segdsl.grammar.build import Builder
from segdsl.grammar.mistakes import explain
from segdsl.source import Source

MAX_DEPTH = 100

# Where a definition can be expected to begin: a broken one ends there.
_HEAD = re.compile(r"^[ \t]*(?:segment|group|let|metric)[ \t]+[^\s=(<>!+*/,.)]", re.MULTILINE)
# Texts, names in backticks and comments: what is inside of them is no syntax.
_OPAQUE = re.compile(r'"(?:[^"\\\n]|\\[^\n])*"?|`[^`\n]*`?|#[^\n]*')
_NESTING = re.compile(_OPAQUE.pattern + r"|[()]|(?:\bnot\s+){101,}|(?:-\s*){101,}")
_HIDDEN = re.compile("[\x00\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def parse(source: Source, report: Report) -> ast.Module:
    """The definitions of a file. Findings go to `report`."""
    whole = source.span(0, len(source.text))
    comments = tuple(_comments(source))
    if hides(source, 0, len(source.text), report):
        return ast.Module((), comments, span=whole)
    try:
        pieces = [(0, len(source.text))]
        if not _nested_too_deep(source, *pieces[0], None):
            return ast.Module(_built(_tree("start", source, *pieces[0]), source, report), comments, span=whole)
    except UnexpectedInput:
        pass
    starts = [match.start() for match in _HEAD.finditer(source.text)]
    definitions: list[ast.Definition] = []
    for start, end in pairwise([0, *starts, len(source.text)]):
        if _nested_too_deep(source, start, end, report):
            continue
        try:
            definitions.extend(_built(_tree("start", source, start, end), source, report))
        except UnexpectedInput as error:
            explain(error, source, start, end, report)
    return ast.Module(tuple(definitions), comments, span=whole)


def parse_expression(source: Source, start: int, end: int, report: Report) -> ast.Expr:
    """The one condition or value that stands from `start` to `end` of a file; `ast.Broken` when it cannot be read."""
    broken = ast.Broken(span=source.span(start, end))
    if hides(source, start, end, report) or _nested_too_deep(source, start, end, report):
        return broken
    try:
        node: ast.Expr = Builder(source, report).transform(_tree("condition", source, start, end))
    except UnexpectedInput as error:
        explain(error, source, start, end, report)
        return broken
    return node if _is_shallow(node, report) else broken


def _tree(rule: str, source: Source, start: int, end: int) -> Tree[Token]:
    return _lark().parse(TextSlice(source.text, start, end), start=rule)


def _built(tree: Tree[Token], source: Source, report: Report) -> tuple[ast.Definition, ...]:
    definitions: list[ast.Definition] = Builder(source, report).transform(tree)
    return tuple(definition for definition in definitions if _is_shallow(definition, report))


@cache
def _lark() -> Lark:
    grammar = files("segdsl.grammar").joinpath("segment.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer="contextual", start=["start", "condition"], keep_all_tokens=True)


def _comments(source: Source) -> Iterator[ast.Comment]:
    for match in _OPAQUE.finditer(source.text):
        if match[0].startswith("#"):
            line_start = source.text.rfind("\n", 0, match.start()) + 1
            own_line = not source.text[line_start : match.start()].strip()
            yield ast.Comment(match[0].rstrip(), own_line, span=source.span(*match.span()))


def hides(source: Source, start: int, end: int, report: Report) -> bool:
    """Whether the text holds characters that hide or reverse it; says where the first one is."""
    match = _HIDDEN.search(source.text, start, end)
    if match is None:
        return False
    code = f"{ord(match[0]):04X}"
    report.add(
        "forbidden-character",
        f"the character U+{code} would make the text read differently from what it is",
        source.span(*match.span()),
        help=f"take it out, or write `\\u{{{code}}}` inside a text if it is meant",
    )
    return True


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
