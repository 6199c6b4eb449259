"""The tables a definition may talk about, and how they hang together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from typing import Literal as OneOf

from segdsl.semantics.types import Type
from segdsl.source import Span

if TYPE_CHECKING:
    from segdsl.semantics import ir

# What a database holds in a column, where that changes how the column is read.
Held = OneOf["whole number", "text", "real", "double precision"]


@dataclass(frozen=True, slots=True)
class Column:
    """`name` is what definitions say; `stored_as` is the column in the database.

    A computed column has `formula` (over the row of its own table) and nothing stored. `required` columns are
    declared never to be missing. A point is stored as two columns, its latitude and its longitude: the `coordinates`.
    """

    name: str
    type: Type
    stored_as: str
    required: bool = False
    formula: ir.Value | None = None
    coordinates: tuple[Column, Column] | None = None
    span: Span = field(kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Link:
    """Many rows to one: the stored column `column` holds the key of a row of `table`."""

    name: str
    column: str
    table: str
    span: Span = field(kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Table:
    """`stored_in` is the parts of a table's, view's or file's name (`("crm", "customers")`).

    `key` and `at` are stored columns. `at_path` names the links to the table whose `at` is this row's time: empty
    for a table with its own `at`, None for a table without a time. `holds` is what a database was seen to hold in
    stored columns; nothing, as long as none was looked at.
    """

    name: str
    stored_in: tuple[str, ...]
    key: str | None
    at: str | None
    at_type: Type | None
    at_path: tuple[str, ...] | None
    columns: dict[str, Column]
    links: dict[str, Link]
    where: ir.Condition | None
    holds: Mapping[str, Held] = field(default_factory=dict, kw_only=True, compare=False, repr=False)
    span: Span = field(kw_only=True, compare=False, repr=False)

    def stored_columns(self) -> Iterator[Column]:
        """The columns that the database holds: computed ones left out, a point as its two coordinates."""
        for column in self.columns.values():
            if column.coordinates is not None:
                yield from column.coordinates
            elif column.formula is None:
                yield column


@dataclass(frozen=True, slots=True)
class Catalog:
    """`entity` names the table that segments are sets of."""

    tables: dict[str, Table]
    entity: str

    def target(self, table: str, path: tuple[str, ...]) -> Table:
        """The table that the links `path` lead to from `table`."""
        for link in path:
            table = self.tables[table].links[link].table
        return self.tables[table]
