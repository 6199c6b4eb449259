"""What is told of those who stand in segments: how many they are, and a row for each membership.

In: a relation, or a table, with a row for each of an entity, whose columns say where that one stands. Out: what is
selected from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from decimal import Decimal

from segdsl.backends import plan
from segdsl.backends.expressions import every, negated, terms_of
from segdsl.backends.names import Names
from segdsl.semantics import ir
from segdsl.semantics.calendar import Clock

MEMBERSHIPS = ("segment", "qualifies", "assigned", "as_of")


@dataclass(frozen=True, slots=True)
class Standing:
    """A row for each of an entity: the key, and columns of `base`.

    `fulfils` says by segment whether the row fulfils it, `winners` by group the segment that wins it, and `reached` by
    channel whether that reaches it.
    """

    program: ir.Program
    base: plan.Base
    key: plan.Output
    fulfils: Mapping[str, plan.Column]
    winners: Mapping[str, plan.Column]
    reached: Mapping[str, plan.Column]

    def wins(self, name: str) -> plan.Expression:
        """Whether who fulfils the segment `name` is assigned to it, too."""
        winner = self.winners.get(self.program.segments[name].group or "")
        return plan.Constant(True) if winner is None else plan.Compare(winner, "=", plan.Constant(name))

    def columns(self, names: Sequence[str]) -> tuple[plan.Column, ...]:
        """All but the key that is looked at to tell of `names`."""
        about = [each.segment for name in names for each in relations(self.program, name)]
        fulfilled = (self.fulfils[name] for name in dict.fromkeys([*names, *about]))
        return (*fulfilled, *self.winners.values(), *self.reached.values())

    def kept_in(self, table: tuple[str, ...]) -> Standing:
        """The same, once it stands in a table."""
        key = plan.Output(self.key.name, plan.Column("", self.key.name))
        return replace(self, base=plan.Base(table, table[-1]), key=key)


def sizes(standing: Standing, names: Sequence[str]) -> plan.Select:
    """One row, as `lower.sizes` says."""
    called = Names()
    everyone = f"all {standing.program.segments[names[0]].entity if names else standing.program.catalog.entity}"
    outputs = [plan.Output(called.new(everyone), plan.Aggregate("count", None))]
    for name in names:
        for column, test in (("qualifies", standing.fulfils[name]), ("assigned", standing.wins(name))):
            where = (standing.fulfils[name],) if test == plan.Constant(True) else (test,)
            outputs.append(plan.Output(called.new(f"{name} {column}"), plan.Aggregate("count", None, where)))
    for channel, reached in standing.reached.items():
        outputs.append(plan.Output(called.new(f"all by {channel}"), plan.Aggregate("count", None, (reached,))))
    for name in names:
        assigned = every([standing.fulfils[name], standing.wins(name)])
        for channel, reached in standing.reached.items():
            both = terms_of(every([assigned, reached]))
            outputs.append(plan.Output(called.new(f"{name} by {channel}"), plan.Aggregate("count", None, both)))
    for name in names:
        for promise in relations(standing.program, name):
            other = standing.fulfils[promise.segment]
            stray = (standing.fulfils[name], other if promise.kind == "disjoint from" else negated(other))
            words = f"{name} {'in' if promise.kind == 'disjoint from' else 'not in'} {promise.segment}"
            outputs.append(plan.Output(called.new(words), plan.Aggregate("count", None, stray)))
    return plan.Select(standing.base, tuple(outputs))


def memberships(standing: Standing, names: Sequence[str], clock: Clock, spread: plan.Base, column: str) -> plan.Select:
    """A row for each who fulfils a segment, which `spread` says in its column `column`: the key, then `MEMBERSHIPS`."""
    key = plan.Output(standing.key.name, plan.Column("", standing.key.name))
    segment = plan.Column("", column, optional=False)
    as_of = plan.Constant(clock.as_of.astimezone(UTC))
    values = (segment, plan.Constant(True), _is_assigned(standing, names, segment), as_of)
    outputs = [plan.Output(column, value) for column, value in zip(MEMBERSHIPS, values, strict=True)]
    return plan.Select(spread, (key, *outputs))


def spread(standing: Standing, names: Sequence[str], column: str, keys: Sequence[str | int] = ()) -> plan.Select:
    """A row for each who fulfils one of `names`, which `column` says, with what `memberships` looks at.

    With `keys` of those alone who have one of them.
    """
    cases: list[tuple[plan.Expression, str]] = [(standing.fulfils[name], name) for name in names]
    outputs = (standing.key, *(plan.Output(each.name, each) for each in standing.winners.values()))
    constants = tuple(plan.Constant(each if isinstance(each, str) else Decimal(each)) for each in keys)
    where = (plan.OneOf(standing.key.expression, constants),) if keys else ()
    return plan.Select(
        standing.base, outputs, spread=plan.Spread(column, tuple(cases or [(plan.Constant(False), "")])), where=where
    )


def relations(program: ir.Program, segment: str) -> list[ir.RelationPromise]:
    """What a segment promises about others."""
    return [each for each in program.segments[segment].promises if isinstance(each, ir.RelationPromise)]


def _is_assigned(standing: Standing, names: Sequence[str], segment: plan.Column) -> plan.Expression:
    """Whether who fulfils the segment that a column names is assigned to it, too."""
    found: plan.Expression = plan.Constant(True)
    for group, winner in standing.winners.items():
        members = [name for name in names if standing.program.segments[name].group == group]
        if members:
            is_of_group = plan.OneOf(segment, tuple(plan.Constant(name) for name in members))
            found = plan.Choice(is_of_group, plan.Compare(winner, "=", segment), found)
    return found
