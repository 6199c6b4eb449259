"""The tables that Lark works out of `segment.lark`, as data: working them out takes longer than reading most projects.

In: the grammar, and `segment.json`, which `python -m segdsl.grammar.tables` (or `make docs`) writes. Out: a parser.
Promised: one grammar gives one text, whatever order Lark's sets have, so that a test can hold the file to the grammar;
tables that another version of Lark wrote are not used.

The text is JSON: what Lark serializes itself as, but for its states. Each of these is a list of tokens by number, each
with what to do: to go to state n is n, to reduce by rule n is -n - 1.
"""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import lark
from lark import Lark
from lark.grammar import Rule
from lark.lexer import TerminalDef

GRAMMAR, TABLES = "segment.lark", "segment.json"
# The parts of definitions that can be read by themselves, by their rule.
PARTS = ("days", "points", "bound", "percent", "promise", "rhythm", "stretch")
# What a pattern without end is wide, by every version of Python.
_ENDLESS = 2**32 - 1


def parser() -> Lark:
    """The parser of the grammar, by the tables that were written when the grammar last changed."""
    content = json.loads(files("segdsl.grammar").joinpath(TABLES).read_text(encoding="utf-8"))
    return _loaded(content) if content["lark"] == lark.__version__ else built()


def built() -> Lark:
    """The parser as the grammar says."""
    return Lark(
        files("segdsl.grammar").joinpath(GRAMMAR).read_text(encoding="utf-8"),
        parser="lalr",
        lexer="contextual",
        start=["start", "condition", "head", *PARTS],
        keep_all_tokens=True,
    )


def written(parser: Lark) -> str:
    """The text of the tables of a parser."""
    data, memo = parser.memo_serialize([TerminalDef, Rule])
    table = data["parser"]["parser"]
    names, numbers = sorted(table["tokens"].values()), _numbers(table)
    states: list[list[int]] = [[] for _ in numbers]
    for state, number in numbers.items():
        actions = [
            (names.index(table["tokens"][token]), numbers[argument] if kind == 0 else -argument["@"] - 1)
            for token, (kind, argument) in table["states"][state].items()
        ]
        states[number] = [each for action in sorted(actions) for each in action]
    data["parser"]["parser"] = {
        "tokens": names,
        "start_states": {start: numbers[state] for start, state in table["start_states"].items()},
        "end_states": {start: numbers[table["end_states"][start]] for start in table["start_states"]},
    }
    for each in memo.values():
        if width := each.get("pattern", {}).get("_width"):
            each["pattern"]["_width"] = [min(end, _ENDLESS) for end in width]
    # A line for each state and rule, so that a change can be read as one.
    head = {"lark": lark.__version__, "data": data}
    lines = [f'"memo": {_lines([*memo.values()])}', f'"states": {_lines(states)}']
    return "{" + json.dumps(head)[1:-1] + ",\n" + ",\n".join(lines) + "}\n"


def _lines(values: list[Any]) -> str:
    return "[\n" + ",\n".join(json.dumps(each, separators=(",", ":")) for each in values) + "]"


def _numbers(table: dict[str, Any]) -> dict[int, int]:
    """A number for each state, in the order in which one comes to them."""
    found = dict.fromkeys(table["start_states"].values())
    for state in (waiting := list(found)):
        by_token = {table["tokens"][token]: action for token, action in table["states"][state].items()}
        for _, (kind, argument) in sorted(by_token.items()):
            if kind == 0 and argument not in found:
                found[argument] = None
                waiting.append(argument)
    return {state: number for number, state in enumerate(found)}


def _loaded(content: dict[str, Any]) -> Lark:
    data, memo = content["data"], dict(enumerate(content["memo"]))
    table = data["parser"]["parser"]
    table["tokens"] = dict(enumerate(table["tokens"]))
    table["states"] = {
        number: {
            token: (0, action) if action >= 0 else (1, {"@": -action - 1})
            for token, action in zip(actions[::2], actions[1::2], strict=True)
        }
        for number, actions in enumerate(content["states"])
    }
    # What Lark's own generator of stand-alone parsers calls; `Lark.load` would want a pickle.
    loaded: Lark = Lark._load_from_dict(data, memo)  # type: ignore[no-untyped-call]
    return loaded


if __name__ == "__main__":
    Path(__file__).with_name(TABLES).write_text(written(built()), encoding="utf-8")
