"""Segments that always hold the same customers, under two names."""

from __future__ import annotations

from segdsl.diagnostics import Label, Report
from segdsl.overlap.analysis import Analysis, within
from segdsl.overlap.likeness import Likeness
from segdsl.semantics import ir


def check(analysis: Analysis, report: Report) -> None:
    """Reports every segment that repeats an earlier one; of several alike each names the first.

    Two that both say `everyone` mean it.
    """
    for entity, names in analysis.program.by_entity(tuple(analysis.program.segments)).items():
        likeness = Likeness(analysis, entity, names)
        alike: dict[object, list[str]] = {}
        for name in names:
            if not isinstance(analysis.program.segments[name].condition, ir.Always):
                alike.setdefault(likeness.looks_at(name), []).append(name)
        for several in alike.values():
            _check(analysis, likeness, several, report)


def _check(analysis: Analysis, likeness: Likeness, names: list[str], report: Report) -> None:
    repeated: set[str] = set()
    for number, first in enumerate(names):
        for second in names[number + 1 :] if first not in repeated else ():
            if second in repeated or not likeness.may_be_equal(first, second):
                continue
            if _are_equal(analysis, likeness.entity, first, second):
                repeated.add(second)
                _report(analysis.program, first, second, report)


def _are_equal(analysis: Analysis, entity: str, first: str, second: str) -> bool:
    return (
        analysis.may_be(entity, [within(first)])
        and not analysis.may_be(entity, [within(first), within(second, False)])
        and not analysis.may_be(entity, [within(second), within(first, False)])
    )


def _report(program: ir.Program, first: str, second: str, report: Report) -> None:
    report.add(
        "same-people",
        f"`{second}` always holds the same people as `{first}`",
        program.segments[second].span,
        help=f"write `when in segment {first}` if that is meant, or leave one of them out",
        others=(Label(program.segments[first].span, "the same people"),),
    )
