"""What there is in the library, one line each, for people who choose."""

from __future__ import annotations

from collections.abc import Iterator

from segdsl.grammar import ast
from segdsl.library.shelf import Shelf, stem


def listing(shelf: Shelf) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Headings, `file: group, group`, and below each its segments with what they are for."""
    for module in shelf.modules:
        segments = [each for each in module.definitions if isinstance(each, ast.Segment)]
        if segments:
            groups = ", ".join(each.name.text for each in shelf.groups(module))
            entries = [(each.name.text, purpose(each)) for each in segments]
            yield f"{stem(module.span.source.name)}: {groups}", entries


def purpose(definition: ast.Segment | ast.Group) -> str:
    """What a definition is for: what it says of itself before its source."""
    return _about(definition)[0]


def source(definition: ast.Segment | ast.Group) -> str:
    """Where a definition comes from; nothing when only its group says so."""
    return _about(definition)[1]


def _about(definition: ast.Segment | ast.Group) -> tuple[str, str]:
    text = definition.about.value if definition.about is not None else ""
    about, _, source = text.partition(" Source: ")
    return about, source
