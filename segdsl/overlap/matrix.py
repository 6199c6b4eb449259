"""How all segments of one entity stand to each other, most of it without looking at any two of them alone.

Two segments share somebody when for some ways into them every part of the data holds an example of what both ask there
(`composition`); they share nobody when for every two ways some part holds nobody. Parts have few combinations of
conditions, so millions of pairs cost thousands of examples. What is left open, and segments that compare customers with
each other, are looked at pair by pair.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from segdsl.overlap.analysis import LONG_OR_SHORT, Analysis
from segdsl.overlap.comparison import Relation
from segdsl.overlap.composition import Combination, Composition
from segdsl.overlap.pairwise import Pairwise
from segdsl.overlap.witness import Example
from segdsl.semantics.evaluate import truths

if TYPE_CHECKING:
    import numpy as np

    Bytes = np.ndarray[tuple[int], np.dtype[np.uint8]]
    Table = np.ndarray[tuple[int, int], np.dtype[np.uint8]]

# What is known of two segments, left and right, as bits: an example is of both; it is not proved that none is; the same
# of the left one without the right one.
SHARED, MAY_SHARE, BEYOND, MAY_BE_BEYOND = 1, 2, 4, 8
VERDICTS: tuple[Relation, ...] = ("unknown", "disjoint", "equal", "within", "contains", "overlaps")
# So many pairs are looked at again, at other moments.
MOST_ELSEWHERE = 5_000
OPEN, DISJOINT, EQUAL, WITHIN, CONTAINS, OVERLAPS = range(6)


@dataclass(frozen=True, slots=True)
class Pair:
    """How `left` stands to `right`; `reason` says why nothing is known."""

    left: str
    right: str
    relation: Relation
    reason: str = ""
    _of: Matrix | None = field(default=None, compare=False, repr=False)

    @property
    def example(self) -> Example | None:
        """A customer in both, whom the reference evaluator has accepted."""
        return None if self._of is None else self._of.example(self.left, self.right)


class Matrix:
    """The segments `names`, all of `entity`."""

    def __init__(self, analysis: Analysis, entity: str, names: Sequence[str]) -> None:
        self.analysis, self.entity, self.names = analysis, entity, tuple(names)
        self._numbers = {name: number for number, name in enumerate(self.names)}
        self._composition = Composition(analysis, entity, self.names)
        self._pairwise = Pairwise(analysis, entity, self.names)
        # What was found at other moments: by pair, the segments that were taken apart anew, and the pair among them.
        self._elsewhere: dict[tuple[int, int], tuple[Composition, tuple[int, int]]] = {}

    def pairs(self) -> Iterator[Pair]:
        """Every pair once, in the order of the names: those of the second with all before it, and so on."""
        for right, verdicts in self.rows():
            for left, verdict in enumerate(verdicts):
                if verdict == OPEN:
                    relation, reason = self._pairwise.relation(left, right)
                    yield Pair(self.names[left], self.names[right], relation, reason, self)
                else:
                    yield Pair(self.names[left], self.names[right], VERDICTS[verdict], "", self)

    def rows(self) -> Iterator[tuple[int, Sequence[int]]]:
        """For each segment the verdicts on those before it (`VERDICTS`), open ones to be looked at one by one."""
        import numpy as np

        self._composition.settle()
        known = _Known(self._composition).table()
        exact = np.array([all(way.exact for way in (*inside, *outside)) for inside, outside in self._ways()])
        open_: list[tuple[int, int]] = []
        for right in range(len(self.names)):
            if len(open_) <= MOST_ELSEWHERE:
                open_ += [(int(left), right) for left in np.flatnonzero(_verdicts(known, exact, right) == OPEN)]
        if len(open_) <= MOST_ELSEWHERE:
            self._look_elsewhere([pair for pair in open_ if exact[pair[0]] and exact[pair[1]]])
            for left, right in self._elsewhere:
                known[left, right] |= SHARED
        for right in range(len(self.names)):
            yield right, _verdicts(known, exact, right).tolist()

    def _look_elsewhere(self, open_: Sequence[tuple[int, int]]) -> None:
        """Looks for examples at moments at which some months ago are few days ago, or many."""
        for month in LONG_OR_SHORT:
            open_ = [pair for pair in open_ if pair not in self._elsewhere]
            names = sorted({number for pair in open_ for number in pair})
            if not names:
                return
            composition = Composition(self.analysis, self.entity, [self.names[number] for number in names], month)
            numbers = {number: place for place, number in enumerate(names)}
            pairs = {(numbers[left], numbers[right]): (left, right) for left, right in open_}
            for inside in sorted(composition.settle_pairs(pairs)):
                self._elsewhere[pairs[inside]] = composition, inside

    def _ways(self) -> Iterator[tuple[list[Combination], list[Combination]]]:
        yield from zip(self._composition.inside, self._composition.outside, strict=True)

    # --- examples -------------------------------------------------------------------------------------

    def example(self, left: str, right: str) -> Example | None:
        """A customer in two segments whom the reference evaluator accepts, None when none was found."""
        first, second = self._numbers[left], self._numbers[right]
        composition, place = self._elsewhere.get((first, second), (self._composition, (first, second)))
        found = composition.example(*place)
        if found is not None and all(self._is_in(found, number) for number in (first, second)):
            return found
        return self._pairwise.example(first, second)

    def _is_in(self, example: Example, number: int) -> bool:
        condition = self.analysis.program.segments[self.names[number]].condition
        return truths(self.analysis.program, self.entity, [condition], example.world, example.key, example.as_of)[0]


def _verdicts(known: Table, exact: np.ndarray[tuple[int], np.dtype[np.bool_]], right: int) -> Bytes:
    """The verdicts on the segments before one, with it."""
    import numpy as np

    across, down = known[:right, right], known[right, :right]
    inside = (across & MAY_BE_BEYOND) == 0
    around = (down & MAY_BE_BEYOND) == 0
    found = np.full(right, OPEN, np.uint8)
    is_settled = exact[:right] & exact[right]
    # Of ways that are not taken apart whole, a proof may yet be found that one lies within the other.
    is_settled |= ((across & BEYOND) != 0) & ((down & BEYOND) != 0)
    found[((across & SHARED) != 0) & is_settled] = OVERLAPS
    found[around & is_settled] = CONTAINS
    found[inside & is_settled] = WITHIN
    found[inside & around] = EQUAL
    found[(across & MAY_SHARE) == 0] = DISJOINT
    return found


class _Known:
    """What the parts say of all pairs of ways, put together to what they say of all pairs of segments."""

    def __init__(self, composition: Composition) -> None:
        self.parts = composition.parts
        self.inside, self.outside = _Side(composition, composition.inside), _Side(composition, composition.outside)
        self.ways = composition.inside

    def table(self) -> Table:
        """For each two segments the bits of what is known of them."""
        import numpy as np

        found = np.zeros((len(self.ways), len(self.ways)), np.uint8)
        for number, ways in enumerate(self.ways):
            shared, may_share = self.inside.against(ways)
            beyond, may_be_beyond = self.outside.against(ways)
            found[number] = shared * SHARED + may_share * MAY_SHARE + beyond * BEYOND + may_be_beyond * MAY_BE_BEYOND
        return found


class _Side:
    """The ways into all segments, or out of them, in one row: bit n of packed bytes stands for the nth."""

    def __init__(self, composition: Composition, ways: Sequence[Sequence[Combination]]) -> None:
        import numpy as np

        self.np = np
        self.parts = composition.parts
        # A segment without any way has one that nobody goes.
        self.starts = np.cumsum([0, *(max(1, len(each)) for each in ways)])[:-1]
        every: list[Combination | None] = []
        for each in ways:
            every += each or [None]
        self.count = len(every)
        self.possible = self._packed([way is not None and not self._is_nobodys(way) for way in every])
        self.shown = self._packed([way is not None and self._is_somebodys(way) for way in every])
        # By part, the number of what each way asks there; what asks nothing has a number of its own.
        self.asked = [
            np.array([len(part.ways) if way is None else way.asked.get(place, len(part.ways)) for way in every])
            for place, part in enumerate(self.parts)
        ]
        self._rows: dict[tuple[int, int], tuple[Bytes, Bytes]] = {}

    def against(self, ways: Sequence[Combination]) -> tuple[Bytes, Bytes]:
        """For each segment of the row whether some way is shared with one of `ways`, and whether one may be."""
        shared, may_share = self._packed([]), self._packed([])
        for way in ways:
            if self._is_nobodys(way):
                continue
            together, apart = self.shown if self._is_somebodys(way) else self._packed([]), self._packed([])
            for place, number in way.asked.items():
                meets, parts = self._row(place, number)
                together, apart = together & meets, apart | parts
            shared, may_share = shared | together, may_share | (self.possible & ~apart)
        return self._by_segment(shared), self._by_segment(may_share)

    def _is_nobodys(self, way: Combination) -> bool:
        return any(self.parts[place].apart[number] >> number & 1 for place, number in way.asked.items())

    def _is_somebodys(self, way: Combination) -> bool:
        return way.exact and all(self.parts[place].meets[number] >> number & 1 for place, number in way.asked.items())

    def _row(self, place: int, number: int) -> tuple[Bytes, Bytes]:
        """Which ways ask of a part what some example shares with a combination, and what is apart from it."""
        if (place, number) not in self._rows:
            part, asked = self.parts[place], self.asked[place]
            meets = self._bits(part.meets[number], len(part.ways), otherwise=True)[asked]
            apart = self._bits(part.apart[number], len(part.ways), otherwise=False)[asked]
            self._rows[place, number] = self.np.packbits(meets), self.np.packbits(apart)
        return self._rows[place, number]

    def _bits(self, number: int, count: int, otherwise: bool) -> Bytes:
        as_bytes = self.np.frombuffer(number.to_bytes(count // 8 + 1, "little"), self.np.uint8)
        bits = self.np.unpackbits(as_bytes, bitorder="little")[: count + 1].copy()
        bits[count] = otherwise
        return bits

    def _packed(self, truths_: Sequence[bool]) -> Bytes:
        bits = self.np.zeros(self.count, self.np.uint8)
        bits[: len(truths_)] = truths_
        return self.np.packbits(bits)

    def _by_segment(self, packed: Bytes) -> Bytes:
        bits = self.np.unpackbits(packed, count=self.count)
        return self.np.bitwise_or.reduceat(bits, self.starts)
