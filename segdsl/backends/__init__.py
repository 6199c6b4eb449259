"""How a database says it: the tree as meant to a relational plan to SQL.

`backend("duckdb")` gives the SQL of a program's segments. sqlglot lives here only, and is imported when first needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from segdsl.backends.unsupported import TooWide, Unsupported

if TYPE_CHECKING:
    from segdsl.backends.base import Backend, Pass
    from segdsl.backends.tolerant import Tolerant

__all__ = [
    "DIALECTS", "Backend", "Pass", "Tolerant", "TooWide", "Unsupported", "backend", "tolerant", "tolerant_of_files",
]  # fmt: skip

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


def tolerant(name: str) -> Backend:
    """The backend called `name` as it is asked whether data are what a catalog declares.

    What cannot be read is missing then; the backend alone would raise, or take it for a number.
    """
    if name == "duckdb":
        return tolerant_of_files(from_text=False)
    if name == "postgres":
        from segdsl.backends.tolerant_postgres import TolerantPostgres

        return TolerantPostgres()
    from segdsl.backends.tolerant_snowflake import TolerantSnowflake

    return TolerantSnowflake()


def tolerant_of_files(*, from_text: bool) -> Tolerant:
    """DuckDB, asked the same of files; `from_text` of what stands in a CSV file."""
    from segdsl.backends.tolerant import Tolerant

    return Tolerant(from_text=from_text)
