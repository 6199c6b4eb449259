"""Runs `tests/cases/**/*.md`: prose with programs, and everything that comes out of them.

A file is one feature, a `##` one behaviour. The blocks of a case:

    seg [FILE]      a file of definitions (`example.seg`, unless it is named)
    catalog         catalog.yml; before the first `##` for the whole file; else `tests/cases/catalog.yml`
    project         segdsl.yml, likewise; else a project called `example` on UTC
    set             `--set` overrides, `NAME=VALUE` a line
    list FILE       a list file, where the project begins
    rows            YAML: rows by catalog table and, if need be, `as_of` and `stored: {order.amount: DOUBLE}`
    diagnostics     expected: what `segdsl check` prints; a program without this block must have no findings
    members         expected: who qualifies for each segment, and who is assigned when these are others
    sql [NAME ...]  expected: the SQL of one segment's members, or of several memberships
    formatted       expected: the canonical layout of `example.seg`

`members` are computed by the reference evaluator and by DuckDB from the SQL, and must be the same.
`pytest tests/test_cases.py --update` rewrites the expected blocks; read the difference aloud before committing it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, assert_never

import duckdb
import pytest
import yaml

import segdsl
from segdsl import compiler, render
from segdsl.backends import backend
from segdsl.diagnostics import Report
from segdsl.grammar.format import format
from segdsl.grammar.parse import parse
from segdsl.project import Project
from segdsl.semantics import ir
from segdsl.semantics.calendar import Clock
from segdsl.semantics.catalog import Table
from segdsl.semantics.evaluate import Membership, memberships
from segdsl.semantics.types import Boolean, Date, Degrees, Number, Point, Text, TextList, Timestamp, Type, Unknown
from segdsl.source import Source
from tests import markdown, tables

CASES = Path(__file__).parent / "cases"
INPUTS = ("seg", "catalog", "project", "set", "list", "rows")
EXPECTED = ("diagnostics", "members", "sql", "formatted")
Column = Literal["qualifies", "assigned"]
PROJECT = "name: example\n"
AS_OF = "2026-01-10"

ALL_CASES = [case for path in sorted(CASES.rglob("*.md")) for case in markdown.cases(path)]


class _RowLoader(yaml.SafeLoader):
    """YAML in which numbers with a point, dates and moments stay text: the catalog says what they are."""


_RowLoader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in forms if tag.rpartition(":")[2] in ("int", "null")]
    for first, forms in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_RowLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


class Run:
    """A case's project, read from a folder as anybody's would be, and what comes out of it."""

    def __init__(self, case: markdown.Case, folder: Path) -> None:
        self.case, self.folder = case, folder

    def expected(self, block: markdown.Block) -> str:
        """What should stand in an expected block."""
        match block.kind:
            case "diagnostics":
                return self.diagnostics
            case "members":
                return self.members()
            case "sql":
                return compiler.write_sql(self.program, block.words[1:], "duckdb", self.clock).rstrip("\n") + "\n"
            case _:
                return self.formatted()

    @cached_property
    def project(self) -> Project:
        default_catalog = (CASES / "catalog.yml").read_text(encoding="utf-8")
        files = {
            "segdsl.yml": self.case.text("project", PROJECT),
            "catalog.yml": self.case.text("catalog", default_catalog),
        }
        for block in self.case.blocks:
            if block.kind == "seg":
                files[f"segments/{' '.join(block.words[1:]) or 'example.seg'}"] = block.text
            if block.kind == "list":
                files[" ".join(block.words[1:])] = block.text
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
        return segdsl.load(self.folder)

    @cached_property
    def checked(self) -> compiler.Checked:
        """With the conflicts where a case is about what is found; who is in a segment is asked of odd ones, too."""
        look = compiler.check if any(block.kind == "diagnostics" for block in self.case.blocks) else compiler.read
        return look(self.project, dict(line.split("=", 1) for line in self.case.text("set").splitlines()))

    @property
    def program(self) -> ir.Program:
        assert self.checked.program is not None and not self.checked.report.has_errors, self.diagnostics
        return self.checked.program

    @cached_property
    def rows(self) -> Mapping[str, Any]:
        found = yaml.load(self.case.text("rows", "{}"), _RowLoader)
        assert isinstance(found, dict)
        return found

    @cached_property
    def clock(self) -> Clock:
        return compiler.clock(self.program, datetime.fromisoformat(str(self.rows.get("as_of", AS_OF))))

    @cached_property
    def diagnostics(self) -> str:
        """Findings as a terminal shows them, one empty line between two."""
        return "\n".join(f"{render.diagnostic(each)}\n" for each in self.checked.report.sorted())

    def formatted(self) -> str:
        (text,) = (block.text for block in self.case.blocks if block.words == ("seg",))
        module = parse(Source("example.seg", text), Report())
        layout = format(module)
        again = parse(Source("example.seg", layout), Report())
        assert again.definitions == module.definitions, "the layout says something else"
        assert format(again) == layout, "the layout is not stable"
        return layout

    def members(self) -> str:
        """Who is where, by the reference evaluator and by DuckDB."""
        meant = _shown(memberships(self.program, self.world, self.clock.as_of))
        assert meant == _shown(self.computed()), "DuckDB (right) differs from the reference meaning (left)"
        return meant

    @cached_property
    def world(self) -> dict[str, list[dict[str, object]]]:
        """The case's rows, by catalog table, with values of the types that the catalog declares."""
        known = self.program.catalog.tables
        given = {name: rows for name, rows in self.rows.items() if name not in ("as_of", "stored")}
        assert set(given) <= set(known), f"there are no tables {set(given) - set(known)}"
        return {
            name: [{column: self._value(known[name], column, value) for column, value in row.items()} for row in rows]
            for name, rows in given.items()
        }

    def _value(self, table: Table, column: str, value: object) -> object:
        types = self._types(table)
        assert column in types, f"`{table.name}` has no column `{column}`: it has {', '.join(types)}"
        is_float = self._stored(table, column) == "DOUBLE"
        return None if value is None else float(str(value)) if is_float else _typed(types[column], value)

    def _stored(self, table: Table, column: str) -> str | None:
        """The DuckDB type that the case wants a column to be stored as."""
        stored: dict[str, str] = self.rows.get("stored", {})
        return stored.get(f"{table.name}.{column}")

    def _types(self, table: Table) -> dict[str, Type]:
        """The type of each column that a row may have, by the name that the row calls it."""
        declared = {column.name: column for column in table.columns.values() if column.stored_as}
        taken = {column.stored_as for column in declared.values()}
        points = [column for column in table.stored_columns() if isinstance(column.type, Degrees)]
        joins = [table.key, *(link.column for link in table.links.values())]
        types: dict[str, Type] = {name: Unknown() for name in joins if name is not None and name not in taken}
        types |= {column.stored_as: column.type for column in points if column.stored_as not in taken}
        if table.at is not None and table.at_type is not None and table.at not in taken:
            types[table.at] = table.at_type
        return types | {name: column.type for name, column in declared.items()}

    def computed(self) -> dict[str, Membership]:
        """Memberships from a DuckDB database that holds the same rows: of all at once, and of each alone."""
        names, dialect = tuple(self.program.segments), backend("duckdb")
        found: dict[str, tuple[set[Any], set[Any]]] = {name: (set(), set()) for name in names}
        with duckdb.connect() as database:
            database.execute("SET TimeZone = 'Pacific/Apia'")  # no session setting may matter
            for table in self.program.catalog.tables.values():
                self._create(database, table)
            queries = [
                dialect.memberships(self.program, each, self.clock) for each in self.program.by_entity(names).values()
            ]
            rows = [row for query in queries for row in database.execute(query).fetchall()]
            for key, name, qualifies, assigned, _ in rows:
                assert qualifies, f"{key} has a membership of {name} and does not qualify"
                found[name][0].add(key)
                if assigned:
                    found[name][1].add(key)
            for name in names:
                pairs: tuple[tuple[Column, set[Any]], ...] = (
                    ("qualifies", found[name][0]),
                    ("assigned", found[name][1]),
                )
                for column, keys in pairs:
                    alone = database.sql(dialect.members(self.program, name, self.clock, column)).fetchall()
                    assert [key for (key,) in alone] == sorted(keys), f"{name} alone is not {name} among all: {column}"
        return {name: Membership(frozenset(all_), frozenset(won)) for name, (all_, won) in found.items()}

    def _create(self, database: duckdb.DuckDBPyConnection, table: Table) -> None:
        rows = self.world.get(table.name, [])
        stored_as = {column.name: column.stored_as for column in table.columns.values() if column.stored_as}
        columns = {
            stored_as.get(name, name): self._stored(table, name) or _physical(type_, [row.get(name) for row in rows])
            for name, type_ in self._types(table).items()
        }
        renamed = [{stored_as.get(name, name): value for name, value in row.items()} for row in rows]
        tables.create(database, ".".join(table.stored_in), columns, renamed)


def _typed(type_: Type, value: object) -> object:
    """A value that YAML has read, as the catalog declares it."""
    text = str(value)
    match type_:
        case Text():
            assert isinstance(value, str), f"{value} needs quotes: it is a text"
            return value
        case Boolean():
            assert isinstance(value, bool), value
            return value
        case Unknown():
            return value
        case Number(whole=True):
            return int(text)
        case Number() | Degrees():
            return Decimal(text)
        case Date():
            return date.fromisoformat(text)
        case Timestamp(zoned=zoned):
            moment = datetime.fromisoformat(text)
            assert (moment.tzinfo is not None) == zoned, f"{text}: an offset is for zoned moments, and only for them"
            return moment
        case TextList():
            assert isinstance(value, list), f"{value}: a list of texts stands in brackets"
            return value
        case Point():
            raise AssertionError("a row has the two columns that a point is stored in")
        case _:
            assert_never(type_)


def _physical(type_: Type, values: list[object]) -> str:
    """The DuckDB type of a column."""
    match type_:
        case Text():
            return "VARCHAR"
        case Number(whole=True):
            return "BIGINT"
        case Number(precision=precision, scale=scale):
            return f"DECIMAL({precision},{scale})"
        case Boolean():
            return "BOOLEAN"
        case Date():
            return "DATE"
        case Timestamp(zoned=zoned):
            return "TIMESTAMPTZ" if zoned else "TIMESTAMP"
        case TextList():
            return "VARCHAR[]"
        case Degrees():
            return "DECIMAL(20,12)"
        case Point():
            raise AssertionError("a point is stored as two columns")
        case Unknown():
            return "VARCHAR" if any(isinstance(value, str) for value in values) else "BIGINT"
        case _:
            assert_never(type_)


def _shown(found: Mapping[str, Membership]) -> str:
    """`vip: 1, 2, 3 (assigned: 1, 2)`, a segment a line."""
    lines = []
    for name, membership in found.items():
        line = f"{name}: {_keys(membership.qualifies)}"
        if membership.assigned != membership.qualifies:
            line += f" (assigned: {_keys(membership.assigned)})"
        lines.append(f"{line}\n")
    return "".join(lines)


def _keys(keys: frozenset[Any]) -> str:
    return ", ".join(map(str, sorted(keys))) or "nobody"


def _id(case: markdown.Case) -> str:
    return f"{case.path.relative_to(CASES).with_suffix('')}: {case.title}"


@pytest.mark.parametrize("case", ALL_CASES, ids=_id)
def test_case(case: markdown.Case, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    kinds = [block.kind for block in case.blocks]
    assert set(kinds) <= {*INPUTS, *EXPECTED}, f"there are no blocks of the kind {set(kinds) - {*INPUTS, *EXPECTED}}"
    expected = [block for block in case.blocks if block.kind in EXPECTED]
    assert expected, "a case without an expected block holds nothing"
    run = Run(case, tmp_path)
    found = {block: run.expected(block) for block in expected}
    if "diagnostics" not in kinds:
        assert run.diagnostics == "", "a program without a block `diagnostics` has no findings"
    if request.config.getoption("--update"):
        markdown.rewrite(case.path, {_now(case, block): text for block, text in found.items()})
        return
    for block, text in found.items():
        assert text == block.text


def _now(case: markdown.Case, block: markdown.Block) -> markdown.Block:
    """The block where it stands now, after the cases before it have been rewritten."""
    (here,) = (each for each in markdown.cases(case.path) if each.title == case.title)
    return here.blocks[case.blocks.index(block)]


def test_titles_tell_the_cases_of_a_file_apart() -> None:
    titles = [_id(case) for case in ALL_CASES]
    assert sorted(set(titles)) == sorted(titles)


def test_one_failing_program_for_every_two_good_ones() -> None:
    """Definitions from elsewhere do not count: they were written to be good ones."""
    ours = [case for case in ALL_CASES if case.path.parent.name != "elsewhere"]
    failing = [case for case in ours if any(block.kind == "diagnostics" for block in case.blocks)]
    assert len(failing) * 2 >= len(ours) - len(failing)
