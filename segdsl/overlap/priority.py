"""Findings about members of exclusive groups that always lose.

A member is shadowed when the members above it together hold everyone it holds (Al-Shaer and Hamed, Discovery of policy
anomalies in distributed firewalls, 2004); the fewest of them that do are named.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from segdsl.diagnostics import Label, Report, listed
from segdsl.overlap.analysis import STEPS_FOR_GROUP, Analysis, within
from segdsl.overlap.census import census
from segdsl.overlap.words import noun
from segdsl.semantics import ir

# So many sets of members are tried before any that is enough will do.
MOST_TRIES = 400
# What so many leave is still read.
MOST_EXPLAINED = 4


def check_shadows(analysis: Analysis, report: Report) -> None:
    """Members of exclusive groups that can never win."""
    for group in analysis.program.groups.values():
        if group.exclusive:
            for name in group.members:
                _check_shadowed(analysis, group, name, report)


def _check_shadowed(analysis: Analysis, group: ir.Group, name: str, report: Report) -> None:
    segment = analysis.program.segments[name]
    rivals = _stronger(analysis.program, segment)
    if not rivals or segment.is_rest:
        return
    entity = segment.entity
    # Most members win somebody, which one question tells; who meets whom is asked of the others alone.
    if analysis.may_be(entity, [within(name), *(within(rival, False) for rival in rivals)], STEPS_FOR_GROUP):
        return
    meeting = [rival for rival in rivals if analysis.may_be(entity, [within(name), within(rival)])]
    if not meeting or not analysis.may_be(entity, [within(name)]):
        return
    if analysis.may_be(entity, [within(name), *(within(rival, False) for rival in meeting)], STEPS_FOR_GROUP):
        return
    takers = smallest_cover(analysis, entity, name, meeting)
    one = len(takers) == 1
    is_all = not analysis.may_be(entity, [within(taker, False) for taker in takers])
    who = f"every {noun(entity)}" if is_all else "everyone in it"
    report.add(
        "shadowed",
        f"`{name}` never wins: {who} is in {listed(takers, last='or')}, which {'comes' if one else 'come'} first",
        segment.span,
        label=f"priority {segment.priority}",
        help=f"give `{name}` a lower number than {'it' if one else 'they'}, or make {'it' if one else 'them'} narrower",
        others=[
            Label(analysis.program.segments[taker].span, f"priority {analysis.program.segments[taker].priority}")
            for taker in takers[:4]
        ],
        details=_what_is_left(analysis, entity, takers) if is_all else [],
    )


def _what_is_left(analysis: Analysis, entity: str, takers: Sequence[str]) -> list[str]:
    """Where segments that hold everyone look at one column: the values that each leaves, and that none leaves all."""
    counted = census(analysis, entity, takers)
    if counted is None or len(counted.columns) > 1 or len(takers) > MOST_EXPLAINED:
        return []
    left = [counted.all & ~counted.of(analysis.normalizer.segment(taker)) for taker in takers]
    if not all(left):
        return []  # one of them holds everyone, as everybody reads
    said = [f"`{taker}` leaves {counted.in_words(found)}" for taker, found in zip(takers, left, strict=True)]
    return [f"{', '.join(said)}: no `{counted.columns[0]}` is left by {'both' if len(said) == 2 else 'all'}"]


def _stronger(program: ir.Program, segment: ir.Segment) -> list[str]:
    """Those with a lower number. Of equal ones none comes first, which is told by itself."""
    own = segment.priority
    rivals = [program.segments[rival] for rival in program.rivals(segment.name)]
    return [rival.name for rival in rivals if own is None or rival.priority is None or rival.priority < own]


def smallest_cover(analysis: Analysis, entity: str, name: str, rivals: Sequence[str]) -> list[str]:
    """The fewest of `rivals` that together hold everyone in segment `name`; all of them do.

    Sets are tried by size. After so many tries, a set of which none can be left out.
    """

    def is_enough(chosen: Sequence[str]) -> bool:
        claims = [within(name), *(within(rival, False) for rival in chosen)]
        return not analysis.may_be(entity, claims)

    needed = list(rivals)
    for rival in rivals:
        fewer = [each for each in needed if each != rival]
        if is_enough(fewer):
            needed = fewer
    tries = 0
    for size in range(1, len(needed)):
        for chosen in combinations(rivals, size):
            tries += 1
            if tries > MOST_TRIES:
                return needed
            if is_enough(chosen):
                return list(chosen)
    return needed
