"""The tree as meant: names resolved, every value typed, sugar gone. Windows still move with `as_of`.

Values are looked up in a *row in scope*: the customer at the top, a row of another table inside its aggregate.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Literal as OneOf

from segdsl.semantics.catalog import Catalog
from segdsl.semantics.types import Type
from segdsl.source import Span


@dataclass(frozen=True, slots=True)
class Node:
    span: Span = field(kw_only=True, compare=False, repr=False)


def children(node: Node) -> Iterator[Node]:
    """The nodes directly inside `node`, in the order of their fields."""
    # The names of all fields but `span`; `dataclasses.fields` would be asked for each node anew.
    names: tuple[str, ...] = node.__match_args__
    for name in names:
        value = getattr(node, name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            for item in value:
                if isinstance(item, Node):
                    yield item


# --- windows: sets of moments, in terms of `as_of` ------------------------------------------------

Unit = OneOf["minute", "hour", "day", "week", "month", "quarter", "year"]


@dataclass(frozen=True, slots=True)
class Last(Node):
    """From `count` units before `as_of` up to `as_of`. Of dates: the dates that end with `as_of`'s."""

    count: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class Next(Node):
    """From `as_of` until `count` units after it. Of dates: the dates that begin with `as_of`'s."""

    count: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class Period(Node):
    """Whole calendar periods, `first` to `last` of them counted from the current one: 0 is this, -1 the one before."""

    unit: Unit
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class BetweenAgo(Node):
    """From `far` units before `as_of` until `near` units before it."""

    far: int
    near: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class MoreThanAgo(Node):
    """Strictly before the moment `count` units before `as_of`."""

    count: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class LessThanAgo(Node):
    """Strictly after the moment `count` units before `as_of`, and before `as_of`."""

    count: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class Range(Node):
    """A fixed range, `start` included. An `end` that is a date includes that day; a moment is excluded.

    A missing side is open. Naive moments are the project's wall clock.
    """

    start: date | datetime | None
    end: date | datetime | None


Window = Last | Next | Period | BetweenAgo | MoreThanAgo | LessThanAgo | Range

# --- values ---------------------------------------------------------------------------------------

Constant = str | int | Decimal | bool | date | datetime


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A constant. Numbers are `Decimal`, never `int`; `bool`, `str` and `date` are themselves."""

    value: str | Decimal | bool | date
    type: Type


@dataclass(frozen=True, slots=True)
class Point(Node):
    """A point that is written out: degrees north and east, each in the range that there is."""

    latitude: Decimal
    longitude: Decimal
    type: Type


@dataclass(frozen=True, slots=True)
class Column(Node):
    """A stored column of the row in scope, or of the one row that `path` (names of links) leads to from it.

    Computed columns do not come here: their formula stands where they were named.

    Missing when a link on the way is missing or leads nowhere.
    """

    path: tuple[str, ...]
    table: str
    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class At(Node):
    """The time of the row in scope, or of the row that `path` leads to: its table's `at`, maybe inherited.

    `table` is the table at the end of `path`; follow its `at_path` from there to the stored column.
    """

    path: tuple[str, ...]
    table: str
    type: Type


@dataclass(frozen=True, slots=True)
class Day(Node):
    """The date of a moment on the project's wall clock."""

    value: Value
    type: Type


@dataclass(frozen=True, slots=True)
class Today(Node):
    """The date of `as_of` on the project's wall clock."""

    type: Type


PartName = OneOf["year", "quarter", "month", "day", "weekday", "hour"]


@dataclass(frozen=True, slots=True)
class Part(Node):
    """A part of a date as a whole number, or the hour of a moment on the project's wall clock.

    Weekdays are 1 (Monday) to 7 (Sunday), however the project's weeks begin.
    """

    part: PartName
    value: Value
    type: Type


@dataclass(frozen=True, slots=True)
class DaysBetween(Node):
    """How many days one date is before the other; negative when it comes after. Missing when a side is."""

    start: Value
    end: Value
    type: Type


@dataclass(frozen=True, slots=True)
class Negative(Node):
    operand: Value
    type: Type


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """`left op right`; missing when a side is missing, or when dividing by zero."""

    left: Value
    op: OneOf["+", "-", "*", "/"]
    right: Value
    type: Type


@dataclass(frozen=True, slots=True)
class Rows(Node):
    """The rows of `table` that belong to the row in scope, `where` they count and in the `window`.

    `via` names the links to follow from such a row up to the row in scope. Of a table with a time only rows
    before `as_of` are seen; a `Next` window alone looks past it. Rows without a time are never seen then.
    """

    table: str
    via: tuple[str, ...]
    where: Condition | None = None
    window: Window | None = None


Function = OneOf["count", "count distinct", "sum", "avg", "min", "max", "first", "last", "mode"]


@dataclass(frozen=True, slots=True)
class Aggregate(Node):
    """`function` over `rows`; `argument` is evaluated in each of them and is None only for `count`.

    Over no rows `count`, `count distinct` and `sum` are 0 and the others missing. Missing arguments are skipped,
    but `first` and `last` give the argument of the first or last row, missing or not. Rows of one moment are
    told apart by the table's key, and rows without a key by the argument (missing before any other). Of values that
    `mode` finds equally often it gives the one of the latest row, where the table has a time, and then the greatest.
    """

    function: Function
    rows: Rows
    argument: Value | None
    type: Type


@dataclass(frozen=True, slots=True)
class Choice(Node):
    """`then` where the condition holds, else `otherwise`."""

    condition: Condition
    then: Value
    otherwise: Value
    type: Type


@dataclass(frozen=True, slots=True)
class Length(Node):
    """How many known members a list has, or how many code points a text; missing when that is."""

    value: Value
    type: Type


@dataclass(frozen=True, slots=True)
class Key(Node):
    """The key of the row in scope: a whole number where it is declared as one, else its text."""

    table: str
    type: Type


@dataclass(frozen=True, slots=True)
class Of(Node):
    """`value` in the scope of the row that `path` (names of links) leads to; missing when there is no such row."""

    path: tuple[str, ...]
    value: Value
    type: Type


@dataclass(frozen=True, slots=True)
class Population(Node):
    """Rows of the entity that are compared: those of whom `among` holds and whose `value` is known.

    Rows with another `per` are other populations; a row whose `per` is missing belongs to none.
    """

    value: Value
    among: Condition | None = None
    per: Value | None = None


@dataclass(frozen=True, slots=True)
class Statistic(Node):
    """One exact number of the population that the row in scope would belong to by its `per`: of all without one.

    `total` is the sum; `average` the mean; `percentile` interpolates linearly between the two values that enclose
    `share` of the way from the least (0) to the greatest (1). Over nobody `total` is 0 and the others are missing.
    The row in scope need not belong to the population.
    """

    kind: OneOf["total", "average", "percentile"]
    population: Population
    share: Decimal | None
    type: Type


@dataclass(frozen=True, slots=True)
class Tile(Node):
    """Which of `tiles` parts of the population the row in scope is in, 1 holding the lowest; missing outside of it.

    Rows are ranked by the value, equal ones by key. `by_cut`: the parts are cut at the ranks that are the percentiles
    k / tiles of all ranks (interpolated; a rank on the cut is below it). Else by size: n rows make parts of n // tiles,
    the first n % tiles of them one larger, as SQL's NTILE.
    """

    tiles: int
    by_cut: bool
    population: Population
    type: Type


Value = (
    Literal
    | Point
    | Column
    | At
    | Day
    | Today
    | Part
    | DaysBetween
    | Negative
    | Arithmetic
    | Aggregate
    | Choice
    | Length
    | Key
    | Of
    | Statistic
    | Tile
)

# --- conditions: true or false, never missing -----------------------------------------------------


@dataclass(frozen=True, slots=True)
class Always(Node):
    """True of everyone, or of nobody."""

    holds: bool


@dataclass(frozen=True, slots=True)
class All(Node):
    terms: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any(Node):
    terms: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not(Node):
    term: Condition


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """False when a side is missing. Both sides are numbers, dates, moments, or (for `=`) texts or booleans."""

    left: Value
    op: OneOf["=", "<", "<=", ">", ">="]
    right: Value


@dataclass(frozen=True, slots=True)
class OneOfList(Node):
    """The value is one of the constants; numbers are `Decimal`."""

    value: Value
    options: tuple[str | Decimal | bool | date, ...]


@dataclass(frozen=True, slots=True)
class Known(Node):
    """The value is not missing."""

    value: Value


@dataclass(frozen=True, slots=True)
class TextMatch(Node):
    """A text test; `matches` is a glob: `*` is any text, `?` any one code point, all else stands for itself.

    Exact by code point; with `folded` both sides are folded first (`evaluate.fold`).
    """

    value: Value
    kind: OneOf["starts", "ends", "contains", "matches", "equals"]
    pattern: str
    folded: bool


@dataclass(frozen=True, slots=True)
class InWindow(Node):
    """The moment or date lies in the window."""

    value: Value
    window: Window


@dataclass(frozen=True, slots=True)
class Anniversary(Node):
    """A yearly return of the date lies in the window: its month and day in its own year or a later one.

    29 February returns on 1 March in other years. The window has two ends.
    """

    value: Value
    window: Window


@dataclass(frozen=True, slots=True)
class AtLeast(Node):
    """At least `count` of the terms hold."""

    count: int
    terms: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class ListHas(Node):
    """At least `least` of the different `options` are members of the list; false when the list is missing.

    With `folded` members and options are folded first (`evaluate.fold`).
    """

    value: Value
    options: tuple[str, ...]
    least: int
    folded: bool = False


@dataclass(frozen=True, slots=True)
class InFile(Node):
    """The value, or the key, is one of those in the file `name`: `members` are sorted, each once.

    Texts are sorted by code point. False when the value is missing.
    """

    value: Value
    name: str
    members: tuple[str, ...] | tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class Followed(Node):
    """A later row of `rows` belongs to the row that `path` leads to from the row in scope.

    Later is strictly after its time and, with `within`, no more than so many units after: minutes and hours exactly,
    longer units on the wall clock (`calendar.after`). Each of `same` is a value of the row in scope and one of the
    later row, known and equal; each of `same_links` a link of both that holds one key. `rows.via` leads up to the
    table that `path` leads to, and `rows` has no window.
    """

    path: tuple[str, ...]
    rows: Rows
    within: tuple[int, Unit] | None
    same: tuple[tuple[Value, Value], ...]
    same_links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Near(Node):
    """The way along the earth's surface between two points is at most `meters` long. False when a point is missing.

    The earth is a sphere of 6,371,008.8 m: the mean radius of https://doi.org/10.1007/s001900050278. The way is
    rounded to whole millimetres before it is compared. Both values are a `Point` or a `Column`.
    """

    value: Value
    center: Value
    meters: Decimal


@dataclass(frozen=True, slots=True)
class Inside(Node):
    """The point lies inside of the polygon with these corners (latitude, longitude), or on its border.

    Corners are joined in order, and the last with the first, by straight lines on a map of latitude and longitude.
    Inside is what an odd number of borders part from the outside.
    """

    value: Value
    corners: tuple[tuple[Decimal, Decimal], ...]


@dataclass(frozen=True, slots=True)
class WasInSegment(Node):
    """The row was in that segment, as `InSegment` says, when `as_of` was `count` units earlier.

    Minutes and hours are exact, longer units steps on the wall clock. Rows with a time are seen as they were seen
    then; what tables hold without a history is as it is now.
    """

    segment: str
    count: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class Sample(Node):
    """The row's place in [0, 1) lies in [low, high). It depends on the key and the salt alone.

    The place is the first 15 hexadecimal digits of the MD5 of `salt`, a colon and the key as text, over 16 ** 15.
    """

    salt: str
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class Ranked(Node):
    """The row is among the `count` rows (or per cent of rows, rounded up) of the population with the greatest value.

    With `lowest` the least. Of equal values the smaller key comes first either way.
    """

    population: Population
    count: Decimal
    percent: bool
    lowest: bool


@dataclass(frozen=True, slots=True)
class Bringing(Node):
    """The row is among the fewest of the population, greatest value first, that bring `share` (0 to 1) of the total.

    Values of zero and below bring nothing: only rows above it are in the population. Of equal values the smaller key
    comes first.
    """

    population: Population
    share: Decimal


@dataclass(frozen=True, slots=True)
class IsTrue(Node):
    """A boolean value that is true."""

    value: Value


@dataclass(frozen=True, slots=True)
class Exists(Node):
    """There is at least one such row."""

    rows: Rows


@dataclass(frozen=True, slots=True)
class InSegment(Node):
    """The row in scope is one of the rows that `as_of` sees and fulfils that segment's condition.

    It is a row of the table that the segment is a set of.
    """

    segment: str


@dataclass(frozen=True, slots=True)
class AssignedTo(Node):
    """The row in scope is in that segment, as `InSegment` says, and in none that wins over it."""

    segment: str


Condition = (
    Always
    | All
    | Any
    | Not
    | Compare
    | OneOfList
    | Known
    | TextMatch
    | InWindow
    | Anniversary
    | AtLeast
    | ListHas
    | InFile
    | Followed
    | Near
    | Inside
    | IsTrue
    | Exists
    | InSegment
    | AssignedTo
    | Ranked
    | Bringing
    | Sample
    | WasInSegment
)

# --- programs -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SizePromise(Node):
    """So many are assigned, or so many per cent of all rows of the entity; bounds are in, a missing one is open."""

    low: Decimal | None
    high: Decimal | None
    percent: bool


@dataclass(frozen=True, slots=True)
class ChangePromise(Node):
    """Who is assigned are fewer than so many per cent more or fewer than were when the memberships were stored."""

    percent: Decimal


@dataclass(frozen=True, slots=True)
class RelationPromise(Node):
    """Nobody who qualifies for the segment qualifies for the other one; or everybody does who is `within` it."""

    kind: OneOf["disjoint from", "within"]
    segment: str


Promise = SizePromise | ChangePromise | RelationPromise


@dataclass(frozen=True, slots=True)
class Channel(Node):
    """Who of the rows of `entity` can be reached by it. `reachable by` is spelled out where it stands."""

    name: str
    title: str
    entity: str
    condition: Condition


@dataclass(frozen=True, slots=True)
class Metric(Node):
    """A named value of each row of `entity`, be it written as a metric or as a score: spelled out where it is named."""

    name: str
    title: str
    entity: str
    value: Value


@dataclass(frozen=True, slots=True)
class Place(Node):
    """A named point, or an area with several `corners`: each a latitude and a longitude. Spelled out where named."""

    name: str
    title: str
    corners: tuple[tuple[Decimal, Decimal], ...]


@dataclass(frozen=True, slots=True)
class Segment(Node):
    """A set of rows of the table `entity`. `otherwise` is already spelled out in `condition`."""

    name: str
    title: str
    owner: str
    about: str
    entity: str
    group: str | None
    priority: int | None
    condition: Condition
    promises: tuple[Promise, ...] = ()
    is_rest: bool = False  # written with `otherwise`


@dataclass(frozen=True, slots=True)
class Group(Node):
    """`members` are names of segments: by priority when the group is exclusive, else as written."""

    name: str
    title: str
    owner: str
    about: str
    exclusive: bool
    complete: bool
    members: tuple[str, ...]


@dataclass(frozen=True)
class Program:
    """Everything that a project defines. `segments` are in the order they were written (files by name).

    `order` names the same segments so that each comes after those it refers to. `timezone` is an IANA name and
    `week_starts` a weekday, Monday being 0. What metrics, places and channels say stands wherever they are named:
    they are kept for their titles.
    """

    name: str
    catalog: Catalog
    segments: dict[str, Segment]
    groups: dict[str, Group]
    order: tuple[str, ...]
    timezone: str
    week_starts: int
    channels: dict[str, Channel] = field(default_factory=dict)
    metrics: dict[str, Metric] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)

    @cached_property
    def entities(self) -> tuple[str, ...]:
        """The tables that segments are sets of: that of the catalog first, be there segments of it or not."""
        return tuple(dict.fromkeys((self.catalog.entity, *(each.entity for each in self.segments.values()))))

    def by_entity(self, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """The segments called `names`, by the table that they are sets of, in the order of `entities`."""
        found = {
            entity: tuple(name for name in names if self.segments[name].entity == entity) for entity in self.entities
        }
        return {entity: of_it for entity, of_it in found.items() if of_it}

    def rivals(self, segment: str) -> tuple[str, ...]:
        """The segments that win over `segment` in its exclusive group, strongest first; none outside of one."""
        group = self.segments[segment].group
        if group is None or not self.groups[group].exclusive:
            return ()
        members = self.groups[group].members
        return members[: members.index(segment)]
