"""Boxes of a formula: for every axis a set of values, such that whoever has these values fulfils the formula.

In: formulas that must all hold. Out: boxes that cover everyone who fulfils them; none when nobody can. Promised: a box
is left out only when the axes themselves, or what they say of each other, rule it out. What is counted is steps, not
seconds, so a search ends alike on every machine.

The search narrows one box by every term that has one way left to hold, and splits where several are left: constraint
propagation over finite domains (Mackworth, Consistency in networks of relations, 1977).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from segdsl.overlap.cells import Corpus
from segdsl.overlap.formula import ALWAYS, All, Any, Formula, Least, Test, complement

Box = dict[int, int]


class TooHard(Exception):
    """The budget of steps is used up."""


class Budget:
    """So many steps for one question."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def spend(self, steps: int = 1) -> None:
        """Raises `TooHard` when nothing is left."""
        self.left -= steps
        if self.left < 0:
            raise TooHard


def boxes(
    corpus: Corpus, terms: Sequence[Formula], budget: Budget, start: Box | None = None, with_ties: bool = True
) -> Iterator[Box]:
    """Boxes in which all `terms` hold, each told apart from the others by some axis. Raises `TooHard`.

    Without ties every axis is taken to be free of the others: more boxes, found sooner.
    """
    box = dict(start or {})
    todo = _narrowed(corpus, box, list(terms), budget, with_ties)
    if todo is None:
        return
    if not todo:
        yield box
        return
    # The fewest ways first: what is decided early rules out the most.
    clause = min(todo, key=_ways)
    rest = [term for term in todo if term is not clause]
    for alternative in _alternatives(clause):
        yield from boxes(corpus, [*alternative, *rest], budget, box, with_ties)


def is_possible(corpus: Corpus, terms: Sequence[Formula], budget: Budget, start: Box | None = None) -> bool:
    """Whether some box is left. Raises `TooHard`."""
    return next(boxes(corpus, terms, budget, start), None) is not None


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What terms leave: a box, and those of them that it does not decide. There is some box in it."""

    box: Box
    open: list[Formula]

    def with_term(self, corpus: Corpus, term: Formula, budget: Budget) -> Narrowing | None:
        """What one more term leaves; None when that is nothing. Raises `TooHard`."""
        box = dict(self.box)
        open_ = _narrowed(corpus, box, [*self.open, term], budget, with_ties=True)
        if open_ is None or (open_ and next(boxes(corpus, open_, budget, box), None) is None):
            return None
        return Narrowing(box, open_)


def _ways(term: Formula) -> int:
    return len(term.terms) if isinstance(term, Any) else 1_000


def _alternatives(term: Formula) -> Iterator[list[Formula]]:
    """Ways for a term to hold. A way leaves out what the simple ways before it hold already."""
    match term:
        case Any(ways):
            before: list[Formula] = []
            for way in ways:
                yield [way, *before]
                if isinstance(way, Test):
                    before.append(complement(way))
        case Least(count, ways):
            first, others = ways[0], ways[1:]
            yield [first, _least(count - 1, others)]
            yield [_least(count, others)]
        case _:
            raise AssertionError(term)


def _least(count: int, terms: tuple[Formula, ...]) -> Formula:
    if count <= 0:
        return ALWAYS
    if count > len(terms):
        return Any(())
    if count == len(terms):
        return All(terms)
    return Any(terms) if count == 1 else Least(count, terms)


def narrowed(corpus: Corpus, terms: Sequence[Formula], budget: Budget) -> Box | None:
    """A box that holds everyone who fulfils all terms, maybe others, too; None when nobody does. Raises `TooHard`."""
    box: Box = {}
    return None if _narrowed(corpus, box, list(terms), budget, with_ties=False) is None else box


def _narrowed(corpus: Corpus, box: Box, todo: list[Formula], budget: Budget, with_ties: bool) -> list[Formula] | None:
    """The terms that are still open once all others have narrowed `box`; None when nothing is left of it."""
    while True:
        open_: list[Formula] = []
        changed: list[int] = []
        while todo:
            budget.spend()
            match todo.pop():
                case Test() as test:
                    number, mask = corpus.encoded(test)
                    had = box.get(number, corpus.cells[number].full)
                    now = had & mask
                    if not now:
                        return None
                    if now != had:
                        box[number] = now
                        changed.append(number)
                case All(terms):
                    todo.extend(terms)
                case term:
                    open_.append(term)
        if with_ties and changed and not _tied(corpus, box, changed, budget):
            return None
        left: list[Formula] = []
        for term in open_:
            simpler = _simplified(corpus, box, term)
            if simpler is None:
                return None
            if isinstance(simpler, (Test, All)):
                todo.append(simpler)
            else:
                left.append(simpler)
        if not todo:
            return left
        todo += left


def _simplified(corpus: Corpus, box: Box, term: Formula) -> Formula | None:
    """The term without the parts that `box` decides: `ALWAYS` itself when all are; None when it cannot hold in it."""
    if isinstance(term, Test):
        number, mask = corpus.encoded(term)
        had = box.get(number)
        if had is None:
            had = corpus.cells[number].full
        return None if not had & mask else ALWAYS if not had & ~mask else term
    kept: list[Formula] = []
    match term:
        case All(terms):
            for each in terms:
                simpler = _simplified(corpus, box, each)
                if simpler is None:
                    return None
                if simpler is not ALWAYS:
                    kept.append(simpler)
            return All(tuple(kept)) if len(kept) > 1 else kept[0] if kept else ALWAYS
        case Any(terms):
            for each in terms:
                simpler = _simplified(corpus, box, each)
                if simpler is ALWAYS:
                    return simpler
                if simpler is not None:
                    kept.append(simpler)
            return Any(tuple(kept)) if len(kept) > 1 else kept[0] if kept else None
        case Least(count, terms):
            for each in terms:
                simpler = _simplified(corpus, box, each)
                if simpler is ALWAYS:
                    count -= 1
                elif simpler is not None:
                    kept.append(simpler)
            return None if count > len(kept) else _least(count, tuple(kept))


def _tied(corpus: Corpus, box: Box, changed: list[int], budget: Budget) -> bool:
    """Narrows `box` by what its axes say of each other; whether something is left of it."""
    waiting = list(dict.fromkeys(changed))
    while waiting:
        first = waiting.pop()
        for second in corpus.group(first):
            if second == first:
                continue
            budget.spend()
            had = box.get(second, corpus.cells[second].full)
            now = had & corpus.implied(first, box[first], second)
            if not now:
                return False
            if now != had:
                box[second] = now
                if second not in waiting:
                    waiting.append(second)
    return True
