"""What there is in the library, and what belongs together.

In: the library's folder, inside the installed package or beside it in the repository. Out: its definitions by file, the
definitions that a name stands for, and all that these need.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from segdsl import compiler
from segdsl import project as projects
from segdsl.compiler import BadRequest
from segdsl.diagnostics import Report, did_you_mean
from segdsl.grammar import ast, yaml
from segdsl.library.words import Word
from segdsl.semantics.catalog import Catalog, Table
from segdsl.source import Source

# The folder of the library in a wheel; `setup.py` copies it there.
FILES = "files"


@dataclass(frozen=True, slots=True)
class Shelf:
    """The library as read: its catalog, its definitions by file, and its tests by the file that they are about."""

    root: Path
    catalog: Source
    declared: Catalog
    modules: tuple[ast.Module, ...]
    tests: dict[str, Source]

    def definitions(self) -> Iterator[ast.Definition]:
        for module in self.modules:
            yield from module.definitions

    def groups(self, module: ast.Module) -> Iterator[ast.Group]:
        yield from (each for each in module.definitions if isinstance(each, ast.Group))

    def members(self, group: str) -> Iterator[ast.Segment]:
        for each in self.definitions():
            if isinstance(each, ast.Segment) and each.group is not None and each.group.text == group:
                yield each

    def chosen(self, names: Sequence[str]) -> list[ast.Definition]:
        """The definitions that `names` stand for: each is a segment or another definition, a group, or a file."""
        found: list[ast.Definition] = []
        own = {each.name.text: each for each in self.definitions()}
        by_file = {stem(module.span.source.name): module for module in self.modules}
        for name in names:
            definition = own.get(name)
            if isinstance(definition, ast.Group):
                found += self.members(name)
            elif definition is not None:
                found.append(definition)
            elif name in by_file:
                found += by_file[name].definitions
            else:
                known = [*by_file, *own]
                help = did_you_mean(name, known, "see `segdsl init --with` for what there is")
                raise BadRequest(f"there is no `{name}` in the library", help)
        return found

    def needed(self, chosen: Iterable[ast.Definition]) -> list[ast.Definition]:
        """`chosen` and all that they need, in the order of the library.

        A segment of an exclusive group brings the whole group: who is assigned to it depends on the others.
        """
        own = {each.name.text: each for each in self.definitions()}
        found: set[str] = set()
        waiting = list(chosen)
        while waiting:
            definition = waiting.pop()
            if definition.name.text in found:
                continue
            found.add(definition.name.text)
            waiting += [own[name] for name in sorted(_named(definition)) if name in own]
            if isinstance(definition, ast.Group) and (definition.exclusive or definition.complete):
                waiting += self.members(definition.name.text)
        return [each for each in self.definitions() if each.name.text in found]


def stem(file: str) -> str:
    """`rfm` of `segments/rfm.seg`."""
    return Path(file).stem


def _named(definition: ast.Definition) -> set[str]:
    """Every name in a definition that may be another one's. No column is called like a definition of the library."""
    found: set[str] = set()
    waiting: list[ast.Node] = [definition]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Ident):
            found.add(node.text)
        waiting += ast.children(node)
    return found


@cache
def load() -> Shelf:
    """The library, read once."""
    packaged = Path(str(files("segdsl.library") / FILES))
    root = packaged if packaged.is_dir() else Path(__file__).resolve().parents[2] / "segments"
    project = projects.load(root)
    assert project.catalog is not None, "the library has a catalog"
    report = Report()
    modules = tuple(compiler.read_definitions(project.segments, report))
    tests = {stem(source.name): source for source in projects.tests(project, report)}
    return Shelf(root, project.catalog, compiler.read_catalog(project.catalog, report), modules, tests)


# --- its catalog ----------------------------------------------------------------------------------------


def new_catalog(shelf: Shelf, needed: Iterable[Word]) -> tuple[str, tuple[str, ...]]:
    """The parts of the library's catalog that are needed, as text, and the names of their tables."""
    tables = {word.table for word in needed} | {shelf.declared.entity}
    text = shelf.catalog.text
    tree = yaml.read(shelf.catalog, Report())
    _, declared = tree.entries["tables"]
    assert isinstance(declared, yaml.Mapping)
    starts = [text.rfind("\n", 0, key.span.start) + 1 for key, _ in declared.entries.values()]
    ends = [*starts[1:], text.index("\nentity:") + 1]
    blocks = [
        _without_links(text[start:end].strip("\n"), shelf.declared.tables[name], tables)
        for name, start, end in zip(declared.entries, starts, ends, strict=True)
        if name in tables
    ]
    head = "# The tables that segments may talk about, as the house library has them: put in your own.\ntables:\n"
    kept = tuple(name for name in declared.entries if name in tables)
    return head + "\n\n".join(blocks) + f"\nentity: {shelf.declared.entity}\n", kept


def _without_links(block: str, table: Table, tables: set[str]) -> str:
    """A table's lines, its links only to tables that are there."""
    links = [f"{link.name}: {link.column}" for link in table.links.values() if link.table in tables]
    lines = [line for line in block.split("\n") if not line.strip().startswith("links:") or links]
    new = f"links: {{{', '.join(links)}}}"
    return "\n".join(re.sub(r"links: \{[^}]*\}", new, line) for line in lines)
