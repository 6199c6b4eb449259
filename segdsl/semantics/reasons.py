"""Why a row is, or is not, in a segment: the condition as it is nested, with what each part of it came to.

In: a program, rows as `evaluate` takes them, one row and a segment. Out: a `Reason`, a tree of plain values. Promised:
every truth and every value is what the reference evaluator says; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Literal as OneOf
from zoneinfo import ZoneInfo

from segdsl.semantics import ir
from segdsl.semantics.calendar import Clock, dates, moments
from segdsl.semantics.earth import Position
from segdsl.semantics.evaluate import Look, Row, Scalar, World
from segdsl.semantics.types import Date, Number

How = OneOf["all", "any", "not", "at least", "test"]
COUNT = Number(whole=True)
# Digits that are shown of a number whose digits do not end.
DIGITS = 6
# Texts longer than this are cut: an `any of` may name hundreds of things.
LONGEST = 160


@dataclass(frozen=True, slots=True)
class Said:
    """`what` (a value, rows or a window, as written) is `value`, in words."""

    what: str
    value: str


@dataclass(frozen=True, slots=True)
class Reason:
    """A condition as written, whether it holds, and the values and parts that decided it."""

    text: str
    holds: bool
    how: How = "test"
    values: tuple[Said, ...] = ()
    parts: tuple[Reason, ...] = ()


class Reasons:
    """Reasons about the rows of one world at one moment.

    `from_everyone` are conditions that were decided elsewhere, by the whole table: where one of them stands,
    in place of the condition that it is the answer to (from answers, by `id`, to questions), the question is shown.
    """

    def __init__(
        self, program: ir.Program, world: World, clock: Clock, from_everyone: Mapping[int, ir.Condition] | None = None
    ) -> None:
        self.program, self.clock = program, clock
        self._from_everyone = from_everyone or {}
        self._look = Look(program, world, clock.as_of, is_steady=True)

    def why(self, segment: str, row: Row) -> Reason:
        """Why `row` fulfils the condition of `segment`, or does not."""
        meant = self.program.segments[segment]
        match meant.condition:
            case ir.All(terms) if meant.is_rest:
                return self._why_rest(terms, meant.entity, row)
        return self._reason(meant.condition, meant.entity, row)

    def _why_rest(self, terms: tuple[ir.Condition, ...], entity: str, row: Row) -> Reason:
        """Of `otherwise`: nothing but the word is written, so each of the other segments is named."""
        parts: list[Reason] = []
        for term in terms:
            match term:
                case ir.Not(ir.InSegment(name)):
                    holds = self._look.holds(term, entity, row)
                    parts.append(Reason(f"not in segment {name}", holds, parts=(self.why(name, row),)))
                case _:
                    parts.append(self._reason(term, entity, row))
        return Reason("otherwise", all(part.holds for part in parts), "all", parts=tuple(parts))

    def is_there(self, entity: str, row: Row) -> bool:
        """Whether the row is one that definitions see: kept by the catalog's `where`, and not of later."""
        return self._look.is_seen(entity, row)

    def qualifies(self, segment: str, row: Row) -> bool:
        meant = self.program.segments[segment]
        return self._look.holds(ir.InSegment(segment, span=meant.span), meant.entity, row)

    def taken_by(self, segment: str, row: Row) -> str | None:
        """The strongest segment that wins over `segment` and holds the row, too."""
        return next((rival for rival in self.program.rivals(segment) if self.qualifies(rival, row)), None)

    def _reason(self, node: ir.Condition, table: str, row: Row) -> Reason:
        asked = self._from_everyone.get(id(node), node)
        holds = self._look.holds(node, table, row)
        text = _written(asked)
        if asked is not node:
            own = tuple(self._own_values(asked, table, row))
            return Reason(text, holds, values=(*own, Said("compared with everyone", "in the whole table")))

        def parts(terms: tuple[ir.Condition, ...]) -> tuple[Reason, ...]:
            return tuple(self._reason(term, table, row) for term in terms)

        match node:
            case ir.All(terms):
                return Reason(text, holds, "all", parts=parts(terms))
            case ir.Any(terms):
                return Reason(text, holds, "any", parts=parts(terms))
            case ir.AtLeast(_, terms):
                return Reason(text, holds, "at least", parts=parts(terms))
            case ir.Not(term):
                inner = self._reason(term, table, row)
                if not inner.parts and not text.startswith("not"):
                    # `no order`, `!=` and `is missing` are one test, as it is written.
                    return Reason(text or inner.text, holds, values=inner.values)
                return Reason(text, holds, "not", parts=(inner,))
            case ir.InSegment(name):
                return Reason(text or f"in segment {name}", holds, parts=(self.why(name, row),))
            case ir.AssignedTo(name):
                rival = self.taken_by(name, row)
                taken = () if rival is None else (Said("taken by", rival),)
                return Reason(text or f"assigned to {name}", holds, values=taken, parts=(self.why(name, row),))
            case _:
                return Reason(text, holds, values=tuple(dict.fromkeys(self._values(node, table, row))))

    # --- what decided a test --------------------------------------------------------------------------

    def _values(self, node: ir.Node, table: str, row: Row) -> Iterator[Said]:
        """The values that a test looks at, the outermost first; constants speak for themselves."""
        match node:
            case ir.Literal() | ir.Point():
                return
            case ir.Exists(rows):
                yield from self._rows(rows, table, row)
                return
            case ir.Aggregate(function, rows):
                yield self._said(node, table, row)
                yield from self._rows(rows, table, row, is_counted=function == "count")
                return
            case (
                ir.Ranked(population)
                | ir.Bringing(population)
                | ir.Statistic(_, population)
                | ir.Tile(_, _, population)
            ):
                if isinstance(node, ir.Statistic | ir.Tile):
                    yield self._said(node, table, row)
                yield from self._values(population.value, table, row)
                return
            case ir.Of():
                # Its inside is about another row.
                yield self._said(node, table, row)
                return
            case ir.Followed() | ir.Rows():
                return
            case ir.Always():
                yield Said("of everyone", "true" if node.holds else "false")
            case _ if hasattr(node, "type"):
                yield self._said(node, table, row)
        for child in ir.children(node):
            if isinstance(child, ir.Window):
                value = getattr(node, "value", None)
                yield Said(_written(child), self._window(child, isinstance(getattr(value, "type", None), Date)))
            else:
                yield from self._values(child, table, row)

    def _own_values(self, node: ir.Node, table: str, row: Row) -> Iterator[Said]:
        """The values of the row itself in what compares it with everyone."""
        match node:
            case ir.Population(value):
                yield from self._values(value, table, row)
            case ir.Literal() | ir.Point():
                return
            case _ if _compares(node):
                for child in ir.children(node):
                    yield from self._own_values(child, table, row)
            case _:
                yield from self._values(node, table, row)

    def _rows(self, rows: ir.Rows, table: str, row: Row, is_counted: bool = False) -> Iterator[Said]:
        """How many rows count, of how many that belong to the row; and when the window is."""
        found = self._count(rows, table, row)
        bare = ir.Rows(
            rows.table, rows.via, None, rows.window if isinstance(rows.window, ir.Next) else None, span=rows.span
        )
        there = self._count(bare, table, row)
        if rows.where is not None or rows.window is not None:
            yield Said(f"rows of {rows.table}", f"{found} of {there}")
        elif not is_counted:
            yield Said(f"rows of {rows.table}", f"{found}")
        if rows.window is not None:
            at = self.program.catalog.tables[rows.table].at_type
            yield Said(_written(rows.window), self._window(rows.window, isinstance(at, Date)))

    def _count(self, rows: ir.Rows, table: str, row: Row) -> str:
        return said(
            self._look.value(ir.Aggregate("count", rows, None, COUNT, span=rows.span), table, row), self.clock.zone
        )

    def _said(self, value: ir.Node, table: str, row: Row) -> Said:
        found = self._look.value(value, table, row)  # type: ignore[arg-type]  # a node with a type is a value
        return Said(_written(value), said(found, self.clock.zone))

    def _window(self, window: ir.Window, of_dates: bool) -> str:
        """From when until when, resolved at this moment."""
        if of_dates:
            first, last = dates(window, self.clock)
            if first is not None and last is not None and first > last:
                return "no day"
            return _stretch(str(first) if first else None, str(last) if last else None, "to")
        start, end = moments(window, self.clock)
        if start is not None and end is not None and start.utc >= end.utc:
            return "no moment"
        return _stretch(start and _moment(start.wall), end and _moment(end.wall), "until before")


def _stretch(start: str | None, end: str | None, to: str) -> str:
    if start is None and end is None:
        return "always"
    if start is None:
        return f"before {end}" if to != "to" else f"up to {end}"
    return f"from {start} on" if end is None else f"from {start} {to} {end}"


def _compares(node: ir.Node) -> bool:
    return isinstance(node, ir.Population) or any(_compares(child) for child in ir.children(node))


def _written(node: ir.Node) -> str:
    """What stands in the definition, on one line."""
    text = " ".join(node.span.text.split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def said(value: Scalar, zone: ZoneInfo) -> str:
    """A value in words: numbers with all their digits, moments on the project's wall clock."""
    match value:
        case None:
            return "missing"
        case bool():
            return "true" if value else "false"
        case Fraction():
            return _number(value)
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case datetime():
            return _moment(value if value.tzinfo is None else value.astimezone(zone).replace(tzinfo=None))
        case date():
            return value.isoformat()
        case Position():
            return f"({_number(value.latitude)}, {_number(value.longitude)})"
        case tuple():
            return "[" + ", ".join(said(each, zone) for each in value) + "]"
    return str(value)


def _moment(moment: datetime) -> str:
    timespec = "microseconds" if moment.microsecond else "seconds" if moment.second else "minutes"
    return moment.isoformat(" ", timespec=timespec)


def _number(number: Fraction) -> str:
    """All digits where they end, else so many and that there are more."""
    rest = number.denominator
    for factor in (2, 5):
        while rest % factor == 0:
            rest //= factor
    digits = 0
    while rest == 1 and (number * 10**digits).denominator != 1:
        digits += 1
    shown = digits if rest == 1 else DIGITS
    scaled = abs(number) * 10**shown
    whole, part = divmod(int(scaled), 10**shown)
    text = f"{whole:,}".replace(",", "_") + (f".{part:0{shown}d}" if shown else "")
    return ("-" if number < 0 else "") + text + ("…" if rest != 1 else "")
