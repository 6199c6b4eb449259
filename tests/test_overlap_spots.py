"""What circles and areas say of each other, against many points near their borders; points that are found."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import asin, atan2, cos, degrees, pi, radians, sin
from random import Random

import pytest

from segdsl.overlap import spots
from segdsl.overlap.axes import EITHER, Axis, Single, Within
from segdsl.overlap.domains import FALSE, TRUE, Ordered, Values, known
from segdsl.overlap.examples import NoExample
from segdsl.overlap.regions import Region, are_apart, is_part, region
from segdsl.semantics import ir
from segdsl.semantics.earth import DIAMETER_MM, Position
from segdsl.semantics.types import Point
from segdsl.source import NOWHERE

HOME = ir.Column((), "customer", "home", Point(), span=NOWHERE)
WORK = ir.Column((), "customer", "work", Point(), span=NOWHERE)
MISSING, MAYBE = Ordered((), False, True), Ordered((), True, True)
Test = ir.Near | ir.Inside


def place(latitude: str | float, longitude: str | float) -> ir.Point:
    return ir.Point(Decimal(str(latitude)), Decimal(str(longitude)), Point(), span=NOWHERE)


def near(latitude: str | float, longitude: str | float, meters: str | float, value: ir.Value = HOME) -> ir.Near:
    return ir.Near(value, place(latitude, longitude), Decimal(str(meters)), span=NOWHERE)


def inside(*corners: tuple[str | float, str | float], value: ir.Value = HOME) -> ir.Inside:
    return ir.Inside(value, tuple((Decimal(str(a)), Decimal(str(b))) for a, b in corners), span=NOWHERE)


def box(south: str | float, west: str | float, north: str | float, east: str | float) -> ir.Inside:
    return inside((south, west), (south, east), (north, east), (north, west))


def within(test: Test) -> Axis:
    return Axis("customer", Within(test), EITHER)


def where(test: Test) -> Region:
    found = region(test)
    assert found is not None
    return found[1]


MUMBAI = (19.07, 72.87)
CITY = near(*MUMBAI, 10_000)
L_SHAPE = inside((0, 0), (0, 3), (1, 3), (1, 1), (3, 1), (3, 0))


# --- what they say of each other ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "apart", "part"),
    [
        (near(*MUMBAI, 1000), CITY, False, True),
        (CITY, near(*MUMBAI, 1000), False, False),
        (near(*MUMBAI, "999.9999"), near(*MUMBAI, 1000), False, True),
        (near(*MUMBAI, 1000), near(*MUMBAI, "999.999"), False, False),
        (near("19.1", "72.87", 5000), CITY, False, True),
        (near("19.1", "72.87", 7000), CITY, False, False),
        (near("19.3", "72.87", 10_000), CITY, True, False),
        (near("19.07", "73.2", 30_000), CITY, False, False),
        # A degree is 111,194.927 m: no claim where 3 m decide, but where 8 m do.
        (near(0, 0, 50_000), near(1, 0, "61191.9"), False, False),
        (near(0, 0, 50_000), near(1, 0, "61186.9"), True, False),
        (near(1, 0, 10_000), near(0, 0, "121198"), False, False),
        (near(1, 0, 10_000), near(0, 0, "121203"), False, True),
        # Across the longitude 180, and around a pole.
        (near(0, "179.9", 10_000), near(0, "-179.9", 10_000), True, False),
        (near(0, "179.9", 13_000), near(0, "-179.9", 10_000), False, False),
        (near(0, "179.99", 1000), near(0, "-179.99", 10_000), False, True),
        (near(89, 0, 100), near(89, 180, 500_000), False, True),
        (CITY, near(0, 0, 20_100_000), False, True),
        # Areas.
        (box(0, 0, 1, 1), box(2, 0, 3, 1), True, False),
        (box(0, 0, 1, 1), box(1, 0, 3, 1), False, False),
        (box(0, 0, 1, 1), box(-1, -1, 2, 2), False, True),
        (box(2, 2, 3, 3), L_SHAPE, True, False),
        (L_SHAPE, box(2, 2, 3, 3), True, False),
        (L_SHAPE, L_SHAPE, False, True),
        (box("0.1", "0.1", "0.9", "2.9"), L_SHAPE, False, True),
        (box("0.1", "0.1", "1.1", "2.9"), L_SHAPE, False, False),
        # Areas and circles.
        (near("0.5", "0.5", 50_000), L_SHAPE, False, True),
        (near("0.5", "0.5", 60_000), L_SHAPE, False, False),
        (near(2, 2, 100_000), L_SHAPE, True, False),
        (near(2, 2, 115_000), L_SHAPE, False, False),
        (L_SHAPE, near(2, 2, 100_000), True, False),
        (near(0, "179.95", 10_000), box(-1, -180, 1, "-179.97"), False, False),
        (near(0, "179.85", 10_000), box(-1, -180, 1, "-179.97"), True, False),
        (box(0, 0, 1, 1), near("0.5", "0.5", 80_000), False, True),
        (box(0, 0, 1, 1), near("0.5", "0.5", 78_000), False, False),
        (box(80, -180, 90, 180), near(90, 0, 1_200_000), False, True),
        (box(80, -180, 90, 180), near(89, 0, 1_200_000), False, False),
        (box(-1, 170, 1, 180), near(0, -170, 2_300_000), False, True),
        (near(0, "179.95", 10_000), box(-1, "-179.9", 1, -179), True, False),
        (near(0, "-179.95", 10_000), box(-1, 179, 1, "179.9"), True, False),
        # To the north, degrees of longitude are shorter.
        (near(60, 0, 100_000), box("59.9", "1.5", "60.1", 2), False, False),
        (near(60, 0, 100_000), box("59.9", "1.9", "60.1", 2), True, False),
        # The farthest point of a box may lie on no corner: right across the pole, or in the middle of its side.
        (box(80, -100, 85, -80), near(85, 90, 1_665_000), False, False),
        (box(80, -100, 85, -80), near(85, 90, 1_668_000), False, True),
        (box(-80, 110, 80, 120), near(0, 0, 11_200_000), False, False),
    ],
)
def test_what_is_certain(one: Test, other: Test, apart: bool, part: bool) -> None:
    assert are_apart(where(one), where(other)) == apart
    assert is_part(where(one), where(other)) == part
    both = spots.implied(within(one), TRUE, within(other))
    assert both == (FALSE if apart else TRUE if part else EITHER)
    assert spots.implied(within(other), FALSE, within(one)) == (FALSE if part else EITHER)


def test_known_and_missing() -> None:
    here = Axis("customer", Single(HOME), MAYBE)
    everywhere = within(near(0, 0, 20_100_000))
    cases: list[tuple[Axis, Values, Axis, Values]] = [
        (within(CITY), TRUE, here, known()),
        (within(CITY), FALSE, here, MAYBE),
        (here, MISSING, within(CITY), FALSE),
        (here, known(), within(CITY), EITHER),
        (here, MAYBE, within(CITY), EITHER),
        (here, known(), everywhere, TRUE),
        (here, MISSING, everywhere, FALSE),
        (everywhere, FALSE, here, MISSING),
        (everywhere, FALSE, within(CITY), FALSE),
        (within(CITY), TRUE.complement().meet(TRUE), here, MISSING.meet(known())),
    ]
    for one, values, other, meant in cases:
        assert spots.implied(one, values, other) == meant


def test_sides_may_be_written_either_way() -> None:
    turned = ir.Near(place(*MUMBAI), HOME, Decimal(20_000), span=NOWHERE)
    assert spots.implied(within(CITY), TRUE, within(turned)) == TRUE


def test_other_points_say_nothing() -> None:
    assert spots.implied(within(CITY), TRUE, within(near(*MUMBAI, 20_000, WORK))) == EITHER
    two_columns = within(ir.Near(HOME, WORK, Decimal(10), span=NOWHERE))
    assert spots.implied(two_columns, TRUE, within(CITY)) == EITHER
    assert spots.implied(within(CITY), TRUE, two_columns) == EITHER


# --- many points ----------------------------------------------------------------------------------


def away(center: tuple[float, float], turn: float, meters: float) -> Position:
    """The point so far from another in a direction."""
    angle, latitude = 2000 * meters / DIAMETER_MM, radians(center[0])
    to = asin(max(-1, min(1, sin(latitude) * cos(angle) + cos(latitude) * sin(angle) * cos(turn))))
    east = atan2(sin(turn) * sin(angle) * cos(latitude), cos(angle) - sin(latitude) * sin(to))
    longitude = (degrees(radians(center[1]) + east) + 180) % 360 - 180
    return Position(Fraction(degrees(to)), Fraction(longitude))


def scattered(random: Random) -> tuple[list[Test], list[Position]]:
    """Some circles and areas around one place, and points in, on and near all of them."""
    middle = (random.choice([0.0, 52.5, -33.0, 89.9]), random.choice([0.0, 13.4, 179.95, -179.95]))
    tests: list[Test] = []
    points: list[Position] = []
    for _ in range(4):
        center = tuple(map(float, away(middle, random.uniform(0, 2 * pi), random.choice([0, 5_000, 20_000]))))
        latitude, longitude = (round(side, 6) for side in center)
        meters = random.choice([1_000, 5_000, 10_000, 30_000])
        if random.random() < 0.3 and abs(longitude) < 179 and latitude < 89:
            test: Test = box(latitude, longitude, round(latitude + 0.1, 6), round(longitude + 0.2, 6))
            points += (
                [Position(Fraction(a), Fraction(b)) for a, b in test.corners] if isinstance(test, ir.Inside) else []
            )
        else:
            test = near(latitude, longitude, meters)
        tests.append(test)
        for share in (0, 0.3, 0.7, 0.9999, 1, 1.0001, 1.3, 2, 5):
            points += [away((latitude, longitude), random.uniform(0, 2 * pi), share * meters) for _ in range(8)]
    return tests, points


@pytest.mark.parametrize("seed", range(40))
def test_what_is_certain_holds_of_every_point(seed: int) -> None:
    tests, points = scattered(Random(seed))
    for one in tests:
        for other in tests:
            truths = {(where(one).holds(point), where(other).holds(point)) for point in points}
            for truth, values in ((True, TRUE), (False, FALSE)):
                implied = spots.implied(within(one), values, within(other))
                assert all(implied.holds(theirs) for mine, theirs in truths if mine == truth)


@pytest.mark.parametrize("seed", range(40))
def test_a_point_is_found_where_there_is_one(seed: int) -> None:
    random = Random(seed)
    tests, points = scattered(random)
    truths = {tuple(where(test).holds(point) for test in tests) for point in points}
    for combination in range(2 ** len(tests)):
        wanted = [(test, bool(combination >> place & 1)) for place, test in enumerate(tests)]
        found = spots.choose(wanted, True)
        if isinstance(found, tuple):
            check(wanted, found)
        else:
            assert tuple(truth for _, truth in wanted) not in truths, found


def check(wanted: Sequence[tuple[Test, bool]], found: tuple[Decimal, Decimal]) -> None:
    point = Position(*map(Fraction, found))
    assert abs(point.latitude) <= 90 and abs(point.longitude) <= 180
    assert all(side.as_tuple().exponent >= -12 for side in found)  # type: ignore[operator]
    assert all(where(test).holds(point) == truth for test, truth in wanted)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ([], (Decimal(0), Decimal(0))),
        ([(CITY, True)], (Decimal("19.07"), Decimal("72.87"))),
        ([(CITY, False)], (Decimal(0), Decimal(0))),
        ([(box(0, 0, 1, 1), True)], (Decimal("0.5"), Decimal("0.5"))),
        ([(CITY, True), (near("19.3", "72.87", 10_000), True)], NoExample.NONE_FITS),
        ([(near(*MUMBAI, 1000), True), (CITY, False)], NoExample.NONE_FITS),
        ([(near(0, 0, 20_100_000), False)], NoExample.NONE_FITS),
        # Nothing is between these, and that is not proved.
        ([(near(*MUMBAI, "1000.00001"), True), (near("19.0700000001", "72.87", 1000), False)], NoExample.GAVE_UP),
    ],
)
def test_plain_points(wanted: list[tuple[Test, bool]], found: object) -> None:
    assert spots.choose(wanted, True) == found


@pytest.mark.parametrize(
    "wanted",
    [
        [(near(*MUMBAI, 1000), False), (near(*MUMBAI, "1001"), True)],
        [(near(0, 0, "60000"), True), (near(1, 0, "51195.2"), True)],
        [(near(0, 0, 10), True), (near("0.0001", "0.0001", 10), True), (near(0, "0.0001", 4), False)],
        [(L_SHAPE, True), (near("0.5", "0.5", 200_000), False)],
        [(box(0, 0, 3, 3), True), (L_SHAPE, False), (box(2, 2, 3, 3), False)],
        [(box(0, 0, 1, 1), True), (box(1, 1, 2, 2), True)],
    ],
)
def test_narrow_places_are_found(wanted: list[tuple[Test, bool]]) -> None:
    found = spots.choose(wanted, True)
    assert isinstance(found, tuple)
    check(wanted, found)


def test_a_missing_point_is_in_nothing() -> None:
    assert spots.choose([(CITY, False)], False) is None
    assert spots.choose([(CITY, True)], False) is NoExample.NONE_FITS


def test_a_point_that_may_be_missing_is_where_none_is_found() -> None:
    nowhere = near(0, 0, 20_100_000)
    assert spots.choose([(CITY, True)], None) == (Decimal("19.07"), Decimal("72.87"))
    assert spots.choose([(nowhere, False)], None) is None
    assert spots.choose([(nowhere, False)], True) is NoExample.NONE_FITS
    assert spots.choose([(nowhere, False), (CITY, True)], None) is NoExample.NONE_FITS


def test_tests_of_two_columns_are_left_out() -> None:
    two_columns = ir.Near(HOME, WORK, Decimal(10), span=NOWHERE)
    assert spots.choose([(two_columns, True), (CITY, True)], True) == (Decimal("19.07"), Decimal("72.87"))
