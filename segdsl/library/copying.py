"""Definitions of the library and their tests, written in the words of somebody's catalog.

In: definitions, what their words are called there, and the project (None for a new one, which gets the library's own
catalog). Out: a `Copy`, the new files as text. Promised: nothing that is there is replaced; the project with these
files has no errors, and each test that is copied passes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from segdsl import compiler
from segdsl.compiler import BadRequest, Findings
from segdsl.diagnostics import Diagnostic, Report, Severity
from segdsl.grammar import ast
from segdsl.grammar.format import name as written
from segdsl.library import made_up, words
from segdsl.library.mapping import Mapped, edited, edits_of
from segdsl.library.shelf import Shelf, stem
from segdsl.library.words import Word
from segdsl.project import SEGMENTS_FOLDER, TESTS_FOLDER, Project
from segdsl.semantics import ir
from segdsl.source import Source, Span

NOWHERE = Source("", "").whole()
# What a shop is meant to change: one that is there already stays as it is.
ADJUSTABLE = (ast.Let, ast.Place, ast.Occasion, ast.Channel)


@dataclass(frozen=True, slots=True)
class Copy:
    """`files` by their paths in the project, and how many `tests` there are in them.

    `kept` are definitions that the project has already; `left_out` are tests that cannot be told, or would not pass, in
    its catalog. `warnings` are what `segdsl check` will say of the new files.
    """

    files: dict[str, str]
    segments: tuple[str, ...]
    tests: int
    kept: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()


def words_of(shelf: Shelf, definitions: Iterable[ast.Definition]) -> Iterator[Word]:
    """All that a catalog must have for some definitions."""
    for definition in definitions:
        yield from (use.word for use in words.in_definition(definition, shelf.declared))


def copied(
    shelf: Shelf,
    definitions: Sequence[ast.Definition],
    names: Mapped,
    project: Project,
    renamed: Mapping[str, str] | None = None,
) -> Copy:
    """The files that bring `definitions` into `project`, some of them `renamed`.

    Raises `BadRequest` when it has others of their names, and `Findings` when it would not be free of errors.
    """
    renamed = renamed or {}
    present = {each.name.text: each for each in _definitions(project)}
    wanted = {each.name.text: renamed.get(each.name.text, each.name.text) for each in definitions}
    files: dict[str, str] = {}
    kept: list[str] = []
    for module in shelf.modules:
        needed = [each for each in module.definitions if each.name.text in wanted]
        adapted = [(wanted[each.name.text], _adapted(each, shelf, names, wanted)) for each in needed]
        new = [text for name, text in adapted if not _is_there(name, text, present, kept)]
        if new:
            file = free(f"{SEGMENTS_FOLDER}/{stem(module.span.source.name)}.seg", project.root, files)
            files[file] = _laid_out(file, "\n\n".join(new) + "\n")
    _bring_lists(shelf, definitions, project.root, files)
    program, warnings = _sound(_with_files(project, files), files)
    fresh = {name for name, own in wanted.items() if own not in present}
    tests, left_out, count = _tests(shelf, wanted, fresh, names, program, project.root)
    made = [wanted[each.name.text] for each in definitions if isinstance(each, ast.Segment)]
    new_names = tuple(name for name in made if name not in present)
    return Copy({**files, **tests}, new_names, count, tuple(kept), tuple(left_out), tuple(warnings))


# --- definitions --------------------------------------------------------------------------------------


def _definitions(project: Project) -> Iterator[ast.Definition]:
    for module in compiler.read_definitions(project.segments, Report()):
        yield from module.definitions


def _adapted(definition: ast.Definition, shelf: Shelf, names: Mapped, wanted: Mapping[str, str]) -> str:
    """The text of a definition, with the comment lines right above it, in somebody's words."""
    source = definition.span.source
    start = definition.span.start
    while start > 0:
        line = source.text.rfind("\n", 0, start - 1) + 1
        if not source.text.startswith("#", line):
            break
        start = line
    edits = edits_of(words.in_definition(definition, shelf.declared), names, _in_definition)
    edits |= {(at.start, at.end): _in_definition(new, Word("")) for at, new in _renamed(definition, wanted)}
    return edited(source.text, start, definition.span.end, edits).strip()


def _renamed(definition: ast.Definition, wanted: Mapping[str, str]) -> Iterator[tuple[Span, str]]:
    """Where a definition says a name that is another one in the project. No table or column is called like one."""
    waiting: list[ast.Node] = [definition]
    while waiting:
        node = waiting.pop()
        waiting += ast.children(node)
        if isinstance(node, ast.Ident) and wanted.get(node.text, node.text) != node.text:
            yield node.span, wanted[node.text]


def _in_definition(text: str, word: Word) -> str:
    if word.value:
        return json.dumps(text, ensure_ascii=False)
    return ".".join(written(ast.Ident(part, span=NOWHERE)) for part in text.split("."))


def _is_there(name: str, text: str, present: Mapping[str, ast.Definition], kept: list[str]) -> bool:
    """Whether the project has the definition already. Refuses when it has another one of that name."""
    own = present.get(name)
    if own is None:
        return False
    (module,) = compiler.read_definitions([Source("library.seg", text)], Report())
    is_same = module.definitions == (own,)
    is_adjusted = isinstance(own, ADJUSTABLE) and [type(own)] == [type(each) for each in module.definitions]
    if not is_same and not is_adjusted:
        place = f"{own.span.source.name}:{own.span.source.position(own.span.start).line}"
        message = f"`{name}` is in {place} already, and says something else"
        raise BadRequest(message, f"bring it under another name: --map {name}=NAME")
    kept.append(name)
    return True


def _laid_out(name: str, text: str) -> str:
    return compiler.laid_out(Source(name, text), None, Report()).text


def free(name: str, root: Path, files: Mapping[str, str]) -> str:
    """The name of a file that is not there yet: `rfm.seg`, else `rfm_2.seg`."""
    path = Path(name)
    tries = (path if n == 1 else path.with_stem(f"{path.stem}_{n}") for n in range(1, 1000))
    return next(each.as_posix() for each in tries if not (root / each).exists() and each.as_posix() not in files)


def _bring_lists(shelf: Shelf, definitions: Iterable[ast.Definition], root: Path, files: dict[str, str]) -> None:
    """The lists that definitions look into; one that is there is the shop's own."""
    waiting: list[ast.Node] = list(definitions)
    while waiting:
        node = waiting.pop()
        waiting += ast.children(node)
        if isinstance(node, ast.InListFile) and not (root / node.file.value).exists():
            files[node.file.value] = (shelf.root / node.file.value).read_text(encoding="utf-8")


# --- held to what they say ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _WithLists(Project):
    """A project with list files that are not written yet."""

    lists: Mapping[str, str] = field(default_factory=dict)

    def list_file(self, file: ast.Text, report: Report) -> Source | None:
        if file.value in self.lists:
            return Source(file.value, self.lists[file.value])
        return Project.list_file(self, file, report)


def _with_files(project: Project, files: Mapping[str, str]) -> Project:
    new = tuple(Source(name, text) for name, text in files.items() if name.endswith(".seg"))
    values = {name: getattr(project, name) for name in Project.__dataclass_fields__}
    values["segments"] = tuple(sorted((*project.segments, *new), key=lambda source: source.name))
    return _WithLists(**values, lists=files)


def _sound(project: Project, files: Mapping[str, str]) -> tuple[ir.Program, list[Diagnostic]]:
    """The project's program, and warnings about the new files. Raises `Findings` when it has errors."""
    checked = compiler.check(project)
    if checked.report.has_errors or checked.program is None:
        raise Findings([each for each in checked.report.sorted() if each.severity is Severity.ERROR])
    about_new = [each for each in checked.report.sorted() if each.label.span.source.name in files]
    return checked.program, [each for each in about_new if each.severity is not Severity.NOTE]


# --- tests --------------------------------------------------------------------------------------------


def _tests(
    shelf: Shelf,
    wanted: Mapping[str, str],
    fresh: set[str],
    names: Mapped,
    program: ir.Program,
    root: Path,
) -> tuple[dict[str, str], list[str], int]:
    """The tests of the definitions `wanted`, by file; the names of those that would not hold, and how many do.

    Those of definitions that are not `fresh` in the project are there, too, or were taken out.
    """
    files: dict[str, str] = {}
    left_out: list[str] = []
    count = 0
    for file, source in shelf.tests.items():
        head, tests = made_up.split(source)
        texts = []
        for name, test, span in tests:
            if fresh.isdisjoint(words.expected(test)):
                continue
            text = made_up.adapted(span, test, shelf, names, program, wanted)
            if text is not None and made_up.holds(f"{head}tests:\n{text}", program):
                texts.append(text)
            else:
                left_out.append(name)
        if texts:
            path = free(f"{TESTS_FOLDER}/{file}.yml", root, files)
            files[path] = f"{head}tests:\n{''.join(texts)}"
            count += len(texts)
    return files, left_out, count
