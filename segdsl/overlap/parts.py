"""Conditions that look at the same part of the data: which of their combinations may be together, and are.

In: single conditions on rows of the entity, and the combinations of them that ways ask for. Out: for every two
combinations whether nobody keeps both (a proof for all data and every `as_of`), or an example who does, accepted by the
reference evaluator, at the one moment of all parts. What was not found is neither.

Combinations are numbered, and sets of them are the bits of one number, so that an example settles all pairs of those
that it keeps at once. An example is looked for in several combinations together: most fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from segdsl.overlap import moments
from segdsl.overlap.cells import Corpus
from segdsl.overlap.formula import ALWAYS, Formula, all_of, complement
from segdsl.overlap.histories import Histories
from segdsl.overlap.leaves import Signed, Way
from segdsl.overlap.ledger import Ledgers
from segdsl.overlap.rows import CannotBuild
from segdsl.overlap.search import Box, Budget, TooHard, boxes
from segdsl.overlap.sources import Source
from segdsl.overlap.tallies import Bounds, Tallies, bounds
from segdsl.overlap.witness import Builder, Example
from segdsl.semantics import ir
from segdsl.semantics.calendar import Clock
from segdsl.semantics.evaluate import BadKeys, BadMoment, BadValue, truths

# What one example may cost, in steps of the search, how many boxes are tried for it, and how many are looked for.
STEPS = 20_000
MOST_BOXES = 6
MOST_BUILT = 12_000
# So many combinations are looked for in one example first.
MOST_AT_ONCE = 8


class Part:
    """`conditions` by their numbers, which look at `sources` and nothing else."""

    def __init__(
        self,
        histories: Histories,
        entity: str,
        conditions: Mapping[int, ir.Condition],
        sources: tuple[Source, ...],
        clock: Clock,
        decides_presence: bool,
    ) -> None:
        self.histories, self.entity, self.sources, self.clock = histories, entity, sources, clock
        normalizer = histories.normalizer
        self.program = normalizer.program
        self.conditions = conditions
        self.seen = normalizer.seen(entity)
        self.formulas: dict[Signed, Formula] = {}
        for leaf, condition in conditions.items():
            formula = normalizer.condition(condition, entity)
            self.formulas[2 * leaf], self.formulas[2 * leaf + 1] = formula, complement(formula)
        self._always = self.seen if decides_presence else ALWAYS
        self._numbers: dict[Way, int] = {}
        self.ways: list[Way] = []
        self.examples: list[Example] = []
        # By combination: those of which is asked how they stand to it, those that share nobody with it, those that some
        # example shares, and those that were tried.
        self._wanted: list[int] = []
        self.apart: list[int] = []
        self.meets: list[int] = []
        self._tried: list[int] = []
        self.inside: list[int] = []  # by combination, the examples that keep it
        self._asking: dict[Signed, int] = {}  # by condition, the combinations that ask for it
        self._waiting: list[int] = []  # combinations of which something was open when it was last looked
        self._built = 0
        self._masks: list[Box | None] = []
        self._bounds: list[Bounds] = []
        self._tallies = Tallies(histories)

    def number(self, way: Way) -> int:
        """The number of a combination of the part's conditions."""
        number = self._numbers.setdefault(way, len(self.ways))
        if number == len(self.ways):
            self.ways.append(way)
            self._wanted.append(0)
            for signed in way:
                self._asking[signed] = self._asking.get(signed, 0) | 1 << number
        return number

    # --- proofs ---------------------------------------------------------------------------------------

    def close(self) -> None:
        """Tells apart what can be told without a search: some axis leaves no value to both."""
        corpus = self.histories.corpus(self._always, *self.formulas.values())
        self._ledgers = Ledgers(self.histories, corpus.axes)
        around = {signed: _around(corpus, [self._always, formula]) for signed, formula in self.formulas.items()}
        everything = (1 << len(self.ways)) - 1
        masks: list[Box | None] = []
        for way in self.ways:
            found: Box | None = {}
            asked = Bounds()
            for signed in way:
                outer, closed = around[signed]
                found = _met(found, closed)
                asked = asked.joined(bounds(corpus, outer))
            masks.append(found)
            self._bounds.append(asked)
        self._masks = masks
        holding: dict[int, dict[int, int]] = {}  # by axis and mask, the combinations that have it
        for number, found in enumerate(masks):
            for axis, mask in (found or {}).items():
                by_mask = holding.setdefault(axis, {})
                by_mask[mask] = by_mask.get(mask, 0) | 1 << number
        dead = sum(1 << number for number, found in enumerate(masks) if found is None)
        against = {
            axis: {mask: sum(those for other, those in by_mask.items() if not other & mask) for mask in by_mask}
            for axis, by_mask in holding.items()
        }
        for found in masks:
            apart = everything if found is None else dead
            for axis, mask in (found or {}).items():
                apart |= against[axis][mask]
            self.apart.append(apart)
        self.meets = [0] * len(self.ways)
        self._tried = [0] * len(self.ways)
        self.inside = [0] * len(self.ways)

    # --- examples -------------------------------------------------------------------------------------

    def want(self, number: int, others: int) -> None:
        """That it is asked how a combination stands to some others; it is to be asked of them, too."""
        self._wanted[number] |= others

    def settle(self) -> None:
        """Looks for proofs and examples of all that is wanted, until `MOST_BUILT` were looked for."""
        alone = range(len(self.ways))
        self._waiting = [number for number in alone if self._open(number)]
        for number in alone:
            if self._open(number) >> number & 1:
                self._try(number, number, sum(1 << each for each in alone if self._open(each) >> each & 1))
        # A few of each in turn, so that what is left open in the end is spread over all of them.
        while self._waiting and self._built < MOST_BUILT:
            for number in self._waiting:
                if (open_ := self._open(number)) and self._built < MOST_BUILT:
                    self._try(number, _lowest(open_), open_)
            self._waiting = [number for number in self._waiting if self._open(number)]

    def _open(self, number: int) -> int:
        return self._wanted[number] & ~(self.meets[number] | self.apart[number] | self._tried[number])

    def _try(self, first: int, second: int, others: int) -> None:
        """Looks for a proof or an example of two combinations, and for one of some others with the first by the way."""
        if self._tallies.rule_out(self._bounds[first].joined(self._bounds[second])):
            self._tell_apart(first, second)
            return
        several = self._fitting(first, second, others)
        while len(several) > 2 and not self._look_for(several):
            several = several[: 1 + len(several) // 2]
        if self.meets[first] >> second & 1:
            return
        if self._look_for([first, second]) is None:
            self._tell_apart(first, second)
        self._tried[first] |= 1 << second
        self._tried[second] |= 1 << first

    def _tell_apart(self, first: int, second: int) -> None:
        self.apart[first] |= 1 << second
        self.apart[second] |= 1 << first

    def _fitting(self, first: int, second: int, others: int) -> list[int]:
        """Two combinations and some of the others that may all be kept at once."""
        several = [first, second]
        around = _met(self._masks[first], self._masks[second])
        asked = self._bounds[first].joined(self._bounds[second])
        fitting = others & ~self.apart[first] & ~self.apart[second] & ~(1 << first | 1 << second)
        while fitting and len(several) < MOST_AT_ONCE:
            another = _lowest(fitting)
            fitting &= ~(1 << another)
            closer = _met(around, self._masks[another])
            more = asked.joined(self._bounds[another])
            if closer is not None and not self._tallies.rule_out(more):
                around, asked = closer, more
                several.append(another)
                fitting &= ~self.apart[another]
        return several

    def shared(self, left: int, right: int) -> Example | None:
        """The first example that keeps both combinations."""
        both = self.inside[left] & self.inside[right]
        return self.examples[_lowest(both)] if both else None

    def _look_for(self, several: Sequence[int]) -> bool | None:
        """Whether an example of all was found; None is the proof that there is none."""
        self._built += 1
        asked = dict.fromkeys(signed for number in several for signed in sorted(self.ways[number]))
        terms = [self.seen, *(self.formulas[signed] for signed in asked)]
        whole = all_of(terms)
        corpus = self.histories.corpus(whole)
        is_proof = True
        try:
            for tried, box in enumerate(boxes(corpus, [whole], Budget(STEPS))):
                if tried == MOST_BOXES:
                    return False
                try:
                    for example in self._made(corpus, box, is_quick=len(several) > 2):
                        if self._add(example, several):
                            return True
                    is_proof = False
                except CannotBuild as error:
                    is_proof = is_proof and error.impossible
                except (moments.NoneFits, BadKeys, BadValue, BadMoment, OverflowError):
                    is_proof = False
        except TooHard:
            return False
        return None if is_proof else False

    def _made(self, corpus: Corpus, box: Box, is_quick: bool) -> Iterator[Example]:
        """An example of a box with rows merged that differ in nothing, and one without."""
        plan = self._ledgers.planned_quickly if is_quick else self._ledgers.planned
        builder = Builder(self.histories, self.clock, plan=plan)
        example = builder.example(self.entity, corpus, box)
        whole = Example(
            example.entity,
            example.key,
            {name: [dict(row) for row in rows] for name, rows in example.world.items()},
            example.as_of,
        )
        builder.merge()
        yield example
        if example.world != whole.world:
            yield whole

    def _add(self, example: Example, wanted: Sequence[int]) -> bool:
        """Asks the reference evaluator what the example keeps; whether that is what was wanted of it.

        It is asked of those combinations alone of which something is open.
        """
        self._waiting = [number for number in self._waiting if self._open(number)]
        asked = sum(1 << number for number in {*wanted, *self._waiting})
        conditions = {leaf: condition for leaf, condition in self.conditions.items() if asked & self._about(leaf)}
        said = truths(self.program, self.entity, [*conditions.values()], example.world, example.key, example.as_of)
        keeping = asked
        for leaf, holds in zip(conditions, said, strict=True):
            keeping &= ~self._asking.get(2 * leaf + holds, 0)
        if all(keeping >> number & 1 for number in wanted):
            bit = 1 << len(self.examples)
            self.examples.append(example)
            for number in _bits(keeping):
                self.inside[number] |= bit
                self.meets[number] |= keeping
            return True
        return False

    def _about(self, leaf: int) -> int:
        """The combinations that ask for a condition or for its opposite."""
        return self._asking.get(2 * leaf, 0) | self._asking.get(2 * leaf + 1, 0)


def _around(corpus: Corpus, terms: Sequence[Formula]) -> tuple[Box, Box | None]:
    """A box around everyone who fulfils formulas; and what is left of it by what axes say of each other."""
    found: tuple[Box, Box] | None = None
    try:
        for tried, box in enumerate(boxes(corpus, terms, Budget(STEPS), with_ties=False)):
            if tried == MOST_BOXES:
                return {}, {}
            closed = _tied(corpus, box)
            if closed is not None:
                found = (
                    (box, closed)
                    if found is None
                    else (_joined(corpus, found[0], box), _joined(corpus, found[1], closed))
                )
    except TooHard:
        return {}, {}
    return found or ({}, None)


def _tied(corpus: Corpus, box: Box) -> Box | None:
    """What a box leaves of each axis that one of its own says something of; None when that is nothing."""
    found = dict(box)
    for first, mask in box.items():
        for second in corpus.group(first):
            if second != first:
                full = corpus.cells[second].full
                now = found.get(second, full) & corpus.implied(first, mask, second)
                if not now:
                    return None
                if now != full:
                    found[second] = now
    return found


def _joined(corpus: Corpus, left: Box, right: Box) -> Box:
    joined = {axis: left[axis] | right[axis] for axis in left if axis in right}
    return {axis: mask for axis, mask in joined.items() if mask != corpus.cells[axis].full}


def _met(left: Box | None, right: Box | None) -> Box | None:
    if left is None or right is None:
        return None
    found = dict(left)
    for axis, mask in right.items():
        now = found.get(axis, mask) & mask
        if not now:
            return None
        found[axis] = now
    return found


def _lowest(bits: int) -> int:
    return (bits & -bits).bit_length() - 1


def _bits(number: int) -> Iterator[int]:
    while number:
        yield _lowest(number)
        number &= number - 1
