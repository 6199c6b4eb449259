"""Findings about what segments promise of each other: `expect disjoint from` and `expect within`."""

from __future__ import annotations

from segdsl.diagnostics import Label, Report
from segdsl.overlap.analysis import Analysis, Nobody, Somebody, within
from segdsl.overlap.example_text import as_yaml
from segdsl.overlap.words import noun
from segdsl.semantics import ir


def check(analysis: Analysis, report: Report) -> None:
    """Each such promise is proved, refuted by an example, or said to be open."""
    for segment in analysis.program.segments.values():
        for promise in segment.promises:
            if isinstance(promise, ir.RelationPromise):
                _check(analysis, segment, promise, report)


def _check(analysis: Analysis, segment: ir.Segment, promise: ir.RelationPromise, report: Report) -> None:
    name, other = segment.name, promise.segment
    is_apart = promise.kind == "disjoint from"
    answer = analysis.ask(segment.entity, [within(name), within(other, is_apart)])
    if isinstance(answer, Nobody):
        return
    others = (Label(analysis.program.segments[other].span, "defined here"),)
    said = f"`{name}` {'shares nobody with' if is_apart else 'lies within'} `{other}`"
    if isinstance(answer, Somebody):
        found = f"in both `{name}` and `{other}`" if is_apart else f"in `{name}` and not in `{other}`"
        report.add(
            "refuted-promise",
            f"the promise does not hold: a {noun(segment.entity)} can be {found}",
            promise.span,
            help=f"change one of the two segments, or take the promise back: it says that {said}",
            others=others,
            example=as_yaml(answer.example, analysis.program),
        )
    else:
        report.add(
            "unproved-promise",
            f"it could not be proved that {said}: {answer.why}",
            promise.span,
            help="`segdsl size` still looks at it in the data",
            others=others,
        )
