"""What a text's value, length and patterns say of each other, against all short texts of a small alphabet."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segdsl.overlap import patterns, texts
from segdsl.overlap.axes import EITHER, Axis, Fits, Single, or_missing, universe
from segdsl.overlap.domains import TRUTHS, Listed, Ordered, Values, at_least, at_most, exactly, join, known, named
from segdsl.overlap.examples import NoExample
from segdsl.semantics import ir
from segdsl.semantics.evaluate import fold, text_matches
from segdsl.semantics.types import Number, Text
from segdsl.source import NOWHERE

NAME = ir.Column((), "customer", "name", Text(), span=NOWHERE)
TIER = ir.Column((), "customer", "tier", Text(("gold", "Gold", "silver", "")), span=NOWHERE)
# `İ` folds to `i` as `I` does, and `ß` is its own; `*` is a character where it is no pattern; `z` is any other one.
ALPHABET = "aAiIİ*z"
ALL = [""] + ["".join(each) for length in (1, 2, 3, 4) for each in product(ALPHABET, repeat=length)]
OPEN = Listed(frozenset(), True, True)
KINDS = ("starts", "ends", "contains", "matches", "equals")


def fits(kind: str, pattern: str, folded: bool = False, value: ir.Value = NAME) -> ir.TextMatch:
    return ir.TextMatch(value, kind, pattern, folded, span=NOWHERE)  # type: ignore[arg-type]


def about(test: ir.TextMatch) -> Axis:
    return Axis("customer", Fits(test), EITHER)


def single(value: ir.Value = NAME) -> Axis:
    return Axis("customer", Single(value), or_missing(universe(value.type)))


def length(value: ir.Value = NAME) -> Axis:
    counted = ir.Length(value, Number(whole=True), span=NOWHERE)
    return Axis("customer", Single(counted), or_missing(universe(counted.type)))


def seen(axis: Axis, text: str | None) -> str | bool | int | None:
    """What an axis is for a text."""
    match axis.about:
        case Fits(test):
            return text is not None and text_matches(test, text)
        case Single(ir.Length()):
            return None if text is None else len(text)
        case _:
            return text


def holds(values: Values, found: str | bool | int | None) -> bool:
    if isinstance(values, Ordered):
        assert not isinstance(found, str)
        return values.holds(found)
    assert found is None or isinstance(found, (str, bool))
    return values.holds(found)


tests = st.builds(fits, st.sampled_from(KINDS), st.text("aAiİ*?", max_size=3), st.booleans())
listed = st.builds(
    Listed, st.frozensets(st.sampled_from(ALL[:60]), max_size=4), st.booleans(), st.booleans(), st.none()
)
lengths = st.sampled_from(
    [at_least(2), at_most(1), exactly(0), exactly(3), join(exactly(0), at_least(3)), at_least(1, more=True), known()]
)
axes = st.one_of(tests.map(about), st.just(single()), st.just(length()))


@st.composite
def conditions(draw: st.DrawFn) -> tuple[Axis, Values]:
    """An axis about the name, and a set of its values."""
    axis = draw(axes)
    match axis.about:
        case Fits():
            return axis, draw(st.sampled_from([named((True,), TRUTHS), named((False,), TRUTHS)]))
        case Single(ir.Length()):
            return axis, draw(lengths)
        case _:
            return axis, draw(listed)


@given(conditions(), axes)
@settings(derandomize=True, deadline=None, max_examples=300)
def test_what_is_implied_holds_of_every_text(given_: tuple[Axis, Values], other: Axis) -> None:
    axis, values = given_
    implied = texts.implied(axis, values, other)
    for text in (None, *ALL):
        if holds(values, seen(axis, text)):
            assert holds(implied, seen(other, text)), repr(text)


@given(conditions(), tests)
@settings(derandomize=True, deadline=None, max_examples=300)
def test_no_truth_of_a_pattern_is_implied_but_those_there_are(given_: tuple[Axis, Values], test: ir.TextMatch) -> None:
    axis, values = given_
    implied = texts.implied(axis, values, about(test))
    there = {seen(about(test), text) for text in (None, *ALL) if holds(values, seen(axis, text))}
    for truth in (True, False):
        if implied.holds(truth) and truth not in there:
            # Only texts longer than those enumerated, or with other characters, can be what it is about.
            ways: list[list[tuple[ir.TextMatch, bool]]] = [[(test, truth)]]
            if isinstance(axis.about, Fits) and isinstance(values, Listed):
                ways = [[(axis.about.test, bool(each)), (test, truth)] for each in sorted(values.names)]
            allowed = values if isinstance(axis.about, Single) and isinstance(values, Listed) else OPEN
            counted = values if isinstance(values, Ordered) else Ordered((), True, True)
            longer = [texts.choose(OPEN, allowed, wanted, counted) for wanted in ways]
            found = next(each for each in longer if not isinstance(each, NoExample))
            assert found not in ALL
            assert holds(values, seen(axis, found)) and seen(about(test), found) == truth


@given(st.lists(st.tuples(tests, st.booleans()), max_size=4), listed, st.one_of(st.just(texts.ANY_LENGTH), lengths))
@settings(derandomize=True, deadline=None, max_examples=500)
def test_a_text_is_chosen_exactly_when_there_is_one(
    wanted: list[tuple[ir.TextMatch, bool]], allowed: Listed, counted: Ordered
) -> None:
    def fitting() -> Iterator[str]:
        for text in ALL:
            agree = all(text_matches(test, text) == truth for test, truth in wanted)
            if agree and allowed.holds(text) and counted.holds(len(text)):
                yield text

    found = texts.choose(OPEN, allowed, wanted, counted)
    assert found is not NoExample.GAVE_UP
    first = next(fitting(), None)
    if isinstance(found, str):
        agree = all(text_matches(test, found) == truth for test, truth in wanted)
        assert agree and allowed.holds(found) and counted.holds(len(found))
        if first:
            assert 0 < len(found) <= len(first), "the shortest one, but for the empty one"
    else:
        assert first is None
        is_possible = allowed.missing and counted.missing and not any(truth for _, truth in wanted)
        assert found is (None if is_possible else NoExample.NONE_FITS)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ([], "a"),
        ([(fits("starts", "In"), True)], "In"),
        ([(fits("starts", "a"), False)], "b"),
        ([(fits("starts", "ab"), True), (fits("ends", "ba"), True)], "aba"),
        ([(fits("contains", "x"), True), (fits("equals", "x"), False)], "ax"),
        ([(fits("contains", "@", True), True), (fits("matches", "??*@*.com"), True)], "aa@.com"),
        ([(fits("equals", "ii", True), True), (fits("contains", "i"), False)], "II"),
        ([(fits("equals", "k", True), True), (fits("equals", "k"), False), (fits("equals", "K"), False)], "\u212a"),
        ([(fits("matches", "?*"), False)], ""),
        ([(fits("matches", "*"), False)], None),
        ([(fits("starts", "a"), True), (fits("starts", "b"), True)], NoExample.NONE_FITS),
        ([(fits("matches", "a*b"), True), (fits("ends", "B", True), False)], NoExample.NONE_FITS),
        ([(fits("equals", "1", True), True), (fits("equals", "1"), False)], NoExample.NONE_FITS),
    ],
)
def test_the_plainest_of_the_shortest_texts(
    wanted: list[tuple[ir.TextMatch, bool]], found: str | NoExample | None
) -> None:
    assert texts.choose(OPEN, OPEN, wanted) == found


def test_no_text_that_is_ruled_out_is_chosen() -> None:
    assert texts.choose(OPEN, Listed(frozenset(patterns.PLAIN), True, False), [(fits("matches", "?"), True)]) == "À"
    two = [(fits("matches", "??"), True), (fits("starts", "a"), True)]
    assert texts.choose(OPEN, Listed(frozenset({"aa", "ab", "b"}), True, False), two) == "ac"


def test_closed_lists_are_all_there_is() -> None:
    folded = about(fits("equals", "gold", True, TIER))
    everything = single(TIER).all
    assert isinstance(everything, Listed)
    assert texts.implied(folded, named((True,), TRUTHS), single(TIER)) == named(("gold", "Gold"), everything.universe)
    short = about(fits("matches", "?", False, TIER))
    assert texts.implied(short, named((True,), TRUTHS), single(TIER)).is_empty
    assert texts.implied(single(TIER), everything, short) == named((False,), TRUTHS)
    assert texts.implied(single(TIER), named(("gold", ""), everything.universe), length(TIER)) == join(
        exactly(0), exactly(4)
    )
    assert texts.choose(everything, everything, [(fits("contains", "l", False, TIER), False)]) == ""


def test_few_texts_are_named() -> None:
    folded = about(fits("equals", "iA", True))
    spelled = {"iA", "ia", "IA", "Ia", "İA", "İa"}
    assert texts.implied(folded, named((True,), TRUTHS), single()) == named(spelled)
    assert texts.implied(folded, named((False,), TRUTHS), single()) == named(spelled).complement()
    some = about(fits("matches", "?*"))
    assert texts.implied(some, named((False,), TRUTHS), single()) == or_missing(named(("",)))
    assert texts.implied(some, named((True,), TRUTHS), single()) == Listed(frozenset({""}), True, False)
    assert texts.implied(length(), exactly(0), single()) == named(("",))
    assert texts.implied(some, named((True,), TRUTHS), length()) == at_least(1)


def test_texts_of_others_say_nothing() -> None:
    one, other = about(fits("equals", "a")), about(fits("equals", "b", value=TIER))
    assert texts.implied(one, named((True,), TRUTHS), other) == EITHER
    elsewhere = Axis("order", one.about, EITHER)
    assert texts.implied(one, named((True,), TRUTHS), elsewhere) == EITHER


def test_a_search_that_is_too_long_says_so_or_guesses() -> None:
    many = [
        (fits("contains", f"{letter}?{letter}".replace("?", str(n))), True)
        for n, letter in enumerate("abcdefghijkl" * 3)
    ]
    found = texts.choose(OPEN, OPEN, many)
    assert isinstance(found, str) and all(text_matches(test, found) for test, _ in many)
    unguessable = [
        *many,
        (fits("contains", many[0][0].pattern + many[1][0].pattern), False),
        (fits("contains", " "), False),
    ]
    assert texts.choose(OPEN, OPEN, unguessable) is NoExample.GAVE_UP


@cache
def everything_that_folds() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for code in range(0x110000):
        found.setdefault(fold(chr(code)), set()).add(chr(code))
    return found


def test_spellings_are_all_that_fold_to_one() -> None:
    for folded, chars in everything_that_folds().items():
        for char in chars if len(chars) > 1 else ():
            assert set(patterns.spellings(char)) == chars
        assert len(patterns.spellings(folded)) == len(chars)
