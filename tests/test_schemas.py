"""The JSON Schemas for editors say what the readers of YAML say: each key with each kind of value is put to both."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import segdsl
from segdsl import schemas
from segdsl.cli import main
from segdsl.diagnostics import Report, Severity
from segdsl.grammar import yaml
from segdsl.grammar.files import CATALOG_KEYS, COLUMN_KEYS, LINK_KEYS, PROJECT_KEYS, TABLE_KEYS, parse_catalog
from segdsl.grammar.keys import Keys
from segdsl.grammar.yaml_definitions import (
    CHANNEL_KEYS,
    FILE_KEYS,
    GROUP_KEYS,
    METRIC_KEYS,
    OCCASION_KEYS,
    PLACE_KEYS,
    SEGMENT_KEYS,
    parse_definitions,
)
from segdsl.grammar.yaml_shorthands import SPLIT_KEYS, TIERS_KEYS
from segdsl.project import TARGET_TYPES
from segdsl.semantics.declare import declare
from segdsl.source import Source
from tests.test_cases import ALL_CASES
from tests.test_docs import LANGUAGE, blocks

ROOT = Path(__file__).parent.parent
VALIDATORS = {name: Draft202012Validator(json.loads(schemas.text(name))) for name in schemas.FILES}
# What a reader of YAML says of keys and of values that are of no use there.
READING = {"bad-yaml", "bad-value", "unknown-key", "missing-key", "missing-condition"}


def plain(node: yaml.Tree) -> Any:
    """What an editor sees: numbers, truths and texts as YAML 1.2 has them."""
    match node:
        case yaml.Mapping():
            return {key: plain(value) for key, (_, value) in node.entries.items()}
        case yaml.Sequence():
            return [plain(item) for item in node.items]
        case yaml.Scalar():
            is_plain = node.value is None or isinstance(node.value, bool | int | str)
            return node.value if is_plain else float(str(node.value))


def is_valid(name: str, text: str) -> bool:
    return VALIDATORS[name].is_valid(plain(yaml.read(Source("file.yml", text), Report())))


def rules(name: str, text: str, folder: Path) -> set[str]:
    """The rules of the errors that segdsl finds in a file by itself."""
    report = Report()
    if name == "definitions":
        parse_definitions(Source("file.yml", text), report)
    elif name == "catalog":
        declare(parse_catalog(Source("catalog.yml", text), report), report)
    else:
        (folder / "segdsl.yml").write_text(text, encoding="utf-8")
        (folder / "catalog.yml").touch()
        report = Report(segdsl.load(folder).findings)
    return {found.rule.name for found in report if found.severity is Severity.ERROR}


def test_the_shipped_schemas_are_those_that_the_tables_make() -> None:
    """`python -m segdsl.schemas` writes them."""
    shipped = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "segdsl" / "schemas").glob("*.json")}
    assert shipped == {name: schemas.text(name) for name in schemas.FILES}


@pytest.mark.parametrize("name", schemas.FILES)
def test_they_are_schemas(name: str) -> None:
    Draft202012Validator.check_schema(VALIDATORS[name].schema)


# --- what is written somewhere --------------------------------------------------------------------


def written() -> Iterator[tuple[str, str]]:
    """Every YAML file of the examples, the first project, the reference and the cases, with the name of its schema."""
    for folder in (ROOT / "examples", ROOT / "segdsl" / "scaffold" / "files"):
        for path in folder.rglob("*.yml"):
            name = {"catalog.yml": "catalog", "segdsl.yml": "project"}.get(path.name, "definitions")
            yield name, path.read_text(encoding="utf-8")
    yield "catalog", (ROOT / "tests" / "cases" / "catalog.yml").read_text(encoding="utf-8")
    for text in blocks(LANGUAGE, "yaml"):
        yield {"tables:": "catalog", "# segdsl.yml": "project"}.get(text.split("\n")[0], "definitions"), text
    for case in ALL_CASES:
        for block in (*case.common, *case.blocks):
            if block.kind in ("catalog", "project"):
                yield block.kind, block.text
            elif block.kind == "seg" and block.words[-1].endswith((".yml", ".yaml")):
                yield "definitions", block.text


WRITTEN = sorted(set(written()))


def test_what_has_no_errors_is_valid(tmp_path: Path) -> None:
    sound = [(name, text) for name, text in WRITTEN if not rules(name, text, tmp_path)]
    assert {name for name, _ in sound} == set(schemas.FILES)
    assert [(name, text) for name, text in sound if not is_valid(name, text)] == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("definitions", "segment: {vip: {when: everyone}}"),
        ("definitions", "segments: {vip: {wen: everyone}}"),
        ("definitions", "segments: {vip: {title: VIP}}"),
        ("definitions", "segments: {vip: {when: everyone, otherwise: true}}"),
        ("definitions", "segments: {vip: {when: [everyone]}}"),
        ("definitions", "segments: {vip: {when: {all: [{any: [a, b], not: c}]}}}"),
        ("definitions", "segments: {vip: {priority: first, when: everyone}}"),
        ("definitions", "groups: {g: {exclusive: yes}}"),
        ("catalog", "entity: customer"),
        ("catalog", "tables: {customer: {key: id}}"),
        ("catalog", "tables: {customer: {from: a, columns: {age: number}}}"),
        ("catalog", "tables: {customer: {from: a, columns: {age: {type: integer, values: text}}}}"),
        ("catalog", "tables: {customer: {from: a, columns: {age: {is: b * 2, from: c}}}}"),
        ("project", "targets: {dev: {type: duckdb, path: data}}"),
        ("project", "{name: a, week_starts: Monday}"),
        ("project", "{name: a, targets: {dev: {type: duckdb}}}"),
        ("project", "{name: a, targets: {dev: {type: duckbd, path: data}}}"),
    ],
)
def test_mistakes_are_not_valid(name: str, text: str, tmp_path: Path) -> None:
    assert rules(name, text, tmp_path)
    assert not is_valid(name, text)


# --- every key with every kind of value -----------------------------------------------------------

Wrap = Callable[[dict[str, Any]], dict[str, Any]]


def table(keys: dict[str, Any]) -> dict[str, Any]:
    return {"tables": {"a": {"from": "a", **keys}}}


# Keys -> the schema, a mapping of them that is enough, and the file around it.
PLACES: dict[str, tuple[Keys, str, dict[str, Any], Wrap]] = {
    "definitions": (FILE_KEYS, "definitions", {}, lambda it: it),
    "segment": (SEGMENT_KEYS, "definitions", {"when": "everyone"}, lambda it: {"segments": {"a": it}}),
    "otherwise": (SEGMENT_KEYS, "definitions", {"otherwise": True}, lambda it: {"segments": {"a": it}}),
    "group": (GROUP_KEYS, "definitions", {}, lambda it: {"groups": {"a": it}}),
    "metric": (METRIC_KEYS, "definitions", {"value": "age"}, lambda it: {"metrics": {"a": it}}),
    "occasion": (OCCASION_KEYS, "definitions", {"days": "2026-01-01"}, lambda it: {"occasions": {"a": it}}),
    "score": (METRIC_KEYS, "definitions", {"value": "age"}, lambda it: {"scores": {"a": it}}),
    "place": (PLACE_KEYS, "definitions", {"points": "(1, 2)"}, lambda it: {"places": {"a": it}}),
    "channel": (CHANNEL_KEYS, "definitions", {"when": "everyone"}, lambda it: {"channels": {"a": it}}),
    "tiers": (TIERS_KEYS, "definitions", {"by": "age", "tiers": {"old": ">= 65"}}, lambda it: {"tiers": {"a": it}}),
    "split": (SPLIT_KEYS, "definitions", {"shares": {"b": "20%"}}, lambda it: {"splits": {"a": it}}),
    "catalog": (CATALOG_KEYS, "catalog", {"tables": {}, "entity": "a"}, lambda it: it),
    "table": (TABLE_KEYS, "catalog", {"from": "a"}, lambda it: {"tables": {"a": it}}),
    "column": (COLUMN_KEYS, "catalog", {"type": "text"}, lambda it: table({"columns": {"b": it}})),
    "link": (LINK_KEYS, "catalog", {"column": "b"}, lambda it: table({"links": {"b": it}})),
    "project": (PROJECT_KEYS, "project", {"name": "a"}, lambda it: it),
    "target": (
        TARGET_TYPES["duckdb"],
        "project",
        {"type": "duckdb", "path": "data"},
        lambda it: {"name": "a", "targets": {"a": it}},
    ),
}  # fmt: skip
SCALARS = ("text", "", " ", 5, -5, 0.5, True, False)
OTHERS: tuple[Any, ...] = (
    None,
    [],
    {},
    ["text"],
    [5],
    [[]],
    [None],
    {"a": "text"},
    {"a": None},
    {"a": []},
    {"all": ["text"]},
)
# Of these a schema does not say which values are right.
ONLY = {
    "days": ("2026-01-01", "", " "),
    "memberships": ("people.csv",),
    "schema": ("text", "", " ", 5),
    "timeout": ("10 minutes",),
    "memory": ("2 GB",),
    "timezone": ("Europe/Berlin",),
    "type": ("text", "", " "),
    "when": ("everyone", 5, -5, 0.5, True, False),
}
EVERY = [
    (place, key, value)
    for place, (keys, *_) in PLACES.items()
    for key in (*keys, "unheard_of")
    for value in (*ONLY.get(key, SCALARS), *OTHERS)
]


def is_read(name: str, text: str, folder: Path) -> bool:
    if name != "catalog":
        return not READING & rules(name, text, folder)
    report = Report()
    parse_catalog(Source("catalog.yml", text), report)
    return not READING & {found.rule.name for found in report}


def test_readers_and_schemas_take_the_same(tmp_path: Path) -> None:
    differences = []
    for place, key, value in EVERY:
        _, name, enough, wrap = PLACES[place]
        text = json.dumps(wrap({**enough, key: value}))
        if is_valid(name, text) != is_read(name, text, tmp_path):
            differences.append((place, key, value, f"valid: {is_valid(name, text)}"))
    assert differences == []


@pytest.mark.parametrize("place", PLACES)
def test_what_must_be_there_is_missed_by_both(place: str, tmp_path: Path) -> None:
    keys, name, enough, wrap = PLACES[place]
    for key in [key for key in enough if key not in keys or keys[key].required or key in ("when", "otherwise")]:
        text = json.dumps(wrap({other: value for other, value in enough.items() if other != key} or {"title": "a"}))
        assert not is_read(name, text, tmp_path)
        assert not is_valid(name, text)


def test_the_command_prints_what_is_shipped(capsys: pytest.CaptureFixture[str]) -> None:
    for name in schemas.FILES:
        assert main(["schema", name]) == 0
        assert capsys.readouterr().out == schemas.text(name)
