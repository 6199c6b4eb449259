"""Tables of keys: which a mapping in a YAML file can have, what may stand behind each, and what it is for.

The tables stand beside their readers, which look up in them what is known and what must be there; `segdsl.schemas`
says the same as JSON Schemas. A new key is a row of a table and its place in the reader.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal as OneOf


@dataclass(frozen=True, slots=True)
class One:
    """A single value. A `text` may be empty; a `name`, a column's `type` and an `expression` of the language may not.

    `choices` are the only ones there are, unless it is empty; `least` is the least number.
    """

    kind: OneOf["text", "name", "type", "expression", "truth", "number"]
    choices: tuple[str, ...] = ()
    least: int | None = None


@dataclass(frozen=True, slots=True)
class Several:
    """A list of values, at least one."""

    item: Shape


@dataclass(frozen=True, slots=True)
class Named:
    """`name: ...` pairs, or nothing; people choose the names. `filled` when there is at least one."""

    holds: Shape
    filled: bool = False


@dataclass(frozen=True, slots=True)
class Keyed:
    """A mapping with these keys and no others. Of `one_of` there must be exactly one; `apart` exclude each other."""

    keys: Keys
    one_of: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition as text, or `all`, `any` or `not` over conditions."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """No value: the key or name says enough."""


@dataclass(frozen=True, slots=True)
class Either:
    """One of several forms."""

    forms: tuple[Shape, ...]


Shape = One | Several | Named | Keyed | Condition | Nothing | Either


@dataclass(frozen=True, slots=True)
class Key:
    """What may stand behind a key, and one line on what it is for."""

    holds: Shape
    about: str
    required: bool = False


Keys = Mapping[str, Key]

TEXT = One("text")
NAME = One("name")
EXPRESSION = One("expression")
TRUTH = One("truth")
NUMBER = One("number")
CONDITION = Condition()

# What several kinds of definition say of themselves.
TITLE = Key(TEXT, "what people read in place of the name")
ENTITY = Key(NAME, "the table whose rows it is about: the catalog's entity, unless said")
OWNER = Key(TEXT, "who answers for it")
ABOUT = Key(TEXT, "what it is for")

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
