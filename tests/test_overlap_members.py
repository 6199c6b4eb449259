"""What a list's members and their number say of each other, against all short lists of a few texts."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segdsl.overlap import members
from segdsl.overlap.axes import EITHER, Axis, Has, Single, or_missing, universe
from segdsl.overlap.domains import FALSE, TRUE, Ordered, Values, at_least, at_most, exactly, join, known
from segdsl.overlap.examples import NoExample
from segdsl.semantics import ir
from segdsl.semantics.evaluate import fold
from segdsl.semantics.types import Number, TextList
from segdsl.source import NOWHERE

ANY, CLOSED = TextList(), TextList(("yoga", "Yoga", "run"))
# All spellings of `a`, and others; the closed list has its own three.
TEXTS = {ANY: ("a", "A", "1", "b", "B", "zz"), CLOSED: CLOSED.values}
LISTS = {
    type_: [None, *(each for length in range(4) for each in product(texts, repeat=length))]
    for type_, texts in TEXTS.items()
}
MAYBE = Ordered((), True, True)


def tags(type_: TextList) -> ir.Column:
    return ir.Column((), "customer", "tags", type_, span=NOWHERE)


def axis(about: Has | Single) -> Axis:
    return Axis("customer", about, EITHER if isinstance(about, Has) else or_missing(universe(about.value.type)))


def length(type_: TextList) -> Single:
    return Single(ir.Length(tags(type_), Number(whole=True), span=NOWHERE))


def is_in(about: Has | Single, values: Values, found: tuple[str, ...] | None) -> bool:
    """Whether an axis is one of `values` for a list."""
    if isinstance(values, Ordered):
        counts = isinstance(about, Single) and isinstance(about.value, ir.Length)
        return values.holds(None if found is None else len(found) if counts else 0)
    assert isinstance(about, Has)
    return values.holds(has(about, found))


def has(about: Has, found: tuple[str, ...] | None) -> bool:
    texts = found or ()
    return fold(about.option) in map(fold, texts) if about.folded else about.option in texts


def hases(type_: TextList) -> st.SearchStrategy[Has]:
    options = st.sampled_from(("a", "A", "1", "b") if type_ is ANY else ("yoga", "Yoga", "YOGA", "run", "swim"))
    return st.builds(Has, st.just(tags(type_)), options, st.booleans())


LENGTHS = [at_least(2), at_most(1), exactly(0), exactly(3), join(exactly(0), at_least(3)), Ordered((), False, True)]
types = st.sampled_from([ANY, CLOSED])


@st.composite
def pairs(draw: st.DrawFn) -> tuple[TextList, Axis, Values, Axis]:
    """An axis, a set of its values, and another axis."""
    type_ = draw(types)
    abouts = st.one_of(hases(type_), st.just(Single(tags(type_))), st.just(length(type_)))
    one, other = draw(abouts), draw(abouts)
    if isinstance(one, Has):
        return type_, axis(one), draw(st.sampled_from([TRUE, FALSE, EITHER])), axis(other)
    sets = LENGTHS if isinstance(one.value, ir.Length) else [known(), Ordered((), False, True), MAYBE]
    return type_, axis(one), draw(st.sampled_from(sets)), axis(other)


@given(pairs())
@settings(derandomize=True, deadline=None, max_examples=400)
def test_what_is_implied_is_what_lists_show(pair: tuple[TextList, Axis, Values, Axis]) -> None:
    type_, one, values, other = pair
    implied = members.implied(one, values, other)
    assert isinstance(one.about, (Has, Single)) and isinstance(other.about, (Has, Single))
    there = [each for each in LISTS[type_] if is_in(one.about, values, each)]
    for each in there:
        assert is_in(other.about, implied, each), repr(each)
    for part in parts(other.about):
        if is_in_any(implied, part):
            assert any(is_in(other.about, part, each) for each in there), part


def parts(about: Has | Single) -> list[Values]:
    """What can be told apart on an axis."""
    if isinstance(about, Has):
        return [TRUE, FALSE]
    missing = Ordered((), False, True)
    return [missing, exactly(0), at_least(1)] if isinstance(about.value, ir.Length) else [missing, known()]


def is_in_any(values: Values, part: Values) -> bool:
    if isinstance(values, Ordered):
        assert isinstance(part, Ordered)
        return not values.meet(part).is_empty
    return not isinstance(part, Ordered) and not values.meet(part).is_empty


@given(
    types.flatmap(
        lambda type_: st.tuples(st.just(type_), st.lists(st.tuples(hases(type_), st.booleans()), max_size=5))
    ),
    st.sampled_from([known(), Ordered((), False, True), MAYBE]),
    st.sampled_from([*LENGTHS, MAYBE, known()]),
)
@settings(derandomize=True, deadline=None, max_examples=500)
def test_a_list_is_chosen_exactly_when_there_is_one(
    asked: tuple[TextList, list[tuple[Has, bool]]], itself: Ordered, lengths: Ordered
) -> None:
    type_, wanted = asked

    def fits(each: tuple[str, ...] | None) -> bool:
        agree = all(has(about, each) == truth for about, truth in wanted)
        return agree and is_in(Single(tags(type_)), itself, each) and is_in(length(type_), lengths, each)

    found = members.choose(type_, itself, wanted, lengths)
    there = [each for each in LISTS[type_] if fits(each)]
    if isinstance(found, NoExample):
        # Five texts of which four are different are more than the lists enumerated hold.
        assert found is NoExample.NONE_FITS and not there
    else:
        assert fits(found)
        assert found is None or set(found) <= set(CLOSED.values) or type_ is ANY
        known_ones = [each for each in there if each is not None]
        assert found is not None or not known_ones
        assert found is None or not known_ones or len(found) == min(map(len, known_ones))


def test_an_option_that_ignores_case_takes_a_spelling_that_is_allowed() -> None:
    wanted = [
        (Has(tags(ANY), "Ab", True), True),
        (Has(tags(ANY), "Ab", False), False),
        (Has(tags(ANY), "ab", False), False),
    ]
    assert members.choose(ANY, known(), wanted) == ("aB",)
    assert members.choose(ANY, known(), [*wanted, (Has(tags(ANY), "AB", True), False)]) is NoExample.NONE_FITS
    digits = [(Has(tags(ANY), "12", True), True), (Has(tags(ANY), "12", False), False)]
    assert members.choose(ANY, known(), digits) is NoExample.NONE_FITS


@pytest.mark.parametrize(
    ("type_", "lengths", "found"),
    [
        (ANY, exactly(3), ("a", "b", "c")),
        (CLOSED, exactly(4), ("Yoga", "run", "Yoga", "run")),
        (CLOSED, at_least(1), ("Yoga",)),
        (ANY, at_least(10**9), NoExample.GAVE_UP),
        (ANY, at_most(-1), NoExample.NONE_FITS),
    ],
)
def test_lists_are_filled_to_their_length(type_: TextList, lengths: Ordered, found: object) -> None:
    assert members.choose(type_, known(), [(Has(tags(type_), "yoga", False), False)], lengths) == found


def test_other_lists_say_nothing() -> None:
    one, other = axis(Has(tags(ANY), "a", False)), axis(Has(tags(CLOSED), "run", False))
    assert members.implied(one, TRUE, other) == EITHER
