"""Adds tables and columns to the text of a catalog; whatever stands there stays, to the byte.

In: the text, and entries with the place where they belong. Out: the text with them, laid out as what stands around
them. Comments go with entries in blocks; between braces there is no room for them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from segdsl.diagnostics import Report
from segdsl.grammar import yaml
from segdsl.grammar.format_yaml import bare, quoted
from segdsl.source import Source

INDENT = 2
# Comments of the lines of a block begin here, if there is room.
COMMENT_AT = 48
WIDTH = 120


@dataclass(frozen=True, slots=True)
class Entry:
    """`key: value`: a text, `true`, a list of texts, or entries in turn, `in_braces` where there is room for them."""

    key: str
    value: str | bool | tuple[str, ...] | tuple[Line, ...]
    comment: str = ""
    in_braces: bool = False


@dataclass(frozen=True, slots=True)
class Remark:
    """A line of comment among entries."""

    text: str


Line = Entry | Remark


def written(entries: Sequence[Line], indent: int = 0) -> str:
    """Entries as a block."""
    return "".join(f"{line}\n" for each in entries for line in _block(each, " " * indent))


def with_entries(text: str, path: Sequence[str], entries: Sequence[Line]) -> str:
    """A catalog that can be read, with entries after those that stand at a path of keys, which is made if need be."""
    source = Source("catalog.yml", text)
    node = yaml.read(source, Report())
    for depth, key in enumerate(path):
        held = node.entries.get(key)
        if held is not None and isinstance(held[1], yaml.Mapping) and held[1].entries:
            node = held[1]
            continue
        inside = tuple(entries)
        for missing in reversed(path[depth + 1 :]):
            inside = (Entry(missing, inside),)
        if held is None:
            return _after(text, node, (Entry(key, inside),))
        return _filled(text, node, held[1], inside)
    return _after(text, node, entries)


def _after(text: str, node: yaml.Mapping, entries: Sequence[Line]) -> str:
    """The text with entries after those of a mapping."""
    if _is_in_braces(text, node):
        close = node.span.end - 1
        rest = text[_last_end(node) : close]
        sign = "" if "," in re.sub(r"#.*", "", rest) or not node.entries else ", "
        # A comment goes on to the end of its line.
        above = text[:close] if "#" in rest else text[:close].rstrip()
        return f"{above}{sign}{_items(entries)}{text[close:]}"
    end = text.find("\n", node.span.end)
    above, below = (text[: end + 1], text[end + 1 :]) if end >= 0 else (f"{text}\n", "")
    return f"{above}{written(entries, _column(text, node.span.start))}{below}"


def _filled(text: str, node: yaml.Mapping, value: yaml.Tree, entries: Sequence[Line]) -> str:
    """The text with entries in the place of a value that is nothing."""
    start, end = value.span.start, value.span.end
    if text[start:end].strip() not in ("", "{}", "~", "null"):
        end = start  # a span is never empty: of no value it is what comes next
    if _is_in_braces(text, node):
        return f"{text[:start]}{{{_items(entries)}}}{text[end:]}"
    line = text.find("\n", end)
    line = len(text) if line < 0 else line
    key = _column(text, node.span.start)
    return f"{text[:start].rstrip(' ')}{text[end:line]}\n{written(entries, key + INDENT)}{text[line + 1 :]}"


def _is_in_braces(text: str, node: yaml.Mapping) -> bool:
    return text[node.span.start] == "{"


def _last_end(node: yaml.Mapping) -> int:
    return max((value.span.end for _, value in node.entries.values()), default=node.span.start + 1)


def _column(text: str, at: int) -> int:
    return at - (text.rfind("\n", 0, at) + 1)


# --- lines ------------------------------------------------------------------------------------------


def _block(entry: Line, pad: str) -> list[str]:
    if isinstance(entry, Remark):
        return [f"{pad}# {_one_line(entry.text)}"]
    value = entry.value
    if isinstance(value, tuple) and not entry.in_braces and any(not isinstance(each, str) for each in value):
        inside = [line for each in value if not isinstance(each, str) for line in _block(each, pad + " " * INDENT)]
        return [_commented(f"{pad}{bare(entry.key)}:", entry.comment), *inside]
    line = f"{pad}{bare(entry.key)}: {bare(value) if isinstance(value, str) else _flow(value)}"
    if len(line) > WIDTH and entry.in_braces:
        return _block(Entry(entry.key, value, entry.comment), pad)
    return [_commented(line, entry.comment)]


def _commented(line: str, comment: str) -> str:
    return f"{line.ljust(COMMENT_AT - 2)}  # {_one_line(comment)}" if comment else line


def _one_line(text: str) -> str:
    """What a comment may hold: no line ends there."""
    return "".join(char if char.isprintable() else " " for char in text)


def _flow(value: str | bool | tuple[str, ...] | tuple[Line, ...]) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _in_flow(value)
    if all(isinstance(each, str) for each in value):
        return f"[{', '.join(_in_flow(each) for each in value if isinstance(each, str))}]"
    return f"{{{_items([each for each in value if not isinstance(each, str)])}}}"


def _items(entries: Sequence[Line]) -> str:
    found = [each for each in entries if isinstance(each, Entry)]
    return ", ".join(f"{_in_flow(each.key)}: {_flow(each.value)}" for each in found)


def _in_flow(text: str) -> str:
    return quoted(text) if re.search(r"[,\[\]{}]", text) else bare(text)
