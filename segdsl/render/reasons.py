"""Reasons as text for people and as JSON: the condition nested as it is written, each part with what it came to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from segdsl.render.text import PLAIN, Paint, escaped
from segdsl.semantics.reasons import Reason

HEADS = {"all": "all of", "any": "any of", "not": "not", "at least": "at least so many of"}


def lines(reason: Reason, paint: Paint = PLAIN, depth: int = 0) -> Iterator[str]:
    """`true` or `false`, then the condition; its parts and values below it, further in."""
    mark = paint("good", "true ") if reason.holds else paint("error", "false")
    # Who reads the parts has read the whole.
    text = HEADS.get(reason.how, reason.text)
    yield f"{mark}{'  ' * (depth + 1)}{escaped(text)}"
    indent = " " * 5 + "  " * (depth + 3)
    for each in reason.values:
        yield f"{indent}{paint('dim', escaped(f'{each.what}: {each.value}'))}"
    for part in reason.parts:
        yield from lines(part, paint, depth + 1)


def as_json(reason: Reason) -> dict[str, Any]:
    return {
        "condition": reason.text,
        "holds": reason.holds,
        "kind": reason.how,
        "values": [{"of": each.what, "value": each.value} for each in reason.values],
        "parts": [as_json(part) for part in reason.parts],
    }
