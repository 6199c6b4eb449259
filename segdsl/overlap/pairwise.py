"""Pairs of segments looked at one by one; examples are kept, for one that is in many segments settles many pairs."""

from __future__ import annotations

from collections.abc import Sequence

from segdsl.overlap.analysis import Analysis, Answer, Nobody, Somebody, Unknown, within
from segdsl.overlap.comparison import Relation
from segdsl.overlap.witness import Example
from segdsl.semantics.evaluate import truths

# So many pairs are looked at; of others nothing is known.
MOST_PAIRS = 20_000


class Pairwise:
    """The segments `names`, all of `entity`, told by their numbers."""

    def __init__(self, analysis: Analysis, entity: str, names: Sequence[str]) -> None:
        self.analysis, self.entity, self.names = analysis, entity, tuple(names)
        self._left = MOST_PAIRS
        self._examples: list[Example] = []
        self._inside = [0] * len(names)  # by segment, the examples that are in it, as bits

    def relation(self, left: int, right: int) -> tuple[Relation, str]:
        """How two segments stand to each other, and why nothing is known where that is so."""
        if not self._left:
            return "unknown", "too many pairs to look at"
        self._left -= 1
        claims = [within(self.names[left]), within(self.names[right])]
        example = self.example(left, right)
        if example is None and not self.analysis.may_be(self.entity, claims):
            return "disjoint", ""
        is_inside, is_around = self._is_within(left, right), self._is_within(right, left)
        if is_inside or is_around:
            return "equal" if is_inside and is_around else "within" if is_inside else "contains", ""
        if example is not None:
            return "overlaps", ""
        match self._looked_for(left, right):
            case Nobody():
                return "disjoint", ""
            case Unknown(why):
                return "unknown", why
            case Somebody():
                return "overlaps", ""

    def example(self, left: int, right: int) -> Example | None:
        """The first example so far that is in both segments."""
        both = self._inside[left] & self._inside[right]
        return self._examples[(both & -both).bit_length() - 1] if both else None

    def _is_within(self, left: int, right: int) -> bool:
        if self._inside[left] & ~self._inside[right]:
            return False
        return not self.analysis.may_be(self.entity, [within(self.names[left]), within(self.names[right], False)])

    def _looked_for(self, left: int, right: int) -> Answer:
        answer = self.analysis.ask(self.entity, [within(self.names[left]), within(self.names[right])])
        if isinstance(answer, Somebody):
            self._add(answer.example)
        return answer

    def _add(self, example: Example) -> None:
        program = self.analysis.program
        conditions = [program.segments[name].condition for name in self.names]
        found = truths(program, self.entity, conditions, example.world, example.key, example.as_of)
        bit = 1 << len(self._examples)
        self._examples.append(example)
        for number, is_in in enumerate(found):
            if is_in:
                self._inside[number] |= bit
