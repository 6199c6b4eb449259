"""Circles and areas on earth: which certainly lie apart, and which within another.

Distances are in floating point and areas are drawn on a map, so nothing is claimed that a few metres decide; but
circles with one centre, and areas among themselves, are compared exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import asin, cos, pi, radians, sin
from typing import NamedTuple, assert_never

from segdsl.semantics import ir
from segdsl.semantics.earth import DIAMETER_MM, RADIANS, Position, is_inside, millimeters

# What is left open on each claim about circles: a thousand times what rounding amounts to, at its worst near the
# point of the earth that is opposite.
MARGIN_MM = 5000
HALF_AROUND_MM = DIAMETER_MM * pi / 2


@dataclass(frozen=True, slots=True)
class Circle:
    """All points no farther than `reach` millimetres from the centre."""

    center: Position
    reach: int

    @property
    def is_everywhere(self) -> bool:
        return self.reach >= HALF_AROUND_MM + MARGIN_MM

    def holds(self, point: Position) -> bool:
        return millimeters(point, self.center) <= self.reach


@dataclass(frozen=True, slots=True)
class Area:
    """All points in a polygon on the map, or on its border."""

    corners: tuple[Position, ...]

    def holds(self, point: Position) -> bool:
        return is_inside(point, self.corners)

    @property
    def borders(self) -> Iterator[tuple[Position, Position]]:
        return pairwise([*self.corners, self.corners[0]])


Region = Circle | Area


class Box(NamedTuple):
    """A rectangle on the map, in degrees; it does not cross the longitude 180."""

    south: Fraction
    north: Fraction
    west: Fraction
    east: Fraction


def region(test: ir.Near | ir.Inside) -> tuple[ir.Value, Region] | None:
    """The point that a test is about, and where it is to be; None when it compares two points of the row."""
    match test:
        case ir.Near(value, ir.Point(latitude, longitude), meters) | ir.Near(
            ir.Point(latitude, longitude), value, meters
        ):
            center = Position(Fraction(latitude), Fraction(longitude))
            return value, Circle(center, int(Fraction(meters) * 1000 // 1))
        case ir.Near():
            return None
        case ir.Inside(value, corners):
            return value, Area(tuple(Position(*map(Fraction, corner)) for corner in corners))
        case _:
            assert_never(test)


def are_apart(one: Region, other: Region) -> bool:
    """Whether it is certain that no point is in both."""
    match one, other:
        case Circle(), Circle():
            return millimeters(one.center, other.center) > one.reach + other.reach + MARGIN_MM
        case Area(), Area():
            return _side_of(other, _boxes(one)) is False or _side_of(one, _boxes(other)) is False
        case (Area() as area, Circle() as circle) | (Circle() as circle, Area() as area):
            return _side_of(area, _boxes(circle)) is False or not any(
                _overlap(mine, theirs) for mine in _boxes(area) for theirs in _boxes(circle)
            )
    raise AssertionError("circles and areas are all there are")


def is_part(inner: Region, outer: Region) -> bool:
    """Whether it is certain that each point of `inner` is in `outer`."""
    match inner, outer:
        case _ if inner == outer:
            return True
        case _, Circle(is_everywhere=True):
            return True
        case Circle(), Circle() if inner.center == outer.center:
            return inner.reach <= outer.reach
        case Circle(), Circle():
            return millimeters(inner.center, outer.center) + inner.reach + MARGIN_MM <= outer.reach
        case Area(), Circle():
            return all(_is_in_circle(box, outer) for box in _boxes(inner))
        case _, Area():
            return _side_of(outer, _boxes(inner)) is True
    raise AssertionError("circles and areas are all there are")


# --- boxes ----------------------------------------------------------------------------------------


def _boxes(region: Region) -> list[Box]:
    """Boxes that together hold the region."""
    match region:
        case Area(corners):
            latitudes, longitudes = zip(*corners, strict=True)
            return [Box(min(latitudes), max(latitudes), min(longitudes), max(longitudes))]
        case Circle():
            return _boxes_of_circle(region)


def _boxes_of_circle(circle: Circle) -> list[Box]:
    """One box, or two where the circle crosses the longitude 180. A circle with a pole in it has all longitudes.

    J. P. Snyder, "Map Projections: A Working Manual" (1987), of great circles: sin(east) = sin(reach) / cos(latitude).
    """
    angle = (circle.reach + MARGIN_MM) / (DIAMETER_MM / 2)
    latitude, longitude = map(float, circle.center)
    degrees = angle / RADIANS
    south, north = Fraction(max(-90.0, latitude - degrees)), Fraction(min(90.0, latitude + degrees))
    if south == -90 or north == 90:
        return [Box(south, north, Fraction(-180), Fraction(180))]
    # Less than a right angle away, or a pole would be in it.
    sideways = asin(min(1.0, sin(angle) / cos(radians(latitude)))) / RADIANS
    west, east = Fraction(longitude - sideways), Fraction(longitude + sideways)
    if west < -180:
        return [Box(south, north, Fraction(-180), east), Box(south, north, west + 360, Fraction(180))]
    if east > 180:
        return [Box(south, north, west, Fraction(180)), Box(south, north, Fraction(-180), east - 360)]
    return [Box(south, north, west, east)]


def _overlap(one: Box, other: Box) -> bool:
    return one.south <= other.north and other.south <= one.north and one.west <= other.east and other.west <= one.east


def _is_in_circle(box: Box, circle: Circle) -> bool:
    """Whether all of a box is certainly in a circle.

    At one latitude, what is farther to the east or west is farther away; and with both ends of a meridian's part, all
    of it is in a circle that is no larger than half of the earth.
    """
    if circle.reach + MARGIN_MM >= HALF_AROUND_MM / 2:
        return False
    middle = circle.center.longitude
    opposite = middle - 180 if middle > 0 else middle + 180
    turns = [abs(side - middle) for side in (box.west, box.east)]
    aside = Fraction(180) if box.west <= opposite <= box.east else max(min(turn, 360 - turn) for turn in turns)
    ends = (Position(latitude, middle + aside) for latitude in (box.south, box.north))
    return all(millimeters(end, circle.center) + MARGIN_MM <= circle.reach for end in ends)


def _side_of(area: Area, boxes: list[Box]) -> bool | None:
    """Whether boxes are all inside of an area, or (False) all outside; None when neither."""
    if any(_touches(*border, box) for box in boxes for border in area.borders):
        return None
    sides = {area.holds(Position(box.south, box.west)) for box in boxes}
    return sides.pop() if len(sides) == 1 else None


def _touches(start: Position, end: Position, box: Box) -> bool:
    """Whether a straight border and a box have a point in common: what of the border is left by each side of the box.

    Y. Liang, B. Barsky, "A New Concept and Method for Line Clipping", ACM Transactions on Graphics 3:1 (1984).
    """
    first, last = Fraction(0), Fraction(1)
    for at, to, low, high in (
        (start.latitude, end.latitude, box.south, box.north),
        (start.longitude, end.longitude, box.west, box.east),
    ):
        if at == to:
            if not low <= at <= high:
                return False
            continue
        enters, leaves = sorted(((low - at) / (to - at), (high - at) / (to - at)))
        first, last = max(first, enters), min(last, leaves)
    return first <= last
