"""What the order of an exclusive group decides: whom two members would exchange if their priorities were swapped.

In: a program and two members, the stronger one first. Out: a customer who would change hands; or the proof that nobody
would, with the stronger members that take everyone whom the two share; or unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from segdsl.overlap.analysis import STEPS_FOR_GROUP, Analysis, Answer, Nobody, within
from segdsl.semantics import ir


@dataclass(frozen=True, slots=True)
class Swap:
    """`stronger` comes directly before `weaker`. `moved` is who would go over to `weaker`.

    `is_decided` is false where both have one priority. `share_nobody`: no customer is in both, taken or not.
    """

    stronger: str
    weaker: str
    is_decided: bool
    share_nobody: bool
    moved: Answer


def swaps(program: ir.Program, group: str) -> Iterator[Swap]:
    """Of every two neighbours of an exclusive group, the strongest first."""
    analysis = Analysis(program)
    for stronger, weaker in pairwise(program.groups[group].members):
        entity = program.segments[stronger].entity
        both = [within(stronger), within(weaker)]
        share_nobody = analysis.proof(entity, both) is not None
        first = [within(rival, False) for rival in program.rivals(stronger)]
        moved: Answer = Nobody(()) if share_nobody else analysis.ask(entity, [*both, *first], STEPS_FOR_GROUP)
        is_decided = program.segments[stronger].priority != program.segments[weaker].priority
        yield Swap(stronger, weaker, is_decided, share_nobody, moved)
