"""Cases held to what the definitions say of them: by the reference evaluator, and by a database.

In: cases, and a function that asks a database. Out: an `Outcome` for each. Where the two disagree the fault is
segdsl's own, and is said to be, whatever the test expects.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from segdsl.semantics import ir
from segdsl.semantics.calendar import Clock
from segdsl.semantics.evaluate import BadKeys, BadMoment, BadValue, Key
from segdsl.semantics.reasons import Reason, Reasons
from segdsl.trials.read import Case, Expected, Stored, name_of

# Who qualifies for a segment, and who is assigned to it, by segment.
Memberships = Mapping[str, tuple[frozenset[Key], frozenset[Key]]]
Ask = Callable[[ir.Program, Mapping[str, Sequence[Stored]], Sequence[str], Clock], Memberships]


@dataclass(frozen=True, slots=True)
class Failure:
    """An expectation that is not met: what is so instead, and why."""

    expected: Expected
    actual: str
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """`failures` are of the person's expectations; `differences` between evaluator and database are segdsl's own."""

    case: Case
    failures: tuple[Failure, ...] = ()
    differences: tuple[str, ...] = ()
    # What kept the test from being run at all.
    problem: str = ""
    notes: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        return not (self.failures or self.differences or self.problem)


def judge(program: ir.Program, case: Case, ask: Ask, database: str = "DuckDB") -> Outcome:
    """What comes of one case."""
    clock = Clock(case.as_of, ZoneInfo(program.timezone), program.week_starts)
    try:
        reasons = Reasons(program, case.world, clock)
        failures = tuple(found for each in case.expected if (found := _failure(program, case, reasons, each)))
        names = _looked_at(program, case)
        here = {name: _memberships(program, case, reasons, name) for name in names}
    except (BadKeys, BadMoment, BadValue) as error:
        return Outcome(case, problem=str(error))
    there = ask(program, case.world, names, clock)
    differences = tuple(_differences(here, there, database))
    notes = tuple(_notes(program, case)) if failures else ()
    return Outcome(case, failures, differences, notes=notes)


def holds(program: ir.Program, case: Case) -> bool:
    """Whether a case comes out as expected, by the reference evaluator alone."""
    clock = Clock(case.as_of, ZoneInfo(program.timezone), program.week_starts)
    try:
        reasons = Reasons(program, case.world, clock)
        return all(_failure(program, case, reasons, each) is None for each in case.expected)
    except (BadKeys, BadMoment, BadValue):
        return False


def counts(program: ir.Program, case: Case, table: str) -> bool:
    """Whether definitions see any of the rows that a case has of a table."""
    clock = Clock(case.as_of, ZoneInfo(program.timezone), program.week_starts)
    reasons = Reasons(program, case.world, clock)
    return any(reasons.is_there(table, row) for row in case.world.get(table, ()))


def _looked_at(program: ir.Program, case: Case) -> tuple[str, ...]:
    """The segments that expectations are about, with those that win over them."""
    named = [each.segment for each in case.expected]
    return tuple(dict.fromkeys(name for each in named for name in (each, *program.rivals(each))))


def _failure(program: ir.Program, case: Case, reasons: Reasons, each: Expected) -> Failure | None:
    row = case.subject(program.catalog.tables[program.segments[each.segment].entity])
    holds = reasons.qualifies(each.segment, row)
    if each.kind != "assigned":
        if holds == (each.kind == "in"):
            return None
        return Failure(each, "it is in it" if holds else "it is not", reasons.why(each.segment, row))
    rival = reasons.taken_by(each.segment, row)
    if holds and rival is None:
        return None
    if not holds:
        members = program.groups[each.group].members
        winner = next((name for name in members if reasons.qualifies(name, row)), None)
        won = f"it is assigned to {winner}" if winner else "it is assigned to no segment of the group"
        return Failure(each, won, reasons.why(each.segment, row))
    assert rival is not None
    return Failure(each, f"{rival} takes it, which wins over {each.segment}", reasons.why(rival, row))


def _memberships(program: ir.Program, case: Case, reasons: Reasons, name: str) -> tuple[frozenset[Key], frozenset[Key]]:
    table = program.catalog.tables[program.segments[name].entity]
    assert table.key is not None, "entities have keys"
    key = name_of(table, table.key)
    inside: set[Key] = set()
    won: set[Key] = set()
    for row in case.world.get(table.name, ()):
        if reasons.qualifies(name, row):
            inside.add(row[key])  # type: ignore[arg-type]  # the reader gives keys only
            if reasons.taken_by(name, row) is None:
                won.add(row[key])  # type: ignore[arg-type]
    return frozenset(inside), frozenset(won)


def _differences(here: Memberships, there: Memberships, database: str) -> list[str]:
    found = []
    for name, (inside, won) in here.items():
        other_inside, other_won = there[name]
        for verb, ours, others in (("in", inside, other_inside), ("assigned to", won, other_won)):
            for key in sorted(ours ^ others, key=str):
                one, other = (
                    ("the reference evaluator", database) if key in ours else (database, "the reference evaluator")
                )
                found.append(f"{one} says that {key!r} is {verb} {name}, and {other} that it is not")
    return found


def _notes(program: ir.Program, case: Case) -> list[str]:
    """What a person may have overlooked."""
    found = [f"{column} was not given: {value} is assumed" for column, value in case.defaults.items()]
    for name, rows in case.world.items():
        table = program.catalog.tables[name]
        if table.at is not None:
            blank = sum(1 for row in rows if row.get(name_of(table, table.at)) is None)
            if blank:
                found.append(f"{blank} of the rows of {name} have no `at`: they are never seen")
    return found
