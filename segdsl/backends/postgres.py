"""What PostgreSQL says otherwise: its words, its types, rows that follow. Everything here was run on PostgreSQL 18.

No setting of a session changes what a query gives: moments are read in UTC, text is compared with the collation "C",
floats are read digit by digit (`extra_float_digits`), and a backslash is said in a way that is always one
(`standard_conforming_strings`).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Literal as OneOfWords

from sqlglot import exp

from segdsl.backends import plan
from segdsl.backends.base import Backend
from segdsl.backends.expressions import folded_text
from segdsl.backends.names import Names
from segdsl.backends.printing import Expressions
from segdsl.backends.unsupported import Unsupported
from segdsl.semantics.catalog import Held
from segdsl.semantics.types import Boolean, Date, Degrees, Number, Text, TextList, Timestamp, Type
from segdsl.source import Source, Span

# SELECT word FROM pg_get_keywords(): also those that could stand unquoted in some places.
WORDS = """
abort absent absolute access action add admin after aggregate all also alter always analyse analyze and any array as
asc asensitive assertion assignment asymmetric at atomic attach attribute authorization backward before begin between
bigint binary bit boolean both breadth by cache call called cascade cascaded case cast catalog chain char character
characteristics check checkpoint class close cluster coalesce collate collation column columns comment comments commit
committed compression concurrently conditional configuration conflict connection constraint constraints content
continue conversion copy cost create cross csv cube current current_catalog current_date current_role current_schema
current_time current_timestamp current_user cursor cycle data database day deallocate dec decimal declare default
defaults deferrable deferred definer delete delimiter delimiters depends depth desc detach dictionary disable discard
distinct do document domain double drop each else empty enable encoding encrypted end enforced enum error escape event
except exclude excluding exclusive execute exists explain expression extension external extract false family fetch
filter finalize first float following for force foreign format forward freeze from full function functions generated
global grant granted greatest group grouping groups handler having header hold hour identity if ilike immediate
immutable implicit import in include including increment indent index indexes inherit inherits initially inline inner
inout input insensitive insert instead int integer intersect interval into invoker is isnull isolation join json
json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar json_serialize json_table
json_value keep key keys label language large last lateral leading leakproof least left level like limit listen load
local localtime localtimestamp location lock locked logged mapping match matched materialized maxvalue merge
merge_action method minute minvalue mode month move name names national natural nchar nested new next nfc nfd nfkc
nfkd no none normalize normalized not nothing notify notnull nowait null nullif nulls numeric object objects of off
offset oids old omit on only operator option options or order ordinality others out outer over overlaps overlay
overriding owned owner parallel parameter parser partial partition passing password path period placing plan plans
policy position preceding precision prepare prepared preserve primary prior privileges procedural procedure procedures
program publication quote quotes range read real reassign recursive ref references referencing refresh reindex
relative release rename repeatable replace replica reset restart restrict return returning returns revoke right role
rollback rollup routine routines row rows rule savepoint scalar schema schemas scroll search second security select
sequence sequences serializable server session session_user set setof sets share show similar simple skip smallint
snapshot some source sql stable standalone start statement statistics stdin stdout storage stored strict string strip
subscription substring support symmetric sysid system system_user table tables tablesample tablespace target temp
template temporary text then ties time timestamp to trailing transaction transform treat trigger trim true truncate
trusted type types uescape unbounded uncommitted unconditional unencrypted union unique unknown unlisten unlogged
until update user using vacuum valid validate validator value values varchar variadic varying verbose version view
views virtual volatile when where whitespace window with within without work wrapper write xml xmlattributes xmlconcat
xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable year yes zone
"""

LONGEST_NAME = 63

# How many digits a float may need that are more than a cast to a decimal keeps; with the last all are told apart.
MORE_DIGITS: dict[Held, tuple[int, ...]] = {"real": (7, 8, 9), "double precision": (16, 17)}


class Postgres(Backend):
    dialect = "postgres"
    reserved = frozenset(WORDS.split())
    like_escape = "!"
    # Left to itself PostgreSQL would write a step into all that read it: thirty that read two others, a billion times.
    keeps_steps = True
    # Of a table; of what is selected it is 1,664 (https://www.postgresql.org/docs/current/limits.html).
    most_columns = 1600
    # Said with its schema: another table may be found first by its name alone.
    kept_in = ("pg_temp", "segdsl_standing")

    def name(self, name: str) -> exp.Identifier:
        if len(name.encode()) > LONGEST_NAME:
            raise Unsupported(
                f"PostgreSQL cuts a name after {LONGEST_NAME} bytes, and could take `{name}` for another",
                Source("catalog.yml", "").whole(),
                help="give the column or the table the name that the database has for it",
            )
        return super().name(name)

    def constant(self, value: plan.Scalar) -> exp.Expr:
        if isinstance(value, str) and "\\" in value:
            return exp.ByteString(this=value)
        return super().constant(value)

    def own(self, value: plan.Scalar) -> exp.Expr:
        """Columns may be ordered by, and the database has an order of its own."""
        return _by_code_point(self.constant(value)) if isinstance(value, str) else self.constant(value)

    # --- stored columns -----------------------------------------------------------------------------

    def stored(self, column: exp.Expr, type_: Type | None) -> exp.Expr:
        match type_:
            case Text():
                return _by_code_point(self.cast(column, "TEXT"))
            case Number(whole=True):
                return self.cast(column, "BIGINT")
            case Number(scale=scale):
                # There is no such function of floating-point numbers, of which it would take too few digits.
                return _rounded(column, scale)
            case Boolean():
                return self.cast(column, "BOOLEAN")
            case Date():
                return self.cast(column, "DATE")
            case Timestamp(zoned=True):
                return exp.AtTimeZone(this=self.cast(column, "TIMESTAMPTZ"), zone=exp.Literal.string("UTC"))
            case Timestamp():
                return self.cast(column, "TIMESTAMP")
            case TextList():
                return _by_code_point(self.cast(column, "TEXT[]"))
            case Degrees():
                return self._degrees(_rounded(column, type_.scale), type_)
            case _:
                return column

    def stored_float(self, column: exp.Expr, type_: Type | None, held: Held) -> exp.Expr:
        match type_:
            case Number(scale=scale, whole=False):
                return _rounded(self._shortest(column, held), scale)
            case Degrees():
                return self._degrees(_rounded(self._shortest(column, held), type_.scale), type_)
            case _:
                return self.stored(column, type_)

    def _shortest(self, column: exp.Expr, held: Held) -> exp.Expr:
        """A float's shortest text, which is what people see, as a decimal: the fewest digits that give it back."""
        readings = [self.cast(column.copy(), "DECIMAL")]
        for digits in MORE_DIGITS[held]:
            # With an exponent, `TO_CHAR` writes as many digits as it is told to.
            said = exp.TimeToStr(this=column.copy(), format=exp.Literal.string(f"9.{'9' * (digits - 1)}EEEE"))
            readings.append(self.cast(said, "DECIMAL"))
        *shorter, longest = readings
        ifs = [
            exp.If(this=exp.EQ(this=self.cast(reading.copy(), held), expression=column.copy()), true=reading)
            for reading in shorter
        ]
        return exp.Case(ifs=ifs, default=longest)

    def _degrees(self, read: exp.Expr, type_: Degrees) -> exp.Expr:
        ends = {"low": self.constant(Decimal(-type_.limit)), "high": self.constant(Decimal(type_.limit))}
        return exp.Case(ifs=[exp.If(this=exp.Between(this=read, **ends), true=read.copy())])

    def undeclared(self, column: exp.Expr, span: Span) -> exp.Expr:
        raise Unsupported(
            "PostgreSQL orders numbers and texts differently, and the catalog does not say which the keys are",
            span,
            label=f"a key, or a link to one, is stored in `{column.name}`",
            help=f"declare the key among the `columns`: `{column.name}: integer` or `{column.name}: text`",
        )

    # --- moments ------------------------------------------------------------------------------------

    def on_wall_clock(self, utc: exp.Expr, zone: str) -> exp.Expr:
        instant = exp.AtTimeZone(this=utc, zone=exp.Literal.string("UTC"))
        return exp.AtTimeZone(this=instant, zone=_zone(zone))

    def in_utc(self, wall: exp.Expr, zone: str) -> exp.Expr:
        # As on DuckDB: of two instants that show one wall time it takes the second. Three hours before it the offset
        # is the one before the change, if there was one: counted from there, it is the first when the wall then agrees.
        earlier = exp.Paren(this=exp.Sub(this=wall, expression=_interval(3, "HOUR")))
        first = exp.Add(this=self._instant(earlier, zone), expression=_interval(3, "HOUR"))
        is_first = exp.EQ(this=self.on_wall_clock(exp.Paren(this=first), zone), expression=wall.copy())
        return exp.Case(ifs=[exp.If(this=is_first, true=first.copy())], default=self._instant(wall.copy(), zone))

    def _instant(self, wall: exp.Expr, zone: str) -> exp.Expr:
        there = exp.AtTimeZone(this=wall, zone=_zone(zone))
        return exp.Paren(this=exp.AtTimeZone(this=there, zone=exp.Literal.string("UTC")))

    def later(self, moment: exp.Expr, count: int, unit: plan.Unit, is_date: bool) -> exp.Expr:
        months, word = (3 * count, "MONTH") if unit == "quarter" else (count, unit.upper())
        later = exp.Add(this=moment, expression=_interval(months, word))
        return self.cast(exp.Paren(this=later), "DATE") if is_date else later

    def part(self, part: plan.PartName, value: exp.Expr) -> exp.Expr:
        return exp.Extract(this=exp.Var(this="ISODOW" if part == "weekday" else part.upper()), expression=value)

    def days_between(self, start: exp.Expr, end: exp.Expr) -> exp.Expr:
        return exp.Paren(this=exp.Sub(this=end, expression=start))

    # --- rows ---------------------------------------------------------------------------------------

    def next_joins(self, join: plan.NextJoin, says: Expressions) -> list[exp.Join]:
        """All times of those alike, in order, found once; then for each row a search in them.

        `WIDTH_BUCKET` is how many of the times are not after that of the row: the one behind those comes next.
        """
        assert isinstance(join.later, plan.Column), "the time is a column of the rows that may follow"
        columns = [right.name for _, right in join.alike if isinstance(right, plan.Column)]
        inside, found = Expressions(self, qualified=False), f"{join.base.alias} times"
        time, times = plan.Column("", join.later.name), Names([*columns, join.later.name]).new("times")
        ordered = exp.Order(
            this=inside.value(time), expressions=[exp.Ordered(this=inside.value(time), nulls_first=False)]
        )
        grouped = [exp.column(self.name(each)) for each in dict.fromkeys(columns)]
        all_times = exp.Alias(this=exp.ArrayAgg(this=ordered), alias=self.name(times))
        select = exp.Select(
            expressions=[*grouped, all_times],
            from_=exp.From(this=self.base(join.base, False)),
            where=exp.Where(this=inside.condition(plan.Known(time))),
            group=exp.Group(expressions=[each.copy() for each in grouped]),
        )
        alike = [
            plan.Compare(plan.Column(found, each), "=", left)
            for each, (left, _) in zip(columns, join.alike, strict=True)
        ]
        looked_up = exp.Subquery(this=select, alias=exp.TableAlias(this=self.name(found)))
        place = exp.WidthBucket(this=says.value(join.than), threshold=says.column(found, times))
        behind = exp.Add(this=place, expression=exp.Literal.number(0))
        # In the tree, places in a list are counted from zero: the one that is added comes of itself.
        next_time = exp.Bracket(this=says.column(found, times), expressions=[behind])
        named = exp.Alias(this=next_time, alias=self.name(join.later.name))
        following = exp.Subquery(this=exp.Select(expressions=[named]))
        alias = exp.TableAlias(this=self.name(join.base.alias))
        lateral = exp.Lateral(this=following, view=False, outer=False, alias=alias)
        return [
            exp.Join(this=looked_up, side="LEFT", on=says.condition(plan.All(tuple(alike)))),
            exp.Join(this=lateral, kind="CROSS"),
        ]

    def outermost(self, value: exp.Expr, by: list[exp.Ordered], where: exp.Where | None, is_last: bool) -> exp.Expr:
        """The beginning of a list of all values: of the last in reverse, so that the missing come behind."""
        for each in by:
            each.set("desc", is_last or None)
            each.set("nulls_first", bool(each.args.get("nulls_first")) != is_last)
        listed: exp.Expr = exp.ArrayAgg(this=exp.Order(this=value, expressions=by))
        if where:
            listed = exp.Filter(this=listed, expression=where)
        return exp.Bracket(this=exp.Paren(this=listed), expressions=[exp.Literal.number(0)])

    # --- numbers ------------------------------------------------------------------------------------

    def widened(self, number: exp.Expr, scale: int) -> exp.Expr:
        """A decimal that is given no size has room for all digits."""
        return self.cast(number, "DECIMAL")

    def whole(self, number: exp.Expr) -> exp.Expr:
        return self.cast(number, "DECIMAL(38, 0)")

    def divided(self, left: exp.Expr, part: OneOfWords["whole", "rest"], right: exp.Expr) -> exp.Expr:
        """More than 38 digits stop the query, as those do who count on it."""
        bounded = self.whole(left)
        if part == "whole":
            # What sqlglot reads `DIV` as: that function, which cuts off, and no cast.
            decimal = exp.DataType(this=exp.DataType.Type.DECIMAL)
            return exp.Cast(this=exp.IntDiv(this=bounded, expression=right), to=decimal)
        return exp.Mod(this=bounded, expression=right)

    # --- texts and lists ----------------------------------------------------------------------------

    def folded(self, value: exp.Expr, pattern: str) -> exp.Expr:
        """`LOWER` folds by the locale of the database. What is no letter of the pattern need not be folded at all."""
        letters = [(upper, lower) for lower in dict.fromkeys(pattern) for upper in _folded_to().get(lower, "")]
        if not letters:
            return value
        froms, tos = (exp.Literal.string("".join(side)) for side in zip(*letters, strict=True))
        return exp.Translate(this=value, from_=froms, to=tos)

    def text_match(self, match: plan.TextMatch, value: exp.Expr) -> exp.Expr:
        if match.kind != "ends":
            return super().text_match(match, value)
        value = self.folded(value, match.pattern) if match.folded else value
        length = exp.Literal.number(len(match.pattern))
        return exp.EQ(this=exp.Right(this=value, expression=length), expression=self.constant(match.pattern))

    def contains(self, value: exp.Expr, pattern: exp.Expr) -> exp.Expr:
        return exp.GT(this=exp.StrPosition(this=value, substr=pattern), expression=exp.Literal.number(0))

    def digest(self, salt: str, key: exp.Expr) -> exp.Expr:
        # The digest of bytes: that of a text would depend on how the database encodes it.
        salted = exp.DPipe(this=self.constant(f"{salt}:"), expression=self.cast(key, "TEXT"), safe=True)
        encoded = exp.Anonymous(this="CONVERT_TO", expressions=[salted, exp.Literal.string("UTF8")])
        start, length = exp.Literal.number(1), exp.Literal.number(15)
        return _by_code_point(exp.Substring(this=exp.MD5(this=encoded), start=start, length=length))

    def list_has(self, list_: exp.Expr, member: str, folded: bool) -> exp.Expr:
        if not folded:
            return exp.EQ(this=self.constant(member), expression=exp.Any(this=exp.Paren(this=list_)))
        each = exp.Identifier(this="each_text", quoted=False)
        unnested = exp.Unnest(expressions=[list_], alias=exp.TableAlias(this=each), offset=False)
        same = exp.EQ(this=self.folded(exp.Column(this=each.copy()), member), expression=self.constant(member))
        select = exp.Select(
            expressions=[exp.Literal.number(1)], from_=exp.From(this=unnested), where=exp.Where(this=same)
        )
        return exp.Exists(this=select)

    def list_length(self, list_: exp.Expr) -> exp.Expr:
        return exp.Anonymous(this="CARDINALITY", expressions=[_known(list_)])

    def spread(self, conditions: Sequence[tuple[exp.Expr, str]]) -> exp.Expr:
        texts = [exp.Case(ifs=[exp.If(this=test, true=self.constant(text))]) for test, text in conditions]
        return _by_code_point(exp.Explode(this=_known(exp.Array(expressions=texts))))

    def list_members(self, list_: exp.Expr) -> exp.Expr:
        each = exp.Identifier(this="each_text", quoted=False)
        unnested = exp.Unnest(expressions=[_known(list_)], alias=exp.TableAlias(this=each), offset=False)
        distinct = exp.Select(
            expressions=[exp.Column(this=each.copy())], distinct=exp.Distinct(), from_=exp.From(this=unnested)
        )
        return exp.Explode(this=exp.Array(expressions=[distinct]))

    def list_within(self, list_: exp.Expr, members: Sequence[str]) -> exp.Expr:
        listed = exp.Array(expressions=[self.constant(member) for member in members])
        return exp.ArrayContainsAll(this=listed, expression=_known(list_))

    def unnested(self, texts: Sequence[str]) -> exp.Expr:
        """One text that is split: a node for each of so many would take seconds to print."""
        separator = self.separator(texts)
        split = exp.StringToArray(this=self.constant(separator.join(texts)), expression=self.constant(separator))
        return exp.Explode(this=_by_code_point(split))

    # --- writing ------------------------------------------------------------------------------------

    def _replaced(self, table: exp.Table, query: exp.Query) -> list[exp.Expr]:
        """The rows are replaced and the table stays, with its rights and with the views that read it."""
        properties = exp.Properties(expressions=[exp.WithDataProperty(no=True)])
        created = exp.Create(
            this=table, kind="TABLE", replace=False, refresh=False, unique=False, expression=query, exists=True,
            properties=properties, concurrently=False,
        )  # fmt: skip
        return [created, exp.Delete(this=table.copy()), self._added(table.copy(), query.copy())]


def _known(list_: exp.Expr) -> exp.Expr:
    """The list without the members that are missing."""
    return exp.ArrayRemove(this=list_, expression=exp.Null(), null_propagation=False)


def _by_code_point(text: exp.Expr) -> exp.Expr:
    return exp.Collate(this=text, expression=exp.Identifier(this="C", quoted=True))


def _rounded(number: exp.Expr, scale: int) -> exp.Expr:
    """Half away from zero."""
    return exp.Round(this=number, decimals=exp.Literal.number(scale))


def _interval(count: int, unit: str) -> exp.Interval:
    return exp.Interval(this=exp.Literal.string(str(count)), unit=exp.Var(this=unit))


def _zone(name: str) -> exp.Expr:
    # `CET` would be an abbreviation, an hour from UTC all year round, and what is one depends on the session.
    if "/" not in name and name != "UTC":
        raise Unsupported(
            f"PostgreSQL does not tell the time zone `{name}` from an abbreviation",
            Source("segdsl.yml", "").whole(),
            help="name it by a city, such as `Europe/Berlin`",
        )
    return exp.Literal.string(name)


@lru_cache(maxsize=1)
def _folded_to() -> dict[str, str]:
    """For each lower-case letter those that are folded to it: the long s, the Kelvin sign and their likes included."""
    found: dict[str, str] = {}
    for char in map(chr, range(sys.maxunicode + 1)):
        low = folded_text(char)
        if low != char:
            found[low] = found.get(low, "") + char
    return found
