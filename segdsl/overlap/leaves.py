"""Segments as ways to be in them: each way is a set of single conditions that shall hold, or shall not.

In: a program. Out: for each segment the ways to be in it, and those to be out of it: whoever goes one of them is, and
nobody else. `and`, `or`, `not` and references are gone; what is left are the conditions that look at data.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

from segdsl.semantics import ir

# A segment of more ways than this is not taken apart.
MOST_WAYS = 64

# A single condition by its number: twice that when it shall hold, one more when it shall not.
Signed = int
Way = frozenset[Signed]
Node = TypeVar("Node", bound=ir.Node)


class TooMany(Exception):
    """There are more than `MOST_WAYS`."""


class Leaves:
    """The single conditions of a program, numbered as they are met; equal ones have one number."""

    def __init__(self, program: ir.Program) -> None:
        self.program = program
        self.conditions: list[ir.Condition] = []
        self._numbers: dict[ir.Condition, int] = {}
        self._ways: dict[tuple[str, bool], tuple[Way, ...] | None] = {}
        self._nodes: dict[ir.Node, ir.Node] = {}

    def ways(self, segment: str, holds: bool = True) -> tuple[Way, ...]:
        """The ways to be in a segment, or to be out of it. Raises `TooMany`."""
        key = (segment, holds)
        if key not in self._ways:
            try:
                self._ways[key] = tuple(_fewest(self._of(self.program.segments[segment].condition, holds)))
            except TooMany:
                self._ways[key] = None
        found = self._ways[key]
        if found is None:
            raise TooMany
        return found

    def _of(self, condition: ir.Condition, holds: bool) -> list[Way]:
        match condition:
            case ir.Always(truth):
                return [frozenset()] if truth == holds else []
            case ir.Not(term):
                return self._of(term, not holds)
            case ir.All(terms) | ir.Any(terms):
                each = [self._of(term, holds) for term in terms]
                return _together(each) if isinstance(condition, ir.All) == holds else _either(each)
            case ir.InSegment(name):
                return list(self.ways(name, holds))
            case ir.AssignedTo(name):
                outside = (self.ways(rival, not holds) for rival in self.program.rivals(name))
                each = [list(self.ways(name, holds)), *map(list, outside)]
                return _together(each) if holds else _either(each)
            case _:
                return [frozenset((2 * self._number(condition) + (not holds),))]

    def _number(self, condition: ir.Condition) -> int:
        number = self._numbers.setdefault(condition, len(self.conditions))
        if number == len(self.conditions):
            self.conditions.append(self._shared(condition))
        return number

    def _shared(self, node: Node) -> Node:
        """The node with equal ones inside of it being one, so that the evaluator looks up their rows once."""
        changed: dict[str, Any] = {}
        for each in fields(node):
            child = getattr(node, each.name)
            if isinstance(child, ir.Node):
                shared = self._nodes.get(child) or self._nodes.setdefault(child, self._shared(child))
                if shared is not child:
                    changed[each.name] = shared
        return replace(node, **changed) if changed else node


def _either(each: Iterable[Sequence[Way]]) -> list[Way]:
    found = list(dict.fromkeys(way for ways in each for way in ways))
    if len(found) > MOST_WAYS:
        raise TooMany
    return found


def _together(each: Iterable[Sequence[Way]]) -> list[Way]:
    """Every way to go one of each; ways that ask for a condition and its opposite are none."""
    found: list[Way] = [frozenset()]
    for ways in sorted(each, key=len):
        joined = {one | other: None for one in found for other in ways if not any(sign ^ 1 in one for sign in other)}
        found = list(joined)
        if len(found) > MOST_WAYS:
            found = _fewest(found)
            if len(found) > MOST_WAYS:
                raise TooMany
    return found


def _fewest(ways: Sequence[Way]) -> list[Way]:
    """The ways without those that ask for more than another one."""
    if len(ways) < 2:
        return list(ways)
    return [way for way in ways if not any(other < way for other in ways)]
