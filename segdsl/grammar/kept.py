"""A tree as bytes, and back: reading those takes a tenth of what parsing takes.

In: the tree of a file without findings, or what was kept of one beside the file's source. Out: bytes, or the same tree.
Promised: what was not written here is no tree. Nothing that is read is run.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from segdsl.grammar import ast
from segdsl.source import Source, Span

Data = Any  # what JSON can say

NODES = tuple(
    each
    for each in vars(ast).values()
    if isinstance(each, type) and issubclass(each, ast.Node) and each is not ast.Node
)
_NUMBERS = {node: number for number, node in enumerate(NODES)}
# What a list holds that is no node, by its first item. One of a node begins with its place in `NODES`.
_TUPLE, _DECIMAL, _DATE, _DATETIME, _SPAN = range(-5, 0)


def to_bytes(module: ast.Module) -> bytes:
    """What is kept of a tree."""
    return json.dumps(_data(module), separators=(",", ":")).encode()


def from_bytes(kept: bytes, source: Source) -> ast.Module | None:
    """The tree of a source that was kept; None where it is none."""
    try:
        read = _reader(source)(json.loads(kept))
    except (ValueError, TypeError, IndexError, ArithmeticError, RecursionError):
        return None
    return read if isinstance(read, ast.Module) else None


def _data(value: object) -> Data:
    match value:
        case ast.Node():
            names: tuple[str, ...] = value.__match_args__
            inside = (_data(getattr(value, name)) for name in names)
            return [_NUMBERS[type(value)], value.span.start, value.span.end, *inside]
        case tuple():
            return [_TUPLE, *map(_data, value)]
        case Decimal():
            return [_DECIMAL, str(value)]
        case datetime():
            return [_DATETIME, value.isoformat()]
        case date():
            return [_DATE, value.isoformat()]
        case Span(_, start, end):
            return [_SPAN, start, end]
        case None | bool() | int() | str():
            return value
    raise TypeError(f"a tree holds no {type(value).__name__}")


def _reader(source: Source) -> Callable[[Data], Any]:
    """What makes values of data. It is called for every node of a project, and does no more than it must."""

    def read(data: Data) -> Any:
        if type(data) is not list:
            if data is None or isinstance(data, str | int):
                return data
            raise TypeError(f"a tree holds no {type(data).__name__}")
        kind = data[0]
        if kind >= 0:
            return NODES[kind](*map(read, data[3:]), span=Span(source, data[1], data[2]))
        if kind == _TUPLE:
            return tuple(map(read, data[1:]))
        if kind == _SPAN:
            return Span(source, data[1], data[2])
        if kind == _DECIMAL:
            return Decimal(data[1])
        if kind == _DATE:
            return date.fromisoformat(data[1])
        if kind == _DATETIME:
            return datetime.fromisoformat(data[1])
        raise ValueError(f"{kind} is no kind of value")

    return read
