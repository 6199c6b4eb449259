"""What a driver raises, in words: what happened, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from segdsl.introspection import DatabaseProblem
from segdsl.project import Target

TOO_LONG = ("the database took longer than it may", "give the target more time: `timeout: 2 hours`")


@contextmanager
def explained(target: Target) -> Iterator[None]:
    """What a driver raises becomes a `DatabaseProblem`."""
    import duckdb
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (SQLAlchemyError, duckdb.Error) as error:
        original = getattr(error, "orig", None) or error
        if target.type != "duckdb":
            from segdsl.warehouse import postgres, snowflake

            words = postgres.in_words if target.type == "postgres" else snowflake.in_words
            message, help = words(original, target)
            # Without the chain: the driver's own error may show the address.
            raise DatabaseProblem(message, help, target.span) from None
        message, help = in_words(original, target)
        raise DatabaseProblem(message, help, target.span) from error
    except RuntimeError as error:
        # DuckDB swallows Ctrl-C while it computes, and says so with an error of its own.
        if "interrupted" not in str(error).lower():
            raise
        raise KeyboardInterrupt from None


def in_words(error: BaseException, target: Target) -> tuple[str, str]:
    """What a driver's error means, and what to do."""
    import duckdb

    text = str(error)
    first = (text.partition("\n")[0].partition(": ")[2] or text).rstrip(" ;!.")
    path = f"`{target.path}`"
    known = {
        "Could not set lock": (f"another program has {path} open", "close it, or wait until it has finished"),
        "different configuration": (f"this process has {path} open already", "close that connection first"),
        "not a valid DuckDB database": (f"{path} is not a DuckDB database", "name a DuckDB file or a folder of files"),
        "Permission denied": (f"{path} may not be opened", "ask whoever keeps it for that right"),
        "version number": (f"{path} is from another version of DuckDB: {first}", "update DuckDB"),
        "Ambiguous reference": (
            f"a schema has the name of the database itself: {first}",
            "write all three parts in catalog.yml: `from: DATABASE.SCHEMA.TABLE`",
        ),
        # What the SQL itself raises over a text that is not what the catalog declares.
        "` is no ": (
            f"a stored value cannot be read as it is declared: {first}",
            "`segdsl check --data` shows all such values, and what to declare instead",
        ),
        "file system operations are disabled": (
            f"the database wants to open a file outside of itself: {first}",
            "a view over other files cannot be read: make it a table",
        ),
    }
    for sign, words in known.items():
        if sign in text:
            return words
    match error:
        case duckdb.InterruptException():
            return TOO_LONG
        case duckdb.ConversionException():
            return (
                f"a stored value cannot be read as it is declared: {first}",
                "compare the types in catalog.yml with what is stored: `segdsl check --data` does",
            )
        case duckdb.OutOfRangeException():
            return (
                f"a number grows past what the database keeps exactly: {first}",
                "divide first, or declare fewer decimals",
            )
        case duckdb.OutOfMemoryException():
            return (
                f"the database ran out of memory: {first}",
                "compute fewer segments at a time, or give the target more: `memory: 8 GB`",
            )
        case duckdb.IOException():
            return f"`{target.path}` cannot be used: {first}", "check the target's `path`"
        case _:
            return f"the database said no: {first}", f"check the target `{target.name}`"
