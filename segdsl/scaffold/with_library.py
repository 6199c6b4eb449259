"""Segments of the house library in a project: what `segdsl init --with` writes.

In: a folder, names, and what a person has said of the catalog. Out: new files, in a project that is there or in a new
one. Promised: nothing is written unless `segdsl check` finds no errors with it, and nothing that exists is overwritten.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from segdsl import compiler, library, scaffold
from segdsl import project as projects
from segdsl.compiler import BadRequest, Findings
from segdsl.diagnostics import Report
from segdsl.grammar import ast
from segdsl.library import Copy, Mapped, Question
from segdsl.project import CATALOG_FILE, PROJECT_FILE, Project
from segdsl.semantics.catalog import Catalog
from segdsl.source import Source

# What a person says to a question; None leaves it open.
Ask = Callable[[Question], str | None]


@dataclass(frozen=True, slots=True)
class Brought:
    """The paths of the new `files`; `said` is what the library's words are in the catalog, where those are others."""

    files: tuple[str, ...]
    copy: Copy
    said: Mapping[str, str]
    assumed: tuple[str, ...]
    is_new: bool


class Open(Exception):
    """What could not be found in the catalog, for which of the names, and what a person has said so far."""

    def __init__(self, questions: Mapping[Question, Sequence[str]], said: Mapping[str, str]) -> None:
        super().__init__(f"{len(questions)} questions")
        self.questions, self.said = dict(questions), dict(said)


def bring(folder: Path, names: Sequence[str], said: Mapping[str, str], ask: Ask) -> Brought:
    """Copies what `names` stand for into the project in `folder`; makes one when there is none. Raises `Open`."""
    shelf = library.load()
    definitions = shelf.needed(shelf.chosen(names))
    needed = list(library.words_of(shelf, definitions))
    also = list(library.words_of_tests(shelf, definitions))
    is_new = not os.path.lexists(folder / PROJECT_FILE)
    if is_new:
        files, project = _new(folder, shelf, [*needed, *also])
    else:
        files, project = {}, projects.load(folder)
    catalog = _catalog(project)
    own_names = {each.name.text for each in definitions}
    renamed = {name: own for name, own in said.items() if name in own_names}
    said = {name: own for name, own in said.items() if name not in own_names}
    while True:
        found = library.mapped(needed, shelf.declared, catalog, said, also)
        if not found.questions:
            break
        answers = {each.word.text: answer for each in found.questions if (answer := ask(each)) is not None}
        if not answers:
            wanted = {name: set(library.words_of(shelf, shelf.needed(shelf.chosen([name])))) for name in names}
            needed_by = {each: [name for name in names if each.word in wanted[name]] for each in found.questions}
            raise Open(needed_by, {**said, **renamed})
        said = {**said, **answers}
    copy = library.copied(shelf, definitions, found, project, renamed)
    written = scaffold.write(folder, {**files, **copy.files})
    return Brought(tuple(written), copy, dict(_otherwise(found)), tuple(found.assumed.values()), is_new)


def _catalog(project: Project) -> Catalog:
    report = Report(project.findings)
    catalog = compiler.read_catalog(project.catalog, report) if project.catalog is not None else None
    if catalog is None or not catalog.tables or report.has_errors:
        raise Findings(report.sorted())
    return catalog


def _new(folder: Path, shelf: library.Shelf, words: Sequence[library.Word]) -> tuple[dict[str, str], Project]:
    """The files of a new project around the definitions, and the project as they make it."""
    name = scaffold.name_of(folder)
    text, tables = library.new_catalog(shelf, words)
    files = {
        PROJECT_FILE: scaffold.rendered("files/segdsl.yml.j2", name=name),
        CATALOG_FILE: text,
        "README.md": scaffold.rendered("readme_with.md.j2", name=name, as_of=scaffold.AS_OF),
    }
    for table in tables:
        data = f"data/{'/'.join(shelf.declared.tables[table].stored_in)}.csv"
        files[data] = (shelf.root / data).read_text(encoding="utf-8")
    existing = [each for each in files if os.path.lexists(folder / each)]
    if existing:
        raise BadRequest(f"`{folder}` has no {PROJECT_FILE}, but {existing[0]}", "name a new folder, or a project's")
    written = ast.Project(ast.Ident(name, span=(span := Source(PROJECT_FILE, "").whole())), span=span)
    catalog = Source(CATALOG_FILE, text)
    return files, Project(folder.resolve(), name, "Europe/Berlin", 0, written, catalog, segments=(), findings=())


def _otherwise(found: Mapped) -> Sequence[tuple[str, str]]:
    """The library's words that are others in the project."""
    pairs = []
    for word, name in sorted(found.names.items()):
        own = word.value or (word.name if word.name != "key" else name) or word.table
        if name and name != own and not word.plural:
            pairs.append((word.text, name))
    return pairs
