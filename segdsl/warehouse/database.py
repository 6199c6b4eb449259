"""A target, opened: a DuckDB, files that an in-memory DuckDB reads through views, a PostgreSQL or a Snowflake.

In: what a query needs and a target. Out: a `Database` to ask. Promised: a connection can open no file but the target's
own, nor change DuckDB's settings; it is read-only unless it is to write; no statement takes longer than the target
says; what the database holds has been compared with the catalog, and its keys have been checked, before anything is
computed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any

from segdsl import folder
from segdsl.compiler import Findings
from segdsl.diagnostics import did_you_mean, listed
from segdsl.introspection import DatabaseProblem, Needed, Stored, as_held, check, refuse_faulty_keys
from segdsl.project import Target
from segdsl.semantics import ir
from segdsl.semantics.calendar import Clock
from segdsl.semantics.catalog import Catalog, Table
from segdsl.semantics.types import Type
from segdsl.warehouse.errors import explained

if TYPE_CHECKING:
    from sqlalchemy import Column, Select, quoted_name
    from sqlalchemy import Table as SqlTable
    from sqlalchemy.engine import Connection

    from segdsl.backends import Backend

File = tuple[Path, folder.Format]


def folded(parts: Iterable[str]) -> tuple[str, ...]:
    """A name as databases compare it."""
    return tuple(part.casefold() for part in parts)


class Database:
    """One transaction in a target. Every statement goes through here.

    `program` is what was asked for, with what the database was seen to hold.
    """

    def __init__(self, connection: Connection, backend: Backend, program: ir.Program) -> None:
        self._connection = connection
        self.backend = backend
        self.program = program
        self.tables: dict[tuple[str, ...], Stored] = {}
        self.timeout = 0  # of each statement, in seconds; 0 for none

    @property
    def driver(self) -> Any:
        """DuckDB's own connection: it writes files without a statement that would name them."""
        return self._connection.connection.driver_connection

    @contextmanager
    def in_time(self) -> Iterator[None]:
        """Stops what takes longer than the target says; DuckDB does not watch the clock itself."""
        if not self.timeout:
            yield
            return
        timer = Timer(self.timeout, self.driver.interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def execute(self, statement: str, *parameters: object) -> None:
        with self.in_time():
            self._connection.exec_driver_sql(statement, tuple(parameters) or None)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.in_time():
            return [tuple(row) for row in self._connection.exec_driver_sql(query)]

    def select(self, query: Select[Any]) -> list[tuple[Any, ...]]:
        with self.in_time():
            return [tuple(row) for row in self._connection.execute(query)]

    def called(self, name: str) -> quoted_name:
        """A name as the compiled SQL means it."""
        from sqlalchemy import quoted_name

        return quoted_name(self.backend.stored_name(name), quote=True)

    def table(self, parts: Sequence[str], *columns: Column[Any]) -> SqlTable:
        """A stored table, to be selected from."""
        from sqlalchemy import MetaData
        from sqlalchemy import Table as SqlTable

        *above, name = map(self.called, parts)
        # Of two parts each is quoted by the dialect, which takes them apart at the point.
        schema = above[0] if len(above) == 1 else ".".join(above) or None
        return SqlTable(name, MetaData(), *columns, schema=schema)

    def stored(self, table: Table) -> Stored:
        """What there is for a table of the catalog, which was looked for before."""
        return self.as_declared(table, self.tables[self.as_named(table.stored_in)])

    def read(self, value: Any, type_: Type | None) -> Any:
        """A value of a column as it is declared, of what the driver gives."""
        return value

    def create_schema(self, name: str) -> None:
        from sqlalchemy.schema import CreateSchema

        self._connection.execute(CreateSchema(name, if_not_exists=True))

    def columns_of_file(self, path: Path) -> list[str]:
        if path.suffix.lower() == ".csv":
            return list(
                self.driver.read_csv(str(path), header=True, delimiter=",", quotechar='"', all_varchar=True).columns
            )
        return list(self.driver.read_parquet(str(path)).columns)

    def assigned_in_file(self, path: Path) -> dict[str, int]:
        """How many a file of memberships says are assigned, by segment."""
        is_csv = path.suffix.lower() == ".csv"
        reader = self.driver.read_csv if is_csv else self.driver.read_parquet
        found = reader(str(path))
        counted = found.aggregate("segment, count(*) FILTER (CAST(assigned AS BOOLEAN))", "segment").fetchall()
        return {str(name): int(count) for name, count in counted}

    def write(self, relation: Any, path: Path) -> None:
        """Writes a relation of the driver to a file that may be opened, and that the name's end gives the format of."""
        with self.in_time():
            if path.suffix == ".csv":
                relation.write_csv(str(path), header=True, use_tmp_file=False)
            else:
                relation.write_parquet(str(path), compression="zstd", use_tmp_file=False)

    def as_named(self, parts: Sequence[str]) -> tuple[str, ...]:
        """A name as the database compares it: the key of `tables`."""
        return folded(parts)

    def as_declared(self, table: Table, found: Stored) -> Stored:
        """What there is for a table, with the columns called as the catalog calls them."""
        return found

    def check_values(self, needed: Sequence[Needed]) -> None:
        """Refuses stored values that only their type has let pass."""

    def look(self) -> None:
        """Learns what tables and columns there are; a table of the schema `main` is known by its bare name too."""
        found: dict[tuple[str, ...], dict[str, str]] = {}
        for database, schema, table, column, data_type in self.rows(
            "SELECT table_catalog, table_schema, table_name, column_name, data_type "
            "FROM information_schema.columns WHERE table_catalog = current_database()"
        ):
            names = [(database, schema, table), (schema, table)]
            for parts in [*names, (table,)] if schema == "main" else names:
                found.setdefault(parts, {})[column] = data_type
        for parts, columns in found.items():
            self.tables[folded(parts)] = Stored(f"table `{'.'.join(parts)}`", columns)


def write_keys(name: str, keys: Sequence[object], path: Path) -> None:
    """Writes keys from another database to a Parquet file of one column."""
    import duckdb

    with duckdb.connect() as connection:
        column = duckdb.ColumnExpression("key").alias(name)
        relation = connection.sql("SELECT unnest($1) AS key", params=[list(keys)])
        relation.select(column).write_parquet(str(path), compression="zstd")


def is_folder(target: Target) -> bool:
    """Whether the target is a folder of files, or else a database."""
    try:
        return target.type == "duckdb" and target.path.is_dir()
    except (OSError, ValueError):
        raise DatabaseProblem(f"`{target.path}` cannot be opened", "check the target's `path`", target.span) from None


@contextmanager
def opened(
    program: ir.Program,
    names: Sequence[str],
    clock: Clock,
    target: Target,
    *,
    writing: bool = False,
    sizing: bool = False,
    extra_files: Sequence[Path] = (),
    replaced: Sequence[tuple[str, ...]] = (),
) -> Iterator[Database]:
    """A database that holds what the segments called `names` need. All that is done in it is one transaction.

    With `sizing` it holds what their sizes need, too: channels, and the segments that promises are about.
    `extra_files` are the only files, beside the target's own, that may be opened; `replaced` are the tables that will
    be written to.
    """
    from segdsl.backends import Unsupported, backend

    dialect = backend(target.type)
    try:
        needed = [
            Needed(use.table, frozenset(use.columns)) for use in dialect.tables_used(program, names, sizing=sizing)
        ]
        with opened_as_it_is(needed, program, target, replaced, extra_files, writing=writing) as (database, stored):
            check(needed, stored, program.catalog)
            if target.type != "duckdb":
                database.program = replace(program, catalog=as_held(program.catalog, stored))
                needed = [Needed(database.program.catalog.tables[each.table.name], each.columns) for each in needed]
            database.check_values(needed)
            _check_keys(database, needed, database.program, clock)
            yield database
    except Unsupported as unsupported:
        raise Findings([unsupported.diagnostic]) from None


def database_of(
    target: Target, connection: Connection, program: ir.Program, dialect: Backend | None = None
) -> Database:
    """A transaction in a target, to be asked; `dialect` writes what it is asked, if that is not the target's own."""
    from segdsl.backends import backend

    kind = Database
    if target.type == "postgres":
        from segdsl.warehouse.postgres import Postgres

        kind = Postgres
    elif target.type == "snowflake":
        from segdsl.warehouse.snowflake import Snowflake

        kind = Snowflake
    database = kind(connection, dialect or backend(target.type), program)
    database.timeout = target.timeout
    return database


@contextmanager
def begun(
    target: Target, allowed: Sequence[Path], replaced: Sequence[tuple[str, ...]], *, writing: bool
) -> Iterator[Connection]:
    """A connection to a target, within a transaction."""
    if target.type == "postgres":
        from segdsl.warehouse import postgres

        with postgres.connected(target, replaced, writing=writing) as connection:
            yield connection
    elif target.type == "snowflake":
        from segdsl.warehouse import snowflake

        with snowflake.connected(target) as connection:
            yield connection
    else:
        with _connected(target, allowed, writing=writing) as connection, connection.begin():
            yield connection


@contextmanager
def opened_as_it_is(
    needed: Sequence[Needed],
    program: ir.Program,
    target: Target,
    replaced: Sequence[tuple[str, ...]] = (),
    extra_files: Sequence[Path] = (),
    *,
    writing: bool = False,
    dialect: Backend | None = None,
    absent: dict[str, DatabaseProblem] | None = None,
) -> Iterator[tuple[Database, dict[str, Stored]]]:
    """A database that holds the tables needed, and what it has for each; nothing is compared yet.

    Tables that are not there are refused, unless they are to be collected in `absent`.
    """
    files = {}
    for each in needed if is_folder(target) else ():
        with _collected(each.table, absent):
            files[each.table.name] = folder.file_of(each.table, target.path)
    allowed = [*(file for file, _ in files.values()), *extra_files]
    with explained(target), begun(target, allowed, replaced, writing=writing) as connection:
        database = database_of(target, connection, program, dialect)
        _create_views(database, needed, files, program.catalog)
        database.look()
        stored = {}
        for each in needed:
            with _collected(each.table, absent):
                stored[each.table.name] = _stored(database, each.table, files)
        yield database, stored


@contextmanager
def _collected(table: Table, absent: dict[str, DatabaseProblem] | None) -> Iterator[None]:
    try:
        yield
    except DatabaseProblem as problem:
        if absent is None:
            raise
        absent.setdefault(table.name, problem)


def _create_views(database: Database, needed: Sequence[Needed], files: dict[str, File], catalog: Catalog) -> None:
    """A view for each file; catalog tables over one file share it."""
    shared: dict[tuple[str, ...], Table] = {}
    for table in [each.table for each in needed if each.table.name in files]:
        if (first := shared.get(folded(table.stored_in))) is not None:
            table = replace(table, columns=first.columns | table.columns, links=first.links | table.links)
        shared[folded(table.stored_in)] = table
    for table in shared.values():
        if len(table.stored_in) > 2:
            raise DatabaseProblem(
                f"a folder has no database `{table.stored_in[0]}`",
                "name the file: `from: FOLDER/NAME.parquet`",
                table.span,
            )
        if len(table.stored_in) == 2:
            database.create_schema(table.stored_in[0])
        path, format = files[table.name]
        if format == "csv":
            if not path.stat().st_size:
                raise DatabaseProblem(
                    f"`{path}` is empty", "write the names of the columns on its first line", table.span
                )
            table = typed(table, database.columns_of_file(path), catalog)
        for statement in database.backend.create_file_views(table, str(path), format):
            database.execute(statement)


def typed(table: Table, stored: Iterable[str], catalog: Catalog) -> Table:
    """The table with the columns that its CSV file has. What a link leads by is of the type of the key it leads to."""
    there = {name.casefold() for name in stored}
    columns = {each.name: each for each in table.stored_columns() if each.stored_as.casefold() in there}
    declared = {each.stored_as for each in columns.values()}
    for link in table.links.values():
        other = catalog.tables[link.table]
        keys = [each for each in other.columns.values() if each.stored_as == other.key and each.formula is None]
        if keys and link.column not in declared and link.column.casefold() in there:
            columns[link.column] = replace(
                keys[0], name=link.column, stored_as=link.column, required=False, span=link.span
            )
    at = table.at if table.at is not None and table.at.casefold() in there else None
    return replace(table, columns=columns, at=at)


def _stored(database: Database, table: Table, files: dict[str, File]) -> Stored:
    """What the database has for a catalog table."""
    found = database.tables.get(database.as_named(table.stored_in))
    if found is None:
        known = sorted({".".join(parts) for parts in database.tables if len(parts) == len(table.stored_in)})
        name = ".".join(table.stored_in)
        help = did_you_mean(name, known, f"there are {listed(known)}" if known else "the database has no tables")
        raise DatabaseProblem(f"the database has no table `{name}`", help, table.span)
    if table.name in files:
        return Stored(f"file `{files[table.name][0].name}`", found.columns)
    return database.as_declared(table, found)


def _check_keys(database: Database, needed: Sequence[Needed], program: ir.Program, clock: Clock) -> None:
    """Every key that stands for one row must do so: those of entities, and those that links lead to."""
    tables = {each.table.name: each.table for each in needed}
    linked = {link.table for each in needed for link in each.table.links.values() if link.column in each.columns}
    for name, table in tables.items():
        if name in program.entities or (name in linked and table.key is not None):
            refuse_faulty_keys(table, database.rows(database.backend.key_faults(table, program.catalog, clock)))


# DuckDB 2.0 takes what it knows of one joined column for what it knows of another, and leaves comparisons out by it: a
# `sum <= 10` came true of 25. Without that optimizer it does not.
SETTINGS = (
    "SET TimeZone = 'UTC'",
    "SET enable_progress_bar = false",
    "SET disabled_optimizers = 'statistics_propagation'",
)


@contextmanager
def _connected(target: Target, allowed: Sequence[Path], *, writing: bool) -> Iterator[Connection]:
    """A connection that can open nothing but the target and the files `allowed`, and knows no session settings."""
    from sqlalchemy import URL, create_engine
    from sqlalchemy.pool import NullPool

    in_folder = is_folder(target)
    if not in_folder and not target.path.exists():
        raise DatabaseProblem(
            f"there is no database `{target.path}`", f"correct the `path` of the target `{target.name}`", target.span
        )
    with tempfile.TemporaryDirectory(prefix="segdsl-") as scratch:
        config = {"temp_directory": scratch} | ({"memory_limit": f"{target.memory}MB"} if target.memory else {})
        engine = create_engine(
            URL.create("duckdb", database=":memory:" if in_folder else str(target.path)),
            connect_args={"read_only": not (writing or in_folder), "config": config},
            poolclass=NullPool,
        )
        with engine.connect() as connection:
            for setting in SETTINGS:
                connection.exec_driver_sql(setting)
            connection.exec_driver_sql("SET allowed_paths = ?", ([str(path) for path in allowed],))
            # The order matters: nothing can be allowed any more after these two.
            connection.exec_driver_sql("SET enable_external_access = false")
            connection.exec_driver_sql("SET lock_configuration = true")
            connection.commit()
            yield connection
