"""What segments need of each other: which must be decided before which, of the same row or of others.

In: a program whose segments are resolved. Out: names. Promised: whatever walks these alone never runs in a circle once
the resolver has refused cycles.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from segdsl.semantics import ir


@dataclass(frozen=True, slots=True)
class Reference:
    """A segment that is named; `is_own` when it is asked of the row in scope itself, at the same moment."""

    segment: str
    is_own: bool


def references(program: ir.Program, segment: str) -> Iterator[Reference]:
    """The segments that must be decided before `segment`: those it names, and those that win over them."""
    return references_in(program, program.segments[segment].condition)


def references_in(program: ir.Program, condition: ir.Condition) -> Iterator[Reference]:
    """The segments that must be decided before a condition on a row of their entity."""
    waiting: list[tuple[ir.Node, bool]] = [(condition, True)]
    while waiting:
        node, is_own = waiting.pop()
        match node:
            case ir.InSegment(name):
                yield Reference(name, is_own)
            case ir.WasInSegment(name):
                yield Reference(name, is_own=False)
            case ir.AssignedTo(name):
                yield from (Reference(each, is_own) for each in (name, *program.rivals(name)))
            case _:
                is_own = is_own and not isinstance(node, ir.Aggregate | ir.Rows | ir.Of)
                waiting.extend((child, is_own) for child in ir.children(node))


def needed(program: ir.Program, names: Iterable[str]) -> tuple[str, ...]:
    """`names` and all that must be decided of the same row for them, each after those it refers to."""
    waiting, found = list(names), set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [each.segment for each in references(program, name) if each.is_own]
    return tuple(name for name in program.order if name in found)


def levels(program: ir.Program) -> dict[str, int]:
    """How often one must look at other rows, or at another moment, one inside of the other, to decide each segment."""
    found: dict[str, int] = {}
    for name in program.order:
        found[name] = max((found[each.segment] + (not each.is_own) for each in references(program, name)), default=0)
    return found
