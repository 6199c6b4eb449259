"""Answers of an earlier run, so that only what has changed is asked again.

In: a program, and the text that the run before left for its catalog. Out: answers as plain data, by what was asked; and
the text to leave for the next run, with the answers that this one used. A question's key holds all that its answer
depends on, but for this edition of segdsl and its libraries: whoever keeps the text tells those apart.

Nothing that is read here is run. An example is shown to the reference evaluator again before it is used; a proof is
believed. What does not look like an answer is no answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import MAXYEAR, MINYEAR, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from segdsl.overlap.digests import Digests, digest_of
from segdsl.overlap.formula import Formula, Test, tests
from segdsl.overlap.witness import Example, World, name_of
from segdsl.semantics.catalog import Catalog, Table

Data = Any  # what JSON can say


class Answers:
    """Answers by key. Only those that are read or written are kept for the next run."""

    def __init__(self, digests: Digests, kept: bytes | None = None) -> None:
        self.digests = digests
        self._before = _read(kept)
        self._used: dict[str, Data] = {}

    def read(self, key: str) -> Data:
        """The answer that is kept for a key; None when there is none."""
        if key not in self._used:
            if key not in self._before:
                return None
            self._used[key] = self._before[key]
        return self._used[key]

    def write(self, key: str, answer: Data) -> None:
        self._used[key] = answer

    def content(self) -> bytes | None:
        """What to keep for the next run; None where that is what was kept before."""
        return None if self._used == self._before else json.dumps(self._used, separators=(",", ":")).encode()

    def key(self, kind: str, *parts: object) -> str:
        """The key of something that is worked out from `parts`: texts, numbers and digests."""
        return f"{kind} {digest_of(repr(parts))}"


def _read(kept: bytes | None) -> dict[str, Data]:
    try:
        found = json.loads(kept) if kept is not None else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


# --- proofs ---------------------------------------------------------------------------------------


def places_of(because: Sequence[Test], terms: Sequence[Formula]) -> list[int]:
    """The tests that a proof names, counted through all tests of the terms it is about."""
    numbers = {id(test): number for number, test in enumerate(_all_tests(terms))}
    return [numbers[id(test)] for test in because]


def tests_at(places: Data, terms: Sequence[Formula]) -> tuple[Test, ...] | None:
    """The tests in these places, as they are written now; None when there are no such places."""
    all_ = list(_all_tests(terms))
    if not isinstance(places, list) or not all(type(place) is int and 0 <= place < len(all_) for place in places):
        return None
    return tuple(all_[place] for place in places)


def _all_tests(terms: Sequence[Formula]) -> Iterator[Test]:
    for term in terms:
        yield from tests(term)


# --- examples -------------------------------------------------------------------------------------


def example_data(example: Example) -> Data:
    """An example as data; None where it holds what data cannot say."""
    try:
        world = {
            table: [{column: _data(value) for column, value in row.items()} for row in rows]
            for table, rows in example.world.items()
        }
    except TypeError:
        return None
    return {"key": example.key, "as_of": example.as_of.isoformat(), "world": world}


def example_from(data: Data, entity: str, catalog: Catalog) -> Example | None:
    """The example that data say; None when they say none of this catalog."""
    try:
        key, as_of, world = data["key"], datetime.fromisoformat(data["as_of"]), _world(data["world"], catalog)
    except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation):
        return None
    if type(key) not in (int, str) or as_of.tzinfo is None or entity not in world:
        return None
    if not MINYEAR < as_of.year < MAXYEAR:
        return None  # not every wall clock can be read there
    return Example(entity, key, world, as_of)


def _world(data: Data, catalog: Catalog) -> World:
    """Raises when that are no rows of the catalog's tables."""
    found: World = {}
    for name, rows in data.items():
        known = _stored_names(catalog.tables[name])
        found[name] = [{column: _value(value) for column, value in row.items()} for row in rows]
        if not all(row.keys() <= known for row in found[name]):
            raise ValueError(name)
    return found


def _stored_names(table: Table) -> set[str]:
    named = [table.key, table.at, *(link.column for link in table.links.values())]
    own = {column.name for column in table.columns.values()}
    stored = {each.stored_as for each in table.stored_columns()}
    return own | stored | {name_of(table, each) for each in named if each is not None}


def _data(value: object) -> Data:
    match value:
        case None | bool() | int() | str():
            return value
        case Decimal():
            return {"number": str(value)}
        case datetime():
            return {"moment": value.isoformat()}
        case date():
            return {"date": value.isoformat()}
        case tuple():
            return {"texts": [_data(each) for each in value]}
    raise TypeError(value)


def _value(data: Data) -> object:
    """Raises when it is no value."""
    match data:
        case None | bool() | int() | str():
            return data
        case {"number": str(text), **others} if not others:
            number = Decimal(text)
            if number.is_finite():
                return number
        case {"moment": str(text), **others} if not others:
            return datetime.fromisoformat(text)
        case {"date": str(text), **others} if not others:
            return date.fromisoformat(text)
        case {"texts": list(texts), **others} if not others and all(isinstance(each, str) for each in texts):
            return tuple(texts)
    raise ValueError(data)
