"""YAML text to a tree with positions, which stay exact into the scalars.

Only the plain part of YAML is read: mappings with text keys, sequences and scalars as YAML 1.2 reads them (`no` is a
text). Anchors, aliases, tags and repeated keys are refused. Total, and does not recurse.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TypeVar

import yaml

from segdsl.diagnostics import Label, Report
from segdsl.grammar import ast
from segdsl.grammar.parse import comments_in, hides, parse_expression, parse_part
from segdsl.source import Excerpt, Source, Span

MAX_DEPTH = 50
# PyYAML reads some 20,000 values a second.
MAX_VALUES = 20_000

_INTEGER = re.compile(r"[-+]?[0-9]+")
_DECIMAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Scalar(ast.Node):
    """`value` as YAML 1.2 reads it; `text` as it stands. The span is the content, without quotes."""

    value: str | int | Decimal | bool | None
    text: str


@dataclass(frozen=True, slots=True)
class Sequence(ast.Node):
    items: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Mapping(ast.Node):
    """Entries in their order; no key comes twice."""

    entries: dict[str, tuple[ast.Ident, Tree]]


Tree = Scalar | Sequence | Mapping
N = TypeVar("N", bound=ast.Node)


@dataclass(slots=True)
class _Open:
    """A mapping or sequence whose end is not reached yet; of a mapping, the key whose value comes next."""

    start: int
    is_mapping: bool
    entries: dict[str, tuple[ast.Ident, Tree]] = field(default_factory=dict)
    items: list[Tree] = field(default_factory=list)
    key: ast.Ident | None = None
    # Where its last key or item ended.
    end: int = 0


class _Refused(Exception):
    def __init__(self, message: str, span: Span, help: str = "", others: tuple[Label, ...] = ()) -> None:
        super().__init__(message)
        self.message, self.span, self.help, self.others = message, span, help, others


def read(source: Source, report: Report) -> Mapping:
    """The mapping that a file holds; an empty one, and a finding, when there is none to be read."""
    nothing = Mapping({}, span=source.whole())
    if hides(source, 0, len(source.text), report):
        return nothing
    try:
        tree = _tree(source)
    except _Refused as refused:
        report.add("bad-yaml", refused.message, refused.span, help=refused.help, others=refused.others)
        return nothing
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = min(mark.index if mark else 0, max(0, len(source.text) - 1))
        problem = (error.problem or "it is not YAML").replace("'", "`")
        help = "indent with spaces, not tabs" if "\\t" in problem else "quote the value if it holds `:`, `#` or `{`"
        report.add("bad-yaml", f"the YAML cannot be read: {problem}", source.span(at, at + 1), help=help)
        return nothing
    except yaml.reader.ReaderError as error:
        at = int(error.position)
        report.add("bad-yaml", "the file holds a character that YAML does not allow", source.span(at, at + 1))
        return nothing
    if tree is None:
        report.add("bad-yaml", f"`{source.name}` is empty", source.whole())
        return nothing
    if not isinstance(tree, Mapping):
        report.add("bad-yaml", "the file must hold `key: value` pairs", tree.span)
        return nothing
    return tree


def expression(scalar: Scalar, report: Report) -> ast.Expr:
    """The condition or value that a scalar's text is; its errors are placed inside of it where it stands as it is."""
    return parse_expression(*_reading(scalar), report)


def part(rule: str, kind: type[N], scalar: Scalar, report: Report) -> N | None:
    """The part of a definition that a scalar's text is, read by `rule`; None when it cannot be read."""
    found = parse_part(rule, *_reading(scalar), report)
    return found if isinstance(found, kind) else None


def _reading(scalar: Scalar) -> tuple[Source, int, int]:
    """Where to read an expression: in the file when all its lines stand there, however they are indented."""
    if _lines(scalar.span.text) == _lines(scalar.text):
        return scalar.span.source, scalar.span.start, scalar.span.end
    # Escaped or folded: what is read differs from what stands there, so errors point at the whole of it.
    return Excerpt(scalar.span.source.name, scalar.text, scalar.span), 0, len(scalar.text)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().split("\n")]


def comments(source: Source, root: Mapping, expressions: Iterable[Scalar]) -> Iterator[ast.Comment]:
    """The comments of a file that was read as `root`: a `#` that no scalar holds, and those inside of `expressions`."""
    inside = {scalar.span.start: scalar for scalar in expressions}
    held = sorted((node.start, node.end) for node in _scalar_spans(root))
    start = 0
    for begin, end in [*held, (len(source.text), len(source.text))]:
        for match in re.compile(r"(?:(?<=\s)|(?<![^\n]))#[^\n]*").finditer(source.text, start, begin):
            line_start = source.text.rfind("\n", 0, match.start()) + 1
            own_line = not source.text[line_start : match.start()].strip()
            yield ast.Comment(match[0].rstrip(), own_line, span=source.span(*match.span()))
        if begin in inside and end > begin:
            for comment in comments_in(*_reading(inside[begin])):
                yield replace(comment, span=comment.span.home)
        start = max(start, end)


def _scalar_spans(root: Tree) -> Iterator[Span]:
    waiting: list[Tree] = [root]
    while waiting:
        node = waiting.pop()
        match node:
            case Scalar():
                yield node.span
            case Sequence():
                waiting.extend(node.items)
            case Mapping():
                for key, value in node.entries.values():
                    yield key.span
                    waiting.append(value)


def _tree(source: Source) -> Tree | None:
    """The one document of a file, built from the parser's events."""
    stack: list[_Open] = []
    root: Tree | None = None
    documents = values = 0
    for event in _events(source):
        values += isinstance(event, yaml.NodeEvent)
        start, end = _place(event)
        span = source.span(start, max(end, start + 1))
        node: Tree | None = None
        if values > MAX_VALUES:
            message = f"the file holds more than {MAX_VALUES:,} keys and values"
            raise _Refused(message, span, "split it, or put a long list into a CSV file and write `in list`")
        match event:
            case yaml.DocumentStartEvent():
                documents += 1
                if documents > 1:
                    raise _Refused("the file holds more than one document", span, "take out the `---`")
            case yaml.AliasEvent():
                raise _Refused("aliases are not allowed", span, "write the value out")
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                if len(stack) >= MAX_DEPTH:
                    raise _Refused(f"this nests more than {MAX_DEPTH} levels deep", span)
                _refuse_properties(event, span)
                if stack and stack[-1].is_mapping and stack[-1].key is None:
                    raise _Refused("a key must be a single name", span)
                stack.append(_Open(span.start, isinstance(event, yaml.MappingStartEvent)))
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                # A block ends, for PyYAML, where the next key begins: comments before that are not inside.
                opened = stack.pop()
                end = end if end > start else max(opened.end, opened.start + 1)
                node = _closed(opened, source, end)
            case yaml.ScalarEvent():
                _refuse_properties(event, span)
                node = _scalar(event, source)
                end = node.span.end if event.style in ("|", ">") else max(start, end)
        if node is None:
            continue
        if stack:
            stack[-1].end = end
        if not stack:
            root = node
        elif stack[-1].is_mapping:
            _add_to_mapping(stack[-1], node)
        else:
            stack[-1].items.append(node)
    return None if isinstance(root, Scalar) and root.value is None else root


def _events(source: Source) -> Iterator[yaml.Event]:
    loader = yaml.SafeLoader(source.text)
    while loader.check_event():
        yield loader.get_event()  # type: ignore[no-untyped-call]


def _place(event: yaml.Event) -> tuple[int, int]:
    assert event.start_mark is not None and event.end_mark is not None
    return event.start_mark.index, event.end_mark.index


def _refuse_properties(event: yaml.NodeEvent, span: Span) -> None:
    if event.anchor is not None:
        raise _Refused("anchors are not allowed", span, "write the value out where it is needed")
    if getattr(event, "tag", None) is not None:
        raise _Refused("tags are not allowed", span, "quote the value if it should be a text")


def _closed(opened: _Open, source: Source, end: int) -> Tree:
    span = source.span(opened.start, end)
    if opened.is_mapping:
        return Mapping(opened.entries, span=span)
    return Sequence(tuple(opened.items), span=span)


def _add_to_mapping(opened: _Open, node: Tree) -> None:
    if opened.key is not None:
        opened.entries[opened.key.text] = (opened.key, node)
        opened.key = None
        return
    assert isinstance(node, Scalar)
    if node.text in opened.entries:
        first = Label(opened.entries[node.text][0].span, "the first")
        raise _Refused(f"the key `{node.text}` is given twice", node.span, "keep one of them", (first,))
    opened.key = ast.Ident(node.text, span=node.span)


def _scalar(event: yaml.ScalarEvent, source: Source) -> Scalar:
    start, end = _place(event)
    if event.style in ('"', "'"):
        return Scalar(event.value, event.value, span=source.span(start + 1, max(start + 1, end - 1)))
    if event.style is not None:
        # A block: after the line that says so, which may end with a comment.
        first = source.text.find("\n", start, end) + 1 or end
        content = source.text[first:end].strip()
        first = source.text.index(content, first)
        return Scalar(event.value, event.value, span=source.span(first, first + len(content)))
    span = source.span(start, max(end, start))
    return Scalar(_plain(event.value), event.value, span=span)


def _plain(text: str) -> str | int | Decimal | bool | None:
    """An unquoted scalar by the core schema of YAML 1.2."""
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text in ("true", "True", "TRUE", "false", "False", "FALSE"):
        return text.lower() == "true"
    if len(text) <= 40 and _INTEGER.fullmatch(text):
        return int(text)
    if len(text) <= 40 and _DECIMAL.fullmatch(text):
        return Decimal(text)
    return text
