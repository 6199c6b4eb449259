"""Runs: a program, a clock and a target to rows. The only room with connections and drivers, imported when needed.

A target is a DuckDB file, or a folder of Parquet and CSV files that an in-memory DuckDB reads through views. Promised:
queries run on a read-only connection that can open no file but the target's own; the database is compared with the
catalog before anything is computed; memberships are replaced in one step or not at all; whatever goes wrong outside
of segdsl is a `DatabaseProblem` with a clear message.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from os.path import lexists
from pathlib import Path
from typing import TYPE_CHECKING, Any
from typing import Literal as OneOf

from segdsl import folder
from segdsl.compiler import Findings
from segdsl.diagnostics import did_you_mean, listed
from segdsl.introspection import DatabaseProblem, Needed, Stored, check, refuse_faulty_keys
from segdsl.project import Target
from segdsl.semantics import ir
from segdsl.semantics.calendar import Clock
from segdsl.semantics.catalog import Catalog, Table

if TYPE_CHECKING:
    from sqlalchemy import Select
    from sqlalchemy.engine import Connection

    from segdsl.backends import Backend

MEMBERSHIPS_TABLE = "segdsl_memberships"
MEMBERSHIPS_FILE = "memberships.parquet"
MEMBERSHIPS_COLUMNS = ("segment", "qualifies", "assigned", "as_of")

File = tuple[Path, folder.Format]


@dataclass(frozen=True, slots=True)
class Size:
    """How many customers fulfil a segment's condition, and how many of them no stronger segment takes."""

    name: str
    qualifies: int
    assigned: int


@dataclass(frozen=True, slots=True)
class Sizes:
    """`segments` in the order they were asked for; `customers` is how many there are in all."""

    as_of: datetime
    customers: int
    segments: tuple[Size, ...]


@dataclass(frozen=True, slots=True)
class Members:
    """The customers in a segment: the `key` column's name and the ordered keys."""

    segment: str
    as_of: datetime
    key: str
    keys: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a run has written, and where: a table's name, or a file's path."""

    as_of: datetime
    target: str
    written_to: str
    rows: int
    segments: tuple[Size, ...]


def size(program: ir.Program, names: Sequence[str], clock: Clock, target: Target) -> Sizes:
    """The sizes of the segments called `names`."""
    with _opened(program, names, clock, target) as database:
        (row,) = database.rows(database.backend.sizes(program, names, clock))
    counts = [int(value) for value in row]
    sizes = tuple(Size(name, counts[1 + 2 * i], counts[2 + 2 * i]) for i, name in enumerate(names))
    return Sizes(clock.as_of, counts[0], sizes)


def members(program: ir.Program, segment: str, clock: Clock, target: Target, *, assigned: bool = False) -> Members:
    """The keys of those who qualify for `segment`, or are assigned to it."""
    with _opened(program, [segment], clock, target) as database:
        query = database.backend.members(program, segment, clock, _column(assigned))
        keys = tuple(row[0] for row in database.rows(query))
    return Members(segment, clock.as_of, _key(program), keys)


def export_members(
    program: ir.Program, segment: str, clock: Clock, target: Target, output: Path, *, assigned: bool = False
) -> None:
    """Writes the keys to the Parquet file `output`, which is replaced in one step."""
    with (
        folder.replaced(output) as written,
        _opened(program, [segment], clock, target, extra_files=[written]) as database,
    ):
        query = database.backend.members(program, segment, clock, _column(assigned))
        database.write(database.driver.sql(query), written)


def run(program: ir.Program, clock: Clock, target: Target) -> RunSummary:
    """Replaces the memberships of all segments. When anything fails the memberships before stay as they were."""
    if _is_folder(target):
        return _run_in_folder(program, clock, target)
    return _run_in_database(program, clock, target)


def _run_in_database(program: ir.Program, clock: Clock, target: Target) -> RunSummary:
    if target.memberships:
        raise DatabaseProblem(
            f"the target `{target.name}` has `memberships`, which is for folders",
            f"leave it out: memberships go to the table `{MEMBERSHIPS_TABLE}`",
            target.span,
        )
    parts = (target.schema, MEMBERSHIPS_TABLE) if target.schema else (MEMBERSHIPS_TABLE,)
    _refuse_to_overwrite_source(program, parts)
    names = tuple(program.segments)
    with _opened(program, names, clock, target, writing=True) as database:
        existing = database.tables.get(_folded(parts))
        if existing is not None:
            _refuse_unless_memberships(existing.called, existing.columns, program, "`schema`", target)
        if target.schema:
            database.create_schema(target.schema)
        sizes = _store(database, program, names, clock, parts)
    return RunSummary(clock.as_of, target.name, ".".join(parts), sum(each.qualifies for each in sizes), sizes)


def _run_in_folder(program: ir.Program, clock: Clock, target: Target) -> RunSummary:
    if target.schema:
        raise DatabaseProblem(
            f"the target `{target.name}` has a `schema`, and a folder has none",
            "leave it out, or name the file with `memberships: NAME.parquet`",
            target.span,
        )
    output = target.path / (target.memberships or MEMBERSHIPS_FILE)
    parts = (MEMBERSHIPS_TABLE,)
    _refuse_to_overwrite_source(program, parts)
    for table in program.catalog.tables.values():
        if output.name in folder.candidates_of(table):
            raise DatabaseProblem(
                f"the table `{table.name}` may be stored in `{output}`, where memberships are written",
                "name another file: `memberships: NAME.parquet` in the target",
                table.span,
            )
    names = tuple(program.segments)
    existing = [output] if lexists(output) else []
    with (
        folder.replaced(output) as written,
        _opened(program, names, clock, target, extra_files=[written, *existing]) as database,
    ):
        for file in existing:
            columns = database.columns_of_file(file)
            _refuse_unless_memberships(f"`{file}`", columns, program, "`memberships: NAME.parquet`", target)
        sizes = _store(database, program, names, clock, parts)
        database.write(database.driver.table(MEMBERSHIPS_TABLE), written)
    return RunSummary(clock.as_of, target.name, str(output), sum(each.qualifies for each in sizes), sizes)


def _store(
    database: Database, program: ir.Program, names: Sequence[str], clock: Clock, parts: tuple[str, ...]
) -> tuple[Size, ...]:
    """Replaces the memberships table; gives each segment's size."""
    from sqlalchemy import MetaData, Table, case, column, func, select

    for statement in database.backend.store(program, names, clock, parts):
        database.execute(statement)
    stored = Table(parts[-1], MetaData(), schema=parts[0] if len(parts) == 2 else None)
    assigned = func.count(case((column("assigned"), 1)))
    counted: Select[Any] = (
        select(column("segment"), func.count(), assigned).select_from(stored).group_by(column("segment"))
    )
    counts = {str(name): (int(all_), int(won)) for name, all_, won in database.select(counted)}
    return tuple(Size(name, *counts.get(name, (0, 0))) for name in names)


def _refuse_to_overwrite_source(program: ir.Program, parts: tuple[str, ...]) -> None:
    """A table that definitions read is not one to write memberships to."""
    for table in program.catalog.tables.values():
        if _folded(table.stored_in) == _folded(parts):
            raise DatabaseProblem(
                f"the table `{table.name}` is stored in `{'.'.join(parts)}`, where memberships are written",
                "give the target another `schema`, or read the table through a view of another name",
                table.span,
            )


def _refuse_unless_memberships(
    called: str, columns: Iterable[str], program: ir.Program, option: str, target: Target
) -> None:
    """What somebody else has made is never replaced."""
    if {_key(program), *MEMBERSHIPS_COLUMNS} != set(columns):
        raise DatabaseProblem(
            f"{called} is there already, and does not hold memberships",
            f"move it away, or give the target another {option}",
            target.span,
        )


def _key(program: ir.Program) -> str:
    key = program.catalog.tables[program.catalog.entity].key
    assert key is not None, "the resolver refuses an entity without a key"
    return key


def _column(assigned: bool) -> OneOf["qualifies", "assigned"]:
    return "assigned" if assigned else "qualifies"


def _folded(parts: Iterable[str]) -> tuple[str, ...]:
    """A name as databases compare it."""
    return tuple(part.casefold() for part in parts)


# --- connections --------------------------------------------------------------------------------------


class Database:
    """One transaction in a target. Every statement goes through here."""

    def __init__(self, connection: Connection, backend: Backend) -> None:
        self._connection = connection
        self.backend = backend
        self.tables: dict[tuple[str, ...], Stored] = {}

    @property
    def driver(self) -> Any:
        """DuckDB's own connection: it writes files without a statement that would name them."""
        return self._connection.connection.driver_connection

    def execute(self, statement: str, *parameters: object) -> None:
        self._connection.exec_driver_sql(statement, tuple(parameters) or None)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self._connection.exec_driver_sql(query)]

    def select(self, query: Select[Any]) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self._connection.execute(query)]

    def create_schema(self, name: str) -> None:
        from sqlalchemy.schema import CreateSchema

        self._connection.execute(CreateSchema(name, if_not_exists=True))

    def columns_of_file(self, path: Path) -> list[str]:
        if path.suffix.lower() == ".csv":
            return list(
                self.driver.read_csv(str(path), header=True, delimiter=",", quotechar='"', all_varchar=True).columns
            )
        return list(self.driver.read_parquet(str(path)).columns)

    def write(self, relation: Any, path: Path) -> None:
        """Writes a relation of the driver to a file that may be opened, and that the name's end gives the format of."""
        if path.suffix == ".csv":
            relation.write_csv(str(path), header=True, use_tmp_file=False)
        else:
            relation.write_parquet(str(path), compression="zstd", use_tmp_file=False)

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
            self.tables[_folded(parts)] = Stored(f"table `{'.'.join(parts)}`", columns)


def _is_folder(target: Target) -> bool:
    try:
        return target.path.is_dir()
    except (OSError, ValueError):
        raise DatabaseProblem(f"`{target.path}` cannot be opened", "check the target's `path`", target.span) from None


@contextmanager
def _opened(
    program: ir.Program,
    names: Sequence[str],
    clock: Clock,
    target: Target,
    *,
    writing: bool = False,
    extra_files: Sequence[Path] = (),
) -> Iterator[Database]:
    """A database that holds what the segments called `names` need. All that is done in it is one transaction.

    `extra_files` are the only files, beside the target's own, that may be opened.
    """
    from segdsl.backends import Unsupported, backend

    dialect = backend("duckdb")
    try:
        needed = [Needed(use.table, frozenset(use.columns)) for use in dialect.tables_used(program, names)]
        in_folder = _is_folder(target)
        files = {each.table.name: folder.file_of(each.table, target.path) for each in needed} if in_folder else {}
        allowed = [*(file for file, _ in files.values()), *extra_files]
        with _explained(target), _connected(target, allowed, writing=writing) as connection, connection.begin():
            database = Database(connection, dialect)
            _create_views(database, needed, files, program.catalog)
            database.look()
            stored = {each.table.name: _stored(database, each.table, files) for each in needed}
            check(needed, stored, program.catalog)
            _check_keys(database, needed, program, clock)
            yield database
    except Unsupported as unsupported:
        raise Findings([unsupported.diagnostic]) from None


def _create_views(database: Database, needed: Sequence[Needed], files: dict[str, File], catalog: Catalog) -> None:
    """A view for each file; catalog tables over one file share it."""
    shared: dict[tuple[str, ...], Table] = {}
    for each in needed if files else ():
        table = each.table
        if (first := shared.get(_folded(table.stored_in))) is not None:
            table = replace(table, columns=first.columns | table.columns, links=first.links | table.links)
        shared[_folded(table.stored_in)] = table
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
            table = _typed(table, database.columns_of_file(path), catalog)
        database.execute(database.backend.create_file_view(table, str(path), format))


def _typed(table: Table, stored: Iterable[str], catalog: Catalog) -> Table:
    """The table with the columns that its CSV file has. What a link leads by is of the type of the key it leads to."""
    there = {name.casefold() for name in stored}
    columns = {name: each for name, each in table.columns.items() if each.stored_as.casefold() in there}
    declared = {each.stored_as for each in columns.values()}
    for link in table.links.values():
        other = catalog.tables[link.table]
        keys = [each for each in other.columns.values() if each.stored_as == other.key and each.formula is None]
        if keys and link.column not in declared and link.column.casefold() in there:
            columns[link.column] = replace(keys[0], name=link.column, stored_as=link.column)
    at = table.at if table.at is not None and table.at.casefold() in there else None
    return replace(table, columns=columns, at=at)


def _stored(database: Database, table: Table, files: dict[str, File]) -> Stored:
    """What the database has for a catalog table."""
    found = database.tables.get(_folded(table.stored_in))
    if found is None:
        known = sorted({".".join(parts) for parts in database.tables if len(parts) == len(table.stored_in)})
        name = ".".join(table.stored_in)
        help = did_you_mean(name, known, f"there are {listed(known)}" if known else "the database has no tables")
        raise DatabaseProblem(f"the database has no table `{name}`", help, table.span)
    if table.name in files:
        return Stored(f"file `{files[table.name][0].name}`", found.columns)
    return found


def _check_keys(database: Database, needed: Sequence[Needed], program: ir.Program, clock: Clock) -> None:
    """Every key that stands for one row must do so: the customers', and those that links lead to."""
    tables = {each.table.name: each.table for each in needed}
    linked = {link.table for each in needed for link in each.table.links.values() if link.column in each.columns}
    for name, table in tables.items():
        if name == program.catalog.entity or (name in linked and table.key is not None):
            refuse_faulty_keys(table, database.rows(database.backend.key_faults(table, program, clock)))


@contextmanager
def _connected(target: Target, allowed: Sequence[Path], *, writing: bool) -> Iterator[Connection]:
    """A connection that can open nothing but the target and the files `allowed`, and knows no session settings."""
    from sqlalchemy import URL, create_engine
    from sqlalchemy.pool import NullPool

    in_folder = _is_folder(target)
    if not in_folder and not target.path.exists():
        raise DatabaseProblem(
            f"there is no database `{target.path}`", f"correct the `path` of the target `{target.name}`", target.span
        )
    with tempfile.TemporaryDirectory(prefix="segdsl-") as scratch:
        engine = create_engine(
            URL.create("duckdb", database=":memory:" if in_folder else str(target.path)),
            connect_args={"read_only": not (writing or in_folder), "config": {"temp_directory": scratch}},
            poolclass=NullPool,
        )
        with engine.connect() as connection:
            for setting in ("SET TimeZone = 'UTC'", "SET enable_progress_bar = false"):
                connection.exec_driver_sql(setting)
            connection.exec_driver_sql("SET allowed_paths = ?", ([str(path) for path in allowed],))
            # The order matters: nothing can be allowed any more after these two.
            connection.exec_driver_sql("SET enable_external_access = false")
            connection.exec_driver_sql("SET lock_configuration = true")
            connection.commit()
            yield connection


# --- what went wrong, in words ------------------------------------------------------------------------


@contextmanager
def _explained(target: Target) -> Iterator[None]:
    """What a driver raises becomes a `DatabaseProblem`."""
    import duckdb
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (SQLAlchemyError, duckdb.Error) as error:
        original = getattr(error, "orig", None) or error
        if isinstance(original, duckdb.InterruptException):
            raise KeyboardInterrupt from None
        message, help = _in_words(original, target)
        raise DatabaseProblem(message, help, target.span) from error


def _in_words(error: BaseException, target: Target) -> tuple[str, str]:
    """What a driver's error means, and what to do."""
    import duckdb

    text = str(error)
    first = (text.partition("\n")[0].partition(": ")[2] or text).rstrip(" ;!.")
    path = f"`{target.path}`"
    known = {
        "Could not set lock": (f"another program has {path} open", "close it, or wait until it has finished"),
        "different configuration": (f"this process has {path} open already", "close that connection first"),
        "not a valid DuckDB database": (f"{path} is not a DuckDB database", "name a DuckDB file or a folder of files"),
        "Permission denied": (f"{path} may not be opened", "ask whoever keeps it for the right to"),
        "version number": (f"{path} is from another version of DuckDB: {first}", "update DuckDB"),
        "file system operations are disabled": (
            f"the database wants to open a file outside of itself: {first}",
            "a view over other files cannot be read: make it a table",
        ),
    }
    for sign, words in known.items():
        if sign in text:
            return words
    match error:
        case duckdb.ConversionException():
            return (
                f"a stored value cannot be read as it is declared: {first}",
                "compare the types in catalog.yml with what is stored",
            )
        case duckdb.OutOfRangeException():
            return (
                f"a number grows past what the database keeps exactly: {first}",
                "divide first, or declare fewer decimals",
            )
        case duckdb.OutOfMemoryException():
            return (
                f"the database ran out of memory: {first}",
                "compute fewer segments at a time, or give it more memory",
            )
        case duckdb.IOException():
            return f"`{target.path}` cannot be used: {first}", "check the target's `path`"
        case _:
            return f"the database said no: {first}", f"check the target `{target.name}`"
