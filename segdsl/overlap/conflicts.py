"""All findings about conflicts in a program, in the order of how they are found."""

from __future__ import annotations

from segdsl.diagnostics import Report
from segdsl.overlap import alone, priority, promises, ranges, repeats, undecided
from segdsl.overlap.analysis import Analysis
from segdsl.overlap.answers import Answers
from segdsl.overlap.remembered import Remembered
from segdsl.semantics import ir


def check_decided(program: ir.Program, report: Report) -> None:
    """Only what must be certain before anything runs."""
    undecided.check_decided(Analysis(program), report)


def check(program: ir.Program, report: Report, answers: Answers | None = None) -> None:
    """Everything. What is asked is looked up in `answers`, and kept there."""
    analysis = Analysis(program) if answers is None else Remembered(program, answers)
    undecided.check_decided(analysis, report)
    alone.check(analysis, report)
    ranges.check(program, report)
    priority.check_shadows(analysis, report)
    promises.check(analysis, report)
    repeats.check(analysis, report)
