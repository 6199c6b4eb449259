"""Source text: where every offset into a file becomes a line and a column, and nowhere else."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple


class Position(NamedTuple):
    """A place in a file; both numbers count from 1, columns count code points."""

    line: int
    column: int


@dataclass(frozen=True)
class Source:
    """One file's text. `name` is its path as a person would type it inside the project."""

    name: str
    text: str

    @cached_property
    def _line_starts(self) -> tuple[int, ...]:
        return (0, *(index + 1 for index, char in enumerate(self.text) if char == "\n"))

    def position(self, offset: int) -> Position:
        """The line and column of a code point offset; offsets past the end mean the end."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(self._line_starts, offset)
        return Position(line, offset - self._line_starts[line - 1] + 1)

    def offset(self, line: int) -> int:
        """Where line `line` starts; lines past the last one start at the end."""
        return self._line_starts[line - 1] if line <= len(self._line_starts) else len(self.text)

    def line(self, number: int) -> str:
        """The text of line `number`, without its line break; lines that do not exist are empty."""
        if not 1 <= number <= len(self._line_starts):
            return ""
        start = self._line_starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start : end if end >= 0 else len(self.text)].rstrip("\r")

    def span(self, start: int, end: int) -> Span:
        """The half-open range `start` to `end`, in code points."""
        return Span(self, start, end)

    def whole(self) -> Span:
        """The first character: where to point when a whole file is meant."""
        return Span(self, 0, min(1, len(self.text)))


@dataclass(frozen=True)
class Excerpt(Source):
    """Text that stands in a file in another form, with escapes or folded lines; `place` is where."""

    place: Span


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of code points in one source."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    @property
    def home(self) -> Span:
        """Where this stands in a file: of what stands in an excerpt, the whole of that."""
        return self.source.place if isinstance(self.source, Excerpt) else self

    def to(self, other: Span) -> Span:
        """From the start of this span to the end of `other`, which lies in the same source."""
        return Span(self.source, self.start, max(self.end, other.end))


NOWHERE = Span(Source("", ""), 0, 0)
