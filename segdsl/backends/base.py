"""A plan as SQL, for the common ground of databases; a dialect says what differs.

In: a program, segments, a clock. Out: text, which is read back and compared with the tree that was printed. Promised:
every value and every name that comes from a person is a node of the tree, never a piece of text; the same input gives
the same bytes.
"""

from __future__ import annotations

import re
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from itertools import count
from typing import Literal as OneOfWords
from typing import assert_never

import sqlglot
from sqlglot import exp
from sqlglot.dialects.dialect import Dialect

from segdsl.backends import declarations, lower, plan
from segdsl.backends.names import VALUES
from segdsl.backends.printing import MEMBER, Expressions
from segdsl.backends.quotients import MAX_DIGITS
from segdsl.backends.strategy import Strategy, strategy
from segdsl.backends.unsupported import TooWide
from segdsl.semantics import earth, ir
from segdsl.semantics.calendar import Clock
from segdsl.semantics.catalog import Catalog, Held, Table
from segdsl.semantics.types import Type
from segdsl.source import NOWHERE, Span

FileFormat = OneOfWords["parquet", "csv"]

PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")
# Reading back takes a second for each 200 kB; only long lists of constants come near to this.
READ_BACK = 1_000_000
# sqlglot reads one level of parentheses in some twenty calls, and definitions are nested up to 100 levels deep.
RECURSION_LIMIT = 20_000


@dataclass(frozen=True, slots=True)
class Pass:
    """What a run says to a database: it keeps where everyone stands, asks for sizes, stores memberships, and forgets.

    The sizes are as `Backend.sizes` says them.
    """

    keep: str
    sizes: str
    store: tuple[str, ...]
    forget: str


class Backend(ABC):
    """Writes the SQL of one database. `reserved` are the words, in lower case, that no bare name may be."""

    dialect: str
    reserved: frozenset[str]
    like_escape = "\\"
    kept_in: tuple[str, ...] = ("segdsl_standing",)  # tables that keep where everyone stands begin so
    most_columns: int | None = None  # that a step or a table may have
    most_filters: int | None = None  # so many aggregates of a step are told by FILTER which rows count
    keeps_steps = False  # whether steps must be told to be computed once, by each of those that read them

    # --- what can be asked --------------------------------------------------------------------------

    def members(self, program: ir.Program, segment: str, clock: Clock, column: lower.Membership = "qualifies") -> str:
        """The keys of those who qualify for `segment` or are assigned to it: one column, ordered."""
        return self._text(self._tree(lower.members(program, segment, clock, column)))

    def memberships(
        self, program: ir.Program, names: Sequence[str], clock: Clock, keys: Sequence[str | int] = ()
    ) -> str:
        """Rows of the key, `segment`, `qualifies`, `assigned` and `as_of`, of those alone who qualify.

        With `keys` of those alone who have one of them; compared is with everyone all the same.
        """
        return self._text(self._tree(lower.memberships(program, names, clock, keys)))

    def sizes(self, program: ir.Program, names: Sequence[str], clock: Clock) -> str:
        """One row: how many customers; then, name by name, how many qualify and how many are assigned.

        After those what `lower.sizes` says of channels and promises.
        """
        return self._text(self._tree(lower.sizes(program, names, clock)))

    def one_pass(
        self,
        program: ir.Program,
        names: Sequence[str],
        clock: Clock,
        table: Sequence[str],
        *,
        replaces: bool,
        in_order: bool,
        number: int = 1,
    ) -> Pass:
        """The statements that replace `table` with the memberships, or add them to it.

        `number` tells the tables apart that several of them keep at the same time.
        """
        kept_in = (*self.kept_in[:-1], f"{self.kept_in[-1]}_{number}")
        passed = lower.one_pass(program, names, clock, kept_in, in_order=in_order)
        kept, stored = self._stored_table(kept_in), self._stored_table(table)
        query = self._tree(passed.memberships)
        store = self._replaced(stored, query) if replaces else [self._added(stored, query)]
        return Pass(
            self._text(_temporary(kept, self._tree(passed.kept))),
            self._text(self._tree(passed.sizes)),
            tuple(self._text(statement) for statement in store),
            self._text(exp.Drop(tables=[kept.copy()], kind="TABLE")),
        )

    def strategy(self, program: ir.Program, names: Sequence[str], clock: Clock, column: lower.Membership) -> Strategy:
        """How `members` of one of the segments `names`, or `memberships` of several, are worked out."""
        only = names[0] if len(names) == 1 else ""
        asked = lower.members(program, only, clock, column) if only else lower.memberships(program, names, clock)
        return strategy(self.prepared(asked), only, self)

    def condition(self, node: plan.Expression, /) -> str:
        """A condition on the rows of one relation, as SQL on one line."""
        return Expressions(self, qualified=False).condition(node).sql(dialect=self.dialect)

    def _added(self, table: exp.Table, query: exp.Query) -> exp.Insert:
        columns = [self.name(name) for name in query.named_selects]
        return exp.Insert(this=exp.Schema(this=table, expressions=columns), expression=query)

    def key_faults(self, table: Table, catalog: Catalog, clock: Clock) -> str:
        """Rows of a key and how many rows have it: up to five keys that are missing or repeated.

        Only rows count that the `where` of `table` keeps, seen or not.
        """
        return self._text(self._tree(declarations.key_faults(table, catalog, clock)))

    # --- what a catalog declares --------------------------------------------------------------------

    def declaration_counts(
        self, table: Table, catalog: Catalog, clock: Clock, claims: Sequence[declarations.Claim]
    ) -> str:
        """One row: how many rows break each claim; see `declarations.counts`."""
        return self._text(self._tree(declarations.counts(table, catalog, clock, claims)))

    def declaration_examples(self, table: Table, catalog: Catalog, clock: Clock, claim: declarations.Claim) -> str:
        """Rows of what breaks a claim and how often; see `declarations.examples`."""
        return self._text(self._tree(declarations.examples(table, catalog, clock, claim)))

    # --- what is stored -----------------------------------------------------------------------------

    def tables_used(self, program: ir.Program, names: Sequence[str], *, sizing: bool = False) -> list[lower.TableUse]:
        """The tables that the queries for `names` read (with `sizing` that for sizes), with the columns they read."""
        return lower.tables_used(program, names, sizing=sizing)

    def create_file_views(self, table: Table, file: str, format: FileFormat) -> list[str]:
        """The statements that make the stored table of `table` a view over a file."""
        raise NotImplementedError(f"{self.dialect} reads no files")

    # --- what differs -------------------------------------------------------------------------------

    @abstractmethod
    def stored(self, column: exp.Expr, type_: Type | None) -> exp.Expr:
        """A stored column as its declared type; see `plan.Stored`."""

    def stored_float(self, column: exp.Expr, type_: Type | None, held: Held) -> exp.Expr:
        """The same of a column that is known to hold floating-point numbers."""
        return self.stored(column, type_)

    def undeclared(self, column: exp.Expr, span: Span) -> exp.Expr:
        """A key of which nobody knows whether it is a number or a text, of the table declared at `span`."""
        return column

    @abstractmethod
    def on_wall_clock(self, utc: exp.Expr, zone: str) -> exp.Expr:
        """A naive moment in UTC as the wall clock of `zone` shows it, naive."""

    @abstractmethod
    def in_utc(self, wall: exp.Expr, zone: str) -> exp.Expr:
        """A naive moment of the wall clock of `zone` in UTC, naive; see `plan.InUtc`."""

    @abstractmethod
    def later(self, moment: exp.Expr, count: int, unit: plan.Unit, is_date: bool) -> exp.Expr:
        """A naive moment or a date some units later; see `plan.Later`."""

    @abstractmethod
    def next_joins(self, join: plan.NextJoin, says: Expressions) -> list[exp.Join]:
        """The next row of a relation for each row; see `plan.NextJoin`."""

    def outermost(self, value: exp.Expr, by: list[exp.Ordered], where: exp.Where | None, is_last: bool) -> exp.Expr:
        """The value of the first or the last row; see `plan.Aggregate`."""
        ordered = exp.Order(this=value, expressions=by)
        result = exp.Last(this=ordered) if is_last else exp.First(this=ordered)
        return exp.Filter(this=result, expression=where) if where else result

    @abstractmethod
    def part(self, part: plan.PartName, value: exp.Expr) -> exp.Expr:
        """A part of a date or a naive moment; see `plan.Part`."""

    @abstractmethod
    def days_between(self, start: exp.Expr, end: exp.Expr) -> exp.Expr:
        """The whole days from one date to another; see `plan.DaysBetween`."""

    @abstractmethod
    def whole(self, number: exp.Expr) -> exp.Expr:
        """A number without digits after the point as a whole number of 38 digits; see `plan.Whole`."""

    def widened(self, number: exp.Expr, scale: int) -> exp.Expr:
        """A number as a decimal of all the digits there are; see `plan.Widen`."""
        return self.decimal(number, MAX_DIGITS, scale)

    def divided(self, left: exp.Expr, part: OneOfWords["whole", "rest"], right: exp.Expr) -> exp.Expr:
        """Whole numbers divided; see `plan.Divide`."""
        return (exp.IntDiv if part == "whole" else exp.Mod)(this=left, expression=right)

    @abstractmethod
    def digest(self, salt: str, key: exp.Expr) -> exp.Expr:
        """The beginning of the MD5 of a salt and a key; see `plan.Digest`."""

    @abstractmethod
    def list_has(self, list_: exp.Expr, member: str, folded: bool) -> exp.Expr:
        """Whether a text is a member of a list; see `plan.ListHas`."""

    @abstractmethod
    def list_length(self, list_: exp.Expr) -> exp.Expr:
        """How many known members a list has."""

    @abstractmethod
    def spread(self, conditions: Sequence[tuple[exp.Expr, str]]) -> exp.Expr:
        """Of each row one for each condition that is true, with its text; see `plan.Spread`."""

    @abstractmethod
    def list_members(self, list_: exp.Expr) -> exp.Expr:
        """The different known members of a list; see `plan.Members`."""

    @abstractmethod
    def list_within(self, list_: exp.Expr, members: Sequence[str]) -> exp.Expr:
        """Whether a list has no known members but these; see `plan.ListWithin`."""

    @abstractmethod
    def unnested(self, texts: Sequence[str]) -> exp.Expr:
        """A row for each of the texts, a hundred thousand or more of them."""

    def separator(self, texts: Sequence[str]) -> str:
        """What none of the texts holds, to split them at."""
        if not any("\n" in text for text in texts):
            return "\n"
        # No text holds what it begins with, not even at its end, so it is found between them alone; and it is short,
        # for it is written as often as there are texts.
        begins = (f"\n-{number}-" for number in count())
        return next(each for each in begins if not any(each in text for text in texts)) + "\n"

    @abstractmethod
    def _replaced(self, table: exp.Table, query: exp.Query) -> list[exp.Expr]:
        """The statements that make `table` hold the rows of `query` and no others."""

    # --- text ---------------------------------------------------------------------------------------

    def _text(self, tree: exp.Expr) -> str:
        """The text of a tree; raises `AssertionError` when the text does not say what the tree says."""
        with _deep_recursion():
            text = tree.sql(dialect=self.dialect, pretty=True)
            if len(text) <= READ_BACK:
                assert sqlglot.parse_one(text, read=self.dialect) == tree, "the text reads back as another query"
        return text

    def _tree(self, query: plan.Query) -> exp.Query:
        query = self.prepared(query)
        self._refuse_too_many_columns(query)
        result = self._select(query.result)
        constants = [self._constants(each) for each in query.constants]
        steps = [*constants, *(self._relation(relation) for relation in query.relations)]
        said = exp.With(expressions=steps) if steps else result
        said.add_comments([comment(query.comment)])
        if steps:
            result.set("with_", said)
        return result

    def prepared(self, query: plan.Query) -> plan.Query:
        """The same query, in what this database has words for."""
        return query

    def _refuse_too_many_columns(self, query: plan.Query) -> None:
        """Raises `TooWide` when a step, or what is asked for, has more columns than the database lets it have."""
        widths: dict[str, int] = {}
        for relation in (*query.relations, plan.Relation("", query.result)):
            select = relation.select
            kept = widths.get(str(select.base.name), 0) if select.keeps_all else 0
            widths[relation.name] = kept + len(select.outputs)
        if self.most_columns is not None and max(widths.values()) > self.most_columns:
            raise TooWide(
                f"a step of the query needs {max(widths.values()):,} columns: the database has {self.most_columns:,}",
                NOWHERE,
                help="ask for fewer segments at once",
            )

    def name(self, name: str) -> exp.Identifier:
        """A name, quoted unless it is plain and no word of the language."""
        is_word = name in self.reserved or name in VALUES or name.upper() in _words(self.dialect)
        return exp.Identifier(this=name, quoted=is_word or not PLAIN_NAME.fullmatch(name))

    def stored_name(self, name: str) -> str:
        """A name as the database keeps it."""
        return name

    def _stored_table(self, parts: Sequence[str]) -> exp.Table:
        """A table, a view or a file by the parts of its name, which are at most three."""
        this, db, catalog = ([self.name(part) for part in reversed(parts)] + [None, None])[:3]
        return exp.Table(this=this, db=db, catalog=catalog)

    # --- relations ----------------------------------------------------------------------------------

    def _relation(self, relation: plan.Relation) -> exp.CTE:
        alias = exp.TableAlias(this=self.name(relation.name))
        kept = (self.keeps_steps and relation.select.keeps_all) or None
        return exp.CTE(this=self._select(relation.select), alias=alias, materialized=kept)

    def _constants(self, constants: plan.Constants) -> exp.CTE:
        texts = [str(member) if isinstance(member, str) else format(member, "f") for member in constants.members]
        member: exp.Expr = self.unnested(texts)
        if not isinstance(constants.members[0], str):
            scale = constants.scale
            member = self.cast(member, "BIGINT") if scale is None else self.decimal(member, MAX_DIGITS, scale)
        select = exp.Select(expressions=[exp.Alias(this=member, alias=self.name(MEMBER))])
        return exp.CTE(this=select, alias=exp.TableAlias(this=self.name(constants.name)))

    def _select(self, select: plan.Select) -> exp.Select:
        says = Expressions(self, self.is_qualified(select), self.filters(select))
        outputs: list[exp.Expr] = [exp.Star()] if select.keeps_all else []
        outputs += [self._output(output, says) for output in select.outputs]
        result = exp.Select(expressions=outputs, from_=exp.From(this=self.base(select.base, says.qualified)))
        joins = [each for join in select.joins for each in self._joins(join, says)]
        if joins:
            result.set("joins", joins)
        if select.spread:
            rows = self.spread([(says.condition(test), name) for test, name in select.spread.names])
            result.append("expressions", exp.Alias(this=rows, alias=self.name(select.spread.column)))
        if select.where:
            result.set("where", exp.Where(this=says.condition(plan.All(select.where))))
        if select.group_by:
            result.set("group", exp.Group(expressions=[says.value(each) for each in select.group_by]))
        if select.having:
            result.set("having", exp.Having(this=says.condition(plan.All(select.having))))
        if select.largest_first or select.order_by:
            result.set("order", self._order(select.largest_first, select.order_by))
        if select.limit is not None:
            result.set("limit", exp.Limit(expression=exp.Literal.number(select.limit)))
        return result

    def is_qualified(self, select: plan.Select) -> bool:
        """Without its relation a name is only safe where there is one and nothing is renamed in between."""
        return bool(select.joins or select.group_by)

    def filters(self, select: plan.Select) -> bool:
        """Whether FILTER says which rows count: it reads best, and takes long where there are many."""
        aggregates = [each.expression for each in select.outputs if isinstance(each.expression, plan.Aggregate)]
        return self.most_filters is None or sum(bool(each.where) for each in aggregates) <= self.most_filters

    def _output(self, output: plan.Output, says: Expressions) -> exp.Expr:
        value = says.own(output.expression)
        if not (isinstance(value, exp.Column) and value.this == self.name(output.name)):
            value = exp.Alias(this=value, alias=self.name(output.name))
        if output.comment:
            value.add_comments([comment(output.comment)])
        return value

    def base(self, base: plan.Base, is_aliased: bool) -> exp.Table:
        table = self._stored_table((base.name,) if isinstance(base.name, str) else base.name)
        if is_aliased and base.alias != base.name:
            table.set("alias", exp.TableAlias(this=self.name(base.alias)))
        return table

    def _joins(self, join: plan.Join | plan.NextJoin, says: Expressions) -> list[exp.Join]:
        if isinstance(join, plan.NextJoin):
            return self.next_joins(join, says)
        on = says.condition(plan.Compare(join.right, "=", join.left))
        return [exp.Join(this=self.base(join.base, True), side=None if join.required else "LEFT", on=on)]

    def _order(self, largest_first: Sequence[str], names: Sequence[str]) -> exp.Order:
        by = [(exp.Column(this=self.name(name)), name in largest_first) for name in (*largest_first, *names)]
        return exp.Order(
            expressions=[exp.Ordered(this=column, desc=desc or None, nulls_first=False) for column, desc in by]
        )

    # --- constants ----------------------------------------------------------------------------------

    def constant(self, value: plan.Scalar) -> exp.Expr:
        match value:
            case bool():
                return exp.Boolean(this=value)
            case str():
                return exp.Literal.string(value)
            case Decimal():
                digits = exp.Literal.number(format(abs(value), "f"))
                return exp.Neg(this=digits) if value < 0 else digits
            case datetime() if value.tzinfo is not None:
                return self.cast(exp.Literal.string(value.astimezone(UTC).isoformat(" ")), "TIMESTAMPTZ")
            case datetime():
                return self.cast(exp.Literal.string(value.isoformat(" ")), "TIMESTAMP")
            case date():
                return self.cast(exp.Literal.string(value.isoformat()), "DATE")
            case _:
                assert_never(value)

    def own(self, value: plan.Scalar) -> exp.Expr:
        """A constant that becomes the value of a column."""
        return self.constant(value)

    def cast(self, value: exp.Expr, type_: str) -> exp.Cast:
        """`type_` is a name of ours, never a person's."""
        return exp.Cast(this=value, to=exp.DataType.build(type_, dialect=self.dialect))

    def decimal(self, value: exp.Expr, precision: int, scale: int) -> exp.Cast:
        return self.cast(value, f"DECIMAL({precision:d}, {scale:d})")

    # --- places -------------------------------------------------------------------------------------

    def distance(
        self, latitude: exp.Expr, longitude: exp.Expr, to_latitude: exp.Expr, to_longitude: exp.Expr
    ) -> exp.Expr:
        """See `plan.Distance`. The order of the steps decides the last digit; the least of 1 and nothing is 1."""
        north = exp.Sin(this=_half_of_difference(self._radians(to_latitude), self._radians(latitude)))
        east = exp.Sin(this=_half_of_difference(self._radians(to_longitude), self._radians(longitude)))
        cosines = exp.Mul(
            this=exp.Cos(this=self._radians(latitude)), expression=exp.Cos(this=self._radians(to_latitude))
        )
        across = exp.Mul(this=cosines, expression=exp.Paren(this=exp.Mul(this=east, expression=east.copy())))
        haversine = exp.Add(this=exp.Mul(this=north, expression=north.copy()), expression=across)
        root = exp.Sqrt(this=exp.Least(this=_float(1.0), expressions=[haversine], ignore_nulls=True))
        way = exp.Mul(this=_float(earth.DIAMETER_MM), expression=exp.Asin(this=root))
        return exp.Floor(this=exp.Add(this=way, expression=_float(0.5)))

    def within(
        self, limit: Decimal, latitude: exp.Expr, longitude: exp.Expr, to_latitude: exp.Expr, to_longitude: exp.Expr
    ) -> exp.Expr:
        """Whether the whole millimetres from one point to another are no more than `limit`."""
        way = self.distance(latitude, longitude, to_latitude, to_longitude)
        return exp.LTE(this=way, expression=self.constant(limit))

    def _radians(self, degrees: exp.Expr) -> exp.Expr:
        return exp.Mul(this=self.cast(degrees.copy(), "DOUBLE"), expression=_float(earth.RADIANS))

    # --- text tests ---------------------------------------------------------------------------------

    def text_match(self, match: plan.TextMatch, value: exp.Expr) -> exp.Expr:
        """By code point. No test but the glob gives any character of the pattern a meaning."""
        value = self.folded(value, match.pattern) if match.folded else value
        pattern = self.constant(match.pattern)
        match match.kind:
            case "equals":
                return exp.EQ(this=value, expression=pattern)
            case "starts":
                return exp.StartsWith(this=value, expression=pattern)
            case "ends":
                return exp.EndsWith(this=value, expression=pattern)
            case "contains":
                return self.contains(value, pattern)
            case "matches":
                return self.like(value, match.pattern)
            case _:
                assert_never(match.kind)

    def folded(self, value: exp.Expr, pattern: str) -> exp.Expr:
        """A text with each code point in lower case, as far as that matters beside a pattern."""
        return exp.Lower(this=value)

    def contains(self, value: exp.Expr, pattern: exp.Expr) -> exp.Expr:
        return exp.Contains(this=value, expression=pattern)

    def like(self, value: exp.Expr, glob: str) -> exp.Expr:
        """A glob: `*` is any text, `?` any one code point."""
        wild, escape = {"*": "%", "?": "_"}, self.like_escape
        pattern = "".join(wild.get(char, f"{escape}{char}" if char in f"{escape}%_" else char) for char in glob)
        like = exp.Like(this=value, expression=self.constant(pattern))
        needs_escape = escape in pattern or "\\" in pattern
        return exp.Escape(this=like, expression=exp.Literal.string(escape)) if needs_escape else like


def _temporary(table: exp.Table, query: exp.Query) -> exp.Create:
    return exp.Create(
        this=table, kind="TABLE", replace=False, refresh=False, unique=False, expression=query, exists=False,
        properties=exp.Properties(expressions=[exp.TemporaryProperty()]), concurrently=False,
    )  # fmt: skip


@cache
def _words(dialect: str) -> frozenset[str]:
    """Words, in upper case, that sqlglot reads as something else than a name."""
    found = Dialect.get_or_raise(dialect)
    return frozenset((*found.tokenizer_class.KEYWORDS, *found.parser_class.NO_PAREN_FUNCTION_PARSERS))


def _float(value: float) -> exp.Expr:
    """A number above zero that databases read as floating point: one with an exponent."""
    mantissa, _, exponent = f"{value:.16e}".partition("e")
    number = exp.Literal.number(f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}")
    assert float(number.name) == value, "all digits are written"
    return number


def _half_of_difference(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    difference = exp.Paren(this=exp.Sub(this=left, expression=right))
    return exp.Mul(this=difference, expression=_float(0.5))


@contextmanager
def _deep_recursion() -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, RECURSION_LIMIT))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def comment(text: str) -> str:
    """A text that stays inside of the comment it is put into, on one line.

    DuckDB 2.0 puts plain blanks in place of others (U+00A0, U+3000) wherever it sees no quotes, and does not know
    these comments: after one with a lone quote it would do so inside of texts. So nothing in it opens a quote.
    """
    printable = "".join(char if char.isprintable() else " " for char in text)
    said = printable.replace("*/", "* /").replace("/*", "/ *").replace("--", "- -").replace("'", "’")
    said = re.sub(r"\$(?=\w*\$)", "$ ", said)
    if said.count('"') % 2:
        said = said.replace('"', "”")
    return f" {' '.join(said.split())} "
