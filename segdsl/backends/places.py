"""Points as two numbers: how conditions on places become comparisons of degrees.

Near is a distance that the database calculates. Inside is exact: borders are lines through two constant corners, and
on which side of one a point lies is told by multiplying, never by dividing.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Context, Decimal
from itertools import pairwise
from math import floor
from typing import TYPE_CHECKING

from segdsl.backends import plan
from segdsl.backends.relations import Scope
from segdsl.semantics import ir
from segdsl.semantics.types import Degrees

if TYPE_CHECKING:
    from segdsl.backends.expressions import Expressions

EXACT = Context(prec=100)
SCALE = Degrees(180).scale
Corner = tuple[Decimal, Decimal]
Coordinates = tuple[plan.Expression, plan.Expression]


def coordinates(expressions: Expressions, node: ir.Value, scope: Scope) -> Coordinates:
    """The latitude and the longitude of a point: a point is missing when one of them is."""
    match node:
        case ir.Point(latitude, longitude):
            return plan.Constant(latitude), plan.Constant(longitude)
        case ir.Column(path, table, name):
            stored = expressions.catalog.tables[table].columns[name].coordinates
            assert stored is not None, "a point is stored as its coordinates"
            place = expressions.follow(scope, path)
            north, east = (scope.published(place.column(each), " ".join((*path, each.name))) for each in stored)
            return north, east
    raise AssertionError(f"the resolver lets no {type(node).__name__} be a point")


def near(expressions: Expressions, value: ir.Value, center: ir.Value, meters: Decimal, scope: Scope) -> plan.Expression:
    """Whether two points are no more than so many metres apart."""
    ends = (*coordinates(expressions, value, scope), *coordinates(expressions, center, scope))
    known = dict.fromkeys(plan.Known(each) for each in ends if plan.may_be_missing(each))
    limit = plan.Constant(Decimal(floor(meters * 1000)))
    return plan.All((*known, plan.Compare(plan.Distance(*ends), "<=", limit)))


def inside(expressions: Expressions, value: ir.Value, corners: Sequence[Corner], scope: Scope) -> plan.Expression:
    """Whether a point lies in an area or on its border: as `semantics.earth.is_inside` says it."""
    point = coordinates(expressions, value, scope)
    borders = [sorted(ends) for ends in pairwise([*corners, corners[0]])]
    crossed = [_crosses(point, south, north) for south, north in borders if south[0] < north[0]]
    on_border = [_is_on(point, south, north) for south, north in borders]
    return plan.Any((*((plan.OddlyMany(tuple(crossed)),) if crossed else ()), *on_border))


def _crosses(point: Coordinates, south: Corner, north: Corner) -> plan.Expression:
    """Whether a ray to the east crosses the border, which holds its southern end and not its northern one."""
    latitude, _ = point
    from_south = plan.Compare(latitude, ">=", plan.Constant(south[0]))
    to_north = plan.Compare(latitude, "<", plan.Constant(north[0]))
    left, right = _sides(point, south, north)
    return plan.All((from_south, to_north, plan.Compare(left, "<", right)))


def _is_on(point: Coordinates, south: Corner, north: Corner) -> plan.Expression:
    """Whether a point lies on the border, its ends included."""
    terms = [
        term
        for here, ends in zip(point, zip(south, north, strict=True), strict=True)
        for term in _between(here, min(ends), max(ends))
    ]
    if south[0] != north[0] and south[1] != north[1]:
        left, right = _sides(point, south, north)
        terms.append(plan.Compare(left, "=", right))
    return plan.All(tuple(terms))


def _between(value: plan.Expression, low: Decimal, high: Decimal) -> list[plan.Expression]:
    if low == high:
        return [plan.Compare(value, "=", plan.Constant(low))]
    return [plan.Compare(value, ">=", plan.Constant(low)), plan.Compare(value, "<=", plan.Constant(high))]


def _sides(point: Coordinates, south: Corner, north: Corner) -> tuple[plan.Expression, plan.Expression]:
    """Two numbers: the first is less where the point is west of the line through both corners, equal on the line."""
    latitude, longitude = point
    rise, run = north[0] - south[0], north[1] - south[1]
    if run == 0:
        return longitude, plan.Constant(south[1])
    offset = EXACT.subtract(EXACT.multiply(south[1], rise), EXACT.multiply(south[0], run))
    return _product(longitude, rise), plan.Calculate(_product(latitude, run), "+", _constant(offset))


def _product(degrees: plan.Expression, factor: Decimal) -> plan.Expression:
    # DuckDB multiplies decimals of up to 18 digits within 18 digits, and these products may have 30.
    _, _, exponent = factor.normalize(EXACT).as_tuple()
    assert isinstance(exponent, int), "borders are finite"
    return plan.Calculate(plan.Widen(degrees, SCALE), "*", _constant(factor), (SCALE, max(-exponent, 0)))


def _constant(value: Decimal) -> plan.Constant:
    """Without zeros at its end: databases count them as digits."""
    return plan.Constant(value.normalize(EXACT) if value else Decimal(0))
