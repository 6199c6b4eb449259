"""Findings as a JUnit report: a test case for each definition, and one for each file with other findings.

The form is that which CI systems read (https://github.com/testmoapp/junitxml). Promised: well-formed XML for any text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree import ElementTree

from segdsl.diagnostics import Diagnostic, Severity
from segdsl.fingerprints import Known
from segdsl.render.listing import one_line
from segdsl.render.text import diagnostic, escaped

PROJECT = "project"


def junit(findings: Sequence[Known], definitions: Iterable[tuple[str, str]], *, strict: bool = False) -> str:
    """The report as a text. `definitions` are all that were looked at: their files, and their kinds and names.

    A case fails by its errors, and by its warnings if `strict`; what else was found is its output.
    """
    cases: dict[tuple[str, str], list[Diagnostic]] = {case: [] for case in definitions}
    for each in findings:
        file = each.file or PROJECT
        cases.setdefault((file, each.definition or file), []).append(each.finding)
    failing = (Severity.ERROR, Severity.WARNING) if strict else (Severity.ERROR,)
    suite = ElementTree.Element("testsuite", name="segdsl check")
    failures = sum(_case(suite, *case, found, failing) for case, found in cases.items())
    counts = {"tests": len(cases), "failures": failures, "errors": 0, "skipped": 0}
    for name, number in counts.items():
        suite.set(name, str(number))
    ElementTree.indent(suite)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(suite, encoding="unicode") + "\n"


def _case(
    suite: ElementTree.Element, file: str, name: str, found: Sequence[Diagnostic], failing: Sequence[Severity]
) -> bool:
    """Adds a case; says whether it fails. Readers take one failure a case, so that all of it stands in one."""
    case = ElementTree.SubElement(suite, "testcase", classname=_text(file), name=_text(name), file=_text(file))
    bad = [finding for finding in found if finding.severity in failing]
    other = [finding for finding in found if finding.severity not in failing]
    if bad:
        rules = ", ".join(dict.fromkeys(finding.rule.name for finding in bad))
        failure = ElementTree.SubElement(case, "failure", message=_text(one_line(bad[0])), type=rules)
        failure.text = _texts(bad)
    if other:
        ElementTree.SubElement(case, "system-out").text = _texts(other)
    return bool(bad)


def _texts(findings: Iterable[Diagnostic]) -> str:
    return "\n\n".join("\n".join(map(_text, diagnostic(finding).split("\n"))) for finding in findings)


def _text(text: str) -> str:
    """Text without what XML 1.0 cannot hold: control characters, halves of pairs and U+FFFE, U+FFFF."""
    return "".join("\ufffd" if char in "\ufffe\uffff" else char for char in escaped(text))
