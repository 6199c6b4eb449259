"""Numbers of rows and their sums that keep all that a box wants of counts, sums, averages and what is computed of them.

In: axes of one row over the rows that belong to it, each with the values it may have. Out: how many rows of each kind,
with the sums of their numbers and how many different values they hold. Promised: `impossible` is a proof for every
data set and every `as_of`. An example is looked for in ways that are stricter than need be, the plainest first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING
from typing import Literal as OneOf

from segdsl.overlap.axes import Aggregate, Axis, Count, Order, RowSet, Single
from segdsl.overlap.cells import Corpus
from segdsl.overlap.counts import (
    WORK,
    Fitting,
    Group,
    Kind,
    Linear,
    Needs,
    Said,
    Unknowns,
    Unsaid,
    added,
    all_of,
    any_of,
    kinds,
    laws,
)
from segdsl.overlap.domains import Ordered, Values
from segdsl.overlap.formula import Formula
from segdsl.overlap.histories import Histories
from segdsl.overlap.search import TooHard
from segdsl.semantics import ir
from segdsl.semantics.types import Number, Text

if TYPE_CHECKING:
    import z3

# An example with more rows than this is nothing to look at; few are looked for first.
MOST_ROWS = 3_000
FEW_ROWS = 12

# How different values of several kinds of rows stand to each other in an example: none shared, or as many as can be.
Sharing = OneOf["fresh", "shared"]
SHARING: tuple[Sharing, ...] = ("fresh", "shared")
# The number that a column of the row itself has in the example; None when that is not settled.
Own = Callable[[ir.Value], Fraction | None]


class CannotBuild(Exception):
    """No rows were found for a box. `impossible` when that is a proof that there are none."""

    def __init__(self, why: str, impossible: bool = False) -> None:
        super().__init__(why)
        self.why, self.impossible = why, impossible


@dataclass(frozen=True, slots=True)
class Batch:
    """So many rows of a kind. `sums` are by argument, in last digits; `different` how many values there are of it."""

    kind: Kind
    times: int
    sums: Mapping[ir.Value, int]
    different: Mapping[ir.Value, int]


@dataclass(frozen=True, slots=True)
class Balance:
    """The rows that keep everything. `edges` are conditions that the first or last rows of others must fulfil."""

    corpora: Mapping[Group, Corpus]
    batches: tuple[Batch, ...]
    sharing: Sharing


def balanced(wanted: Mapping[Axis, Values], histories: Histories, fitting: Fitting, own: Own) -> Balance:
    """Raises `CannotBuild`."""
    system = _System(wanted, histories, fitting, own)
    for number, (sharing, is_plain) in enumerate(product(SHARING, (True, False))):
        found = system.solved(sharing, is_plain)
        if found is not None:
            return found
        if number == 0 and system.is_impossible():
            raise CannotBuild("no numbers of rows fit together", impossible=True)
    raise CannotBuild("no numbers of rows were found that fit together")


class _System:
    """The inequations of one box."""

    def __init__(self, wanted: Mapping[Axis, Values], histories: Histories, fitting: Fitting, own: Own) -> None:
        self.wanted, self.histories, self.own = wanted, histories, own
        needs: dict[Group, Needs] = {}
        for axis, values in wanted.items():
            for rows, argument in self._looks_at(axis):
                need = needs.setdefault((rows.table, rows.via, rows.ahead), Needs())
                need.conditions[rows.where] = None
                if argument is not None:
                    need.arguments[argument] = None
            edge = self._edge(axis, values)
            if edge is not None:
                needs[edge[0].table, edge[0].via, edge[0].ahead].conditions[edge[1]] = None
        self.corpora: dict[Group, Corpus] = {}
        found: list[Kind] = []
        try:
            for group, need in needs.items():
                self.corpora[group], some = kinds(group, need, histories, fitting)
                found += some
        except TooHard:
            raise CannotBuild("too many conditions on rows meet") from None
        self.unknowns = Unknowns(found)
        self.wishes = self._all_said(settled=True)

    def _all_said(self, settled: bool) -> list[Said]:
        """What all axes want and, after it, the laws of the numbers that are spoken of."""
        said = [self._said(axis, values, settled) for axis, values in self.wanted.items()]
        return [*(each for each in said if each is not None), *laws(self.unknowns)]

    # --- what is looked at ----------------------------------------------------------------------------

    def _looks_at(self, axis: Axis) -> Iterator[tuple[RowSet, ir.Value | None]]:
        match axis.about:
            case Count(rows):
                yield rows, None
            case Aggregate(_, rows, argument):
                yield rows, argument
            case Single(value):
                for each in aggregates(value):
                    yield self.histories.normalizer.rows(each.rows), each.argument
            case Order(left, right):
                for each in (*aggregates(left), *aggregates(right)):
                    yield self.histories.normalizer.rows(each.rows), each.argument

    def _edge(self, axis: Axis, values: Values) -> tuple[RowSet, Formula] | None:
        """The rows of which the first, last or most frequent one is looked at, and what it must be."""
        match axis.about:
            case Aggregate("first" | "last" | "mode", rows, argument) as about if values.missing is False:
                if isinstance(argument.type, (Number, Text)):
                    return rows, self.histories.normalizer.rows_with(about, values)
        return None

    # --- inequations ----------------------------------------------------------------------------------

    def _said(self, axis: Axis, values: Values, settled: bool) -> Said | None:
        """What an axis wants; with `settled` only rows for the example are meant. None when it cannot be said."""
        unknowns = self.unknowns
        try:
            match axis.about, values:
                case Count(rows), Ordered():
                    return unknowns.within(unknowns.count(unknowns.of(rows)), values)
                case Aggregate("sum", rows, argument), Ordered():
                    return unknowns.within(_in_places(unknowns.sum(rows, argument), argument), values)
                case Aggregate("count distinct", rows, argument), Ordered():
                    return unknowns.within(unknowns.distinct(rows, argument), values)
                case Aggregate("avg", rows, argument), Ordered():
                    having = unknowns.count(unknowns.having(rows, argument))
                    return unknowns.within(unknowns.sum(rows, argument), values, having)
                case Single(ir.Arithmetic(left, "/", right)), Ordered():
                    over = self._linear(right, settled)
                    return unknowns.within(self._linear(left, settled), values, over)
                case Single(value), Ordered():
                    return unknowns.within(_in_places(self._linear(value, settled), value), values)
                case Order(left, right), Ordered():
                    return self._order(left, right, values, settled)
            edge = self._edge(axis, values) if settled else None
            return None if edge is None else self._uniform(*edge)
        except Unsaid:
            return None

    def _uniform(self, rows: RowSet, having: Formula) -> Said:
        """All rows have what one of them must have: plainer than to let them come in some order."""
        inside = self.unknowns.of(rows)
        others = [number for number in inside if having not in self.unknowns.kinds[number].inside]
        some = self.unknowns.compared(self.unknowns.count(inside), ">")
        return all_of([some, self.unknowns.compared(self.unknowns.count(others), "=")])

    def _order(self, left: ir.Value, right: ir.Value, values: Ordered, settled: bool) -> Said | None:
        if values.missing:
            return None
        difference = self._linear(left, settled).plus(self._linear(right, settled), Fraction(-1))
        ways = {-1: "<", 0: "=", 1: ">"}
        return any_of([self.unknowns.compared(difference, op) for way, op in ways.items() if values.holds(way)])

    def _linear(self, value: ir.Value, settled: bool) -> Linear:
        """Raises `Unsaid`."""
        match value:
            case ir.Literal(value=Decimal() | Fraction() as constant):
                return Linear({}, Fraction(constant))
            case ir.Negative(operand):
                return self._linear(operand, settled).times(Fraction(-1))
            case ir.Arithmetic(left, op, right):
                return self._calculated(left, op, right, settled)
            case ir.Aggregate(function, rows, argument):
                return self._aggregate(function, self.histories.normalizer.rows(rows), argument)
        number = self.own(value) if settled else None
        if number is None:
            raise Unsaid
        return Linear({}, number)

    def _calculated(self, left: ir.Value, op: str, right: ir.Value, settled: bool) -> Linear:
        first, second = self._linear(left, settled), self._linear(right, settled)
        match op:
            case "+":
                return first.plus(second)
            case "-":
                return first.plus(second, Fraction(-1))
            case "*" if not first.factors:
                return second.times(first.constant)
            case "*" if not second.factors:
                return first.times(second.constant)
            case "/" if not second.factors and second.constant:
                return first.times(1 / second.constant)
        raise Unsaid

    def _aggregate(self, function: str, rows: RowSet, argument: ir.Value | None) -> Linear:
        match function:
            case "count":
                return self.unknowns.count(self.unknowns.of(rows))
            case "sum" if argument is not None:
                return self.unknowns.sum(rows, argument)
            case "count distinct" if argument is not None:
                return self.unknowns.distinct(rows, argument)
        raise Unsaid

    # --- solutions ------------------------------------------------------------------------------------

    def is_impossible(self) -> bool:
        """Whether no numbers fit, whatever the moment and the other values of the row are."""
        solver = self._solver(self._all_said(settled=False))
        return str(solver.check()) == "unsat"

    def _solver(self, said: Sequence[Said]) -> z3.Solver:
        import z3

        # A context of its own: in a shared one the numbers that are found depend on what was asked before.
        solver = z3.SolverFor("QF_LIA", ctx=z3.Context())
        solver.set("rlimit", WORK)
        declared = "".join(f"(declare-const {name} Int)" for name in self.unknowns.names)
        solver.from_string(declared + "".join(f"(assert {each})" for each in said))
        return solver

    def solved(self, sharing: Sharing, is_plain: bool) -> Balance | None:
        """Rows of kinds that fit the moment, few if need be; `is_plain` sums are of whole units, one a row at least."""
        unknowns = self.unknowns
        rows = added([unknowns.names[number] for number in unknowns.rows])
        said = [*self.wishes, *self._strict(sharing, is_plain)]
        for few in (FEW_ROWS, MOST_ROWS):
            solver = self._solver([*said, f"(<= {rows} {few})"])
            if str(solver.check()) == "sat":
                model = solver.model()
                numbers = {each.name(): model[each].as_long() for each in model.decls()}
                return Balance(self.corpora, tuple(self._batches(numbers)), sharing)
        return None

    def _strict(self, sharing: Sharing, is_plain: bool) -> Iterator[Said]:
        unknowns = self.unknowns
        names = unknowns.names
        for number, kind in enumerate(unknowns.kinds):
            if not kind.fits:
                yield f"(= {names[unknowns.rows[number]]} 0)"
        for (number, argument), sum_ in unknowns.sums.items():
            if is_plain and isinstance(argument.type, Number):
                unit = 10**argument.type.scale
                yield f"(= (mod {names[sum_]} {unit}) 0)"
                yield f"(>= {names[sum_]} (* {unit} {names[unknowns.rows[number]]}))"
        for (members, argument), union in unknowns.unions.items():
            parts = [names[unknowns.different[number, argument]] for number in members]
            if sharing == "fresh":
                yield f"(= {names[union]} {added(parts)})"
            else:
                yield any_of([f"(= {names[union]} {part})" for part in parts])

    def _batches(self, numbers: Mapping[str, int]) -> Iterator[Batch]:
        unknowns = self.unknowns

        def value(number: int) -> int:
            return numbers.get(unknowns.names[number], 0)

        for number, kind in enumerate(unknowns.kinds):
            times = value(unknowns.rows[number])
            if times:
                sums = {of: value(each) for (owner, of), each in unknowns.sums.items() if owner == number}
                different = {of: value(each) for (owner, of), each in unknowns.different.items() if owner == number}
                yield Batch(kind, times, sums, different)


def _in_places(linear: Linear, value: ir.Value) -> Linear:
    """A number as the place that it has on the axis of its type."""
    type_ = value.type
    if not isinstance(type_, Number):
        raise Unsaid
    return linear if type_.quotient else linear.times(Fraction(10**type_.scale))


def aggregates(value: ir.Node) -> Iterator[ir.Aggregate]:
    """The aggregates that a value of a row is computed from; those of rows and of others than the row are theirs."""
    match value:
        case ir.Aggregate():
            yield value
        case ir.Of() | ir.Statistic() | ir.Tile():
            return
        case _:
            for child in ir.children(value):
                yield from aggregates(child)
