"""Looks at a folder of CSV and Parquet files, each of which is a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segdsl.introspection import DatabaseProblem
from segdsl.inventory.seen import Column, Table
from segdsl.project import Target
from segdsl.warehouse.database import Database
from segdsl.warehouse.errors import in_words
from segdsl.warehouse.looking import Source, sql_column
from segdsl.warehouse.texts import read_as, sniffed

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy import Table as SqlTable

MOST_FILES = 2_000


def files_in(path: Path) -> Iterator[Path]:
    """The CSV and Parquet files in a folder and the folders in it, sorted; links that lead out are left alone."""
    found = sorted(
        each
        for pattern in ("*", "*/*")
        for each in path.glob(pattern)
        if each.suffix.lower() in (".csv", ".parquet") and not any(part.startswith(".") for part in each.parts[-2:])
    )
    inside = [each for each in found if each.is_file() and each.resolve().is_relative_to(path.resolve())]
    if len(inside) > MOST_FILES:
        raise DatabaseProblem(f"`{path}` has {len(inside):,} files", f"name a folder with at most {MOST_FILES:,}")
    yield from inside


class FilesSource(Source):
    """Each file is a view; of a CSV file all columns are texts, which are read as what they look like."""

    def __init__(self, database: Database, target: Target, files: Sequence[Path]) -> None:
        super().__init__(database)
        self.target, self.path, self.files = target, target.path, files
        self.views: dict[tuple[str, ...], str] = {}
        self.texts: set[tuple[str, ...]] = set()  # the tables that are CSV files

    def tables(self) -> Iterator[Table]:
        stems = [(file.parent, file.stem.casefold()) for file in self.files]
        for number, file in enumerate(self.files):
            inside = file.relative_to(self.path)
            is_one_of_two = stems.count((file.parent, file.stem.casefold())) > 1
            parts = (*inside.parts[:-1], inside.name if is_one_of_two and len(inside.parts) == 1 else inside.stem)
            called = f"`{inside.as_posix()}`"
            reason = _odd_name(inside) or (
                "another file there has the same name" if is_one_of_two and len(parts) > 1 else ""
            )
            if reason:
                yield Table(parts, called, (), unread=reason)
                continue
            unread: list[str] = []
            with self._noting(unread):
                yield self._table(parts, called, file, f"file_{number}")
            for reason_ in unread:
                yield Table(parts, called, (), unread=reason_)

    @contextmanager
    def _noting(self, unread: list[str]) -> Iterator[None]:
        """What a file cannot be read for is noted, and no reason to leave the others alone."""
        import duckdb
        from sqlalchemy.exc import SQLAlchemyError

        try:
            yield
        except (SQLAlchemyError, duckdb.Error) as error:
            unread.append(in_words(getattr(error, "orig", None) or error, self.target)[0])

    def counted(self, table: Table) -> Table:
        unread: list[str] = []
        with self._noting(unread):
            return super().counted(table)
        return replace(table, unread=unread[0])

    def _table(self, parts: tuple[str, ...], called: str, file: Path, view: str) -> Table:
        driver = self.database.driver
        if file.suffix.lower() == ".csv":
            if not file.stat().st_size:
                return Table(parts, called, (), unread="it is empty: write the names of the columns on its first line")
            relation = driver.read_csv(str(file), header=True, delimiter=",", quotechar='"', all_varchar=True)
            names = list(relation.columns)
            if len(names) == 1 and (other := next((sign for sign in ";\t|" if sign in names[0]), "")):
                said = "tabs" if other == "\t" else f"`{other}`"
                return Table(parts, called, (), unread=f"{said} stand between its columns: save it with commas")
        else:
            relation = driver.read_parquet(str(file))
        relation.create_view(view)
        self.views[parts] = view
        columns = tuple(Column(name, str(type_)) for name, type_ in zip(relation.columns, relation.types, strict=True))
        table = Table(parts, called, columns)
        if file.suffix.lower() == ".csv":
            self.texts.add(parts)
            table = replace(table, is_text=True, columns=sniffed(self.database, self.sql(table), columns))
        inside = file.relative_to(self.path)
        return replace(
            table,
            aliases=(
                (inside.as_posix(),),
                (inside.as_posix().rpartition(".")[0],),
                (inside.stem,)[: len(inside.parts) == 1],
            ),
        )

    def sql(self, table: Table) -> SqlTable:
        return self.database.table((self.views[table.parts],), *(sql_column(each.name) for each in table.columns))

    def value(self, table: Table, sql: SqlTable, column: Column) -> ColumnElement[Any]:
        return read_as(sql.c[column.name], column.type) if table.parts in self.texts else sql.c[column.name]


def _odd_name(inside: Path) -> str:
    if any(sign in str(inside) for sign in "*?["):
        return "one of `*`, `?` and `[` is in its name: rename it"
    return "a point is in the name of its folder: rename that" if any("." in part for part in inside.parts[:-1]) else ""
