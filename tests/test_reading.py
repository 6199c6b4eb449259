"""Definitions are read back in every language: completely, truthfully and so that what differs reads differently."""

from __future__ import annotations

import json
import string
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

import segdsl
from segdsl import compiler, reading
from segdsl.reading.language import Language
from segdsl.reading.sentences import Sentences
from segdsl.semantics import ir
from tests import markdown, worlds
from tests.test_cases import Run
from tests.test_readme import shown

EXAMPLES = Path(__file__).parent.parent / "examples"
LANGUAGES = [reading.language(code) for code in reading.codes()]
ENGLISH = reading.language("en")
PAGE = Path(__file__).parent.parent / "docs" / "reading.md"
GOLDEN = markdown.cases(Path(__file__).parent / "readings.md")
SEEDS = range(60)
OTHERS: dict[str, dict[str, str]] = {
    "op": {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "=": "<="},
    "unit": {"day": "week", "week": "month", "month": "year", "quarter": "year", "year": "month", "hour": "day",
             "minute": "hour"},
    "function": {"sum": "avg", "avg": "max", "max": "min", "min": "max", "first": "last", "last": "first"},
    "kind": {"starts": "ends", "ends": "contains", "contains": "matches", "matches": "starts", "total": "average"},
}  # fmt: skip


def slots(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def forms(language: Language, key: str) -> dict[str, str]:
    message = language.messages[key]
    return {"": message} if isinstance(message, str) else dict(message)


def text_of(program: ir.Program, name: str, language: Language) -> str:
    return reading.as_text(reading.read(program, [name], language))


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda each: each.code)
def test_each_language_holds_every_message_with_the_same_slots(language: Language) -> None:
    assert set(language.messages) == set(ENGLISH.messages)
    for key in ENGLISH.messages:
        wanted = {name for text in forms(ENGLISH, key).values() for name in slots(text)}
        plurals = {language.plural(Decimal(count)) for count in range(200)}
        found = forms(language, key)
        assert set(found) == {""} or set(found) == plurals, key
        assert all(slots(text) == wanted for text in found.values()), key


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda each: each.code)
@pytest.mark.parametrize("example", ["cdnow", "grocery", "published_rules"])
def test_every_segment_of_the_examples_is_read(example: str, language: Language) -> None:
    program = compiler.understood(segdsl.load(EXAMPLES / example))
    readings = reading.read(program, list(program.segments), language)
    assert [each.name for each in readings] == list(program.segments)
    assert json.dumps(reading.as_json(readings, language)) and reading.as_markdown(readings)


@pytest.mark.parametrize("seed", SEEDS)
def test_made_up_segments_are_read_and_differ_when_they_are_changed(seed: int) -> None:
    program, _ = worlds.compiled(worlds.project(Random(seed)))
    random = Random(seed)
    for segment in program.segments.values():
        changed = [each for each in variants(segment.condition) if each != segment.condition]
        picked = random.sample(changed, min(4, len(changed)))
        for language in LANGUAGES:
            before = text_of(program, segment.name, language)
            for condition in picked:
                other = replace(segment, condition=condition)
                after = text_of(with_segment(program, other), segment.name, language)
                assert before != after, (language.code, before, segment.condition, condition)


def with_segment(program: ir.Program, segment: ir.Segment) -> ir.Program:
    return replace(program, segments={**program.segments, segment.name: segment})


def variants(node: Any) -> Iterator[Any]:
    """`node` with one operator, number, unit, text or condition changed."""
    if isinstance(node, tuple):
        for place, each in enumerate(node):
            yield from ((*node[:place], other, *node[place + 1 :]) for other in variants(each))
        return
    if not isinstance(node, ir.Node):
        return
    names: tuple[str, ...] = node.__match_args__
    for name in names:
        value: Any = getattr(node, name)
        swap: Any = replace
        if name in OTHERS and value in OTHERS[name]:
            yield swap(node, **{name: OTHERS[name][value]})
        elif name in ("members", "type", "path", "via", "table"):
            continue
        elif isinstance(value, tuple | ir.Node):
            yield from (swap(node, **{name: other}) for other in variants(value))
        elif isinstance(value, bool):
            yield swap(node, **{name: not value})
        elif isinstance(value, int | Decimal):
            yield swap(node, **{name: value + 1})
        elif type(value) is date and value < date.max:
            yield swap(node, **{name: value + timedelta(days=1)})
    if isinstance(node, ir.All | ir.Any) and len(node.terms) > 1:
        other = ir.Any if isinstance(node, ir.All) else ir.All
        yield other(node.terms, span=node.span)


def test_a_change_that_is_not_told_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A language that says `at most` for `less` is found out."""
    deaf = replace(ENGLISH, messages={**ENGLISH.messages, "compare.<": ENGLISH.messages["compare.<="]})
    program, _ = worlds.compiled(worlds.project(Random(1)))
    compared = ir.Compare(_number(1), "<", _number(2), span=next(iter(program.segments.values())).span)
    one, other = (Sentences(program, deaf).condition(each, "customer")
                  for each in (compared, replace(compared, op="<=")))  # fmt: skip
    assert one == other


def _number(value: int) -> ir.Literal:
    from segdsl.semantics.types import Number
    from segdsl.source import NOWHERE

    return ir.Literal(Decimal(value), Number(whole=True), span=NOWHERE)


def test_numbers_and_dates_are_written_as_the_language_does() -> None:
    written = {each.code: (each.number(Decimal("-1000.50")), each.day(date(2026, 1, 31))) for each in LANGUAGES}
    assert written == {
        "en": ("-1,000.5", "31 Jan 2026"),
        "de": ("-1.000,5", "31. Januar 2026"),
        "zh-hans": ("-1,000.5", "2026年1月31日"),
        "zh-hant": ("-1,000.5", "2026年1月31日"),
    }


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case.title)
def test_readings_are_as_they_were_reviewed(
    case: markdown.Case, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    program = Run(case, tmp_path).program
    found = {}
    for block in case.blocks:
        if block.kind == "read":
            readings = reading.read(program, list(program.segments), reading.language(block.words[1]))
            found[block] = reading.as_text(readings) + "\n"
    assert len(found) == len(LANGUAGES)
    if request.config.getoption("--update"):
        (now,) = (each for each in markdown.cases(case.path) if each.title == case.title)
        markdown.rewrite(case.path, {now.blocks[case.blocks.index(block)]: text for block, text in found.items()})
        return
    for block, text in found.items():
        assert text == block.text


def test_the_page_shows_what_comes_out(request: pytest.FixtureRequest) -> None:
    blocks = list(markdown.blocks(PAGE.read_text(encoding="utf-8").split("\n")))
    found = {block: shown(block, EXAMPLES / "grocery") for block in blocks if block.words == ("console",)}
    assert found
    if request.config.getoption("--update"):
        markdown.rewrite(PAGE, found)
        return
    for block, text in found.items():
        assert text == block.text
