"""Tables as a look at a database finds them: names, types, what is declared there, and what the rows show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Column:
    """`type` is in the words of `introspection`. `required` is declared by the database, `is_enum` says so of `values`.

    Of the rows: how many values are missing, how many differ, the least and the most of them as text, and all `values`
    where they are few; None and nothing where the rows were not looked at.
    """

    name: str
    type: str
    required: bool = False
    is_enum: bool = False
    values: tuple[str, ...] = ()
    missing: int | None = None
    different: int | None = None
    least: str = ""
    most: str = ""
    digits: int = 0


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key of one column: `column` holds the key of a row of the table `parts`."""

    column: str
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """`parts` are what a catalog writes in `from`, `called` is for messages; `rows` is None where none were counted.

    `key` are the columns of the key that the database declares, and `unread` says why a table cannot be looked into.
    `aliases` are what else a catalog may write in `from`; `tells_case` says whether names in capitals are others, and
    `is_text` whether all values are stored as texts, as in a CSV file.
    """

    parts: tuple[str, ...]
    called: str
    columns: tuple[Column, ...]
    rows: int | None = None
    key: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    about: str = ""
    unread: str = ""
    aliases: tuple[tuple[str, ...], ...] = ()
    tells_case: bool = False
    is_text: bool = False

    def is_stored_in(self, parts: Sequence[str]) -> bool:
        """Whether a catalog that writes `parts` in `from` means this table."""
        return tuple(map(self.folded, parts)) in {tuple(map(self.folded, each)) for each in (self.parts, *self.aliases)}

    def folded(self, name: str) -> str:
        """A name as the database compares it."""
        return name if self.tells_case else name.casefold()

    def column(self, name: str) -> Column | None:
        """The column called `name`, if there is one."""
        return next((each for each in self.columns if each.name == name), None)


@dataclass(frozen=True, slots=True)
class Pairing:
    """A column that may hold the keys of another table."""

    table: Table = field(repr=False)
    column: str
    other: Table = field(repr=False)
    key: str


@dataclass(frozen=True, slots=True)
class Share:
    """Of a pairing, how many rows have a value and how many of those find a row."""

    known: int
    found: int


def find(tables: Sequence[Table], parts: Sequence[str]) -> Table | None:
    """The table stored in `parts`, if it was seen."""
    return next((each for each in tables if each.parts == tuple(parts)), None)
