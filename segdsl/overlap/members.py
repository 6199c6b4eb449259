"""What is known of one list of texts: what its members and their number say of each other; lists to show.

In: axes about one list, as `Has`, `Single` of its `Length` and `Single` of itself, which tells known from missing. A
list holds what it likes, and a text more than once, so members say nothing of each other but where one text is both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count, product

from segdsl.overlap.axes import About, Axis, Has, Single
from segdsl.overlap.domains import (
    TRUTHS,
    Listed,
    Ordered,
    Values,
    at_least,
    exactly,
    first_whole,
    join,
    known,
    meet,
    named,
)
from segdsl.overlap.examples import NoExample
from segdsl.overlap.patterns import PLAIN, spellings
from segdsl.semantics import ir
from segdsl.semantics.evaluate import fold
from segdsl.semantics.types import TextList

ANY_LENGTH = Ordered((), True, True)
MISSING = Ordered((), False, True)
# The most members that a list is given to show its length.
LONGEST = 1000

Wanted = Sequence[tuple[Has, bool]]


def choose(
    type_: TextList, itself: Ordered, wanted: Wanted, lengths: Ordered = ANY_LENGTH
) -> tuple[str, ...] | NoExample | None:
    """The shortest list of which each `Has` has the truth wanted; None is missing, which only comes where it must.

    `itself` says whether it may be known and whether it may be missing. It has one of the `lengths`, those of a
    missing list being missing.
    """
    if not itself.meet(known()).is_empty:
        members = _needed(type_, wanted)
        if members is not None:
            long_enough = _least(lengths, len(members))
            if long_enough is not None and long_enough > max(LONGEST, len(members)):
                return NoExample.GAVE_UP
            filled = None if long_enough is None else _filled(type_, members, long_enough, wanted)
            if filled is not None:
                return filled
    if itself.missing and lengths.missing and not any(truth for _, truth in wanted):
        return None
    return NoExample.NONE_FITS


def _needed(type_: TextList, wanted: Wanted) -> list[str] | None:
    """The fewest members that make true what is to be true; None when what is to be false forbids it.

    Texts that are one when case is ignored are needed once at most besides those asked for as they are.
    """
    members: list[str] = []
    for has in sorted((has for has, truth in wanted if truth), key=lambda has: has.folded):
        if not any(_makes_true(has, member) for member in members):
            member = next(_allowed(_candidates(type_, has, wanted), wanted), None)
            if member is None:
                return None
            members.append(member)
    return members


def _makes_true(has: Has, member: str) -> bool:
    return fold(member) == fold(has.option) if has.folded else member == has.option


def _candidates(type_: TextList, has: Has, wanted: Wanted) -> Iterator[str]:
    """All members that a list may have and that make it true, as it is written first."""
    if type_.values:
        yield from (text for text in type_.values if _makes_true(has, text))
    elif not has.folded:
        yield has.option
    elif not any(other.folded and fold(other.option) == fold(has.option) for other, truth in wanted if not truth):
        yield has.option
        yield from map("".join, product(*map(spellings, has.option)))


def _allowed(texts: Iterator[str], wanted: Wanted) -> Iterator[str]:
    forbidden = [has for has, truth in wanted if not truth]
    return (text for text in texts if not any(_makes_true(has, text) for has in forbidden))


def _filled(type_: TextList, members: list[str], length: int, wanted: Wanted) -> tuple[str, ...] | None:
    """The members and others, up to so many: different ones while there are some. None when there are none at all."""
    others = iter(type_.values) if type_.values else chain(PLAIN, (f"a{number}" for number in count(1)))
    full = list(members)
    for other in _allowed((text for text in others if text not in members), wanted):
        if len(full) >= length:
            break
        full.append(other)
    if len(full) < length and not full:
        return None
    return tuple(full[at % len(full)] for at in range(length)) if len(full) < length else tuple(full)


def _least(lengths: Ordered, length: int) -> int | None:
    """The least of the lengths that is no less than this one."""
    for begin, _ in lengths.stretches():
        first = length if begin is None else max(length, first_whole(begin))
        if lengths.holds(first):
            return first
    return None


# --- what one axis says of another ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Lists:
    """Some lists, maybe missing among them."""

    type: TextList
    itself: Ordered = ANY_LENGTH
    wanted: tuple[tuple[Has, bool], ...] = ()
    lengths: Ordered = ANY_LENGTH


def implied(a: Axis, values: Values, b: Axis) -> Values:
    """All that is known of `b` where `a` is in `values`: of axes that are not about one list, nothing new."""
    value = _list_of(a.about)
    if value is None or a.table != b.table or value != _list_of(b.about):
        return b.all
    if a.about == b.about and isinstance(a.about, Single):
        return meet(b.all, values)
    assert isinstance(value.type, TextList), "the axes of lists"
    found = meet(b.all, b.all.complement())
    for each in _lists(value.type, a.about, values):
        for part in _parts(each, b.about):
            found = join(found, meet(b.all, part))
    return found


def _list_of(about: About) -> ir.Value | None:
    """The list that an axis is about; None when it is about none, or about several values."""
    match about:
        case Has(value):
            return value
        case Single(ir.Length(value)) | Single(value) if isinstance(value.type, TextList):
            return value
        case _:
            return None


def _lists(type_: TextList, about: About, values: Values) -> Iterator[_Lists]:
    """The lists for which an axis is in `values`: together they are all of them."""
    match about, values:
        case Has(), Listed(truths):
            for truth in (True, False):
                if truth in truths:
                    yield _Lists(type_, wanted=((about, truth),))
        case Single(ir.Length()), Ordered():
            yield _Lists(type_, lengths=values)
        case _, Ordered():
            yield _Lists(type_, itself=values)


def _parts(lists: _Lists, about: About) -> Iterator[Values]:
    """What an axis can be for such lists."""
    match about:
        case Has():
            for truth in (True, False):
                if _is_possible(lists.type, lists.itself, (*lists.wanted, (about, truth)), lists.lengths):
                    yield named((truth,), TRUTHS)
        case Single(ir.Length()):
            for lengths in (MISSING, exactly(0), at_least(1)):
                if _is_possible(lists.type, lists.itself, lists.wanted, lengths.meet(lists.lengths)):
                    yield lengths
        case _:
            for itself in (MISSING, known()):
                if _is_possible(lists.type, itself.meet(lists.itself), lists.wanted, lists.lengths):
                    yield itself


def _is_possible(type_: TextList, itself: Ordered, wanted: Wanted, lengths: Ordered) -> bool:
    return choose(type_, itself, wanted, lengths) is not NoExample.NONE_FITS
