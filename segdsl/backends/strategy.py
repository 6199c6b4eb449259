"""What a query reads and works out, and for whom.

In: a query as a database is asked it, and the conditions that say who is in a segment. Out: a `Strategy`. Nothing is
estimated: all of it stands in the query.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Literal as OneOfWords
from typing import Protocol

from segdsl.backends import plan

Kind = OneOfWords["memberships", "next rows", "ranks", "segments", "values"]
Asked = Mapping[tuple[str, str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Reading:
    """A stored table, the columns of it that are read, and what is asked of its rows, as SQL."""

    table: str
    columns: tuple[str, ...]
    where: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grouping:
    """A step that goes over rows once, for aggregates by name and the segments that each is asked for.

    `where` is asked of all rows, as SQL; `by_case` says how many aggregates are told by CASE which rows count, and not
    by FILTER.
    """

    name: str
    over: tuple[str, ...]
    where: tuple[str, ...]
    aggregates: Mapping[str, Sequence[str]]
    by_case: int


@dataclass(frozen=True, slots=True)
class Step:
    """Any other step: how many things of a kind it works out for each row of `of`."""

    name: str
    kind: Kind
    number: int
    of: str


@dataclass(frozen=True, slots=True)
class Strategy:
    """How the segments asked for are decided; `repeated` are the steps that several others read."""

    comment: str
    segments: int
    readings: tuple[Reading, ...]
    groupings: tuple[Grouping, ...]
    steps: tuple[Step, ...]
    repeated: tuple[str, ...]


class Says(Protocol):
    """How a database says it."""

    def condition(self, node: plan.Expression, /) -> str:
        """A condition as SQL."""

    def filters(self, select: plan.Select, /) -> bool:
        """Whether aggregates of a step are told by FILTER which rows count."""


def strategy(query: plan.Query, segment: str, says: Says) -> Strategy:
    """How memberships of several segments, or the members of one that is called `segment`, are worked out."""
    origins = _Origins(query)
    asked: dict[tuple[str, str], list[str]] = {}
    segments = _segments(query, segment)
    for name, (select, conditions) in segments.items():
        for found in origins.aggregates(select, conditions):
            asked.setdefault(found, []).append(name)
    readings, groupings, steps = [], [], []
    for relation in query.relations:
        base = relation.select.base.name
        if relation.select.group_by:
            groupings.append(_grouping(relation, asked, says))
        elif isinstance(base, tuple):
            readings.append(_reading(base, relation.select, says))
        else:
            steps.append(_step(relation.name, base, relation.select))
    repeated = tuple(name for name, readers in origins.readers.items() if readers > 1)
    return Strategy(query.comment, len(segments), tuple(readings), tuple(groupings), tuple(steps), repeated)


def _segments(query: plan.Query, segment: str) -> dict[str, tuple[plan.Select, tuple[plan.Expression, ...]]]:
    """By segment, what a step asks of the rows that are in it."""
    spread = [relation.select for relation in query.relations if relation.select.spread]
    found: dict[str, tuple[plan.Select, tuple[plan.Expression, ...]]] = {}
    for each in spread:
        assert each.spread is not None
        found |= {name: (each, (test,)) for test, name in each.spread.names}
    return found or {segment: (query.result, query.result.where)}


def _grouping(relation: plan.Relation, asked: Asked, says: Says) -> Grouping:
    select = relation.select
    aggregates = {out.name: out.expression for out in select.outputs if isinstance(out.expression, plan.Aggregate)}
    return Grouping(
        relation.name,
        tuple(str(base.name) for base in _bases(select)),
        tuple(map(says.condition, select.where)),
        {name: tuple(asked.get((relation.name, name), ())) for name in aggregates},
        0 if says.filters(select) else sum(bool(each.where) for each in aggregates.values()),
    )


def _bases(select: plan.Select) -> tuple[plan.Base, ...]:
    return (select.base, *(join.base for join in select.joins))


def _reading(table: tuple[str, ...], select: plan.Select, says: Says) -> Reading:
    columns = {node.name: None for node in _nodes(select) if isinstance(node, plan.Stored)}
    return Reading(".".join(table), tuple(columns), tuple(map(says.condition, select.where)))


def _step(name: str, of: str, select: plan.Select) -> Step:
    windows = sum(isinstance(node, plan.Window) for node in _nodes(select))
    decided = sum(bool(each.comment) for each in select.outputs)
    if select.spread:
        return Step(name, "memberships", len(select.spread.names), of)
    if any(isinstance(join, plan.NextJoin) for join in select.joins):
        return Step(name, "next rows", len(select.outputs), of)
    if windows:
        return Step(name, "ranks", windows, of)
    if decided:
        return Step(name, "segments", decided, of)
    return Step(name, "values", len(select.outputs), of)


class _Origins:
    """Where the columns of a query come from."""

    def __init__(self, query: plan.Query) -> None:
        self.relations = {each.name: each.select for each in query.relations}
        self.readers = dict.fromkeys(self.relations, 0)
        for select in (*self.relations.values(), query.result):
            for base in _bases(select):
                if isinstance(base.name, str) and base.name in self.readers:
                    self.readers[base.name] += 1
        self._known: dict[tuple[str, str], frozenset[tuple[str, str]]] = {}

    def aggregates(self, select: plan.Select, expressions: Iterable[plan.Expression]) -> dict[tuple[str, str], None]:
        """The aggregates that expressions of a step depend on, by relation and column, in the order they are met."""
        found: dict[tuple[str, str], None] = {}
        waiting = [(select, node) for each in expressions for node in _nodes(each) if isinstance(node, plan.Column)]
        seen: set[tuple[str, str]] = set()
        while waiting:
            at, column = waiting.pop()
            relation, expression = self._origin(at, column)
            if expression is None or (relation, column.name) in seen:
                continue
            seen.add((relation, column.name))
            if self.relations[relation].group_by:
                found[relation, column.name] = None
            else:
                inside = (node for node in _nodes(expression) if isinstance(node, plan.Column))
                waiting += [(self.relations[relation], node) for node in inside]
        return found

    def _origin(self, at: plan.Select, column: plan.Column) -> tuple[str, plan.Expression | None]:
        """The step that a column is worked out in, and what it is there."""
        base = next((each for each in _bases(at) if each.alias == column.relation), at.base)
        name = base.name
        while isinstance(name, str) and name in self.relations:
            select = self.relations[name]
            for output in select.outputs:
                if output.name == column.name:
                    return name, output.expression
            if not select.keeps_all:
                break
            name = select.base.name
        return "", None


def _nodes(node: object) -> Iterator[object]:
    """A part of the plan and all that is in it."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, tuple):
            waiting += reversed(each)
        elif is_dataclass(each) and type(each).__module__ == plan.__name__:
            yield each
            waiting += [getattr(each, field.name) for field in reversed(fields(each))]
