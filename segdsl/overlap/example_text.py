"""An example customer as YAML, ready to be pasted as a test of definitions.

In: an example. Out: lines like those of a file of tests: `as_of`, the row of the entity under its table's name, then
the rows of other tables. Rows that belong to it leave the link to it out; keys are written where a row leads to
them, or where they could matter.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from segdsl.overlap.witness import Example, Stored, name_of
from segdsl.semantics import ir
from segdsl.semantics.catalog import Table

# Words that YAML reads as something else than text; all other plain ones need no quotes.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]*( [A-Za-z0-9_-]+)*")
_TAKEN = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


def as_yaml(example: Example, program: ir.Program) -> str:
    """The example as a block of YAML that ends with a line break."""
    zone = ZoneInfo(program.timezone)
    lines = [f"as_of: {_moment(example.as_of.astimezone(zone).replace(tzinfo=None))}"]
    entity = program.catalog.tables[example.entity]
    others = [name for name in program.catalog.tables if name != example.entity]
    referred = set(_referred(example, program))
    for name in (example.entity, *others):
        table = program.catalog.tables[name]
        rows = [_row(table, row, example, referred) for row in example.world.get(name, ())]
        if table is entity and len(rows) == 1:
            lines.append(f"{name}: {rows[0]}")
        elif rows:
            lines.append(f"{name}:")
            lines += [f"  - {_many(row, rows.count(row))}" for row in dict.fromkeys(rows)]
    return "\n".join(lines) + "\n"


def _many(row: str, times: int) -> str:
    """A row that is there several times says so first."""
    if times == 1:
        return row
    return f"{{times: {times}}}" if row == "{}" else f"{{times: {times}, {row[1:]}"


def _referred(example: Example, program: ir.Program) -> Iterator[tuple[str, object]]:
    """Tables and keys that rows lead to."""
    for name, rows in example.world.items():
        table = program.catalog.tables[name]
        for link in table.links.values():
            for row in rows:
                yield link.table, _stored(table, row, link.column)


def _row(table: Table, row: Stored, example: Example, referred: set[tuple[str, object]]) -> str:
    key = None if table.key is None else _stored(table, row, table.key)
    is_alone = len(example.world.get(example.entity, ())) == 1
    hidden: set[str] = set()
    is_customer = table.name == example.entity
    # Samples and ties look at keys: one that a test would not get by itself, and those of company, are shown.
    is_plain = is_alone and key in (1, f"{table.name}-1") if is_customer else (table.name, key) not in referred
    if table.key is not None and is_plain:
        # A key that is a link, too, stays where it leads to a row.
        links = [link.table for link in table.links.values() if link.column == table.key]
        if not any(example.world.get(target) for target in links):
            hidden.add(name_of(table, table.key))
    for link in table.links.values():
        is_own = link.table == example.entity and table.name != example.entity and is_alone
        if is_own and _stored(table, row, link.column) == example.key:
            hidden.add(name_of(table, link.column))
    shown = {_shown_as(table, name): value for name, value in row.items() if value is not None and name not in hidden}
    return "{" + ", ".join(f"{name}: {_scalar(value)}" for name, value in shown.items()) + "}"


def _stored(table: Table, row: Stored, stored_as: str) -> object:
    return row.get(name_of(table, stored_as))


def _shown_as(table: Table, name: str) -> str:
    return "at" if table.at is not None and name == name_of(table, table.at) else name


def _scalar(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format(value.normalize() if value != value.to_integral_value() else value.to_integral_value(), "f")
        case datetime():
            return _moment(value)
        case date():
            return value.isoformat()
        case list() | tuple():
            return "[" + ", ".join(_scalar(each) for each in value) + "]"
        case str():
            is_plain = _PLAIN.fullmatch(value) is not None and value.lower() not in _TAKEN
            return value if is_plain else json.dumps(value, ensure_ascii=False)
    return str(value)


def _moment(moment: datetime) -> str:
    """A moment with no more digits than it has; one of a zone says so."""
    text = moment.isoformat(
        timespec="microseconds" if moment.microsecond else "seconds" if moment.second else "minutes"
    )
    return text.replace("+00:00", "Z")
