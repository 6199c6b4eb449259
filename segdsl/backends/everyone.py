"""Comparisons of a customer with everyone: steps of a query in which every row looks at all the others.

In: comparisons whose conditions are decided and whose inner comparisons come before them. Out: for each an expression
over columns that the steps add. First a step says who is compared by what, then one ranks and adds up, then one takes
what must be taken from ranks. Promised: exact, and the same order of equal values in every database: by key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from segdsl.backends import plan, quotients
from segdsl.backends.expressions import Expressions, every, terms_of
from segdsl.backends.quotients import Exact, Number, Quotient
from segdsl.backends.relations import Scope
from segdsl.semantics import ir
from segdsl.source import Span

Comparison = ir.Statistic | ir.Tile | ir.Ranked | ir.Bringing

ZERO, ONE = quotients.ZERO, Exact(quotients.ONE, 0)
# Two different fractions a / b and c / d differ by at least 1 / (b * d). Databases stop at a whole number of 39 digits,
# so that a divisor times 10 ** 14 has at most 25 of its own, and 56 digits after the point tell such fractions apart.
DIGITS, TIMES = 14, 4
SHIFT = plan.Whole(plan.Constant(Decimal(10) ** DIGITS))
# Ranks and counts times so much are far from the 18 digits of a whole number.
MAX_PLAIN = 1000


@dataclass(frozen=True, slots=True)
class _Compared:
    """One population in the columns of a step.

    `order` is what its rows are ordered by, greatest last, missing outside of the population; of numbers that are no
    quotients `number` is that as well. Rows with another `per` are other populations.
    """

    order: tuple[plan.Expression, ...]
    number: Exact | None
    per: tuple[plan.Expression, ...]
    called: str

    @property
    def is_in(self) -> plan.Expression:
        return plan.Known(self.order[0])

    @property
    def alike(self) -> tuple[plan.Expression, ...]:
        """What rows of one population are alike in; those in none are apart from all others."""
        return (*((plan.Not(self.is_in),) if plan.may_be_missing(self.order[0]) else ()), *self.per)

    @property
    def count(self) -> plan.Expression:
        return plan.Window("count", self.order[0], self.per)


def comparisons_in(conditions: Iterable[ir.Node]) -> list[Comparison]:
    """The comparisons in `conditions`, each once and after those inside of it."""
    found: dict[Comparison, None] = {}
    waiting = [(node, False) for node in conditions]
    while waiting:
        node, is_done = waiting.pop()
        if is_done:
            assert isinstance(node, Comparison)
            found.setdefault(node)
            continue
        if isinstance(node, Comparison):
            waiting.append((node, True))
        waiting += [(child, False) for child in ir.children(node)]
    return list(found)


class Comparisons:
    """Adds the steps, and to `scope.compared` what they make known; `key` is a column that is never repeated."""

    def __init__(
        self,
        expressions: Expressions,
        scope: Scope,
        key: plan.Expression,
        add_step: Callable[[str, Sequence[plan.Output]], None],
    ) -> None:
        self.expressions, self.scope, self.key, self.add_step = expressions, scope, key, add_step
        self._columns: dict[plan.Expression, plan.Expression] = {}
        self._new: list[plan.Output] = []
        self._populations: dict[tuple[ir.Population, bool], _Compared] = {}

    def add(self, comparisons: Sequence[Comparison]) -> None:
        """Makes all `comparisons` known, those inside of others first; each comes after those inside of it."""
        depths: dict[Comparison, int] = {}
        for node in comparisons:
            if node not in self.scope.compared:
                depths[node] = max((depths.get(each, -1) + 1 for each in comparisons_in(ir.children(node))), default=0)
        for depth in range(max(depths.values(), default=-1) + 1):
            self._add_layer([node for node, its in depths.items() if its == depth])

    def _add_layer(self, comparisons: Sequence[Comparison]) -> None:
        wholes = [self._begin(node.population, isinstance(node, ir.Bringing)) for node in comparisons]
        self._end_step("compared")
        self._divide([whole for whole in wholes if whole is not None])
        for node in comparisons:
            self._rank(node, self._population(node))
        self._end_step("ranked")
        for node in comparisons:
            self._prepare(node, self._population(node))
        self._end_step("placed")
        for node in comparisons:
            self.scope.compared[node] = self._found(node, self._population(node))
        self._end_step("summed")

    def _population(self, node: Comparison) -> _Compared:
        return self._populations[node.population, isinstance(node, ir.Bringing)]

    # --- columns --------------------------------------------------------------------------------------

    def _column(self, expression: plan.Expression, wanted: str) -> plan.Expression:
        """`expression` as a column of the step that is being made, or of one before it."""
        if isinstance(expression, (plan.Column, plan.Constant)):
            return expression
        if expression not in self._columns:
            name = self.scope.building.columns.new(wanted)
            self._new.append(plan.Output(name, expression))
            self._columns[expression] = plan.Column("", name, plan.may_be_missing(expression))
        return self._columns[expression]

    def _end_step(self, wanted: str) -> None:
        self.add_step(wanted, self._new)
        self._new = []

    # --- who is compared, by what ---------------------------------------------------------------------

    def _begin(self, node: ir.Population, above_zero: bool) -> tuple[tuple[ir.Population, bool], _Compared] | None:
        """Makes columns of a population. Of one that is ordered by quotients what is left to be divided."""
        name = (node, above_zero)
        if name in self._populations:
            return None
        called = node.value.span.text or "value"
        value = self.expressions.value(node.value, self.scope)
        terms: list[plan.Expression] = []
        per: tuple[plan.Expression, ...] = ()
        if node.per is not None:
            found = self.expressions.value(node.per, self.scope)
            assert not isinstance(found, Quotient), "the resolver lets no quotient separate populations"
            apart = found.expression if isinstance(found, Exact) else found
            # Not the column: what a step makes known, that step cannot read yet.
            terms += [plan.Known(apart)] if plan.may_be_missing(apart) else []
            per = (self._column(apart, node.per.span.text),)
        if node.among is not None:
            terms += terms_of(self.expressions.condition(node.among, self.scope))
        if isinstance(value, Quotient):
            terms += terms_of(quotients.known(value))
            over = self._if(terms, _whole(value.numerator, node.span), f"{called} over")
            under = self._if(terms, _whole(value.denominator, node.span), f"{called} under")
            self._populations[name] = _Compared((over, under), None, per, called)
            return name, self._populations[name]
        plain = value.expression if isinstance(value, Exact) else value
        if above_zero:
            terms.append(plan.Compare(plain, ">", ZERO))
        order = self._if(terms, plain, f"{called} compared")
        number = Exact(order, value.scale, value.narrow) if isinstance(value, Exact) else None
        self._populations[name] = _Compared((order,), number, per, called)
        return None

    def _if(self, terms: Sequence[plan.Expression], value: plan.Expression, wanted: str) -> plan.Expression:
        return self._column(plan.FirstTrue(((every(terms), value),)) if terms else value, wanted)

    def _divide(self, begun: Sequence[tuple[tuple[ir.Population, bool], _Compared]]) -> None:
        """Orders quotients by their whole part, then by the digits after the point, so many at a time."""
        if not begun:
            return
        orders: list[list[plan.Expression]] = [[] for _ in begun]
        rests = [found.order[0] for _, found in begun]
        for turn in range(TIMES + 1):
            for place, (_, found) in enumerate(begun):
                rest, under = rests[place], found.order[1]
                if turn:
                    rest = plan.Calculate(rest, "*", SHIFT)
                if turn == 1:
                    # Adds one to what is divided, to order by it all the same; too large a divisor overflows here,
                    # which stops the query, and is never taken for another.
                    rest = plan.Calculate(rest, "+", plan.Calculate(under, "*", SHIFT))
                called = f"{found.called} digits {turn}" if turn else f"{found.called} whole"
                orders[place].append(self._column(plan.Divide(rest, "whole", under), called))
                if turn < TIMES:
                    rests[place] = self._column(plan.Divide(rest, "rest", under), f"{found.called} rest {turn + 1}")
            self._end_step("divided")
        for (name, found), order in zip(begun, orders, strict=True):
            self._populations[name] = _Compared(tuple(order), None, found.per, found.called)

    # --- ranks and sums -------------------------------------------------------------------------------

    def _rank(self, node: Comparison, found: _Compared) -> None:
        """What needs all the others: the ranks, how many there are, and what they add up to."""
        match node:
            case ir.Statistic(kind="total"):
                self._total(found)
            case ir.Statistic(kind="average"):
                self._total(found)
                self._count(found)
            case ir.Tile(tiles=tiles, by_cut=False):
                self._column(self._tile(found, tiles), f"{found.called} tile")
            case ir.Statistic() | ir.Tile():
                self._place(found, lowest=True)
                self._count(found)
            case ir.Ranked(lowest=lowest, percent=percent):
                self._place(found, lowest)
                if percent:
                    self._count(found)
            case ir.Bringing():
                self._total(found)
                self._running(found)

    def _place(self, found: _Compared, lowest: bool) -> Exact:
        """The place of a row in its population, from 1; missing outside of it."""
        place = plan.Window("row number", None, found.alike, self._order(found, lowest))
        if plan.may_be_missing(found.order[0]):
            return Exact(self._column(plan.FirstTrue(((found.is_in, place),)), f"{found.called} rank"), 0)
        return Exact(self._column(place, f"{found.called} rank"), 0)

    def _order(self, found: _Compared, lowest: bool) -> tuple[plan.Ordering, ...]:
        return (*(plan.Ordering(each, not lowest) for each in found.order), plan.Ordering(self.key))

    def _tile(self, found: _Compared, tiles: int) -> plan.Expression:
        tile = plan.Window("tile", None, found.alike, self._order(found, lowest=True), tiles)
        return plan.FirstTrue(((found.is_in, tile),)) if plan.may_be_missing(found.order[0]) else tile

    def _count(self, found: _Compared) -> Exact:
        return Exact(self._column(found.count, f"{found.called} count"), 0)

    def _total(self, found: _Compared) -> Exact:
        return self._sum(found, _number(found), f"{found.called} total")

    def _running(self, found: _Compared) -> Exact:
        """What a row of the population and those before it, the greatest first, add up to."""
        number, order = _number(found), self._order(found, lowest=False)
        running = plan.Window("running sum", number.expression, found.alike, order)
        return Exact(self._column(running, f"{found.called} so far"), number.scale, number.narrow)

    def _sum(self, found: _Compared, number: Exact, wanted: str) -> Exact:
        total = plan.Window("sum", number.expression, found.per)
        return Exact(self._column(total, wanted), number.scale, number.narrow)

    # --- what comes of them ---------------------------------------------------------------------------

    def _prepare(self, node: Comparison, found: _Compared) -> None:
        match node:
            case ir.Tile(by_cut=True):
                self._cut(node, found)
            case ir.Statistic(kind="percentile"):
                self._distance(node, found)

    def _found(self, node: Comparison, found: _Compared) -> plan.Expression | Number:
        """The comparison itself."""
        match node:
            case ir.Statistic(kind="total"):
                return self._total_or_zero(found)
            case ir.Statistic(kind="average"):
                return Quotient(self._total(found), replace(self._count(found), narrow=True), True)
            case ir.Statistic():
                return self._percentile(node, found)
            case ir.Tile(tiles=tiles, by_cut=False):
                return Exact(self._column(self._tile(found, tiles), f"{found.called} tile"), 0, narrow=True)
            case ir.Tile():
                return self._cut(node, found)
            case ir.Ranked(count=count, percent=False, lowest=lowest):
                rank = self._place(found, lowest)
                return quotients.compared(rank, "<=", quotients.constant(count, node.span), node.span)
            case ir.Ranked(count=count, lowest=lowest):
                before = _less_one(self._place(found, lowest), node.span)
                return _is_below(before, self._count(found), count, node.span)
            case ir.Bringing(share=share):
                before = _minus(self._running(found), _number(found), node.span)
                below = _is_below(before, self._total(found), share.scaleb(2), node.span)
                return every([*([found.is_in] if plan.may_be_missing(found.order[0]) else []), below])

    def _total_or_zero(self, found: _Compared) -> Exact:
        total = self._total(found)
        nothing = plan.OrElse(total.expression, plan.Constant(Decimal(0)))
        if not found.per or not plan.may_be_missing(found.per[0]):
            return Exact(nothing, total.scale, total.narrow)
        there = plan.FirstTrue(((plan.Known(found.per[0]), nothing),))
        return Exact(there, total.scale, total.narrow)

    def _cut(self, node: ir.Tile, found: _Compared) -> Exact:
        """The part that a rank is in: parts are cut where the same share of all ranks lies below."""
        span = node.span
        steps = _times(_less_one(self._place(found, lowest=True), span), node.tiles, span)
        last = _less_one(self._count(found), span)
        cases: list[tuple[plan.Expression, plan.Expression]] = [
            (quotients.compared(steps, "<=", _times(last, part, span), span), plan.Constant(Decimal(part)))
            for part in range(1, node.tiles)
        ]
        rank = self._place(found, lowest=True).expression
        rest = plan.Known(rank) if plan.may_be_missing(rank) else plan.Constant(True)
        cases.append((rest, plan.Constant(Decimal(node.tiles))))
        return Exact(self._column(plan.FirstTrue(tuple(cases)), _called(node)), 0, narrow=True)

    def _distance(self, node: ir.Statistic, found: _Compared) -> Exact:
        """How far a rank lies above the place of a percentile; two ranks are the share's denominator apart."""
        span, share = node.span, _share(node)
        rank, count = self._place(found, lowest=True), self._count(found)
        if share.denominator > MAX_PLAIN:
            rank, count = replace(rank, narrow=True), replace(count, narrow=True)
        steps = _times(_less_one(rank, span), share.denominator, span)
        distance = _minus(steps, _times(_less_one(count, span), share.numerator, span), span)
        return Exact(self._column(distance.expression, f"{_called(node)} distance"), 0)

    def _percentile(self, node: ir.Statistic, found: _Compared) -> Quotient:
        """The two values around the place, each counted the more, the nearer it is: a mean in whole numbers."""
        span, apart = node.span, quotients.constant(Decimal(_share(node).denominator), node.span)
        distance, nothing, number = self._distance(node, found), Exact(ZERO, 0), _number(found)
        least = _exact(quotients.negative(apart, span))
        above = quotients.compared(distance, ">=", nothing, span), quotients.compared(distance, "<", apart, span)
        below = quotients.compared(distance, "<", nothing, span), quotients.compared(distance, ">", least, span)
        upper = _product(number, _minus(apart, distance, span), span)
        lower = _product(number, _exact(quotients.calculate(apart, "+", distance, span)), span)
        part = plan.FirstTrue(((plan.All(above), upper.expression), (plan.All(below), lower.expression)))
        total = self._sum(found, Exact(part, upper.scale), _called(node))
        return Quotient(total, apart, True)


# --- exact numbers ------------------------------------------------------------------------------------


def _number(found: _Compared) -> Exact:
    assert found.number is not None, "the resolver lets only numbers that are no quotients be added up"
    return found.number


def _share(node: ir.Statistic) -> Fraction:
    assert node.share is not None, "a percentile has a share"
    return Fraction(node.share)


def _called(node: ir.Node) -> str:
    return node.span.text or "compared"


def _whole(number: Exact, span: Span) -> plan.Expression:
    """A number times the power of ten that leaves nothing after the point."""
    return plan.Whole(_times(number, 10**number.scale, span).expression)


def _times(number: Exact, times: int, span: Span) -> Exact:
    return _product(number, quotients.constant(Decimal(times), span), span)


def _product(left: Exact, right: Exact, span: Span) -> Exact:
    return _exact(quotients.calculate(left, "*", right, span))


def _minus(left: Exact, right: Exact, span: Span) -> Exact:
    return _exact(quotients.calculate(left, "-", right, span))


def _less_one(number: Exact, span: Span) -> Exact:
    return _minus(number, ONE, span)


def _exact(number: Number) -> Exact:
    assert isinstance(number, Exact), "nothing is divided"
    return number


def _is_below(part: Exact, all_: Exact, percent: Decimal, span: Span) -> plan.Expression:
    """Whether `part` is below so many per cent of `all_`."""
    limit = _product(all_, quotients.constant(percent, span), span)
    return quotients.compared(_times(part, 100, span), "<", limit, span)
