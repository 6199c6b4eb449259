"""Samples as sets of places, and keys that are in some samples and not in others."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from segdsl.overlap import shares
from segdsl.overlap.axes import FROM_ZERO_TO_ONE
from segdsl.overlap.domains import (
    Listed,
    Ordered,
    Values,
    at_least,
    at_most,
    exactly,
    is_within,
    join,
    named,
)
from segdsl.overlap.examples import NoExample
from segdsl.semantics import ir
from segdsl.semantics.evaluate import Key, place_in_sample
from segdsl.source import NOWHERE


def sample(low: str, high: str, salt: str = "holdout") -> ir.Sample:
    return ir.Sample(salt, Decimal(low), Decimal(high), span=NOWHERE)


def test_samples_of_one_salt_are_stretches_of_one_axis() -> None:
    small, large, rest = (shares.stretch(sample(*ends)) for ends in (("0", "0.1"), ("0", "0.3"), ("0.3", "1")))
    assert is_within(small, large)
    assert small.meet(rest).is_empty
    assert join(large, rest) == FROM_ZERO_TO_ONE
    assert shares.axis("customer", sample("0", "0.1")) == shares.axis("customer", sample("0.5", "1"))
    assert shares.axis("customer", sample("0", "1")) != shares.axis("customer", sample("0", "1", "other"))


def test_a_key_is_in_the_stretch_when_it_is_in_the_sample() -> None:
    for key in range(1, 200):
        place = place_in_sample("holdout", key)
        for low, high in (("0", "0.25"), ("0.25", "0.5"), ("0.5", "1")):
            assert shares.stretch(sample(low, high)).holds(place) == (Decimal(low) <= place < Decimal(high))


def test_the_low_end_is_in_and_the_high_end_is_not() -> None:
    middle = shares.stretch(sample("0.1", "0.3"))
    assert middle.holds(Fraction(1, 10)) and not middle.holds(Fraction(3, 10))


@pytest.mark.parametrize("whole", [True, False])
def test_a_key_is_found_for_several_salts(whole: bool) -> None:
    wanted = {"a": shares.stretch(sample("0", "0.01")), "b": shares.stretch(sample("0.99", "1")), "c": FROM_ZERO_TO_ONE}
    first = shares.choose_key(wanted, whole, 1)
    assert isinstance(first, int if whole else str)
    assert all(places.holds(place_in_sample(salt, first)) for salt, places in wanted.items())
    number = first if isinstance(first, int) else int(first.removeprefix("c"))
    second = shares.choose_key(wanted, whole, number + 1)
    assert second != first and not isinstance(second, NoExample)


NOBODY = {"a": Ordered(((2, False),), False, False)}
HALF = {"a": shares.stretch(sample("0", "0.5"))}
FEW = {"a": shares.stretch(sample("0", "0.00000001"))}


@pytest.mark.parametrize(
    ("wanted", "whole", "start", "keys", "found"),
    [
        ({}, True, 1, None, 1),
        ({}, True, 7, None, 7),
        ({}, False, 7, None, "c7"),
        ({}, True, 1, at_least(4711), 4711),
        ({}, True, 1, at_most(-3), -3),
        ({}, True, 1, join(exactly(-2), exactly(0)), 0),
        ({}, True, 5, join(exactly(1), exactly(3)), 3),
        ({}, True, 1, at_least(Fraction(5, 2)), 3),
        ({}, False, 1, Listed(frozenset({"c1", "c2"}), True, False), "c3"),
        ({}, False, 1, named(("", "z", "x")), "x"),
        ({}, False, 1, named(("",)), ""),
        ({}, False, 1, named(()), NoExample.NONE_FITS),
        ({}, True, 1, exactly(Fraction(1, 2)), NoExample.NONE_FITS),
        (NOBODY, True, 1, None, NoExample.NONE_FITS),
        (FEW, True, 1, None, NoExample.GAVE_UP),
        (FEW, True, 1, at_least(1).meet(at_most(100)), NoExample.NONE_FITS),
        (FEW, False, 1, named(("x", "y")), NoExample.NONE_FITS),
    ],
)
def test_keys_that_are_allowed(
    wanted: dict[str, Ordered], whole: bool, start: int, keys: Values | None, found: Key | NoExample
) -> None:
    assert shares.choose_key(wanted, whole, start, keys) == found


def test_each_of_the_keys_allowed_is_tried() -> None:
    fitting = [key for key in range(1, 30) if place_in_sample("a", key) < Fraction(1, 2)]
    last = fitting[-1]
    only = at_least(last).meet(at_most(29))
    assert shares.choose_key(HALF, True, 1, only) == last == shares.choose_key(HALF, True, 100, only)
