"""What follows from tables as they are seen: keys, links, times, closed lists, and whose segments these will be.

In: tables as seen. Out: for each what a catalog would say of it, and how sure that is. What the database declares is
sure; all else is a guess, and says what it rests on. Promised: the same tables give the same guesses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from segdsl.introspection import kind
from segdsl.inventory.names import free, singular, worded
from segdsl.inventory.seen import Column, Pairing, Share, Table, find

# A link that so few rows follow is not one.
LEAST_SHARE = 0.5
# A text column with so few values, each so often, is a closed list.
MOST_VALUES = 12
LEAST_ROWS_A_VALUE = 10
LEAST_ROWS = 20
LONGEST_VALUE = 40
# Digits after the point of numbers that are stored without a scale. Floats show more than anybody meant.
LEAST_DIGITS, MOST_DIGITS, OF_NOISE = 2, 6, 4
# What people are called whom segments are made of, the likeliest first.
PEOPLE = (
    "customer", "client", "user", "member", "subscriber", "contact", "person", "household", "account", "patient",
    "guest", "student", "donor", "lead", "company", "organization", "kunde", "customer_account",
)  # fmt: skip
MOMENTS = ("date", "timestamp", "timestamp with time zone")
# Of several moments of a row: those that say when it came about, and those that say something else.
CAME_ABOUT = re.compile(
    r"(^|_)(at|on|date|time|timestamp|datetime|ts|day|datum|created|placed|ordered|occurred|sent|event|purchased|invoice)"
    r"(_|$)"
)
SOMETHING_ELSE = re.compile(
    r"(^|_)(updated|modified|changed|deleted|due|required|shipped|delivered|expires|expiry|end|ends|ended|until|valid|birth"
    r"|birthday|dob|paid|cancelled|canceled|closed|last|loaded|synced|imported|hire)(_|$)"
)
LATITUDE, LONGITUDE = re.compile(r"(^|_)lat(itude)?$"), re.compile(r"(^|_)(lon|lng|long|longitude)$")


@dataclass(frozen=True, slots=True)
class Link:
    """`name` is the link, `column` holds the key of `table`; `why` is empty where the database declares it."""

    name: str
    column: str
    table: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Declared:
    """A column of a catalog: `values` of a closed list, `place` the stored latitude and longitude of a point.

    `note` says what was seen, and what is guessed.
    """

    name: str
    stored_as: str
    type: str
    required: bool = False
    values: tuple[str, ...] = ()
    place: tuple[str, str] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Guess:
    """A table of a catalog, and why it says what it does. `left_out` are columns that cannot be read, with a reason."""

    name: str
    seen: Table
    key: str | None = None
    key_why: str = ""
    at: str | None = None
    at_why: str = ""
    links: tuple[Link, ...] = ()
    columns: tuple[Declared, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)


def called(tables: Sequence[Table], known: Mapping[tuple[str, ...], str]) -> dict[tuple[str, ...], str]:
    """What a catalog calls each table; `known` are those that it calls something already."""
    found = dict(known)
    # Those that need no schema to be found have the first choice.
    for table in sorted(tables, key=lambda each: len(each.parts)):
        if table.parts not in found:
            bare = re.sub(r"\.(csv|parquet)$", "", table.parts[-1], flags=re.IGNORECASE)
            name = singular(worded(bare.rpartition("/")[2]))
            if name in found.values() and len(table.parts) > 1:
                name = f"{worded(table.parts[-2])}_{name}"
            found[table.parts] = free(name, set(found.values()))
    return found


# --- keys -----------------------------------------------------------------------------------------


def key_of(table: Table, name: str) -> tuple[str | None, str]:
    """The column whose values tell rows apart, and why it is taken to be."""
    if len(table.key) == 1:
        return (table.key[0], "") if _may_be_key(table.column(table.key[0])) else (None, "")
    if table.key:
        return None, f"the key of several columns, {', '.join(table.key)}, tells rows apart, and a key is one column"
    unique = [
        each
        for each in table.columns
        if _may_be_key(each) and table.rows and each.missing == 0 and each.different == table.rows
    ]
    ranked = sorted(unique, key=lambda each: (-_key_fitness(worded(each.name), name), table.columns.index(each)))
    if not ranked or not _key_fitness(worded(ranked[0].name), name):
        return None, ""
    return ranked[0].name, f"guessed: each of {table.rows:,} rows has another"


def _may_be_key(column: Column | None) -> bool:
    return column is not None and kind(column.type) in ("whole number", "text")


def _key_fitness(column: str, table: str) -> int:
    """How much a column is called like the key of a table; 0 where it is not at all."""
    last = table.rpartition("_")[2]
    if column in ("id", f"{table}_id", f"{table}_key", f"{table}_no", f"{table}_number", f"{table}_code"):
        return 4
    if column in (f"{last}_id", "key", "uuid", "guid", f"{table}_uuid", "code", table):
        return 3
    return 2 if re.search(r"(^|_)(id|key|uuid|guid|code|number|no|nr|sku)$|[^_]id$", column) else 0


# --- links ----------------------------------------------------------------------------------------


def pairings(tables: Sequence[Table], names: Mapping[tuple[str, ...], str]) -> list[Pairing]:
    """Columns that, by their names, may hold the keys of other tables: the rows decide."""
    keys = {table.parts: key_of(table, names[table.parts])[0] for table in tables}
    found = []
    for table in tables:
        declared = {each.column for each in table.references}
        for column in table.columns:
            if column.name in declared or not _may_be_key(column):
                continue
            if column.name == keys[table.parts] and worded(column.name) in ("id", f"{names[table.parts]}_id"):
                continue
            others = [each for each in tables if (key := keys[each.parts]) is not None and _is_alike(column, each, key)]
            ranked = sorted(
                ((fit, -n, other) for n, other in enumerate(others)
                 if (fit := _fits(worded(column.name), names[other.parts], worded(str(keys[other.parts]))))
                 and (other is not table or worded(column.name) != worded(str(keys[other.parts])))),
                key=lambda each: each[:2], reverse=True,
            )  # fmt: skip
            if ranked:
                other = ranked[0][2]
                found.append(Pairing(table, column.name, other, str(keys[other.parts])))
    return found


def _is_alike(column: Column, other: Table, key: str) -> bool:
    target = other.column(key)
    return target is not None and kind(target.type) == kind(column.type)


def _fits(column: str, table: str, key: str) -> int:
    """How much a column is called like one that holds keys of a table."""
    last = table.rpartition("_")[2]
    endings = ("id", "key", "no", "number", "code", "uuid", "")
    whole = {f"{table}_{ending}".rstrip("_") for ending in endings}
    if column in whole:
        return 4
    if column == key and key not in ("id", "key", "code", "uuid", "number", "no", "name"):
        return 3
    if last != table and column in {f"{last}_{ending}".rstrip("_") for ending in endings}:
        return 2
    return 1 if any(column.endswith(f"_{each}") for each in whole) else 0


# --- all of it --------------------------------------------------------------------------------------


def guessed(
    tables: Sequence[Table], names: Mapping[tuple[str, ...], str], shares: Sequence[tuple[Pairing, Share]]
) -> tuple[list[Guess], str | None]:
    """What a catalog would say of each table, and the table that segments are sets of, if one can be."""
    found = []
    for table in tables:
        key, why = key_of(table, names[table.parts])
        links = [*_declared_links(table, tables, names), *_guessed_links(table, names, shares)]
        found.append(Guess(names[table.parts], table, key, why, links=tuple(_named_links(links))))
    entity = entity_of(found)
    return [_with_columns(_with_time(each, entity), found) for each in found], entity


def _declared_links(
    table: Table, tables: Sequence[Table], names: Mapping[tuple[str, ...], str]
) -> Iterator[tuple[str, str, str]]:
    for reference in table.references:
        other = find(tables, reference.parts)
        if other is not None and len(other.key) == 1:
            yield reference.column, names[other.parts], ""


def _guessed_links(
    table: Table, names: Mapping[tuple[str, ...], str], shares: Sequence[tuple[Pairing, Share]]
) -> Iterator[tuple[str, str, str]]:
    for pairing, share in shares:
        if pairing.table is table and share.known and share.found >= LEAST_SHARE * share.known:
            other = names[pairing.other.parts]
            yield pairing.column, other, f"guessed: {_percent(share)} of {share.known:,} rows find their {other}"


def _percent(share: Share) -> str:
    part = 100 * share.found / share.known
    return "all" if share.found == share.known else f"{min(part, 99.9):.1f} %"


def _named_links(found: Sequence[tuple[str, str, str]]) -> Iterator[Link]:
    """Links are called like the table, or like the column where several lead there."""
    several = {table for _, table, _ in found if sum(table == other for _, other, _ in found) > 1}
    taken: set[str] = set()
    for column, table, why in found:
        bare = re.sub(r"_(id|key|no|number|code|uuid)$", "", worded(column))
        name = free(bare if table in several or not bare.endswith(table) else table, taken)
        taken.add(name)
        yield Link(name, column, table, why)


def entity_of(found: Sequence[Guess]) -> str | None:
    """The table whose rows segments will be sets of: people first, then what most other tables lead to."""
    keyed = [each for each in found if each.key is not None]
    if not keyed:
        return None
    leading = {each.name: sum(link.table == each.name for other in found for link in other.links) for each in keyed}

    def rank(each: Guess) -> tuple[int, int]:
        words = [place for place, word in enumerate(PEOPLE) if each.name == word or each.name.endswith(f"_{word}")]
        return (min(words, default=len(PEOPLE)) if leading[each.name] or words else len(PEOPLE), -leading[each.name])

    return min(keyed, key=rank).name


def _with_time(guess: Guess, entity: str | None) -> Guess:
    """With the column that says when a row came about: rows of what happens have one, things that are there none."""
    moments = [each for each in guess.seen.columns if kind(each.type) in MOMENTS]
    if not moments or guess.name == entity or not guess.links:
        return guess
    likely = [each for each in moments if not SOMETHING_ELSE.search(worded(each.name))]
    if not likely:
        return guess
    stem = guess.name.rpartition("_")[2]

    def fitness(each: Column) -> tuple[bool, bool, int]:
        name = worded(each.name)
        return (stem in name, CAME_ABOUT.search(name) is not None, MOMENTS.index(kind(each.type)))

    best = max(likely, key=fitness)
    others = [each.name for each in moments if each is not best]
    why = f"guessed; other moments: {', '.join(others)}" if others else "guessed: the only moment"
    return replace(guess, at=best.name, at_why=why)


def _with_columns(guess: Guess, all_: Sequence[Guess]) -> Guess:
    used = {link.column for link in guess.links} - {guess.key}
    links = {link.name for link in guess.links}
    columns, left_out = columns_of(guess.seen, [each for each in guess.seen.columns if each.name not in used], links)
    if guess.key is None and guess.key_why:
        left_out = {"key": guess.key_why, **left_out}
    return replace(guess, columns=columns, left_out=left_out)


def columns_of(
    table: Table, columns: Sequence[Column], taken: Sequence[str] | set[str] = ()
) -> tuple[tuple[Declared, ...], dict[str, str]]:
    """What a catalog says of some columns of a table, and why it says nothing of others."""
    names = set(taken)
    found: list[Declared] = []
    left_out: dict[str, str] = {}
    ends = {end.name for pair in _points(columns) for end in pair}
    for latitude, longitude in _points(columns):
        stem = LATITUDE.sub("", worded(latitude.name)).strip("_") or "location"
        name = free(stem, names)
        names.add(name)
        found.append(Declared(name, "", "point", place=(latitude.name, longitude.name), note="guessed by the names"))
    for column in columns:
        type_ = written_type(column)
        if column.name in ends:
            continue
        if type_ is None:
            left_out[column.name] = f"is {column.type.lower()}, which segdsl does not read"
            continue
        name = free(worded(column.name), names)
        names.add(name)
        values, note = _closed_list(column, table)
        found.append(Declared(name, column.name, type_, column.required, values, note=note or _range(column)))
    return tuple(found), left_out


def _points(columns: Sequence[Column]) -> list[tuple[Column, Column]]:
    """Latitudes and longitudes that belong together by their names."""
    numbers = [each for each in columns if kind(each.type) in ("decimal", "whole number")]
    east = {LONGITUDE.sub("", worded(each.name)): each for each in numbers if LONGITUDE.search(worded(each.name))}
    north = {LATITUDE.sub("", worded(each.name)): each for each in numbers if LATITUDE.search(worded(each.name))}
    return [(each, east[stem]) for stem, each in north.items() if stem in east]


def written_type(column: Column) -> str | None:
    """The type that a catalog declares over a stored one; None where segdsl cannot read it."""
    match kind(column.type):
        case "whole number":
            return "integer"
        case "decimal":
            digits = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", column.type)
            return f"decimal({digits[1]},{digits[2]})" if digits else f"decimal(18,{_scale(column)})"
        case "text" | "boolean" | "date" | "timestamp" | "timestamp with time zone" | "list of text" as plain:
            return plain
    return None


def _scale(column: Column) -> int:
    """How many digits after the point are kept of a number that is stored without a scale."""
    return OF_NOISE if column.digits > MOST_DIGITS else max(column.digits, LEAST_DIGITS)


def _closed_list(column: Column, table: Table) -> tuple[tuple[str, ...], str]:
    if column.is_enum:
        return column.values, ""
    rows = (table.rows or 0) - (column.missing or 0)
    few = 0 < len(column.values) <= MOST_VALUES and rows >= max(LEAST_ROWS, LEAST_ROWS_A_VALUE * len(column.values))
    if kind(column.type) != "text" or not few or max(map(len, column.values)) > LONGEST_VALUE:
        return (), ""
    return column.values, f"guessed: all that {rows:,} rows hold"


def _range(column: Column) -> str:
    if (
        not column.least
        or kind(column.type) in ("text", "boolean", "list of text")
        or _key_fitness(worded(column.name), "")
    ):
        return ""
    least, most = (_rounded(end, column) for end in (column.least, column.most))
    seen = f"{least} to {most} seen" if least != most else f"only {least} seen"
    return f"{seen}, with more digits than these" if column.digits > MOST_DIGITS else seen


def _rounded(number: str, column: Column) -> str:
    return f"{Decimal(number):.{OF_NOISE}f}" if column.digits > MOST_DIGITS else number
