"""Findings about groups that leave open who is where: equal priorities that meet, and customers who fall through.

One finding a group for each of the two, however many pairs of segments meet. Where the members look at few values of
few columns, it says of how many combinations of them that is so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from segdsl.diagnostics import Label, Report, listed
from segdsl.overlap.analysis import STEPS_FOR_GROUP, Analysis, Answer, Nobody, Somebody, within
from segdsl.overlap.census import Census, at_least, census
from segdsl.overlap.example_text import as_yaml
from segdsl.overlap.words import noun
from segdsl.semantics import ir

# So many combinations without a segment are told one by one.
MOST_GAPS = 20


def check_decided(analysis: Analysis, report: Report) -> None:
    """What must be certain before anything runs: who wins, and that nobody falls through a `complete` group."""
    for group in analysis.program.groups.values():
        if group.exclusive:
            _check_ties(analysis, group, report)
        if group.complete and group.members:
            _check_complete(analysis, group, report)


# --- equal priorities -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Tie:
    """Two members of one priority that share customers, or may."""

    first: ir.Segment
    second: ir.Segment
    answer: Answer


def _check_ties(analysis: Analysis, group: ir.Group, report: Report) -> None:
    ties = []
    for first, second in _equals(analysis.program, group):
        answer = analysis.ask(second.entity, [within(first.name), within(second.name)])
        if not isinstance(answer, Nobody):
            ties.append(_Tie(first, second, answer))
    if len(ties) == 1:
        _report_tie(analysis, ties[0], report)
    elif ties:
        _report_ties(analysis, group, ties, report)


def _equals(program: ir.Program, group: ir.Group) -> Iterator[tuple[ir.Segment, ir.Segment]]:
    """Pairs of members with one priority."""
    by_priority: dict[int, list[ir.Segment]] = {}
    for name in group.members:
        segment = program.segments[name]
        if segment.priority is not None:
            by_priority.setdefault(segment.priority, []).append(segment)
    for members in by_priority.values():
        yield from combinations(members, 2)


def _report_tie(analysis: Analysis, tie: _Tie, report: Report) -> None:
    first, second = tie.first, tie.second
    shown = isinstance(tie.answer, Somebody)
    share = "and share customers: who wins is not decided" if shown else "and it is not proved that they share nobody"
    counted = census(analysis, second.entity, (first.name, second.name))
    report.add(
        "repeated-priority",
        f"`{first.name}` and `{second.name}` have one priority, {share}",
        second.span,
        help="give one of them another number: the lowest wins",
        others=(Label(first.span, "the same number"),),
        example=_example(analysis, tie.answer),
        details=[] if counted is None else [f"{_shared(analysis, counted, [tie], 'they')} in both"],
    )


def _report_ties(analysis: Analysis, group: ir.Group, ties: list[_Tie], report: Report) -> None:
    """Several pairs are one finding of the group: the first is shown, all of them are named."""
    ties.sort(key=lambda tie: not isinstance(tie.answer, Somebody))
    members = dict.fromkeys(each for tie in ties for each in (tie.first, tie.second))
    counted = census(analysis, ties[0].second.entity, [each.name for each in members])
    shown = sum(isinstance(tie.answer, Somebody) for tie in ties)
    if counted is not None and shown:
        share = _shared(analysis, counted, ties, "its segments")
        what = f"{share} in several segments of one priority: who wins is not decided"
    elif shown:
        what = f"{len(members)} segments share customers with others of their priority: who wins is not decided"
    else:
        what = f"it is not proved that {len(members)} segments share nobody with others of their priority"
    report.add(
        "repeated-priority",
        f"in group `{group.name}` {what}",
        group.span,
        help="give each a number of its own: the lowest wins",
        example=_example(analysis, ties[0].answer),
        details=[_in_short(analysis, counted, tie) for tie in ties],
    )


def _shared(analysis: Analysis, counted: Census, ties: list[_Tie], who: str) -> str:
    """`39 of the 64 combinations of ... are`: those in two segments of one priority."""
    found = 0
    for tie in ties:
        found |= _both(analysis, counted, tie)
    return _of_all(counted, found, who)


def _both(analysis: Analysis, counted: Census, tie: _Tie) -> int:
    one, other = (counted.of(analysis.normalizer.segment(each.name)) for each in (tie.first, tie.second))
    return one & other


def _in_short(analysis: Analysis, counted: Census | None, tie: _Tie) -> str:
    names = f"`{tie.first.name}` and `{tie.second.name}`"
    if not isinstance(tie.answer, Somebody):
        return f"it is not proved that {names} share nobody"
    if counted is None:
        return f"{names} share customers"
    (first,) = counted.words(_both(analysis, counted, tie), limit=1)
    return f"{names} share {first}"


# --- gaps -----------------------------------------------------------------------------------------


def _check_complete(analysis: Analysis, group: ir.Group, report: Report) -> None:
    members = [analysis.program.segments[name] for name in group.members]
    if any(member.is_rest for member in members):
        return  # it holds whom the others leave
    entity = members[0].entity
    answer = analysis.ask(entity, [within(name, False) for name in group.members], STEPS_FOR_GROUP)
    if isinstance(answer, Nobody):
        return
    help_ = "add a segment with `otherwise`, which holds everyone the others leave"
    if not isinstance(answer, Somebody):
        message = f"it is not proved that everybody is in one of group `{group.name}`: {answer.why}"
        report.add("incomplete-group", message, group.span, help=help_)
        return
    what, details = f"a {noun(entity)} can be in none of its segments", []
    counted = census(analysis, entity, group.members)
    if counted is not None:
        sets = [counted.of(analysis.normalizer.segment(name)) for name in group.members]
        left = counted.all & ~at_least(1, sets)
        what = f"{_of_all(counted, left, 'its segments')} in none of them"
        details = [f"no segment takes {words}" for words in counted.words(left, MOST_GAPS)]
        if left.bit_count() > MOST_GAPS:
            details.append(f"nor {left.bit_count() - MOST_GAPS:,} others")
    report.add(
        "incomplete-group",
        f"group `{group.name}` is not complete: {what}",
        group.span,
        help=help_,
        example=as_yaml(answer.example, analysis.program),
        details=details,
    )


def _of_all(counted: Census, found: int, who: str) -> str:
    """`1 of the 64 combinations of `recency` and `monetary` is`; ranges are those that somebody tells apart."""
    number, total = found.bit_count(), counted.all.bit_count()
    what = "combinations" if len(counted.columns) > 1 else "values" if counted.is_by_value else "ranges"
    told = "" if counted.is_by_value else f" that {who} tell apart"
    names = listed(counted.columns, last="and")
    return f"{number:,} of the {total:,} {what} of {names}{told} {'is' if number == 1 else 'are'}"


def _example(analysis: Analysis, answer: Answer) -> str:
    return as_yaml(answer.example, analysis.program) if isinstance(answer, Somebody) else ""
