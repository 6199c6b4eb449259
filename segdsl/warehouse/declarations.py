"""Are the data what the catalog declares? Asked of all its tables, for the proofs of conflicts rest on it.

In: a catalog, a clock and a target. Out: a finding for each declaration that is broken. Promised: it only reads; what
cannot be read as it is declared is told and counted, and stops nothing.

A table is asked in three steps, for what is wrong in one makes the next meaningless: whether it is there, its columns
are, and of their types; what its own rows hold; where they lead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from segdsl import folder
from segdsl.backends import Unsupported, tolerant, tolerant_of_files
from segdsl.backends.declarations import Claim, of_links, of_reading, of_values
from segdsl.compiler import Findings
from segdsl.diagnostics import Report
from segdsl.introspection import DatabaseProblem, Needed, Stored, as_held, problems
from segdsl.project import Target
from segdsl.semantics import ir
from segdsl.semantics.calendar import Clock
from segdsl.semantics.catalog import Catalog, Table
from segdsl.warehouse import broken_declarations
from segdsl.warehouse.broken_declarations import Found
from segdsl.warehouse.database import Database, is_folder, opened_as_it_is, typed
from segdsl.warehouse.errors import explained

if TYPE_CHECKING:
    from segdsl.backends import Backend


def check_declarations(program: ir.Program, clock: Clock, target: Target) -> Report:
    """What of the catalog's declarations the data of the target break, in the order of the catalog.

    Raises `DatabaseProblem` where it cannot be asked, and `Findings` where the database cannot say a `where` exactly.
    """
    try:
        return _checked(program, clock, target)
    except Unsupported as unsupported:
        raise Findings([unsupported.diagnostic]) from None


def _checked(program: ir.Program, clock: Clock, target: Target) -> Report:
    catalog = program.catalog
    report = Report()
    needed = [Needed(table, _columns(table)) for table in catalog.tables.values()]
    absent: dict[str, DatabaseProblem] = {}
    dialect = tolerant(target.type)
    with opened_as_it_is(needed, program, target, dialect=dialect, absent=absent) as (database, stored):
        sound = set(catalog.tables)
        for each in needed:
            is_there = each.table.name in stored
            found = list(problems([each], stored, catalog)) if is_there else [absent[each.table.name]]
            for problem in found:
                where = problem.where or each.table.span
                report.add("stored-otherwise", problem.message, where, help=problem.help)
            if found:
                sound.discard(each.table.name)
        catalog = catalog if target.type == "duckdb" else as_held(catalog, stored)
        checks = _Checks(database, catalog, clock, report)
        for table in [each for each in catalog.tables.values() if each.name in sound]:
            with _about(table, target):
                if is_folder(target) and folder.file_of(table, target.path)[1] == "csv":
                    checks.texts(table, stored[table.name])
                else:
                    numbers = [name for name, type_ in stored[table.name].columns.items() if type_ == "NUMERIC"]
                    checks.ask(table, list(of_reading(table, from_text=False, open_numbers=numbers)))
                if not checks.values(table):
                    sound.discard(table.name)
        for table in catalog.tables.values():
            if _reached(table, catalog) <= sound:
                with _about(table, target):
                    checks.ask(table, list(of_links(table)))
    return report


@contextmanager
def _about(table: Table, target: Target) -> Iterator[None]:
    """Says of which table the database could not tell what it was asked."""
    try:
        with explained(target):
            yield
    except DatabaseProblem as problem:
        raise DatabaseProblem(f"table `{table.name}`: {problem.message}", problem.help, table.span) from None


def _columns(table: Table) -> frozenset[str]:
    """The stored names of all that is declared of a table."""
    named = [column.stored_as for column in table.stored_columns()]
    named += [link.column for link in table.links.values()]
    return frozenset([*named, *(each for each in (table.key, table.at) if each is not None)])


def _reached(table: Table, catalog: Catalog) -> set[str]:
    """The tables that links lead to from a table, and the table itself."""
    reached, waiting = {table.name}, [table]
    while waiting:
        new = {link.table for link in waiting.pop().links.values()} - reached
        reached |= new
        waiting += [catalog.tables[name] for name in new]
    return reached


class _Checks:
    """Asks a database claim by claim, and reports what is broken."""

    def __init__(self, database: Database, catalog: Catalog, clock: Clock, report: Report) -> None:
        self.database, self.catalog, self.clock, self.report = database, catalog, clock, report
        self.reader = database.backend

    def texts(self, table: Table, stored: Stored) -> None:
        """Whether the texts of a CSV file can be read."""
        reader = tolerant_of_files(from_text=True)
        texts = reader.texts_of(typed(table, stored.columns, self.catalog))
        self.ask(texts, list(of_reading(texts, from_text=True)), reader)

    def values(self, table: Table) -> bool:
        """Whether the rows of a table hold what is declared; False where its key stands for no one row."""
        asked = list(of_values(table))
        if table.key is None and not asked:
            return True
        rows, keys, claims = self._counted(table, asked, self.reader)
        has_sound_key = keys is None or keys == (rows, rows)
        if keys is not None and not has_sound_key:
            faults = self.database.rows(self.database.backend.key_faults(table, self.catalog, self.clock))
            broken_declarations.report_key(table, rows, *keys, faults, self.report)
        self._report(claims, rows, self.reader)
        return has_sound_key

    def ask(self, table: Table, claims: Sequence[Claim], reader: Backend | None = None) -> None:
        if claims:
            reader = reader or self.reader
            rows, _, broken = self._counted(table, claims, reader)
            self._report(broken, rows, reader)

    def _counted(
        self, table: Table, claims: Sequence[Claim], reader: Backend
    ) -> tuple[int, tuple[int, int] | None, list[tuple[Claim, int]]]:
        """How many rows there are; how many keys are known and how many of them differ; what is broken how often."""
        (row,) = self.database.rows(reader.declaration_counts(table, self.catalog, self.clock, claims))
        counts: Iterator[int] = (int(value) for value in row)
        rows = next(counts)
        keys = (next(counts), next(counts)) if table.key is not None else None
        return rows, keys, [(claim, count) for claim, count in zip(claims, counts, strict=True) if count]

    def _report(self, broken: Sequence[tuple[Claim, int]], rows: int, reader: Backend) -> None:
        for claim, count in broken:
            query = reader.declaration_examples(claim.table, self.catalog, self.clock, claim)
            examples = [(value, int(often)) for value, often in self.database.rows(query)]
            broken_declarations.report(Found(claim, rows, count, tuple(examples)), self.report)
