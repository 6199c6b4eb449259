"""A file of tests as cases: rows of every table, a moment, and who is expected where.

In: a YAML file and a program. Out: `Case`s, with rows as `semantics.evaluate` takes them, and findings that point into
the file. Promised: total; what is wrong with one test leaves the others as they are. What is left out of a row is
missing, but for keys (numbered in their order), the link to the only customer, and columns that are declared never to
be missing: these get the plainest value there is, and `defaults` says which.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from segdsl.diagnostics import Report, did_you_mean, listed
from segdsl.grammar import yaml
from segdsl.semantics import ir
from segdsl.semantics.catalog import Column, Table
from segdsl.semantics.evaluate import Key
from segdsl.semantics.list_files import key_type
from segdsl.semantics.types import Boolean, Date, Degrees, Number, Text, TextList, Timestamp, Type, described
from segdsl.source import Source, Span

FILE_KEYS = ("as_of", "tests")
EXPECTATIONS = ("in", "not in", "assigned")
MOST_TIMES = 10_000
MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?P<time>[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(?P<zone>Z|[+-]\d\d:\d\d)?)?", re.ASCII)

Stored = dict[str, object]


@dataclass(frozen=True, slots=True)
class Expected:
    """The first row given of a segment's entity is in it, or not, or is assigned to it in its group (None: to none)."""

    kind: str  # "in", "not in" or "assigned"
    segment: str
    group: str
    span: Span


@dataclass(frozen=True, slots=True)
class Case:
    """One test. `world` has the rows by table; `defaults` are required columns that were given a value for it."""

    file: str
    name: str
    span: Span
    as_of: datetime
    world: dict[str, list[Stored]]
    expected: tuple[Expected, ...]
    defaults: dict[str, str] = field(default_factory=dict)

    def subject(self, table: Table) -> Stored:
        """The row that the test is about."""
        return self.world[table.name][0]


def read(source: Source, program: ir.Program, report: Report) -> list[Case]:
    """The tests of a file that can be understood; what is wrong with it is reported."""
    root = yaml.read(source, report)
    if not root.entries:
        return []
    reader = _Reader(source, program, report)
    for name, _ in root.entries.values():
        if name.text not in FILE_KEYS:
            help = did_you_mean(name.text, FILE_KEYS, f"its keys are {listed(FILE_KEYS)}")
            report.add("unknown-key", f"a file of tests has no key `{name.text}`", name.span, help=help)
    as_of = reader.as_of(root)
    tests = root.entries.get("tests")
    if tests is None:
        report.add("missing-key", "the file has no `tests`", root.span, help="add `tests:` and tests by their names")
        return []
    name, node = tests
    if not isinstance(node, yaml.Mapping) or not node.entries:
        report.add("bad-value", "`tests` must hold `what it shows: ...` pairs", name.span)
        return []
    cases = (reader.case(key.text, key.span, value, as_of) for key, value in node.entries.values())
    return [case for case in cases if case is not None]


def moment(text: str) -> date | datetime | None:
    """A date or a moment as people write it; None when it is none."""
    match = MOMENT.fullmatch(text.strip())
    try:
        if match is None:
            return None
        return datetime.fromisoformat(text.strip()) if match["time"] else date.fromisoformat(text.strip())
    except ValueError:
        return None


class _Reader:
    def __init__(self, source: Source, program: ir.Program, report: Report) -> None:
        self.source, self.program, self.report = source, program, report
        self.zone = ZoneInfo(program.timezone)

    def as_of(self, node: yaml.Mapping) -> datetime | None:
        found = node.entries.get("as_of")
        if found is None:
            return None
        key, value = found
        if isinstance(value, yaml.Scalar):
            at = moment(value.text)
            if at is not None:
                at = at if isinstance(at, datetime) else datetime.combine(at, time())
                return (at if at.tzinfo is not None else at.replace(tzinfo=self.zone)).astimezone(UTC)
        help = "write a date or a moment: 2026-01-10, 2026-01-10T09:00 or 2026-01-10T09:00+05:30"
        self.report.add("bad-date", "`as_of` is not a moment", self._place(value, key.span), help=help)
        return None

    def case(self, name: str, span: Span, node: yaml.Tree, as_of: datetime | None) -> Case | None:
        before = len(self.report)
        if not isinstance(node, yaml.Mapping):
            self.report.add("bad-value", f"test `{name}` must hold rows and what is expected", span)
            return None
        at = self.as_of(node) if "as_of" in node.entries else as_of
        if at is None and len(self.report) == before and "as_of" not in node.entries:
            help = "add `as_of: 2026-01-10` to it, or to the file"
            self.report.add("missing-key", f"test `{name}` does not say when it is", span, help=help)
        world: dict[str, list[Stored]] = {}
        defaults: dict[str, str] = {}
        expected: list[Expected] = []
        tables = self.program.catalog.tables
        for key, value in node.entries.values():
            if key.text in tables:
                world[key.text] = list(self._rows(tables[key.text], value, key.span, defaults))
            elif key.text in EXPECTATIONS:
                expected += self._expected(key.text, value, key.span)
            elif key.text != "as_of":
                known = (*tables, "as_of", *EXPECTATIONS)
                help = did_you_mean(key.text, known, f"there are {listed(known)}")
                self.report.add("unknown-key", f"there is no table `{key.text}` to have rows of", key.span, help=help)
        if not expected and len(self.report) == before:
            help = "add `in: [SEGMENT]`, `not in: [SEGMENT]` or `assigned: {GROUP: SEGMENT}`"
            self.report.add("missing-key", f"test `{name}` expects nothing", span, help=help)
        for entity in dict.fromkeys(self.program.segments[each.segment].entity for each in expected):
            if not world.get(entity) and len(self.report) == before:
                help = f"add `{entity}: {{}}`, with what is known of it"
                self.report.add("missing-key", f"test `{name}` has no row of `{entity}`", span, help=help)
        if len(self.report) > before or at is None:
            return None
        self._give_keys(world)
        return Case(self.source.name, name, span, at, world, tuple(expected), defaults)

    # --- what is expected -----------------------------------------------------------------------------

    def _expected(self, kind: str, node: yaml.Tree, span: Span) -> Iterator[Expected]:
        if kind == "assigned":
            yield from self._assigned(node, span)
            return
        items = node.items if isinstance(node, yaml.Sequence) else (node,)
        for item in items:
            if not isinstance(item, yaml.Scalar) or not item.text:
                help = f"write `{kind}: [SEGMENT]`"
                self.report.add("bad-value", f"`{kind}` holds names of segments", self._place(item, span), help=help)
            elif self._is_segment(item.text, item.span):
                yield Expected(kind, item.text, "", item.span)

    def _assigned(self, node: yaml.Tree, span: Span) -> Iterator[Expected]:
        if not isinstance(node, yaml.Mapping):
            self.report.add("bad-value", "`assigned` holds groups", span, help="write `assigned: {GROUP: SEGMENT}`")
            return
        groups = self.program.groups
        for key, value in node.entries.values():
            if key.text not in groups:
                help = did_you_mean(key.text, groups, f"the groups are {listed(groups)}" if groups else "there is none")
                self.report.add("unknown-group", f"there is no group `{key.text}`", key.span, help=help)
            elif not groups[key.text].exclusive:
                help = "use `in` for its segments"
                message = f"group `{key.text}` is not exclusive: nobody is assigned in it"
                self.report.add("bad-value", message, key.span, help=help)
            elif not isinstance(value, yaml.Scalar):
                self.report.add("bad-value", f"`{key.text}` holds one segment", key.span)
            elif value.value is None:
                for member in groups[key.text].members:
                    yield Expected("not in", member, key.text, key.span)
            elif value.text not in groups[key.text].members:
                members = groups[key.text].members
                help = did_you_mean(value.text, members, f"its segments are {listed(members)}")
                message = f"group `{key.text}` has no segment `{value.text}`"
                self.report.add("unknown-segment", message, value.span, help=help)
            else:
                yield Expected("assigned", value.text, key.text, value.span)

    def _is_segment(self, name: str, span: Span) -> bool:
        known = self.program.segments
        if name not in known:
            help = did_you_mean(name, known, f"the segments are {listed(known)}")
            self.report.add("unknown-segment", f"there is no segment `{name}`", span, help=help)
        return name in known

    # --- rows -----------------------------------------------------------------------------------------

    def _rows(self, table: Table, node: yaml.Tree, span: Span, defaults: dict[str, str]) -> Iterator[Stored]:
        for item in node.items if isinstance(node, yaml.Sequence) else (node,):
            if not isinstance(item, yaml.Mapping):
                help = f"write `{table.name}: {{COLUMN: value}}`, or a list of such rows"
                self.report.add("bad-value", f"`{table.name}` holds rows", self._place(item, span), help=help)
                continue
            row = self._row(table, item, defaults)
            times = self._times(item)
            if table.key is not None and times > 1 and name_of(table, table.key) in row:
                message = f"rows of `{table.name}` with one key cannot come {times} times"
                self.report.add("bad-value", message, item.span, help="leave the key out")
            yield from (dict(row) for _ in range(times))

    def _times(self, node: yaml.Mapping) -> int:
        found = node.entries.get("times")
        if found is None:
            return 1
        key, value = found
        times = value.value if isinstance(value, yaml.Scalar) else None
        if isinstance(times, int) and not isinstance(times, bool) and 1 <= times <= MOST_TIMES:
            return times
        message = f"`times` is a whole number from 1 to {MOST_TIMES:,}"
        self.report.add("bad-value", message, self._place(value, key.span))
        return 1

    def _row(self, table: Table, node: yaml.Mapping, defaults: dict[str, str]) -> Stored:
        row: Stored = {}
        for key, value in node.entries.values():
            if key.text == "times" and "times" not in table.columns:
                continue
            found = self._column(table, key.text)
            if found is None:
                self._refuse_column(table, key.text, key.span)
                continue
            name, type_ = found
            if isinstance(type_, tuple):
                self._point(table, table.columns[name], value, key.span, row)
            else:
                row[name] = self._value(type_, value, f"`{table.name}.{key.text}`", key.span)
        for column in table.columns.values():
            if (
                column.required
                and column.formula is None
                and column.coordinates is None
                and row.get(column.name) is None
            ):
                if column.name in row:
                    where = f"`{table.name}.{column.name}`"
                    message = f"{where} is declared never to be missing"
                    self.report.add(
                        "bad-value",
                        message,
                        node.entries[column.name][0].span if column.name in node.entries else node.span,
                    )
                row[column.name] = value_ = _plainest(column.type)
                defaults[f"{table.name}.{column.name}"] = (
                    str(value_).lower() if isinstance(value_, bool) else str(value_)
                )
        return row

    def _column(self, table: Table, name: str) -> tuple[str, Type | tuple[Column, Column]] | None:
        """What a row calls the column, and its type; of a point the two columns that it is stored as."""
        column = table.columns.get(name)
        if column is not None and column.formula is None:
            return (name, column.coordinates) if column.coordinates is not None else (name, column.type)
        for each in table.stored_columns():
            if isinstance(each.type, Degrees) and name in (each.name, each.stored_as):
                return each.stored_as, each.type
        if name == "at" and table.at is not None:
            return name_of(table, table.at), table.at_type or Timestamp()
        if name == table.at:
            return name_of(table, name), table.at_type or Timestamp()
        if name == table.key:
            return name_of(table, name), key_type(table)
        for link in table.links.values():
            if name in (link.name, link.column):
                return name_of(table, link.column), key_type(self.program.catalog.tables[link.table])
        return None

    def _refuse_column(self, table: Table, name: str, span: Span) -> None:
        computed = table.columns.get(name)
        if computed is not None:
            message = f"`{table.name}.{name}` is computed"
            self.report.add("bad-value", message, span, help="give the columns that it is computed from")
            return
        at = ("at",) if table.at is not None else ()
        known = dict.fromkeys((*table.columns, *table.links, *filter(None, (table.key,)), *at, "times"))
        help = did_you_mean(name, known, f"it has {listed(known)}")
        self.report.add("unknown-column", f"table `{table.name}` has no column `{name}`", span, help=help)

    def _point(self, table: Table, column: Column, node: yaml.Tree, span: Span, row: Stored) -> None:
        """A point as `[latitude, longitude]`."""
        assert column.coordinates is not None
        items = node.items if isinstance(node, yaml.Sequence) else ()
        if len(items) != 2:
            help = f"write `{column.name}: [52.52, 13.405]`"
            self.report.add("bad-value", f"`{table.name}.{column.name}` is two numbers", span, help=help)
            return
        for each, item in zip(column.coordinates, items, strict=True):
            row[each.stored_as] = self._value(each.type, item, f"`{table.name}.{column.name}`", span)

    # --- single values --------------------------------------------------------------------------------

    def _value(self, type_: Type, node: yaml.Tree, where: str, key: Span) -> object:
        """A value as a row holds it; None, and a finding, when it is of another type."""
        span = self._place(node, key)
        if isinstance(node, yaml.Scalar) and node.value is None:
            return None
        match type_, node:
            case Text(values), yaml.Scalar():
                if values and node.text not in values:
                    self._not_in_list(node.text, values, where, span)
                return node.text
            case TextList(values), yaml.Sequence(items) if all(isinstance(item, yaml.Scalar) for item in items):
                texts = [item.text for item in items if isinstance(item, yaml.Scalar)]
                for text in texts:
                    if values and text not in values:
                        self._not_in_list(text, values, where, span)
                return texts
            case Boolean(), yaml.Scalar(bool() as truth):
                return truth
            case ((Number() | Degrees()), yaml.Scalar(int() | Decimal() as number)) if not isinstance(number, bool):
                return self._number(type_, Decimal(number), where, span)
            case ((Date() | Timestamp()), yaml.Scalar(str())):
                at = moment(node.text)
                if at is not None:
                    return self._moment(type_, at, where, span)
                self.report.add(
                    "bad-date", f"{where} is {described(type_)}, and `{node.text}` is none", span, help=_like(type_)
                )
                return None
        shown = f"`{node.text}`" if isinstance(node, yaml.Scalar) else "this"
        self.report.add("wrong-type", f"{where} is {described(type_)}, and {shown} is none", span, help=_like(type_))
        return None

    def _not_in_list(self, text: str, values: Iterable[str], where: str, span: Span) -> None:
        help = did_you_mean(text, values, f"the values are {listed(values)}")
        self.report.add("not-in-list", f"{where} is never `{text}`", span, help=help)

    def _number(self, type_: Number | Degrees, number: Decimal, where: str, span: Span) -> int | Decimal:
        scale = type_.scale
        exponent = number.normalize().as_tuple().exponent
        if isinstance(exponent, int) and -exponent > scale:
            digits = "is a whole number" if scale == 0 else f"has at most {scale} digits after the point"
            self.report.add("wrong-type", f"{where} {digits}", span)
        if number.adjusted() >= 18:
            self.report.add("number-too-large", f"databases do not keep all digits of {where}", span)
            return 0
        if isinstance(type_, Number):
            low, high = type_.low, type_.high
            if (low is not None and number < low) or (high is not None and number > high):
                bounds = [f"at least {low}"] * (low is not None) + [f"at most {high}"] * (high is not None)
                self.report.add("bad-value", f"{where} is declared to be {' and '.join(bounds)}", span)
        return int(number) if scale == 0 else number

    def _moment(self, type_: Type, at: date | datetime, where: str, span: Span) -> date | datetime | None:
        match type_, at:
            case Date(), datetime():
                self.report.add("wrong-type", f"{where} is a date, without a time of day", span)
                return None
            case Date(), _:
                return at
        aware = at if isinstance(at, datetime) else datetime.combine(at, time())
        assert isinstance(type_, Timestamp)
        if type_.zoned:
            return (aware if aware.tzinfo is not None else aware.replace(tzinfo=self.zone)).astimezone(UTC)
        return aware if aware.tzinfo is None else aware.astimezone(self.zone).replace(tzinfo=None)

    def _place(self, node: yaml.Tree, key: Span) -> Span:
        return node.span if node.span.end > node.span.start else key

    # --- keys -----------------------------------------------------------------------------------------

    def _give_keys(self, world: dict[str, list[Stored]]) -> None:
        """Numbers the rows without keys, and lets rows lead to the only customer unless they say where they lead."""
        tables = self.program.catalog.tables
        for name, rows in world.items():
            table = tables[name]
            if table.key is None or any(link.column == table.key for link in table.links.values()):
                continue
            key = name_of(table, table.key)
            taken = {row.get(key) for row in rows}
            numbers = (n for n in range(1, 10**9))
            for row in rows:
                if row.get(key) is None:
                    row[key] = next(found for found in (_key(table, n) for n in numbers) if found not in taken)
        for entity in self.program.entities:
            if len(world.get(entity, ())) != 1:
                continue
            to = tables[entity]
            assert to.key is not None, "entities have keys"
            key = name_of(to, to.key)
            (customer,) = world[entity]
            if key not in customer:
                customer[key] = _key(to, 1)  # it is a link, too
            for name, rows in world.items():
                for link in tables[name].links.values():
                    column = name_of(tables[name], link.column)
                    for row in rows if link.table == entity and name != entity else ():
                        row.setdefault(column, customer[key])


def _key(table: Table, number: int) -> Key:
    return number if isinstance(key_type(table), Number) else f"{table.name}-{number}"


def name_of(table: Table, stored_as: str) -> str:
    """What a row calls a stored column: its declared name where there is one."""
    for column in table.columns.values():
        if column.formula is None and column.coordinates is None and column.stored_as == stored_as:
            return column.name
    return stored_as


def _like(type_: Type) -> str:
    """What to type for a value of a type."""
    match type_:
        case Date():
            return "write it like 2026-01-10"
        case Timestamp():
            return "write it like 2026-01-10 or 2026-01-10T09:00"
        case Boolean():
            return "write `true` or `false`"
        case TextList():
            return "write `[a, b]`"
        case Number():
            return "write it like 12 or 12.50"
    return ""


def _plainest(type_: Type) -> object:
    """The value of a column that is never missing, where a test does not say."""
    match type_:
        case Text(values):
            return values[0] if values else "a"
        case Number(low=low, high=high, scale=scale):
            number = low if low is not None and low > 0 else high if high is not None and high < 0 else Decimal(0)
            return int(number) if scale == 0 else number
        case Boolean():
            return False
        case Date():
            return date(2000, 1, 1)
        case Timestamp(zoned=zoned):
            return datetime(2000, 1, 1, tzinfo=UTC if zoned else None)
        case TextList():
            return []
    return None
