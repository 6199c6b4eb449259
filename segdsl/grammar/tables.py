"""The tables that Lark works out of `segment.lark`, as data: working them out takes longer than reading most projects.

In: a Lark parser, or the text that one was written as. Out: the other. Promised: one grammar gives one text, whatever
order Lark's sets have, so that a test can hold `segment.json` to the grammar. `python -m segdsl.grammar.tables` (or
`make docs`) writes it.

The text is JSON: what Lark serializes itself as, but for its states. Each of these is a list of tokens by number, each
with what to do: to go to state n is n, to reduce by rule n is -n - 1.
"""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from lark import Lark
from lark.lexer import TerminalDef
from lark.grammar import Rule

GRAMMAR, TABLES = "segment.lark", "segment.json"
# The parts of definitions that can be read by themselves, by their rule.
PARTS = ("days", "points", "bound", "percent", "promise", "rhythm", "stretch")
# What a pattern without end is wide, by every version of Python.
_ENDLESS = 2**32 - 1


def built() -> Lark:
    """The parser as its grammar says."""
    grammar = files("segdsl.grammar").joinpath(GRAMMAR).read_text(encoding="utf-8")
    return Lark(
        grammar,
        parser="lalr",
        lexer="contextual",
        start=["start", "condition", "head", *PARTS],
        keep_all_tokens=True,
    )


def shipped() -> Lark:
    """The same parser, from the tables that were written when the grammar last changed."""
    return read(files("segdsl.grammar").joinpath(TABLES).read_text(encoding="utf-8"))


def written(parser: Lark) -> str:
    """The text that `read` makes the parser of."""
    data, memo = parser.memo_serialize([TerminalDef, Rule])
    table = data["parser"]["parser"]
    names, numbers = sorted(table["tokens"].values()), _numbers(table)
    actions = [[] for _ in numbers]
    for state, number in numbers.items():
        for token, (kind, argument) in table["states"][state].items():
            action = numbers[argument] if kind == 0 else -argument["@"] - 1
            actions[number].append((names.index(table["tokens"][token]), action))
    data["parser"]["parser"] = {
        "tokens": names,
        "states": [[number for pair in sorted(pairs) for number in pair] for pairs in actions],
        "start_states": {start: numbers[state] for start, state in table["start_states"].items()},
        "end_states": {start: numbers[table["end_states"][start]] for start in table["start_states"]},
    }
    for number in memo:
        if "pattern" in memo[number]:
            width = memo[number]["pattern"].get("_width")
            memo[number]["pattern"]["_width"] = width and [min(each, _ENDLESS) for each in width]
    return _lines({"memo": list(memo.values()), "data": data})


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


def read(text: str) -> Lark:
    """The parser that was written as `text`."""
    content = json.loads(text)
    data, memo = content["data"], dict(enumerate(content["memo"]))
    table = data["parser"]["parser"]
    reductions = {-number - 1: (1, {"@": number}) for number in memo}
    table["tokens"] = dict(enumerate(table["tokens"]))
    table["states"] = {
        number: {
            token: (0, action) if action >= 0 else reductions[action]
            for token, action in zip(pairs[::2], pairs[1::2], strict=True)
        }
        for number, pairs in enumerate(table["states"])
    }
    parser: Lark = Lark._load_from_dict(data, memo)
    return parser


def _lines(value: Any, depth: int = 0) -> str:
    """JSON with a line for each state, rule and word, so that a change can be read as one."""
    if isinstance(value, dict) and depth < 4 and "__type__" not in value or depth == 1 and isinstance(value, dict):
        inside = [f"{json.dumps(key)}:{_lines(each, depth + 1)}" for key, each in value.items()]
        return "{" + ",\n".join(inside) + "}"
    if isinstance(value, list) and value and isinstance(value[0], list | dict):
        return "[\n" + ",\n".join(json.dumps(each, separators=(",", ":")) for each in value) + "]"
    return json.dumps(value, separators=(",", ":"))


if __name__ == "__main__":
    Path(__file__).with_name(TABLES).write_text(written(built()) + "\n", encoding="utf-8")
