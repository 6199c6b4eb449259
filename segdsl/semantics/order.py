"""Things that need each other, sorted so that each comes after what it needs, or the cycles that forbid it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter


@dataclass(frozen=True, slots=True)
class Cycle:
    """Names that need each other in this order, the last needing the first."""

    names: tuple[str, ...]


def sorted_by_need(needs: Mapping[str, Sequence[str]]) -> tuple[tuple[str, ...], tuple[Cycle, ...]]:
    """The names of `needs`, each after those it needs, and the cycles among them.

    Names in a cycle come out, too, as if they did not need the next in their cycle. The order depends on that of
    `needs` alone.
    """
    left = {name: [need for need in wanted if need in needs] for name, wanted in needs.items()}
    cycles: list[Cycle] = []
    while True:
        try:
            return tuple(TopologicalSorter(left).static_order()), tuple(cycles)
        except CycleError as error:
            # graphlib gives the cycle as [a, b, ..., a], each needed by the next.
            found = list(reversed(error.args[1][1:]))
            start = min(range(len(found)), key=lambda index: list(needs).index(found[index]))
            names = tuple(found[start:] + found[:start])
            cycles.append(Cycle(names))
            for name, need in zip(names, (*names[1:], names[0]), strict=True):
                left[name] = [each for each in left[name] if each != need]
