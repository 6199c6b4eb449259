"""What the texts of a CSV file look like: the type that all values of a column fit, and the values as that type.

In: a view whose columns are texts. Out: the columns with types in the words of `introspection`. Promised: a text that
would lose something as a number, such as a zero in front, stays a text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from segdsl.introspection import kind
from segdsl.inventory.seen import Column
from segdsl.warehouse.database import Database

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy import Table as SqlTable
    from sqlalchemy.types import TypeEngine

# Whole numbers that a database keeps, without zeros in front: those are parts of a code.
WHOLE = r"-?(0|[1-9][0-9]{0,17})"
DECIMAL = r"-?(0|[1-9][0-9]{0,19})([.][0-9]{1,12})?"
DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
CLOCK = r"[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?"
ZONE = r" ?(Z|[+-][0-9]{2}(:?[0-9]{2})?)"
BOOLEAN = r"true|false|TRUE|FALSE|True|False"
LIST = r'\[\s*("([^"\\]|\\.)*"\s*(,\s*"([^"\\]|\\.)*"\s*)*)?\]'
# The narrowest first. What each text must look like, and the type that it must then be read as.
FORMS = (
    ("BOOLEAN", BOOLEAN),
    ("BIGINT", WHOLE),
    ("DECIMAL", DECIMAL),
    ("DATE", DATE),
    ("TIMESTAMP", f"{DATE}({CLOCK})?"),
    ("TIMESTAMP WITH TIME ZONE", f"{DATE}{CLOCK}{ZONE}"),
    ("VARCHAR[]", LIST),
)
LEAST_PRECISION = 12
# So many columns are asked of in one query.
AT_ONCE = 40


def sniffed(database: Database, sql: SqlTable, columns: Sequence[Column]) -> tuple[Column, ...]:
    """The columns with the narrowest type that all their values fit; a text where there are no values."""
    found: list[Column] = []
    for start in range(0, len(columns), AT_ONCE):
        found += _sniffed(database, sql, columns[start : start + AT_ONCE])
    return tuple(found)


def _sniffed(database: Database, sql: SqlTable, columns: Sequence[Column]) -> Iterator[Column]:
    from sqlalchemy import func, select

    asked: list[ColumnElement[Any]] = []
    for column in columns:
        text = sql.c[column.name]
        asked.append(func.count(text))
        asked += [func.count().filter(func.regexp_full_match(text, form) & _reads(text, name)) for name, form in FORMS]
        before, after = (func.max(func.length(func.split_part(text, ".", part))) for part in (1, 2))
        asked += [before, after]
    (found,) = database.select(select(*asked).select_from(sql))
    each = len(FORMS) + 3
    rows = [found[start : start + each] for start in range(0, len(found), each)]
    yield from (replace(column, type=_type(*row)) for column, row in zip(columns, rows, strict=True))


def _reads(text: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Whether a text is also a value of the type: 2026-02-31 is no date."""
    from sqlalchemy import true

    if name not in ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"):
        return true()
    return read_as(text, name).is_not(None)


def _type(known: int, *fitting: Any) -> str:
    *counts, before, after = fitting
    for (name, _), count in zip(FORMS, counts, strict=True):
        if known and count == known:
            if name == "DECIMAL":
                return f"DECIMAL({min(38, max(LEAST_PRECISION, before + after))},{after})"
            return name
    return "VARCHAR"


def read_as(text: ColumnElement[Any], type_: str) -> ColumnElement[Any]:
    """A text as a value of the type; missing where it is none."""
    from sqlalchemy import BigInteger, Boolean, Date, DateTime, Numeric, try_cast

    types: dict[str, TypeEngine[Any]] = {
        "whole number": BigInteger(),
        "decimal": Numeric(38, 12),
        "boolean": Boolean(),
        "date": Date(),
        "timestamp": DateTime(),
        "timestamp with time zone": DateTime(timezone=True),
    }
    meant = types.get(kind(type_))
    return text if meant is None else try_cast(text, meant)
