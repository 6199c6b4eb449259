"""Which definition stands where: what a finding is about, by name rather than by line.

In: modules as written. Out: for a place the definition that it lies in. Promised: a definition keeps its name here
when lines above it come or go.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator

from segdsl.grammar import ast
from segdsl.source import Span


class Outline:
    """The definitions of a project by file, in the order of their places."""

    def __init__(self, modules: Iterable[ast.Module]) -> None:
        self._by_file: dict[str, list[ast.Definition]] = defaultdict(list)
        for module in modules:
            self._by_file[module.span.source.name] += sorted(module.definitions, key=_start)

    def at(self, span: Span) -> ast.Definition | None:
        """The definition that a place lies in; None for catalogs, lists and what stands between definitions."""
        found = self._by_file.get(span.source.name, [])
        index = bisect_right(found, span.start, key=_start) - 1
        return found[index] if index >= 0 and span.start <= found[index].span.end else None

    def name_at(self, span: Span) -> str:
        """`segment vip`, or nothing."""
        definition = self.at(span)
        return named(definition) if definition is not None else ""

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Each definition: its file, and its kind and name."""
        for file, definitions in self._by_file.items():
            yield from ((file, named(definition)) for definition in definitions)


def named(definition: ast.Definition) -> str:
    """The kind and the name of a definition: `segment vip`."""
    return f"{type(definition).__name__.lower()} {definition.name.text}"


def _start(definition: ast.Definition) -> int:
    return definition.span.start
