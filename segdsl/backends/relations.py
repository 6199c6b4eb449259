"""Relations under construction, and rows in scope: where an expression finds a column of the row it is about.

Relations grow while expressions are lowered (a column is read only when somebody asks for it) and are frozen at the
end, each after those it reads.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Literal as OneOfWords

from segdsl.backends import plan, quotients
from segdsl.backends.names import Names
from segdsl.semantics import ir
from segdsl.semantics.catalog import Column, Link, Table
from segdsl.semantics.types import Boolean, Date, Number, Text, Timestamp, Type

End = OneOfWords[">=", "<"]


class Building:
    """A relation that still grows. `alias` is what its base is called inside of it."""

    def __init__(self, name: str, base: str | tuple[str, ...], alias: str, columns: Names | None = None) -> None:
        self.name = name
        self.base = plan.Base(base, alias)
        self.columns = columns or Names()
        self.joins: list[plan.Join | plan.NextJoin] = []
        self.where: list[plan.Expression] = []
        self.group_by: tuple[plan.Expression, ...] = ()
        self._outputs: dict[plan.Expression, str] = {}

    @property
    def alias(self) -> str:
        return self.base.alias

    def export(self, expression: plan.Expression, wanted: str) -> str:
        """The name of the output that is `expression`; a new one is called `wanted`, as far as that is free."""
        if expression not in self._outputs:
            self._outputs[expression] = self.columns.new(wanted)
        return self._outputs[expression]

    def frozen(self) -> plan.Relation:
        outputs = tuple(plan.Output(name, expression) for expression, name in self._outputs.items())
        where = tuple(self.where)
        if self.group_by:
            for kept in (_shared_conditions, _widest_windows):
                terms = kept(output.expression for output in outputs)
                where += terms
                outputs = tuple(plan.Output(each.name, _without(terms, each.expression)) for each in outputs)
        select = plan.Select(self.base, outputs, tuple(self.joins), where=where, group_by=self.group_by)
        return plan.Relation(self.name, select)


def _shared_conditions(outputs: Iterable[plan.Expression]) -> tuple[plan.Expression, ...]:
    """What every aggregate of a relation filters by: rows that fail it need not be grouped at all."""
    filters = [output.where for output in outputs if isinstance(output, plan.Aggregate)]
    first, *others = filters or [()]
    return tuple(term for term in first if all(term in other for other in others))


def _widest_windows(outputs: Iterable[plan.Expression]) -> tuple[plan.Expression, ...]:
    """How far the windows of all aggregates of a relation reach together: rows beyond need not be looked at."""
    ends = [_ends(output.where) for output in outputs if isinstance(output, plan.Aggregate)]
    if len(ends) < 2:
        return ()
    found = []
    for value, op in ends[0]:
        if all((value, op) in others for others in ends):
            widest = (min if op == ">=" else max)(others[value, op] for others in ends)
            found.append(plan.Compare(value, op, plan.Constant(widest)))
    return tuple(found)


def _ends(where: Iterable[plan.Expression]) -> dict[tuple[plan.Expression, End], date]:
    """Where the window of an aggregate begins (`>=`) and where it ends (`<`), by what is compared."""
    found: dict[tuple[plan.Expression, End], date] = {}
    for term in where:
        match term:
            case plan.Compare(value, ">=" | "<" as op, plan.Constant(date() as end)):
                other = found.get((value, op), end)
                found[value, op] = max(end, other) if op == ">=" else min(end, other)
    return found


def _without(shared: tuple[plan.Expression, ...], output: plan.Expression) -> plan.Expression:
    if not isinstance(output, plan.Aggregate):
        return output
    where = tuple(term for term in output.where if term not in shared)
    return plan.Aggregate(output.function, output.argument, where, output.order)


class Source:
    """The relation that reads one stored table. `ahead` lets rows in that `as_of` does not see yet.

    `columns_read` are the stored names of what is read; `time` is set once it is known whose time the rows have.
    """

    def __init__(self, table: Table, ahead: bool, building: Building) -> None:
        self.table, self.ahead, self.building = table, ahead, building
        self.columns_read: set[str] = set()
        self.time: plan.Expression | None = None

    def read(self, stored_as: str, type_: Type | None, of: Table | None = None) -> plan.Stored:
        """A stored column of the table itself; of a link `of` is the table whose key it holds."""
        self.columns_read.add(stored_as)
        held, span = self.table.holds.get(stored_as), (of or self.table).span
        return plan.Stored(self.building.alias, stored_as, None if type_ is None else bare(type_), held, span)


@dataclass(frozen=True, slots=True)
class Place:
    """One row of a source, seen from a relation that calls it `alias`, or from `inside` the source itself."""

    source: Source
    alias: str
    inside: bool = False

    def column(self, column: Column) -> plan.Expression:
        return self._given(self.source.read(column.stored_as, column.type), column.name)

    def as_stored(self, column: Column) -> plan.Expression:
        """A column that is not read as its type."""
        return self._given(self.source.read(column.stored_as, None), f"{column.name} as stored")

    def key(self) -> plan.Expression:
        table = self.source.table
        assert table.key is not None, "the resolver lets links lead to tables with a key only"
        return self._given(self.source.read(table.key, key_type(table)), table.key)

    def key_as(self, type_: Type) -> plan.Expression:
        """The key read as a type: as text where it is not declared to be a whole number."""
        table = self.source.table
        assert table.key is not None, "the resolver asks for the key of tables that have one"
        return self._given(self.source.read(table.key, type_), table.key)

    def link(self, link: Link, target: Table) -> plan.Expression:
        """The key of the row that the link leads to, read as that key is."""
        return self._given(self.source.read(link.column, key_type(target), target), link.column)

    def time(self) -> plan.Expression:
        assert self.source.time is not None, "the resolver asks for the time of tables that have one"
        return self._given(self.source.time, self.source.table.at or "at")

    def time_in_utc(self, zone: str) -> plan.Expression:
        """The time of a table that has none with a zone of its own, as UTC."""
        assert self.source.time is not None, "the resolver asks for the time of tables that have one"
        return self._given(plan.InUtc(self.source.time, zone), f"{self.source.table.at or 'at'} utc")

    def _given(self, expression: plan.Expression, wanted: str) -> plan.Expression:
        if self.inside:
            return expression
        name = self.source.building.export(expression, wanted)
        return plan.Column(self.alias, name, plan.may_be_missing(expression))


@dataclass(slots=True)
class Scope:
    """A row in scope: a row of `place`, within the relation `building`, and what has been joined to it so far.

    When `publishes`, later relations ask about the row: what they need becomes an output of `building`. `aggregates`
    are known by the identity of their nodes: below one another they would be lowered twice as often at each level.
    `others` are the rows that links lead to, as scopes of their own. `fulfils` says, as a column, which segments the
    row is in: `lower` adds it before another segment asks, and so it does with what is `compared` with everyone.
    """

    place: Place
    building: Building
    publishes: bool = False
    followed: dict[tuple[str, ...], Place] = field(default_factory=dict)
    aggregates: dict[int, plan.Expression | quotients.Number] = field(default_factory=dict)
    others: dict[tuple[str, ...], Scope] = field(default_factory=dict)
    fulfils: dict[str, plan.Column] = field(default_factory=dict)
    compared: dict[ir.Node, plan.Expression | quotients.Number] = field(default_factory=dict)

    @property
    def table(self) -> Table:
        return self.place.source.table

    def published(self, expression: plan.Expression, wanted: str) -> plan.Expression:
        if not self.publishes or isinstance(expression, plan.Constant):
            return expression
        name = self.building.export(expression, wanted)
        return plan.Column("", name, plan.may_be_missing(expression))


def key_type(table: Table) -> Type | None:
    """How a table's key is read: as it is declared when it is declared as what a key can be, else as it is held."""
    for column in table.columns.values():
        if column.formula is None and column.stored_as == table.key:
            match column.type:
                case Text() | Number(whole=True):
                    return bare(column.type)
    match table.holds.get(table.key or ""):
        case "whole number":
            return Number(whole=True)
        case "text":
            return Text()
    return None


def bare(type_: Type) -> Type:
    """A type without what is promised about its values, so that equal readings are equal."""
    match type_:
        case Text():
            return Text()
        case Number(scale, precision, _, whole):
            return Number(scale=scale, precision=precision, whole=whole)
        case Timestamp() | Date() | Boolean() | _:
            return type_


def in_order(last: str, relations: dict[str, plan.Relation]) -> tuple[plan.Relation, ...]:
    """The relation called `last` and all that it needs, each after those it reads."""
    done: dict[str, plan.Relation] = {}
    reads = {name: _reads(relation.select) for name, relation in relations.items()}
    waiting = [(last, False)]
    while waiting:
        name, is_ready = waiting.pop()
        if name in done or name not in relations:
            continue
        if is_ready:
            done[name] = relations[name]
        else:
            waiting.append((name, True))
            waiting += [(other, False) for other in reversed(reads[name])]
    return tuple(done.values())


def _reads(select: plan.Select) -> list[str]:
    bases = [select.base, *(join.base for join in select.joins)]
    return [base.name for base in bases if isinstance(base.name, str)]
