"""Snowflake, asked what its data are: of the numbers that it keeps exactly each is one, and others are refused."""

from __future__ import annotations

from sqlglot import exp

from segdsl.backends.snowflake import Snowflake
from segdsl.source import Span


class TolerantSnowflake(Snowflake):
    def undeclared(self, column: exp.Expr, span: Span) -> exp.Expr:
        """What is not read as any type is shown as it is stored; nothing is ordered by it that decides anything."""
        return column
