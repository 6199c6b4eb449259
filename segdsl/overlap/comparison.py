"""One pair of segments, explained: what keeps them apart, or who is in both and in one alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf

from segdsl.overlap.analysis import Analysis, Answer, Nobody, Somebody, Unknown, within
from segdsl.semantics import ir

Relation = OneOf["disjoint", "overlaps", "within", "contains", "equal", "unknown"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is known of those in both segments, in the left one alone and in the right one alone.

    `winner` is the one that takes those in both, where an exclusive group decides it.
    """

    left: str
    right: str
    relation: Relation
    both: Answer
    left_alone: Answer
    right_alone: Answer
    winner: str | None = None


def compare(program: ir.Program, left: str, right: str) -> Comparison:
    """The two are segments of one entity."""
    analysis = Analysis(program)
    entity = program.segments[left].entity
    both = analysis.ask(entity, [within(left), within(right)])
    left_alone = analysis.ask(entity, [within(left), within(right, False)])
    right_alone = analysis.ask(entity, [within(right), within(left, False)])
    relation = relation_of(both, left_alone, right_alone)
    one, other = program.segments[left], program.segments[right]
    winner = left if left in program.rivals(right) else right if right in program.rivals(left) else None
    if one.priority == other.priority:
        winner = None  # that is not decided
    if winner is not None and isinstance(both, Somebody):
        # Whom an even stronger segment takes, neither of the two does: the example is of one whom they decide about.
        rivals = [within(rival, False) for rival in program.rivals(winner)]
        decided = analysis.ask(entity, [within(left), within(right), *rivals]) if rivals else both
        if isinstance(decided, Somebody):
            both = decided
        else:
            winner = None
    return Comparison(left, right, relation, both, left_alone, right_alone, winner)


def relation_of(both: Answer, left_alone: Answer, right_alone: Answer) -> Relation:
    """What three answers amount to. A segment of nobody is disjoint from all."""
    match both, left_alone, right_alone:
        case Nobody(), _, _:
            return "disjoint"
        case _, Nobody(), Nobody():
            return "equal"
        case _, Nobody(), _:
            return "within"
        case _, _, Nobody():
            return "contains"
        case Somebody(), _, _:
            return "overlaps"
        case Unknown(), _, _:
            return "unknown"
    raise AssertionError((both, left_alone, right_alone))
