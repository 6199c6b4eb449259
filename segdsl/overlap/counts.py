"""How many rows of which kind: numbers of rows that several overlapping conditions must have, solved exactly.

A row fulfils some of the conditions and none of the others; such a kind is there when a row can be of it. The numbers
of rows of each kind are unknown whole numbers, and every condition bounds a sum of them: a system of linear inequations
over whole numbers, which z3 decides (de Moura and Bjørner, Z3: an efficient SMT solver, 2008).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from segdsl.overlap.cells import Corpus
from segdsl.overlap.domains import Ordered
from segdsl.overlap.formula import Formula, complement
from segdsl.overlap.rows import CannotBuild
from segdsl.overlap.search import Box, Budget, TooHard, boxes

# With more conditions than this there may be more kinds than are worth looking at.
MOST_CONDITIONS = 12
MOST_KINDS = 600
STEPS = 200_000
# z3's own measure of work: the same on every machine.
WORK = 2_000_000

Kind = tuple[Box, frozenset[int], int]


def solve(conditions: Sequence[Formula], allowed: Sequence[Ordered], corpus: Corpus) -> list[Kind]:
    """Kinds of rows with how many there are of each. Raises `CannotBuild`, `impossible` when there is no solution."""
    if len(conditions) > MOST_CONDITIONS:
        raise CannotBuild("too many conditions on rows meet")
    try:
        kinds = list(_kinds(conditions, corpus, Budget(STEPS)))
    except TooHard:
        raise CannotBuild("too many conditions on rows meet") from None
    import z3

    solver = z3.SolverFor("QF_LIA")
    solver.set("rlimit", WORK)
    numbers = [z3.Int(f"kind_{index}") for index in range(len(kinds))]
    solver.add(*(number >= 0 for number in numbers))
    for index, values in enumerate(allowed):
        total = z3.Sum([number for number, (_, inside) in zip(numbers, kinds, strict=True) if index in inside])
        ways = []
        for low, high in values.stretches():
            at_least = total >= int(low[0]) + low[1] if low is not None else z3.BoolVal(True)
            below = total < int(high[0]) + high[1] if high is not None else z3.BoolVal(True)
            ways.append(z3.And(at_least, below))
        solver.add(z3.Or(ways))
    match solver.check():
        case z3.unsat:
            raise CannotBuild("no numbers of rows fit together", impossible=True)
        case z3.sat:
            model = solver.model()
            found = [model.eval(number, model_completion=True).as_long() for number in numbers]
            return [(box, inside, times) for (box, inside), times in zip(kinds, found, strict=True) if times]
    raise CannotBuild("no numbers of rows were found in time")


def _kinds(conditions: Sequence[Formula], corpus: Corpus, budget: Budget) -> Iterator[tuple[Box, frozenset[int]]]:
    """Every choice of conditions that one row may fulfil together, and no other."""
    waiting: list[tuple[list[Formula], frozenset[int]]] = [([], frozenset())]
    found = 0
    while waiting:
        terms, inside = waiting.pop()
        if next(boxes(corpus, terms, budget), None) is None:
            continue
        index = len(terms)
        if index == len(conditions):
            found += 1
            if found > MOST_KINDS:
                raise TooHard
            yield next(boxes(corpus, terms, budget)), inside
            continue
        waiting.append(([*terms, complement(conditions[index])], inside))
        waiting.append(([*terms, conditions[index]], inside | {index}))
