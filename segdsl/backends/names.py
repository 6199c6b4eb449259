"""Names for the steps and columns of a query: the definition's words, safe to print and never given twice."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

MAX_BYTES = 57  # PostgreSQL cuts a name after 63 bytes, silently; what is made of a name adds up to six
# What databases take for a value, without parentheses: DuckDB in quotes, too, where the column is one of an outer row.
VALUES = frozenset(
    (
        *("current_catalog", "current_database", "current_date", "current_role", "current_schema", "current_time"),
        *("current_timestamp", "current_user", "localtime", "localtimestamp", "session_user", "system_user", "user"),
    )
)


class Names:
    """Names that differ for every database, also for those that do not tell upper from lower case."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {*VALUES, *(name.casefold() for name in taken)}

    def new(self, wanted: str) -> str:
        """`wanted` as a name; with a number after it when there is such a name already."""
        stem = worded(wanted) or "unnamed"
        name, number = stem, 1
        while name.casefold() in self._taken:
            number += 1
            suffix = f"_{number}"
            name = _cut(stem, MAX_BYTES - len(suffix)) + suffix
        self._taken.add(name.casefold())
        return name


def worded(text: str) -> str:
    """The words of a text, if any, in lower case and joined by `_`: letters, digits and their marks of any script."""
    words = "".join(char if _is_of_word(char) else " " for char in text.lower()).replace("_", " ").split()
    return _cut("_".join(words), MAX_BYTES)


def _is_of_word(char: str) -> bool:
    return char == "_" or unicodedata.category(char)[0] in "LNM"


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode(errors="ignore").rstrip("_")
