"""Markdown files of cases: what stands in them, and how an expected block is rewritten in place.

A case is a `##` and what follows it. A fenced block's first word says what it holds, the others what it is called.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path


@dataclass(frozen=True)
class Block:
    """A fenced block: the words after the fence, and the lines `first` up to `last` between the fences."""

    words: tuple[str, ...]
    text: str
    first: int
    last: int

    @property
    def kind(self) -> str:
        return self.words[0]


@dataclass(frozen=True)
class Case:
    """One behaviour. `common` are the blocks before the file's first `##`."""

    path: Path
    title: str
    blocks: tuple[Block, ...]
    common: tuple[Block, ...]

    def text(self, kind: str, otherwise: str = "") -> str:
        """The text of the last block of a kind: the case's own, or the file's."""
        found = [block.text for block in (*self.common, *self.blocks) if block.kind == kind]
        return found[-1] if found else otherwise


def cases(path: Path) -> list[Case]:
    """The cases of a file, in its order."""
    lines = path.read_text(encoding="utf-8").split("\n")
    found = list(blocks(lines))
    inside = {number for block in found for number in range(block.first, block.last)}
    heads = [number for number, line in enumerate(lines) if line.startswith("## ") and number not in inside]
    common = tuple(block for block in found if not heads or block.first < heads[0])
    return [
        Case(path, lines[head][3:].strip(), tuple(block for block in found if head < block.first < end), common)
        for head, end in pairwise([*heads, len(lines)])
    ]


def blocks(lines: Sequence[str]) -> Iterator[Block]:
    """The fenced blocks of a text. A block that holds fences has a longer one of its own."""
    fence, first = "", 0
    for number, line in enumerate(lines):
        match = re.match(r"(```+)\s*(\S.*)", line)
        if not fence and match:
            fence, first = match[1], number + 1
        elif fence and line.rstrip() == fence:
            words = tuple(lines[first - 1][len(fence) :].split())
            yield Block(words, "".join(f"{each}\n" for each in lines[first:number]), first, number)
            fence = ""
    if fence:
        raise ValueError(f"the block that begins in line {first} is not closed")


def rewrite(path: Path, texts: dict[Block, str]) -> None:
    """Replaces the text of blocks; the rest of the file stays byte for byte."""
    lines = path.read_text(encoding="utf-8").split("\n")
    for block, text in sorted(texts.items(), key=lambda item: item[0].first, reverse=True):
        lines[block.first : block.last] = text.removesuffix("\n").split("\n") if text else []
    path.write_text("\n".join(lines), encoding="utf-8", newline="")
