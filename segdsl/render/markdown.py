"""Findings as a comment on a pull request, in GitHub's Markdown.

Promised: never longer than GitHub takes; what people wrote stands in blocks of text, where it can neither mention
anybody nor make markup. The first line is a marker that nobody sees: by it the comment is found again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from segdsl.diagnostics import Diagnostic, worst_first
from segdsl.render.listing import MANY
from segdsl.render.text import by_rule, counted, diagnostic, shortened, summary, utf16_length

# https://github.com/orgs/community/discussions/27190
LONGEST = 65_536
# Room for the line that says how many are left out.
RESERVED = 200
# No finding shall keep all others out.
LONGEST_BLOCK = 8_000


def comment(findings: Sequence[Diagnostic], segments: int, files: int, in_baseline: int = 0, folder: str = "") -> str:
    """The comment. `folder` is where the project lies in the repository: each project has a comment of its own."""
    lines = [
        f"<!-- segdsl check {re.sub('[^A-Za-z0-9_./]', '_', folder) or '.'} -->",
        f"**segdsl check**: {summary(findings, segments, files)}",
    ]
    if in_baseline:
        lines.append(f"{counted(in_baseline, 'finding')} of the baseline not shown.")
    if len(findings) > MANY:
        lines.append(f"{by_rule(worst_first(findings))}.")
    text = "\n".join(lines) + "\n"
    room = LONGEST - RESERVED - utf16_length(text)
    ordered = worst_first(findings)
    for number, finding in enumerate(ordered):
        block = _block(shortened(diagnostic(finding), LONGEST_BLOCK))
        room -= utf16_length(block)
        if room < 0:
            left_out = counted(len(ordered) - number, "finding")
            return f"{text}\n{left_out} more did not fit in here: `segdsl check --limit 0` shows all.\n"
        text += block
    return text


def _block(text: str) -> str:
    """A block of text behind a fence that is longer than any inside."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"\n{fence}text\n{text}\n{fence}\n"
