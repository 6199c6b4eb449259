"""Findings as annotations on a pull request, by the commands that GitHub reads from a job's log.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands . Promised: text of the user's
can neither end a command nor begin one, nor repaint the log.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from segdsl.diagnostics import Diagnostic, Severity, some_details, worst_first
from segdsl.render.text import counted, escaped, shortened, utf16_length

# GitHub shows so many of each kind a step, and drops the others without a word.
SHOWN_OF_A_KIND = 10
# Its runner cuts longer messages (`_maxIssueMessageLength` in github.com/actions/runner), wherever that is.
LONGEST = 4_096
KINDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def commands(findings: Sequence[Diagnostic], folder: str = "") -> Iterator[str]:
    """A line for each finding that GitHub shows, the worst first, and one with the number of the others.

    `folder` is where the project lies in the repository: `crm/segments`, or nothing.
    """
    ordered = worst_first(findings)
    of_kind = {severity: [each for each in ordered if each.severity is severity] for severity in Severity}
    shown = dict.fromkeys(Severity, SHOWN_OF_A_KIND)
    if any(len(found) > SHOWN_OF_A_KIND for found in of_kind.values()):
        shown[Severity.NOTE] -= 1  # in its place stands how many are not shown
    for severity, found in of_kind.items():
        yield from (_annotation(finding, folder) for finding in found[: shown[severity]])
    more = [(len(found) - shown[severity], f"more {severity.value}") for severity, found in of_kind.items()]
    if any(number > 0 for number, _ in more):
        said = ", ".join(counted(number, what) for number, what in more if number > 0)
        yield f"::notice title=segdsl check::{said}: GitHub shows ten of a kind, segdsl check --limit 0 all"


def _annotation(finding: Diagnostic, folder: str) -> str:
    properties = {**_place(finding, folder), "title": finding.rule.name}
    said = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    text = _text(finding, _example(finding))
    if utf16_length(text) > LONGEST:
        text = shortened(_text(finding, "example: segdsl check shows it"), LONGEST)
    return f"::{KINDS[finding.severity]} {said}::{_encoded(text)}"


def _text(finding: Diagnostic, example: str) -> str:
    help = finding.help and f"help: {finding.help}"
    parts = (finding.message, finding.label.text, *some_details(finding), example if finding.example else "", help)
    return "\n".join(escaped(line) for part in parts if part for line in part.split("\n"))


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
    return f"example:\n{finding.example.rstrip()}"


def _encoded(text: str) -> str:
    return text.replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    return _encoded(escaped(text)).replace(":", "%3A").replace(",", "%2C")
