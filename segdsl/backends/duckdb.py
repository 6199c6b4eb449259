"""What DuckDB says otherwise: its words, its types, files as tables. Everything here was run on DuckDB 2.0."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from sqlglot import exp

from segdsl.backends import plan
from segdsl.backends.base import Backend, FileFormat
from segdsl.backends.printing import Expressions
from segdsl.backends.quotients import MAX_DIGITS
from segdsl.semantics.catalog import Table
from segdsl.semantics.types import Boolean, Date, Degrees, Number, Text, TextList, Timestamp, Type

# SELECT keyword_name FROM duckdb_keywords(): also those that could stand unquoted in some places.
WORDS = """
abort absolute access action add admin after aggregate all also alter always analyse analyze and anti any approx array
as asc asof assertion assignment asymmetric at attach attribute authorization backward before begin between bigint
binary bit boolean both by cache call called cascade cascaded case cast catalog centuries century chain char character
characteristics check checkpoint class close cluster coalesce collate collation column columns comment comments commit
committed compression concurrently configuration conflict connect connection constraint constraints content continue
conversion copy cost create cross csv cube current cursor cycle data database day days deallocate dec decade decades
decimal declare default defaults deferrable deferred definer delete delimiter delimiters depends desc describe destroy
detach dictionary disable discard disconnect distance distinct do document domain double drop each else enable
encoding encrypted end enum error escape event exact except exclude excluding exclusive execute exists explain export
export_state extension extensions external extract false family fetch filter first float following for force foreign
forward freeze from full function functions generated glob global grant granted group grouping grouping_id groups
handler having header hold hour hours identity if ignore ilike immediate immutable implicit import in include
including increment index indexes inherit inherits initially inline inner inout input insensitive insert install
instead int integer intersect interval into invoker is isnull isolation join json key label lambda language large last
lateral leading leakproof left level like limit listen load local location lock locked logged macro map mapping match
matched materialized maxvalue merge method microsecond microseconds millennia millennium millisecond milliseconds
minute minutes minvalue mode month months move name names national natural nchar nearest new next no none not nothing
notify notnull nowait null nullif nulls numeric object of off offset oids old on only operator option options or order
ordinality others out outer over overlaps overlay overriding owned owner parallel parser partial partition partitioned
passing password percent persistent pivot pivot_longer pivot_wider placing plans policy position positional pragma
preceding precision prepare prepared preserve primary prior privileges procedural procedure program publication
qualify quarter quarters quote range read real reassign recheck recursive ref references referencing refresh register
reindex relative release rename repeatable replace replica reset resource resources respect restart restrict returning
returns revoke right role rollback rollup row rows rule sample savepoint schema schemas scope scroll search second
seconds secret secure security select semi sequence sequences serializable server session set setof sets share show
similar similarity simple skip smallint snapshot some sorted source sql stable standalone start statement statistics
stdin stdout storage stored strict strip struct subscription substring summarize symmetric sysid system table tables
tablesample tablespace target temp template temporary text then ties time timestamp to trailing transaction transform
treat trigger trim true truncate trusted try_cast tuple type types unbounded uncommitted unencrypted union unique
unknown unlisten unlogged unpack unpivot until update use user using vacuum valid validate validator value values
varchar variable variadic varying verbose version view views virtual volatile week weeks when where whitespace window
with within without work wrapper write xml xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces
xmlparse xmlpi xmlroot xmlserialize xmltable year years yes zone
"""

# What the parts of a date are called, where that is another word.
PARTS: dict[plan.PartName, str] = {"weekday": "ISODOW"}

# What a text of a CSV file must look like: DuckDB's casts would round 2.5, drop the time of a date and make up a zone.
WHOLE_NUMBER = r" *[+-]?[0-9]+ *"
DATE = r" *[0-9]{4,}-[0-9]{1,2}-[0-9]{1,2} *"
WALL_CLOCK = r" *[0-9]{4,}-[0-9]{1,2}-[0-9]{1,2}([ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?)? *"
INSTANT = r".*[0-9]:[0-9.]+ *(Z|[+-][0-9]{2}(:?[0-9]{2})?) *"


class DuckDB(Backend):
    dialect = "duckdb"
    # Each of five hundred copies all columns of the rows that count, which takes fifty times as long as without.
    most_filters = 8
    reserved = frozenset(WORDS.split())

    def stored(self, column: exp.Expr, type_: Type | None) -> exp.Expr:
        match type_:
            case Text():
                # A column may have a collation that takes "a" for "A"; this one compares code points.
                return exp.Collate(this=self.cast(column, "TEXT"), expression=exp.Identifier(this="C", quoted=True))
            case Number(whole=True):
                return self.cast(column, "BIGINT")
            case Number(scale, precision):
                # A float's shortest text is what people see. Cast directly, 0.145 is rounded down here and up there.
                return self.decimal(self.cast(column, "TEXT"), precision, scale)
            case Boolean():
                return self.cast(column, "BOOLEAN")
            case Date():
                return self.cast(column, "DATE")
            case Timestamp(zoned=True):
                # Any other way to a naive moment would depend on the session's time zone.
                utc = exp.Literal.string("UTC")
                return exp.AtTimeZone(this=self.cast(column, "TIMESTAMPTZ"), zone=utc)
            case Timestamp():
                return self.cast(column, "TIMESTAMP")
            case TextList():
                return self.cast(column, "TEXT[]")
            case Degrees():
                return self._degrees(column, type_)
            case _:
                return column

    def _degrees(self, column: exp.Expr, type_: Degrees) -> exp.Expr:
        """Three digits before the point are enough for all that is on earth; what has more is missing."""
        to = self.decimal(column, 3 + type_.scale, type_.scale).to
        read = exp.TryCast(this=self.cast(column, "TEXT"), to=to, safe=True)
        ends = {"low": self.constant(Decimal(-type_.limit)), "high": self.constant(Decimal(type_.limit))}
        return exp.Case(ifs=[exp.If(this=exp.Between(this=read, **ends), true=read.copy())])

    def on_wall_clock(self, utc: exp.Expr, zone: str) -> exp.Expr:
        instant = exp.Paren(this=exp.AtTimeZone(this=utc, zone=exp.Literal.string("UTC")))
        return exp.AtTimeZone(this=instant, zone=exp.Literal.string(zone))

    def in_utc(self, wall: exp.Expr, zone: str) -> exp.Expr:
        # DuckDB takes the second of two instants that show one wall time. Three hours before it the offset is the one
        # before the change, if there was one: counted from there, it is the first instant when the wall then agrees.
        earlier = exp.Paren(this=exp.Sub(this=wall, expression=_interval(3, "HOUR")))
        first = exp.Add(this=exp.Paren(this=self._instant(earlier, zone)), expression=_interval(3, "HOUR"))
        is_first = exp.EQ(this=self.on_wall_clock(exp.Paren(this=first), zone), expression=wall.copy())
        return exp.Case(ifs=[exp.If(this=is_first, true=first.copy())], default=self._instant(wall.copy(), zone))

    def _instant(self, wall: exp.Expr, zone: str) -> exp.Expr:
        there = exp.Paren(this=exp.AtTimeZone(this=wall, zone=exp.Literal.string(zone)))
        return exp.AtTimeZone(this=there, zone=exp.Literal.string("UTC"))

    def later(self, moment: exp.Expr, count: int, unit: plan.Unit, is_date: bool) -> exp.Expr:
        months, word = (3 * count, "MONTH") if unit == "quarter" else (count, unit.upper())
        later = exp.Add(this=moment, expression=_interval(months, word))
        return self.cast(exp.Paren(this=later), "DATE") if is_date else later

    def next_joins(self, join: plan.NextJoin, says: Expressions) -> list[exp.Join]:
        alike = tuple(plan.Compare(right, "=", left) for left, right in join.alike)
        on = says.condition(plan.All((*alike, plan.Compare(join.later, ">", join.than))))
        return [exp.Join(this=self.base(join.base, True), method="ASOF", side="LEFT", on=on)]

    def part(self, part: plan.PartName, value: exp.Expr) -> exp.Expr:
        return exp.Extract(this=exp.Var(this=PARTS.get(part, part.upper())), expression=value)

    def days_between(self, start: exp.Expr, end: exp.Expr) -> exp.Expr:
        return exp.Paren(this=exp.Sub(this=end, expression=start))

    def whole(self, number: exp.Expr) -> exp.Expr:
        return self.cast(number, "HUGEINT")

    def digest(self, salt: str, key: exp.Expr) -> exp.Expr:
        salted = exp.DPipe(this=exp.Literal.string(f"{salt}:"), expression=self.cast(key, "TEXT"), safe=True)
        return exp.Substring(this=exp.MD5(this=salted), start=exp.Literal.number(1), length=exp.Literal.number(15))

    def list_has(self, list_: exp.Expr, member: str, folded: bool) -> exp.Expr:
        if folded:
            each = exp.Identifier(this="each", quoted=False)
            lower = exp.Lambda(this=exp.Lower(this=each), expressions=[each.copy()], colon=True)
            list_ = exp.Transform(this=list_, expression=lower)
        return exp.ArrayContains(this=list_, expression=exp.Literal.string(member))

    def list_length(self, list_: exp.Expr) -> exp.Expr:
        return exp.Anonymous(this="LIST_COUNT", expressions=[list_])

    def spread(self, conditions: Sequence[tuple[exp.Expr, str]]) -> exp.Expr:
        """A list a row: a join with as many rows as there are texts takes forty times as long, and a union reads all
        columns of the step before again and again.
        """
        tests, texts = zip(*conditions, strict=True)
        lists = [exp.Array(expressions=[self.constant(each) for each in texts]), exp.Array(expressions=list(tests))]
        return exp.Explode(this=exp.Anonymous(this="LIST_WHERE", expressions=lists))

    def list_members(self, list_: exp.Expr) -> exp.Expr:
        return exp.Explode(this=exp.ArrayDistinct(this=list_))

    def list_within(self, list_: exp.Expr, members: Sequence[str]) -> exp.Expr:
        listed = exp.Array(expressions=[exp.Literal.string(member) for member in members])
        return exp.ArrayContainsAll(this=listed, expression=list_)

    def unnested(self, texts: Sequence[str]) -> exp.Expr:
        """One text that is split: a node for each of so many would take seconds to print, and longer to plan."""
        separator = self.separator(texts)
        split = exp.Split(this=exp.Literal.string(separator.join(texts)), expression=exp.Literal.string(separator))
        return exp.Explode(this=split)

    def _replaced(self, table: exp.Table, query: exp.Query) -> list[exp.Expr]:
        return [create("TABLE", table, query, replace=True)]

    def create_file_views(self, table: Table, file: str, format: FileFormat) -> list[str]:
        """Of CSV every column is text but for those that the catalog declares: zeros in front of a key stay.

        Between commas, nothing is missing and `""` is a text of no characters.
        """
        select = everything(csv_reader(file), self.typed(table)) if format == "csv" else everything(_parquet(file))
        return [self._text(create("VIEW", self._stored_table(table.stored_in), select))]

    def typed(self, table: Table) -> list[exp.Alias]:
        """The columns of a CSV file that are not text, read as what they are declared as."""
        # Where a point is stored, a column may be declared of its own: that one says more.
        stored = sorted(table.stored_columns(), key=lambda each: not isinstance(each.type, Degrees))
        declared = {each.stored_as: each.type for each in stored}
        if table.at is not None and table.at_type is not None:
            declared.setdefault(table.at, table.at_type)
        typed: dict[str, exp.Alias] = {}
        for name, type_ in declared.items():
            column = exp.Column(this=self.name(name))
            value = self.parsed(column, name, type_)
            if value is not None:
                typed.setdefault(name.casefold(), exp.Alias(this=value, alias=self.name(name)))
        return list(typed.values())

    def parsed(self, column: exp.Column, name: str, type_: Type) -> exp.Expr | None:
        """A text of a CSV file as its type; None of what stays a text."""
        match type_:
            case Number(whole=True):
                return self._if_like(
                    column, WHOLE_NUMBER, self.cast(column, "BIGINT"), f"`{name}` is no whole number: "
                )
            case Number(scale, precision):
                return self.decimal(column, precision, scale)
            case Degrees(scale=scale):
                return self.decimal(column, MAX_DIGITS, scale)
            case Boolean():
                return self.cast(column, "BOOLEAN")
            case Date():
                return self._if_like(column, DATE, self.cast(column, "DATE"), f"`{name}` is no date: ")
            case Timestamp(zoned=True):
                instant = self.cast(column, "TIMESTAMPTZ")
                return self._if_like(column, INSTANT, instant, f"`{name}` is no moment with a time zone: ")
            case Timestamp():
                # The cast would drop a zone without a word.
                moment = self.cast(column, "TIMESTAMP")
                return self._if_like(column, WALL_CLOCK, moment, f"`{name}` is no moment without a time zone: ")
            case TextList():
                # Lists as DuckDB prints them cannot be told from texts with commas and quotes.
                texts = exp.FromJson(this=column, expression=exp.Literal.string('["VARCHAR"]'))
                return self._if(_is_json_list(column), column, texts, f'`{name}` is no list such as ["a", "b"]: ')
        return None

    def _if_like(self, column: exp.Column, pattern: str, value: exp.Expr, complaint: str) -> exp.Expr:
        """`value` if the text of the column is like the pattern, else what `misfit` says; missing stays missing."""
        fits = exp.RegexpFullMatch(this=column.copy(), expression=exp.Literal.string(pattern))
        return self._if(fits, column, value, complaint)

    def _if(self, fits: exp.Expr, column: exp.Column, value: exp.Expr, complaint: str) -> exp.Expr:
        """`value` where the text of the column fits; see `_if_like`."""
        return exp.Case(ifs=[exp.If(this=fits, true=value), *self.misfit(column, complaint)])

    def misfit(self, column: exp.Column, complaint: str) -> list[exp.If]:
        """What becomes of a text that cannot be read: an error that shows it."""
        is_there = exp.Not(this=exp.Is(this=column.copy(), expression=exp.Null()))
        said = exp.DPipe(this=exp.Literal.string(complaint), expression=column.copy(), safe=True)
        return [exp.If(this=is_there, true=exp.Anonymous(this="ERROR", expressions=[said]))]


def csv_reader(file: str) -> exp.ReadCSV:
    """A reader of a CSV file, every column as text."""
    texts = {"delim": ",", "quote": '"', "escape": '"', "nullstr": "", "comment": "", "encoding": "utf-8"}
    truths = {"header": True, "all_varchar": True, "allow_quoted_nulls": False, "hive_partitioning": False}
    # Left to itself DuckDB skips lines that do not look like the others.
    options: dict[str, exp.Expr] = {"skip": exp.Literal.number(0)}
    options |= {name: exp.Boolean(this=value) for name, value in truths.items()}
    options |= {name: exp.Literal.string(value) for name, value in texts.items()}
    return exp.ReadCSV(this=exp.Literal.string(file), expressions=_options(options))


def _parquet(file: str) -> exp.ReadParquet:
    options: dict[str, exp.Expr] = {"hive_partitioning": exp.Boolean(this=False)}
    return exp.ReadParquet(expressions=[exp.Literal.string(file), *_options(options)])


def _interval(count: int, unit: str) -> exp.Interval:
    return exp.Interval(this=exp.Literal.string(str(count)), unit=exp.Var(this=unit))


def create(kind: str, table: exp.Table, query: exp.Query, replace: bool = False) -> exp.Create:
    return exp.Create(
        this=table, kind=kind, replace=replace, refresh=False, unique=False, expression=query, exists=False,
        concurrently=False,
    )  # fmt: skip


def everything(reader: exp.Expr, replaced: list[exp.Alias] | None = None) -> exp.Select:
    return exp.Select(expressions=[exp.Star(replace=replaced or None)], from_=exp.From(this=exp.Table(this=reader)))


def _options(options: dict[str, exp.Expr]) -> list[exp.Expr]:
    """Named arguments. The names are ours."""
    return [exp.EQ(this=exp.column(name), expression=value) for name, value in options.items()]


def _is_json_list(column: exp.Column) -> exp.Expr:
    """`CASE` keeps the order: what is no JSON has no type."""
    valid = exp.Anonymous(this="JSON_VALID", expressions=[column.copy()])
    kind = exp.JSONType(this=column.copy())
    is_array = exp.EQ(this=kind, expression=exp.Literal.string("ARRAY"))
    return exp.Case(ifs=[exp.If(this=valid, true=is_array)])
