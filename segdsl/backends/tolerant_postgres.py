"""PostgreSQL, asked what its data are rather than who is in a segment: what is no number is missing, never one."""

from __future__ import annotations

from sqlglot import exp

from segdsl.backends.postgres import Postgres
from segdsl.semantics.catalog import Held
from segdsl.semantics.types import Degrees, Number, Type
from segdsl.source import Span

# What numbers, exact ones too, may be beside numbers.
NO_NUMBERS = ("NaN", "Infinity", "-Infinity")
# Whole numbers are read as BIGINT.
LARGEST = 2**63 - 1


class TolerantPostgres(Postgres):
    def stored(self, column: exp.Expr, type_: Type | None) -> exp.Expr:
        read = super().stored(column, type_)
        match type_:
            case Number(whole=True):
                largest = exp.Literal.number(LARGEST)
                fits = exp.LTE(this=exp.Abs(this=self.cast(column.copy(), "DECIMAL")), expression=largest)
                return exp.Case(ifs=[exp.If(this=fits, true=read)])
            case Number() | Degrees():
                return self._if_number(column, read)
        return read

    def stored_float(self, column: exp.Expr, type_: Type | None, held: Held) -> exp.Expr:
        read = super().stored_float(column, type_, held)
        return self._if_number(column, read) if isinstance(type_, (Number, Degrees)) else read

    def _if_number(self, column: exp.Expr, read: exp.Expr) -> exp.Expr:
        said = self.cast(column.copy(), "TEXT")
        is_none = exp.In(this=said, expressions=[exp.Literal.string(each) for each in NO_NUMBERS])
        return exp.Case(ifs=[exp.If(this=exp.Not(this=is_none), true=read)])

    def undeclared(self, column: exp.Expr, span: Span) -> exp.Expr:
        """What is not read as any type is shown as it is stored; nothing is ordered by it that decides anything."""
        return column
