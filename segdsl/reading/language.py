"""What a language is to the readings: messages with named slots, and how numbers, dates and lists are written.

A file in `languages/` holds one as `LANGUAGE`; that is all it takes to add it. A message is a text, or one text for
each plural form of its `count`. Names, titles and texts of the user come into the slots in quotes and are never
inflected, so messages are built around them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from importlib import import_module
from pkgutil import iter_modules

from segdsl.reading import languages

Message = str | Mapping[str, str]
# The joiners are letters of many scripts; every other format character is invisible or reorders text.
JOINERS = "\u200c\u200d"


@dataclass(frozen=True)
class Language:
    """`plural` names the form that goes with a number. `day` writes a date, `day_of_year` a month and its day."""

    code: str
    name: str
    messages: Mapping[str, Message]
    plural: Callable[[Decimal], str]
    thousands: str
    point: str
    quotes: tuple[str, str]
    day: Callable[[date], str]
    day_of_year: Callable[[int, int], str]

    def say(self, key: str, count: Decimal | int | None = None, **slots: str) -> str:
        """The message `key`. `count` chooses its form, where it has several, and fills the slot of that name."""
        message = self.messages[key]
        if count is None:
            assert isinstance(message, str), f"`{key}` needs a count"
            return message.format(**slots)
        number = Decimal(count)
        text = message if isinstance(message, str) else message[self.plural(number)]
        return text.format(count=self.number(number), **slots)

    def number(self, value: Decimal | int) -> str:
        """All digits that there are, in groups of three before the point."""
        text = f"{Decimal(value):,f}"
        whole, _, fraction = text.partition(".")
        fraction = fraction.rstrip("0")
        sign = "" if value or whole[0] != "-" else whole[0]
        whole = whole.removeprefix(sign).replace(",", self.thousands)
        return f"{whole}{self.point}{fraction}" if fraction else whole

    def percent(self, value: Decimal) -> str:
        return self.say("percent", number=self.number(value))

    def moment(self, value: datetime) -> str:
        """A moment to its last digit, with its offset where it has one."""
        time = value.time().isoformat(timespec="auto" if value.microsecond or value.second else "minutes")
        text = self.say("moment", day=self.day(value.date()), time=time)
        # `isoformat` is the one that writes an offset as people do.
        return text if value.tzinfo is None else f"{text} (UTC{value.isoformat()[-6:]})"

    def quoted(self, text: str) -> str:
        """What people named or wrote, so that its end cannot be mistaken and nothing in it is invisible."""
        start, end = self.quotes
        shown = "".join(_shown(char) for char in text.replace("\\", "\\\\"))
        return start + shown.replace(end, "\\" + end) + end

    def listed(self, items: Sequence[str], word: str = "or") -> str:
        """`a, b or c`."""
        *others, last = items
        return self.say(f"list.{word}", others=self.say("list.join").join(others), last=last) if others else last


def _shown(char: str) -> str:
    if char == "\n":
        return "\\n"
    if char in JOINERS or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"):
        return char
    return f"\\u{{{ord(char):x}}}"


def codes() -> tuple[str, ...]:
    """The tags of all languages that there are."""
    return tuple(sorted(module.name.replace("_", "-") for module in iter_modules(languages.__path__)))


def language(code: str) -> Language:
    """The language with this tag, which is one of `codes()`."""
    module = import_module(f"{languages.__name__}.{code.replace('-', '_')}")
    found = module.LANGUAGE
    assert isinstance(found, Language), f"{module.__name__} holds no language"
    return found
