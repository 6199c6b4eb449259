"""Writes a project's catalog from what a target holds, or adds to it what it lacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from segdsl import compiler, warehouse
from segdsl.compiler import Findings
from segdsl.diagnostics import Report
from segdsl.grammar import ast
from segdsl.grammar.format import name
from segdsl.introspection import DatabaseProblem
from segdsl.inventory import guesses, refresh, seen
from segdsl.inventory.guesses import Guess
from segdsl.inventory.refresh import Refreshed
from segdsl.project import Target
from segdsl.semantics.catalog import Catalog
from segdsl.source import NOWHERE, Source


@dataclass(frozen=True, slots=True)
class Pulled:
    """The catalog as it would be, all guesses that it could rest on, the entity, and what could not be read."""

    refreshed: Refreshed
    guesses: tuple[Guess, ...]
    entity: str | None
    unread: tuple[seen.Table, ...]

    def first_segment(self) -> tuple[str, str]:
        """A condition that is worth counting, and what to call those who fulfil it."""
        leading = [each for each in self.guesses if any(link.table == self.entity for link in each.links)]
        happened = [each for each in leading if each.at is not None and each.name != self.entity]
        if not happened:
            return "everyone", "Everyone"
        most = max(happened, key=lambda each: each.seen.rows or 0)
        return f"has {name(ast.Ident(most.name, span=NOWHERE))}", f"At least one {most.name.replace('_', ' ')}"


def pull(target: Target, written: Source | None, *, at_rows: bool = True) -> Pulled:
    """The catalog `written`, or a new one, with what the target holds; nothing is written to a file.

    Raises `Findings` when the catalog has errors, and `DatabaseProblem` when there is nothing to be read.
    """
    catalog = _read(written) if written is not None else None
    looked = warehouse.look(target, lambda tables: refresh.known(catalog, tables), at_rows=at_rows)
    tables = [each for each in looked.tables if not each.unread]
    unread = tuple(each for each in looked.tables if each.unread)
    if not tables:
        raise DatabaseProblem(_nothing(target), _what_to_do(target, unread), target.span)
    names = guesses.called(tables, refresh.known(catalog, tables))
    found, entity = guesses.guessed(tables, names, looked.shares)
    if written is None or catalog is None:
        new = refresh.begun(found, entity)
    else:
        new = refresh.refreshed(written.text, catalog, found, looked.tables)
    if entity is not None:
        _read(Source("catalog.yml", new.text))
    return Pulled(new, tuple(found), entity, unread)


def _read(source: Source) -> Catalog | None:
    report = Report()
    catalog = compiler.read_catalog(source, report)
    if report.has_errors:
        raise Findings(report.sorted())
    return catalog


def _nothing(target: Target) -> str:
    where = f"`{target.path}`" if target.type == "duckdb" else f"the database of the target `{target.name}`"
    return f"there are no tables to be read in {where}"


def _what_to_do(target: Target, unread: Sequence[seen.Table]) -> str:
    if unread:
        return "; ".join(f"{each.called}: {each.unread}" for each in unread[:5])
    return "put CSV or Parquet files there, or name another folder" if target.type == "duckdb" else "check its address"
