"""A PostgreSQL target, opened: one transaction that sees one state of the data.

In: a target with an address. Out: a `Postgres` database to ask. Promised: it is read-only unless it is to write, it
waits no longer than `LOCK_WAIT` for what others hold, and no message says what the address does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from segdsl.introspection import DatabaseProblem, Needed, Stored
from segdsl.project import Target
from segdsl.semantics.types import Number
from segdsl.warehouse.database import Database
from segdsl.warehouse.errors import TOO_LONG

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import URL, Connection

CONNECT_SECONDS = 10
LOCK_WAIT = "10s"

# As `format_type` calls them, and as `introspection` does.
CALLED = {
    "smallint": "SMALLINT",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "numeric": "NUMERIC",
    "real": "REAL",
    "double precision": "DOUBLE PRECISION",
    "text": "VARCHAR",
    "character varying": "VARCHAR",
    "character": "VARCHAR",
    "uuid": "UUID",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp without time zone": "TIMESTAMP",
    "timestamp with time zone": "TIMESTAMP WITH TIME ZONE",
    "text[]": "VARCHAR[]",
    "character varying[]": "VARCHAR[]",
}

# What every table and view holds; of a domain what it is over. Names are compared as they are written.
COLUMNS = """
SELECT current_database(), n.nspname, c.relname, a.attname, pg_table_is_visible(c.oid), b.typtype = 'e',
  CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) ELSE format_type(a.atttypid, a.atttypmod) END
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
JOIN pg_catalog.pg_type AS b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND a.attnum > 0 AND NOT a.attisdropped
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg!_toast%' ESCAPE '!'
ORDER BY c.oid, a.attnum
"""


def named(type_: str, is_enum: bool = False) -> str:
    """A type as `format_type` gives it, in the words of `introspection`; one that is not known is refused there."""
    if is_enum:
        return "ENUM()"
    decimal = re.fullmatch(r"numeric\((\d+),(-?\d+)\)", type_)
    if decimal:
        return f"DECIMAL({decimal[1]},{max(int(decimal[2]), 0)})"
    # The digits of a moment: fewer than there may be are no loss.
    return CALLED.get(re.sub(r"\(\d+\)", "", type_), type_)


class Postgres(Database):
    """One transaction in a PostgreSQL database."""

    @contextmanager
    def in_time(self) -> Iterator[None]:
        """The server watches the clock: see `statement_timeout`."""
        yield

    # Given parameters, even none, the driver would look for places for them: in texts, too.

    def execute(self, statement: str, *parameters: object) -> None:
        assert not parameters, "values are part of the statement"
        self._connection.exec_driver_sql(statement, execution_options={"no_parameters": True})

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        found = self._connection.exec_driver_sql(query, execution_options={"no_parameters": True})
        return [tuple(row) for row in found]

    def look(self) -> None:
        found: dict[tuple[str, ...], dict[str, str]] = {}
        for database, schema, table, column, is_visible, is_enum, type_ in self.rows(COLUMNS):
            names = [(database, schema, table), (schema, table)]
            for parts in [*names, (table,)] if is_visible else names:
                found.setdefault(parts, {})[column] = named(type_, is_enum)
        for parts, columns in found.items():
            self.tables[parts] = Stored(f"table `{'.'.join(parts)}`", columns, tells_case=True)

    def as_named(self, parts: Sequence[str]) -> tuple[str, ...]:
        return tuple(parts)

    def create_schema(self, name: str) -> None:
        # Asked first: to be allowed to make one is asked for even where there is nothing to make.
        if not self._connection.dialect.has_schema(self._connection, name):
            super().create_schema(name)

    def check_values(self, needed: Sequence[Needed]) -> None:
        """No number is none, and none has more digits than are declared: it would be rounded past a threshold."""
        from sqlalchemy import MetaData, Table, Text, cast, column, func, select

        for each in needed:
            stored = self.tables[self.as_named(each.table.stored_in)]
            decimals = {
                declared.stored_as: (declared.type.scale, declared.span)
                for declared in each.table.stored_columns()
                if isinstance(declared.type, Number) and not declared.type.whole
            }
            asked = [name for name in decimals if name in each.columns and _may_be_odd(stored.columns[name])]
            if not asked:
                continue
            counts: list[ColumnElement[Any]] = []
            for name in asked:
                value: ColumnElement[Any] = column(name)
                counts.append(func.count().filter(cast(value, Text).in_(["NaN", "Infinity", "-Infinity"])))
                is_open = stored.columns[name] == "NUMERIC"
                counts.append(func.max(func.scale(func.trim_scale(value))) if is_open else func.max(0))
            *schema, bare = each.table.stored_in[-2:]
            (found,) = self.select(select(*counts).select_from(Table(bare, MetaData(), schema="".join(schema) or None)))
            for name, none, digits in zip(asked, found[::2], found[1::2], strict=True):
                scale, span = decimals[name]
                if none:
                    message = f"column `{name}` of {stored.called} holds `NaN` or `Infinity`, which are no numbers"
                    raise DatabaseProblem(message, "mend the rows, or leave them out in a view", span)
                if (digits or 0) > scale:
                    message = f"column `{name}` of {stored.called} holds numbers with {digits} digits after the point"
                    help = f"{scale} are declared: declare as many in catalog.yml, or cast it in a view"
                    raise DatabaseProblem(message, help, span)


def _may_be_odd(held: str) -> bool:
    """Whether a stored type has values that are no numbers."""
    return held in ("NUMERIC", "REAL", "DOUBLE PRECISION") or held.startswith("DECIMAL(")


def address(target: Target) -> URL:
    """The address of a target, with the driver that is used here."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(target.url)
    except (ArgumentError, ValueError):
        url = None
    if url is None or url.drivername not in ("postgres", "postgresql", "postgresql+psycopg"):
        raise DatabaseProblem(
            f"the `url` of the target `{target.name}` is no address of a PostgreSQL database",
            'write it like "postgresql://USER:${PASSWORD}@HOST/DATABASE"',
            target.span,
        ) from None
    return url.set(drivername="postgresql+psycopg")


@contextmanager
def connected(target: Target, replaced: Sequence[tuple[str, ...]], *, writing: bool) -> Iterator[Connection]:
    """A connection within a transaction; nobody else can change the tables that are `replaced` until it ends."""
    from sqlalchemy import MetaData, Table, create_engine, text
    from sqlalchemy.pool import NullPool

    try:
        arguments = {"connect_timeout": CONNECT_SECONDS, "application_name": "segdsl"}
        # Every statement sees the data as they were when the transaction began: what is counted is what is written.
        engine = create_engine(
            address(target), connect_args=arguments, poolclass=NullPool, isolation_level="REPEATABLE READ"
        )
    except ModuleNotFoundError:
        raise DatabaseProblem(
            f"the target `{target.name}` needs psycopg, which is not installed",
            'type: pip install "segdsl[postgres]"',
            target.span,
        ) from None
    with engine.connect() as connection:
        with connection.begin():
            _refuse_encoding(connection, target)
            tables = [Table(parts[-1], MetaData(), schema=parts[0] if len(parts) == 2 else None) for parts in replaced]
            there = [each for each in tables if connection.dialect.has_table(connection, each.name, each.schema)]
        with connection.begin():
            if not writing:
                connection.execute(text("SET TRANSACTION READ ONLY"))
            settings = {"lock_timeout": LOCK_WAIT, "statement_timeout": f"{target.timeout}s", "jit": "off"}
            for name, value in settings.items():
                # `SET` and `LOCK` look at no data: what is seen is what is there once the locks are held.
                connection.exec_driver_sql(f"SET LOCAL {name} = '{value}'")
            for each in there:
                called = connection.dialect.identifier_preparer.format_table(each)
                connection.exec_driver_sql(f"LOCK TABLE {called} IN SHARE ROW EXCLUSIVE MODE")
            yield connection


def _refuse_encoding(connection: Connection, target: Target) -> None:
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
    if encoding != "UTF8":
        raise DatabaseProblem(
            f"the database keeps texts in {encoding}, whose order is not that of Unicode",
            "use a database with the encoding UTF8",
            target.span,
        )


# --- what went wrong --------------------------------------------------------------------------------

# Signs in the text of an error without a code: those of a connection that is not made, or not there any more.
SIGNS = {
    "password authentication failed": ("the database refuses the user or the password", "check the target's `url`"),
    "no password supplied": ("the database wants a password", "give one in the target's `url`: `:${PASSWORD}@`"),
    "pg_hba.conf": ("the database lets nobody in from here", "ask whoever keeps it for access"),
    "resolve host": ("there is no such host as the one of the target's `url`", "check the target's `url`"),
    "translate host": ("there is no such host as the one of the target's `url`", "check the target's `url`"),
    "does not exist": ("there is no such database or user as in the target's `url`", "check the target's `url`"),
    "onnection refused": ("no database answers at the target's `url`", "check the host and the port, and that it runs"),
    "No such file": ("no database answers at the target's `url`", "check the host and the port, and that it runs"),
    "timeout": ("the database does not answer", "check the host and the port of the target's `url`"),
}
# By SQLSTATE, or its first two characters.
CODES = {
    "08": ("the connection to the database was lost", "type the command again once it is back"),
    "57P": ("the database ended the connection", "type the command again once it is back"),
    "57014": TOO_LONG,
    "55P03": (
        f"another session has locked what is needed, for longer than {LOCK_WAIT}",
        "try again when it has finished",
    ),
    "40": ("somebody else has changed the memberships at the same time", "type the command again"),
    "53100": ("the disk of the database is full", "make room there"),
    "53200": ("the database ran out of memory", "compute fewer segments at a time, or give it more memory"),
    "54": ("the query is too large for the database", "ask for fewer segments at once"),
    "42501": ("the user of the target may not do this", "ask whoever keeps the database for that right"),
    "25006": ("the database can only be read", "write to another target: this one may be a copy"),
    "42804": (
        "the table of memberships holds keys of another type than there are now",
        "drop it: the next run makes it anew",
    ),
    "22": (
        "a stored value cannot be read as it is declared",
        "`segdsl check --data` compares the catalog with what is stored; what a view works out, mend there",
    ),
}


def in_words(error: BaseException, target: Target) -> tuple[str, str]:
    """What an error of the driver means, and what to do."""
    text, code = str(error), getattr(error, "sqlstate", None) or ""
    # The first line says what happened; later ones may quote the query.
    first = text.partition("\n")[0].strip().rstrip(" ;!.")
    for sign, words in SIGNS.items() if not code else ():
        if sign in text:
            return words
    if not code and "connection" in text:
        return CODES["08"]
    for known, (message, help) in CODES.items():
        if code.startswith(known):
            return f"{message}: {first}", help
    return f"the database said no: {first}", f"check the target `{target.name}`"
