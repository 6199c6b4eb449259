"""Patterns of text tests as small automata, and the shortest text on which several of them agree.

A pattern is a row of characters with gaps where any text may stand. What of a text is read so far is kept as the set
of places that it may have come to, one bit each. Characters that no pattern waits for are all alike, so one of them
stands for the rest, and the search over sets of places ends: R. W. Thompson's simulation of patterns, Communications
of the ACM 11:6 (1968), for many patterns at a time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain

from segdsl.overlap.domains import Ordered, first_whole
from segdsl.overlap.examples import NoExample
from segdsl.semantics import ir
from segdsl.semantics.evaluate import fold, text_matches

# Steps of one pattern over one character: about a second's third.
BUDGET = 500_000
PLAIN = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@cache
def _unfolded() -> Mapping[str, str]:
    """All characters that fold to one, for those that others than itself fold to."""
    found: dict[str, str] = {}
    for start in range(0, 0x110000, 0x1000):
        block = "".join(map(chr, range(start, start + 0x1000)))
        if block.lower() != block:  # most of them hold no capital letters
            for char in block:
                folded = fold(char)
                if folded != char:
                    found[folded] = found.get(folded, folded) + char
    return found


def spellings(char: str) -> str:
    """All characters that are `char` when case is ignored."""
    folded = fold(char)
    return _unfolded().get(folded, folded)


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """A text test, ready to read a text character by character.

    `characters` are what it waits for, one after another, None being any one of them. A state has bit n when the text
    so far may be the first n of them; `gaps` are those n at which any text may follow first.
    """

    characters: tuple[str | None, ...]
    gaps: int
    folded: bool
    waiting: Mapping[str, int]
    anything: int

    @property
    def start(self) -> int:
        return 1

    def after(self, state: int, char: str) -> int:
        """The state after one more character."""
        read = state & (self.waiting.get(fold(char) if self.folded else char, 0) | self.anything)
        new = read << 1 | state & self.gaps
        # Whatever fits from an earlier place fits from the last gap on as well: it can take in what is between.
        last = (new & self.gaps).bit_length()
        return new >> last - 1 << last - 1 if last else new

    def fits(self, state: int) -> bool:
        return bool(state >> len(self.characters) & 1)

    def can_become(self, state: int, truth: bool) -> bool:
        """Whether the truth is still open, or is this one."""
        end = 1 << len(self.characters)
        return state != 0 if truth else not state & end & self.gaps

    def awaited(self, state: int) -> Iterator[str]:
        """The characters that differ from others in this state."""
        while state:
            place = state.bit_length() - 1
            state ^= 1 << place
            char = self.characters[place] if place < len(self.characters) else None
            if char is not None:
                yield from spellings(char) if self.folded else char

    def lengths(self) -> tuple[int, int | None]:
        """How many characters a text that fits has at least and at most; None is any number."""
        return len(self.characters), None if self.gaps else len(self.characters)

    def only(self, most: int) -> frozenset[str] | None:
        """All texts that fit, when they are no more than `most`."""
        if self.gaps or self.anything:
            return None
        texts = [""]
        for char in self.characters:
            assert char is not None, "nothing stands for any character"
            texts = [text + each for text in texts for each in (spellings(char) if self.folded else char)]
            if len(texts) > most:
                return None
        return frozenset(texts)


def pattern(test: ir.TextMatch) -> Pattern:
    return _pattern(test.kind, fold(test.pattern) if test.folded else test.pattern, test.folded)


@lru_cache(maxsize=4096)
def _pattern(kind: str, text: str, folded: bool) -> Pattern:
    before, after = kind in ("ends", "contains"), kind in ("starts", "contains")
    gaps = 1 if before else 0
    characters: list[str | None] = []
    for char in text:
        if kind == "matches" and char == "*":
            gaps |= 1 << len(characters)
        else:
            characters.append(None if kind == "matches" and char == "?" else char)
    gaps |= (1 << len(characters)) if after else 0
    waiting: dict[str, int] = {}
    anything = 0
    for place, each in enumerate(characters):
        if each is None:
            anything |= 1 << place
        else:
            waiting[each] = waiting.get(each, 0) | 1 << place
    return Pattern(tuple(characters), gaps, folded, waiting, anything)


# --- the shortest text ----------------------------------------------------------------------------

Wanted = Sequence[tuple[ir.TextMatch, bool]]
# Where a search is: the state of each pattern; the text itself while it begins one that is forbidden; its length, as
# far as lengths are asked about.
_State = tuple[tuple[int, ...], str | None, int]


def shortest(wanted: Wanted, forbidden: frozenset[str | bool], lengths: Ordered) -> str | NoExample:
    """The shortest text for which each test has the truth wanted, of the plainest letters; empty if no other is.

    It is none of those `forbidden`, and has one of the `lengths` (in code points).
    """
    # The order of tests says nothing, and each pair of them is asked about from both sides.
    ordered = sorted(set(wanted), key=lambda each: (each[0].pattern, each[0].kind, each[0].folded, each[1]))
    return _shortest(tuple(ordered), forbidden, lengths)


@lru_cache(maxsize=1 << 14)
def _shortest(wanted: Wanted, forbidden: frozenset[str | bool], lengths: Ordered) -> str | NoExample:
    found = _Search(wanted, frozenset(), lengths).run()
    # Mostly the first text found is none of the forbidden ones, and those that do not fit are not found anyway.
    if found in forbidden:
        texts = [name for name in forbidden if isinstance(name, str)]
        fitting = (text for text in texts if all(text_matches(test, text) == truth for test, truth in wanted))
        found = _Search(wanted, frozenset(fitting), lengths).run()
    return found


class _Search:
    """Breadth first over the states of all patterns at once, each state once."""

    def __init__(self, wanted: Wanted, forbidden: frozenset[str], lengths: Ordered) -> None:
        self.patterns = [pattern(test) for test, _ in wanted]
        self.truths = [truth for _, truth in wanted]
        self.forbidden, self.branches = forbidden, _branches(forbidden)
        self.lengths = lengths
        # From here on, all lengths are in or all are out.
        self.far = first_whole((lengths.cuts[-1][0], True)) if lengths.cuts else 0

    def run(self) -> str | NoExample:
        start: _State = tuple(each.start for each in self.patterns), "" if self.forbidden else None, 0
        waiting = deque([(start, "")])
        seen: set[_State] = set()  # without the start: where it fits, so does a text that comes back to it
        left = BUDGET
        while waiting:
            state, text = waiting.popleft()
            for char in self._characters(state):
                left -= len(self.patterns) + 1
                new = self._after(state, char)
                if new is None or new in seen:
                    continue
                if self._fits(new):
                    return text + char
                seen.add(new)
                waiting.append((new, text + char))
            if left < 0:
                return "" if self._fits(start) else NoExample.GAVE_UP
        return "" if self._fits(start) else NoExample.NONE_FITS

    def _characters(self, state: _State) -> list[str]:
        """One character for each way to go on, plain ones first."""
        places, text, _ = state
        chars = {char for each, place in zip(self.patterns, places, strict=True) for char in each.awaited(place)}
        if text is not None:
            chars |= self.branches.get(text, set())
        other = next((char for char in _all_characters() if char not in chars), None)
        return sorted(chars if other is None else {*chars, other}, key=_plainness)

    def _after(self, state: _State, char: str) -> _State | None:
        """The state after one more character; None when no text that goes on so fits."""
        places, text, length = state
        new = tuple(each.after(place, char) for each, place in zip(self.patterns, places, strict=True))
        for each, place, truth in zip(self.patterns, new, self.truths, strict=True):
            if not each.can_become(place, truth):
                return None
        length = min(length + 1, self.far)
        if length == self.far and not self.lengths.holds(self.far):
            return None
        begun = None if text is None or char not in self.branches.get(text, ()) else text + char
        return new, begun, length

    def _fits(self, state: _State) -> bool:
        places, text, length = state
        if not self.lengths.holds(length) or text in self.forbidden:
            return False
        return all(
            each.fits(place) == truth for each, place, truth in zip(self.patterns, places, self.truths, strict=True)
        )


@lru_cache(maxsize=16)
def _branches(names: frozenset[str]) -> Mapping[str, set[str]]:
    """For each text that some of the names begin with, the characters they go on with."""
    found: dict[str, set[str]] = {}
    for name in names:
        for at, char in enumerate(name):
            found.setdefault(name[:at], set()).add(char)
    return found


def _plainness(char: str) -> tuple[int, int]:
    at = PLAIN.find(char)
    return (at, 0) if at >= 0 else (len(PLAIN), ord(char))


def _all_characters() -> Iterator[str]:
    """Every character there is, the plain ones first, control characters last; surrogates are none."""
    spans = ((0xC0, 0xD800), (0x20, 0xC0), (0xE000, 0x110000), (0, 0x20))
    return chain(PLAIN, (chr(code) for first, end in spans for code in range(first, end)))
