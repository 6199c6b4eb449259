"""DuckDB, asked what its data are rather than who is in a segment: what cannot be read is missing, never an error.

In: as in `duckdb`, and CSV files as tables of texts. Out: queries that count the texts that cannot be read as they are
declared, and those of more digits, and that name some.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal as OneOfWords

from sqlglot import exp

from segdsl.backends.declarations import NAMED
from segdsl.backends.duckdb import DuckDB, create, csv_reader, everything
from segdsl.semantics.catalog import Table
from segdsl.semantics.types import Number

# A decimal of a CSV file is compared with what is left of it once it is rounded to the digits declared.
MANY_DIGITS = (38, 18)


@dataclass(frozen=True, slots=True)
class TextClaim:
    """What could be wrong with the texts of a CSV file's column: `unreadable`, or `longer` than its decimals."""

    kind: OneOfWords["unreadable", "longer"]
    stored_as: str


class Tolerant(DuckDB):
    def cast(self, value: exp.Expr, type_: str) -> exp.Cast:
        to = exp.DataType.build(type_, dialect=self.dialect)
        return exp.TryCast(this=value, to=to, safe=True)

    def misfit(self, column: exp.Column, complaint: str) -> list[exp.If]:
        return []

    # --- CSV files ------------------------------------------------------------------------------------

    def load_texts(self, name: str, file: str) -> str:
        """The statement that makes a table of the texts of a CSV file.

        Of a view over the file DuckDB 2.0 raises where a cast that is tried fails.
        """
        return self._text(create("TABLE", self._stored_table((name,)), everything(csv_reader(file))))

    def create_text_view(self, table: Table, texts: str) -> str:
        """The statement that makes the stored table of `table` a view over the table `texts`."""
        source = self._stored_table((texts,))
        select = exp.Select(expressions=[exp.Star(replace=self.typed(table) or None)], from_=exp.From(this=source))
        return self._text(create("VIEW", self._stored_table(table.stored_in), select))

    def text_claims(self, table: Table) -> Iterator[TextClaim]:
        """What is asked of the texts of a CSV file, in the order of the counts."""
        decimals = {
            column.stored_as
            for column in table.stored_columns()
            if isinstance(column.type, Number) and not column.type.whole
        }
        for typed in self.typed(table):
            yield TextClaim("unreadable", typed.alias)
            if typed.alias in decimals:
                yield TextClaim("longer", typed.alias)

    def text_counts(self, table: Table, texts: str, asked: Sequence[TextClaim]) -> str:
        """One row: how many texts break each claim."""
        counts = [
            exp.Filter(
                this=exp.Count(this=exp.Star(), big_int=True), expression=exp.Where(this=self._broken(table, claim))
            )
            for claim in asked
        ]
        return self._text(exp.Select(expressions=counts, from_=exp.From(this=self._stored_table((texts,)))))

    def text_examples(self, table: Table, texts: str, claim: TextClaim) -> str:
        """Texts that break a claim, with how many rows have each, the most frequent first."""
        column = exp.Column(this=self.name(claim.stored_as))
        count = exp.Count(this=exp.Star(), big_int=True)
        order = [
            exp.Ordered(this=count.copy(), desc=True, nulls_first=False),
            exp.Ordered(this=column.copy(), nulls_first=False),
        ]
        select = exp.Select(expressions=[column, count], from_=exp.From(this=self._stored_table((texts,))))
        select.set("where", exp.Where(this=self._broken(table, claim)))
        select.set("group", exp.Group(expressions=[column.copy()]))
        select.set("order", exp.Order(expressions=order))
        select.set("limit", exp.Limit(expression=exp.Literal.number(NAMED)))
        return self._text(select)

    def _broken(self, table: Table, claim: TextClaim) -> exp.Expr:
        (read,) = (typed.this for typed in self.typed(table) if typed.alias == claim.stored_as)
        column = exp.Column(this=self.name(claim.stored_as))
        if claim.kind == "longer":
            return exp.NEQ(this=self.decimal(column, *MANY_DIGITS), expression=read)
        is_there = exp.Not(this=exp.Is(this=column, expression=exp.Null()))
        return exp.And(this=is_there, expression=exp.Is(this=exp.Paren(this=read), expression=exp.Null()))
