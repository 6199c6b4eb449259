"""How many rows of each of some kinds, and what they come to: few inequations over whole numbers.

In: kinds of rows with what each may add, and bounds on what is added. Out: numbers that keep them all, few rows if that
will do, or None: then these kinds cannot keep them, or it was not found out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from segdsl.overlap.counts import WORK, Said, added, times, whole

if TYPE_CHECKING:
    import z3

FEW_ROWS = 12


@dataclass(frozen=True, slots=True)
class Ingredient:
    """Rows that count for `inside`, as bits; each adds to total number n at least `least[n]`, at most `most[n]`."""

    inside: int
    least: tuple[int, ...]
    most: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Bound:
    """At least `low` and at most `high` rows that count for a bit; or, with `total`, what they add to that one."""

    bit: int
    low: int
    high: int | None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Dose:
    """So many rows of a kind, and what they add to each total."""

    rows: int
    totals: tuple[int, ...]


def mixed(
    ingredients: Sequence[Ingredient], bounds: Sequence[Bound], most_rows: int, context: z3.Context
) -> list[Dose] | None:
    """A dose of each ingredient. The numbers may depend on what was asked in the context before."""
    import z3

    totals = range(len(ingredients[0].least) if ingredients else 0)
    names = [f"rows_{number}" for number in range(len(ingredients))]
    declared = [*names, *(_total(number, total) for number in range(len(ingredients)) for total in totals)]
    said = [*_laws(ingredients), *(_kept(ingredients, bound) for bound in bounds)]
    said += [f"(<= {added(names)} {most_rows})", f"(=> few (<= {added(names)} {FEW_ROWS}))"]
    text = "".join([*(f"(declare-const {name} Int)" for name in declared), *(f"(assert {each})" for each in said)])
    solver = z3.SolverFor("QF_LIA", ctx=context)
    solver.set("rlimit", WORK)
    solver.from_string("(declare-const few Bool)" + text)
    if str(solver.check(z3.Bool("few", context))) != "sat" and str(solver.check()) != "sat":
        return None
    model = solver.model()
    found = {each.name(): model[each].as_long() for each in model.decls() if each.name() != "few"}
    return [
        Dose(found.get(name, 0), tuple(found.get(_total(number, total), 0) for total in totals))
        for number, name in enumerate(names)
    ]


def _total(number: int, total: int) -> str:
    return f"total_{number}_{total}"


def _laws(ingredients: Sequence[Ingredient]) -> Iterator[Said]:
    for number, each in enumerate(ingredients):
        rows = f"rows_{number}"
        yield f"(>= {rows} 0)"
        for total, (low, high) in enumerate(zip(each.least, each.most, strict=True)):
            sum_ = _total(number, total)
            yield f"(>= {sum_} {times(low, rows)})"
            yield f"(=> (= {rows} 0) (= {sum_} 0))" if high is None else f"(<= {sum_} {times(high, rows)})"


def _kept(ingredients: Sequence[Ingredient], bound: Bound) -> Said:
    terms = [
        f"rows_{number}" if bound.total is None else _total(number, bound.total)
        for number, each in enumerate(ingredients)
        if each.inside >> bound.bit & 1
    ]
    low = f"(>= {added(terms)} {whole(bound.low)})"
    return low if bound.high is None else f"(and {low} (<= {added(terms)} {whole(bound.high)}))"
