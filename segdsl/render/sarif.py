"""Findings as SARIF 2.1.0, for code scanning and editors.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html ; the numbers below are its sections. Plain values
for `json.dumps`. Promised: a finding keeps its fingerprint when lines around it move; GitHub takes the whole of it
(https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support), however many there are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from segdsl.diagnostics import RULES, Label, Rule, rank, some_details
from segdsl.fingerprints import Known
from segdsl.render.text import counted, shortened
from segdsl.source import Span

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
# The name has a version of its own (3.27.17): what fingerprints are made of may change. GitHub reads the other alone.
FINGERPRINT = "segdslFinding/v1"
GITHUBS_FINGERPRINT = "primaryLocationLineHash"
# GitHub refuses 25,000 results and shows 5,000; of a result's places it shows 100.
MOST_RESULTS = 5_000
MOST_PLACES = 100
# It takes 10 MB once they are packed, which makes nothing longer. No text of one finding shall take all of that.
MOST_BYTES = 9_500_000
LONGEST_TEXT = 10_000

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Log:
    """What is to be written, and how many findings are not in it."""

    content: Json
    left_out: int


def sarif(findings: Sequence[Known], version: str, folder: str = "") -> Log:
    """One run with all rules, and with as many findings as GitHub takes, the worst first.

    `folder` is where the project lies in the repository, which paths count from; `version` is that of segdsl.
    """
    driver: Json = {"name": "segdsl", "version": version, "rules": [_rule(rule) for rule in RULES.values()]}
    ordered = sorted(findings, key=lambda each: rank(each.finding))
    # GitHub refuses a file with a result that has no place. What has none is about the arguments.
    placeless = [each for each in ordered if not each.file]
    placed = [each for each in ordered if each.file]
    results = _that_fit(_result(each, folder) for each in placed[:MOST_RESULTS])
    left_out = len(placed) - len(results)
    invocation: Json = {"executionSuccessful": True}
    if placeless:
        invocation["toolConfigurationNotifications"] = [
            {"descriptor": _rule_of(each), "level": _level(each), "message": {"text": _said(each)}}
            for each in placeless[:MOST_PLACES]
        ]
    if left_out:
        invocation["toolExecutionNotifications"] = [
            {"level": "warning", "message": {"text": what_is_left_out(left_out)}}
        ]
    run: Json = {
        "tool": {"driver": driver},
        # Else the findings of a second project would take the place of those of the first.
        "automationDetails": {"id": f"segdsl/{quote(folder or '.', errors='replace')}/"},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return Log({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, left_out)


def what_is_left_out(number: int) -> str:
    """How many findings are not in the log, and how to see them."""
    return (
        f"{counted(number, 'finding')} left out, the least severe: code scanning takes no more; --format json has all"
    )


def _that_fit(results: Iterable[Json]) -> list[Json]:
    """Results up to the first that does not fit any more."""
    found = []
    room = MOST_BYTES
    for result in results:
        room -= len(json.dumps(result))
        if room < 0:
            break
        found.append(result)
    return found


def _rule(rule: Rule) -> Json:
    # The words for severities are those of SARIF (3.27.10).
    return {
        "id": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.summary},
        "help": {"text": f"{rule.summary}; docs/rules.md shows under `{rule.name}` what to write instead"},
        "defaultConfiguration": {"level": rule.severity.value},
    }


INDICES = {name: index for index, name in enumerate(RULES)}


def _rule_of(known: Known) -> Json:
    return {"id": known.finding.rule.name, "index": INDICES[known.finding.rule.name]}


def _level(known: Known) -> str:
    return known.finding.severity.value


def _result(known: Known, folder: str) -> Json:
    name = known.finding.rule.name
    location = _location(known.finding.label, folder)
    if known.definition:
        location["logicalLocations"] = [{"fullyQualifiedName": shortened(known.definition, LONGEST_TEXT)}]
    result: Json = {
        "ruleId": name,
        "ruleIndex": INDICES[name],
        "level": _level(known),
        "message": {"text": _said(known)},
        "partialFingerprints": dict.fromkeys((GITHUBS_FINGERPRINT, FINGERPRINT), known.fingerprint),
        "locations": [location],
    }
    others = [label for label in known.finding.others if label.span.source.name][: MOST_PLACES - 1]
    if others:
        result["relatedLocations"] = [{"id": id, **_location(label, folder)} for id, label in enumerate(others, 1)]
    return result


def _said(known: Known) -> str:
    finding = known.finding
    example = f"example:\n{finding.example.rstrip()}" if finding.example else ""
    help = f"help: {finding.help}" if finding.help else ""
    parts = (finding.message, *some_details(finding), example, help)
    return shortened("\n".join(part for part in parts if part), LONGEST_TEXT)


def _location(label: Label, folder: str) -> Json:
    name = label.span.source.name
    physical: Json = {"artifactLocation": {"uri": quote(f"{folder}/{name}" if folder else name, errors="replace")}}
    physical["region"] = _region(label.span)
    location: Json = {"physicalLocation": physical}
    if label.text:
        location["message"] = {"text": shortened(label.text, LONGEST_TEXT)}
    return location


def _region(span: Span) -> Json:
    start, end = span.source.position(span.start), span.source.position(span.end)
    return {"startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column}
