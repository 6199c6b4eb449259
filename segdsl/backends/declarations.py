"""What a catalog declares of one table, as queries that count the rows that break it.

In: a table and its catalog. Out: a query of one row for everything that is declared of the table, and queries that
name a few values or keys where something is broken. Only rows count that the `where` of a table keeps, seen or not:
declarations are to hold at every moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal as OneOfWords

from segdsl.backends import plan
from segdsl.backends.expressions import Expressions, negated, names_of
from segdsl.backends.names import Names
from segdsl.backends.relations import Building, Place, Scope, Source, in_order
from segdsl.semantics import ir
from segdsl.semantics.calendar import Clock
from segdsl.semantics.catalog import Catalog, Column, Table
from segdsl.semantics.types import Number, Text, TextList

# So many values or keys are named; one more says that there are others.
NAMED = 4
MOST_KEYS = 5

Kind = OneOfWords["unreadable", "missing", "unlisted", "below", "above"]


@dataclass(frozen=True, slots=True)
class Claim:
    """What could be wrong with a stored column: it is `unreadable` as its type, `missing` though required, ..."""

    kind: Kind
    column: Column

    @property
    def reads(self) -> frozenset[str]:
        """The stored names of what it is about."""
        return frozenset(each.stored_as for each in self.column.coordinates or (self.column,))


def claims(table: Table) -> Iterator[Claim]:
    """All that is declared of the stored columns of a table, in the order of the catalog."""
    for column in table.columns.values():
        if column.formula is not None:
            continue
        match column.type:
            case Number(low=low, high=high):
                yield Claim("unreadable", column)
                if low is not None:
                    yield Claim("below", column)
                if high is not None:
                    yield Claim("above", column)
            case Text(values) | TextList(values) if values:
                yield Claim("unlisted", column)
        if column.required:
            yield Claim("missing", column)


def reads_of_where(table: Table, catalog: Catalog, clock: Clock) -> frozenset[str]:
    """The stored names of what must be read to know which rows of a table count."""
    return frozenset(_rows_that_count(table, catalog, clock)[1].columns_read)


def counts(table: Table, catalog: Catalog, clock: Clock, asked: Sequence[Claim], with_key: bool) -> plan.Query:
    """One row: how many rows there are; `with_key`, of how many the key is known and how many different ones there
    are; then for each claim how many rows break it, and after `below` and `above` the least and the greatest value.

    Lists of texts are not asked about: see `examples`.
    """
    expressions, source = _rows_that_count(table, catalog, clock)
    place = Place(source, "")
    called = Names()
    outputs = [plan.Output(called.new("rows"), plan.Aggregate("count", None))]
    if with_key:
        outputs.append(plan.Output(called.new("known keys"), plan.Aggregate("count", place.key())))
        outputs.append(plan.Output(called.new("different keys"), plan.Aggregate("count distinct", place.key())))
    for claim in asked:
        broken = plan.Aggregate("count", None, (_is_broken(claim, place),))
        outputs.append(plan.Output(called.new(f"{claim.column.name} {claim.kind}"), broken))
        if claim.kind in ("below", "above"):
            function: OneOfWords["min", "max"] = "min" if claim.kind == "below" else "max"
            extreme = plan.Aggregate(function, place.column(claim.column))
            outputs.append(plan.Output(called.new(f"{claim.column.name} {function}"), extreme))
    name = source.building.name
    result = plan.Select(plan.Base(name, name), tuple(outputs))
    return plan.Query(_steps(name, expressions), result, f"what breaks the declarations of {table.name}")


def examples(table: Table, catalog: Catalog, clock: Clock, claim: Claim) -> plan.Query:
    """Up to `NAMED` rows that show how a claim is broken.

    Of a claim that is `missing` the keys of such rows, in order. Else the values that break it, with how many rows
    have each, the most frequent first; a member of a list counts once a row.
    """
    expressions, source = _rows_that_count(table, catalog, clock)
    place = Place(source, "")
    called = Names()
    steps, base = [], plan.Base(source.building.name, source.building.name)
    comment = f"examples of {claim.column.name} {claim.kind}"
    if claim.kind == "missing":
        key = place.key()
        output = plan.Output(called.new(table.key or ""), key)
        where = (_is_broken(claim, place), plan.Known(key))
        result = plan.Select(base, (output,), where=where, order_by=(output.name,), limit=NAMED)
        return plan.Query(_steps(str(base.name), expressions), result, comment)
    if isinstance(claim.column.type, TextList):
        spread = expressions.names.new(f"{claim.column.name} members")
        members = plan.Output(called.new("value"), plan.Members(place.column(claim.column)))
        steps = [plan.Relation(spread, plan.Select(base, (members,)))]
        value: plan.Expression = plan.Column("", members.name)
        broken, base = _is_unlisted(value, claim.column.type.values), plan.Base(spread, spread)
    else:
        value = place.as_stored(claim.column) if claim.kind == "unreadable" else place.column(claim.column)
        broken = _is_broken(claim, place)
    shown = plan.Output(Names().new("value"), value)
    count = plan.Output(Names(["value"]).new("rows"), plan.Aggregate("count", None))
    result = plan.Select(
        base,
        (shown, count),
        where=(broken,),
        group_by=(value,),
        largest_first=(count.name,),
        order_by=(shown.name,),
        limit=NAMED,
    )
    return plan.Query((*_steps(source.building.name, expressions), *steps), result, comment)


def key_faults(table: Table, catalog: Catalog, clock: Clock) -> plan.Query:
    """Up to five keys that are missing or stand for several rows, with how many rows each has."""
    expressions, source = _rows_that_count(table, catalog, clock)
    key = Place(source, "").key()
    count = plan.Aggregate("count", None)
    repeated = plan.Any((negated(plan.Known(key)), plan.Compare(count, ">", plan.Constant(Decimal(1)))))
    assert isinstance(key, plan.Column)
    outputs = (plan.Output(key.name, key), plan.Output(Names([key.name]).new("rows"), count))
    name = source.building.name
    result = plan.Select(
        plan.Base(name, name), outputs, group_by=(key,), having=(repeated,), order_by=(key.name,), limit=MOST_KEYS
    )
    return plan.Query(_steps(name, expressions), result, f"keys of {table.name} that stand for no one row")


def followed(table: Table, catalog: Catalog, clock: Clock, computed: Sequence[Column]) -> plan.Query:
    """One row: of each computed column in how many rows it is missing; then for each link of the table in how many rows
    the column that it leads by is known, and in how many of them no row is there. Keys must be what they should be.
    """
    expressions = Expressions(_without_times(catalog), clock)
    source = expressions.source(table.name, ahead=True)
    building = Building(expressions.names.new(f"{table.name} followed"), source.building.name, source.building.name)
    scope = Scope(Place(source, building.alias), building)
    called = Names()
    outputs = []

    def count(condition: plan.Expression, wanted: str) -> None:
        column = plan.Column("", building.export(condition, wanted), plan.may_be_missing(condition))
        outputs.append(plan.Output(called.new(wanted), plan.Aggregate("count", None, (column,))))

    for column in computed:
        assert column.formula is not None, "what is computed has a formula"
        known = expressions.condition(ir.Known(column.formula, span=column.span), scope)
        count(negated(known), f"{column.name} missing")
    for link in table.links.values():
        leads = plan.Known(scope.place.link(link, catalog.tables[link.table]))
        there = plan.Known(expressions.follow(scope, (link.name,)).key())
        count(leads, f"{link.name} leads")
        count(plan.All((leads, negated(there))), f"{link.name} leads nowhere")
    result = plan.Select(plan.Base(building.name, building.name), tuple(outputs))
    steps = _steps(building.name, expressions, [building])
    return plan.Query(steps, result, f"where rows of {table.name} lead")


def _rows_that_count(table: Table, catalog: Catalog, clock: Clock) -> tuple[Expressions, Source]:
    if table.where is None or not _looks_at_time(table.where):
        # A table whose time is inherited would be joined to others, which may have faulty keys themselves.
        catalog = Catalog({table.name: _without_time(table)}, table.name)
    expressions = Expressions(catalog, clock, names_of(catalog))
    return expressions, expressions.source(table.name, ahead=True)


def _without_times(catalog: Catalog) -> Catalog:
    """The catalog with tables that have no time, if nothing in it looks at one."""
    looking = [table.where for table in catalog.tables.values() if table.where is not None]
    formulas = [each.formula for table in catalog.tables.values() for each in table.columns.values() if each.formula]
    if any(map(_looks_at_time, [*looking, *formulas])):
        return catalog
    return Catalog({name: _without_time(table) for name, table in catalog.tables.items()}, catalog.entity)


def _without_time(table: Table) -> Table:
    return replace(table, at=None, at_type=None, at_path=None)


def _looks_at_time(node: ir.Node) -> bool:
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ir.At):
            return True
        waiting += ir.children(node)
    return False


def _is_broken(claim: Claim, place: Place) -> plan.Expression:
    column = claim.column
    match claim.kind, column.type:
        case "missing", _:
            parts = [place.column(each) for each in column.coordinates or (column,)]
            return plan.Any(tuple(negated(plan.Known(part)) for part in parts))
        case "unreadable", _:
            return plan.All((plan.Known(place.as_stored(column)), negated(plan.Known(place.column(column)))))
        case "unlisted", Text(values):
            return _is_unlisted(place.column(column), values)
        case "below", Number(low=Decimal() as low):
            return plan.Compare(place.column(column), "<", plan.Constant(low))
        case "above", Number(high=Decimal() as high):
            return plan.Compare(place.column(column), ">", plan.Constant(high))
    raise AssertionError(f"of {column.name} nothing is declared that could be {claim.kind}")


def _is_unlisted(value: plan.Expression, values: Sequence[str]) -> plan.Expression:
    listed = plan.OneOf(value, tuple(plan.Constant(each) for each in values))
    return plan.All((plan.Known(value), plan.Untrue(listed)))


def _steps(last: str, expressions: Expressions, others: Sequence[Building] = ()) -> tuple[plan.Relation, ...]:
    buildings = [*(source.building for source in expressions.sources.values()), *expressions.others, *others]
    return in_order(last, {building.name: building.frozen() for building in buildings})
