"""No name and no text breaks out of the SQL it stands in; the same input gives the same bytes, however large it is."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fnmatch import translate
from pathlib import Path
from re import DOTALL, compile
from zoneinfo import ZoneInfo

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from segdsl.backends import Unsupported, backend
from segdsl.backends.base import comment
from segdsl.backends.duckdb import WORDS
from segdsl.backends.names import MAX_BYTES, Names
from segdsl.semantics import ir
from segdsl.semantics.calendar import Clock
from segdsl.semantics.catalog import Catalog, Column, Link, Table
from segdsl.semantics.types import Boolean, Date, Number, Text, Timestamp
from segdsl.source import NOWHERE, Source, Span
from tests import tables

DUCKDB = backend("duckdb")
CLOCK = Clock(datetime(2026, 1, 10, tzinfo=UTC), ZoneInfo("UTC"), 0)
WHOLE = Number(whole=True)

HOSTILE = [
    "'",
    '"',
    "''",
    "a'b\"c`d",
    "'; DROP TABLE people; --",
    '"; DROP TABLE people; --',
    "*/ SELECT 1 /*",
    "/* unclosed",
    "-- comment",
    "\\",
    "\\'",
    "a\\nb",
    "a\nb",
    "\r\n",
    "\t",
    "%",
    "_",
    "a%b_c",
    "*",
    "?",
    "[a]",
    "[!a]",
    "$1 $$ ? :x %s %(x)s {x} {{ x }} @x",
    "E'\\x41'",
    "x'41'",
    "N'a'",
    "SELECT",
    "select",
    "at",
    "NULL",
    "true",
    "été",
    "e\u0301te\u0301",
    "Straße",
    "STRASSE",
    "İstanbul",
    "ΣΊΣΥΦΟΣ",
    "高价值客户",
    "ग्राहक",
    "👩\u200d👩\u200d👧",
    "\u202eabc",
    "\ufeff",
    "\u00a0",
    " ",
    "  a  ",
    "",
    "a" * 5000,
    "\x00",
    "a\x00b",
    "\x1b[31m",
]
NAMES = [name for name in HOSTILE if name and "\x00" not in name]


def segment(name: str, condition: ir.Condition, title: str = "", file: str = "a.seg") -> ir.Segment:
    span = Span(Source(file, ""), 0, 0)
    return ir.Segment(name, title or name, "", "", "person", None, None, condition, span=span)


def program(catalog: Catalog, *segments: ir.Segment) -> ir.Program:
    meant = {each.name: each for each in segments}
    return ir.Program("p", catalog, meant, {}, tuple(meant), "UTC", 0)


def person(**columns: Text | Number | Boolean | Date | Timestamp) -> Catalog:
    found = {name: Column(name, type_, name, span=NOWHERE) for name, type_ in columns.items()}
    table = Table("person", ("people",), "id", None, None, None, found, {}, None, span=NOWHERE)
    return Catalog({"person": table}, "person")


def column(name: str, type_: Text | Number) -> ir.Column:
    return ir.Column((), "person", name, type_, span=NOWHERE)


# --- texts ------------------------------------------------------------------------------------------------


def selected(condition: ir.Condition) -> set[str]:
    """Which of the hostile texts, as keys of a table, fulfil a condition."""
    catalog = person(id=Text())
    with duckdb.connect() as connection:
        tables.create(connection, "people", {"id": "VARCHAR"}, [{"id": text} for text in HOSTILE])
        query = DUCKDB.members(program(catalog, segment("a", condition)), "a", CLOCK)
        found = [row[0] for row in connection.execute(query).fetchall()]
    assert found == sorted(found), "keys are in the order of their code points"
    return set(found)


def test_texts_come_back_as_they_are() -> None:
    assert selected(ir.Always(True, span=NOWHERE)) == set(HOSTILE)
    assert selected(ir.OneOfList(column("id", Text()), tuple(HOSTILE), span=NOWHERE)) == set(HOSTILE)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_equals_itself_alone(text: str) -> None:
    same = ir.Compare(column("id", Text()), "=", ir.Literal(text, Text(), span=NOWHERE), span=NOWHERE)
    assert selected(same) == {text}


@pytest.mark.parametrize("pattern", HOSTILE)
def test_text_tests_give_no_character_a_meaning(pattern: str) -> None:
    for kind, holds in (("starts", str.startswith), ("ends", str.endswith), ("contains", str.__contains__)):
        test = ir.TextMatch(column("id", Text()), kind, pattern, False, span=NOWHERE)  # type: ignore[arg-type]
        assert selected(test) == {text for text in HOSTILE if holds(text, pattern)}, kind


GLOBS = ["*", "?", "??", "*'*", "*\\*", "*%*", "*_*", "a?b*", "?*?", "*\n*", "[a]", "a*", "*a", "**", "*\x00*", "*?'*"]


@pytest.mark.parametrize("glob", GLOBS)
def test_globs_know_two_characters_and_no_more(glob: str) -> None:
    meant = compile(translate(glob.replace("[", "[[]")), DOTALL)
    test = ir.TextMatch(column("id", Text()), "matches", glob, False, span=NOWHERE)
    assert selected(test) == {text for text in HOSTILE if meant.fullmatch(text)}


# --- names ------------------------------------------------------------------------------------------------


def hostile_catalog(name: str) -> tuple[Catalog, dict[str, list[tuple[str, str]]]]:
    """Every name is the hostile one, as far as a database can hold that."""
    key, at = f"{name} key", f"{name} at"
    one = {name: Column(name, Text(), name, span=NOWHERE)}
    many = {name: Column(name, WHOLE, name, span=NOWHERE)}
    link = {name: Link(name, f"{name} link", "person", span=NOWHERE)}
    people = Table("person", (name, name), key, None, None, None, one, {}, None, span=NOWHERE)
    orders = Table(name + "2", (name, name + "2"), None, at, Timestamp(), (), many, link, None, span=NOWHERE)
    stored = {
        name: [(key, "INTEGER"), (name, "VARCHAR")],
        name + "2": [(f"{name} link", "INTEGER"), (at, "TIMESTAMP"), (name, "INTEGER")],
    }
    return Catalog({"person": people, orders.name: orders}, "person"), stored


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@pytest.mark.parametrize("name", NAMES)
def test_names_come_through(name: str) -> None:
    catalog, stored = hostile_catalog(name)
    rows = ir.Rows(name + "2", (name,), None, ir.Last(3, "day", span=NOWHERE), span=NOWHERE)
    amount = ir.Column((), name + "2", name, WHOLE, span=NOWHERE)
    total = ir.Aggregate("last", rows, amount, WHOLE, span=Span(Source(name, name), 0, len(name)))
    enough = ir.Compare(total, ">", ir.Literal(Decimal(1), WHOLE, span=NOWHERE), span=NOWHERE)
    known = ir.Known(ir.Column((), "person", name, Text(), span=NOWHERE), span=NOWHERE)
    both = segment(name, ir.All((enough, known), span=NOWHERE), name, name)
    other = segment(name + "!", ir.Not(ir.InSegment(name, span=NOWHERE), span=NOWHERE), name, name)
    meant = program(catalog, both, other)
    with duckdb.connect() as connection:
        connection.execute(f"CREATE SCHEMA {quoted(name)}")
        for table, columns in stored.items():
            listed = ", ".join(f"{quoted(each)} {type_}" for each, type_ in columns)
            connection.execute(f"CREATE TABLE {quoted(name)}.{quoted(table)} ({listed})")
        people, orders = (f"{quoted(name)}.{quoted(table)}" for table in stored)
        connection.execute(f"INSERT INTO {people} VALUES (1, 'x'), (2, 'y')")
        connection.execute(f"INSERT INTO {orders} VALUES (1, '2026-01-09', 5), (2, '2025-01-01', 5)")
        assert connection.execute(DUCKDB.members(meant, name, CLOCK)).fetchall() == [(1,)]
        assert [each[0] for each in connection.description or ()] == [f"{name} key"]
        found = connection.execute(DUCKDB.memberships(meant, list(meant.segments), CLOCK)).fetchall()
        assert {row[:2] for row in found} == {(1, name), (2, name + "!")}
        assert connection.execute(DUCKDB.sizes(meant, list(meant.segments), CLOCK)).fetchall() == [(2, 1, 1, 1, 1)]
        assert connection.execute(DUCKDB.key_faults(catalog.tables["person"], meant.catalog, CLOCK)).fetchall() == []
        into = (name, name + "3")
        passed = DUCKDB.one_pass(meant, list(meant.segments), CLOCK, into, replaces=True, in_order=False)
        for statement in (passed.keep, *passed.store, passed.forget):
            connection.execute(statement)
        used = {use.table.name: use.columns for use in DUCKDB.tables_used(meant, list(meant.segments))}
        assert {table: set(columns) for table, columns in used.items()} == {
            "person": {name, f"{name} key"},
            name + "2": {name, f"{name} at", f"{name} link"},
        }


def test_every_word_of_the_language_can_be_a_name() -> None:
    """Bare where that is safe and quoted where not: a table with all of them as columns, and others besides."""
    words = sorted({*WORDS.split(), *(word.lower() for word in sqlglot.tokens.Tokenizer.KEYWORDS if word.isalpha())})
    words += ["rowid", "count", "sum", "first", "last", "current_date", "current_timestamp", "excluded", "main", "id2"]
    words = [word for word in dict.fromkeys(words) if word != "id"]
    catalog = person(**dict.fromkeys(words, Text()))
    known = ir.All(tuple(ir.Known(column(word, Text()), span=NOWHERE) for word in words), span=NOWHERE)
    meant = program(catalog, *(segment(word, known) for word in ("select", "order", "at", "filter")))
    with duckdb.connect() as connection:
        columns = {"id": "INTEGER"} | dict.fromkeys(words, "VARCHAR")
        tables.create(connection, "people", columns, [{"id": 1, **dict.fromkeys(words, "x")}])
        assert connection.execute(DUCKDB.members(meant, "select", CLOCK)).fetchall() == [(1,)]
        assert len(connection.execute(DUCKDB.memberships(meant, list(meant.segments), CLOCK)).fetchall()) == 4


def test_the_words_are_those_of_this_duckdb() -> None:
    with duckdb.connect() as connection:
        known = connection.execute("SELECT DISTINCT keyword_name FROM duckdb_keywords()").fetchall()
    assert {word for (word,) in known} <= set(WORDS.split())


def test_a_step_never_hides_a_stored_table() -> None:
    """The tables are called like the steps of the query would be."""
    columns = {"name": Column("name", Text(), "name", span=NOWHERE)}
    people = Table("person", ("PERSON_ROWS",), "id", None, None, None, columns, {}, None, span=NOWHERE)
    link = {"person": Link("person", "id", "person", span=NOWHERE)}
    orders = Table("order", ("measured",), None, None, None, None, {}, link, None, span=NOWHERE)
    catalog = Catalog({"person": people, "order": orders}, "person")
    has = ir.Exists(ir.Rows("order", ("person",), span=NOWHERE), span=NOWHERE)
    meant = program(catalog, segment("measured", has), segment("won", ir.InSegment("measured", span=NOWHERE)))
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE person_rows AS SELECT 1 AS id, 'x' AS name UNION ALL SELECT 2, 'y'")
        connection.execute("CREATE TABLE measured AS SELECT 2 AS id")
        assert connection.execute(DUCKDB.members(meant, "won", CLOCK)).fetchall() == [(2,)]


def test_columns_that_swap_names_are_not_mixed_up() -> None:
    columns = {
        "a": Column("a", WHOLE, "b", span=NOWHERE),
        "b": Column("b", WHOLE, "a", span=NOWHERE),
        "id": Column("id", WHOLE, "c", span=NOWHERE),
    }
    people = Table("person", ("people",), "id", None, None, None, columns, {}, None, span=NOWHERE)
    five = ir.Literal(Decimal(5), WHOLE, span=NOWHERE)
    tests = [ir.Compare(column(name, WHOLE), "=", five, span=NOWHERE) for name in ("a", "b", "id")]
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE people (id INTEGER, b INTEGER, a INTEGER, c INTEGER)")
        connection.execute("INSERT INTO people VALUES (1, 5, 0, 0), (2, 0, 5, 0), (3, 0, 0, 5)")
        for test, expected in zip(tests, (1, 2, 3), strict=True):
            for table, condition in ((people, test), (replace(people, where=test), ir.Always(True, span=NOWHERE))):
                meant = program(Catalog({"person": table}, "person"), segment("s", condition))
                assert connection.execute(DUCKDB.members(meant, "s", CLOCK)).fetchall() == [(expected,)]


@pytest.mark.parametrize("text", HOSTILE)
def test_comments_stay_comments(text: str) -> None:
    said = comment(text)
    assert said.isprintable() and "*/" not in said and "/*" not in said


@pytest.mark.parametrize("text", ["Mum's", '6" screens', "it's 6\"", "$$", "$a$", "-- '", "a", '"Best" buys', "---"])
def test_no_comment_changes_what_follows_it(text: str) -> None:
    """DuckDB takes a quote in a comment for one that opens a text."""
    wanted = "\u00a0'\u00a0\"\u00a0$$\u00a0$a$\u00a0"
    query = exp.Select(expressions=[exp.Literal.string(wanted), exp.Literal.string(wanted)])
    query.add_comments([comment(text)])
    with duckdb.connect() as connection:
        assert connection.execute(query.sql("duckdb", pretty=True)).fetchall() == [(wanted, wanted)]


def test_names_are_short_and_differ_in_more_than_case() -> None:
    names = Names(["Taken"])
    wanted = ["taken", "TAKEN", "Größe", "GRÖSSE", "x" * 200, "x" * 201, "高" * 50, "", "--", "a b"]
    made = [names.new(each) for each in wanted]
    assert made[:4] == ["taken_2", "taken_3", "größe", "grösse_2"]
    assert len({name.casefold() for name in made}) == len(made)
    assert all(len(name.encode()) <= MAX_BYTES for name in made)
    assert made[-3:] == ["unnamed", "unnamed_2", "a_b"]


# --- the same bytes, at any size --------------------------------------------------------------------------

PRINTED = """
import sys
from random import Random
from zoneinfo import ZoneInfo
from segdsl.backends import backend
from segdsl.semantics.calendar import Clock
from tests import worlds
for seed in range(3):
    project = worlds.project(Random(seed))
    program, _ = worlds.compiled(project)
    clock = Clock(project.as_of, ZoneInfo(program.timezone), program.week_starts)
    for names in program.by_entity(tuple(program.segments)).values():
        print(backend("duckdb").memberships(program, names, clock).encode())
"""


def test_the_same_input_gives_the_same_bytes_in_every_process() -> None:
    root = Path(__file__).parent.parent
    texts = {
        subprocess.run(
            [sys.executable, "-c", PRINTED], cwd=root, env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1 and texts != {b""}


def runs(condition: ir.Condition) -> list[tuple[int]]:
    catalog = person(age=WHOLE, name=Text())
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE people (id INTEGER, age BIGINT, name VARCHAR)")
        connection.execute("INSERT INTO people VALUES (1, 7, 'x'), (2, NULL, NULL)")
        return connection.execute(DUCKDB.members(program(catalog, segment("a", condition)), "a", CLOCK)).fetchall()


def older(than: int) -> ir.Condition:
    return ir.Compare(column("age", WHOLE), ">", ir.Literal(Decimal(than), WHOLE, span=NOWHERE), span=NOWHERE)


def test_a_hundred_levels_are_no_problem() -> None:
    condition = older(5)
    value: ir.Value = column("age", WHOLE)
    one = ir.Literal(Decimal(1), WHOLE, span=NOWHERE)
    for level in range(50):
        either = ir.Any((condition, older(100 + level)), span=NOWHERE)
        condition = ir.Not(ir.All((either, older(-1)), span=NOWHERE), span=NOWHERE)
        value = ir.Negative(ir.Arithmetic(one, "-", value, WHOLE, span=NOWHERE), WHOLE, span=NOWHERE)
    assert runs(condition) == [(1,), (2,)]
    large = ir.Compare(value, "<", ir.Literal(Decimal(0), WHOLE, span=NOWHERE), span=NOWHERE)
    assert runs(large) == [(1,)]
    assert sys.getrecursionlimit() < 10_000, "what is raised while printing is put back"


def test_many_conditions_and_long_lists_are_no_problem() -> None:
    assert runs(ir.All(tuple(older(-i) for i in range(5000)), span=NOWHERE)) == [(1,)]
    assert runs(ir.Any(tuple(older(i) for i in range(5000)), span=NOWHERE)) == [(1,)]
    options = tuple(f"c{i}" for i in range(100_000))
    assert runs(ir.OneOfList(column("name", Text()), (*options, "x"), span=NOWHERE)) == [(1,)]


def test_a_chain_of_segments_has_a_limit_that_is_said() -> None:
    catalog = person(age=WHOLE)

    def chain(length: int) -> ir.Program:
        before = [ir.InSegment(f"s{i}", span=NOWHERE) for i in range(length - 1)]
        others = [segment(f"s{i}", ir.Not(each, span=NOWHERE)) for i, each in enumerate(before, 1)]
        return program(catalog, segment("s0", older(5)), *others)

    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE people AS SELECT 1 AS id, 7 AS age UNION ALL SELECT 2, NULL")
        assert connection.execute(DUCKDB.members(chain(100), "s99", CLOCK)).fetchall() == [(2,)]
    with pytest.raises(Unsupported, match="more than 300"):
        DUCKDB.memberships(chain(301), ["s300"], CLOCK)


# --- files ------------------------------------------------------------------------------------------------

TYPED: dict[str, Text | Number | Boolean | Date | Timestamp] = {
    "id": Text(),
    "age": WHOLE,
    "amount": Number(2, 12),
    "vip": Boolean(),
    "day": Date(),
    "at": Timestamp(),
}


def view_of(tmp_path: Path, content: str, name: str = "people.csv") -> list[tuple[object, ...]]:
    table = person(**TYPED, seen=Timestamp(zoned=True)).tables["person"]
    (tmp_path / name).write_text(content, encoding="utf-8")
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(*DUCKDB.create_file_views(table, str(tmp_path / name), "csv"))
        return connection.execute("SELECT * FROM people").fetchall()


HEADER = "id,age,amount,vip,day,at,seen,other\n"


def test_csv_columns_have_the_declared_types_and_others_are_texts(tmp_path: Path) -> None:
    line = "007,12,0.145,true,2026-01-31,2026-01-31 10:00:00,2026-01-31 10:00:00+05:30,0042\n"
    (row,) = view_of(tmp_path, HEADER + line)
    moment = datetime(2026, 1, 31, 10)
    assert row[:6] == ("007", 12, Decimal("0.15"), True, moment.date(), moment)
    assert row[6] == datetime(2026, 1, 31, 4, 30, tzinfo=UTC)
    assert row[7] == "0042"


def test_csv_tells_an_empty_text_from_a_missing_one(tmp_path: Path) -> None:
    found = view_of(tmp_path, HEADER + '"",,,,,,,""\n,,,,,,,NULL\n"#1","1",,,,,,"a ""q"", b\nc"\n')
    assert [(row[0], row[-1]) for row in found] == [("", ""), (None, "NULL"), ("#1", 'a "q", b\nc')]
    assert [row[1] for row in found] == [None, None, 1]


WRONG = [
    "a,2.5,,,,,,",
    "a,1e3,,,,,,",
    "a,,1 000,,,,,",
    "a,,,perhaps,,,,",
    "a,,,,01/02/2026,,,",
    "a,,,,2026-01-01 10:00:00,,,",
    "a,,,,,noon,,",
    "a,,,,,,2026-01-01 10:00:00,",
]


@pytest.mark.parametrize("line", WRONG)
def test_csv_values_are_never_rounded_or_guessed(tmp_path: Path, line: str) -> None:
    with pytest.raises(duckdb.Error):
        view_of(tmp_path, f"{HEADER}{line}\n")


@pytest.mark.parametrize("name", ["it's.csv", 'q"uote.csv', "a b.csv", "ü.csv", "semi;colon--.csv"])
def test_any_file_name_will_do(tmp_path: Path, name: str) -> None:
    assert len(view_of(tmp_path, f"{HEADER}a,1,,,,,,\n", name)) == 1


def test_parquet_files_are_read_as_they_are(tmp_path: Path) -> None:
    folder = tmp_path / "year=2026"
    folder.mkdir()
    table = person(id=WHOLE).tables["person"]
    with duckdb.connect() as connection:
        connection.sql("SELECT 1 AS id, 'x' AS name").write_parquet(str(folder / "it's.parquet"))
        connection.execute(*DUCKDB.create_file_views(table, str(folder / "it's.parquet"), "parquet"))
        assert connection.execute("SELECT * FROM people").fetchall() == [(1, "x")]
