"""Findings about one segment by itself: nobody or everybody is in it, or a part of it changes nothing.

A part is left alone where it only says that a value is known or missing: that is said for readers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from segdsl.diagnostics import Label, Report
from segdsl.overlap.analysis import Analysis, Claim, Nobody, within
from segdsl.overlap.formula import NEVER, Test
from segdsl.overlap.ranges import reason
from segdsl.overlap.words import overlaps, written
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
        _Parts(analysis, segment, report).look(segment.condition, [])


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
    alone = _never(analysis, segment.entity, segment.condition)
    places = _places(nobody.because, alone.span)
    own = [place for place in places if overlaps(place, segment.condition.span.home)]
    # It is told where the segment is: what it refers to may be written elsewhere.
    main = own[0] if own else segment.span.home
    places = [main, *(place for place in places if place != main)]
    report.add(
        "never-matches",
        f"nobody can be in segment `{segment.name}`{_why(places if own else places[1:])}",
        main,
        label="nobody is in it" if not own else "this" if len(places) > 1 else reason(alone) or "no value is like this",
        help="change one of the conditions that are marked" if len(places) > 1 else "change it, or leave it out",
        others=[
            Label(span, "and this never hold together" if span is places[-1] else "this" if not own else "and this")
            for span in places[1:]
        ],
    )


def _never(analysis: Analysis, entity: str, node: ir.Condition) -> ir.Condition:
    """The innermost part of a condition that never holds by itself, where all of it has to hold."""
    for term in node.terms if isinstance(node, ir.All) else ():
        if _is_its_own(term, node) and analysis.formula(entity, Claim(term)) == NEVER:
            return _never(analysis, entity, term)
    return node


def _why(places: Sequence[Span]) -> str:
    """What never holds, or never together, in a few words."""
    first, *others = (f"`{written(place)}`" for place in places)
    if not others:
        return f": {first} never holds"
    return f": {first} and {others[0] if len(others) == 1 else f'{len(others)} more conditions'} never hold together"


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

    def __init__(self, analysis: Analysis, segment: ir.Segment, report: Report) -> None:
        self.analysis, self.segment, self.report = analysis, segment, report
        self.entity = segment.entity

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
                    self._report_redundant(term, nobody, f"changes nothing in segment `{self.segment.name}`")
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
                self._report(
                    "dead-branch",
                    term,
                    nobody,
                    f"brings nobody into segment `{self.segment.name}`",
                    ("rules it out", "no value is like this"),
                    "change it, or leave it out",
                )
                terms.remove(term)
                continue
            nobody = self.analysis.proof(self.entity, [*beside, Claim(term), *others])
            if nobody is not None:
                self._report_redundant(
                    term, nobody, f"adds nobody to segment `{self.segment.name}`", "holds them already"
                )
                terms.remove(term)
                continue
            self.look(term, [*beside, *others])

    def _report_redundant(
        self, term: ir.Condition, nobody: Nobody, what: str, by_others: str = "says it already"
    ) -> None:
        help = "leave it out, or change it if something else was meant"
        self._report("redundant-condition", term, nobody, what, (by_others, "it holds of everyone"), help)

    def _report(
        self, rule: str, term: ir.Condition, nobody: Nobody, what: str, reasons: tuple[str, str], help: str
    ) -> None:
        """`reasons` are what other conditions do to the term, and what holds of it where there are none."""
        by_others, by_itself = reasons
        places = [place for place in _places(nobody.because, term.span) if not overlaps(place, term.span.home)]
        by = f": `{written(places[0])}` {by_others}" if len(places) == 1 else "" if places else f": {by_itself}"
        self.report.add(
            rule,
            f"`{written(term.span)}` {what}{by}",
            term.span,
            label="" if places else reason(term),
            help=help,
            others=[Label(place, f"this {by_others}") for place in places],
        )


def _is_for_readers(term: ir.Condition) -> bool:
    """Whether a term says that a value is known, or missing: what `includes-missing` asks for."""
    return isinstance(term, ir.Known | ir.Always) or (isinstance(term, ir.Not) and isinstance(term.term, ir.Known))


def _is_its_own(term: ir.Condition, whole: ir.Condition) -> bool:
    """Whether a term is written by itself: `between` and its like are one condition of two tests."""
    return term.span.home != whole.span.home
