"""Definitions of the library and their tests, written in the words of somebody's catalog.

In: definitions, what their words are called there, and the project (None for a new one, which gets the library's own
catalog). Out: a `Copy`, the new files as text. Promised: nothing that is there is replaced; the project with these
files has no findings in them, and each test that is copied passes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from segdsl import compiler, trials
from segdsl.compiler import BadRequest, Findings
from segdsl.diagnostics import Diagnostic, Report, Severity
from segdsl.grammar import ast, yaml
from segdsl.grammar.format import name as written
from segdsl.library import words
from segdsl.library.mapping import Mapped
from segdsl.library.shelf import Shelf, stem
from segdsl.library.words import Use, Word
from segdsl.project import SEGMENTS_FOLDER, TESTS_FOLDER, Project
from segdsl.semantics import ir
from segdsl.semantics.catalog import Table
from segdsl.semantics.types import Text
from segdsl.source import Source, Span

# What a shop is meant to change: one that is there already stays as it is.
NOWHERE = Source("", "").whole()
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


def words_of_tests(shelf: Shelf, definitions: Iterable[ast.Definition]) -> Iterator[Word]:
    """All that the tests of some definitions say of a catalog."""
    wanted = {each.name.text for each in definitions}
    for source in shelf.tests.values():
        for _, test, _ in _split(source)[1]:
            if wanted.intersection(words.expected(test)):
                yield from (use.word for use in words.in_test(test, shelf.declared))


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
        adapted = [
            (each, _adapted(each, shelf, names, wanted)) for each in module.definitions if each.name.text in wanted
        ]
        new = [text for each, text in adapted if not _is_there(wanted[each.name.text], text, present, kept)]
        if new:
            file = _free(f"{SEGMENTS_FOLDER}/{stem(module.span.source.name)}.seg", project.root, files)
            files[file] = _laid_out(file, "\n\n".join(new) + "\n")
    _bring_lists(shelf, definitions, project.root, files)
    program, warnings = _sound(_with_files(project, files), files)
    tests, left_out, count = _tests(shelf, wanted, present, names, program, project.root)
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
    edits = _edits(words.in_definition(definition, shelf.declared), names, _in_definition)
    edits |= {(at.start, at.end): _in_definition(new, Word("")) for at, new in _renamed(definition, wanted)}
    return _edited(source.text, start, definition.span.end, edits).strip()


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


def _edits(uses: Iterable[Use], names: Mapped, written_as: Callable[[str, Word], str]) -> dict[tuple[int, int], str]:
    found: dict[tuple[int, int], str] = {}
    for use in uses:
        if use.span is None:
            continue
        text = names.names.get(use.word, "")
        if text:
            found[use.span.start, use.span.end] = written_as(text, use.word)
    return found


def _edited(text: str, start: int, end: int, edits: Mapping[tuple[int, int], str]) -> str:
    parts, at = [], start
    for (first, last), new in sorted(edits.items()):
        parts += [text[at:first], new]
        at = last
    return "".join((*parts, text[at:end]))


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


def _free(name: str, root: Path, files: Mapping[str, str]) -> str:
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
    present: Container[str],
    names: Mapped,
    program: ir.Program,
    root: Path,
) -> tuple[dict[str, str], list[str], int]:
    """The tests of the definitions `wanted`, by file; the names of those that would not hold, and how many do.

    Those of definitions that the project has already are there, too, or were taken out.
    """
    new = {name for name, own in wanted.items() if own not in present}
    files: dict[str, str] = {}
    left_out: list[str] = []
    count = 0
    for file, source in shelf.tests.items():
        head, tests = _split(source)
        texts = []
        for name, test, span in tests:
            if new.isdisjoint(words.expected(test)):
                continue
            text = _adapted_test(span, test, shelf, names, program, wanted)
            if text is not None and _holds(f"{head}tests:\n{text}", program):
                texts.append(text)
            else:
                left_out.append(name)
        if texts:
            path = _free(f"{TESTS_FOLDER}/{file}.yml", root, files)
            files[path] = f"{head}tests:\n{''.join(texts)}"
            count += len(texts)
    return files, left_out, count


@cache
def _split(source: Source) -> tuple[str, list[tuple[str, yaml.Mapping, Span]]]:
    """What stands above the tests, and each test with its name and its lines."""
    tree = yaml.read(source, Report())
    key, tests = tree.entries["tests"]
    assert isinstance(tests, yaml.Mapping)
    starts = [source.text.rfind("\n", 0, name.span.start) + 1 for name, _ in tests.entries.values()]
    ends = [*starts[1:], len(source.text)]
    found = []
    for (name, test), start, end in zip(tests.entries.values(), starts, ends, strict=True):
        assert isinstance(test, yaml.Mapping)
        found.append((name.text, test, source.span(start, end)))
    return source.text[: key.span.start], found


def _adapted_test(
    span: Span, test: yaml.Mapping, shelf: Shelf, names: Mapped, program: ir.Program, wanted: Mapping[str, str]
) -> str | None:
    """The lines of a test in somebody's words, about `wanted` alone; None when it says what has none there."""
    uses = list(words.in_test(test, shelf.declared))
    for use in uses:
        if use.word.name and use.word.name != "at" and not use.word.value and "." in names.names.get(use.word, "."):
            return None  # over a link, or nowhere: a row does not hold it
        if not use.word.name and use.word not in names.names:
            return None
    edits = _edits(uses, names, lambda text, _: _in_yaml(text))
    edits |= _expecting(test, wanted)
    for key, node in test.entries.values():
        table = program.catalog.tables.get(names.names.get(Word(key.text), ""))
        if key.text in words.EXPECTED or table is None:
            continue
        counts = "".join(f"{column}: {_in_yaml(value)}, " for column, value in _what_counts(table))
        for row in node.items if isinstance(node, yaml.Sequence) else (node,):
            if counts and isinstance(row, yaml.Mapping) and not _says(row, table):
                inside = row.span.start + 1
                edits[inside, inside] = counts if row.entries else counts.removesuffix(", ")
    return _edited(span.source.text, span.start, span.end, edits)


def _expecting(test: yaml.Mapping, wanted: Mapping[str, str]) -> dict[tuple[int, int], str]:
    """What leaves a test with the expectations that are about `wanted`."""
    edits: dict[tuple[int, int], str] = {}
    for key, node in test.entries.values():
        match node:
            case yaml.Sequence(items) if key.text in ("in", "not in"):
                all_ = [item.text for item in items if isinstance(item, yaml.Scalar)]
                left = [wanted[name] for name in all_ if name in wanted]
                new = f"[{', '.join(left)}]"
            case yaml.Mapping(entries) if key.text == "assigned":
                all_ = list(entries)
                left = [group for group in all_ if group in wanted]
                pairs = [(wanted[group], entries[group][1].span.text) for group in left]
                new = f"{{{', '.join(f'{group}: {wanted.get(name, name)}' for group, name in pairs)}}}"
            case _:
                continue
        if not left:
            text = key.span.source.text
            end = text.find("\n", node.span.end)
            edits[text.rfind("\n", 0, key.span.start) + 1, len(text) if end < 0 else end + 1] = ""
        elif new != node.span.text:
            edits[node.span.start, node.span.end] = new
    return edits


def _in_yaml(text: str) -> str:
    is_plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text) is not None and text not in ("true", "false", "null")
    return text if is_plain else json.dumps(text)


def _says(row: yaml.Mapping, table: Table) -> bool:
    """Whether a row says itself what its table's `where` looks at."""
    return any(column in row.entries for column, _ in _what_counts(table))


def _what_counts(table: Table) -> Iterator[tuple[str, str]]:
    """What a row must hold to be one that counts, where the `where` of its table says so plainly."""
    waiting = [table.where] if table.where is not None else []
    while waiting:
        match waiting.pop():
            case ir.All(terms):
                waiting += terms
            case ir.OneOfList(ir.Column((), _, name, Text(values)), options):
                if not _counts_unsaid(table, name, values, options):
                    yield name, str(options[0])
            case ir.Compare(ir.Column((), _, name, Text(values)), "=", ir.Literal(value)):
                if not _counts_unsaid(table, name, values, (value,)):
                    yield name, str(value)
            case ir.IsTrue(ir.Column((), _, name)):
                yield name, "true"


def _counts_unsaid(table: Table, column: str, values: tuple[str, ...], counting: Sequence[object]) -> bool:
    """Whether a row that does not say the column counts: one that is never missing has the first value then."""
    return table.columns[column].required and values[:1] != () and values[0] in counting


def _holds(text: str, program: ir.Program) -> bool:
    """Whether a test can be read, and what it expects is so."""
    report = Report()
    cases = trials.read(Source("test.yml", text), program, report)
    if len(report) or not cases:
        return False
    return all(trials.holds(program, case) for case in cases)


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
