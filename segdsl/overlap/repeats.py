"""Segments that always hold the same customers, under two names."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

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
        alike: dict[str, list[str]] = {}
        for name in names:
            if not isinstance(program.segments[name].condition, ir.Always):
                about = analysis.once("looks at", [name], _is_text, partial(looks_at, analysis, name))
                alike.setdefault(about, []).append(name)
        for several in alike.values():
            if len(several) > 1:
                work_out = partial(_repeated, analysis, entity, several)
                for first, second in analysis.once("repeated", several, partial(_are_pairs, several), work_out):
                    _report(program, first, second, report)


def _is_text(kept: object) -> bool:
    return isinstance(kept, str)


def _are_pairs(names: Sequence[str], kept: object) -> bool:
    if not isinstance(kept, list):
        return False
    return all(isinstance(pair, list) and len(pair) == 2 and all(name in names for name in pair) for pair in kept)


def _repeated(analysis: Analysis, entity: str, names: Sequence[str]) -> list[list[str]]:
    """Segments that hold the same customers as an earlier one, each after the first such."""
    found: list[list[str]] = []
    likeness = Likeness(analysis, names)
    repeated: set[str] = set()
    for number, first in enumerate(names):
        for second in names[number + 1 :] if first not in repeated else ():
            if second in repeated or not likeness.may_be_equal(first, second):
                continue
            if _are_equal(analysis, entity, first, second):
                repeated.add(second)
                found.append([first, second])
    return found


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
