"""The types of values: what may be compared with what, and how a type is called in a message."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

# Every database here keeps 38 decimal digits. Inputs are held far enough below that for sums and products.
MAX_SCALE = 18
MAX_WHOLE_DIGITS = 18
MAX_FRACTION_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Text:
    """Unicode text. `values` is the column's closed list, empty when any text may come."""

    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Number:
    """An exact number. `scale` is the most digits after the point; a `quotient` is an exact fraction instead.

    `whole` tells an integer from a decimal of scale 0 in messages. The range, when declared, is inclusive.
    """

    scale: int = 0
    precision: int = 38
    quotient: bool = False
    whole: bool = False
    low: Decimal | None = None
    high: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Boolean:
    pass


@dataclass(frozen=True, slots=True)
class Date:
    pass


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A moment. With `zoned` the column says which instant; else it is the project's wall clock."""

    zoned: bool = False


@dataclass(frozen=True, slots=True)
class TextList:
    """Some texts, in no order that matters. `values` is the closed list of its members, empty when any may come."""

    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Point:
    """A place on earth: degrees north and degrees east."""


@dataclass(frozen=True, slots=True)
class Degrees:
    """One of the two numbers that a point is stored as: from `-limit` to `limit`, and missing outside of that.

    More digits than `scale` are rounded away, half away from zero.
    """

    limit: int
    scale: int = 12


@dataclass(frozen=True, slots=True)
class Unknown:
    """The type of what is already reported: it agrees with everything, so one mistake is reported once."""


Type = Text | Number | Boolean | Date | Timestamp | TextList | Point | Degrees | Unknown


def described(type_: Type) -> str:
    """A type as a person would say it, with its article."""
    match type_:
        case Text():
            return "a text"
        case Number(whole=True):
            return "a whole number"
        case Number():
            return "a number"
        case Boolean():
            return "true or false"
        case Date():
            return "a date"
        case Timestamp():
            return "a moment"
        case TextList():
            return "a list of texts"
        case Point():
            return "a point"
        case Degrees():
            return "an angle"
        case Unknown():
            return "unknown"
