"""Findings as annotations on a pull request, by the commands that GitHub reads from a job's log.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands . Promised: text of the user's
can neither end a command nor begin one, nor repaint the log.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from segdsl.diagnostics import Diagnostic, Severity, some_details, worst_first
from segdsl.render.text import counted, escaped

# GitHub shows so many of each kind a step, and drops the others without a word.
SHOWN_OF_A_KIND = 10
KINDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def commands(findings: Sequence[Diagnostic], folder: str = "") -> Iterator[str]:
    """A line for each finding that GitHub shows, the worst first, and one with the number of the others.

    `folder` is where the project lies in the repository: `crm/segments`, or nothing.
    """
    ordered = worst_first(findings)
    left_out = 0
    for severity in Severity:
        of_kind = [finding for finding in ordered if finding.severity is severity]
        yield from (_annotation(finding, folder) for finding in of_kind[:SHOWN_OF_A_KIND])
        left_out += len(of_kind[SHOWN_OF_A_KIND:])
    if left_out:
        yield f"and {counted(left_out, 'finding')} that GitHub would not show: type segdsl check --limit 0"


def _annotation(finding: Diagnostic, folder: str) -> str:
    properties = {**_place(finding, folder), "title": finding.rule.name}
    said = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    help = finding.help and f"help: {finding.help}"
    parts = (finding.message, finding.label.text, *some_details(finding), _example(finding), help)
    text = "\n".join(part for part in parts if part)
    return f"::{KINDS[finding.severity]} {said}::{_message(text)}"


def _place(finding: Diagnostic, folder: str) -> dict[str, str]:
    span = finding.label.span
    if not span.source.name:
        return {}
    start, end = span.source.position(span.start), span.source.position(span.end)
    place = {"file": f"{folder}/{span.source.name}" if folder else span.source.name, "line": str(start.line)}
    place["endLine"] = str(end.line)
    if start.line == end.line:  # of several lines GitHub takes no columns
        place |= {"col": str(start.column), "endColumn": str(max(start.column, end.column - 1))}
    return place


def _example(finding: Diagnostic) -> str:
    return f"example:\n{finding.example.rstrip()}" if finding.example else ""


def _message(text: str) -> str:
    lines = (escaped(line).replace("%", "%25") for line in text.split("\n"))
    return "%0A".join(lines)


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
