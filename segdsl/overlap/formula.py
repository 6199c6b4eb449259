"""Conditions as sets: tests on axes, joined by all, any and at least so many. There is no `not`: tests have it inside.

Formulas are values; parts that several segments share are shared, and every pass over them remembers what it has seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from segdsl.overlap.axes import Axis
from segdsl.overlap.domains import Values, join, meet
from segdsl.source import NOWHERE, Span


class _Remembered:
    """Formulas are looked up again and again: each counts its hash once, and is turned around once."""

    def content(self) -> tuple[object, ...]:
        raise NotImplementedError

    def remembered(self) -> int:
        found: int | None = self.__dict__.get("_hash")
        if found is None:
            found = self.__dict__["_hash"] = hash((type(self).__name__, *self.content()))
        return found


@dataclass(frozen=True)
class Test(_Remembered):
    """The row's value on the axis is one of `values`. Neither nobody nor everybody fulfils it."""

    axis: Axis
    values: Values
    span: Span = field(default=NOWHERE, compare=False, repr=False)
    __hash__ = _Remembered.remembered

    def content(self) -> tuple[object, ...]:
        return self.axis, self.values


@dataclass(frozen=True)
class All(_Remembered):
    """Every one of the terms holds; of none, always."""

    terms: tuple[Formula, ...]
    __hash__ = _Remembered.remembered

    def content(self) -> tuple[object, ...]:
        return self.terms


@dataclass(frozen=True)
class Any(_Remembered):
    """One of the terms holds; of none, never."""

    terms: tuple[Formula, ...]
    __hash__ = _Remembered.remembered

    def content(self) -> tuple[object, ...]:
        return self.terms


@dataclass(frozen=True)
class Least(_Remembered):
    """At least `count` of the terms hold: more than one and fewer than all."""

    count: int
    terms: tuple[Formula, ...]
    __hash__ = _Remembered.remembered

    def content(self) -> tuple[object, ...]:
        return self.count, *self.terms


Formula = Test | All | Any | Least

ALWAYS = All(())
NEVER = Any(())


def test(axis: Axis, values: Values, span: Span = NOWHERE) -> Formula:
    """The test that the value is one of `values`, as far as the axis can have them."""
    possible = meet(values, axis.all)
    if possible.is_empty:
        return NEVER
    return ALWAYS if possible == axis.all else Test(axis, possible, span)


def all_of(terms: Iterable[Formula]) -> Formula:
    flat: dict[Formula, None] = {}
    for term in terms:
        if term == NEVER:
            return NEVER
        flat.update(dict.fromkeys(term.terms if isinstance(term, All) else (term,)))
    return next(iter(flat)) if len(flat) == 1 else All(tuple(flat))


def any_of(terms: Iterable[Formula]) -> Formula:
    """One of the terms holds. Tests on one axis are one test of all of their values."""
    flat: dict[Formula, None] = {}
    on_axis: dict[Axis, Test] = {}
    for term in terms:
        if term == ALWAYS:
            return ALWAYS
        for each in term.terms if isinstance(term, Any) else (term,):
            if isinstance(each, Test) and each.axis in on_axis:
                joined = _joined(on_axis[each.axis], each)
                if not isinstance(joined, Test):
                    return ALWAYS
                flat = {joined if other is on_axis[each.axis] else other: None for other in flat}
                on_axis[each.axis] = joined
                continue
            if isinstance(each, Test):
                on_axis[each.axis] = each
            flat[each] = None
    return next(iter(flat)) if len(flat) == 1 else Any(tuple(flat))


def _joined(first: Test, second: Test) -> Formula:
    span = first.span
    if second.span.source == span.source and span.source.name:
        start, end = min(span.start, second.span.start), max(span.end, second.span.end)
        span = replace(span, start=start, end=end)
    return test(first.axis, join(first.values, second.values), span)


def at_least(count: int, terms: Iterable[Formula]) -> Formula:
    """At least `count` of the terms hold, each for itself: equal ones count as often as they are given."""
    open_: list[Formula] = []
    for term in terms:
        if term == ALWAYS:
            count -= 1
        elif term != NEVER:
            open_.append(term)
    if count <= 0:
        return ALWAYS
    if count > len(open_):
        return NEVER
    if count == len(open_):
        return all_of(open_)
    return any_of(open_) if count == 1 else Least(count, tuple(open_))


def complement(formula: Formula) -> Formula:
    """Everyone whom `formula` leaves out, those of whom something is missing among them."""
    found: Formula | None = formula.__dict__.get("_complement")
    if found is None:
        found = formula.__dict__["_complement"] = _turned_around(formula)
    return found


def _turned_around(formula: Formula) -> Formula:
    match formula:
        case Test(axis, values, span):
            return test(axis, values.complement(), span)
        case All(terms):
            return any_of(map(complement, terms))
        case Any(terms):
            return all_of(map(complement, terms))
        case Least(count, terms):
            return at_least(len(terms) - count + 1, map(complement, terms))


def tests(formula: Formula) -> Iterator[Test]:
    """The tests in a formula, as written, each place of it once."""
    waiting = [formula]
    while waiting:
        match waiting.pop():
            case Test() as found:
                yield found
            case All(terms) | Any(terms) | Least(_, terms):
                waiting.extend(reversed(terms))
