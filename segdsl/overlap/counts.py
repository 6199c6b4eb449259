"""How many rows of which kind, and what they add up to: solved exactly, so that no solution is a proof.

A row fulfils some of the conditions and none of the others; such a kind is there when a row can be of it. How many rows
each kind has, what their numbers sum up to and how many different values they hold are unknown whole numbers. What a
box wants of counts, sums and averages are linear inequations between them, which z3 decides (de Moura and Bjørner, Z3:
an efficient SMT solver, 2008).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor, lcm

from segdsl.overlap.axes import RowSet
from segdsl.overlap.cells import Corpus
from segdsl.overlap.domains import Listed, Ordered, Values
from segdsl.overlap.formula import Formula, complement, test
from segdsl.overlap.histories import Histories
from segdsl.overlap.search import Box, Budget, Narrowing, TooHard, boxes
from segdsl.semantics import ir
from segdsl.semantics.types import Boolean, Number, Text

# With more kinds than this the numbers are not solved for.
MOST_KINDS = 1_500
# Boxes of a kind that are looked at for one that fits the moment.
MOST_BOXES = 12
STEPS = 60_000
# z3's own measure of work: the same on every machine.
WORK = 1_500_000

KNOWN = Ordered((), True, False)
MISSING = Ordered((), False, True)

# Rows of a table that lead by some links to the row in scope, and whether they are those ahead (`RowSet`).
Group = tuple[str, tuple[str, ...], bool]
# Whether a row may be made for a box at the moment of the example.
Fitting = Callable[[Corpus, Box], bool]


@dataclass(frozen=True, slots=True)
class Kind:
    """Rows that fulfil the conditions `inside` and no other; `cells` are the values of the arguments in them.

    `box` is one of their boxes, the first that fits the moment; `fits` says whether there is such a one.
    """

    group: Group
    inside: frozenset[Formula]
    cells: Mapping[ir.Value, Values]
    box: Box
    fits: bool


@dataclass(slots=True)
class Needs:
    """What is asked of the rows of one group: conditions to count by, and arguments to add up or tell apart."""

    conditions: dict[Formula, None] = field(default_factory=dict)
    arguments: dict[ir.Value, None] = field(default_factory=dict)


def kinds(group: Group, needs: Needs, histories: Histories, fitting: Fitting) -> tuple[Corpus, list[Kind]]:
    """All kinds of rows of a group. Raises `TooHard`."""
    axes = {
        argument: histories.normalizer.value_axis(argument, group[0])
        for argument in needs.arguments
        if isinstance(argument.type, (Number, Text, Boolean))
    }
    known = [test(axis, _not_missing(axis.all)) for axis in axes.values()]
    others = [histories.normalizer.known(each, group[0], each.span) for each in needs.arguments if each not in axes]
    known += others
    corpus = histories.corpus(*needs.conditions, *map(complement, needs.conditions), *known, *map(complement, known))
    choices: list[list[tuple[Formula, object]]] = [
        [(condition, condition), (complement(condition), None)] for condition in needs.conditions
    ]
    for argument in needs.arguments:
        if argument not in axes:
            is_known = others.pop(0)
            choices.append([(is_known, (argument, KNOWN)), (complement(is_known), (argument, MISSING))])
    for argument, axis in axes.items():
        parts = corpus.cells[corpus.numbers[axis]].parts if axis in corpus.numbers else [axis.all]
        choices.append([(test(axis, part), (argument, part)) for part in parts])
    found = []
    for terms, marks in _chosen(choices, corpus, Budget(STEPS)):
        box, fits = _fitting_box(corpus, terms, fitting)
        inside = frozenset(mark for mark in marks if mark is not None and not isinstance(mark, tuple))
        cells: dict[ir.Value, Values] = dict(mark for mark in marks if isinstance(mark, tuple))
        found.append(Kind(group, inside, cells, box, fits))  # type: ignore[arg-type]
        if len(found) > MOST_KINDS:
            raise TooHard
    return corpus, found


def _not_missing(values: Values) -> Values:
    if isinstance(values, Ordered):
        return Ordered(values.cuts, values.starts_in, False)
    return Listed(values.names, values.others, False, values.universe)


def _chosen(
    choices: Sequence[Sequence[tuple[Formula, object]]], corpus: Corpus, budget: Budget
) -> Iterator[tuple[list[Formula], list[object]]]:
    """Every way to choose one of each that a row may fulfil."""
    waiting: list[tuple[Narrowing, list[Formula], list[object]]] = [(Narrowing({}, []), [], [])]
    while waiting:
        so_far, terms, marks = waiting.pop()
        if len(marks) == len(choices):
            yield terms, marks
            continue
        for formula, mark in reversed(choices[len(marks)]):
            closer = so_far.with_term(corpus, formula, budget)
            if closer is not None:
                waiting.append((closer, [*terms, formula], [*marks, mark]))


def _fitting_box(corpus: Corpus, terms: Sequence[Formula], fitting: Fitting) -> tuple[Box, bool]:
    first: Box | None = None
    for tried, box in enumerate(boxes(corpus, terms, Budget(STEPS))):
        if fitting(corpus, box):
            return box, True
        first = box if first is None else first
        if tried == MOST_BOXES:
            break
    return first or {}, False


# --- what is wanted, as inequations ---------------------------------------------------------------


# An inequation as SMT-LIB writes it: text is read by z3 many times faster than it can be built by calls.
Said = str


def whole(number: int) -> str:
    return str(number) if number >= 0 else f"(- {-number})"


def times(factor: int, name: str) -> str:
    return name if factor == 1 else f"(* {whole(factor)} {name})"


def added(terms: Sequence[str]) -> str:
    return f"(+ {' '.join(terms)})" if len(terms) > 1 else terms[0] if terms else "0"


def all_of(terms: Sequence[Said]) -> Said:
    return f"(and {' '.join(terms)})" if terms else "true"


def any_of(terms: Sequence[Said]) -> Said:
    return f"(or {' '.join(terms)})" if terms else "false"


class Unsaid(Exception):
    """A value that is no linear expression of the unknown numbers."""


@dataclass(frozen=True, slots=True)
class Linear:
    """A sum of unknowns, each times a factor, and a constant."""

    factors: Mapping[int, Fraction]
    constant: Fraction = Fraction(0)

    def plus(self, other: Linear, times: Fraction = Fraction(1)) -> Linear:
        factors = dict(self.factors)
        for number, factor in other.factors.items():
            factors[number] = factors.get(number, Fraction(0)) + times * factor
        return Linear(factors, self.constant + times * other.constant)

    def times(self, factor: Fraction) -> Linear:
        return Linear({number: each * factor for number, each in self.factors.items()}, self.constant * factor)


class Unknowns:
    """The unknown numbers of some kinds of rows: how many, their sums in last digits, their different values."""

    def __init__(self, found: Sequence[Kind]) -> None:
        self.kinds = found
        self.names: list[str] = []
        self.rows = [self.new(f"rows_{number}") for number in range(len(found))]
        self.sums: dict[tuple[int, ir.Value], int] = {}
        self.different: dict[tuple[int, ir.Value], int] = {}
        # Unions of different values: of the kinds named, in one cell of the argument.
        self.unions: dict[tuple[tuple[int, ...], ir.Value], int] = {}

    def new(self, name: str) -> int:
        self.names.append(name)
        return len(self.names) - 1

    def of(self, rows: RowSet) -> list[int]:
        """The kinds of rows in a set."""
        group = (rows.table, rows.via, rows.ahead)
        return [n for n, kind in enumerate(self.kinds) if kind.group == group and rows.where in kind.inside]

    def count(self, numbers: Sequence[int]) -> Linear:
        return Linear({self.rows[number]: Fraction(1) for number in numbers})

    def having(self, rows: RowSet, argument: ir.Value) -> list[int]:
        """The kinds of rows in a set whose argument is known."""
        return [number for number in self.of(rows) if not is_missing(self.kinds[number], argument)]

    def sum(self, rows: RowSet, argument: ir.Value) -> Linear:
        type_ = argument.type
        if not isinstance(type_, Number) or type_.quotient:
            raise Unsaid
        factors = {}
        for number in self.having(rows, argument):
            key = (number, argument)
            if key not in self.sums:
                self.sums[key] = self.new(f"sum_{len(self.sums)}")
            factors[self.sums[key]] = Fraction(1, 10**type_.scale)
        return Linear(factors)

    def distinct(self, rows: RowSet, argument: ir.Value) -> Linear:
        by_cell: dict[Values | None, list[int]] = {}
        for number in self.having(rows, argument):
            by_cell.setdefault(self.kinds[number].cells.get(argument), []).append(number)
        total = Linear({})
        for numbers in by_cell.values():
            for number in numbers:
                if (number, argument) not in self.different:
                    self.different[number, argument] = self.new(f"different_{len(self.different)}")
            key = (tuple(numbers), argument)
            if key not in self.unions:
                self.unions[key] = self.new(f"union_{len(self.unions)}")
            total = total.plus(Linear({self.unions[key]: Fraction(1)}))
        return total

    def compared(self, linear: Linear, op: str) -> Said:
        """`linear op 0`, with whole factors only."""
        scale = lcm(linear.constant.denominator, *(each.denominator for each in linear.factors.values()))
        terms = [times(int(factor * scale), self.names[number]) for number, factor in linear.factors.items() if factor]
        return f"({op} {added([*terms, whole(int(linear.constant * scale))])} 0)"

    def within(self, linear: Linear, values: Ordered, over: Linear | None = None) -> Said:
        """That a number, divided by `over`, is one of the values."""
        if over is None:
            return any_of(
                [self._between(linear, stretch, Linear({}, Fraction(1)), 1) for stretch in values.stretches()]
            )
        ways = [self.compared(over, "=")] if values.missing else []
        for sign, op in ((1, ">"), (-1, "<")):
            between = [self._between(linear, stretch, over, sign) for stretch in values.stretches()]
            ways.append(all_of([self.compared(over, op), any_of(between)]))
        return any_of(ways)

    def _between(self, linear: Linear, stretch: tuple[object, object], over: Linear, sign: int) -> Said:
        low, high = stretch
        terms = []
        if low is not None:
            op = ">" if low[1] else ">="  # type: ignore[index]
            terms.append(self.compared(linear.plus(over, -Fraction(low[0])).times(Fraction(sign)), op))  # type: ignore[index]
        if high is not None:
            op = "<=" if high[1] else "<"  # type: ignore[index]
            terms.append(self.compared(linear.plus(over, -Fraction(high[0])).times(Fraction(sign)), op))  # type: ignore[index]
        return all_of(terms)


def is_missing(kind: Kind, argument: ir.Value) -> bool:
    """Whether an argument is missing in all rows of a kind."""
    match kind.cells.get(argument):
        case None:
            return False
        case Ordered() as cell:
            return not cell.cuts and not cell.starts_in
        case cell:
            return not cell.names and not cell.others


# --- laws that hold of all rows -------------------------------------------------------------------


def laws(unknowns: Unknowns) -> Iterator[Said]:
    """What holds of the unknown numbers whatever the rows are."""
    names = unknowns.names
    for number in unknowns.rows:
        yield f"(>= {names[number]} 0)"
    for (kind, argument), sum_ in unknowns.sums.items():
        rows = names[unknowns.rows[kind]]
        cell = unknowns.kinds[kind].cells[argument]
        assert isinstance(cell, Ordered), "numbers are ordered"
        low, high = ends(cell)
        yield f"(=> (= {rows} 0) (= {names[sum_]} 0))"
        if low is not None:
            yield f"(>= {names[sum_]} {times(low, rows)})"
        if high is not None:
            yield f"(<= {names[sum_]} {times(high, rows)})"
    for (kind, _), different in unknowns.different.items():
        rows, name = names[unknowns.rows[kind]], names[different]
        yield f"(and (>= {name} 0) (<= {name} {rows}) (=> (>= {rows} 1) (>= {name} 1)))"
    for (kinds_, argument), union in unknowns.unions.items():
        parts = [names[unknowns.different[kind, argument]] for kind in kinds_]
        yield f"(<= {names[union]} {added(parts)})"
        for part in parts:
            yield f"(>= {names[union]} {part})"
        size = size_of(unknowns.kinds[kinds_[0]].cells.get(argument), argument)
        if size is not None:
            yield f"(<= {names[union]} {size})"


def ends(cell: Ordered) -> tuple[int | None, int | None]:
    """The least and the greatest whole place of a cell that is one stretch."""
    stretches = cell.stretches()
    low, high = stretches[0][0], stretches[-1][1]
    return (
        None if low is None else floor(low[0]) + 1 if low[1] else ceil(low[0]),
        None if high is None else floor(high[0]) if high[1] else ceil(high[0]) - 1,
    )


def size_of(cell: Values | None, argument: ir.Value) -> int | None:
    """How many values a cell has, None without bound."""
    match cell, argument.type:
        case Listed(names, False), _:
            return len(names)
        case Ordered(), Number(quotient=False):
            low, high = ends(cell)
            return None if low is None or high is None else max(0, high - low + 1)
    return None
