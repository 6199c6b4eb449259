"""The tree as written: names are strings, nothing is resolved, sugar is still there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal as OneOf

from segdsl.source import Span


@dataclass(frozen=True, slots=True)
class Node:
    """Anything written. Where it stands does not count when two nodes are compared."""

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


# --- values ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ident(Node):
    """One name, without its backticks."""

    text: str


@dataclass(frozen=True, slots=True)
class Name(Node):
    """`country`, `order.store.city`: a dotted path of names."""

    parts: tuple[Ident, ...]

    @property
    def text(self) -> str:
        return ".".join(part.text for part in self.parts)


@dataclass(frozen=True, slots=True)
class Text(Node):
    value: str


@dataclass(frozen=True, slots=True)
class Number(Node):
    """`2_000`, `0.5`: a `Decimal` with exactly the digits that were written; never negative."""

    value: Decimal


@dataclass(frozen=True, slots=True)
class Truth(Node):
    """`true` or `false`."""

    value: bool


@dataclass(frozen=True, slots=True)
class Date(Node):
    value: date


@dataclass(frozen=True, slots=True)
class Moment(Node):
    """`2026-01-10T09:00` (naive: the project's wall clock) or `2026-01-10T09:00+05:30` (aware)."""

    value: datetime


@dataclass(frozen=True, slots=True)
class Negative(Node):
    operand: Expr


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """`left op right` with one of `+ - * /`."""

    left: Expr
    op: OneOf["+", "-", "*", "/"]
    right: Expr


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`count(order where C in last 30 days)`, `count distinct(...)`, `sum(order.amount)`, `last(order.at)`.

    `function` is the word before the parenthesis, `count distinct` included; `via` spells the links from
    the table to the customer when there is more than one way. `steps` are what the rows are followed by.
    """

    function: Ident
    target: Expr
    via: Name | None = None
    where: Expr | None = None
    steps: tuple[Followed, ...] = ()
    window: Window | None = None


@dataclass(frozen=True, slots=True)
class DaysBetween(Node):
    """`days between start and end`."""

    start: Expr
    end: Expr


@dataclass(frozen=True, slots=True)
class Choice(Node):
    """`(then if condition else otherwise)`, its parentheses included."""

    then: Expr
    condition: Expr
    otherwise: Expr


@dataclass(frozen=True, slots=True)
class Point(Node):
    """`(latitude, longitude)`, in degrees north and east."""

    latitude: Expr
    longitude: Expr


@dataclass(frozen=True, slots=True)
class Statistic(Node):
    """`average of value`, `median of value`, `total of value`, `percentile P of value`: one number of everyone.

    `per` makes one for each value of it; `among` says who counts. `percentile` is None for the others.
    """

    kind: OneOf["average", "median", "total", "percentile"]
    value: Expr
    percentile: Number | None = None
    per: Expr | None = None
    among: Expr | None = None


@dataclass(frozen=True, slots=True)
class Tile(Node):
    """`quintile of value`, `quartile of`, `decile of`, `ntile N of`: which of the equal parts, 1 being the lowest.

    `count` is None but for `ntile`.
    """

    kind: OneOf["quartile", "quintile", "decile", "ntile"]
    value: Expr
    count: Number | None = None
    per: Expr | None = None
    among: Expr | None = None


@dataclass(frozen=True, slots=True)
class Paren(Node):
    """`( ... )`: kept, because it decides whether `and` and `or` are mixed."""

    inner: Expr


# --- windows --------------------------------------------------------------------------------------

Unit = OneOf["minute", "hour", "day", "week", "month", "quarter", "year"]


@dataclass(frozen=True, slots=True)
class Last(Node):
    """`in last N units`; `full` for `in last N full units`, complete calendar periods only."""

    count: int
    unit: Unit
    full: bool = False


@dataclass(frozen=True, slots=True)
class Next(Node):
    """`in next N units`."""

    count: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class This(Node):
    """`in this UNIT`; `in today` is `in this day`, written short."""

    unit: Unit


@dataclass(frozen=True, slots=True)
class Yesterday(Node):
    """`in yesterday`."""


@dataclass(frozen=True, slots=True)
class BetweenAgo(Node):
    """`between N and M units ago`, the farther one first."""

    far: int
    near: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class Ago(Node):
    """`more than N units ago` or `less than N units ago`."""

    than: OneOf["more", "less"]
    count: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class FromTo(Node):
    """`from D to D`: dates include both days; moments include the first and exclude the second."""

    start: Expr
    end: Expr


@dataclass(frozen=True, slots=True)
class During(Node):
    """`in diwali`: on the days of an occasion."""

    occasion: Ident


@dataclass(frozen=True, slots=True)
class Periods(Node):
    """`in each of last N full units`, or `in at least K of last N full units` with `least` K.

    `full` is what should have been written: without it there is nothing to count.
    """

    least: int | None
    count: int
    unit: Unit
    full: bool


Window = Last | Next | This | Yesterday | BetweenAgo | Ago | FromTo | During | Periods

# --- conditions -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class And(Node):
    terms: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Or(Node):
    terms: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Not(Node):
    operand: Expr


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """`left op right` with one of `= != < <= > >=`."""

    left: Expr
    op: OneOf["=", "!=", "<", "<=", ">", ">="]
    right: Expr


@dataclass(frozen=True, slots=True)
class Between(Node):
    """`value between low and high`, both ends in."""

    value: Expr
    low: Expr
    high: Expr


@dataclass(frozen=True, slots=True)
class InList(Node):
    """`value in (a, b)`; `negated` for `not in`."""

    value: Expr
    options: tuple[Expr, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class InListFile(Node):
    """`value in list "titles.csv"`; without a value `in list "vip.csv"`, which looks for the key."""

    value: Expr | None
    file: Text
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Known(Node):
    """`value is known`; `negated` for `is missing`."""

    value: Expr
    negated: bool = False


@dataclass(frozen=True, slots=True)
class TextTest(Node):
    """`value starts with "a"` and its likes, with or without `ignoring case`.

    `kind` `equals` stands for `value = "a" ignoring case`, which is written so only when the case is ignored.
    """

    value: Expr
    kind: OneOf["starts with", "ends with", "contains", "matches", "equals"]
    pattern: Expr
    ignoring_case: bool = False


@dataclass(frozen=True, slots=True)
class ManyTest(Node):
    """`value contains any of ("a", "b")`: how many of the patterns pass the test.

    `quantity` is `any`, `all`, `none`, or `at least`, `at most`, `exactly` with a `count`.
    """

    value: Expr
    kind: OneOf["starts with", "ends with", "contains", "matches"]
    quantity: OneOf["any", "all", "none", "at least", "at most", "exactly"]
    count: Number | None
    patterns: tuple[Expr, ...]
    ignoring_case: bool = False


@dataclass(frozen=True, slots=True)
class Near(Node):
    """`value within 5 km of center`."""

    value: Expr
    distance: Number
    unit: OneOf["km", "m", "mile", "miles"]
    center: Expr


@dataclass(frozen=True, slots=True)
class Inside(Node):
    """`value inside PLACE`, a place that is an area."""

    value: Expr
    place: Ident


@dataclass(frozen=True, slots=True)
class InWindow(Node):
    """`value in last 30 days`, `value from D to D`, `value more than 6 months ago`."""

    value: Expr
    window: Window
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Anniversary(Node):
    """`anniversary of value in next 7 days`."""

    value: Expr
    window: Window
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Followed(Node):
    """`followed by order where C with same product within 2 hours`; `negated` for `not followed by`.

    A step is about the row that it stands behind, or the row of the step before it. `same` are columns that both
    rows have alike.
    """

    table: Name
    via: Name | None = None
    where: Expr | None = None
    same: tuple[Ident, ...] = ()
    within: Within | None = None
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Within(Node):
    """`within 2 hours`."""

    count: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class Has(Node):
    """`has order where C in last 30 days`; `negated` for `no order ...`."""

    table: Name
    via: Name | None = None
    where: Expr | None = None
    steps: tuple[Followed, ...] = ()
    window: Window | None = None
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Every(Node):
    """`every order where C in last 30 days has D`."""

    table: Name
    condition: Expr
    via: Name | None = None
    where: Expr | None = None
    steps: tuple[Followed, ...] = ()
    window: Window | None = None


@dataclass(frozen=True, slots=True)
class InSegment(Node):
    """`in segment vip`; `negated` for `not in segment vip`."""

    segment: Ident
    negated: bool = False


@dataclass(frozen=True, slots=True)
class AssignedTo(Node):
    """`assigned to champions`; `negated` for `not assigned to champions`."""

    segment: Ident
    negated: bool = False


@dataclass(frozen=True, slots=True)
class WasInSegment(Node):
    """`was in segment vip 30 days ago`: its condition held when `as_of` was so long ago; `negated` for `was not in`."""

    segment: Ident
    count: int
    unit: Unit
    negated: bool = False


@dataclass(frozen=True, slots=True)
class ReachableBy(Node):
    """`reachable by email`."""

    channel: Ident


@dataclass(frozen=True, slots=True)
class InSample(Node):
    """`in sample 10% "salt"`."""

    percent: Number
    salt: Text


@dataclass(frozen=True, slots=True)
class Ranked(Node):
    """`in top 20% by value per country among C`, `in bottom 100 by value`."""

    end: OneOf["top", "bottom"]
    count: Number
    percent: bool
    value: Expr
    per: Expr | None = None
    among: Expr | None = None


@dataclass(frozen=True, slots=True)
class Bringing(Node):
    """`in the customers who bring 80% of value`; `noun` is what the people are called."""

    noun: Ident
    percent: Number
    value: Expr
    per: Expr | None = None
    among: Expr | None = None


@dataclass(frozen=True, slots=True)
class Everyone(Node):
    """`everyone`."""


@dataclass(frozen=True, slots=True)
class Broken(Node):
    """Stands where an expression could not be read; its diagnostic is already made."""


Condition = (
    And
    | Or
    | Not
    | Compare
    | Between
    | InList
    | InListFile
    | Known
    | TextTest
    | ManyTest
    | Near
    | Inside
    | InWindow
    | Anniversary
    | Has
    | Every
    | InSegment
    | AssignedTo
    | WasInSegment
    | ReachableBy
    | InSample
    | Ranked
    | Bringing
    | Everyone
)
Value = (
    Name
    | Text
    | Number
    | Truth
    | Date
    | Moment
    | Negative
    | Arithmetic
    | Call
    | DaysBetween
    | Choice
    | Point
    | Statistic
    | Tile
)
Expr = Value | Condition | Paren | Broken

# --- definitions ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SizePromise(Node):
    """`100 to 5_000 customers`, `1% to 20% of customers`, `at least 100 customers`; an open end is None."""

    low: Number | None
    high: Number | None
    percent: bool
    noun: Ident


@dataclass(frozen=True, slots=True)
class ChangePromise(Node):
    """`change under 10%`, since the last run."""

    percent: Number


@dataclass(frozen=True, slots=True)
class RelationPromise(Node):
    """`disjoint from A, B` or `within A, B`."""

    kind: OneOf["disjoint from", "within"]
    segments: tuple[Ident, ...]


Promise = SizePromise | ChangePromise | RelationPromise


@dataclass(frozen=True, slots=True)
class Review(Node):
    """`review every 90 days, last 2026-10-01`."""

    count: int
    unit: Unit
    last: Date | Broken


@dataclass(frozen=True, slots=True)
class Segment(Node):
    """`segment NAME "Title" for ENTITY in GROUP priority N` and its clauses. `when` is None under `otherwise`."""

    name: Ident
    title: Text | None = None
    entity: Ident | None = None
    group: Ident | None = None
    priority: Number | None = None
    owner: Text | None = None
    about: Text | None = None
    when: Expr | None = None
    otherwise: bool = False
    expects: tuple[Promise, ...] = ()
    review: Review | None = None
    active: Dates | None = None


@dataclass(frozen=True, slots=True)
class Group(Node):
    """`group NAME "Title"` with `exclusive` and `complete`."""

    name: Ident
    title: Text | None = None
    owner: Text | None = None
    about: Text | None = None
    exclusive: bool = False
    complete: bool = False


@dataclass(frozen=True, slots=True)
class Let(Node):
    """`let NAME = literal`."""

    name: Ident
    value: Expr


@dataclass(frozen=True, slots=True)
class Bound(Node):
    """`>= 20`: what a tier says of the value, where it stands by itself."""

    op: OneOf["=", "!=", "<", "<=", ">", ">="]
    value: Expr


@dataclass(frozen=True, slots=True)
class Tier(Node):
    """`heavy "Heavy users" >= 20`."""

    name: Ident
    op: OneOf["=", "!=", "<", "<=", ">", ">="]
    bound: Expr
    title: Text | None = None


@dataclass(frozen=True, slots=True)
class Rest(Node):
    """`otherwise inactive`, the last of some tiers."""

    name: Ident
    title: Text | None = None


@dataclass(frozen=True, slots=True)
class Tiers(Node):
    """`tiers NAME "Title" by VALUE: heavy >= 20, light >= 1, otherwise inactive`: an exclusive group, written short."""

    name: Ident
    value: Expr
    tiers: tuple[Tier, ...]
    rest: Rest | None = None
    title: Text | None = None
    entity: Ident | None = None
    owner: Text | None = None
    about: Text | None = None


@dataclass(frozen=True, slots=True)
class Share(Node):
    """`control "Control group" 20%`."""

    name: Ident
    percent: Number
    title: Text | None = None


@dataclass(frozen=True, slots=True)
class Split(Node):
    """`split NAME "Title" of segment S: control 20%, treated 80%`: an exclusive group by chance, written short."""

    name: Ident
    shares: tuple[Share, ...]
    segment: Ident | None = None
    title: Text | None = None
    entity: Ident | None = None
    owner: Text | None = None
    about: Text | None = None


@dataclass(frozen=True, slots=True)
class Channel(Node):
    """`channel NAME "Title" when CONDITION`: who can be reached by it."""

    name: Ident
    when: Expr
    title: Text | None = None
    entity: Ident | None = None
    owner: Text | None = None
    about: Text | None = None


@dataclass(frozen=True, slots=True)
class Metric(Node):
    """`metric NAME "Title" = expression`."""

    name: Ident
    value: Expr
    title: Text | None = None
    entity: Ident | None = None


@dataclass(frozen=True, slots=True)
class Score(Node):
    """`score NAME "Title" = quintile of VALUE among C`: a metric that ranks."""

    name: Ident
    value: Expr
    title: Text | None = None
    entity: Ident | None = None


@dataclass(frozen=True, slots=True)
class Points(Node):
    """`(19.07, 72.87)` or `area (...), (...), (...)`, where it stands by itself."""

    points: tuple[Point, ...]
    area: bool


@dataclass(frozen=True, slots=True)
class Place(Node):
    """`place NAME = (19.07, 72.87)`, or `place NAME = area (...), (...), (...)`, the corners of an `area` in order."""

    name: Ident
    points: tuple[Point, ...]
    area: bool = False
    title: Text | None = None


@dataclass(frozen=True, slots=True)
class Dates(Node):
    """`2025-10-18 to 2025-10-23`, both days included; a day alone is both."""

    start: Date | Broken
    end: Date | Broken


@dataclass(frozen=True, slots=True)
class MonthDay(Node):
    """`06-01`: a day of every year, 02-29 included."""

    month: int
    day: int


@dataclass(frozen=True, slots=True)
class EveryYear(Node):
    """`every year 06-01 to 08-31`, both days included; over New Year when the end comes first."""

    start: MonthDay | Broken
    end: MonthDay | Broken


@dataclass(frozen=True, slots=True)
class Days(Node):
    """The days of an occasion: those of any of the parts."""

    parts: tuple[Dates | EveryYear, ...]


@dataclass(frozen=True, slots=True)
class Occasion(Node):
    """`occasion NAME "Title" = DAYS`."""

    name: Ident
    days: Days | Broken
    title: Text | None = None


Definition = Segment | Group | Tiers | Split | Let | Metric | Score | Place | Occasion | Channel


@dataclass(frozen=True, slots=True)
class Comment(Node):
    """`# text`, to the end of its line, the `#` included. `own_line` unless something stands before it."""

    text: str
    own_line: bool


@dataclass(frozen=True, slots=True)
class Module(Node):
    """One file of definitions, those that could be read, in their order."""

    definitions: tuple[Definition, ...]
    comments: tuple[Comment, ...] = field(default=(), compare=False)


# --- the catalog and the project file ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Column(Node):
    """A column as `catalog.yml` declares it. `type` is the text of the type, `decimal(12,2)` included.

    `latitude` and `longitude` are the two columns that a point is stored in.
    """

    name: Ident
    type: Ident | None
    stored_as: Ident | None = None
    required: bool = False
    values: tuple[Text, ...] = ()
    low: Number | Negative | None = None
    high: Number | Negative | None = None
    formula: Expr | None = None
    latitude: Ident | None = None
    longitude: Ident | None = None


@dataclass(frozen=True, slots=True)
class Link(Node):
    """`customer: customer_id`, or `buyer: {column: buyer_id, table: customer}`."""

    name: Ident
    column: Ident
    table: Ident | None = None


@dataclass(frozen=True, slots=True)
class Table(Node):
    """A table as `catalog.yml` declares it. `at` is a column, or `order.at` to say whose time is inherited."""

    name: Ident
    stored_in: Ident
    key: Ident | None = None
    at: Ident | None = None
    columns: tuple[Column, ...] = ()
    links: tuple[Link, ...] = ()
    where: Expr | None = None


@dataclass(frozen=True, slots=True)
class Catalog(Node):
    tables: tuple[Table, ...]
    entity: Ident | None = None


@dataclass(frozen=True, slots=True)
class Target(Node):
    """A database as `segdsl.yml` names it; `options` are its other keys, with `${NAME}` not yet replaced."""

    name: Ident
    type: Ident
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Option(Node):
    name: Ident
    value: Text


@dataclass(frozen=True, slots=True)
class Project(Node):
    name: Ident
    timezone: Ident | None = None
    week_starts: Ident | None = None
    targets: tuple[Target, ...] = ()
    default_target: Ident | None = None
