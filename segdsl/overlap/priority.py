"""Findings about groups: who wins is undecided, a member that always loses, a customer who falls through.

A member is shadowed when the members above it together hold everyone it holds (Al-Shaer and Hamed, Discovery of policy
anomalies in distributed firewalls, 2004); the fewest of them that do are named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from segdsl.diagnostics import Label, Report, listed
from segdsl.overlap.analysis import Analysis, Nobody, Somebody, within
from segdsl.overlap.example_text import as_yaml
from segdsl.semantics import ir

# Steps for the questions that all members of a group take part in.
STEPS_FOR_GROUP = 2_000_000
# So many sets of members are tried before any that is enough will do.
MOST_TRIES = 400


def check_decided(analysis: Analysis, report: Report) -> None:
    """What must be certain before anything runs: who wins, and that nobody falls through a `complete` group."""
    for group in analysis.program.groups.values():
        if group.exclusive:
            _check_ties(analysis, group, report)
        if group.complete and group.members:
            _check_complete(analysis, group, report)


def check_shadows(analysis: Analysis, report: Report) -> None:
    """Members of exclusive groups that can never win."""
    for group in analysis.program.groups.values():
        if group.exclusive:
            for name in group.members:
                _check_shadowed(analysis, group, name, report)


def _check_ties(analysis: Analysis, group: ir.Group, report: Report) -> None:
    for first, second in _equals(analysis.program, group):
        answer = analysis.ask(second.entity, [within(first.name), within(second.name)])
        if isinstance(answer, Nobody):
            continue
        shown = isinstance(answer, Somebody)
        message = f"`{first.name}` and `{second.name}` have one priority, " + (
            "and share customers: who wins is not decided" if shown else "and it is not proved that they share nobody"
        )
        report.add(
            "repeated-priority",
            message,
            second.span,
            help="give one of them another number: the lowest wins",
            others=(Label(first.span, "the same number"),),
            example=as_yaml(answer.example, analysis.program) if isinstance(answer, Somebody) else "",
        )


def _equals(program: ir.Program, group: ir.Group) -> Iterator[tuple[ir.Segment, ir.Segment]]:
    """Pairs of members with one priority."""
    by_priority: dict[int, list[ir.Segment]] = {}
    for name in group.members:
        segment = program.segments[name]
        if segment.priority is not None:
            by_priority.setdefault(segment.priority, []).append(segment)
    for members in by_priority.values():
        yield from combinations(members, 2)


def _check_complete(analysis: Analysis, group: ir.Group, report: Report) -> None:
    members = [analysis.program.segments[name] for name in group.members]
    if any(member.is_rest for member in members):
        return  # it holds whom the others leave
    answer = analysis.ask(members[0].entity, [within(name, False) for name in group.members], STEPS_FOR_GROUP)
    if isinstance(answer, Nobody):
        return
    help_ = "add a segment with `otherwise`, which holds everyone the others leave"
    if isinstance(answer, Somebody):
        report.add(
            "incomplete-group",
            f"group `{group.name}` is not complete: this customer is in none of its segments"
            if members[0].entity == "customer"
            else f"group `{group.name}` is not complete: this row of `{members[0].entity}` is in none of its segments",
            group.span,
            help=help_,
            example=as_yaml(answer.example, analysis.program),
        )
    else:
        report.add(
            "incomplete-group",
            f"it is not proved that everybody is in one of group `{group.name}`: {answer.why}",
            group.span,
            help=help_,
        )


# --- shadows --------------------------------------------------------------------------------------


def _check_shadowed(analysis: Analysis, group: ir.Group, name: str, report: Report) -> None:
    segment = analysis.program.segments[name]
    rivals = _stronger(analysis.program, segment)
    if not rivals or segment.is_rest:
        return
    entity = segment.entity
    meeting = [rival for rival in rivals if analysis.proof(entity, [within(name), within(rival)]) is None]
    if not meeting or analysis.proof(entity, [within(name)]) is not None:
        return
    if analysis.proof(entity, [within(name), *(within(rival, False) for rival in meeting)], STEPS_FOR_GROUP) is None:
        return
    takers = smallest_cover(analysis, entity, name, meeting)
    one = len(takers) == 1
    report.add(
        "shadowed",
        f"`{name}` never wins: everyone in it is in {listed(takers)}{'' if one else ' together'}, "
        f"which {'comes' if one else 'come'} first",
        segment.span,
        label=f"priority {segment.priority}",
        help=f"give `{name}` a lower number than {'it' if one else 'they'}, or make {'it' if one else 'them'} narrower",
        others=[
            Label(analysis.program.segments[taker].span, f"priority {analysis.program.segments[taker].priority}")
            for taker in takers[:4]
        ],
    )


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
        return analysis.proof(entity, claims) is not None

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
