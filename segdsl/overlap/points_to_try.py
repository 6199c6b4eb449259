"""Points that are worth trying where a point is to lie in some regions and not in others.

What is left of the earth has a corner where two circles cross, or all around one circle, or between borders of areas:
a point just beside each of those is tried, after plainer ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import combinations, pairwise
from math import asin, atan2, cos, degrees, pi, radians, sin, sqrt

from segdsl.overlap.regions import Area, Circle, Region
from segdsl.semantics.earth import DIAMETER_MM, Position

COMPASS = [turn * pi / 8 for turn in range(16)]
# Far away from most of what is written.
ANYWHERE = [(0, 0), *((north, east) for north in range(-60, 90, 30) for east in range(-150, 180, 60))]
# How far from the borders of circles points are tried, in millimetres: plainly beside them, and hardly.
STEPS_MM = (100_000, 1_000, 50)
# The last of them is a tenth of a millimetre.
DIGITS = 9

Spot = tuple[Decimal, Decimal]
Vector = tuple[float, float, float]


def points_to_try(wanted: Sequence[tuple[Region, bool]]) -> Iterator[Spot]:
    """Degrees north and east of points, of which one mostly is in each region that is wanted and not in the others."""
    circles = [(each, truth) for each, truth in wanted if isinstance(each, Circle)]
    areas = [each for each, _ in sorted(wanted, key=lambda pair: not pair[1]) if isinstance(each, Area)]
    yield from (_exact(each.center) for each, truth in circles if truth)
    yield from map(_exact, _between_borders(areas, [each.center.latitude for each, _ in circles]))
    yield from (_rounded(*spot) for spot in ANYWHERE)
    for step in STEPS_MM:
        shrunk = [(each.center, each.reach + (-step if truth else step)) for each, truth in circles]
        yield from _around(shrunk, [corner for area in areas for corner in area.corners])
        for (one, reach), (other, other_reach) in combinations(shrunk, 2):
            yield from _crossings(one, reach, other, other_reach)
    yield from (_exact(corner) for area in areas for corner in area.corners)


def _between_borders(areas: Sequence[Area], latitudes: Sequence[Fraction]) -> Iterator[Position]:
    """A point between every two neighbouring borders, along lines between the corners' latitudes, and beside them."""
    heights = sorted({corner.latitude for area in areas for corner in area.corners} | set(latitudes))
    lines = [(low + high) / 2 for low, high in pairwise(heights)]
    for latitude in [*lines, *heights] if areas else []:
        crossed = {
            _longitude(start, end, latitude)
            for area in areas
            for start, end in area.borders
            if start.latitude != end.latitude and min(start, end).latitude <= latitude <= max(start, end).latitude
        }
        for west, east in pairwise(sorted({Fraction(-180), *crossed, Fraction(180)})):
            yield Position(latitude, (west + east) / 2)


def _longitude(start: Position, end: Position, latitude: Fraction) -> Fraction:
    """Where a border crosses a line of one latitude."""
    share = (latitude - start.latitude) / (end.latitude - start.latitude)
    return start.longitude + share * (end.longitude - start.longitude)


def _around(circles: Sequence[tuple[Position, int]], others: Sequence[Position]) -> Iterator[Spot]:
    """Points all around each circle, and around its centre half as far and as far as the other circles reach."""
    reaches = sorted({reach for _, reach in circles if reach > 0})
    between = [(one + other) // 2 for one, other in pairwise(reaches)]
    for center, _ in circles:
        turns = [_bearing(center, other) for other in (*(each for each, _ in circles), *others) if other != center]
        for reach in (*reaches, *between):
            for turn in (*COMPASS, *turns, *(turn + pi for turn in turns)):
                yield _gone(center, turn, reach)


def _gone(start: Position, turn: float, way: int) -> Spot:
    """Where one is after a way from `start` in the direction `turn`, in radians from the north."""
    angle = 2 * way / DIAMETER_MM
    latitude, longitude = map(radians, start)
    north = sin(latitude) * cos(angle) + cos(latitude) * sin(angle) * cos(turn)
    to = asin(max(-1.0, min(1.0, north)))
    east = atan2(sin(turn) * sin(angle) * cos(latitude), cos(angle) - sin(latitude) * sin(to))
    return _rounded(degrees(to), degrees(longitude + east))


def _bearing(start: Position, end: Position) -> float:
    """The direction from one point to another."""
    latitude, longitude = map(radians, start)
    to, to_longitude = map(radians, end)
    east = to_longitude - longitude
    return atan2(sin(east) * cos(to), cos(latitude) * sin(to) - sin(latitude) * cos(to) * cos(east))


def _crossings(one: Position, reach: int, other: Position, other_reach: int) -> Iterator[Spot]:
    """The two points that are so far from one point and so far from the other, if there are."""
    first, second = _vector(one), _vector(other)
    near, far = cos(2 * reach / DIAMETER_MM), cos(2 * other_reach / DIAMETER_MM)
    together = _dot(first, second)
    rest = 1 - together * together
    if rest <= 1e-20:
        return
    a, b = (near - together * far) / rest, (far - together * near) / rest
    foot = tuple(a * x + b * y for x, y in zip(first, second, strict=True))
    up = (1 - sum(x * x for x in foot)) / rest
    if up < 0:
        return
    across = (
        first[1] * second[2] - first[2] * second[1],
        first[2] * second[0] - first[0] * second[2],
        first[0] * second[1] - first[1] * second[0],
    )
    for side in (sqrt(up), -sqrt(up)):
        x, y, z = (at + side * step for at, step in zip(foot, across, strict=True))
        yield _rounded(degrees(asin(max(-1.0, min(1.0, z)))), degrees(atan2(y, x)))


def _vector(point: Position) -> Vector:
    latitude, longitude = map(radians, point)
    return cos(latitude) * cos(longitude), cos(latitude) * sin(longitude), sin(latitude)


def _dot(one: Vector, other: Vector) -> float:
    return sum(x * y for x, y in zip(one, other, strict=True))


def _exact(point: Position) -> Spot:
    """A point with as few digits as it has, and no more than are stored."""
    latitude, longitude = (Decimal(round(side * 10**12)).scaleb(-12).normalize() + 0 for side in point)
    return latitude, longitude


def _rounded(latitude: float, longitude: float) -> Spot:
    longitude = (longitude + 180) % 360 - 180
    return Decimal(f"{latitude:.{DIGITS}f}").normalize() + 0, Decimal(f"{longitude:.{DIGITS}f}").normalize() + 0
