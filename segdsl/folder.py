"""A folder as a database: which file holds a table, and how a file is replaced in one step.

In: a folder and the name that a table is stored by. Out: a path and its format, or a `DatabaseProblem` that says what
was looked for and what is there. Promised: no file outside of the folder is named, whatever the catalog says.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal as OneOf

from segdsl.diagnostics import did_you_mean, listed
from segdsl.introspection import DatabaseProblem
from segdsl.semantics.catalog import Table

Format = OneOf["parquet", "csv"]
FORMATS: tuple[Format, ...] = ("parquet", "csv")


def file_of(table: Table, folder: Path) -> tuple[Path, Format]:
    """The file in `folder` that holds `table`, and its format.

    `from: orders` is `orders.parquet` or `orders.csv`; `from: crm.orders` is `crm/orders.*` or `crm.orders.*`.
    """
    stored_in = ".".join(table.stored_in)
    candidates = candidates_of(table)
    found = [name for name in candidates if os.path.lexists(folder / name)]
    if not found:
        raise DatabaseProblem(
            f"there is no file for the table `{table.name}` in `{folder}`",
            f"it needs {' or '.join(f'`{name}`' for name in candidates)}; {_what_is_there(stored_in, folder)}",
            table.span,
        )
    if len(found) > 1:
        raise DatabaseProblem(
            f"the table `{table.name}` has {len(found)} files in `{folder}`: {listed(found)}",
            f"say which one: `from: {found[0]}`",
            table.span,
        )
    path = folder / found[0]
    if not path.resolve().is_relative_to(folder.resolve()):
        raise DatabaseProblem(f"`{path}` leads out of the folder `{folder}`", "put the file itself there", table.span)
    if any(char in str(path) for char in "*?["):
        # DuckDB takes these for patterns, and would read whatever fits them.
        raise DatabaseProblem(
            f"`{path}` has one of `*`, `?` and `[` in its path", "rename the file or folder", table.span
        )
    if not path.is_file():
        raise DatabaseProblem(f"`{path}` is not a file", "a table is one file", table.span)
    return path, "csv" if path.suffix.lower() == ".csv" else "parquet"


def candidates_of(table: Table) -> list[str]:
    """The files that may hold a table, relative to the folder."""
    parts = table.stored_in
    if len(parts) == 1 and parts[0].lower().endswith((".parquet", ".csv")):
        return [parts[0]]
    stems = [".".join(parts)] if len(parts) == 1 else ["/".join(parts), ".".join(parts)]
    return [f"{stem}.{format}" for stem in stems for format in FORMATS]


def _what_is_there(stored_in: str, folder: Path) -> str:
    names = sorted(
        path.relative_to(folder).as_posix()
        for pattern in ("*", "*/*")
        for path in folder.glob(pattern)
        if path.suffix.lower() in (".parquet", ".csv")
    )
    if not names:
        return "the folder has no Parquet or CSV files"
    close = did_you_mean(stored_in, (name.rpartition(".")[0] for name in names))
    return f"there are {listed(names)}" + (f"; {close}" if close else "")


@contextmanager
def replaced(output: Path) -> Iterator[Path]:
    """A path to write to; what stands there at the end takes the place of `output`, unless something was raised."""
    if output.is_dir():
        raise DatabaseProblem(f"`{output}` is a folder", "name a file to write to")
    with _explained(output):
        handle, name = tempfile.mkstemp(prefix=f".{output.name}.", suffix=output.suffix, dir=output.parent)
        os.close(handle)
    written = Path(name)
    try:
        yield written
        with _explained(output):
            # What mkstemp makes is for its owner alone; a result is as readable as any new file.
            mask = os.umask(0)
            os.umask(mask)
            written.chmod(0o666 & ~mask)
            os.replace(written, output)
    finally:
        written.unlink(missing_ok=True)


@contextmanager
def _explained(output: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = (error.strerror or "the system refuses").lower()
        raise DatabaseProblem(f"`{output}` cannot be written: {reason}") from None
