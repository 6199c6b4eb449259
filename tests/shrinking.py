"""A made-up project on which a database and the meaning part, made small: few definitions, short ones, few rows.

In: the project, and what says how it differs. Out: a project that differs, too, and a Markdown file that a person can
read. Greedy, and bounded by a number of tries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from segdsl.diagnostics import Report
from segdsl.grammar import ast
from segdsl.grammar.parse import parse
from segdsl.source import Source
from tests import worlds

TRIES = 1500
T = TypeVar("T")
Differs = Callable[[worlds.Project], str]


class _Shrinking:
    def __init__(self, differs: Differs, tries: int) -> None:
        self.differs, self.left = differs, tries

    def still(self, project: worlds.Project) -> bool:
        """Whether a smaller project is accepted, and differs."""
        if self.left <= 0:
            return False
        self.left -= 1
        _, report = worlds.compiled(project)
        return not report.has_errors and bool(self.differs(project))

    def without(self, items: list[T], still: Callable[[list[T]], bool]) -> list[T]:
        """As few of the items as will do: halves are left out first, then quarters, down to one at a time."""
        size = max(1, len(items) // 2)
        while items and size:
            start = 0
            while start < len(items):
                fewer = items[:start] + items[start + size :]
                if still(fewer):
                    items = fewer
                else:
                    start += size
            size //= 2
        return items


def shrunk(project: worlds.Project, differs: Differs, tries: int = TRIES) -> worlds.Project:
    """A smaller project of which `differs` says something, too; an error of its own that it raises is its affair."""
    work = _Shrinking(differs, tries)
    before = None
    while before != (project.segments, project.rows):
        before = (project.segments, project.rows)
        project = _with_fewer_definitions(project, work)
        project = _with_fewer_rows(project, work)
        project = _with_shorter_definitions(project, work)
    return project


def _with_fewer_definitions(project: worlds.Project, work: _Shrinking) -> worlds.Project:
    every = [(file, text) for file, content in project.segments.items() for text in _definitions(file, content)]

    def of(kept: list[tuple[str, str]]) -> worlds.Project:
        files = dict.fromkeys(file for file, _ in kept)
        return replace(project, segments={file: "\n".join(text for f, text in kept if f == file) for file in files})

    return of(work.without(every, lambda kept: work.still(of(kept))))


def _with_fewer_rows(project: worlds.Project, work: _Shrinking) -> worlds.Project:
    for table, rows in project.rows.items():
        before = project

        def of(kept: list[dict[str, object]], table: str = table, before: worlds.Project = before) -> worlds.Project:
            return replace(before, rows={**before.rows, table: kept})

        project = of(work.without(list(rows), lambda kept, of=of: work.still(of(kept))))  # type: ignore[misc]
    return project


def _with_shorter_definitions(project: worlds.Project, work: _Shrinking) -> worlds.Project:
    """A part of a definition takes the place of the whole, as long as that is possible."""
    for file in project.segments:
        is_shorter = True
        while is_shorter:
            is_shorter = False
            for text in _shorter(file, project.segments[file]):
                candidate = replace(project, segments={**project.segments, file: text})
                if work.still(candidate):
                    project, is_shorter = candidate, True
                    break
    return project


def _definitions(file: str, content: str) -> Iterator[str]:
    for each in parse(Source(file, content), Report()).definitions:
        yield each.span.text


def _shorter(file: str, content: str) -> Iterator[str]:
    """The text with one node less, those first that take most away."""
    found: dict[str, None] = {}
    waiting: list[ast.Node] = list(parse(Source(file, content), Report()).definitions)
    while waiting:
        node = waiting.pop(0)
        children = list(ast.children(node))
        waiting += children
        if isinstance(node, ast.Definition):
            continue
        for child in children:
            found[content[: node.span.start] + child.span.text + content[node.span.end :]] = None
    yield from sorted((text for text in found if len(text) < len(content)), key=len)


def written(project: worlds.Project, difference: str, folder: Path, name: str) -> Path:
    """The project and how it differs, as a file that can be read."""
    folder.mkdir(parents=True, exist_ok=True)
    read = _tables_read(project)
    parts = [f"# {name}", f"As of {project.as_of.isoformat()}, {project.timezone}, weeks from {project.week_starts}."]
    parts += [f"```seg\n{text.strip()}\n```" for text in project.segments.values()]
    for table, rows in project.rows.items():
        if rows or table in read:
            shown = "\n".join(repr({key: value for key, value in row.items() if value is not None}) for row in rows)
            columns = ", ".join(f"{column} {type_}" for column, type_ in project.columns[table].items())
            parts.append(f"`{table}` ({columns})\n\n```python\n{shown}\n```")
    parts += [f"```yaml\n{project.catalog.strip()}\n```", f"```\n{difference.strip()}\n```", ""]
    path = folder / f"{name}.md"
    path.write_text("\n\n".join(parts), encoding="utf-8")
    return path


def _tables_read(project: worlds.Project) -> set[str]:
    program, _ = worlds.compiled(project)
    return {".".join(program.catalog.tables[entity].stored_in) for entity in program.entities}
