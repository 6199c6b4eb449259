"""Findings as SARIF 2.1.0, for code scanning and editors.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html ; the numbers below are its sections. Plain values
for `json.dumps`. Promised: a finding keeps its fingerprint when lines around it move.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from segdsl.diagnostics import RULES, Label, Rule, some_details
from segdsl.fingerprints import Known
from segdsl.source import Span

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
# The name has a version of its own (3.27.17): what fingerprints are made of may change.
FINGERPRINT = "segdslFinding/v1"

Json = dict[str, object]


def sarif(findings: Sequence[Known], version: str, folder: str = "") -> Json:
    """One run with all rules and all findings.

    `folder` is where the project lies in the repository, which paths count from; `version` is that of segdsl.
    """
    driver: Json = {"name": "segdsl", "version": version, "rules": [_rule(rule) for rule in RULES.values()]}
    indices = {name: index for index, name in enumerate(RULES)}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "results": [_result(each, indices[each.finding.rule.name], folder) for each in findings],
            }
        ],
    }


def _rule(rule: Rule) -> Json:
    # The words for severities are those of SARIF (3.27.10).
    return {
        "id": rule.name,
        "shortDescription": {"text": rule.summary},
        "help": {"text": f"{rule.summary}; docs/rules.md shows under `{rule.name}` what to write instead"},
        "defaultConfiguration": {"level": rule.severity.value},
    }


def _result(known: Known, rule_index: int, folder: str) -> Json:
    finding = known.finding
    example = f"example:\n{finding.example.rstrip()}" if finding.example else ""
    help = f"help: {finding.help}" if finding.help else ""
    text = "\n".join(part for part in (finding.message, *some_details(finding), example, help) if part)
    result: Json = {
        "ruleId": finding.rule.name,
        "ruleIndex": rule_index,
        "level": finding.severity.value,
        "message": {"text": text},
        "partialFingerprints": {FINGERPRINT: known.fingerprint},
    }
    if known.file:
        location = _location(finding.label, folder)
        if known.definition:
            location["logicalLocations"] = [{"fullyQualifiedName": known.definition}]
        result["locations"] = [location]
    others = [label for label in finding.others if label.span.source.name]
    if others:
        result["relatedLocations"] = [{"id": id, **_location(label, folder)} for id, label in enumerate(others, 1)]
    return result


def _location(label: Label, folder: str) -> Json:
    name = label.span.source.name
    physical: Json = {"artifactLocation": {"uri": quote(f"{folder}/{name}" if folder else name, errors="replace")}}
    if label.span.source.text:
        physical["region"] = _region(label.span)
    location: Json = {"physicalLocation": physical}
    if label.text:
        location["message"] = {"text": label.text}
    return location


def _region(span: Span) -> Json:
    start, end = span.source.position(span.start), span.source.position(span.end)
    return {"startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column}
