"""Broken declarations in words: a claim and what was counted to a finding. Knows no database.

A message says what is broken and not how often, so that a baseline keeps it while data come in; the numbers and
examples are its details. The help has the very line that would be true of the data.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import assert_never

from segdsl.backends.declarations import MOST_EXAMPLES, Claim
from segdsl.diagnostics import Report
from segdsl.introspection import declared_as
from segdsl.semantics.catalog import Column, Link, Table
from segdsl.semantics.types import (
    Boolean,
    Date,
    Degrees,
    Number,
    Point,
    Text,
    TextList,
    Timestamp,
    Type,
)

# Of a longer list the line that declares it would not be read.
LONGEST_LIST = 20
LONGEST_VALUE = 60
# No type has more digits: see docs/language.md.
MOST_DIGITS, MOST_AFTER_POINT = 28, 12
# What YAML reads as a text without quotes, inside of braces, too.
PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?: [A-Za-z0-9_]+)*")
NO_TEXTS = frozenset(("true", "false", "null", "yes", "no", "on", "off", "y", "n"))


@dataclass(frozen=True, slots=True)
class Found:
    """How many of `rows` rows break a claim, and some of the values that do, or keys, with how many rows have each."""

    claim: Claim
    rows: int
    count: int
    examples: tuple[tuple[object, int], ...]


def report(found: Found, report: Report) -> None:
    """Adds the finding for a claim that is broken."""
    claim = found.claim
    name, table = f"`{claim.about.name}`", f"`{claim.table.name}`"
    details = [_of_rows(found.count, found.rows)]
    if claim.kind in ("missing", "untimed"):
        details += _keys(claim.table, [value for value, _ in found.examples])
    else:
        details += [f"{_shown(value)} in {_rows(count)}" for value, count in found.examples]
    rule, message = _said(claim, name, table)
    report.add(rule, message, claim.about.span, help=_help(found), details=details)


def report_key(
    table: Table, rows: int, known: int, different: int, faults: Sequence[Sequence[object]], report: Report
) -> None:
    """Adds the finding for a key that is missing or repeated; `faults` are such keys with how many rows have each."""
    details = [f"missing in {_of_rows(rows - known, rows)}"] if known < rows else []
    if different < known:
        details.append(f"{known:,} known keys, {different:,} different ones")
        details += [f"{_shown(key)} in {_rows(int(str(count)))}" for key, count in faults if key is not None]
    help = f"each row of `{table.name}` needs a key of its own: mend the data, or leave rows out with `where`"
    message = f"the key `{table.key}` of `{table.name}` does not stand for one row"
    report.add("faulty-key", message, table.span, help=help, details=details)


def _said(claim: Claim, name: str, table: str) -> tuple[str, str]:
    """The rule that is broken, and what is wrong."""
    type_ = claim.about.type if isinstance(claim.about, Column) else None
    match claim.kind:
        case "unreadable":
            assert type_ is not None
            return "unreadable-value", f"{name} of {table} holds values that are not {declared_as(type_)}"
        case "rounded":
            assert isinstance(type_, Number)
            return "rounded-value", f"{name} of {table} holds more than {type_.scale} digits after the point"
        case "missing":
            return "missing-value", f"{name} of {table} is `required`, and is missing"
        case "untimed":
            return "missing-time", f"rows of {table} have no time: {name} is missing"
        case "unlisted":
            return "unlisted-value", f"{name} of {table} holds texts that are not in its `values`"
        case "below":
            assert isinstance(type_, Number) and type_.low is not None
            return "value-beyond-range", f"{name} of {table} is below its `min`, {type_.low:,f}"
        case "above":
            assert isinstance(type_, Number) and type_.high is not None
            return "value-beyond-range", f"{name} of {table} is above its `max`, {type_.high:,f}"
        case "lost":
            assert isinstance(claim.about, Link)
            return "lost-link", f"the link {name} of {table} leads to rows of `{claim.about.table}` that are not there"
        case _:
            assert_never(claim.kind)


def _help(found: Found) -> str:
    """What to type."""
    claim, column = found.claim, found.claim.about
    if isinstance(column, Link):
        return f"add the rows to `{column.table}`: until then all that is asked over this link is missing"
    match claim.kind, column.type:
        case "unreadable", type_:
            instead = line(replace(column, type=_wider(type_, found), required=column.required))
            return f"{_written(type_)}, or declare `{instead}`"
        case "rounded", Number(scale=scale, precision=precision) as type_:
            digits = max(len(str(value).strip().partition(".")[2]) for value, _ in found.examples)
            scale = min(max(digits, scale), MOST_AFTER_POINT)
            precision = min(precision + scale - type_.scale, MOST_DIGITS)
            wider = replace(type_, scale=scale, precision=precision)
            return f"round the data, or declare `{line(replace(column, type=wider))}`"
        case "missing", _:
            return f"mend the data, or declare `{line(replace(column, required=False))}`"
        case "untimed", _:
            return f"fill it in, or say that such rows do not count: `where: {column.name} is known`"
        case "unlisted", (Text(values) | TextList(values)) as type_:
            more = tuple(str(value) for value, _ in found.examples)
            if len(more) < MOST_EXAMPLES and len(values) + len(more) <= LONGEST_LIST:
                return f"mend the data, or declare `{line(replace(column, type=replace(type_, values=values + more)))}`"
            if len(more) < MOST_EXAMPLES:
                return f"mend the data, or add to `values`: `{', '.join(map(scalar, more))}`"
            return f"mend the data, or leave the list out: `{line(replace(column, type=replace(type_, values=())))}`"
        case "below", Number() as type_:
            wider = replace(type_, low=Decimal(str(found.examples[0][0])))
            return f"mend the data, or declare `{line(replace(column, type=wider))}`"
        case "above", Number() as type_:
            wider = replace(type_, high=Decimal(str(found.examples[0][0])))
            return f"mend the data, or declare `{line(replace(column, type=wider))}`"
    raise AssertionError(f"`{column.name}` cannot be {claim.kind}")


def _written(type_: Type) -> str:
    """How a value is written that can be read, in a CSV file above all."""
    match type_:
        case Number(whole=True):
            return "write whole numbers, `1200`, and nothing where they are missing"
        case Number() | Degrees() | Point():
            return "write numbers with a point, `1200.50`, and nothing where they are missing"
        case Boolean():
            return "write `true` or `false`, and nothing where it is missing"
        case Date():
            return "write dates as `2026-01-31`, and nothing where they are missing"
        case Timestamp(zoned=True):
            return "write moments as `2026-01-31 09:00:00+01:00`, and nothing where they are missing"
        case Timestamp():
            return "write moments as `2026-01-31 09:00:00`, and nothing where they are missing"
        case TextList():
            return 'write lists as `["a", "b"]`, and nothing where they are missing'
        case _:
            return "mend the data"


def _wider(type_: Type, found: Found) -> Type:
    """A type that the values can be read as: more digits for a number that is one, else a text."""
    if isinstance(type_, Number):
        numbers = [re.fullmatch(r" *[+-]?([0-9]+)(?:\.([0-9]*))? *", str(value)) for value, _ in found.examples]
        if all(numbers):
            after = max(type_.scale, *(len(number[2] or "") for number in numbers if number))
            if after <= MOST_AFTER_POINT:
                return Number(scale=after, precision=MOST_DIGITS, low=type_.low, high=type_.high)
    return Text()


# --- a column as catalog.yml has it -----------------------------------------------------------------


def line(column: Column) -> str:
    """The line of catalog.yml that declares a column."""
    keys: list[str] = []
    if column.formula is not None:
        keys.append(f"is: {json.dumps(column.formula.span.text, ensure_ascii=False)}")
    else:
        keys.append(f"type: {_type(column.type)}")
    if column.coordinates is not None:
        keys += [f"latitude: {scalar(column.coordinates[0].stored_as)}"]
        keys += [f"longitude: {scalar(column.coordinates[1].stored_as)}"]
    elif column.formula is None and column.stored_as != column.name:
        keys.append(f"from: {scalar(column.stored_as)}")
    match column.type:
        case Text(values) | TextList(values) if values and column.formula is None:
            keys.append(f"values: [{', '.join(map(scalar, values))}]")
        case Number(low=low, high=high) if column.formula is None:
            keys += [f"min: {low:f}"] if low is not None else []
            keys += [f"max: {high:f}"] if high is not None else []
    keys += ["required: true"] if column.required else []
    if len(keys) == 1 and column.formula is None:
        return f"{scalar(column.name)}: {_type(column.type)}"
    return f"{scalar(column.name)}: {{{', '.join(keys)}}}"


def _type(type_: Type) -> str:
    if isinstance(type_, Number) and not type_.whole:
        return f'"decimal({type_.precision},{type_.scale})"'
    if isinstance(type_, (Point, Degrees)):
        return "point"
    return declared_as(type_).strip("`")


def scalar(text: str) -> str:
    """A text as YAML writes it, in quotes where it could be something else."""
    if PLAIN.fullmatch(text) and text.lower() not in NO_TEXTS:
        return text
    return json.dumps(text, ensure_ascii=False)


# --- numbers and values -------------------------------------------------------------------------------


def _keys(table: Table, keys: Sequence[object]) -> list[str]:
    if table.key is None or not keys:
        return []
    return [f"`{table.key}` {', '.join(map(_shown, keys))}"]


def _shown(value: object) -> str:
    """A value on one line: texts in quotes, long ones cut."""
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)
    return f"`{text}`" if len(text) <= LONGEST_VALUE else f"`{text[:LONGEST_VALUE]}...`"


def _rows(count: int) -> str:
    return f"{count:,} {'row' if count == 1 else 'rows'}"


def _of_rows(count: int, rows: int) -> str:
    return f"{count:,} of {_rows(rows)}"
