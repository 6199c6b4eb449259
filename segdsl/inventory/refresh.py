"""An existing catalog beside what a database holds: what it lacks is added, what no longer fits is told.

In: the text of a catalog and what it declares, guesses about all tables that were seen. Out: the text with more tables
and columns, and remarks. Promised: nothing that people wrote changes; what they wrote as a comment stays out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from segdsl.diagnostics import listed
from segdsl.grammar.catalog_edits import INDENT, Entry, Line, with_entries, written
from segdsl.introspection import Needed, Stored, problems
from segdsl.inventory import seen
from segdsl.inventory import written as lines
from segdsl.inventory.guesses import Guess, columns_of
from segdsl.semantics.catalog import Catalog, Table
from segdsl.semantics.types import Text

HEAD = """\
# What definitions may talk about. Guesses say what they rest on; what nobody shall ask for may be taken out: as a
# comment it stays out when the catalog is pulled again.
"""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """The new text of a catalog, the guesses about tables that are new in it, by table the columns that are, and what
    no longer fits."""

    text: str
    tables: tuple[Guess, ...]
    columns: Mapping[str, tuple[str, ...]]
    remarks: tuple[str, ...]


def known(catalog: Catalog | None, tables: Sequence[seen.Table]) -> dict[tuple[str, ...], str]:
    """What a catalog calls the tables that it declares."""
    declared = catalog.tables.values() if catalog is not None else ()
    return {
        table.parts: next(each.name for each in declared if table.is_stored_in(each.stored_in))
        for table in tables
        if any(table.is_stored_in(each.stored_in) for each in declared)
    }


def begun(guesses: Sequence[Guess], entity: str | None) -> Refreshed:
    """A catalog of its own."""
    tables = "\n".join(written([each], INDENT) for each in lines.entries(guesses))
    whose = written([Entry("entity", entity or guesses[0].name)])
    return Refreshed(f"{HEAD}tables:\n{tables}\n{whose}", tuple(guesses), {}, ())


def refreshed(text: str, catalog: Catalog, guesses: Sequence[Guess], all_seen: Sequence[seen.Table]) -> Refreshed:
    """The catalog with what it lacks."""
    new: list[Guess] = []
    columns: dict[str, tuple[str, ...]] = {}
    remarks: list[str] = []
    added: list[tuple[tuple[str, ...], Sequence[Line]]] = []
    for guess in guesses:
        over = [each for each in catalog.tables.values() if guess.seen.is_stored_in(each.stored_in)]
        if not over:
            if not _is_commented(guess.name, text):
                new.append(guess)
            continue
        home = over[0]
        links, more = _lacking(guess, over, text)
        if links or more:
            columns[home.name] = tuple(each.key for each in (*links, *more))
            added += [(("tables", home.name, "links"), links), (("tables", home.name, "columns"), more)]
        for each in over:
            remarks += _unfitting(each, guess.seen, catalog)
    added.append((("tables",), lines.entries(new)))
    for path, entries in added:
        text = with_entries(text, path, entries) if entries else text
    for table in catalog.tables.values():
        if not any(each.is_stored_in(table.stored_in) for each in all_seen):
            remarks.append(f"`{table.name}` is read from `{'.'.join(table.stored_in)}`, which is not there")
    return Refreshed(text, tuple(new), columns, tuple(remarks))


def _lacking(guess: Guess, over: Sequence[Table], text: str) -> tuple[list[Entry], list[Entry]]:
    """The links and the columns of a table that no catalog table over it names."""
    table = guess.seen
    named = {table.folded(name) for each in over for name in _stored_names(each)}
    home = over[0]
    block = _block_of(home, text)
    unknown = [
        each for each in table.columns if table.folded(each.name) not in named and not _is_commented(each.name, block)
    ]
    links = [link for link in guess.links if link.name not in home.links and link.column in {c.name for c in unknown}]
    led = {link.column for link in links}
    declared, _ = columns_of(table, [each for each in unknown if each.name not in led], {*home.columns, *home.links})
    fitting = [each for each in declared if not _is_commented(each.name, block)]
    return list(map(lines.link, links)), list(map(lines.column, fitting))


def _stored_names(table: Table) -> Iterator[str]:
    yield from (each.stored_as for each in table.stored_columns())
    yield from (link.column for link in table.links.values())
    yield from (name for name in (table.key, table.at) if name is not None)


def _block_of(table: Table, text: str) -> str:
    """What stands between the name of a table and that of the next."""
    rest = text[text.find("\n", table.span.end) + 1 :]
    indent = table.span.start - (text.rfind("\n", 0, table.span.start) + 1)
    end = re.search(rf"^ {{0,{indent}}}[^\s#]", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def _is_commented(name: str, text: str) -> bool:
    return re.search(rf"#.*?(?<!\w)[\"'`]?{re.escape(name)}[\"'`]?\s*:", text) is not None


def _unfitting(table: Table, stored: seen.Table, catalog: Catalog) -> Iterator[str]:
    """What a table declares, and the database does not hold."""
    types = {each.name: each.type for each in stored.columns}
    alone = replace(catalog, tables={**catalog.tables, table.name: replace(table, links={})})
    held = Stored(stored.called, types, stored.tells_case)
    for name in sorted(set(_stored_names(table))):
        if held.type_of(name) is None or not stored.is_text:
            needed = Needed(replace(table, links={}), frozenset((name,)))
            for problem in problems([needed], {table.name: held}, alone):
                yield f"{problem.message}: {problem.help}"
    for column in table.stored_columns():
        found = stored.column(column.stored_as)
        if isinstance(column.type, Text) and column.type.values and found is not None and found.values:
            others = [each for each in found.values if each not in column.type.values]
            if others:
                yield f"`{column.name}` of `{table.name}` holds {listed(others)}, which its `values` do not name"
