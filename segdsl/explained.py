"""Why a real customer is where it is: the answer of `explain` as text for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from segdsl import render
from segdsl.render import reasons
from segdsl.warehouse.one import Explained

VERSION = 1


def text(found: Explained, paint: render.Paint = render.PLAIN) -> Iterator[str]:
    """A block for each segment: in or not, who takes them, and the condition with what each part came to."""
    yield f"{found.entity} {render.escaped(str(found.key))}, as of {found.as_of.isoformat()}"
    for each in found.segments:
        verdict = paint("good", "in") if each.qualifies else paint("error", "not in")
        taken = f", but assigned to {each.taken_by}: it wins over {each.name}" if each.taken_by else ""
        won = ", and assigned to it" if each.group and each.qualifies and each.taken_by is None else ""
        yield ""
        yield f"{verdict} {paint('bold', each.name)}{render.escaped(taken)}{won}"
        yield from (f"  {line}" for line in reasons.lines(each.reason, paint))


def as_json(found: Explained) -> dict[str, Any]:
    return {
        "version": VERSION,
        "entity": found.entity,
        "key": found.key,
        "as_of": found.as_of.isoformat(),
        "segments": [
            {
                "name": each.name,
                "qualifies": each.qualifies,
                "assigned": each.qualifies and each.taken_by is None,
                "group": each.group,
                "taken_by": each.taken_by,
                "reason": reasons.as_json(each.reason),
            }
            for each in found.segments
        ],
    }
