"""Readings as text for a terminal or a mail, as Markdown, and as plain values for `json.dumps`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from segdsl.reading.definitions import Reading
from segdsl.reading.language import Language
from segdsl.reading.sentences import Line

JSON_VERSION = 1


def as_text(readings: Sequence[Reading]) -> str:
    return "\n\n".join("\n".join(_text(reading)) for reading in readings)


def _text(reading: Reading) -> Iterator[str]:
    title = _heading(reading)
    yield title
    yield "=" * len(title)
    yield from ([reading.about] if reading.about else [])
    yield from reading.facts
    for section in reading.sections:
        yield ""
        yield _upper(section.text)
        yield from _points(section.below, "  ")


def as_markdown(readings: Sequence[Reading]) -> str:
    """Names and texts of the user make no markup in it."""
    return "\n\n".join("\n".join(_markdown(reading)) for reading in readings)


def _markdown(reading: Reading) -> Iterator[str]:
    yield f"## {_plain(_heading(reading))}"
    yield from ([f"\n{_plain(reading.about)}"] if reading.about else [])
    if reading.facts:
        yield ""
        yield from (f"- {_plain(fact)}" for fact in reading.facts)
    for section in reading.sections:
        yield f"\n**{_plain(_upper(section.text))}**\n"
        yield from map(_plain_point, _points(section.below, ""))


def _plain_point(line: str) -> str:
    indent, dash, text = line.partition("- ")
    return f"{indent}{dash}{_plain(text)}"


def _plain(text: str) -> str:
    return re.sub(r"([\\`*_<>\[\]#|~&@])", r"\\\1", text)


def as_json(readings: Sequence[Reading], language: Language) -> dict[str, Any]:
    return {
        "version": JSON_VERSION,
        "language": language.code,
        "definitions": [
            {
                "name": reading.name,
                "title": reading.title,
                "entity": reading.entity,
                "about": reading.about,
                "facts": list(reading.facts),
                "sections": [_line_json(section) for section in reading.sections],
            }
            for reading in readings
        ],
    }


def _line_json(line: Line) -> dict[str, Any]:
    return {"text": line.text, "points": [_line_json(each) for each in line.below]}


def _heading(reading: Reading) -> str:
    return reading.title if reading.title == reading.name else f"{reading.title} ({reading.name})"


def _points(lines: Sequence[Line], indent: str) -> Iterator[str]:
    for line in lines:
        yield f"{indent}- {_upper(line.text)}"
        yield from _points(line.below, f"{indent}  ")


def _upper(text: str) -> str:
    """A sentence begins with a capital, where its script has any; a name in quotes stays."""
    return text[:1].upper() + text[1:]
