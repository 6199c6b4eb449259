"""Conditions and values to sentences: the walk over the IR.

In: a condition on rows of a table. Out: a `Line`, a sentence with the lines that it stands over. Promised: conditions
that differ never read the same. So whatever joins conditions is a list of lines, never prose, and a condition
inside of a sentence stands in parentheses, or in a line of its own that the sentence names by a letter.

Conditions are true or false. What is said of a missing value is not true, and its contrary is: a sentence that says
something is *not* so adds that the missing are in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import assert_never

from segdsl.reading import shapes
from segdsl.reading.language import Language
from segdsl.semantics import ir
from segdsl.semantics.scope import paths_up
from segdsl.semantics.types import Date, TextList, Timestamp

# How long a condition may be that stands in parentheses inside of a sentence.
SHORT = 70
ARITHMETIC = {"+": "plus", "-": "minus", "*": "times", "/": "divided"}
KILOMETER = Decimal(1000)


@dataclass(frozen=True)
class Line:
    """A sentence, and the points below it."""

    text: str
    below: tuple[Line, ...] = ()


class Sentences:
    """Reads one definition. `metrics` are the titled metrics that were named, `notes` what must be said beside it."""

    def __init__(self, program: ir.Program, language: Language) -> None:
        self.program, self.language = program, language
        self.metrics: dict[str, ir.Metric] = {}
        self.notes: set[str] = set()
        self._say, self._quoted = language.say, language.quoted
        titled = [each for each in program.metrics.values() if each.title]
        self._metrics = {(each.entity, each.value): each for each in reversed(titled)}
        self._places = {each.corners: each for each in program.places.values()}
        self._letters = 0
        # What the sentences that are being read stand over, the innermost last.
        self._below: list[list[Line]] = []
        self._period: ir.Period | None = None

    # --- names ------------------------------------------------------------------------------------

    def segment(self, name: str) -> str:
        """A segment by its title, and by its name where that is not clear."""
        titles = [each.title for each in self.program.segments.values()]
        title = self.program.segments[name].title
        is_clear = titles.count(title) == 1 and (title == name or title not in self.program.segments)
        return self._quoted(title) if is_clear else f"{self._quoted(title)} ({name})"

    def metric(self, metric: ir.Metric) -> str:
        others = [each.title for each in self.program.metrics.values()]
        # A column, or anything else in quotes, may be called the same.
        columns = {name for table in self.program.catalog.tables.values() for name in table.columns}
        is_clear = others.count(metric.title) == 1 and metric.title not in columns
        return self._quoted(metric.title) if is_clear else f"{self._quoted(metric.title)} ({metric.name})"

    def meaning(self, metric: ir.Metric) -> Line:
        """What a metric is of each row, in words."""
        return self._sentence(lambda: self.spelled(metric.value, metric.entity))

    def _path(self, path: Sequence[str]) -> str:
        return self._quoted(" → ".join(path))

    # --- conditions -------------------------------------------------------------------------------

    def condition(self, node: ir.Condition, table: str, *, holds: bool = True) -> Line:
        """That `node` is so of a row of `table`; with `holds=False` that it is not so."""
        shaped = self._shaped(node, table, holds)
        if shaped is not None:
            return shaped
        match node:
            case ir.Not(term):
                return self.condition(term, table, holds=not holds)
            case ir.All(terms):
                return self._joined(terms, "all" if holds else "not_all", table, holds, over_none=holds)
            case ir.Any(terms):
                return self._joined(terms, "any" if holds else "none", table, holds, over_none=not holds)
            case ir.AtLeast(count, terms):
                head = self._say("enough" if holds else "too_few", count=count)
                return Line(head, self._lines(terms, table))
            case _:
                return self._sentence(lambda: self._statement(node, table, holds))

    def _joined(self, terms: Sequence[ir.Condition], key: str, table: str, holds: bool, *, over_none: bool) -> Line:
        if len(terms) == 1:
            return self.condition(terms[0], table, holds=holds)
        if not terms:
            return Line(self._say("always" if over_none else "never"))
        return Line(self._say(key), self._lines(terms, table))

    def _lines(self, terms: Sequence[ir.Condition], table: str) -> tuple[Line, ...]:
        return tuple(self.condition(term, table) for term in terms)

    def _shaped(self, node: ir.Condition, table: str, holds: bool) -> Line | None:
        """What is several nodes and reads as one sentence."""
        between, every, repeated = shapes.between(node), shapes.every(node), shapes.repeated(node)
        if between is not None:
            return self._sentence(lambda: self._between(between, table, holds))
        if every is not None:
            return self._sentence(lambda: self._every(every, table, holds))
        if repeated is not None and self._period is None:
            return self._repeated(repeated, table, holds)
        return None

    def _between(self, found: shapes.Between, table: str, holds: bool) -> str:
        sides = self._sides(found.value, (found.low, found.high), table)
        text = self._is("between", holds, value=sides[0], low=sides[1], high=sides[2])
        return self._known(text, found, table, holds)

    def _every(self, found: shapes.Every, table: str, holds: bool) -> str:
        rows = self._rows(found.rows, table, "one")
        condition = self._inside(found.condition, found.rows.table)
        return self._is("every", holds, rows=rows, condition=condition)

    def _repeated(self, found: shapes.Repeated, table: str, holds: bool) -> Line:
        periods = self._say(f"periods.{found.period.unit}", count=found.count)
        if found.least == found.count:
            head = self._is("each_period", holds, periods=periods)
        else:
            head = self._is("some_periods", holds, periods=periods, least=self.language.number(found.least))
        self._period = found.period
        below = self.condition(found.condition, table)
        self._period = None
        return Line(head, (below,))

    def _sentence(self, write: Callable[[], str]) -> Line:
        """A sentence, and the conditions inside of it that need lines of their own."""
        self._below.append([])
        text = write()
        return Line(text, tuple(self._below.pop()))

    def _inside(self, node: ir.Condition, table: str) -> str:
        """A condition inside of a sentence: in words when it is short, else a letter for a line below."""
        line = self.condition(node, table)
        if not line.below and len(line.text) <= SHORT:
            return line.text
        letter = self._letter()
        self._below[-1].append(Line(f"[{letter}] {line.text}", line.below))
        return self._say("marked", letter=f"[{letter}]")

    def _letter(self) -> str:
        number, letters = self._letters, ""
        self._letters += 1
        while number >= 0:
            number, letter = divmod(number, 26)
            letters = chr(ord("A") + letter) + letters
            number -= 1
        return letters

    def _is(self, key: str, holds: bool, count: Decimal | int | None = None, **slots: str) -> str:
        return self._say(key if holds else f"{key}.not", count, **slots)

    def _known(self, text: str, node: ir.Condition | shapes.Between, table: str, holds: bool) -> str:
        """A statement about values, and who is in it when one is missing."""
        values = [part for part in _parts(node) if not isinstance(part, _CONDITIONS)]
        if not any(self._can_be_missing(value, table) for value in values):  # type: ignore[arg-type]
            return text
        if holds:
            self.notes.add("missing")
            return text
        return self._say("also_missing", sentence=text)

    def _statement(self, node: ir.Condition, table: str, holds: bool) -> str:
        """A condition that joins no others, about one row."""
        is_ = self._is
        match node:
            case ir.Always(always):
                return self._say("always" if always == holds else "never")
            case ir.Exists(rows):
                return is_("exists", holds, rows=self._rows(rows, table, "one"))
            case ir.Followed():
                return self._followed(node, table, holds)
            case ir.InSegment(segment):
                return is_("segment", holds, segment=self.segment(segment))
            case ir.AssignedTo(segment):
                return is_("assigned", holds, segment=self.segment(segment))
            case ir.WasInSegment(segment, count, unit):
                return is_("was", holds, segment=self.segment(segment), span=self._say(f"ago.{unit}", count=count))
            case ir.Sample(salt, low, high):
                first, last = (self.language.percent(each * 100) for each in (low, high))
                return is_("sample", holds, salt=self._quoted(salt), low=first, high=last)
            case ir.Known(value):
                return is_("known", holds, value=self.value(value, table))
            case ir.Ranked(population, count, percent, lowest):
                key = f"ranked.{'lowest' if lowest else 'highest'}.{'percent' if percent else 'count'}"
                among, by = self._population(population, table), self._operand(population.value, table)
                return is_(key, holds, count, value=by, population=among)
            case ir.Bringing(population, share):
                among, by = self._population(population, table), self._operand(population.value, table)
                return is_("bringing", holds, share=self.language.percent(share * 100), value=by, population=among)
            case (
                ir.Compare() | ir.OneOfList() | ir.TextMatch() | ir.InWindow() | ir.Anniversary() | ir.ListHas()
                | ir.InFile() | ir.Near() | ir.Inside() | ir.IsTrue()
            ):  # fmt: skip
                return self._known(self._about_values(node, table, holds), node, table, holds)
            case ir.All() | ir.Any() | ir.Not() | ir.AtLeast():
                raise AssertionError("read line by line in `condition`")
            case _:
                assert_never(node)

    def _about_values(self, node: ir.Condition, table: str, holds: bool) -> str:
        """A statement that is about values of the row alone."""
        is_, quoted = self._is, self._quoted
        match node:
            case ir.Compare(left, op, right):
                kind = "date" if isinstance(left.type, Date | Timestamp) or shapes.day_of_year(left) else "compare"
                first, second = self._sides(left, (right,), table)
                return is_(f"{kind}.{op}" if op != "=" else "equal", holds, left=first, right=second)
            case ir.OneOfList(value, options):
                texts = [self._constant(option) for option in options]
                return is_("one_of", holds, value=self.value(value, table), options=self.language.listed(texts))
            case ir.TextMatch(value, kind, pattern, folded):
                text = is_(f"text.{kind}", holds, value=self.value(value, table), text=quoted(pattern))
                return self._say("folded", sentence=text) if folded else text
            case ir.InWindow(value, window):
                return is_("window", holds, value=self.value(value, table), window=self.window(window))
            case ir.Anniversary(value, window):
                return is_("anniversary", holds, value=self._operand(value, table), window=self.window(window))
            case ir.ListHas(value, members, least, folded):
                listed = self.language.listed([quoted(member) for member in members], "and")
                key = "list.one" if least == len(members) == 1 else "list.least"
                text = is_(key, holds, least, value=self.value(value, table), options=listed)
                return self._say("folded", sentence=text) if folded else text
            case ir.InFile(value, name, members):
                return is_("file", holds, len(members), value=self.value(value, table), file=quoted(name))
            case ir.Near(value, center, meters):
                one, other = self._operand(value, table), self._operand(center, table)
                return is_("near", holds, value=one, center=other, distance=self._distance(meters))
            case ir.Inside(value, corners):
                return is_("inside", holds, value=self.value(value, table), area=self._area(corners))
            case ir.IsTrue(value):
                return is_("true", holds, value=self.value(value, table))
        raise AssertionError(node)

    def _sides(self, value: ir.Value, others: Sequence[ir.Value], table: str) -> list[str]:
        """What is compared, in words: a month and day as such, where that is what the numbers stand for."""
        days = [shapes.month_and_day(other) for other in others]
        of = shapes.day_of_year(value)
        if of is not None and None not in days:
            texts = [self.language.day_of_year(*day) for day in days if day is not None]
            return [self._say("value.day_of_year", value=self._operand(of, table)), *texts]
        return [self.value(each, table) for each in (value, *others)]

    def _followed(self, node: ir.Followed, table: str, holds: bool) -> str:
        catalog = self.program.catalog
        rows = self._rows(node.rows, catalog.target(table, node.path).name, "one")
        ways = paths_up(catalog, table, catalog.target(table, node.path).name)
        if len(ways) > 1:
            rows = self._say("rows.of", rows=rows, path=self._path(node.path))
        if node.within is not None:
            count, unit = node.within
            rows = self._say("rows.within", rows=rows, span=self._say(f"span.{unit}", count=count))
        same = [*map(self._quoted, node.same_links), *(self._same(*pair, table, node.rows.table) for pair in node.same)]
        if same:
            rows = self._say("rows.same", rows=rows, values=self.language.listed(same, "and"))
        return self._is("followed", holds, rows=rows)

    def _same(self, left: ir.Value, right: ir.Value, before: str, after: str) -> str:
        one, other = self.value(left, before), self.value(right, after)
        return one if one == other else self._say("rows.same_pair", left=one, right=other)

    # --- rows -------------------------------------------------------------------------------------

    def _rows(self, rows: ir.Rows, table: str, number: str) -> str:
        """Rows that belong to a row of `table`, as one of them or as many."""
        text = self._say(f"rows.{number}", table=self._quoted(rows.table))
        self.notes.add("rows")
        if self.program.catalog.tables[rows.table].at_type is not None and not isinstance(rows.window, ir.Next):
            self.notes.add("past")
        if len(paths_up(self.program.catalog, rows.table, table)) > 1:
            text = self._say("rows.via", rows=text, path=self._path(rows.via))
        if rows.window is not None:
            text = self._say("rows.window", rows=text, window=self.window(rows.window))
        if rows.where is not None:
            text = self._say("rows.where", rows=text, condition=self._inside(rows.where, rows.table))
        return text

    def _population(self, population: ir.Population, table: str) -> str:
        text = self._say("population", table=self._quoted(table))
        if population.among is not None:
            text = self._say("population.among", population=text, condition=self._inside(population.among, table))
        if population.per is not None:
            text = self._say("population.per", population=text, value=self._operand(population.per, table))
        return text

    def window(self, window: ir.Window) -> str:
        """A window as it stands behind rows, or behind `is`."""
        say = self._say
        if window == self._period:
            return say("window.that")
        if not isinstance(window, ir.Range):
            self.notes.add("now")
        match window:
            case ir.Last(count, unit):
                return say("window.last", span=say(f"span.{unit}", count=count))
            case ir.Next(count, unit):
                return say("window.next", span=say(f"span.{unit}", count=count))
            case ir.Period(unit, 0, 0):
                return say(f"window.this.{unit}")
            case ir.Period(unit, -1, -1):
                return say(f"window.previous.{unit}")
            case ir.Period(unit, first, -1):
                return say("window.full", periods=say(f"periods.{unit}", count=-first))
            case ir.Period(unit, first, last):
                number = self.language.number
                periods = say(f"periods.{unit}", count=last - first + 1)
                return say("window.periods", periods=periods, first=number(first), last=number(last))
            case ir.BetweenAgo(far, near, unit):
                return say("window.between", far=say(f"ago.{unit}", count=far), near=say(f"ago.{unit}", count=near))
            case ir.MoreThanAgo(count, unit):
                return say("window.more", span=say(f"ago.{unit}", count=count))
            case ir.LessThanAgo(count, unit):
                return say("window.less", span=say(f"ago.{unit}", count=count))
            case ir.Range():
                return self._range(window)
            case _:
                assert_never(window)

    def _range(self, window: ir.Range) -> str:
        match window.start, window.end:
            case None, None:
                return self._say("window.any")
            case None, datetime() as end:
                return self._say("window.before", end=self.language.moment(end))
            case None, date() as end:
                return self._say("window.until", end=self.language.day(end))
            case start, None:
                return self._say("window.from", start=self._date(start))
            case start, datetime() as end:
                return self._say("window.moments", start=self._date(start), end=self.language.moment(end))
            case start, end if type(start) is type(end) and start == end:
                return self._say("window.day", day=self._date(start))
            case start, end:
                return self._say("window.days", start=self._date(start), end=self._date(end))

    def _date(self, value: date | None) -> str:
        assert value is not None, "an open side is told by its own words"
        return self.language.moment(value) if isinstance(value, datetime) else self.language.day(value)

    # --- values -----------------------------------------------------------------------------------

    def value(self, node: ir.Value, table: str) -> str:
        """What `node` is of a row of `table`, as the subject of a sentence: by its title when it has one."""
        named = self._metrics.get((table, node))
        if named is not None:
            self.metrics[named.name] = named
            return self.metric(named)
        return self.spelled(node, table)

    def spelled(self, node: ir.Value, table: str) -> str:
        """The value in words, whatever title it has."""
        say, of = self._say, self._operand
        match node:
            case ir.Literal(value):
                day = isinstance(value, date) and not isinstance(value, datetime)
                return say("value.date", day=self._constant(value)) if day else self._constant(value)
            case ir.Point(latitude, longitude):
                return self._point(latitude, longitude)
            case ir.Column(path, _, name):
                column = self._quoted(name)
                return say("value.linked", value=column, path=self._path(path)) if path else column
            case ir.At(path):
                return say("value.time", table=self._path(path) if path else self._quoted(node.table))
            case ir.Day(value):
                return say("value.day", value=of(value, table))
            case ir.Today():
                self.notes.add("now")
                return say("value.today")
            case ir.Part(part, value):
                return say(f"value.{part}", value=of(value, table))
            case ir.DaysBetween(start, end):
                return say("value.days_between", start=of(start, table), end=of(end, table))
            case ir.Negative(operand):
                return say("value.negative", value=of(operand, table))
            case ir.Arithmetic(left, op, right):
                if op == "/":
                    self.notes.add("division")
                return say(f"value.{ARITHMETIC[op]}", left=of(left, table), right=of(right, table))
            case ir.Aggregate():
                return self._aggregate(node, table)
            case ir.Choice(condition, then, otherwise):
                when = self._inside(condition, table)
                return say("value.choice", then=of(then, table), condition=when, otherwise=of(otherwise, table))
            case ir.Length(value):
                kind = "members" if isinstance(value.type, TextList) else "characters"
                return say(f"value.{kind}", value=of(value, table))
            case ir.Key():
                return say("value.key", table=self._quoted(table))
            case ir.Of(path, value):
                there = self.program.catalog.target(table, path).name
                return say("value.linked", value=of(value, there), path=self._path(path))
            case ir.Statistic(kind, population, share):
                among, value = self._population(population, table), of(population.value, table)
                if share is None:
                    return say(f"statistic.{kind}", value=value, population=among)
                percent = self.language.number(share * 100)
                return say(f"statistic.{kind}", value=value, population=among, percent=percent)
            case ir.Tile(tiles, by_cut, population):
                among, value = self._population(population, table), of(population.value, table)
                return say("tile.cut" if by_cut else "tile.size", count=tiles, value=value, population=among)
            case _:
                assert_never(node)

    def _operand(self, node: ir.Value, table: str) -> str:
        """A value inside of another: in parentheses, unless it is one word."""
        if (table, node) in self._metrics or isinstance(node, ir.Today | ir.Point):
            return self.value(node, table)
        match node:
            case ir.Literal(value):
                return self._constant(value)
            case ir.Column(path=()):
                return self.value(node, table)
        return self._say("value.inner", value=self.value(node, table))

    def _aggregate(self, node: ir.Aggregate, table: str) -> str:
        one_row = node.function in ("first", "last")
        rows = self._rows(node.rows, table, "one" if one_row else "many")
        key = f"aggregate.{node.function.replace(' ', '_')}"
        if node.argument is None:
            return self._say(key, rows=rows)
        if one_row and isinstance(node.argument, ir.At) and not node.argument.path:
            return self._say(f"{key}_time", rows=rows)
        if node.function in ("min", "max") and isinstance(node.argument.type, Date | Timestamp):
            key = f"{key}_date"
        return self._say(key, rows=rows, value=self._operand(node.argument, node.rows.table))

    def _constant(self, value: str | Decimal | bool | date) -> str:
        match value:
            case bool():
                return self._say("yes" if value else "no")
            case str():
                return self._quoted(value)
            case Decimal():
                return self.language.number(value)
            case date():
                return self._date(value)

    def _point(self, latitude: Decimal, longitude: Decimal) -> str:
        written = self._coordinates(latitude, longitude)
        named = self._places.get(((latitude, longitude),))
        if named is None:
            return self._say("value.point", point=written)
        return f"{self._quoted(named.title or named.name)} {written}"

    def _area(self, corners: tuple[tuple[Decimal, Decimal], ...]) -> str:
        written = " – ".join(self._coordinates(*corner) for corner in corners)
        named = self._places.get(corners)
        return f"{self._quoted(named.title or named.name)} [{written}]" if named is not None else f"[{written}]"

    def _coordinates(self, latitude: Decimal, longitude: Decimal) -> str:
        number = self.language.number
        return self._say("coordinates", latitude=number(latitude), longitude=number(longitude))

    def _distance(self, meters: Decimal) -> str:
        if meters >= KILOMETER:
            return self._say("kilometers", number=self.language.number(meters / KILOMETER))
        return self._say("meters", number=self.language.number(meters))

    # --- what is missing --------------------------------------------------------------------------

    def _can_be_missing(self, node: ir.Value, table: str) -> bool:
        """Whether nothing says that the value is always known."""
        match node:
            case ir.Column(path, holder, name):
                return bool(path) or not self.program.catalog.tables[holder].columns[name].required
            case ir.At(path):
                return bool(path)
            case ir.Literal() | ir.Point() | ir.Today() | ir.Key():
                return False
            case ir.Arithmetic(op="/") | ir.Of() | ir.Tile():
                return True
            case ir.Aggregate(function):
                return function not in ("count", "count distinct", "sum")
            case ir.Statistic(kind, population):
                return kind != "total" or population.per is not None
            case ir.Choice(_, then, otherwise):
                return any(self._can_be_missing(each, table) for each in (then, otherwise))
        return any(
            self._can_be_missing(each, table)  # type: ignore[arg-type]
            for each in ir.children(node)
            if not isinstance(each, _CONDITIONS)
        )


_CONDITIONS = ir.Condition.__args__ + ir.Window.__args__ + (ir.Rows, ir.Population)


def _parts(node: ir.Condition | shapes.Between) -> list[ir.Node]:
    return list(node) if isinstance(node, shapes.Between) else list(ir.children(node))
