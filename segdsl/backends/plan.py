"""A query as relations, in no database's words: what `lower` makes and what a backend prints.

In: nothing. Out: the nodes. Every relation has named outputs over a base and its joins; every expression is typed by
construction, so that a backend prints it without asking again. A condition may come out missing, as in SQL: who needs
it two-valued wraps it in `Surely` or `Untrue`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal as OneOfWords
from typing import assert_never

from segdsl.semantics.catalog import Held
from segdsl.semantics.types import Type
from segdsl.source import NOWHERE, Span

PartName = OneOfWords["year", "quarter", "month", "day", "weekday", "hour"]
Unit = OneOfWords["minute", "hour", "day", "week", "month", "quarter", "year"]
Scalar = str | bool | Decimal | date  # a datetime is a date; an aware one is an instant

# --- values ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Column:
    """An output of a relation, by the alias it has here; the alias is empty where there is but one relation."""

    relation: str
    name: str
    optional: bool = True


@dataclass(frozen=True, slots=True)
class Stored:
    """A column as the database stores it, read as the type it is declared with (None: as it is).

    Moments with a zone become naive moments in UTC, so that no setting of a session matters. Of degrees the type says
    which are missing. `held` is what the database is known to hold there; `span` is where it is declared, or its table.
    """

    relation: str
    name: str
    type: Type | None
    held: Held | None = None
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Constant:
    value: Scalar


@dataclass(frozen=True, slots=True)
class OnWallClock:
    """A naive moment in UTC as the wall clock of `zone` shows it."""

    moment: Expression
    zone: str


@dataclass(frozen=True, slots=True)
class InUtc:
    """A naive moment of the wall clock of `zone` in UTC, naive, as `calendar.Clock.in_utc` says it.

    Of a wall time that the clock shows twice the first instant, and one that it skips with the offset before.
    """

    moment: Expression
    zone: str


@dataclass(frozen=True, slots=True)
class Later:
    """The naive moment or, when `is_date`, the date `count` units later; a month without that day gives its last."""

    moment: Expression
    count: int
    unit: Unit
    is_date: bool


@dataclass(frozen=True, slots=True)
class Day:
    """The date of a naive moment."""

    moment: Expression


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a date, or the hour of a naive moment, as a whole number; weekdays are 1 (Monday) to 7."""

    part: PartName
    value: Expression


@dataclass(frozen=True, slots=True)
class DaysBetween:
    """The whole days from one date to another, negative when that comes before."""

    start: Expression
    end: Expression


@dataclass(frozen=True, slots=True)
class Widen:
    """A number as a decimal of all the digits there are, `scale` of them after the point: nothing overflows early."""

    number: Expression
    scale: int = 0


@dataclass(frozen=True, slots=True)
class Negative:
    number: Expression


@dataclass(frozen=True, slots=True)
class Calculate:
    """`scales` are how many digits there may be after the points of a product's factors."""

    left: Expression
    op: OneOfWords["+", "-", "*"]
    right: Expression
    scales: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Distance:
    """The whole millimetres from one point to another, all in degrees: step by step `semantics.earth.millimeters`.

    Asked where all four are known: where one is missing it may be any number.
    """

    latitude: Expression
    longitude: Expression
    to_latitude: Expression
    to_longitude: Expression


@dataclass(frozen=True, slots=True)
class OrElse:
    """`value`, or the constant where it is missing."""

    value: Expression
    otherwise: Constant


@dataclass(frozen=True, slots=True)
class FirstTrue:
    """The value of the first case whose condition is true, missing when none is."""

    cases: tuple[tuple[Expression, Expression], ...]


@dataclass(frozen=True, slots=True)
class Whole:
    """A number that has no digits after the point, as the widest whole number there is: for `Divide`."""

    number: Expression


@dataclass(frozen=True, slots=True)
class Divide:
    """Of `left / right`, both `Whole`, what is before the point, or the rest: both as if cut off, for any signs."""

    left: Expression
    part: OneOfWords["whole", "rest"]
    right: Expression


@dataclass(frozen=True, slots=True)
class Ordering:
    """What rows are ordered by; nothing is said about missing values."""

    expression: Expression
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """`function` over the rows that are alike in all of `per`, each row keeping its own.

    `count` and `sum` are of the known values of `argument` in all those rows; `running sum` of those up to the row by
    `order`. `row number` and `tile`, one of `tiles` equal parts, are places by `order`, from 1. `first` is the argument
    of the row that comes first, missing or not.
    """

    function: OneOfWords["count", "sum", "running sum", "row number", "tile", "first"]
    argument: Expression | None
    per: tuple[Expression, ...] = ()
    order: tuple[Ordering, ...] = ()
    tiles: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """`then` where the condition is true, else `otherwise`."""

    condition: Expression
    then: Expression
    otherwise: Expression


@dataclass(frozen=True, slots=True)
class Length:
    """How many code points a text has, or how many known members a list."""

    value: Expression
    of_list: bool


@dataclass(frozen=True, slots=True)
class Members:
    """The different known members of a list, each in a row of its own: an output beside no others."""

    list: Expression


@dataclass(frozen=True, slots=True)
class CountTrue:
    """How many of the terms are true."""

    terms: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """`function` over the rows of a group for which every term of `where` is true.

    `count` counts rows, or known values of `argument`. `order` is for `first` and `last` alone: ascending, and the
    missing come before all others. `any` is for what is the same in all rows of a group.
    """

    function: OneOfWords["count", "count distinct", "sum", "min", "max", "first", "last", "any"]
    argument: Expression | None
    where: tuple[Expression, ...] = ()
    order: tuple[Expression, ...] = ()


# --- conditions -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class All:
    terms: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Any:
    terms: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Of a term that is never missing."""

    term: Expression


@dataclass(frozen=True, slots=True)
class Untrue:
    """The term is false or missing."""

    term: Expression


@dataclass(frozen=True, slots=True)
class Surely:
    """The term is true: neither false nor missing."""

    term: Expression


@dataclass(frozen=True, slots=True)
class Compare:
    left: Expression
    op: OneOfWords["=", "<>", "<", "<=", ">", ">="]
    right: Expression


@dataclass(frozen=True, slots=True)
class OneOf:
    """There is at least one option."""

    value: Expression
    options: tuple[Constant, ...]


@dataclass(frozen=True, slots=True)
class OddlyMany:
    """An odd number of the terms, of which there is one at least, are true."""

    terms: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Known:
    value: Expression


@dataclass(frozen=True, slots=True)
class TextMatch:
    """As `ir.TextMatch`; a folded pattern is already folded, the value is not."""

    value: Expression
    kind: OneOfWords["starts", "ends", "contains", "matches", "equals"]
    pattern: str
    folded: bool


@dataclass(frozen=True, slots=True)
class Digest:
    """The first 15 hexadecimal digits, in lower case, of the MD5 of `salt`, a colon and a key as text."""

    salt: str
    key: Expression


@dataclass(frozen=True, slots=True)
class ListHas:
    """A text is a member of a list; a folded text is already folded, the members are not."""

    list: Expression
    member: str
    folded: bool


@dataclass(frozen=True, slots=True)
class ListWithin:
    """A list has no known members but these."""

    list: Expression
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """The value is in the relation `name` of constants."""

    value: Expression
    name: str


Expression = (
    Column
    | Stored
    | Constant
    | OnWallClock
    | InUtc
    | Later
    | Day
    | Part
    | DaysBetween
    | Widen
    | Negative
    | Calculate
    | Distance
    | OrElse
    | FirstTrue
    | Whole
    | Divide
    | Window
    | Choice
    | Length
    | Members
    | CountTrue
    | Aggregate
    | All
    | Any
    | Not
    | Untrue
    | Surely
    | Compare
    | OneOf
    | OddlyMany
    | Known
    | TextMatch
    | Digest
    | ListHas
    | ListWithin
    | Listed
)


def may_be_missing(expression: Expression) -> bool:
    """Whether the value can be missing for some row. Declarations such as `required` are not trusted."""
    match expression:
        case Column(optional=optional):
            return optional
        case Constant() | Distance() | OrElse() | OddlyMany() | Known() | Untrue() | Surely() | CountTrue():
            return False
        case Stored() | FirstTrue() | Members():
            return True
        case Aggregate(function):
            return function not in ("count", "count distinct")
        case Window(function):
            return function in ("sum", "running sum", "first")
        case OnWallClock(inner) | InUtc(inner) | Later(inner) | Day(inner) | Widen(inner) | Whole(inner):
            return may_be_missing(inner)
        case Negative(inner) | Not(inner):
            return may_be_missing(inner)
        case OneOf(inner) | TextMatch(inner) | Part(_, inner) | Digest(_, inner):
            return may_be_missing(inner)
        case Length(inner) | ListHas(inner) | ListWithin(inner) | Listed(inner):
            return may_be_missing(inner)
        case Choice(_, then, otherwise):
            return may_be_missing(then) or may_be_missing(otherwise)
        case Calculate(left, _, right) | Divide(left, _, right) | Compare(left, _, right) | DaysBetween(left, right):
            return may_be_missing(left) or may_be_missing(right)
        case All(terms) | Any(terms):
            return any(may_be_missing(term) for term in terms)
        case _:
            assert_never(expression)


# --- relations ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Output:
    name: str
    expression: Expression
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Base:
    """What a relation reads: a relation of this query, or a stored table by the parts of its name."""

    name: str | tuple[str, ...]
    alias: str


@dataclass(frozen=True, slots=True)
class Join:
    """For each row at most one row of `base`: whose `right` equals `left`. Rows without one stay unless `required`."""

    base: Base
    left: Expression
    right: Expression
    required: bool


@dataclass(frozen=True, slots=True)
class NextJoin:
    """For each row the next row of `base`: of those alike in every pair of `alike`, the first that comes later.

    `later` is when that is and `than` when the row itself is. Rows without a next one stay.
    """

    base: Base
    alike: tuple[tuple[Expression, Expression], ...]
    than: Expression
    later: Expression


@dataclass(frozen=True, slots=True)
class Spread:
    """Of each row one for each condition that is true, with its name in `column`, and none where none is.

    There is at least one condition.
    """

    column: str
    names: tuple[tuple[Expression, str], ...]


@dataclass(frozen=True, slots=True)
class Select:
    """With `keeps_all`, the outputs of the base come first; that of `spread` comes last.

    `largest_first`, then `order_by`, name outputs.
    """

    base: Base
    outputs: tuple[Output, ...]
    joins: tuple[Join | NextJoin, ...] = ()
    spread: Spread | None = None
    where: tuple[Expression, ...] = ()
    group_by: tuple[Expression, ...] = ()
    having: tuple[Expression, ...] = ()
    keeps_all: bool = False
    largest_first: tuple[str, ...] = ()
    order_by: tuple[str, ...] = ()
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """A named step of a query."""

    name: str
    select: Select


@dataclass(frozen=True, slots=True)
class Constants:
    """A named step of one column `member`: at least one text or number.

    Numbers are decimals of all the digits there are, `scale` of them after the point, or without one as keys are.
    """

    name: str
    members: tuple[str, ...] | tuple[Decimal, ...]
    scale: int | None


@dataclass(frozen=True, slots=True)
class Query:
    """Each relation reads only those before it and `constants`. The comment says what it gives."""

    relations: tuple[Relation, ...]
    result: Select
    comment: str
    constants: tuple[Constants, ...] = ()
