"""From the tree as meant to a query: sources, what is measured of every customer, who is in what, and the answer.

In: a program without errors, the segments that are asked for, a clock. Out: a `plan.Query` and what it reads.
Promised: the same input gives the same query, and every segment is a column that is never missing. What many segments
measure alike is measured once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal as OneOfWords
from zoneinfo import ZoneInfo

from segdsl.backends import plan
from segdsl.backends import standing as told
from segdsl.backends.everyone import Comparisons, comparisons_in
from segdsl.backends.expressions import Decided, Expressions, names_of, negated, surely, terms_of
from segdsl.backends.relations import Building, Place, Scope, in_order
from segdsl.backends.unsupported import Unsupported
from segdsl.semantics import ir
from segdsl.semantics.calendar import Clock
from segdsl.semantics.catalog import Table
from segdsl.semantics.references import levels, needed, references, references_in

# DuckDB plans a chain of 300 steps in half a second and of 900 in a quarter of a minute.
MAX_STEPS = 300
# Each moment has steps and sources of its own.
MAX_MOMENTS = 50

Membership = OneOfWords["qualifies", "assigned"]


@dataclass(frozen=True, slots=True)
class TableUse:
    """A catalog table that a query reads, and the stored names of the columns it reads, sorted."""

    table: Table
    columns: tuple[str, ...]


def members(program: ir.Program, segment: str, clock: Clock, column: Membership = "qualifies") -> plan.Query:
    """The keys of those who are in one segment, in order."""
    lowering = _lowering(program, [segment], clock)
    rivals = program.rivals(segment) if column == "assigned" else ()
    lowering.decide(needed(program, [*_own(program, segment), *rivals]))
    lowering.compare([program.segments[segment].condition])
    terms = (*terms_of(lowering.condition(segment)), *(negated(lowering.fulfils(rival)) for rival in rivals))
    result = plan.Select(lowering.base, (lowering.key,), where=terms, order_by=(lowering.key.name,))
    said = "the members of" if column == "qualifies" else "those assigned to"
    return lowering.query(result, f"{said} {_described(program.segments[segment])}, as of {clock.as_of.isoformat()}")


def memberships(program: ir.Program, names: Sequence[str], clock: Clock, keys: Sequence[str | int] = ()) -> plan.Query:
    """A row for each segment and each who fulfils it, in order: the key, then `MEMBERSHIPS`.

    The segments are of one entity. With `keys` of those alone who have one of them.
    """
    lowering = _lowering(program, names, clock)
    lowering.refuse_ambiguous_key()
    lowering.decide(needed(program, _with_rivals(program, names)))
    lowering.find_winners(names)
    standing = lowering.standing()
    column = lowering.measured.columns.new("segment")
    spread = lowering.add("membership", told.spread(standing, names, column, keys))
    result = replace(told.memberships(standing, names, clock, spread, column), order_by=("segment", lowering.key.name))
    return lowering.query(result, f"who is in which segment, as of {clock.as_of.isoformat()}")


def sizes(program: ir.Program, names: Sequence[str], clock: Clock) -> plan.Query:
    """One row: how many rows the entity has, then for each segment how many qualify and how many are assigned.

    After those, for each channel of the entity how many it reaches; for each segment and channel how many of those
    assigned it reaches; and for each segment and each of its promises about another how many who qualify break it.
    The segments are of one entity; of that of the catalog when there are none.
    """
    lowering = _lowering(program, names, clock)
    lowering.measure(names)
    result = told.sizes(lowering.standing(), names)
    return lowering.query(result, f"how many are in each segment, as of {clock.as_of.isoformat()}")


@dataclass(frozen=True, slots=True)
class Pass:
    """What a run asks of the segments of one entity: the data are looked at once, by `kept`, whose rows a table keeps.

    From there `sizes` and `memberships` are told.
    """

    kept: plan.Query
    sizes: plan.Query
    memberships: plan.Query


def one_pass(
    program: ir.Program, names: Sequence[str], clock: Clock, table: tuple[str, ...], *, in_order: bool
) -> Pass:
    """What a run asks of the segments `names` with the help of a table.

    `in_order`, by key and then by segment, are the memberships of a database that leaves rows in the order in which it
    finds them: so many are expensive to sort.
    """
    lowering = _lowering(program, names, clock)
    lowering.refuse_ambiguous_key()
    lowering.measure(names)
    standing = lowering.standing()
    columns = (plan.Output(each.name, each) for each in standing.columns(names))
    order_by = (lowering.key.name,) if in_order else ()
    select = plan.Select(standing.base, (lowering.key, *columns), order_by=order_by)
    when = f"as of {clock.as_of.isoformat()}"
    kept = lowering.query(select, f"who stands where, {when}")
    standing = standing.kept_in(table)
    column = lowering.measured.columns.new("segment")
    spread = plan.Relation("membership", told.spread(standing, sorted(names), column))
    result = told.memberships(standing, names, clock, plan.Base(spread.name, spread.name), column)
    return Pass(
        kept,
        plan.Query((), told.sizes(standing, names), f"how many are in each segment, {when}"),
        plan.Query((spread,), result, f"who is in which segment, {when}"),
    )


def tables_used(program: ir.Program, names: Sequence[str], *, sizing: bool = False) -> list[TableUse]:
    """What the queries for `names`, and for the catalog's entity, read; with `sizing` those for sizes, too.

    In the order of the catalog, and the same at every moment.
    """
    # So late that whatever any other moment lets a definition look back to lies in the calendar.
    chains = _Chains(program, Clock(datetime(9999, 1, 1, tzinfo=UTC), ZoneInfo(program.timezone), 0))
    for entity in program.entities:
        of_it = [name for name in names if program.segments[name].entity == entity]
        if of_it or entity == program.catalog.entity:
            lowering = _Lowering(chains, entity, chains.clock)
            if sizing:
                lowering.measure(of_it)
            else:
                lowering.decide(needed(program, _with_rivals(program, of_it)))
    read: dict[str, set[str]] = {}
    for expressions in chains.expressions.values():
        for (table, _), source in expressions.sources.items():
            read.setdefault(table, set()).update(source.columns_read)
    tables = program.catalog.tables.values()
    return [TableUse(table, tuple(sorted(read[table.name]))) for table in tables if table.name in read]


# --- what a segment needs -----------------------------------------------------------------------------


def _own(program: ir.Program, segment: str) -> list[str]:
    """The segments that must be decided of the same row before this one."""
    return [each.segment for each in references(program, segment) if each.is_own]


def _with_rivals(program: ir.Program, names: Iterable[str]) -> list[str]:
    return [each for name in names for each in (name, *program.rivals(name))]


def _described(segment: ir.Segment) -> str:
    title = f' "{segment.title}"' if segment.title != segment.name else ""
    file = f", {segment.span.source.name}" if segment.span.source.name else ""
    return f"{segment.name}{title}{file}"


# --- the steps of a query -----------------------------------------------------------------------------


def _lowering(program: ir.Program, names: Sequence[str], clock: Clock) -> _Lowering:
    """One query about the rows of the entity that the segments called `names` are sets of."""
    entity = program.segments[names[0]].entity if names else program.catalog.entity
    assert all(program.segments[name].entity == entity for name in names), "one query is about one entity"
    return _Lowering(_Chains(program, clock), entity, clock)


class _Chains:
    """The chains of steps of one query: each decides segments of the rows of one entity at one moment.

    A chain reads those of lower levels alone: what a segment asks of other rows, or of another moment, is decided in
    a chain of its own, and found there by key.
    """

    def __init__(self, program: ir.Program, clock: Clock) -> None:
        self.program, self.clock = program, clock
        self.names = names_of(program.catalog)
        self.levels = levels(program)
        self.expressions: dict[datetime, Expressions] = {}
        self.all: list[_Lowering] = []
        self._by_level: dict[tuple[datetime, str, int], _Lowering] = {}

    def at(self, clock: Clock) -> Expressions:
        """What lowers expressions at one moment."""
        if clock.as_of not in self.expressions:
            called = "" if clock.as_of == self.clock.as_of else f" as of {clock.today.isoformat()}"
            self.expressions[clock.as_of] = Expressions(self.program.catalog, clock, self.names, self, called)
        return self.expressions[clock.as_of]

    def rivals(self, segment: str, /) -> Sequence[str]:
        return self.program.rivals(segment)

    def decided(self, segment: str, clock: Clock) -> Decided:
        """Who is in a segment at the moment of the clock: those of one level share a chain."""
        entity = self.program.segments[segment].entity
        name = (clock.as_of, entity, self.levels[segment])
        if clock.as_of not in self.expressions and len(self.expressions) >= MAX_MOMENTS:
            raise Unsupported(
                f"the definitions look at more than {MAX_MOMENTS} moments of the past",
                self.program.segments[segment].span,
                help="ask for fewer segments at once, or look back less often",
            )
        if name not in self._by_level:
            self._by_level[name] = _Lowering(self, entity, clock, f"{entity} ")
        return self._by_level[name].decided(segment)


class _Lowering:
    """A chain of steps about the rows of an entity: what is measured of each, then segments in steps."""

    def __init__(self, chains: _Chains, entity: str, clock: Clock, called: str = "") -> None:
        self.program, self.chains, self.called = chains.program, chains, called
        self.expressions = chains.at(clock)
        self.table = self.program.catalog.tables[entity]
        source = self.expressions.source(self.table.name, ahead=False)
        wanted = self.expressions.names.new(f"{called}measured{self.expressions.called}")
        measured = Building(wanted, source.building.name, source.building.name)
        self.measured = measured
        self.scope = Scope(Place(source, measured.alias), measured, publishes=True)
        assert self.table.key is not None, "the resolver refuses an entity without a key"
        chains.all.append(self)
        key = self.scope.published(self.scope.place.key(), self.table.key)
        self.key = plan.Output(self.table.key, key)
        self.base = plan.Base(measured.name, measured.name)
        self.steps: list[plan.Relation] = []
        self.winners: dict[str, plan.Column] = {}
        self.comparisons = Comparisons(self.expressions, self.scope, key, self._add_step)
        self.reached: dict[str, plan.Column] = {}
        self._decided_in: dict[str, Decided] = {}

    def condition(self, segment: str) -> plan.Expression:
        return self.expressions.condition(self.program.segments[segment].condition, self.scope)

    def decide(self, names: Sequence[str]) -> None:
        """Makes a column of each segment; those that refer to others come in a later step than those."""
        depths: dict[str, int] = {}
        names = [name for name in names if name not in self.scope.fulfils]
        for name in names:
            depths[name] = max((depths.get(each, -1) + 1 for each in _own(self.program, name)), default=0)
            if depths[name] >= MAX_STEPS:
                segment = self.program.segments[name]
                raise Unsupported(
                    f"more than {MAX_STEPS} segments refer to one another in a row",
                    segment.span,
                    help="write the condition out instead of referring to another segment",
                )
        for depth in range(max(depths.values(), default=-1) + 1):
            together = [name for name in names if depths[name] == depth]
            self.compare([self.program.segments[name].condition for name in together])
            self._add_step("decided", [self._decided(name) for name in together])

    def compare(self, conditions: Sequence[ir.Condition]) -> None:
        """Makes columns of what the conditions compare with everyone, in steps of their own.

        What those conditions refer to is decided before.
        """
        self.comparisons.add(comparisons_in(conditions))
        if len(self.steps) > MAX_STEPS:
            raise Unsupported(
                f"more than {MAX_STEPS} steps compare customers with everyone",
                conditions[0].span,
                help="ask for fewer segments at once, or let them compare fewer values",
            )

    def _decided(self, name: str) -> plan.Output:
        column = self.measured.columns.new(name)
        output = plan.Output(column, surely(self.condition(name)), _described(self.program.segments[name]))
        self.scope.fulfils[name] = plan.Column("", column, optional=False)
        return output

    def decided(self, name: str) -> Decided:
        """Where other chains find who is in a segment."""
        if name not in self._decided_in:
            self.decide(needed(self.program, [name]))
            key, column = self.key.expression, self.fulfils(name)
            assert isinstance(key, plan.Column) and isinstance(column, plan.Column), "both are columns of the steps"
            self._decided_in[name] = Decided(str(self.base.name), key.name, column.name)
        return self._decided_in[name]

    def find_winners(self, names: Sequence[str]) -> None:
        """Makes a column of each exclusive group that `names` are of: the name of the segment that wins a customer."""
        outputs = []
        for group in self.program.groups.values():
            if not group.exclusive or not any(self.program.segments[name].group == group.name for name in names):
                continue
            decided = [name for name in group.members if name in self.scope.fulfils]
            cases = tuple((self.fulfils(name), plan.Constant(name)) for name in decided)
            column = self.measured.columns.new(f"{group.name} winner")
            outputs.append(plan.Output(column, plan.FirstTrue(cases)))
            self.winners[group.name] = plan.Column("", column)
        self._add_step("won", outputs)

    def measure(self, names: Sequence[str]) -> None:
        """Makes columns of all that the sizes of `names` count."""
        channels = [each for each in self.program.channels.values() if each.entity == self.table.name]
        wanted = _with_rivals(self.program, names)
        wanted += [promise.segment for name in names for promise in told.relations(self.program, name)]
        for channel in channels:
            found = references_in(self.program, channel.condition)
            wanted += [each.segment for each in found if each.is_own]
        self.decide(needed(self.program, wanted))
        self.find_winners(names)
        outputs = []
        self.compare([channel.condition for channel in channels])
        for channel in channels:
            column = self.measured.columns.new(f"reached by {channel.name}")
            reached = surely(self.expressions.condition(channel.condition, self.scope))
            outputs.append(plan.Output(column, reached))
            self.reached[channel.name] = plan.Column("", column, optional=False)
        self._add_step("reached", outputs)

    def _add_step(self, wanted: str, outputs: Sequence[plan.Output]) -> None:
        if outputs:
            self.base = self.add(wanted, plan.Select(self.base, tuple(outputs), keeps_all=True))

    def add(self, wanted: str, select: plan.Select) -> plan.Base:
        """Makes a step, and gives what reads it."""
        name = self.expressions.names.new(f"{self.called}{wanted}{self.expressions.called}")
        self.steps.append(plan.Relation(name, select))
        return plan.Base(name, name)

    def fulfils(self, name: str) -> plan.Column:
        return self.scope.fulfils[name]

    def standing(self) -> told.Standing:
        """Where all columns made so far say that a row stands."""
        return told.Standing(
            self.program, self.base, self.key, dict(self.scope.fulfils), dict(self.winners), dict(self.reached)
        )

    def refuse_ambiguous_key(self) -> None:
        if self.key.name.casefold() in told.MEMBERSHIPS:
            raise Unsupported(
                f"the key `{self.key.name}` is called like a column of the memberships",
                self.table.span,
                help="read the table through a view that calls the key otherwise",
            )

    def query(self, result: plan.Select, comment: str) -> plan.Query:
        chains = self.chains.all
        relations = _frozen(self.chains.expressions.values(), [chain.measured for chain in chains])
        relations |= {step.name: step for chain in chains for step in chain.steps}
        for measured in [chain.measured for chain in chains]:
            read = relations.get(str(measured.base.name))
            if _only_repeats(relations[measured.name].select) and not _hides(read, measured, relations):
                relations = {
                    name: replace(relation, select=_rebased(relation.select, measured))
                    for name, relation in relations.items()
                }
                result = _rebased(result, measured)
        constants = tuple(each for moment in self.chains.expressions.values() for each in moment.constants.values())
        return plan.Query(in_order(str(result.base.name), relations), result, comment, constants)


def _only_repeats(select: plan.Select) -> bool:
    """Whether every output is one of the base, under the same name, and no row is left out."""
    same = all(
        isinstance(each.expression, plan.Column) and each.expression.name == each.name for each in select.outputs
    )
    return same and not select.joins and not select.where


def _hides(read: plan.Relation | None, skipped: Building, relations: dict[str, plan.Relation]) -> bool:
    """Whether a later step calls a column like one that only the relation `read` has, and `skipped` leaves out."""
    kept = {each.name for each in relations[skipped.name].select.outputs}
    left_out = {each.name.casefold() for each in read.select.outputs if each.name not in kept} if read else set()
    steps = [each for each in relations.values() if each.select.keeps_all]
    return any(output.name.casefold() in left_out for step in steps for output in step.select.outputs)


def _rebased(select: plan.Select, skipped: Building) -> plan.Select:
    """What reads the relation `skipped` reads what that reads instead."""
    return replace(select, base=skipped.base) if select.base.name == skipped.name else select


def _frozen(moments: Iterable[Expressions], others: Iterable[Building]) -> dict[str, plan.Relation]:
    buildings = [source.building for expressions in moments for source in expressions.sources.values()]
    buildings += [group.building for expressions in moments for group in expressions.groups.values()]
    buildings += [building for expressions in moments for building in expressions.others]
    return {building.name: building.frozen() for building in (*buildings, *others)}
