"""docs/library.md says what the house library holds; its tables are made from the definitions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from segdsl import library
from segdsl.grammar import ast
from segdsl.library import Shelf

PAGE = Path(__file__).parent.parent / "docs" / "library.md"
START = "<!-- From here on made from the definitions by `make docs`. -->\n"


def body(shelf: Shelf) -> str:
    """A section for each file, a table for each of its groups."""
    return START + "\n".join(line for module in shelf.modules for line in section(shelf, module))


def section(shelf: Shelf, module: ast.Module) -> Iterator[str]:
    file = Path(module.span.source.name)
    groups = list(shelf.groups(module))
    if not groups:
        return
    yield f"\n## {file.stem}\n"
    yield f"[{file.name}](../segments/{file.as_posix()}), [tests](../segments/tests/{file.stem}.yml)."
    lets = [each.span.text.strip() for each in module.definitions if isinstance(each, ast.Let | ast.Place)]
    if lets:
        yield f"To be set: {', '.join(f'`{let}`' for let in lets)}."
    for group in groups:
        kind = " and ".join(word for word in ("exclusive", "complete") if getattr(group, word))
        yield f"\n### {group.name.text}\n"
        title = group.title.value if group.title is not None else ""
        yield f"{title}{f', {kind}' if kind else ''}. {about(group)}\n"
        yield "| segment | what it is for | needs | size |"
        yield "|---|---|---|---|"
        for segment in shelf.members(group.name.text):
            yield row(shelf, segment)


def row(shelf: Shelf, segment: ast.Segment) -> str:
    title = segment.title.value if segment.title is not None else ""
    sizes = [each.span.text for each in segment.expects if isinstance(each, ast.SizePromise)]
    return f"| `{segment.name.text}` | **{title}.** {about(segment)} | {needs(shelf, segment)} | {', '.join(sizes)} |"


def about(definition: ast.Segment | ast.Group) -> str:
    origin = library.source(definition)
    return f"{library.purpose(definition)}{f' Source: {origin}' if origin else ''}"


def needs(shelf: Shelf, segment: ast.Segment) -> str:
    """Tables with the columns that must be there: of the segment and of all that it brings along."""
    columns: dict[str, list[str]] = {}
    for word in sorted(set(library.words_of(shelf, shelf.needed([segment])))):
        own = columns.setdefault(word.table, [])
        table = shelf.declared.tables[word.table]
        if word.name in table.columns and word.name not in own:
            own.append(word.name)
    return "; ".join(f"{table}: {', '.join(own)}" if own else table for table, own in columns.items())


def test_the_page_of_the_library_is_made_from_the_definitions(request: pytest.FixtureRequest) -> None:
    text = PAGE.read_text(encoding="utf-8")
    head, _, _ = text.partition(START)
    made = head + body(library.load()) + "\n"
    if request.config.getoption("--update"):
        PAGE.write_text(made, encoding="utf-8")
    assert text == made, "run `make docs`"
