"""Examples as text: the row and its history in YAML, ready to be pasted as a test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from itertools import groupby
from json import dumps
from zoneinfo import ZoneInfo

from segdsl.overlap.witness import Example
from segdsl.semantics import ir


def printed(example: Example, program: ir.Program) -> str:
    """The example as YAML: `as_of`, the row of the entity, then the rows of each table, alike ones counted."""
    zone = ZoneInfo(program.timezone)
    at = example.as_of.astimezone(zone).replace(tzinfo=None)
    lines = [f"as_of: {_value(at, zone)}"]
    lines += _row(example.entity, example.world[example.entity][0], zone)
    for table in sorted(example.world):
        rows = example.world[table][1:] if table == example.entity else example.world[table]
        if rows:
            lines += _rows(table, rows, program, zone)
    return "\n".join(lines)


def _row(table: str, row: Mapping[str, object], zone: ZoneInfo) -> Iterator[str]:
    yield f"{table}: {_mapping(row, zone)}"


def _rows(table: str, rows: Sequence[Mapping[str, object]], program: ir.Program, zone: ZoneInfo) -> Iterator[str]:
    yield f"{table}:"
    meant = program.catalog.tables[table]
    keys = (
        {meant.key}
        if not any(link.table == table for each in program.catalog.tables.values() for link in each.links.values())
        else set()
    )

    def shown(row: Mapping[str, object]) -> str:
        return _mapping({name: value for name, value in row.items() if name not in keys}, zone)

    for text, alike in groupby(map(shown, rows)):
        times = len(list(alike))
        yield f"  - {text}" if times == 1 else f"  - {{times: {times}, {text[1:]}"


def _mapping(row: Mapping[str, object], zone: ZoneInfo) -> str:
    return (
        "{"
        + ", ".join(f"{_name(name)}: {_value(value, zone)}" for name, value in row.items() if value is not None)
        + "}"
    )


def _name(name: str) -> str:
    return name if name.isidentifier() else dumps(name, ensure_ascii=False)


def _value(value: object, zone: ZoneInfo) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            wall = value if value.tzinfo is None else value.astimezone(zone).replace(tzinfo=None)
            if wall.time() == time():
                return f"{wall.date()}"
            return wall.isoformat(sep=" ", timespec="minutes" if not (wall.second or wall.microsecond) else "auto")
        case date() | int():
            return str(value)
        case Decimal():
            return f"{value.normalize():f}"
        case list() | tuple():
            return "[" + ", ".join(_value(each, zone) for each in value) + "]"
        case _:
            text = str(value)
            return (
                text
                if text.isidentifier() and text.isascii() and text not in RESERVED
                else dumps(text, ensure_ascii=False)
            )


# Words that YAML takes for something else than text.
RESERVED = {
    "true",
    "false",
    "null",
    "yes",
    "no",
    "on",
    "off",
    "True",
    "False",
    "Null",
    "Yes",
    "No",
    "On",
    "Off",
    "y",
    "n",
    "Y",
    "N",
    "NO",
}
