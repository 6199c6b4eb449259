"""DuckDB, asked what its data are rather than who is in a segment: what cannot be read is missing, never an error."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from segdsl.backends.base import FileFormat
from segdsl.backends.duckdb import DuckDB, create, csv_reader, everything
from segdsl.semantics.catalog import Table
from segdsl.semantics.types import Type


class Tolerant(DuckDB):
    """With `from_text` stored columns are texts that are read as their types: those of `texts_of` a CSV file."""

    def __init__(self, *, from_text: bool = False) -> None:
        self.from_text = from_text

    def cast(self, value: exp.Expr, type_: str) -> exp.Cast:
        return exp.TryCast(this=value, to=exp.DataType.build(type_, dialect=self.dialect), safe=True)

    def misfit(self, column: exp.Column, complaint: str) -> list[exp.If]:
        return []

    def stored(self, column: exp.Expr, type_: Type | None) -> exp.Expr:
        if self.from_text and type_ is not None and isinstance(column, exp.Column):
            column = self.parsed(column, column.name, type_) or column
        return super().stored(column, type_)

    def create_file_views(self, table: Table, file: str, format: FileFormat) -> list[str]:
        """Of a CSV file the texts become a table of their own, for what they are before they are read.

        DuckDB 2.0 raises where a cast that is tried fails over a file.
        """
        if format != "csv":
            return super().create_file_views(table, file, format)
        texts = self._stored_table(self.texts_of(table).stored_in)
        view = exp.Select(expressions=[exp.Star(replace=self.typed(table) or None)], from_=exp.From(this=texts.copy()))
        return [
            self._text(create("TABLE", texts, everything(csv_reader(file)))),
            self._text(create("VIEW", self._stored_table(table.stored_in), view)),
        ]

    def texts_of(self, table: Table) -> Table:
        """All rows of a CSV file as texts, whether its `where` keeps them or not."""
        *schema, name = table.stored_in
        return replace(table, stored_in=(*schema, f"{name} as text"), where=None)
