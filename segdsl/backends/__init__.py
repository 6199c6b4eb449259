"""How a database says it: the tree as meant to a relational plan to SQL.

`backend("duckdb")` gives the SQL of a program's segments. sqlglot lives here only, and is imported when first needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from segdsl.backends.unsupported import TooWide, Unsupported

if TYPE_CHECKING:
    from segdsl.backends.base import Backend, Pass
    from segdsl.backends.tolerant import Tolerant

__all__ = ["DIALECTS", "Backend", "Pass", "Tolerant", "TooWide", "Unsupported", "backend", "tolerant"]

DIALECTS = ("duckdb", "postgres", "snowflake")


def backend(name: str) -> Backend:
    """The backend called `name`; raises `KeyError` when it is not one of `DIALECTS`."""
    if name not in DIALECTS:
        raise KeyError(name)
    if name == "postgres":
        from segdsl.backends.postgres import Postgres

        return Postgres()
    if name == "snowflake":
        from segdsl.backends.snowflake import Snowflake

        return Snowflake()
    from segdsl.backends.duckdb import DuckDB

    return DuckDB()


def tolerant(*, from_text: bool = False) -> Tolerant:
    """DuckDB as it is asked whether data are what a catalog declares; `from_text` of what stands in a CSV file."""
    from segdsl.backends.tolerant import Tolerant

    return Tolerant(from_text=from_text)
