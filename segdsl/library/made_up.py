"""Tests of the library's definitions, in the words of somebody's catalog.

In: a test as it is written, what its words are called there, and the project's program. Out: its lines, or nothing when
they cannot be told there. Rows are made to be ones that count.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

from segdsl import trials
from segdsl.diagnostics import Report
from segdsl.grammar import ast, yaml
from segdsl.library import words
from segdsl.library.mapping import Mapped, edited, edits_of
from segdsl.library.shelf import Shelf
from segdsl.library.words import Word
from segdsl.semantics import ir
from segdsl.semantics.catalog import Table
from segdsl.semantics.types import Text
from segdsl.source import Source, Span


def words_of_tests(shelf: Shelf, definitions: Iterable[ast.Definition]) -> Iterator[Word]:
    """All that the tests of some definitions say of a catalog."""
    wanted = {each.name.text for each in definitions}
    for source in shelf.tests.values():
        for _, test, _ in split(source)[1]:
            if wanted.intersection(words.expected(test)):
                yield from (use.word for use in words.in_test(test, shelf.declared))


@cache
def split(source: Source) -> tuple[str, list[tuple[str, yaml.Mapping, Span]]]:
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


def adapted(
    span: Span, test: yaml.Mapping, shelf: Shelf, names: Mapped, program: ir.Program, wanted: Mapping[str, str]
) -> str | None:
    """The lines of a test in somebody's words, about `wanted` alone; None when it says what has none there."""
    uses = list(words.in_test(test, shelf.declared))
    for use in uses:
        if use.word.name and use.word.name != "at" and not use.word.value and "." in names.names.get(use.word, "."):
            return None  # over a link, or nowhere: a row does not hold it
        if not use.word.name and use.word not in names.names:
            return None
    edits = edits_of(uses, names, lambda text, _: _in_yaml(text))
    edits |= _expecting(test, wanted)
    for key, node in test.entries.values():
        table = program.catalog.tables.get(names.names.get(Word(key.text), ""))
        if key.text in words.EXPECTED or table is None:
            continue
        counts = "".join(f"{column}: {_in_yaml(value)}, " for column, value in _what_counts(table))
        for row in node.items if isinstance(node, yaml.Sequence) else (node,):
            if counts and isinstance(row, yaml.Mapping) and not _says(row, key.text, table, names):
                inside = row.span.start + 1
                edits[inside, inside] = counts if row.entries else counts.removesuffix(", ")
    return edited(span.source.text, span.start, span.end, edits)


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


def _says(row: yaml.Mapping, of: str, table: Table, names: Mapped) -> bool:
    """Whether a row, of the library's table `of`, says itself what the `where` of its table looks at."""
    said = {names.names.get(Word(of, name)) for name in row.entries}
    return any(column in said for column, _ in _what_counts(table))


def _what_counts(table: Table) -> Iterator[tuple[str, str]]:
    """What a row must hold to be one that counts, where the `where` of its table says so plainly."""
    for term in _terms(table):
        match term:
            case ir.OneOfList(ir.Column((), _, name, Text(values)), options):
                if not _counts_unsaid(table, name, values, options):
                    yield name, str(options[0])
            case ir.Compare(ir.Column((), _, name, Text(values)), "=", ir.Literal(value)):
                if not _counts_unsaid(table, name, values, (value,)):
                    yield name, str(value)
            case ir.IsTrue(ir.Column((), _, name)):
                yield name, "true"


def _is_plain(table: Table) -> bool:
    """Whether a `where` looks at nothing else."""
    kinds = (ir.OneOfList, ir.Compare, ir.IsTrue)
    return all(isinstance(term, kinds) and isinstance(next(ir.children(term)), ir.Column) for term in _terms(table))


def _terms(table: Table) -> Iterator[ir.Condition]:
    waiting = [table.where] if table.where is not None else []
    while waiting:
        term = waiting.pop()
        if isinstance(term, ir.All):
            waiting += term.terms
        else:
            yield term


def _counts_unsaid(table: Table, column: str, values: tuple[str, ...], counting: Sequence[object]) -> bool:
    """Whether a row that does not say the column counts: one that is never missing has the first value then."""
    return table.columns[column].required and values[:1] != () and values[0] in counting


def holds(text: str, program: ir.Program) -> bool:
    """Whether a test can be read, and what it expects is so, and not for want of rows that count."""
    report = Report()
    cases = trials.read(Source("test.yml", text), program, report)
    if len(report) or not cases:
        return False
    tables = program.catalog.tables
    return all(
        trials.holds(program, case)
        and all(_is_plain(tables[table]) or trials.counts(program, case, table) for table in case.world)
        for case in cases
    )
