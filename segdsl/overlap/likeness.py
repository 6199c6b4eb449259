"""Which segments may hold the same customers: told by boxes around them, without a search.

Two segments of which each lies in the box around the other may be equal; a proof decides (`repeats`).
"""

from __future__ import annotations

from collections.abc import Sequence

from segdsl.overlap.analysis import Analysis
from segdsl.overlap.search import Box, Budget, TooHard, boxes, narrowed
from segdsl.overlap.ties import tied

# A segment of more boxes than this is taken as the one box around them.
MOST_BOXES = 48
STEPS = 20_000


class Likeness:
    """The segments `names`, all of `entity`."""

    def __init__(self, analysis: Analysis, entity: str, names: Sequence[str]) -> None:
        self.analysis, self.entity, self.names = analysis, entity, tuple(names)
        formulas = {name: analysis.normalizer.segment(name) for name in self.names}
        self.formulas = formulas
        self.corpus = analysis.histories.corpus(*formulas.values())
        self.around: dict[str, Box | None] = {}
        self._boxes: dict[str, list[Box]] = {name: self._boxes_of(name) for name in self.names}

    def _boxes_of(self, name: str) -> list[Box]:
        formula = self.formulas[name]
        try:
            around = narrowed(self.corpus, [formula], Budget(STEPS))
        except TooHard:
            around = {}
        self.around[name] = around
        if around is None:
            return []
        found: list[Box] = []
        try:
            for box in boxes(self.corpus, [formula], Budget(STEPS), with_ties=False):
                found.append(box)
                if len(found) > MOST_BOXES:
                    return [around]
        except TooHard:
            return [around]
        return found

    def may_be_within(self, left: str, right: str) -> bool:
        """Whether nothing that every customer of `right` must have is something that one of `left` need not have."""
        outer = self.around[right]
        if outer is None:
            return not self._boxes[left]
        for number, mask in outer.items():
            for box in self._boxes[left]:
                if self._closed(box, number) & ~mask:
                    return False
        return True

    def _closed(self, box: Box, number: int) -> int:
        """The cells that a box leaves on an axis, by what its other axes say of it, too."""
        found = box.get(number, self.corpus.cells[number].full)
        for other in self.corpus.group(number):
            if other != number and other in box:
                found &= self.corpus.implied(other, box[other], number)
        return found

    def looks_at(self, name: str) -> frozenset[object]:
        """The things that everyone in a segment has some of; equal segments look at the same, or at nothing."""
        around = self.around[name]
        return frozenset() if around is None else frozenset(tied(self.corpus.axes[number]) for number in around)

    def may_be_equal(self, left: str, right: str) -> bool:
        """Whether both may hold the same customers."""
        return self.formulas[left] == self.formulas[right] or (
            self.may_be_within(left, right) and self.may_be_within(right, left)
        )
