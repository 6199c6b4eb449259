"""A Snowflake target, opened: a session whose settings are known.

In: a target with an address. Out: a `Snowflake` database to ask. Promised: it writes nothing but the memberships and
temporary tables, and no message says what the address does. Not promised, as elsewhere: that all queries of a run see
one state of the data. Each sees what is there when it begins; and a table is replaced by one statement, of several one
after the other.

It was run on fakesnow alone; `make snowflake-check` runs it with an account.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from segdsl.introspection import FLOATS, DatabaseProblem, Needed, Stored
from segdsl.project import Target
from segdsl.semantics.catalog import Table
from segdsl.semantics.types import Degrees, Number, TextList, Type
from segdsl.warehouse.database import Database

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Connection

CONNECT_SECONDS = 30

# What a person, or an account, may have set otherwise. The SQL asks for none of them but the first: a quoted name is
# to be the name that it says.
SETTINGS: dict[str, str | int | bool] = {
    "QUOTED_IDENTIFIERS_IGNORE_CASE": False,
    "DEFAULT_NULL_ORDERING": "LAST",
    "TIMEZONE": "UTC",
    "QUERY_TAG": "segdsl",
}

# As `information_schema` calls them, and as `introspection` does.
CALLED = {
    "TEXT": "VARCHAR",
    "FLOAT": "DOUBLE",
    "TIMESTAMP_NTZ": "TIMESTAMP",
    "TIMESTAMP_LTZ": "TIMESTAMP WITH TIME ZONE",
    "TIMESTAMP_TZ": "TIMESTAMP WITH TIME ZONE",
    "ARRAY": "VARCHAR[]",
}

COLUMNS = """
SELECT table_catalog, table_schema, table_name, column_name, data_type, numeric_precision, numeric_scale
FROM information_schema.columns
WHERE table_schema <> 'INFORMATION_SCHEMA'
ORDER BY table_schema, table_name, ordinal_position
"""


def named(type_: str, precision: int | None, scale: int | None) -> str:
    """A type in the words of `introspection`; one that is not known is refused there."""
    return f"DECIMAL({precision},{scale})" if type_ == "NUMBER" else CALLED.get(type_, type_)


def said(name: str) -> str:
    """A name as definitions write it: what is there in upper case was written in any."""
    if re.fullmatch(r"[A-Z_][A-Z0-9_]*", name):
        return name.lower()
    return name if name != name.lower() or not re.fullmatch(r"[a-z_][a-z0-9_]*", name) else f'"{name}"'


def meant(name: str) -> str:
    """A name of a definition as `said` gives it."""
    return name.lower() if re.fullmatch(r"[A-Z_][A-Z0-9_]*", name) else name


class Snowflake(Database):
    """A session in a Snowflake database."""

    # Given parameters, even none, the driver would look for places for them: in texts, too.

    def execute(self, statement: str, *parameters: object) -> None:
        assert not parameters, "values are part of the statement"
        self._connection.exec_driver_sql(statement, execution_options={"no_parameters": True})

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        found = self._connection.exec_driver_sql(query, execution_options={"no_parameters": True})
        return [tuple(row) for row in found]

    def read(self, value: Any, type_: Type | None) -> Any:
        """A list comes as JSON."""
        return json.loads(value) if isinstance(type_, TextList) and isinstance(value, str) else value

    def look(self) -> None:
        ((current,),) = self.rows("SELECT CURRENT_SCHEMA()")
        found: dict[tuple[str, ...], dict[str, str]] = {}
        for database, schema, table, column, type_, precision, scale in self.rows(COLUMNS):
            names = [(database, schema, table), (schema, table)]
            for parts in [*names, (table,)] if schema == current else names:
                found.setdefault(tuple(map(said, parts)), {})[said(column)] = named(type_, precision, scale)
        for parts, columns in found.items():
            self.tables[parts] = Stored(f"table `{'.'.join(parts)}`", columns, tells_case=True)

    def as_named(self, parts: Sequence[str]) -> tuple[str, ...]:
        return tuple(map(meant, parts))

    def as_declared(self, table: Table, found: Stored) -> Stored:
        declared = {each.stored_as for each in table.stored_columns()}
        declared |= {table.key or "", table.at or "", *(link.column for link in table.links.values())}
        written = {meant(name): name for name in declared}
        return replace(found, columns={written.get(name, name): type_ for name, type_ in found.columns.items()})

    def create_schema(self, name: str) -> None:
        """Where there is none; the schema that is made becomes that of the session, which must stay as it was."""
        from sqlalchemy.schema import CreateSchema

        from segdsl.backends.snowflake import Snowflake as Written

        there = {row[0] for row in self.rows("SELECT schema_name FROM information_schema.schemata")}
        if self.called(name) in there:
            return
        ((current,),) = self.rows("SELECT CURRENT_SCHEMA()")
        self._connection.execute(CreateSchema(self.called(name)))
        assert isinstance(self.backend, Written)
        self.execute(self.backend.use_schema(str(current)))

    def check_values(self, needed: Sequence[Needed]) -> None:
        """How many digits the text of a float has is documented nowhere, so that none would be read exactly."""
        for each in needed:
            stored = self.stored(each.table)
            for column in each.table.stored_columns():
                if column.stored_as not in each.columns or not isinstance(column.type, (Number, Degrees)):
                    continue
                if stored.columns[column.stored_as] in FLOATS:
                    raise DatabaseProblem(
                        f"column `{column.stored_as}` of {stored.called} holds floating-point numbers, whose digits "
                        "Snowflake does not tell exactly",
                        "cast it in a view: `CAST(x AS NUMBER(12, 2))`",
                        column.span,
                    )


def address(target: Target) -> URL:
    """The address of a target: with a database and a schema, where bare names are looked for."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(target.url)
    except (ArgumentError, ValueError):
        url = None
    if url is None or url.drivername != "snowflake" or not re.fullmatch(r"[^/]+/[^/]+", url.database or ""):
        raise DatabaseProblem(
            f"the `url` of the target `{target.name}` is no address of a Snowflake schema",
            'write it like "snowflake://USER:${PASSWORD}@ACCOUNT/DATABASE/SCHEMA?warehouse=WAREHOUSE"',
            target.span,
        ) from None
    return url


@contextmanager
def connected(target: Target) -> Iterator[Connection]:
    """A connection with the settings above. Temporary tables end with it."""
    from sqlalchemy import create_engine
    from sqlalchemy.exc import NoSuchModuleError
    from sqlalchemy.pool import NullPool

    url = address(target)
    settings = SETTINGS | ({"STATEMENT_TIMEOUT_IN_SECONDS": target.timeout} if target.timeout else {})
    arguments = {"session_parameters": settings, "login_timeout": CONNECT_SECONDS, "application": "segdsl"}
    try:
        engine = create_engine(url, connect_args=arguments, poolclass=NullPool)
    except (ModuleNotFoundError, NoSuchModuleError):
        raise DatabaseProblem(
            f"the target `{target.name}` needs snowflake-sqlalchemy, which is not installed",
            'type: pip install "segdsl[snowflake]"',
            target.span,
        ) from None
    with engine.connect() as connection:
        yield connection
        # What is written is written by statements that end a transaction themselves; this ends that of the reading.
        connection.commit()


# --- what went wrong --------------------------------------------------------------------------------

# By the number of the error, or what its text says. https://docs.snowflake.com/en/user-guide/client-connectivity-troubleshooting
NUMBERS = {
    250001: ("the database refuses the connection", "check the user, the password and the account of the `url`"),
    390100: ("the database refuses the user or the password", "check the target's `url`"),
    606: ("the session has no warehouse to compute in", "name one at the end of the `url`: `?warehouse=WAREHOUSE`"),
    604: ("the database took longer than it may", "give the target more time: `timeout: 2 hours`"),
    630: ("the database took longer than it may", "give the target more time: `timeout: 2 hours`"),
    3001: ("the user of the target may not do this", "ask whoever keeps the database for that right"),
    2003: ("a table is not there, or may not be read", "ask whoever keeps the database for that right"),
    2043: ("the database or schema is not there, or may not be used", "check the target's `url`"),
    100035: ("a moment cannot be read as it is declared", "compare the types in catalog.yml with what is stored"),
    100038: ("a number cannot be read as it is declared", "compare the types in catalog.yml with what is stored"),
    100051: (
        "a point lies so near to a distance that the last digits decide",
        "ask for another distance",
    ),
    100132: ("a number grows past what the database keeps exactly", "divide first, or declare fewer decimals"),
}


def in_words(error: BaseException, target: Target) -> tuple[str, str]:
    """What an error of the driver means, and what to do."""
    first = str(error).partition("\n")[0].strip().rstrip(" ;!.")
    words = NUMBERS.get(getattr(error, "errno", None) or 0)
    if words is None:
        return f"the database said no: {first}", f"check the target `{target.name}`"
    message, help = words
    return f"{message}: {first}", help
