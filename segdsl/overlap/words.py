"""What findings quote: conditions as they are written, in one line; and whether two places share any text."""

from __future__ import annotations

from segdsl.source import Span

# More of a condition is cut where it is quoted: the lines below a finding show all of it.
LONGEST = 60


def written(span: Span) -> str:
    """The text of a place in one line, its end left out where it is long."""
    text = " ".join(span.home.text.split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"


def noun(entity: str) -> str:
    """What one of the rows is called that segments are sets of."""
    return "customer" if entity == "customer" else f"row of `{entity}`"


def overlaps(left: Span, right: Span) -> bool:
    """Whether two places share any text."""
    return left.source == right.source and left.start < right.end and right.start < left.end
