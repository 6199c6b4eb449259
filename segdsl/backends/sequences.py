"""What follows a row: the next such row, joined to it, and whether it comes soon enough.

The first of the later rows decides: when that is too late, so are all the others. So one row joins each row, and a
customer with many rows costs no more than many customers with few.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from segdsl.backends import plan
from segdsl.backends.quotients import Exact, Quotient
from segdsl.backends.relations import Building, Place, Scope
from segdsl.semantics import ir
from segdsl.semantics.types import Date, Timestamp, Type

if TYPE_CHECKING:
    from segdsl.backends.expressions import Expressions


def followed(expressions: Expressions, node: ir.Followed, scope: Scope) -> plan.Expression:
    """Whether the row in scope is followed by such a row."""
    asked = scope.building.name, replace(node, within=None)
    if asked not in expressions.next_rows:
        expressions.next_rows[asked] = _next_time(expressions, node, scope)
    later = expressions.next_rows[asked]
    if node.within is None:
        return plan.Known(later)
    return plan.Compare(later, "<=", _limit(expressions, node, node.within, scope))


def _next_time(expressions: Expressions, node: ir.Followed, scope: Scope) -> plan.Expression:
    """When the next such row is, joined to the row in scope; missing when there is none."""
    source = expressions.source(node.rows.table, ahead=False)
    called = expressions.names.new(f"{node.rows.table} after {scope.table.name}")
    building = Building(called, source.building.name, source.building.name)
    later = Scope(Place(source, building.alias), building)
    pairs = [(_holder(expressions, node.path, scope), _holder(expressions, node.rows.via, later))]
    pairs += [_alike(expressions, left, right, scope, later) for left, right in node.same]
    pairs += [(_link(expressions, name, scope), _link(expressions, name, later)) for name in node.same_links]
    if node.rows.where is not None:
        building.where.append(expressions.condition(node.rows.where, later))
    time = plan.Column(called, building.export(later.place.time(), source.table.at or "at"))
    alike = tuple((left, plan.Column(called, building.export(right, "same"))) for left, right in pairs)
    than = _as_written(expressions, scope.place.time(), scope.table.at_type, later.table.at_type)
    expressions.others.append(building)
    scope.building.joins.append(plan.NextJoin(plan.Base(called, called), alike, than, time))
    return time


def _holder(expressions: Expressions, path: tuple[str, ...], scope: Scope) -> plan.Expression:
    """The key of the row that `path` leads to."""
    return _link(expressions, path[-1], scope, expressions.follow(scope, path[:-1]))


def _link(expressions: Expressions, name: str, scope: Scope, place: Place | None = None) -> plan.Expression:
    holder = place or scope.place
    link = holder.source.table.links[name]
    return holder.link(link, expressions.catalog.tables[link.table])


def _alike(
    expressions: Expressions, left: ir.Value, right: ir.Value, scope: Scope, later: Scope
) -> tuple[plan.Expression, plan.Expression]:
    """Two values as expressions that are equal where the values are."""
    zone = expressions.clock.zone.key
    are_zoned = _is_zoned(left.type), _is_zoned(right.type)
    found: list[plan.Expression] = []
    for value, is_zoned, where in ((left, are_zoned[0], scope), (right, are_zoned[1], later)):
        meant = expressions.value(value, where)
        assert not isinstance(meant, Quotient), "the resolver refuses to match quotients"
        expression = meant.expression if isinstance(meant, Exact) else meant
        found.append(plan.OnWallClock(expression, zone) if is_zoned and are_zoned[0] != are_zoned[1] else expression)
    return found[0], found[1]


def _as_written(expressions: Expressions, at: plan.Expression, own: Type | None, other: Type | None) -> plan.Expression:
    """A time of type `own` as one of type `other` is written: in UTC when that has a zone, else on the wall clock."""
    if _is_zoned(own) == _is_zoned(other) or isinstance(own, Date):
        return at
    zone = expressions.clock.zone.key
    return plan.InUtc(at, zone) if _is_zoned(other) else plan.OnWallClock(at, zone)


def _limit(expressions: Expressions, node: ir.Followed, within: tuple[int, ir.Unit], scope: Scope) -> plan.Expression:
    """The last moment that is soon enough, as the time of the later row is written."""
    count, unit = within
    own, other = scope.table.at_type, expressions.catalog.tables[node.rows.table].at_type
    start = scope.place.time()
    if isinstance(own, Date):
        return plan.Later(start, count, unit, is_date=True)
    counted = Timestamp(zoned=unit in ("minute", "hour"))
    limit = plan.Later(_as_written(expressions, start, own, counted), count, unit, is_date=False)
    return _as_written(expressions, limit, counted, other)


def _is_zoned(type_: Type | None) -> bool:
    return isinstance(type_, Timestamp) and type_.zoned
