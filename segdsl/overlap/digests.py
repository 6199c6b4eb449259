"""What a definition says, as a digest: equal digests are equal meanings, wherever it is written and in which file.

In: a program. Out: digests of its conditions, with all that they refer to. Positions do not count, names of segments
do: conditions that are not looked into are told apart by them.
"""

from __future__ import annotations

from binascii import b2a_base64
from dataclasses import fields
from datetime import date
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from typing import Any

from segdsl.semantics import ir

_PLAIN = {str, int, bool, type(None)}


def digest_of(text: str) -> str:
    """SHA-256, in as few letters as will do."""
    return b2a_base64(sha256(text.encode("utf-8", "surrogatepass")).digest(), newline=False).decode()


class Digests:
    """The digests of one program, each made once."""

    def __init__(self, program: ir.Program) -> None:
        self._program = program
        self._segments: dict[str, str] = {}
        # By identity, and each is kept so that no other takes its place.
        self._texts: dict[int, tuple[object, str]] = {}
        self._conditions: dict[int, tuple[object, str]] = {}
        self._compared: dict[type, tuple[str, ...]] = {}
        for name in program.order:  # each after those it refers to, so that none is deep
            self.segment(name)

    def scope(self) -> str:
        """What all conditions of the program are read by: the catalog, the wall clock, and where weeks begin."""
        program = self._program
        return digest_of(self.text((program.timezone, program.week_starts, program.catalog)))

    def segment(self, name: str) -> str:
        """Who is in a segment."""
        if name not in self._segments:
            meant = self._program.segments[name]
            self._segments[name] = digest_of(f"{self.text(meant.entity)},{self.text(meant.condition)}")
        return self._segments[name]

    def condition(self, node: ir.Condition) -> str:
        """Of whom a condition holds, where it is asked."""
        if isinstance(node, ir.InSegment):
            return f"in {self._named(node.segment)}"
        found = self._conditions.get(id(node))
        if found is None:
            found = self._conditions[id(node)] = node, digest_of(self.text(node))
        return found[1]

    def _named(self, segment: str) -> str:
        return f"{segment!r}:{self.segment(segment)}"

    def text(self, value: object) -> str:
        """A value written out, in one way alone."""
        kind = type(value)
        if kind in _PLAIN:
            return repr(value)
        if kind is tuple:
            return f"({','.join([self.text(each) for each in value])})"  # type: ignore[attr-defined]
        found = self._texts.get(id(value))
        if found is None:
            found = self._texts[id(value)] = value, self._written(value)
        return found[1]

    def _written(self, value: Any) -> str:
        match value:
            case Decimal() | Fraction():
                return "{}/{}".format(*value.as_integer_ratio())
            case frozenset():
                return f"{{{','.join(sorted(map(self.text, value)))}}}"
            case dict():
                return f"{{{','.join(f'{key!r}:{self.text(each)}' for key, each in value.items())}}}"
            case date():
                return repr(value)
        names = self._compared.get(kind := type(value))
        if names is None:
            names = self._compared[kind] = tuple(each.name for each in fields(value) if each.compare)
        said = [self.text(getattr(value, name)) for name in names]
        match value:
            case ir.InSegment(name) | ir.WasInSegment(name):
                said.append(self._named(name))
            case ir.AssignedTo(name):
                said += map(self._named, (name, *self._program.rivals(name)))
        return f"{type(value).__name__}({','.join(said)})"
