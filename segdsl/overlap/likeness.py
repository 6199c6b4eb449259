"""Which segments may hold the same customers: told by boxes around them, without a search.

Two segments of which each lies in the box around the other may be equal; a proof decides (`repeats`).
"""

from __future__ import annotations

from collections.abc import Sequence

from segdsl.overlap.analysis import Analysis
from segdsl.overlap.cells import Corpus
from segdsl.overlap.digests import digest_of
from segdsl.overlap.formula import Formula
from segdsl.overlap.search import Box, Budget, TooHard, boxes, narrowed
from segdsl.overlap.ties import tied

# A segment of more boxes than this is taken as the one box around them.
MOST_BOXES = 48
STEPS = 20_000


def looks_at(analysis: Analysis, name: str) -> str:
    """A digest of the things that everyone in a segment has some of; equal segments look at the same, or at nothing."""
    formula = analysis.normalizer.segment(name)
    corpus = analysis.histories.corpus(formula)
    looked_at: frozenset[object] | None = None
    try:
        for tried, box in enumerate(boxes(corpus, [formula], Budget(STEPS))):
            about = frozenset(tied(corpus.axes[number]) for number in box)
            looked_at = about if looked_at is None else looked_at & about
            if tried == MOST_BOXES:
                looked_at = frozenset()
                break
    except TooHard:
        looked_at = frozenset()
    return digest_of(analysis.digests.text(looked_at or frozenset()))


def _around(corpus: Corpus, formula: Formula) -> Box | None:
    try:
        return narrowed(corpus, [formula], Budget(STEPS))
    except TooHard:
        return {}


class Likeness:
    """The segments `names`, all of one entity."""

    def __init__(self, analysis: Analysis, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self.formulas = {name: analysis.normalizer.segment(name) for name in self.names}
        self.corpus = analysis.histories.corpus(*self.formulas.values())
        self.around = {name: _around(self.corpus, formula) for name, formula in self.formulas.items()}
        self._boxes = {name: self._boxes_of(name) for name in self.names}
        # On axes of which no other says anything it is enough to look at all boxes of a segment together.
        self._offsets = self._places_of_free_axes()
        self._reach = {name: self._packed(self._boxes[name]) for name in self.names}
        self._room = {name: self._packed([box] if box is not None else []) for name, box in self.around.items()}

    def _boxes_of(self, name: str) -> list[Box]:
        around = self.around[name]
        if around is None:
            return []
        found: list[Box] = []
        try:
            for box in boxes(self.corpus, [self.formulas[name]], Budget(STEPS), with_ties=False):
                found.append(box)
                if len(found) > MOST_BOXES:
                    return [around]
        except TooHard:
            return [around]
        return found

    def _places_of_free_axes(self) -> dict[int, int]:
        """Where the cells of an axis begin among those of all that no other axis says anything of."""
        offsets, end = {}, 0
        for number, cells in enumerate(self.corpus.cells):
            if len(self.corpus.group(number)) == 1:
                offsets[number] = end
                end += len(cells.parts)
        return offsets

    def _packed(self, several: Sequence[Box]) -> int:
        """The cells of all free axes that any of the boxes has, as the bits of one number."""
        found = 0
        for box in several:
            for number, offset in self._offsets.items():
                found |= box.get(number, self.corpus.cells[number].full) << offset
        return found

    def may_be_equal(self, left: str, right: str) -> bool:
        """Whether both may hold the same customers."""
        if self.formulas[left] == self.formulas[right]:
            return True
        if self._reach[left] & ~self._room[right] or self._reach[right] & ~self._room[left]:
            return False
        return self.may_be_within(left, right) and self.may_be_within(right, left)

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
