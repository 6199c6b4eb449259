"""Does the database hold what the catalog declares? Asked before every query, so that the answer is a clear one.

In: the columns that a database has, with the names of their types, and the catalog tables that a query reads. Out:
nothing, or a `DatabaseProblem` that says what to declare instead. Promised: a column whose stored type could give
other values than the declared one is refused, never converted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from segdsl.diagnostics import did_you_mean, listed
from segdsl.semantics.catalog import Catalog, Held, Table
from segdsl.semantics.types import Boolean, Date, Degrees, Number, Point, Text, TextList, Timestamp, Type, Unknown
from segdsl.source import Span

WHOLE_NUMBERS = frozenset(
    ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT")
)
FLOATS = frozenset(("DOUBLE", "FLOAT", "DOUBLE PRECISION", "REAL"))
TEXTS = frozenset(("VARCHAR", "UUID"))
NAIVE_MOMENTS = frozenset(("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"))
ZONED_MOMENTS = frozenset(("TIMESTAMP WITH TIME ZONE",))

POINT_ADVICE = "a point is stored as numbers with at most 12 digits after the decimal point: cast them in a view"


class DatabaseProblem(Exception):
    """The database said no. `help` says what to do, `where` is the line of the project that it is about."""

    def __init__(self, message: str, help: str = "", where: Span | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.help = help
        self.where = where


@dataclass(frozen=True, slots=True)
class Stored:
    """A table as a database has it: what to call it in a message, and the type of each column by its name."""

    called: str
    columns: Mapping[str, str]
    tells_case: bool = False

    def type_of(self, column: str) -> str | None:
        """The stored type; most databases do not tell upper from lower case in names."""
        if self.tells_case:
            return self.columns.get(column)
        folded = {name.casefold(): type_ for name, type_ in self.columns.items()}
        return folded.get(column.casefold())


@dataclass(frozen=True, slots=True)
class Needed:
    """A catalog table that a query reads, and the stored names of the columns it reads."""

    table: Table
    columns: frozenset[str]


def check(needed: Sequence[Needed], stored: Mapping[str, Stored], catalog: Catalog) -> None:
    """Refuses the first column that is not there, or not what it is declared to be. `stored` is by catalog name."""
    for problem in problems(needed, stored, catalog):
        raise problem


def problems(needed: Sequence[Needed], stored: Mapping[str, Stored], catalog: Catalog) -> Iterator[DatabaseProblem]:
    """Every column that is not there, or not what it is declared to be."""
    for each in needed:
        for column in sorted(each.columns):
            yield from _column_problems(each.table, column, stored[each.table.name])
    for each in needed:
        for link in each.table.links.values():
            if link.column in each.columns and link.table in stored:
                yield from _link_problems(each.table, link.name, catalog, stored)


def as_held(catalog: Catalog, stored: Mapping[str, Stored]) -> Catalog:
    """The catalog with what was seen in the database; `stored` is by catalog name, and may lack tables."""
    return replace(catalog, tables={name: _as_held(table, stored.get(name)) for name, table in catalog.tables.items()})


def _as_held(table: Table, stored: Stored | None) -> Table:
    kinds: dict[str, Held] = {"REAL": "real", "DOUBLE PRECISION": "double precision"}
    holds: dict[str, Held] = {}
    for column, data_type in stored.columns.items() if stored is not None else ():
        match kind(data_type):
            case "whole number" | "text" as held:
                holds[column] = held
            case _ if data_type in kinds:
                holds[column] = kinds[data_type]
    return replace(table, holds=holds)


def refuse_faulty_keys(table: Table, faults: Sequence[Sequence[object]]) -> None:
    """`faults` are keys with how many rows each has: those that are missing, or repeated."""
    if not faults:
        return
    missing = sum(int(str(count)) for key, count in faults if key is None)
    repeated = [f"`{key}` ({count} rows)" for key, count in faults if key is not None]
    said = [f"missing in {missing} {'row' if missing == 1 else 'rows'}"] if missing else []
    said += [f"repeated: {', '.join(repeated)}"] if repeated else []
    raise DatabaseProblem(
        f"the key `{table.key}` of `{table.name}` is {' and '.join(said)}",
        f"each row of `{table.name}` needs a key of its own: mend the table, or leave rows out with `where`",
        table.span,
    )


def _column_problems(table: Table, column: str, stored: Stored) -> Iterator[DatabaseProblem]:
    declared = [each for each in table.stored_columns() if each.stored_as == column]
    where = declared[0].span if declared else table.span
    data_type = stored.type_of(column)
    if data_type is None:
        help = did_you_mean(column, stored.columns, f"it has {listed(stored.columns)}")
        yield DatabaseProblem(f"{stored.called} has no column `{column}`", help, where)
        return
    types: Iterable[tuple[Type, Span]] = [(each.type, each.span) for each in declared]
    if column == table.at and table.at_type is not None:
        types = [*types, (table.at_type, where)]
    for type_, span in types:
        if not fits(type_, data_type):
            yield DatabaseProblem(
                f"column `{column}` of {stored.called} is declared as {declared_as(type_)}, and holds {data_type}",
                POINT_ADVICE if isinstance(type_, Degrees) else _advice(data_type, column, is_declared=bool(declared)),
                span,
            )
    if column == table.key and kind(data_type) not in ("whole number", "text"):
        yield DatabaseProblem(
            f"the key `{column}` of {stored.called} holds {data_type}",
            "a key must be a whole number or a text",
            table.span,
        )


def _link_problems(
    table: Table, link_name: str, catalog: Catalog, stored: Mapping[str, Stored]
) -> Iterator[DatabaseProblem]:
    """The two sides of a link must hold the same kind of value: databases compare others by guessing."""
    link = table.links[link_name]
    other = catalog.tables[link.table]
    here, there = stored[table.name], stored[link.table]
    this_type = here.type_of(link.column)
    other_type = there.type_of(other.key) if other.key is not None else None
    if this_type is None or other_type is None or kind(this_type) == kind(other_type):
        return
    yield DatabaseProblem(
        f"column `{link.column}` of {here.called} holds {this_type}, "
        f"and the key `{other.key}` of {there.called} holds {other_type}",
        f"both sides of the link `{link.name}` must be of one type: store them so, or for CSV files declare them so",
        link.span,
    )


def kind(data_type: str) -> str:
    """What a stored type holds, in the words of the catalog; the type itself when segdsl cannot read it."""
    decimal = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", data_type)
    if data_type in WHOLE_NUMBERS or (decimal and decimal[2] == "0"):
        return "whole number"
    if data_type in FLOATS or decimal or data_type == "NUMERIC":
        return "decimal"
    if data_type in TEXTS or data_type.startswith("ENUM("):
        return "text"
    if data_type in NAIVE_MOMENTS:
        return "timestamp"
    if data_type in ZONED_MOMENTS:
        return "timestamp with time zone"
    return {"BOOLEAN": "boolean", "DATE": "date", "VARCHAR[]": "list of text"}.get(data_type, data_type)


def fits(declared: Type, data_type: str) -> bool:
    """Whether every stored value of `data_type` is, without loss or guess, a value of the declared type."""
    stored = kind(data_type)
    match declared:
        case Text():
            return stored == "text"
        case Number(whole=True):
            return stored == "whole number"
        case Number(scale=scale):
            # Rounding what is exact would carry 9.995 over a threshold of 10. Only floats are rounded.
            digits = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", data_type)
            return stored in ("whole number", "decimal") and (digits is None or int(digits[2]) <= scale)
        case Boolean():
            return stored == "boolean"
        case Date():
            return stored == "date"
        case Timestamp(zoned=zoned):
            return stored == ("timestamp with time zone" if zoned else "timestamp")
        case TextList():
            return stored == "list of text"
        case Degrees():
            return fits(Number(scale=declared.scale), data_type)
        case Point() | Unknown():
            return True
        case _:
            assert_never(declared)


def declared_as(type_: Type) -> str:
    """A type as catalog.yml writes it."""
    match type_:
        case Text():
            return "`text`"
        case Number(whole=True):
            return "`integer`"
        case Number():
            return "`decimal`"
        case Boolean():
            return "`boolean`"
        case Date():
            return "`date`"
        case Timestamp(zoned=True):
            return "`timestamp with time zone`"
        case Timestamp():
            return "`timestamp`"
        case TextList():
            return "`list of text`"
        case Point() | Degrees():
            return "part of a `point`"
        case Unknown():
            return "nothing that is known"
        case _:
            assert_never(type_)


def _advice(data_type: str, column: str, *, is_declared: bool) -> str:
    written = {
        "whole number": "integer",
        "decimal": data_type.lower() if data_type.startswith("DECIMAL(") else "decimal(12,2)",
        "text": "text",
        "timestamp": "timestamp",
        "timestamp with time zone": "timestamp with time zone",
        "boolean": "boolean",
        "date": "date",
        "list of text": "list of text",
    }.get(kind(data_type))
    if written is None:
        return "segdsl cannot read such values: leave the column out, or cast it in a view"
    if not is_declared:
        return f"declare the column in catalog.yml: `{column}: {written}`"
    return f"declare it in catalog.yml as `{written}`, or cast it in a view"
