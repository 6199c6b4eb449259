"""Samples as stretches of one axis for each salt, and keys whose places in them are as wanted.

Places come from a hash: those of different salts are free of each other, and a key is found by trying.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import chain, count, islice

from segdsl.overlap.axes import FROM_ZERO_TO_ONE, Axis, Share
from segdsl.overlap.domains import Listed, Ordered, Values, first_whole
from segdsl.overlap.examples import NoExample
from segdsl.semantics import ir
from segdsl.semantics.evaluate import Key, place_in_sample

# Keys tried: about half a second's worth with one salt.
BUDGET = 200_000


def axis(table: str, sample: ir.Sample) -> Axis:
    """The axis on which a sample of this table is a set of values, as `stretch` says."""
    return Axis(table, Share(sample.salt), FROM_ZERO_TO_ONE)


def stretch(sample: ir.Sample) -> Ordered:
    """The places of those who are in a sample."""
    ends = Ordered(((Fraction(sample.low), False),), False, False)
    return ends.meet(Ordered(((Fraction(sample.high), False),), True, False))


def choose_key(wanted: Mapping[str, Ordered], whole: bool, start: int, keys: Values | None = None) -> Key | NoExample:
    """A key whose place for each salt is one of those wanted: 1, 2, 3 ... when keys are `whole`, else c1, c2, c3 ...

    The search begins at `start`, so that several rows get different keys. `keys` are those allowed: places of whole
    numbers, or texts; where these are named, `start` says nothing. `NONE_FITS` comes only when no key can fit, or the
    keys allowed are few enough to try each of them.
    """
    if any(places.meet(FROM_ZERO_TO_ONE).is_empty for places in wanted.values()):
        return NoExample.NONE_FITS
    candidates: Iterator[Key] = _numbers(keys, start) if whole else _texts(keys, start)
    tried = 0
    for key in islice(candidates, BUDGET):
        tried += 1
        if all(places.holds(place_in_sample(salt, key)) for salt, places in wanted.items()):
            return key
    return NoExample.GAVE_UP if tried == BUDGET else NoExample.NONE_FITS


def _numbers(keys: Values | None, start: int) -> Iterator[int]:
    """The whole numbers allowed: those from `start` on, the least first, then those before it."""
    if keys is None:
        return count(start)
    assert isinstance(keys, Ordered), "whole numbers are ordered"
    ends = [(begin and first_whole(begin), end and first_whole(end)) for begin, end in keys.stretches()]
    return chain(
        chain.from_iterable(_upward(start if begin is None else max(begin, start), end) for begin, end in ends),
        chain.from_iterable(_downward(start if end is None else min(end, start), begin) for begin, end in ends[::-1]),
    )


def _upward(first: int, end: int | None) -> Iterator[int]:
    return count(first) if end is None else iter(range(first, end))


def _downward(end: int, last: int | None) -> Iterator[int]:
    return count(end - 1, -1) if last is None else iter(range(end - 1, last - 1, -1))


def _texts(keys: Values | None, start: int) -> Iterator[str]:
    """The texts allowed, the empty one last."""
    if keys is None:
        return (f"c{number}" for number in count(start))
    assert isinstance(keys, Listed), "texts are not ordered"
    if keys.others:
        return (text for text in (f"c{number}" for number in count(start)) if text not in keys.names)
    names = sorted(name for name in keys.names if isinstance(name, str))
    return iter([name for name in names if name] + [name for name in names if not name])
