"""What came of a project's tests: text for people, JSON for programs, JUnit for CI systems."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree import ElementTree

from segdsl import render
from segdsl.diagnostics import Diagnostic
from segdsl.render import reasons
from segdsl.trials.judge import Failure, Outcome

VERSION = 1


def text(outcomes: Sequence[Outcome], paint: render.Paint = render.PLAIN) -> Iterator[str]:
    """A block for each test that fails, and a line that counts."""
    for outcome in outcomes:
        if not outcome.is_good:
            yield "\n".join(_block(outcome, paint)) + "\n"
    bad = sum(not outcome.is_good for outcome in outcomes)
    said = render.counted(len(outcomes), "test")
    yield paint("error", f"{said}, {bad} failed") if bad else paint("good", f"{said} passed, here and in DuckDB")


def _block(outcome: Outcome, paint: render.Paint) -> Iterator[str]:
    case = outcome.case
    yield f"{paint('error', 'failed')}: {paint('bold', render.escaped(case.name))}"
    yield f"  {paint('place', '-->')} {render.escaped(case.file)}:{_line(outcome)}"
    if outcome.problem:
        yield f"  it cannot be run: {render.escaped(outcome.problem)}"
    for failure in outcome.failures:
        yield f"  {render.escaped(case.file)}:{_line_of(failure)}: {render.escaped(_said(failure))}"
        if failure.reason is not None:
            yield from (f"    {line}" for line in reasons.lines(failure.reason, paint))
    for note in outcome.notes:
        yield f"  note: {render.escaped(note)}"
    for difference in outcome.differences:
        yield f"  this is a defect in segdsl: {render.escaped(difference)}"
    if outcome.differences:
        yield "  please report it, with the definition and this test"


def _line(outcome: Outcome) -> int:
    span = outcome.case.span
    return span.source.position(span.start).line


def _line_of(failure: Failure) -> int:
    span = failure.expected.span
    return span.source.position(span.start).line


def _said(failure: Failure) -> str:
    each = failure.expected
    wanted = f"{each.kind} {each.segment}" if each.kind != "assigned" else f"assigned to {each.segment} in {each.group}"
    return f"expected {wanted}, but {failure.actual}"


def as_json(outcomes: Sequence[Outcome], findings: Sequence[Diagnostic] = ()) -> dict[str, Any]:
    """`diagnostics` are what is wrong with the files themselves."""
    return {
        "version": VERSION,
        "tests": [
            {
                "file": outcome.case.file,
                "line": _line(outcome),
                "name": outcome.case.name,
                "passed": outcome.is_good,
                "problem": outcome.problem or None,
                "failures": [
                    {
                        "line": _line_of(failure),
                        "expected": failure.expected.kind,
                        "segment": failure.expected.segment,
                        "group": failure.expected.group or None,
                        "actual": failure.actual,
                        "reason": None if failure.reason is None else reasons.as_json(failure.reason),
                    }
                    for failure in outcome.failures
                ],
                "notes": list(outcome.notes),
                "defects": list(outcome.differences),
            }
            for outcome in outcomes
        ],
        "diagnostics": [render.finding_json(finding) for finding in findings],
        "summary": {"tests": len(outcomes), "failed": sum(not outcome.is_good for outcome in outcomes)},
    }


def junit(outcomes: Sequence[Outcome], findings: Sequence[Diagnostic] = ()) -> str:
    """A test case for each test, in the form that CI systems read (https://github.com/testmoapp/junitxml)."""
    suite = ElementTree.Element("testsuite", name="segdsl test")
    for outcome in outcomes:
        file = outcome.case.file
        case = ElementTree.SubElement(suite, "testcase", classname=_xml(file), name=_xml(outcome.case.name))
        case.set("file", _xml(file))
        case.set("line", str(_line(outcome)))
        if not outcome.is_good:
            said = [*map(_said, outcome.failures), *outcome.differences, *filter(None, (outcome.problem,))]
            kind = "failure" if outcome.failures else "error"
            ElementTree.SubElement(case, kind, message=_xml(said[0])).text = "\n".join(
                map(_xml, _block(outcome, render.PLAIN))
            )
    for finding in findings:
        file = finding.label.span.source.name
        case = ElementTree.SubElement(suite, "testcase", classname=_xml(file), name=_xml(file), file=_xml(file))
        ElementTree.SubElement(case, "error", message=_xml(finding.message)).text = "\n".join(
            map(_xml, render.diagnostic(finding).split("\n"))
        )
    counts = {"tests": len(outcomes) + len(findings)}
    counts |= {f"{kind}s": len(suite.findall(f"testcase/{kind}")) for kind in ("failure", "error", "skipped")}
    counts["skipped"] = counts.pop("skippeds")
    for name, number in counts.items():
        suite.set(name, str(number))
    ElementTree.indent(suite)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(suite, encoding="unicode") + "\n"


def _xml(text_: str) -> str:
    """Text without what XML 1.0 cannot hold."""
    return "".join("\ufffd" if char in "\ufffe\uffff" else char for char in render.escaped(text_))
