"""What a catalog declares of one table, as queries that count the rows that break it.

In: a table and its catalog. Out: a query of one row for many claims at once, and queries that name some of what breaks
one of them. Only rows count that the `where` of a table keeps, seen or not: declarations are to hold at every moment.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal as OneOfWords

from segdsl.backends import plan
from segdsl.backends.expressions import Expressions, names_of, negated
from segdsl.backends.names import Names
from segdsl.backends.quotients import MAX_DIGITS
from segdsl.backends.relations import Building, Place, Scope, in_order
from segdsl.semantics import ir
from segdsl.semantics.calendar import Clock
from segdsl.semantics.catalog import Catalog, Column, Link, Table
from segdsl.semantics.types import MAX_SCALE, Number, Text, TextList, Unknown

# So many values or keys are named at most.
MOST_EXAMPLES = 5

Kind = OneOfWords["unreadable", "rounded", "missing", "untimed", "unlisted", "below", "above", "lost"]


@dataclass(frozen=True, slots=True)
class Claim:
    """How rows could break what is declared of a column or a link of `table`.

    A value is `unreadable` as its type, `rounded` to its digits, `missing` though required, `unlisted`, `below` or
    `above` the range; a row's time is missing (`untimed`); a link leads to no row (`lost`).
    """

    kind: Kind
    table: Table
    about: Column | Link

    @property
    def follows(self) -> bool:
        """Whether rows of other tables are looked at."""
        return isinstance(self.about, Link) or self.about.formula is not None


def of_reading(table: Table, from_text: bool, open_numbers: Container[str] = ()) -> Iterator[Claim]:
    """Whether stored values can be read as their types: those of a file of texts, or those that a type let in.

    `open_numbers` are stored columns of exact numbers with any number of digits: they would be rounded.
    """
    for column in (*table.stored_columns(), *_undeclared_time(table)):
        is_number = isinstance(column.type, Number)
        if is_number or (from_text and not isinstance(column.type, (Text, Unknown))):
            yield Claim("unreadable", table, column)
        may_be_rounded = from_text or column.stored_as in open_numbers
        if may_be_rounded and isinstance(column.type, Number) and not column.type.whole:
            yield Claim("rounded", table, column)


def of_values(table: Table) -> Iterator[Claim]:
    """What is declared of the stored columns of a table, in the order of the catalog; last its time."""
    for column in table.columns.values():
        if column.formula is not None:
            continue
        if column.required:
            yield Claim("missing", table, column)
        match column.type:
            case Text(values) | TextList(values) if values:
                yield Claim("unlisted", table, column)
            case Number(low=low, high=high):
                if low is not None:
                    yield Claim("below", table, column)
                if high is not None:
                    yield Claim("above", table, column)
    times = [column for column in table.columns.values() if table.at is not None and column.stored_as == table.at]
    for time in (times or _undeclared_time(table))[:1]:
        if not any(column.required for column in times):
            yield Claim("untimed", table, time)


def _undeclared_time(table: Table) -> list[Column]:
    """The column that holds the time of a table's rows, if no declared column is stored there."""
    if table.at is None or table.at_type is None or any(each.stored_as == table.at for each in table.stored_columns()):
        return []
    return [Column(table.at, table.at_type, table.at, span=table.span)]


def of_links(table: Table) -> Iterator[Claim]:
    """What the rows that links lead to decide: whether they are there, and whether computed columns are known."""
    for column in table.columns.values():
        if column.formula is not None and column.required:
            yield Claim("missing", table, column)
    for link in table.links.values():
        yield Claim("lost", table, link)


def counts(table: Table, catalog: Catalog, clock: Clock, claims: Sequence[Claim]) -> plan.Query:
    """One row: how many rows there are; for a table with a key in how many it is known, and how many different keys;
    then how many rows break each of the claims.
    """
    rows = _Rows(table, catalog, clock, follows=any(claim.follows for claim in claims))
    called = Names()
    outputs = [plan.Output(called.new("rows"), plan.Aggregate("count", None))]
    if table.key is not None:
        key = rows.column(rows.place.key(), table.key)
        outputs.append(plan.Output(called.new("known keys"), plan.Aggregate("count", key)))
        outputs.append(plan.Output(called.new("different keys"), plan.Aggregate("count distinct", key)))
    for claim in claims:
        wanted = f"{claim.about.name} {claim.kind}"
        broken = rows.column(rows.broken(claim), wanted)
        outputs.append(plan.Output(called.new(wanted), plan.Aggregate("count", None, (broken,))))
    name = rows.building.name
    return rows.query(plan.Select(plan.Base(name, name), tuple(outputs)), f"what breaks the catalog in {table.name}")


def examples(table: Table, catalog: Catalog, clock: Clock, claim: Claim) -> plan.Query:
    """Up to `MOST_EXAMPLES` values that break a claim, with how many rows have each: the most frequent first, of those
    beyond a range the farthest. Where a value is missing, the keys of such rows.
    """
    rows = _Rows(table, catalog, clock, follows=claim.follows)
    value: plan.Expression
    if isinstance(claim.about, Column) and isinstance(claim.about.type, TextList) and claim.kind == "unlisted":
        value = rows.column(plan.Members(rows.place.column(claim.about)), "value")
        broken = _is_unlisted(value, claim.about.type.values)
    else:
        value = rows.column(rows.shown(claim), "value")
        broken = plan.All((rows.column(rows.broken(claim), "broken"), plan.Known(value)))
    shown = plan.Output("value", value)
    count = plan.Output("rows", plan.Aggregate("count", None))
    first, then = {"below": ((), ("value",)), "above": (("value",), ())}.get(claim.kind, (("rows",), ("value",)))
    name = rows.building.name
    result = plan.Select(
        plan.Base(name, name),
        (shown, count),
        where=(broken,),
        group_by=(value,),
        largest_first=first,
        order_by=then,
        limit=MOST_EXAMPLES,
    )
    return rows.query(result, f"{claim.about.name} of {table.name}: {claim.kind}")


def key_faults(table: Table, catalog: Catalog, clock: Clock) -> plan.Query:
    """Up to `MOST_EXAMPLES` keys that are missing or stand for several rows, with how many rows each has."""
    rows = _Rows(table, catalog, clock)
    source = rows.place.source.building
    key = Place(rows.place.source, "").key()
    count = plan.Aggregate("count", None)
    repeated = plan.Any((negated(plan.Known(key)), plan.Compare(count, ">", plan.Constant(Decimal(1)))))
    assert isinstance(key, plan.Column)
    outputs = (plan.Output(key.name, key), plan.Output(Names([key.name]).new("rows"), count))
    result = plan.Select(
        plan.Base(source.name, source.name),
        outputs,
        group_by=(key,),
        having=(repeated,),
        order_by=(key.name,),
        limit=MOST_EXAMPLES,
    )
    return rows.query(result, f"keys of {table.name} that stand for no one row", last=source.name)


class _Rows:
    """The rows of a table that count, in a relation that grows by what is asked of each of them."""

    def __init__(self, table: Table, catalog: Catalog, clock: Clock, *, follows: bool = False) -> None:
        self.catalog = _reduced(table, catalog, follows)
        self.expressions = Expressions(self.catalog, clock, names_of(catalog))
        source = self.expressions.source(table.name, ahead=True)
        name = self.expressions.names.new(f"{table.name} asked")
        self.building = Building(name, source.building.name, source.building.name)
        self.place = Place(source, self.building.alias)
        self.scope = Scope(self.place, self.building)

    def column(self, expression: plan.Expression, wanted: str) -> plan.Column:
        name = self.building.export(expression, wanted)
        return plan.Column("", name, plan.may_be_missing(expression))

    def query(self, result: plan.Select, comment: str, last: str = "") -> plan.Query:
        sources = (source.building for source in self.expressions.sources.values())
        relations = {each.name: each.frozen() for each in (*sources, *self.expressions.others, self.building)}
        return plan.Query(in_order(last or self.building.name, relations), result, comment)

    def shown(self, claim: Claim) -> plan.Expression:
        """What is named where a claim is broken."""
        match claim.kind, claim.about:
            case "lost", Link() as link:
                return self.place.link(link, self.catalog.tables[link.table])
            case "unreadable" | "rounded", Column() as column:
                return self.place.as_stored(column)
            case "missing" | "untimed", _:
                return self.place.key() if claim.table.key is not None else plan.Constant(True)
            case _, Column() as column:
                return self.place.column(column)
        raise AssertionError(f"a link is not {claim.kind}")

    def broken(self, claim: Claim) -> plan.Expression:
        match claim.kind, claim.about:
            case "lost", Link() as link:
                there = self.expressions.follow(self.scope, (link.name,)).key()
                return plan.All((plan.Known(self.shown(claim)), negated(plan.Known(there))))
            case "missing" | "untimed", Column() as column:
                return negated(self._known(column))
            case _, Column() as column:
                return self._misfit(claim.kind, column)
        raise AssertionError(f"a link is not {claim.kind}")

    def _known(self, column: Column) -> plan.Expression:
        if column.formula is not None:
            return self.expressions.condition(ir.Known(column.formula, span=column.span), self.scope)
        parts = column.coordinates or (column,)
        return plan.All(tuple(plan.Known(self.place.column(part)) for part in parts))

    def _misfit(self, kind: Kind, column: Column) -> plan.Expression:
        value = self.place.column(column)
        match kind, column.type:
            case "unreadable", _:
                return plan.All((plan.Known(self.place.as_stored(column)), negated(plan.Known(value))))
            case "rounded", Number():
                exact = replace(column, type=Number(scale=MAX_SCALE, precision=MAX_DIGITS))
                return plan.Compare(self.place.column(exact), "<>", value)
            case "unlisted", Text(values):
                return _is_unlisted(value, values)
            case "unlisted", TextList(values):
                return plan.Not(plan.ListWithin(value, values))
            case "below", Number(low=Decimal() as low):
                return plan.Compare(value, "<", plan.Constant(low))
            case "above", Number(high=Decimal() as high):
                return plan.Compare(value, ">", plan.Constant(high))
        raise AssertionError(f"of {column.name} nothing is declared that could be {kind}")


def _reduced(table: Table, catalog: Catalog, follows: bool) -> Catalog:
    """The catalog with what is needed alone: tables without their time, unless something looks at one.

    A table whose time is inherited would be joined to others, which may have faulty keys themselves.
    """
    tables = {**catalog.tables, table.name: table} if follows else {table.name: table}
    looking: list[ir.Node] = [each.where for each in tables.values() if each.where is not None]
    if follows:
        looking += [c.formula for each in tables.values() for c in each.columns.values() if c.formula is not None]
    if any(map(_looks_at_time, looking)):
        return Catalog({**catalog.tables, table.name: table}, catalog.entity)
    timeless = {name: replace(each, at=None, at_type=None, at_path=None) for name, each in tables.items()}
    return Catalog(timeless, table.name)


def _looks_at_time(node: ir.Node) -> bool:
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ir.At):
            return True
        waiting += ir.children(node)
    return False


def _is_unlisted(value: plan.Expression, values: Sequence[str]) -> plan.Expression:
    listed = plan.OneOf(value, tuple(plan.Constant(each) for each in values))
    return plan.All((plan.Known(value), plan.Untrue(listed)))
