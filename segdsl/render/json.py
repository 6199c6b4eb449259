"""Findings as JSON for programs: plain values for `json.dumps`.

Promised: the shapes have a `version`, which grows when a key changes its meaning.
"""

from __future__ import annotations

from collections.abc import Sequence

from segdsl.diagnostics import Diagnostic, Severity
from segdsl.render.text import count

JSON_VERSION = 1


def diagnostics_json(
    findings: Sequence[Diagnostic], segments: int, files: int, in_baseline: int = 0
) -> dict[str, object]:
    """`{"version", "diagnostics": [...], "summary": {...}}`, the summary with a number under each of its keys.

    Lines and columns count from 1, columns in code points; the end is exclusive. `file` is empty and the places are
    null when a finding is about no file (an unknown `--set`). `in_baseline` of the summary are findings that the
    baseline keeps out of `diagnostics`.
    """
    return {
        "version": JSON_VERSION,
        "diagnostics": [finding_json(finding) for finding in findings],
        "summary": {
            "errors": count(findings, Severity.ERROR),
            "warnings": count(findings, Severity.WARNING),
            "notes": count(findings, Severity.NOTE),
            "in_baseline": in_baseline,
            "segments": segments,
            "files": files,
        },
    }


def finding_json(finding: Diagnostic) -> dict[str, object]:
    """One finding, as `diagnostics_json` has it."""
    span = finding.label.span
    start, end = span.source.position(span.start), span.source.position(span.end)
    known = bool(span.source.name)
    return {
        "rule": finding.rule.name,
        "severity": finding.severity.value,
        "message": finding.message,
        "file": span.source.name,
        "line": start.line if known else None,
        "column": start.column if known else None,
        "end_line": end.line if known else None,
        "end_column": end.column if known else None,
        "help": finding.help,
        "example": finding.example,
        "details": list(finding.details),
    }
