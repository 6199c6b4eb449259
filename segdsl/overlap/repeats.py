"""Segments that always hold the same customers, under two names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from segdsl.diagnostics import Label, Report
from segdsl.overlap.analysis import Analysis, within
from segdsl.overlap.likeness import Likeness, looks_at
from segdsl.semantics import ir


def check(analysis: Analysis, report: Report) -> None:
    """Reports every segment that repeats an earlier one; of several alike each names the first.

    Two that both say `everyone` mean it.
    """
    program = analysis.program
    for entity, names in program.by_entity(tuple(program.segments)).items():
        alike: dict[object, list[str]] = {}
        for name in names:
            if not isinstance(program.segments[name].condition, ir.Always):
                alike.setdefault(looks_at(analysis, name), []).append(name)
        for several in alike.values():
            if len(several) > 1:
                for first, second in _repeated(analysis, entity, several):
                    _report(program, first, second, report)


def _repeated(analysis: Analysis, entity: str, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Segments that hold the same customers as an earlier one, each with the first such."""
    likeness = Likeness(analysis, names)
    repeated: set[str] = set()
    for number, first in enumerate(names):
        for second in names[number + 1 :] if first not in repeated else ():
            if second in repeated or not likeness.may_be_equal(first, second):
                continue
            if _are_equal(analysis, entity, first, second):
                repeated.add(second)
                yield first, second


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
