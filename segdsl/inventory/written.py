"""Guesses as lines of a catalog, with comments that say what is a guess and what it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from segdsl.grammar.catalog_edits import Entry, Line, Remark
from segdsl.inventory.guesses import Declared, Guess, Link


def table(guess: Guess) -> Entry:
    """The entry of a table."""
    lines: list[Line] = [Entry("from", ".".join(guess.seen.parts))]
    if guess.key is not None:
        lines.append(Entry("key", guess.key, guess.key_why))
    if guess.at is not None:
        lines.append(Entry("at", guess.at, guess.at_why))
    if guess.links:
        lines.append(Entry("links", tuple(map(link, guess.links))))
    if guess.columns:
        lines.append(Entry("columns", tuple(column(each) for each in guess.columns)))
    lines += left_out(guess.left_out)
    rows = "" if guess.seen.rows is None else "1 row" if guess.seen.rows == 1 else f"{guess.seen.rows:,} rows"
    return Entry(guess.name, tuple(lines), "; ".join(each for each in (guess.seen.about, rows) if each))


def link(found: Link) -> Entry:
    if found.name == found.table:
        return Entry(found.name, found.column, found.why)
    return Entry(found.name, (Entry("column", found.column), Entry("table", found.table)), found.why, in_braces=True)


def column(found: Declared) -> Entry:
    more: list[Line] = []
    if found.place is not None:
        more = [Entry("latitude", found.place[0]), Entry("longitude", found.place[1])]
    elif found.stored_as != found.name:
        more.append(Entry("from", found.stored_as))
    if found.values:
        more.append(Entry("values", found.values))
    if found.required:
        more.append(Entry("required", True))
    if not more:
        return Entry(found.name, found.type, found.note)
    return Entry(found.name, (Entry("type", found.type), *more), found.note, in_braces=True)


def left_out(found: Mapping[str, str]) -> list[Line]:
    """What is not declared, as comments."""
    return [Remark(f"{name}: {why}") for name, why in found.items()]


def entries(guesses: Sequence[Guess]) -> tuple[Entry, ...]:
    return tuple(map(table, guesses))
