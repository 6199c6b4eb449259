"""Whatever text stands in a project: it is refused where it stands, or it is the same text in every database.

Every one of `tests.hostile_texts` goes through the language as a member of a list and of a list file, and is read back
as a name and a comment; where each costs a condition or a query of its own samples do, and all in the long target.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from unicodedata import category, normalize
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
import sqlglot
from sqlglot import exp

import segdsl
from segdsl import render
from segdsl.backends import DIALECTS, Unsupported, backend
from segdsl.backends.base import PLAIN_NAME, comment
from segdsl.backends.duckdb import WORDS as DUCKDB_WORDS
from segdsl.backends.names import VALUES
from segdsl.backends.postgres import WORDS as POSTGRES_WORDS
from segdsl.diagnostics import Report
from segdsl.fingerprints import known
from segdsl.grammar import ast
from segdsl.grammar.files import parse_catalog
from segdsl.grammar.parse import parse
from segdsl.render import github, junit
from segdsl.semantics import ir
from segdsl.semantics.calendar import Clock
from segdsl.semantics.declare import declare
from segdsl.semantics.evaluate import memberships
from segdsl.semantics.resolve import resolve
from segdsl.source import Source
from tests import engines
from tests.hostile_texts import sample, texts

T = TypeVar("T")
CLOCK = Clock(datetime(2026, 1, 10, tzinfo=UTC), ZoneInfo("UTC"), 0)
CATALOG = "tables: {person: {from: people, key: id, columns: {id: integer, name: text}}}\nentity: person"
STORED = {"people": {"id": "BIGINT", "name": "VARCHAR"}}
# As docs/language.md says: what hides or turns text around must be escaped, and these two cannot be.
HIDES = re.compile("[\x00\r\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
NEVER = re.compile("[\x00\ud800-\udfff]")
KEPT = tuple(text for text in texts() if not NEVER.search(text))


def plainly(text: str) -> str:
    """The text in a definition, with no more escapes than it needs."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def escaped(text: str) -> str:
    """The text in a definition, with all that is no letter or digit escaped."""
    return '"' + "".join(char if char.isalnum() else f"\\u{{{ord(char):x}}}" for char in text) + '"'


def in_yaml(text: str) -> str:
    return '"' + "".join(char if char.isascii() and char.isalnum() else f"\\U{ord(char):08x}" for char in text) + '"'


MOST_CHARACTERS = 100_000


def share(found: Sequence[str], dialect: str) -> Sequence[str]:
    """What one dialect looks at of what all look at together."""
    return found[DIALECTS.index(dialect) :: len(DIALECTS)]


def batches(found: Sequence[str], size: int) -> Iterator[list[str]]:
    """So many at once, and no more than Snowflake reads with all that is written around them."""
    batch: list[str] = []
    characters = 0
    for text in found:
        if batch and (len(batch) == size or characters > MOST_CHARACTERS):
            yield batch
            batch, characters = [], 0
        batch.append(text)
        characters += len(text.encode("utf-8", "surrogatepass"))
    if batch:
        yield batch


def meant(
    segments: str, catalog: str = CATALOG, lists: dict[str, str] | None = None, file: str = "a.seg"
) -> ir.Program:
    report = Report()
    declared = declare(parse_catalog(Source("catalog.yml", catalog), report), report)
    program = resolve(
        [parse(Source(file, segments), report)],
        declared,
        name="shop",
        timezone="UTC",
        week_starts=0,
        settings={},
        report=report,
        read_list=lambda name, _: Source(name.value, (lists or {})[name.value]),
    )
    assert [found.message for found in report if found.severity.value == "error"] == []
    return program


def misread(found: Sequence[str]) -> list[str]:
    """What a database could take the texts for that reads escapes, marks or letters in its own way."""
    ways: tuple[Callable[[str], str], ...] = (
        lambda text: text.replace("''", "'"),
        lambda text: text.replace("'", "''"),
        lambda text: text.replace("\\\\", "\\"),
        lambda text: text.replace("\\", ""),
        lambda text: text.replace("\\", "\\\\"),
        lambda text: text.replace('""', '"'),
        lambda text: text.replace("\r\n", "\n"),
        lambda text: normalize("NFC", text),
        lambda text: normalize("NFKC", text),
        str.strip,
        str.casefold,
        lambda text: text[:-1],
        lambda text: f"{text} ",
        lambda text: text.partition("\\")[0],
    )
    others = dict.fromkeys(way(text) for text in found for way in ways)
    meant = set(found)
    return [text for text in others if text not in meant and not NEVER.search(text)]


# --- what is written ----------------------------------------------------------------------------------------


def values(segments: str) -> tuple[list[str], set[str]]:
    """The texts that a list of a definition holds, and the rules that were broken."""
    report = Report()
    (segment,) = parse(Source("a.seg", segments), report).definitions
    assert isinstance(segment, ast.Segment)
    listed = segment.when.options if isinstance(segment.when, ast.InList) else ()
    return [each.value for each in listed if isinstance(each, ast.Text)], {found.rule.name for found in report}


def test_there_are_more_than_20_000_of_them() -> None:
    assert len(KEPT) > 20_000 and len(set(KEPT)) == len(KEPT)


@pytest.mark.parametrize(("write", "refused"), [(plainly, HIDES), (escaped, NEVER)], ids=["plainly", "escaped"])
def test_a_text_is_read_as_it_is_or_refused(write: Callable[[str], str], refused: re.Pattern[str]) -> None:
    for text in texts():
        if refused.search(text):
            _, rules = values(f"segment a when name in ({write(text)})")
            assert rules and rules <= {"forbidden-character", "syntax"}, repr(text)
    for batch in batches([text for text in texts() if not refused.search(text)], 4000):
        assert values(f"segment a when name in ({', '.join(map(write, batch))})") == (batch, set())


# --- values and lists ---------------------------------------------------------------------------------------


def literals(query: str, dialect: str) -> list[str]:
    """The texts in a query, in their order, as sqlglot reads them."""
    (tree,) = sqlglot.parse(query, read=dialect)
    assert isinstance(tree, exp.Query)
    found = tree.find_all(exp.Literal, exp.ByteString, bfs=False)
    said = [each for each in found if not isinstance(each.parent, exp.Collate)]
    return [each.name for each in said if isinstance(each, exp.ByteString) or each.is_string]


def selects_exactly(engine: engines.Engine, query: str, expected: Sequence[int]) -> None:
    assert engine.statements(query) == 1
    assert [row[0] for row in engine.rows(query)] == list(expected)


def filled(engine: engines.Engine, found: Sequence[str]) -> None:
    """The texts as rows, by their place, and behind them what they could be taken for."""
    engine.create("people", STORED["people"], list(enumerate([*found, *misread(found)])))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_text_is_itself_in_a_list(dialect: str, postgres_address: str) -> None:
    for batch in batches(KEPT, 2500):  # Snowflake reads no more than a million bytes
        program = meant(f"segment a when name in ({', '.join(map(escaped, batch))})")
        query = backend(dialect).members(program, "a", CLOCK)
        assert literals(query, dialect) == batch
        if dialect in engines.ENGINES:
            with engines.opened(dialect, postgres_address) as engine:
                filled(engine, batch)
                selects_exactly(engine, query, range(len(batch)))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_text_is_itself_in_a_list_file(dialect: str, postgres_address: str) -> None:
    # A list has no members that are blank.
    longest = MOST_CHARACTERS if dialect == "snowflake" else max(map(len, KEPT))
    found = [text for text in KEPT if text.strip() and len(text) <= longest]
    for batch in batches(share(found, dialect), 2500):
        file = io.StringIO()
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([["name"], *([text] for text in batch)])
        program = meant('segment a when name in list "all.csv"', lists={"all.csv": file.getvalue()})
        # What was written has been read back, too.
        query = backend(dialect).members(program, "a", CLOCK)
        if dialect in engines.ENGINES:
            with engines.opened(dialect, postgres_address) as engine:
                filled(engine, batch)
                selects_exactly(engine, query, range(len(batch)))


# --- tests of texts -----------------------------------------------------------------------------------------

TESTS = (
    "name = {}",
    "name != {}",
    "name starts with {}",
    "name ends with {}",
    "name contains {}",
    "name matches {}",
    "name = {} ignoring case",
    "name contains {} ignoring case",
    'name starts with any of ({}, "zz")',
    'name in ({}, "zz")',
)
TESTED = """
tables: {person: {from: people, key: id, columns: {id: integer, place: integer, name: text}}}
entity: person
"""


def holds_as_meant(found: Sequence[str], dialect: str, address: str) -> None:
    """Each text in one of the tests, in turn, against rows that hold it, begin or end with it, or nearly do."""
    tests = [TESTS[place % len(TESTS)].format(escaped(text)) for place, text in enumerate(found)]
    program = meant("segment a when " + "\n or ".join(f"(place = {i} and {t})" for i, t in enumerate(tests)), TESTED)
    people: list[dict[str, object]] = []
    for place, text in enumerate(found):
        near = [text, f"{text}x", f"x{text}", f"x{text}x", text.swapcase(), *misread([text])[:6], text[1:]]
        people += [{"id": len(people) + i, "place": place, "name": each} for i, each in enumerate(dict.fromkeys(near))]
    expected = memberships(program, {"person": people}, CLOCK.as_of)["a"].qualifies
    assert len(found) < len(expected) < len(people)
    columns = {"id": "BIGINT", "place": "BIGINT", "name": "VARCHAR"}
    with engines.opened(dialect, address) as engine:
        engine.create("people", columns, [tuple(each.values()) for each in people])
        query = backend(dialect).members(engine.as_stored(program, {"people": columns}), "a", CLOCK)
        selects_exactly(engine, query, sorted(int(str(key)) for key in expected))


@pytest.mark.parametrize("dialect", engines.ENGINES)
def test_no_character_has_a_meaning_in_a_test(dialect: str, postgres_address: str) -> None:
    for batch in batches([text for text in sample(300) if not NEVER.search(text)], 200):
        holds_as_meant(batch, dialect, postgres_address)


@pytest.mark.long
@pytest.mark.parametrize("dialect", engines.ENGINES)
def test_no_character_of_any_text_has_a_meaning_in_a_test(dialect: str, postgres_address: str) -> None:
    for first in range(len(TESTS)):
        for batch in batches(KEPT[first:], 200):
            holds_as_meant(batch, dialect, postgres_address)


# --- names of the catalog -----------------------------------------------------------------------------------


def named(found: Sequence[str]) -> ir.Program:
    """A table with the texts as names of columns; the segment holds who has in each column its number."""
    columns = ", ".join(f"c{i}: {{type: text, from: {in_yaml(name)}}}" for i, name in enumerate(found))
    catalog = f"tables: {{person: {{from: people, key: id, columns: {{id: integer, {columns}}}}}}}\nentity: person"
    program = meant("segment a when " + " and ".join(f'c{i} = "{i}"' for i in range(len(found))), catalog)
    stored = program.catalog.tables["person"].columns
    assert [stored[f"c{i}"].stored_as for i in range(len(found))] == found
    return program


def named_as_meant(found: Sequence[str], dialect: str, address: str) -> None:
    # Names that differ in case alone cannot stand in one table, and `id` is there already.
    apart = [name for name in {name.casefold(): name for name in found}.values() if name.casefold() != "id"]
    if dialect == "postgres":
        apart = [name for name in apart if len(name.encode()) <= 63]
    columns = {"id": "BIGINT", **dict.fromkeys(apart, "VARCHAR")}
    rows = [[1, *map(str, range(len(apart)))], [2, *map(str, range(1, len(apart) + 1))]]
    program = named(apart)
    with engines.opened(dialect, address) as engine:
        engine.create("people", columns, rows)
        query = backend(dialect).members(engine.as_stored(program, {"people": columns}), "a", CLOCK)
        selects_exactly(engine, query, [1])


NAMES = tuple(text for text in KEPT if text.strip())


def test_a_name_of_blanks_is_refused() -> None:
    for text in KEPT:
        if not text.strip():
            report = Report()
            parse_catalog(Source("catalog.yml", f"tables: {{person: {{from: {in_yaml(text)}}}}}"), report)
            assert report.has_errors, repr(text)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_text_reads_back_as_a_name(dialect: str) -> None:
    database = backend(dialect)
    short = [name for name in share(NAMES, dialect) if dialect != "postgres" or len(name.encode()) <= 63]
    for batch in batches(short, 7000):
        columns = [exp.Column(this=database.name(name), table=database.name(name)) for name in batch]
        text = exp.Select(expressions=columns, from_=exp.From(this=exp.Table(this=database.name(batch[0])))).sql(
            dialect
        )
        (tree,) = sqlglot.parse(text, read=dialect)
        assert isinstance(tree, exp.Select)
        # A plain name is what Snowflake makes of it, also where it must be quoted.
        is_upper = {each for each in batch if dialect == "snowflake" and PLAIN_NAME.fullmatch(each)}
        is_upper = {each for each in is_upper if database.name(each).args["quoted"]}
        meant_names = [each.upper() if each in is_upper else each for each in batch]
        read = [(each.name, each.text("table")) for each in tree.expressions]
        assert read == list(zip(meant_names, meant_names, strict=True))


@pytest.mark.parametrize("dialect", engines.ENGINES)
def test_a_column_may_have_any_name(dialect: str, postgres_address: str) -> None:
    for batch in batches([text for text in sample(600, 1) if text in set(NAMES)], 250):
        named_as_meant(batch, dialect, postgres_address)


@pytest.mark.long
@pytest.mark.parametrize("dialect", engines.ENGINES)
def test_a_column_may_have_every_name(dialect: str, postgres_address: str) -> None:
    for batch in batches(NAMES, 250):
        named_as_meant(batch, dialect, postgres_address)


def test_postgresql_is_asked_for_no_name_that_it_would_cut() -> None:
    """Two columns that begin alike would be one to it."""
    catalog = TESTED.replace("name: text", f"name: {{type: text, from: {'n' * 64}}}")
    with pytest.raises(Unsupported) as refused:
        backend("postgres").members(meant('segment a when name = "x"', catalog), "a", CLOCK)
    assert refused.value.diagnostic.message.startswith("PostgreSQL cuts a name after 63 bytes")


# --- names, titles and comments of definitions --------------------------------------------------------------


def in_backticks(text: str) -> str:
    return "`" + text.replace("`", "``") + "`"


def written_about(found: Sequence[str], file: str) -> ir.Program:
    """A segment for each text, which is its name, its title, what it is about, and a comment beside it."""
    blocks = [
        f"segment {in_backticks(text)} {escaped(text)}\n  # {text}\n  owner {escaped(text)}\n  about {escaped(text)}\n"
        f"  when id = {number}\n"
        for number, text in enumerate(found)
    ]
    return meant("".join(blocks), file=file)


def about_as_meant(found: Sequence[str], dialect: str, address: str) -> None:
    kept = [text for text in found if text.strip() and not HIDES.search(text) and "\n" not in text]
    for batch in batches(kept, 100):
        program = written_about(batch, file=batch[0])
        with engines.opened(dialect, address) as engine:
            engine.create("people", STORED["people"], [(number, "x") for number in range(len(batch) + 3)])
            program = engine.as_stored(program, STORED)
            query = backend(dialect).memberships(program, tuple(program.segments), CLOCK)
            assert engine.statements(query) == 1
            found_rows = engine.rows(query)
            assert {row[1]: row[0] for row in found_rows} == {name: number for number, name in enumerate(batch)}
            assert len(found_rows) == len(batch)
            # The comments say the same words, and nothing else of a query changes by them.
            for text in batch[:3]:
                selects_exactly(engine, backend(dialect).members(program, text, CLOCK), [batch.index(text)])


@pytest.mark.parametrize("dialect", engines.ENGINES)
def test_definitions_may_say_anything_of_themselves(dialect: str, postgres_address: str) -> None:
    about_as_meant(sample(700, 2), dialect, postgres_address)


@pytest.mark.parametrize("dialect", engines.ENGINES)
def test_a_segment_may_be_called_like_any_word_of_sql(dialect: str, postgres_address: str) -> None:
    """DuckDB took one called `current_catalog` for the name of the database."""
    known_words = [
        *DUCKDB_WORDS.split(),
        *POSTGRES_WORDS.split(),
        *sqlglot.Dialect.get_or_raise(dialect).parser_class.FUNCTIONS,
    ]
    words = dict.fromkeys(
        [*map(str.lower, known_words), *VALUES, "connect_by_root", "rowid", "ctid", "member", "as_of"]
    )
    about_as_meant(list(words), dialect, postgres_address)


@pytest.mark.long
@pytest.mark.parametrize("dialect", engines.ENGINES)
def test_definitions_may_say_everything_of_themselves(dialect: str, postgres_address: str) -> None:
    about_as_meant(texts(), dialect, postgres_address)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_text_stays_inside_of_a_comment(dialect: str, postgres_address: str) -> None:
    for batch in batches(share(texts(), dialect), 7000):
        outputs = []
        for number, text in enumerate(batch):
            output = exp.Alias(this=exp.Literal.number(number), alias=exp.Identifier(this=f"n{number}"))
            output.add_comments([comment(text)])
            outputs.append(output)
        query = exp.Select(expressions=outputs).sql(dialect, pretty=True)
        (tree,) = sqlglot.parse(query, read=dialect)
        assert isinstance(tree, exp.Select) and len(tree.expressions) == len(batch)
        if dialect in engines.ENGINES:
            # PostgreSQL gives no more than 1,664 columns; how many statements there are it says of the text alone.
            short = exp.Select(expressions=outputs[:1600]).sql(dialect, pretty=True)
            with engines.opened(dialect, postgres_address) as engine:
                assert engine.statements(short) == 1
                assert engine.rows(short) == [tuple(range(len(outputs[:1600])))]


# --- names of files -----------------------------------------------------------------------------------------


def test_a_file_may_have_any_name_that_the_system_allows(tmp_path: Path) -> None:
    (tmp_path / "segdsl.yml").write_text("name: shop\n")
    (tmp_path / "catalog.yml").write_text(CATALOG)
    (tmp_path / "segments").mkdir()
    names = [f"{text}.seg".encode("utf-8", "surrogateescape") for text in sample(1500, 3) if not NEVER.search(text)]
    names += [b"\xff\xfe.seg", b"caf\xe9.seg", b"\xf0\x9f.seg"]
    usable = [name for name in names if b"/" not in name and len(name) < 256 and not name.startswith(b".")]
    for number, name in enumerate(usable):
        with open(bytes(tmp_path / "segments") + b"/" + name, "w") as file:
            file.write(f"segment s{number} when id = {number}\n")
    assert len(usable) > 500
    project = segdsl.load(tmp_path)
    assert len(project.segments) == len(usable)
    assert [found.rule.name for found in project.findings] == []
    for dialect in DIALECTS:
        query = segdsl.compile(
            project, [f"s{number}" for number in range(0, len(usable), 5)], dialect, as_of=CLOCK.as_of
        )
        assert len(sqlglot.parse(query, read=dialect)) == 1 and query.encode()


# --- findings -----------------------------------------------------------------------------------------------


def is_harmless(said: str) -> bool:
    """Whether a terminal shows it line by line, from left to right as it stands."""
    return all(char in "\n\u200c\u200d" or category(char) not in ("Cc", "Cf", "Zl", "Zp") for char in said)


def test_a_finding_shows_a_text_and_never_obeys_it() -> None:
    shown = [text for text in sample(1500, 4) if not HIDES.search(text) and "\n" not in text and text]
    report = Report()
    for text in shown:
        parse(Source(f"{text}.seg", f"segment a when {text}\n"), report)
        report.add("syntax", text, Source(text, text).whole(), help=text)
    findings = list(report)
    assert len(findings) > 2000
    for finding in findings:
        said = render.diagnostic(finding)
        assert is_harmless(said), repr(said)
    lines = list(github.commands(findings))
    assert all(re.match("::(error|warning|notice) ", line) and "\n" not in line and is_harmless(line) for line in lines)
    assert json.loads(json.dumps(render.diagnostics_json(findings, 1, 1)))["summary"]["errors"] == len(findings)
    log = junit.junit(known(findings, lambda _: ""), [])
    assert ElementTree.fromstring(log).tag == "testsuite"
