"""How all segments of one entity stand to each other.

First the boxes of every segment, cut into cells together: two segments share nobody when each box of one misses each
box of the other on some axis, also by what axes say of each other. That takes no search, so millions of pairs can be
looked at. What is left is proved or shown pair by pair; one example is looked for in all segments at once, for it
settles every pair of those that it is in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal as OneOf

from segdsl.overlap.analysis import Analysis, Answer, Nobody, Somebody, Unknown, within
from segdsl.overlap.formula import Test
from segdsl.overlap.search import Box, Budget, TooHard, boxes, narrowed
from segdsl.overlap.ties import tied
from segdsl.overlap.witness import Example
from segdsl.semantics.evaluate import truths

Relation = OneOf["disjoint", "overlaps", "within", "contains", "equal", "unknown"]

# A segment of more boxes than this is taken as the one box around them.
MOST_BOXES = 48
STEPS = 20_000
# One example is looked for in so many segments at once; so many are tried, with few steps each.
MOST_AT_ONCE = 4
MOST_TRIES = 5
STEPS_WITH_OTHERS = 4_000


@dataclass(frozen=True, slots=True)
class Pair:
    """How `left` stands to `right`. An example is of both; `reason` says why nothing is known; `because` proves."""

    left: str
    right: str
    relation: Relation
    example: Example | None = None
    reason: str = ""
    because: tuple[Test, ...] = ()


class Relations:
    """The segments `names`, all of `entity`."""

    def __init__(self, analysis: Analysis, entity: str, names: Sequence[str]) -> None:
        self.analysis, self.entity, self.names = analysis, entity, tuple(names)
        self.numbers = {name: number for number, name in enumerate(self.names)}
        formulas = {name: analysis.normalizer.segment(name) for name in self.names}
        self.formulas = formulas
        self.corpus = analysis.histories.corpus(*formulas.values())
        self.around: dict[str, Box | None] = {}
        self._boxes: dict[str, list[Box]] = {name: self._boxes_of(name) for name in self.names}
        self._apart = _Apart(self)
        self._pool = _Pool(len(self.names))

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

    def may_meet(self, left: str, right: str) -> bool:
        """Whether the boxes of two segments leave room for a customer in both."""
        return self._apart.may_meet(self.numbers[left], self.numbers[right])

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

    # --- verdicts -------------------------------------------------------------------------------------

    def pairs(self) -> Iterator[Pair]:
        """Every pair once, in the order of the names."""
        for number, right in enumerate(self.names):
            for left in self.names[:number]:
                yield self.pair(left, right)

    def pair(self, left: str, right: str) -> Pair:
        """The verdict on one pair, with an example or the tests that prove it where there are any."""
        example = self._pool.of_both(self.numbers[left], self.numbers[right])
        if example is None:
            if not self.may_meet(left, right):
                return Pair(left, right, "disjoint")
            nobody = self.analysis.proof(self.entity, [within(left), within(right)])
            if nobody is not None:
                return Pair(left, right, "disjoint", because=nobody.because)
        is_inside = self._is_within(left, right)
        is_around = self._is_within(right, left)
        answer = Somebody(example) if example is not None else self._looked_for(left, right)
        shown = answer.example if isinstance(answer, Somebody) else None
        if is_inside or is_around:
            relation: Relation = "equal" if is_inside and is_around else "within" if is_inside else "contains"
            return Pair(left, right, relation, shown)
        match answer:
            case Nobody(because):
                return Pair(left, right, "disjoint", because=because)
            case Unknown(why):
                return Pair(left, right, "unknown", reason=why)
            case Somebody():
                return Pair(left, right, "overlaps", shown)

    def _is_within(self, left: str, right: str) -> bool:
        return (
            not self._pool.is_beyond(self.numbers[left], self.numbers[right])
            and self.may_be_within(left, right)
            and not self.analysis.may_be(self.entity, [within(left), within(right, False)])
        )

    def _looked_for(self, left: str, right: str) -> Answer:
        both = [left, right]
        answer: Answer = Unknown("")
        if (several := self._with_others(left, right)) != both:
            answer = self.analysis.ask(self.entity, [within(name) for name in several])
        if not isinstance(answer, Somebody):
            answer = self.analysis.ask(self.entity, [within(name) for name in both])
        if isinstance(answer, Somebody):
            self._pool.add(answer.example, self._members(answer.example))
        return answer

    def _with_others(self, left: str, right: str) -> list[str]:
        """Two segments and others that may share a customer with both, so that one example settles many pairs."""
        several = [left, right]
        tries = 0
        for name in self.names:
            if name in several or not self._is_open(name, several):
                continue
            tries += 1
            if self.analysis.may_be(self.entity, [*map(within, several), within(name)], STEPS_WITH_OTHERS):
                several.append(name)
            if tries == MOST_TRIES or len(several) == MOST_AT_ONCE:
                break
        return several

    def _is_open(self, name: str, several: Sequence[str]) -> bool:
        """Whether a segment may meet all of some, and is not known to meet each of them."""
        number, others = self.numbers[name], [self.numbers[other] for other in several]
        return all(self._apart.may_meet(number, other) for other in others) and any(
            self._pool.of_both(number, other) is None for other in others
        )

    def _members(self, example: Example) -> list[bool]:
        """Which of the segments an example is in."""
        program = self.analysis.program
        conditions = [program.segments[name].condition for name in self.names]
        return truths(program, self.entity, conditions, example.world, example.key, example.as_of)


class _Pool:
    """Examples, and for each segment (by number) those that are in it, as the bits of one number."""

    def __init__(self, segments: int) -> None:
        self._examples: list[Example] = []
        self._inside = [0] * segments

    def add(self, example: Example, members: Sequence[bool]) -> None:
        bit = 1 << len(self._examples)
        self._examples.append(example)
        for number, is_in in enumerate(members):
            if is_in:
                self._inside[number] |= bit

    def of_both(self, left: int, right: int) -> Example | None:
        """The first example that is in both segments."""
        both = self._inside[left] & self._inside[right]
        return self._examples[(both & -both).bit_length() - 1] if both else None

    def is_beyond(self, left: int, right: int) -> bool:
        """Whether some example is in the left segment and not in the right one."""
        return bool(self._inside[left] & ~self._inside[right])


class _Apart:
    """Which segments share no box, as the bits of one number for each segment: bit n stands for segment n."""

    def __init__(self, relations: Relations) -> None:
        self._boxes = [(number, box) for number, name in enumerate(relations.names) for box in relations._boxes[name]]
        self._corpus = relations.corpus
        self._holding: dict[int, dict[int, int]] = {}  # by axis and mask, the boxes that have it
        for place, (_, box) in enumerate(self._boxes):
            for number, mask in box.items():
                by_mask = self._holding.setdefault(number, {})
                by_mask[mask] = by_mask.get(mask, 0) | 1 << place
        self._against: dict[tuple[int, int], int] = {}
        self._of = [0] * len(relations.names)  # the boxes of each segment
        for place, (owner, _) in enumerate(self._boxes):
            self._of[owner] |= 1 << place
        self._met: dict[int, int] = {}  # the boxes that those of a segment may meet

    def may_meet(self, left: int, right: int) -> bool:
        if left not in self._met:
            mine = [box for owner, box in self._boxes if owner == left]
            everyone = (1 << len(self._boxes)) - 1
            met = 0
            for box in mine:
                missed = 0
                for number, mask in box.items():
                    missed |= self._conflicting(number, mask)
                met |= everyone & ~missed
            self._met[left] = met
        return bool(self._met[left] & self._of[right])

    def _conflicting(self, number: int, mask: int) -> int:
        """The boxes that cannot hold a customer whose value on an axis is in a mask."""
        key = (number, mask)
        if key not in self._against:
            found = 0
            for other in self._corpus.group(number):
                if other not in self._holding:
                    continue
                left = mask if other == number else self._corpus.implied(number, mask, other)
                if other != number and left == self._corpus.cells[other].full:
                    continue
                for theirs, places in self._holding[other].items():
                    if not theirs & left:
                        found |= places
            self._against[key] = found
        return self._against[key]
