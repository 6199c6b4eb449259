"""Findings about one segment by itself: nobody or everybody is in it, or a part of it changes nothing.

A part is left alone where it only says that a value is known or missing: that is said for readers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from segdsl.diagnostics import Label, Report
from segdsl.overlap.analysis import Analysis, Claim, Nobody, within
from segdsl.overlap.formula import Test
from segdsl.semantics import ir
from segdsl.source import Span

MOST_LABELS = 4


def check(analysis: Analysis, report: Report) -> None:
    """Reports on every segment of the program."""
    for segment in analysis.program.segments.values():
        nobody = analysis.proof(segment.entity, [within(segment.name)])
        if nobody is not None:
            _report_never(analysis, segment, nobody, report)
            continue
        if isinstance(segment.condition, ir.Always) or segment.is_rest:
            continue
        if analysis.proof(segment.entity, [within(segment.name, False)]) is not None:
            report.add(
                "always-matches",
                f"everybody is in segment `{segment.name}`",
                segment.condition.span,
                help="write `when everyone` if that is meant",
            )
            continue
        _Parts(analysis, segment.entity, report).look(segment.condition, [])


def _report_never(analysis: Analysis, segment: ir.Segment, nobody: Nobody, report: Report) -> None:
    if segment.is_rest:
        report.add(
            "nothing-left",
            f"nobody is left for `{segment.name}`: the others of group `{segment.group}` hold everyone",
            segment.span,
            help="leave it out, or keep it as a safety net and allow this",
        )
        return
    empty = [
        rows for rows in _rows(segment.condition) if not analysis.normalizer.can_be(analysis.normalizer.rows(rows))
    ]
    if not nobody.because and empty:
        rows = empty[0]
        report.add(
            "never-matches",
            f"nobody can be in segment `{segment.name}`: no row of `{rows.table}` is ever like this",
            rows.span,
            help="change what is asked of the rows",
            others=(Label(segment.span, "nobody is in it"),),
        )
        return
    places = _places(nobody.because, segment.condition.span)
    report.add(
        "never-matches",
        f"nobody can be in segment `{segment.name}`",
        places[0],
        label="this" if len(places) > 1 else "no value is like this",
        help="change one of the conditions that are marked" if len(places) > 1 else "change it, or leave it out",
        others=[
            Label(span, "and this never hold together" if span is places[-1] else "and this") for span in places[1:]
        ],
    )


def _places(tests: Sequence[Test], instead: Span) -> list[Span]:
    """Where tests are written, each place once."""
    spans = dict.fromkeys(test.span.home for test in tests if test.span.source.name)
    return list(spans)[:MOST_LABELS] or [instead]


def _rows(node: ir.Node) -> Iterator[ir.Rows]:
    """The sets of rows that a condition looks at, outermost first."""
    for child in ir.children(node):
        if isinstance(child, ir.Rows):
            yield child
        yield from _rows(child)


class _Parts:
    """The terms of a condition, each seen beside what must hold as well where it stands."""

    def __init__(self, analysis: Analysis, entity: str, report: Report) -> None:
        self.analysis, self.entity, self.report = analysis, entity, report

    def look(self, node: ir.Condition, beside: list[Claim]) -> None:
        """Reports the parts of `node` that change nothing; `beside` are claims that hold wherever it counts."""
        match node:
            case ir.All(terms):
                self._all(node, list(terms), beside)
            case ir.Any(terms):
                self._any(node, list(terms), beside)
            case ir.Not(ir.All() | ir.Any() as inner):
                self.look(inner, beside)

    def _all(self, node: ir.Condition, terms: list[ir.Condition], beside: list[Claim]) -> None:
        for term in list(terms):
            others = [Claim(other) for other in terms if other is not term]
            if _is_its_own(term, node) and not _is_for_readers(term):
                nobody = self.analysis.proof(self.entity, [*beside, *others, Claim(term, False)])
                if nobody is not None:
                    self._report_redundant(term, nobody)
                    terms.remove(term)
                    continue
            self.look(term, [*beside, *others])

    def _any(self, node: ir.Condition, terms: list[ir.Condition], beside: list[Claim]) -> None:
        for term in list(terms):
            others = [Claim(other, False) for other in terms if other is not term]
            if not _is_its_own(term, node) or _is_for_readers(term):
                continue
            nobody = self.analysis.proof(self.entity, [*beside, Claim(term)])
            if nobody is not None:
                places = [span for span in _places(nobody.because, term.span) if not _overlaps(span, term.span)]
                self.report.add(
                    "dead-branch",
                    "nobody comes to this alternative",
                    term.span,
                    help="change it, or leave it out",
                    others=[Label(span, "this rules it out") for span in places],
                )
                terms.remove(term)
                continue
            nobody = self.analysis.proof(self.entity, [*beside, Claim(term), *others])
            if nobody is not None:
                self._report_redundant(term, nobody, "this alternative adds nobody")
                terms.remove(term)
                continue
            self.look(term, [*beside, *others])

    def _report_redundant(
        self, term: ir.Condition, nobody: Nobody, message: str = "this condition changes nothing"
    ) -> None:
        places = [span for span in _places(nobody.because, term.span) if not _overlaps(span, term.span)]
        self.report.add(
            "redundant-condition",
            message,
            term.span,
            label="" if places else "it holds of everyone",
            help="leave it out, or change it if something else was meant",
            others=[Label(span, "this says it already") for span in places],
        )


def _is_for_readers(term: ir.Condition) -> bool:
    """Whether a term says that a value is known, or missing: what `includes-missing` asks for."""
    return isinstance(term, ir.Known | ir.Always) or (isinstance(term, ir.Not) and isinstance(term.term, ir.Known))


def _is_its_own(term: ir.Condition, whole: ir.Condition) -> bool:
    """Whether a term is written by itself: `between` and its like are one condition of two tests."""
    return term.span.home != whole.span.home


def _overlaps(left: Span, right: Span) -> bool:
    return left.source == right.source and left.start < right.end and right.start < left.end
