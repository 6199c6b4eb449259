"""Made-up projects: from a random generator to the text of a catalog and definitions, and rows that are hard on them.

`project(random)` promises a project that `resolve` accepts, with every construct of the language in reach, and rows
that sit on its edges: missing values, ties, orphans, moments exactly on the ends of its windows, sums exactly on its
thresholds, hostile text. Drive it with `random.Random(seed)`, or under hypothesis with `st.randoms()`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

import duckdb

from segdsl.diagnostics import Report
from segdsl.grammar import ast
from segdsl.grammar.files import parse_catalog
from segdsl.grammar.parse import parse
from segdsl.semantics import calendar, ir
from segdsl.semantics.catalog import Catalog
from segdsl.semantics.declare import declare
from segdsl.semantics.resolve import resolve
from segdsl.semantics.types import Degrees
from segdsl.source import Source
from tests import tables, world_lists
from tests.world_catalog import catalog_shape, catalog_text, stored_columns, variations
from tests.world_rows import AMOUNTS, TEXTS, Stored, made_rows, trying_moments
from tests.world_text import WINDOWS, Vocabulary, definitions, few_definitions

# Moments to ask at, on the wall clock of a zone: month ends, leap days, hours that the clock skips or repeats.
MOMENTS = {
    "UTC": ["2026-03-31T12:00", "2024-02-29T23:59:59.999999", "2026-01-01T00:00", "2026-05-31T06:30"],
    "America/New_York": ["2026-03-09T02:30", "2026-03-08T03:15", "2026-11-01T01:30", "2026-11-02T01:30"],
    "Asia/Kolkata": ["2026-03-31T00:00", "2024-03-01T05:29:59", "2026-12-31T23:45"],
    "Europe/Berlin": ["2026-03-30T02:30", "2026-10-25T02:30", "2026-10-26T02:00", "2024-02-29T12:00"],
    "Australia/Lord_Howe": ["2026-04-05T01:45", "2026-10-05T02:15"],
}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class Project:
    """A whole project and its database. `rows` and `columns` are by stored table and stored column.

    `columns` are DuckDB types. Moments are aware in a TIMESTAMPTZ and naive in a TIMESTAMP; `as_of` is aware.
    """

    catalog: str
    segments: dict[str, str]
    timezone: str
    week_starts: str
    rows: dict[str, list[Stored]]
    columns: dict[str, dict[str, str]]
    as_of: datetime
    lists: dict[str, str] = field(default_factory=dict)

    def list_file(self, file: ast.Text, report: Report) -> Source | None:
        return Source(file.value, self.lists[file.value])


def project(random: Random, is_small: bool = False) -> Project:
    """A project with definitions of every kind, or of a few where `is_small`, and rows on their edges."""
    zone = random.choice(tuple(MOMENTS))
    week_starts = random.choice(WEEKDAYS)
    wall = datetime.fromisoformat(random.choice(MOMENTS[zone]))
    as_of = wall.replace(tzinfo=ZoneInfo(zone), fold=random.randint(0, 1)).astimezone(UTC)
    clock = calendar.Clock(as_of, ZoneInfo(zone), WEEKDAYS.index(week_starts))
    choices = variations(random)
    vocabulary = Vocabulary(
        windows=tuple(random.sample(WINDOWS, 7)),
        numbers=tuple(dict.fromkeys((*AMOUNTS, Decimal(2), Decimal(3), Decimal("6.66"), Decimal("0.3")))),
        texts=TEXTS,
        moments=tuple(f"{moment:%Y-%m-%dT%H:%M:%S.%f}" for moment in trying_moments(random, clock, ())[:6]),
        offset=random.choice(("Z", "+05:30", "-04:00")),
    )
    shape = catalog_shape(choices)
    rows = made_rows(random, choices, clock, vocabulary)
    keys = [row["customer_id"] for row in rows["crm.customers"]]
    return Project(
        catalog=catalog_text(choices),
        segments=(few_definitions if is_small else definitions)(random, shape, vocabulary),
        timezone=zone,
        week_starts=week_starts,
        rows=rows,
        columns=stored_columns(choices),
        as_of=as_of,
        lists=world_lists.files(random, TEXTS, keys),
    )


def world(project: Project, catalog: Catalog) -> dict[str, list[Stored]]:
    """The rows of `project` by the names that its catalog gives tables and columns: what `evaluate` reads."""
    found = {}
    for table in catalog.tables.values():
        renamed = {column.stored_as: column.name for column in table.columns.values() if column.stored_as}
        points = {column.stored_as for column in table.stored_columns() if isinstance(column.type, Degrees)}
        joins = {table.key, table.at, *points, *(link.column for link in table.links.values())}
        found[table.name] = [
            {renamed[name]: value for name, value in row.items() if name in renamed}
            | {name: value for name, value in row.items() if name in joins and name not in renamed}
            for row in project.rows[".".join(table.stored_in)]
        ]
    return found


def compiled(project: Project) -> tuple[ir.Program, Report]:
    """What `project` means, and everything that was found on the way."""
    report = Report()
    catalog = declare(parse_catalog(Source("catalog.yml", project.catalog), report), report)
    modules = [parse(Source(name, text), report) for name, text in project.segments.items()]
    program = resolve(
        modules,
        catalog,
        name="made_up",
        timezone=project.timezone,
        week_starts=WEEKDAYS.index(project.week_starts),
        settings={},
        report=report,
        read_list=project.list_file,
    )
    return program, report


def load(project: Project, connection: duckdb.DuckDBPyConnection) -> None:
    """Creates the tables of `project` in an empty database."""
    connection.execute("SET TimeZone = 'UTC'")
    for table, columns in project.columns.items():
        tables.create(connection, table, columns, project.rows[table])
