"""Points on earth: how far apart two are, and whether one lies in an area. What every database has to give."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from math import asin, cos, floor, sin, sqrt
from typing import NamedTuple

# Both are written into queries, digit for digit.
DIAMETER_MM = 12742017600.0
RADIANS = 0.017453292519943295


class Position(NamedTuple):
    """Degrees north and degrees east, exact."""

    latitude: Fraction
    longitude: Fraction


def millimeters(start: Position, end: Position) -> int:
    """The way along the surface, in floating point: the haversine formula, rounded to whole millimetres.

    Databases do the same steps in the same order, so that they come to the same number. The formula is that of
    R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68 (1984).
    """
    latitude, longitude = (float(side) * RADIANS for side in start)
    to_latitude, to_longitude = (float(side) * RADIANS for side in end)
    north = sin((to_latitude - latitude) * 0.5)
    east = sin((to_longitude - longitude) * 0.5)
    haversine = north * north + cos(latitude) * cos(to_latitude) * (east * east)
    return floor(DIAMETER_MM * asin(sqrt(min(1.0, haversine))) + 0.5)


def is_inside(point: Position, corners: Sequence[Position]) -> bool:
    """Whether a point lies in the polygon with these corners or on its border, exactly.

    A ray to the east leaves the polygon for good at the last of an odd number of borders. Each border holds its
    southern end and not its northern one, so that a corner counts once.
    """
    borders = list(pairwise([*corners, corners[0]]))
    if any(_is_on(point, start, end) for start, end in borders):
        return True
    crossed = 0
    for start, end in borders:
        south, north = sorted((start, end))
        if south.latitude <= point.latitude < north.latitude and _side(point, south, north) < 0:
            crossed += 1
    return crossed % 2 == 1


def _is_on(point: Position, start: Position, end: Position) -> bool:
    between = all(min(a, b) <= here <= max(a, b) for here, a, b in zip(point, start, end, strict=True))
    return between and _side(point, start, end) == 0


def _side(point: Position, start: Position, end: Position) -> Fraction:
    """Below zero to the west of a border that goes north, above it to the east, zero on the line."""
    return (point.longitude - start.longitude) * (end.latitude - start.latitude) - (point.latitude - start.latitude) * (
        end.longitude - start.longitude
    )
