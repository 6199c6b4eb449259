"""Where a definition, or a test, says a word of the catalog: a table, a column, a link, a value of a closed list.

In: a tree as written and the catalog that it is about. Out: `Use`s, each a `Word` and the place where it stands; words
that are needed without being said (the time of a table, the links from rows up to the customer) have no place.
Promised for definitions that `segdsl check` finds nothing wrong with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from segdsl.grammar import ast, yaml
from segdsl.semantics.catalog import Catalog
from segdsl.semantics.scope import paths_up
from segdsl.source import Span

# What is asked of many rows; its argument is named from their table on.
AGGREGATES = ("count", "count distinct", "sum", "avg", "min", "max", "first", "last", "mode")
# The keys of a test that are no table.
EXPECTED = ("as_of", "in", "not in", "assigned")


@dataclass(frozen=True, slots=True, order=True)
class Word:
    """A table; its `at`, its `key`, or a column or link by its `name`; a `value` of a column. `plural` of a table."""

    table: str
    name: str = ""
    value: str = ""
    plural: bool = False

    @property
    def text(self) -> str:
        return ".".join(filter(None, (self.table, self.name, self.value)))


@dataclass(frozen=True, slots=True)
class Use:
    word: Word
    span: Span | None = None


def in_definition(definition: ast.Definition, catalog: Catalog) -> Iterator[Use]:
    """The words of one definition."""
    entity = getattr(definition, "entity", None)
    if entity is not None:
        yield Use(Word(entity.text), entity.span)
    table = entity.text if entity is not None else catalog.entity
    if isinstance(definition, ast.Let | ast.Place | ast.Occasion | ast.Group):
        return
    yield Use(Word(table))
    yield from _within(definition, table, catalog)


def _within(node: ast.Node, table: str, catalog: Catalog) -> Iterator[Use]:
    for child in ast.children(node):
        yield from _words(child, table, catalog)


def _words(node: ast.Node, table: str, catalog: Catalog) -> Iterator[Use]:
    """The words of an expression in a row of `table`."""
    match node:
        case ast.Name(parts):
            yield from _name(parts, table, catalog)
        case ast.Call(function, ast.Name(parts)) if function.text in AGGREGATES:
            rows = parts[0].text
            yield from _rows(parts[0], node.via, table, catalog)
            yield from _name(parts[1:], rows, catalog)
            yield from _about_rows(node, rows, table, catalog)
        case ast.Has(name) | ast.Every(name):
            rows = name.parts[0].text
            yield from _rows(name.parts[0], node.via, table, catalog)
            if isinstance(node, ast.Every):
                yield from _words(node.condition, rows, catalog)
            yield from _about_rows(node, rows, table, catalog)
        case ast.Bringing(noun):
            yield Use(Word(table, plural=noun.text != table), noun.span)
            yield from _within(node, table, catalog)
        case ast.SizePromise(noun=noun):
            yield Use(Word(table, plural=noun.text != table), noun.span)
        case ast.InListFile(value=None):
            yield Use(Word(table, "key"))
        case ast.Compare(ast.Name(parts), _, ast.Text() as text):
            yield from _values(parts, (text,), table, catalog)
            yield from _within(node, table, catalog)
        case ast.InList(ast.Name(parts), options):
            yield from _values(parts, options, table, catalog)
            yield from _within(node, table, catalog)
        case _:
            yield from _within(node, table, catalog)


def _about_rows(node: ast.Call | ast.Has | ast.Every, rows: str, scope: str, catalog: Catalog) -> Iterator[Use]:
    """What stands behind some rows: a filter, what follows them, a window."""
    if node.where is not None:
        yield from _words(node.where, rows, catalog)
    before = rows
    for step in node.steps:
        after = step.table.parts[0].text
        yield from _rows(step.table.parts[0], step.via, scope, catalog)
        if step.where is not None:
            yield from _words(step.where, after, catalog)
        for same in step.same:
            # One name for both tables: where another catalog has two, they cannot be followed by each other.
            yield from _name((same,), before, catalog)
            yield Use(_word(after, same.text, catalog))
        before = after
    if node.window is not None or node.steps:
        yield from _time(rows, catalog)


def _rows(name: ast.Ident, via: ast.Name | None, scope: str, catalog: Catalog) -> Iterator[Use]:
    """A table of rows, and the links that lead from there to the row in scope."""
    yield Use(Word(name.text), name.span)
    yield from _time(name.text, catalog)
    if via is not None:
        yield from _name(via.parts, name.text, catalog)
        return
    (path, *_) = paths_up(catalog, name.text, scope)
    yield from _path(name.text, path, catalog)


def _path(table: str, path: Iterable[str], catalog: Catalog) -> Iterator[Use]:
    for link in path:
        yield Use(Word(table, link))
        table = catalog.tables[table].links[link].table
        yield Use(Word(table))


def _time(table: str, catalog: Catalog) -> Iterator[Use]:
    at_path = catalog.tables[table].at_path
    if at_path is not None:
        yield from _path(table, at_path, catalog)
        yield Use(Word(catalog.target(table, at_path).name, "at"))


def _name(parts: tuple[ast.Ident, ...], table: str, catalog: Catalog) -> Iterator[Use]:
    """The words of a path of names; a name that is no word of the catalog is a metric's, or another definition's."""
    for index, part in enumerate(parts):
        here = catalog.tables[table]
        if part.text in here.links and (len(parts) > 1 or part.text not in here.columns):
            yield Use(Word(table, part.text), part.span)
            table = here.links[part.text].table
            yield Use(Word(table))
        elif part.text in here.columns or (part.text == "at" and here.at_type is not None):
            yield Use(_word(table, part.text, catalog), part.span if part.text in here.columns else None)
        elif index == 0 and part.text in catalog.tables and len(parts) > 1:
            yield Use(Word(part.text), part.span)
            for path in paths_up(catalog, table, part.text)[:1] if part.text != table else ():
                yield from _path(table, path, catalog)
            table = part.text


def _word(table: str, name: str, catalog: Catalog) -> Word:
    return Word(table, "at" if name == "at" and name not in catalog.tables[table].columns else name)


def _values(parts: tuple[ast.Ident, ...], options: Iterable[ast.Node], table: str, catalog: Catalog) -> Iterator[Use]:
    """The texts that a column is compared with."""
    last = None
    for use in _name(parts, table, catalog):
        last = use.word if use.span is not None else last
    if last is not None and last.name in catalog.tables[last.table].columns:
        for option in options:
            if isinstance(option, ast.Text):
                yield Use(Word(last.table, last.name, option.value), option.span)


def in_test(test: yaml.Mapping, catalog: Catalog) -> Iterator[Use]:
    """The words of one test: tables and what their rows say."""
    for key, node in test.entries.values():
        if key.text in EXPECTED:
            continue
        yield Use(Word(key.text), key.span)
        for row in node.items if isinstance(node, yaml.Sequence) else (node,):
            assert isinstance(row, yaml.Mapping)
            for name, value in row.entries.values():
                if name.text == "times":
                    continue
                table = catalog.tables[key.text]
                word = Word(key.text, "key" if name.text == table.key else name.text)
                yield Use(word, name.span if name.text != "at" else None)
                if isinstance(value, yaml.Scalar) and name.text in table.columns and isinstance(value.value, str):
                    yield Use(Word(key.text, name.text, value.value), value.span)


def expected(test: yaml.Mapping) -> Iterator[str]:
    """The segments that a test is about, and the groups that it says who is assigned in."""
    for key, node in test.entries.values():
        if key.text in ("in", "not in") and isinstance(node, yaml.Sequence):
            yield from (item.text for item in node.items if isinstance(item, yaml.Scalar))
        elif key.text == "assigned" and isinstance(node, yaml.Mapping):
            yield from (group.text for group, _ in node.entries.values())
