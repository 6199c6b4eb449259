"""What Snowflake says otherwise: its words, its types, and what no setting of a session may change.

No account was at hand: all of it is read by two grammars and was run on fakesnow, a stand-in. `docs/sql.md` says what
that leaves open, and `make snowflake-check` runs it on Snowflake itself.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Literal as OneOfWords

from sqlglot import exp

from segdsl.backends import plan
from segdsl.backends.base import PLAIN_NAME, Backend
from segdsl.backends.expressions import folded_text
from segdsl.backends.names import Names
from segdsl.backends.plainer import plainer
from segdsl.backends.printing import Expressions
from segdsl.backends.quotients import MAX_DIGITS
from segdsl.backends.unsupported import Unsupported
from segdsl.semantics import earth
from segdsl.semantics.types import Boolean, Date, Degrees, Number, Text, TextList, Timestamp, Type
from segdsl.source import NOWHERE, Span

# https://docs.snowflake.com/en/sql-reference/reserved-keywords, and what sqlfluff adds to them.
WORDS = """
account all alter and any as asof bearer between by case cast check column connect connection constraint create cross
current current_date current_time current_timestamp current_user database default define delete distinct drop else
elseif exists false following for from full grant group gscluster having hybrid ilike in increment inner insert
intersect into is issue join lateral left like localtime localtimestamp match_condition match_recognize minus natural
not null of on or order organization qualify raise regexp revoke right rlike row rows sample schema select set some
start strict table tablesample then to trigger true try_cast union unique update using value values view when whenever
where with
"""

PARTS: dict[plan.PartName, str] = {"weekday": "DAYOFWEEKISO"}  # the one weekday that WEEK_START does not move
MAX_SCALE = 37  # https://docs.snowflake.com/en/sql-reference/data-types-numeric
MAX_BYTES = 1_000_000  # https://docs.snowflake.com/en/user-guide/query-size-limits
# How far before a wall time the offset is that of before a change, if there is one: farther than any change goes.
BEFORE = 25
# Sines are not alike in their last digit everywhere. Where they decide, in millimetres, the query must fail; much
# farther off towards the other side of the earth, where they count for more.
UNSURE, FAR, UNSURE_FAR = Decimal("0.01"), Decimal(19_000_000_000), Decimal(1000)


# The columns of what FLATTEN gives: without its relation one called so could be meant by either.
OF_FLATTEN = frozenset({"SEQ", "KEY", "PATH", "INDEX", "VALUE", "THIS"})


class Snowflake(Backend):
    dialect = "snowflake"
    reserved = frozenset(WORDS.split())

    def prepared(self, query: plan.Query) -> plan.Query:
        return plainer(query)

    def is_qualified(self, select: plan.Select) -> bool:
        # A name may as well be that of an output: only with its relation it is surely a column.
        return True

    def name(self, name: str) -> exp.Identifier:
        """A plain name means what Snowflake makes of it: upper case, also where it must be quoted."""
        found = super().name(name)
        return exp.Identifier(this=self.stored_name(name), quoted=True) if found.args["quoted"] else found

    def stored_name(self, name: str) -> str:
        return name.upper() if PLAIN_NAME.fullmatch(name) else name

    def use_schema(self, name: str) -> str:
        """The statement that makes a schema, by its stored name, that of the session."""
        table = exp.Table(this=exp.Identifier(this=name, quoted=True))
        return self._text(exp.Use(kind=exp.Var(this="SCHEMA"), this=table))

    def _text(self, tree: exp.Expr) -> str:
        for node in tree.walk():
            # What Snowflake's own functions are told apart by in a tree that was read.
            if isinstance(node, exp.Length):
                node.set("binary", True)
        text = super()._text(tree)
        if len(text.encode()) > MAX_BYTES:
            raise Unsupported(
                f"the query is longer than the {MAX_BYTES:,} bytes that Snowflake reads",
                NOWHERE,
                help="ask for fewer segments at once, or load long lists into a table and link to it",
            )
        return text

    # --- stored columns -----------------------------------------------------------------------------

    def stored(self, column: exp.Expr, type_: Type | None) -> exp.Expr:
        match type_:
            case Text():
                # A column may have a collation that takes "a" for "A"; without one code points are compared.
                return exp.Collate(this=self.cast(column, "VARCHAR"), expression=exp.Literal.string(""))
            case Number(whole=True):
                return self.decimal(column, MAX_DIGITS, 0)
            case Number(scale, precision):
                # Of a float what people see is rounded, as everywhere: cast directly, 0.145 may be 0.14.
                return self.decimal(self.cast(column, "VARCHAR"), precision, scale)
            case Boolean():
                return self.cast(column, "BOOLEAN")
            case Date():
                return self.cast(column, "DATE")
            case Timestamp(zoned=True):
                # Any other way to a moment without a zone would depend on the session's time zone.
                utc = exp.ConvertTimezone(target_tz=exp.Literal.string("UTC"), timestamp=column)
                return self.cast(utc, "DATETIME")
            case Timestamp():
                return self.cast(column, "DATETIME")
            case TextList():
                return self.cast(column, "ARRAY")
            case Degrees():
                return self._degrees(column, type_)
            case _:
                return column

    def undeclared(self, column: exp.Expr, span: Span) -> exp.Expr:
        raise Unsupported(
            "Snowflake compares texts as their collation says, and the catalog does not say whether the keys are texts",
            span,
            label=f"a key, or a link to one, is stored in `{column.name}`",
            help=f"declare the key among the `columns`: `{column.name}: integer` or `{column.name}: text`",
        )

    def _degrees(self, column: exp.Expr, type_: Degrees) -> exp.Expr:
        """Three digits before the point are enough for all that is on earth; what has more is missing."""
        to = self.decimal(column, 3 + type_.scale, type_.scale).to
        read = exp.TryCast(this=self.cast(column, "VARCHAR"), to=to, safe=True, requires_string=True)
        ends = {"low": self.constant(Decimal(-type_.limit)), "high": self.constant(Decimal(type_.limit))}
        return exp.Case(ifs=[exp.If(this=exp.Between(this=read, **ends), true=read.copy())])

    # --- moments ------------------------------------------------------------------------------------

    def constant(self, value: plan.Scalar) -> exp.Expr:
        """Dates and moments with their format beside them: a cast would ask the session for it."""
        match value:
            case datetime() if value.tzinfo is not None:
                text = value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f +0000")
                return _moment(text.rjust(len("2026-01-10 00:00:00.000000 +0000"), "0"), "TIMESTAMPTZ", " %z")
            case datetime():
                return _moment(value.isoformat(" ", "microseconds"), "TIMESTAMPNTZ", "")
            case date():
                return exp.TsOrDsToDate(
                    this=exp.Literal.string(value.isoformat()), format=exp.Literal.string("%Y-%m-%d"), safe=False
                )
        return super().constant(value)

    def on_wall_clock(self, utc: exp.Expr, zone: str) -> exp.Expr:
        return _converted(utc, "UTC", zone)

    def in_utc(self, wall: exp.Expr, zone: str) -> exp.Expr:
        # What becomes of a wall time that a clock shows twice, or skips, is not documented; so the clock is never asked
        # for one. A day before, the offset is the one before the change, if there was one. Counted from there it is
        # the first instant when the wall then agrees; when it does not, the time is past the change, or skipped.
        earlier = _hours_later(wall, -BEFORE)
        first = _hours_later(_converted(earlier, zone, "UTC"), BEFORE)
        there = _converted(wall.copy(), zone, "UTC")
        is_first = exp.EQ(this=self.on_wall_clock(first.copy(), zone), expression=wall.copy())
        is_skipped = exp.NEQ(this=self.on_wall_clock(there.copy(), zone), expression=wall.copy())
        return exp.Case(ifs=[exp.If(this=exp.Or(this=is_first, expression=is_skipped), true=first)], default=there)

    def later(self, moment: exp.Expr, count: int, unit: plan.Unit, is_date: bool) -> exp.Expr:
        later = _later(moment, count, unit.upper())
        return self.cast(later, "DATE") if is_date else later

    def next_joins(self, join: plan.NextJoin, says: Expressions) -> list[exp.Join]:
        alike = tuple(plan.Compare(right, "=", left) for left, right in join.alike)
        match_condition = says.condition(plan.Compare(join.than, "<", join.later))
        on = says.condition(plan.All(alike))
        return [exp.Join(this=self.base(join.base, True), method="ASOF", match_condition=match_condition, on=on)]

    def part(self, part: plan.PartName, value: exp.Expr) -> exp.Expr:
        return exp.Extract(this=exp.Var(this=PARTS.get(part, part.upper())), expression=value)

    def days_between(self, start: exp.Expr, end: exp.Expr) -> exp.Expr:
        return exp.DateDiff(this=end, expression=start, unit=exp.Var(this="DAY"), date_part_boundary=True)

    # --- numbers ------------------------------------------------------------------------------------

    def decimal(self, value: exp.Expr, precision: int, scale: int) -> exp.Cast:
        if scale > MAX_SCALE:
            raise Unsupported(
                f"a number has {scale} digits after the point, and Snowflake keeps {MAX_SCALE}",
                NOWHERE,
                help="divide once, at the end, or use columns with fewer digits after the point",
            )
        return super().decimal(value, precision, scale)

    def whole(self, number: exp.Expr) -> exp.Expr:
        return self.decimal(number, MAX_DIGITS, 0)

    def divided(self, left: exp.Expr, part: OneOfWords["whole", "rest"], right: exp.Expr) -> exp.Expr:
        """What is left after the rest is taken away divides without one: a quotient is rounded to six digits here."""
        rest = exp.Mod(this=left, expression=right)
        if part == "rest":
            return rest
        whole = exp.Paren(this=exp.Sub(this=left.copy(), expression=exp.Paren(this=rest)))
        return self.whole(exp.Div(this=whole, expression=right.copy(), typed=False, safe=False))

    def within(
        self, limit: Decimal, latitude: exp.Expr, longitude: exp.Expr, to_latitude: exp.Expr, to_longitude: exp.Expr
    ) -> exp.Expr:
        """Fails, by a division by zero, where a point lies so near to the limit that the last digits decide."""
        half = self.cast(exp.Literal.number("0.5"), "DOUBLE")
        radians = self.cast(exp.Literal.number(format(Decimal(str(earth.RADIANS)), "f")), "DOUBLE")
        south, west, north, east = (
            exp.Mul(this=self.cast(each, "DOUBLE"), expression=radians.copy())
            for each in (latitude, longitude, to_latitude, to_longitude)
        )

        def half_sine(start: exp.Expr, end: exp.Expr) -> exp.Expr:
            difference = exp.Paren(this=exp.Sub(this=end.copy(), expression=start.copy()))
            return exp.Sin(this=exp.Mul(this=difference, expression=half.copy()))

        up, across = half_sine(south, north), half_sine(west, east)
        cosines = exp.Mul(this=exp.Cos(this=south.copy()), expression=exp.Cos(this=north.copy()))
        haversine = exp.Add(
            this=exp.Mul(this=up, expression=up.copy()),
            expression=exp.Mul(this=cosines, expression=exp.Paren(this=exp.Mul(this=across, expression=across.copy()))),
        )
        one = self.cast(exp.Literal.number("1"), "DOUBLE")
        root = exp.Sqrt(this=exp.Least(this=one, expressions=[haversine], ignore_nulls=False))
        diameter = self.cast(exp.Literal.number(format(Decimal(str(earth.DIAMETER_MM)), "f")), "DOUBLE")
        way = exp.Mul(this=diameter, expression=exp.Asin(this=root))
        edge = exp.Literal.number(format(limit + Decimal("0.5"), "f"))
        unsure = exp.Literal.number(format(UNSURE if limit < FAR else UNSURE_FAR, "f"))
        off = exp.Abs(this=exp.Sub(this=way, expression=edge))
        sure = exp.Case(
            ifs=[exp.If(this=exp.LT(this=off, expression=unsure), true=exp.Literal.number("0"))],
            default=exp.Literal.number("1"),
        )
        return exp.LT(this=way.copy(), expression=exp.Div(this=edge.copy(), expression=sure, typed=False, safe=False))

    # --- texts and lists ----------------------------------------------------------------------------

    def digest(self, salt: str, key: exp.Expr) -> exp.Expr:
        salted = exp.DPipe(this=exp.Literal.string(f"{salt}:"), expression=self.cast(key, "VARCHAR"), safe=True)
        ends = {"start": exp.Literal.number(1), "length": exp.Literal.number(15)}
        return exp.Substring(this=exp.MD5(this=salted), zero_start=True, **ends)

    def text_match(self, match: plan.TextMatch, value: exp.Expr) -> exp.Expr:
        """What is in every text is not asked: that it begins with nothing is documented nowhere."""
        if match.kind in ("starts", "ends", "contains") and not match.pattern:
            return exp.Not(this=exp.Is(this=value, expression=exp.Null()))
        return super().text_match(match, value)

    def folded(self, value: exp.Expr, pattern: str) -> exp.Expr:
        """What `LOWER` does to all of Unicode is not documented. What is no letter of the pattern does not matter."""
        letters = [(char, low) for char, low in _foldings() if low in pattern]
        if not letters:
            return value
        before, after = (exp.Literal.string("".join(chars)) for chars in zip(*letters, strict=True))
        return exp.Translate(this=value, from_=before, to=after)

    def list_has(self, list_: exp.Expr, member: str, folded: bool) -> exp.Expr:
        each = exp.Identifier(this="each", quoted=False)
        text: exp.Expr = self.cast(each.copy(), "VARCHAR")
        same = exp.EQ(this=self.folded(text, member) if folded else text, expression=exp.Literal.string(member))
        having = exp.ArrayFilter(this=list_, expression=exp.Lambda(this=same, expressions=[each]))
        return exp.GT(this=exp.ArraySize(this=having), expression=exp.Literal.number(0))

    def list_length(self, list_: exp.Expr) -> exp.Expr:
        return exp.ArraySize(this=exp.ArrayCompact(this=list_))

    def list_within(self, list_: exp.Expr, members: Sequence[str]) -> exp.Expr:
        each = exp.Identifier(this="each", quoted=False)
        options = [exp.Literal.string(member) for member in members]
        other = exp.Not(this=exp.In(this=self.cast(each.copy(), "VARCHAR"), expressions=options))
        others = exp.Lambda(this=other, expressions=[each])
        having = exp.ArrayFilter(this=exp.ArrayCompact(this=list_), expression=others)
        return exp.EQ(this=exp.ArraySize(this=having), expression=exp.Literal.number(0))

    # A row for each member of a list: as elsewhere, until `_tree` moves them to where tables stand.

    def list_members(self, list_: exp.Expr) -> exp.Expr:
        return exp.Explode(this=exp.ArrayDistinct(this=exp.ArrayCompact(this=list_), check_null=True))

    def spread(self, conditions: Sequence[tuple[exp.Expr, str]]) -> exp.Expr:
        texts = [exp.Case(ifs=[exp.If(this=test, true=self.constant(text))]) for test, text in conditions]
        return exp.Explode(this=exp.ArrayConstructCompact(expressions=texts))

    def unnested(self, texts: Sequence[str]) -> exp.Expr:
        """One text that is split: a node for each of so many would take seconds to print."""
        separator = self.separator(texts)
        split = exp.Split(
            this=exp.Literal.string(separator.join(texts)), expression=exp.Literal.string(separator),
            null_returns_null=True, empty_delimiter_returns_whole=True,
        )  # fmt: skip
        return exp.Explode(this=split)

    def _tree(self, query: plan.Query) -> exp.Query:
        """Here a list gives rows as a table does, and not as the value of a column."""
        tree = super()._tree(query)
        for select in list(tree.find_all(exp.Select)):
            for output in select.expressions:
                if (rows := output.find(exp.Explode)) is not None:
                    rows.replace(self._from_table(select, rows.this, output.alias))
        return tree

    def _from_table(self, select: exp.Select, list_: exp.Expr, wanted: str) -> exp.Expr:
        """Adds the members of a list to the tables of a select, and gives the member."""
        tables = [select.args.get("from_"), *(select.args.get("joins") or ())]
        alias = self.name(Names([each.this.alias_or_name for each in tables if each is not None]).new(wanted))
        first = select.args.get("from_")
        if first is not None:
            for column in select.find_all(exp.Column):
                if not column.table and column.name.upper() in OF_FLATTEN:
                    column.set("table", self.name(first.this.alias_or_name))
        given = exp.Kwarg(this=exp.Var(this="INPUT"), expression=list_.copy())
        rows = exp.TableFromRows(this=exp.Explode(this=given), alias=exp.TableAlias(this=alias))
        if select.args.get("from_") is None:
            select.set("from_", exp.From(this=rows))
        else:
            select.append("joins", exp.Join(this=rows, kind="CROSS"))
        value = exp.Column(this=exp.Identifier(this="value", quoted=False), table=alias.copy())
        return self.cast(value, "VARCHAR")

    # --- writing ------------------------------------------------------------------------------------

    def _replaced(self, table: exp.Table, query: exp.Query) -> list[exp.Expr]:
        """One statement, which is done as a whole or not at all; whoever may read the table may so afterwards."""
        grants = exp.Properties(expressions=[exp.CopyGrantsProperty()])
        return [
            exp.Create(
                this=table, kind="TABLE", replace=True, refresh=False, unique=False, expression=query, exists=False,
                properties=grants, concurrently=False,
            )
        ]  # fmt: skip


def _moment(text: str, type_: str, zone: str) -> exp.Expr:
    """`text` with its format beside it."""
    return exp.StrToTime(
        this=exp.Literal.string(text),
        format=exp.Literal.string(f"%Y-%m-%d %H:%M:%S.%f{zone}"),
        safe=False,
        target_type=exp.DataType.build(type_, dialect="snowflake"),
    )


def _converted(moment: exp.Expr, source: str, target: str) -> exp.Expr:
    zones = {"source_tz": exp.Literal.string(source), "target_tz": exp.Literal.string(target)}
    return exp.ConvertTimezone(**zones, timestamp=moment)


def _later(moment: exp.Expr, count: int, unit: str) -> exp.Expr:
    number: exp.Expr = exp.Literal.number(abs(count))
    return exp.DateAdd(this=moment, expression=exp.Neg(this=number) if count < 0 else number, unit=exp.Var(this=unit))


def _hours_later(moment: exp.Expr, hours: int) -> exp.Expr:
    return _later(moment, hours, "HOUR")


@cache
def _foldings() -> tuple[tuple[str, str], ...]:
    """Every code point that is folded to another one, and that."""
    # Of most code points Python says at once that nothing is folded: asking each of them twice takes a second.
    chars = (char for char in map(chr, range(sys.maxunicode + 1)) if char.lower() != char)
    return tuple((char, folded_text(char)) for char in chars if folded_text(char) != char)
