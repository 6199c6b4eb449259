"""Places: named points and areas, and what it means for a point to be near one or inside.

In: definitions and conditions as written. Out: points that are somewhere on earth, areas that hold something, and
conditions on them. What is wrong is reported, and counts as absent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from segdsl.diagnostics import did_you_mean, listed
from segdsl.grammar import ast
from segdsl.semantics import ir
from segdsl.semantics.types import Point, Unknown, described

if TYPE_CHECKING:
    from segdsl.semantics.expressions import Expressions
    from segdsl.semantics.scope import Corners, Scope

# The international mile: https://doi.org/10.6028/NIST.SP.811e2008, B.6
METERS: Mapping[str, Decimal] = {
    "m": Decimal(1),
    "km": Decimal(1000),
    "mile": Decimal("1609.344"),
    "miles": Decimal("1609.344"),
}
# Databases calculate one term for each border; a thousand of them are nested too deep for some.
MAX_CORNERS = 200
HINT = "ask how near it is, as in `within 5 km of (19.07, 72.87)`, or `inside` an area"


def places(
    written: Mapping[str, ast.Place], resolver: Expressions, where: Scope
) -> tuple[dict[str, ir.Point], dict[str, Corners]]:
    """The points and the areas by name. What is reported is known by name, too: a point somewhere, no corners."""
    points: dict[str, ir.Point] = {}
    areas: dict[str, Corners] = {}
    for name, node in written.items():
        found = [point(resolver, each, where) for each in node.points]
        sound = [each for each in found if each is not None]
        if node.area or not found:
            corners = tuple((each.latitude, each.longitude) for each in sound)
            is_sound = bool(found) and len(sound) == len(found)
            areas[name] = corners if is_sound and _is_area(resolver, node, corners) else ()
        if not node.area:
            points[name] = sound[0] if sound else ir.Point(Decimal(0), Decimal(0), Point(), span=node.span)
            if len(found) > 1:
                resolver.report.add(
                    "bad-place",
                    f"place `{name}` is one point, and this is another",
                    node.points[1].span,
                    help=f"write `place {name} = area (...), (...), (...)` for the corners of an area",
                )
    return points, areas


def point(resolver: Expressions, node: ast.Point, where: Scope) -> ir.Point | None:
    """The point that is written as two constants; None for what is reported."""
    sides = [("latitude", node.latitude, 90), ("longitude", node.longitude, 180)]
    found = [_degrees(resolver, name, side, limit, where) for name, side, limit in sides]
    latitude, longitude = found
    if latitude is None or longitude is None:
        return None
    if abs(latitude) > 90 and abs(longitude) <= 90:
        help_ = f"the latitude comes first: write `({node.longitude.span.text}, {node.latitude.span.text})`"
    else:
        help_ = "write degrees north, then degrees east, as in `(19.07, 72.87)`"
    for (name, side, limit), value in zip(sides, found, strict=True):
        if value is not None and abs(value) > limit:
            message = f"a {name} lies between -{limit} and {limit}"
            resolver.report.add("bad-place", message, side.span, help=help_)
            return None
    return ir.Point(latitude, longitude, Point(), span=node.span)


def _degrees(resolver: Expressions, name: str, node: ast.Expr, limit: int, where: Scope) -> Decimal | None:
    value = resolver.value(node, where)
    match value:
        case ir.Literal(value=Decimal() as degrees):
            return degrees
    if not isinstance(value.type, Unknown):
        resolver.report.add(
            "wrong-type",
            f"the {name} of a point is a constant number",
            node.span,
            label=f"this is {described(value.type)}",
            help="for columns declare `{type: point, latitude: COLUMN, longitude: COLUMN}` in catalog.yml",
        )
    return None


def _is_area(resolver: Expressions, node: ast.Place, corners: Corners) -> bool:
    """Whether corners enclose something, on a map that ends at the longitude 180."""
    name = node.name.text
    if len(set(corners)) < 3:
        message = f"area `{name}` has {len(set(corners))} different corners, and needs three"
        resolver.report.add("bad-place", message, node.span, help="write all corners, one after another around it")
        return False
    if len(corners) > MAX_CORNERS:
        message = f"area `{name}` has {len(corners)} corners, and {MAX_CORNERS} are the most"
        resolver.report.add("bad-place", message, node.span, help="leave out those that hardly bend its border")
        return False
    for (first, second), ends in zip(
        pairwise([*corners, corners[0]]), pairwise([*node.points, node.points[0]]), strict=True
    ):
        if abs(first[1] - second[1]) > 180:
            resolver.report.add(
                "bad-place",
                f"a border of area `{name}` would go more than half around the earth",
                ends[1].span,
                label=f"{abs(first[1] - second[1])} degrees from the corner before",
                help="an area cannot lie across the longitude 180: split it there into two, joined with `or`",
            )
            return False
    return True


def near(resolver: Expressions, node: ast.Near, where: Scope) -> ir.Condition:
    """`value within 5 km of center`: both are columns or written out."""
    sides = [_point_of(resolver, side, where) for side in (node.value, node.center)]
    value, center = sides
    if value is None or center is None:
        return ir.Always(True, span=node.span)
    if isinstance(value, ir.Point) and isinstance(center, ir.Point):
        resolver.report.add(
            "wrong-type",
            "both points are constants, so this is true of everyone or of nobody",
            node.span,
            help="name a column of type `point` on one side",
        )
        return ir.Always(True, span=node.span)
    return ir.Near(value, center, node.distance.value * METERS[node.unit], span=node.span)


def inside(resolver: Expressions, node: ast.Inside, where: Scope) -> ir.Condition:
    """`value inside PLACE`."""
    value = _point_of(resolver, node.value, where)
    name, areas, points = node.place.text, resolver.names.areas, resolver.names.points
    if name in points and name not in areas:
        resolver.report.add(
            "wrong-type",
            f"`{name}` is one point, and nothing is inside of that",
            node.place.span,
            help=f"write `{node.value.span.text} within 1 km of {name}`, or define `{name}` as an `area`",
        )
    elif name not in areas:
        instead = f"there are {listed(areas)}" if areas else f"define it: `place {name} = area (...), (...), (...)`"
        help_ = did_you_mean(name, areas, instead)
        resolver.report.add("unknown-place", f"there is no area `{name}`", node.place.span, help=help_)
    if value is None or not areas.get(name):
        return ir.Always(True, span=node.span)
    return ir.Inside(value, areas[name], span=node.span)


def _point_of(resolver: Expressions, node: ast.Expr, where: Scope) -> ir.Value | None:
    """A value that must be a point; None for what is reported."""
    if _names_nothing(resolver, node, where):
        assert isinstance(node, ast.Name)
        known: Sequence[str] = [*resolver.names.points, *_points_of(where)]
        instead = f"define it, as in `place {node.text} = (19.07, 72.87)`"
        help_ = did_you_mean(node.text, known, instead)
        resolver.report.add("unknown-place", f"there is no place `{node.text}`", node.span, help=help_)
        return None
    value = resolver.value(node, where)
    match value.type, value:
        case Unknown(), _:
            return None
        case Point(), ir.Point() | ir.Column():
            return value
    resolver.report.add(
        "wrong-type",
        "only points are near each other, or inside of an area",
        node.span,
        label=f"this is {described(value.type)}",
        help="name a column of type `point`, a `place`, or degrees north and east: `(19.07, 72.87)`",
    )
    return None


def _names_nothing(resolver: Expressions, node: ast.Expr, where: Scope) -> bool:
    """Whether a name of one part is that of nothing at all: then a place is what is missing."""
    if not isinstance(node, ast.Name) or len(node.parts) > 1:
        return False
    names, table = resolver.names, where.table
    known = (names.lets, names.points, names.areas, names.metrics, table.columns, table.links, resolver.catalog.tables)
    return not any(node.text in each for each in known) and node.text not in ("today", "at")


def _points_of(where: Scope) -> list[str]:
    return [column.name for column in where.table.columns.values() if isinstance(column.type, Point)]
