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
    pairs = [(node.rows.via[-1], _holder(expressions, node.path, scope), _holder(expressions, node.rows.via, later))]
    pairs += [(_called(right), *_alike(expressions, left, right, scope, later)) for left, right in node.same]
    pairs += [(name, _link(expressions, name, scope), _link(expressions, name, later)) for name in node.same_links]
    if node.rows.where is not None:
        building.where.append(expressions.condition(node.rows.where, later))
    time = plan.Column(called, building.export(later.place.time(), source.table.at or "at"))
    alike = tuple((left, plan.Column(called, building.export(right, name))) for name, left, right in pairs)
    than = _time(expressions, scope, later.table.at_type)
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


def _time(expressions: Expressions, scope: Scope, wanted: Type | None) -> plan.Expression:
    """The time of the row in scope as one of type `wanted` is written: in UTC when that has a zone."""
    own, zone = scope.table.at_type, expressions.clock.zone.key
    if isinstance(own, Date) or _is_zoned(own) == _is_zoned(wanted) or zone == "UTC":
        return scope.place.time()
    return scope.place.time_in_utc(zone) if _is_zoned(wanted) else plan.OnWallClock(scope.place.time(), zone)


def _limit(expressions: Expressions, node: ir.Followed, within: tuple[int, ir.Unit], scope: Scope) -> plan.Expression:
    """The last moment that is soon enough, as the time of the later row is written."""
    count, unit = within
    zone = expressions.clock.zone.key
    if isinstance(scope.table.at_type, Date):
        return plan.Later(scope.place.time(), count, unit, is_date=True)
    counted = Timestamp(zoned=unit in ("minute", "hour"))
    limit = plan.Later(_time(expressions, scope, counted), count, unit, is_date=False)
    wants_zone = _is_zoned(expressions.catalog.tables[node.rows.table].at_type)
    if wants_zone == counted.zoned or zone == "UTC":
        return limit
    return plan.InUtc(limit, zone) if wants_zone else plan.OnWallClock(limit, zone)


def _called(value: ir.Value) -> str:
    return value.name if isinstance(value, ir.Column) else value.span.text


def _is_zoned(type_: Type | None) -> bool:
    return isinstance(type_, Timestamp) and type_.zoned
