"""Can there be such a customer? The question that all findings are made of, answered with proof or with an example.

In: claims, conditions that shall hold or shall not. Out: nobody, with the tests that rule everybody out; or an example
that the reference evaluator has accepted; or unknown, with the reason. Promised: nobody is a proof for every data set
that keeps the catalog's declarations and every `as_of`; an example is one customer in such a data set at one moment;
the same question has the same answer on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property
from itertools import chain
from typing import Any, TypeVar
from typing import Literal as OneOf
from zoneinfo import ZoneInfo

from segdsl.overlap import moments
from segdsl.overlap.axes import Aggregate, Count, RowSet, Standing, Time
from segdsl.overlap.cells import Corpus
from segdsl.overlap.company import companies
from segdsl.overlap.digests import Digests
from segdsl.overlap.domains import Ordered, first_whole
from segdsl.overlap.formula import NEVER, All, Formula, Test, complement, tests
from segdsl.overlap.histories import Histories
from segdsl.overlap.normalize import Normalizer
from segdsl.overlap.rows import CannotBuild
from segdsl.overlap.search import Box, Budget, TooHard, boxes, is_possible
from segdsl.overlap.witness import Builder, Example, compares
from segdsl.semantics import ir
from segdsl.semantics.calendar import Clock
from segdsl.semantics.evaluate import BadKeys, BadMoment, BadValue, truths
from segdsl.semantics.types import Date
from segdsl.source import NOWHERE

T = TypeVar("T")

# What one question may cost, in steps of the search; and how many boxes are tried for an example.
STEPS = 60_000
# For the questions that all members of a group take part in.
STEPS_FOR_GROUP = 2_000_000
MOST_BOXES = 40
MOST_MOMENTS = 12
# On the first of these, so many months ago are few days (as in February) or many ago.
LONG_OR_SHORT = (3, 5, 9, 10)
# Where no definition names a day, examples are made for this one.
DEFAULT_DAY = date(2026, 1, 15)

Why = OneOf["too many cases", "no example found", "looks at everyone", "a condition that is not looked into"]


@dataclass(frozen=True, slots=True)
class Claim:
    """A condition on rows of an entity that shall hold, or shall not."""

    condition: ir.Condition
    holds: bool = True


@dataclass(frozen=True, slots=True)
class Nobody:
    """No customer can keep all claims. `because`: enough of the tests in them to rule everybody out, as written."""

    because: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Somebody:
    """This customer keeps all claims."""

    example: Example


@dataclass(frozen=True, slots=True)
class Unknown:
    """Neither was found."""

    why: str


Answer = Nobody | Somebody | Unknown


def within(segment: str, holds: bool = True) -> Claim:
    """The claim that a row is in a segment, or is not."""
    return Claim(ir.InSegment(segment, span=NOWHERE), holds)


class Analysis:
    """Questions about one program."""

    def __init__(self, program: ir.Program) -> None:
        self.program = program
        self.normalizer = Normalizer(program)
        self.histories = Histories(self.normalizer)

    @cached_property
    def digests(self) -> Digests:
        return Digests(self.program)

    def ask(self, entity: str, claims: Sequence[Claim], steps: int = STEPS) -> Answer:
        """Whether some row of `entity` keeps all claims."""
        terms = self.terms(entity, claims)
        if NEVER in terms:
            return Nobody(())
        corpus = self.histories.corpus(*terms)
        budget = Budget(steps)
        doubts: list[str] = []
        try:
            for tried, box in enumerate(boxes(corpus, terms, budget)):
                if tried == MOST_BOXES:
                    return Unknown("too many cases")
                found = self._example(entity, claims, terms, corpus, box)
                if isinstance(found, Example):
                    return Somebody(found)
                if found:
                    doubts.append(found)
        except TooHard:
            return Unknown("too many cases")
        return Unknown(doubts[0]) if doubts else Nobody(self._reason(corpus, terms))

    def proof(self, entity: str, claims: Sequence[Claim], steps: int = STEPS) -> Nobody | None:
        """The proof that no row of `entity` keeps all claims, where one is found; examples are not looked for."""
        terms = self.terms(entity, claims)
        if NEVER in terms:
            return Nobody(())
        corpus = self.histories.corpus(*terms)
        return None if self._may_be(corpus, terms, steps) else Nobody(self._reason(corpus, terms))

    def may_be(self, entity: str, claims: Sequence[Claim], steps: int = STEPS) -> bool:
        """Whether no proof is found that nobody keeps all claims: the same question, without the reason."""
        terms = self.terms(entity, claims)
        return NEVER not in terms and self._may_be(self.histories.corpus(*terms), terms, steps)

    def once(self, kind: str, segments: Sequence[str], is_one: Callable[[Any], bool], work_out: Callable[[], T]) -> T:
        """What is worked out about `segments`, plain data: kept where answers are, if `is_one` knows it again."""
        return work_out()

    def terms(self, entity: str, claims: Sequence[Claim]) -> list[Formula]:
        """What holds of a row of `entity` that keeps all claims."""
        return [self.normalizer.seen(entity), *(self.formula(entity, claim) for claim in claims)]

    def formula(self, entity: str, claim: Claim) -> Formula:
        """Who keeps a claim."""
        found = self.normalizer.condition(claim.condition, entity)
        return found if claim.holds else complement(found)

    # --- examples -------------------------------------------------------------------------------------

    def _example(
        self, entity: str, claims: Sequence[Claim], terms: Sequence[Formula], corpus: Corpus, box: Box
    ) -> Example | str:
        """A customer of the box whom the evaluator accepts; else why not, or nothing where the box turns out empty."""
        why = "no example found"
        for clock in self._clocks(terms, _days_of(corpus, box)):
            try:
                found = self._built(entity, claims, corpus, box, clock)
                if found is not None:
                    return found
            except CannotBuild as error:
                if error.impossible:
                    return ""
                why = error.why
            except moments.NoneFits:
                why = "no moment was found at which all its windows fit"
            except (BadKeys, BadValue, BadMoment, OverflowError):
                continue
        return why

    def _built(self, entity: str, claims: Sequence[Claim], corpus: Corpus, box: Box, clock: Clock) -> Example | None:
        """The example as it is built, with as few rows as will do. Raises as `Builder` does."""
        builder = Builder(self.histories, clock)
        example = builder.example(entity, corpus, box)
        whole = {name: [dict(row) for row in rows] for name, rows in example.world.items()}
        builder.merge()
        tried: Iterator[Example] = iter((example, replace(example, world=whole)))
        abouts = [corpus.axes[number].about for number in box]
        if any(map(compares, abouts)):
            tried = chain(tried, companies(example, self.program.catalog, _ranks(corpus, box)))
        return next((each for each in tried if self.accepts(entity, claims, each)), None)

    def accepts(self, entity: str, claims: Sequence[Claim], example: Example) -> bool:
        """Whether the reference evaluator says of the example what is claimed."""
        conditions = [claim.condition for claim in claims]
        found = truths(self.program, entity, conditions, example.world, example.key, example.as_of)
        return found == [claim.holds for claim in claims] and any_row(example)

    def _clocks(self, terms: Sequence[Formula], allowed: Ordered | None) -> Iterator[Clock]:
        """Moments at which an example may be there: one for all, and others around the days that definitions name.

        Where conditions look at the day itself, only days `allowed` by them, their edges among these.
        """
        zone = ZoneInfo(self.program.timezone)
        noon = datetime(DEFAULT_DAY.year, DEFAULT_DAY.month, DEFAULT_DAY.day, 12)
        first = Clock(noon.replace(tzinfo=zone).astimezone(UTC), zone, self.program.week_starts)
        days, offsets = named_times(terms)
        tried = moments.suggested(first, days, offsets, False)[:MOST_MOMENTS]
        tried += [_noon(date(first.today.year, month, 1).toordinal(), zone) for month in LONG_OR_SHORT]
        if allowed is not None:
            tried = [moment for moment in tried if allowed.holds(moment.astimezone(zone).toordinal())]
            tried += [_noon(day, zone) for day in _edges(allowed) if 400 <= day <= date.max.toordinal() - 400]
        for moment in tried:
            yield Clock(moment, zone, self.program.week_starts)

    # --- proofs ---------------------------------------------------------------------------------------

    def _reason(self, corpus: Corpus, terms: Sequence[Formula]) -> tuple[Test, ...]:
        """The tests that a proof needs: terms that can be left out are, then single tests of those that stay."""
        needed = list(terms)
        for term in terms:
            fewer = [each for each in needed if each is not term]
            if not self._may_be(corpus, fewer):
                needed = fewer
        parts = [part for term in needed for part in (term.terms if isinstance(term, All) else (term,))]
        for part in list(parts):
            fewer = [each for each in parts if each is not part]
            if not self._may_be(corpus, fewer):
                parts = fewer
        return tuple(dict.fromkeys(test for part in parts for test in tests(part)))

    def _may_be(self, corpus: Corpus, terms: Sequence[Formula], steps: int = STEPS) -> bool:
        try:
            return is_possible(corpus, terms, Budget(steps))
        except TooHard:
            return True


def _ranks(corpus: Corpus, box: Box) -> tuple[int, ...]:
    """How many others must come before a row that is not among so many of the best."""
    found: dict[int, None] = {}
    for number, mask in box.items():
        axis = corpus.axes[number]
        values = corpus.cells[number].values(mask)
        if isinstance(axis.about, Standing) and axis.about.measure == "count" and isinstance(values, Ordered):
            found.update((int(low[0]), None) for low, _ in values.stretches() if low is not None)
    return tuple(found)


def any_row(example: Example) -> bool:
    return bool(example.world.get(example.entity))


def _days_of(corpus: Corpus, box: Box) -> Ordered | None:
    """The days (as ordinals) that `today` may be in a box; None where nothing is asked of it."""
    for number, mask in box.items():
        axis = corpus.axes[number]
        if isinstance(axis.about, Time) and isinstance(axis.about.value, ir.Today) and axis.about.family == "written":
            values = corpus.cells[number].values(mask)
            assert isinstance(values, Ordered), "days are ordered"
            return values
    return None


def _edges(days: Ordered) -> Iterator[int]:
    """The first and the last day of each stretch."""
    for start, end in days.stretches():
        yield from () if start is None else (first_whole(start),)
        yield from () if end is None else (first_whole(end) - 1,)


def _noon(day: int, zone: ZoneInfo) -> datetime:
    at = date.fromordinal(day)
    return datetime(at.year, at.month, at.day, 12, tzinfo=zone).astimezone(UTC)


def named_times(terms: Iterable[Formula]) -> tuple[list[int], list[int]]:
    """The days that formulas name (as ordinals), and how many days away their moving windows reach."""
    days: dict[int, None] = {}
    offsets: dict[int, None] = {}
    waiting = list(terms)
    seen: set[RowSet] = set()
    while waiting:
        for test in tests(waiting.pop()):
            match test.axis.about:
                case Time(value, family):
                    assert isinstance(test.values, Ordered)
                    for place, _ in test.values.cuts:
                        if family == "written":
                            days[int(place) if isinstance(value.type, Date) else int(place) // moments.DAY + 1] = None
                        elif family in ("days", "months"):
                            offsets[int(place) if family == "days" else int(place) * 487 // 16] = (
                                None  # a month is 30 7/16 days long
                            )
                case Count(rows) | Aggregate(_, rows) if rows not in seen:
                    seen.add(rows)
                    waiting.append(rows.where)
    return list(days), list(offsets)
