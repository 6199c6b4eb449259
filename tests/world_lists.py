"""Made-up lists, several texts at once, list files, periods and conditional values: text over a `Writer`."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from tests import world_text  # its names are asked for when all of it is there

if TYPE_CHECKING:
    from random import Random

    from tests.world_text import Number, Writer

QUANTITIES = ("any of", "all of", "none of", "at least 2 of", "at most 1 of", "exactly 1 of", "exactly 2 of")
PERIODS = (
    "in each of last 1 full day",
    "in each of last 2 full months",
    "in each of last 3 full weeks",
    "in at least 1 of last 12 full months",
    "in at least 2 of last 4 full quarters",
    "in at least 2 of last 3 full years",
    "in at least 3 of last 10 full days",
)
NUMBERS = ("0", "1", "2", "3", "10.00", "-5", "0.01", "+20", "9.99", "-0.001", "0.145", "123456789012345678", "6.66")
Form = Callable[["Writer", str, int], str | None]
KEYED = ("customer", "store", "order", "product", "event")
FILES = {"text": "lists/texts.csv", "number": "numbers.csv", "whole": "whole.csv", "key": "keys.csv"}


def files(random: Random, texts: tuple[str, ...], keys: Iterable[object]) -> dict[str, str]:
    """The list files of a project, by path."""
    columns = {
        "text": random.sample(texts, len(texts) // 2),
        "number": random.sample(NUMBERS, 8),
        "whole": random.sample([number for number in NUMBERS if "." not in number], 5),
        "key": [*random.sample(sorted(map(str, keys)), len(list(keys)) // 2), "5", "007", "s1", "v1", "e3"],
    }
    return {FILES[name]: _csv([name, *cells, *cells[:2]]) for name, cells in columns.items()}


def _csv(cells: list[str]) -> str:
    written = io.StringIO()
    writer = csv.writer(written, quoting=csv.QUOTE_ALL)
    writer.writerows([cell] for cell in cells)
    return written.getvalue()


def test(writer: Writer, here: str, depth: int) -> str | None:
    """A condition of one of these forms; None when there is nothing here for the one that was drawn."""
    forms: list[Form] = [_members, _members, _several, _in_file, _in_file]
    forms += [] if writer.repeats else [_in_periods, _in_periods]
    return writer.random.choice(forms)(writer, here, depth)


def _members(writer: Writer, here: str, depth: int) -> str | None:
    found = writer.name(here, "list")
    if found is None:
        return None
    name, word = found[0], writer.random.choice(("known", "missing"))
    text = world_text.quoted(writer.random.choice(writer.words.texts))
    folded = writer.random.choice(("", "", " ignoring case"))
    form = writer.random.choice(
        (
            f"{name} is {word}",
            f"{name} contains {text}{folded}",
            f"length({name}) {writer.random.choice(world_text.OPERATORS)} {writer.random.randint(0, 3)}",
            f"{name} contains {_quantified(writer, writer.words.texts)}{folded}",
            f"{name} contains {_quantified(writer, writer.words.texts)}{folded}",
        )
    )
    return f"({form})"


def _several(writer: Writer, here: str, depth: int) -> str | None:
    found = writer.name(here, "text", "closed")
    if found is None:
        return None
    kind = writer.random.choice(("starts with", "ends with", "contains", "matches"))
    folded = writer.random.choice(("", " ignoring case"))
    patterns = tuple(dict.fromkeys(writer.pattern() for _ in range(12)))
    return f"({found[0]} {kind} {_quantified(writer, patterns)}{folded})"


def _quantified(writer: Writer, texts: tuple[str, ...]) -> str:
    """Texts that stay different when their case is ignored, enough for the quantity."""
    different = list({text.upper().lower(): text for text in texts}.values())
    chosen = writer.random.sample(different, min(len(different), writer.random.randint(2, 4)))
    quantity = writer.random.choice(QUANTITIES if len(chosen) > 1 else QUANTITIES[:3])
    return f"{quantity} ({', '.join(map(world_text.quoted, chosen))})"


def _in_file(writer: Writer, here: str, depth: int) -> str | None:
    negated = writer.random.choice(("", "not "))
    match writer.random.randrange(3):
        case 0 if here in KEYED:
            return f'({negated}in list "{FILES["key"]}")'
        case 1:
            number = writer.number(here, depth)
            if number.quotient or number.text[0].isdigit():
                return None
            # What is calculated from whole numbers is one, whatever its parts are called.
            return f'({number.text} {negated}in list "{FILES["whole"]}")' if number.scale == 0 else (
                f'({number.text} {negated}in list "{FILES["number"]}")'
            )  # fmt: skip
    found = writer.name(here, "text", "closed")
    return f'({found[0]} {negated}in list "{FILES["text"]}")' if found else None


def _in_periods(writer: Writer, here: str, depth: int) -> str | None:
    found = [table for table in writer.shape[here].rows if (table, here) != ("order", "store")]
    tables = [table for table in found if writer.shape[table].time]
    if not tables or depth == 0:
        return None
    table, window = writer.random.choice(tables), writer.random.choice(PERIODS)
    row = replace(writer.inside(), repeats=True)
    via = " via order.customer" if (table, here) == ("order_line", "customer") else ""
    via = " via referrer" if (table, here) == ("customer", "customer") else via
    condition = row.condition(table, depth - 1) if writer.random.random() < 0.5 else ""
    where = f" where {condition}" if condition and not re.fullmatch(r"\([\w.]+\)|everyone", condition) else ""
    rows = f"{via}{where} {window}"
    if writer.random.random() < 0.4:
        word = writer.random.choice(("has", "no", "every"))
        return f"({word} {table}{rows}{f' has {row.condition(table, depth - 1)}' if word == 'every' else ''})"
    column = writer.name(table, *world_text.SCALES)
    function = writer.random.choice(("sum", "min", "max", "avg")) if column else "count"
    value = f"{function}({table}.{column[0]}{rows})" if column else f"count({table}{rows})"
    literal, other = writer.literal(), writer.literal()
    form = writer.random.choice(
        (
            f"{value} {writer.random.choice(world_text.OPERATORS)} {literal.text}",
            f"{value} {writer.random.choice(world_text.OPERATORS)} count({table}{rows})",
            f"{value} * 2 >= count({table}{via})",
            f"{value} in ({literal.text}, {other.text})" if function != "avg" else f"{value} is known",
        )
    )
    return f"({form})"


def choice(writer: Writer, here: str, depth: int, quotients: bool) -> Number:
    """A number that depends on a condition."""
    then, otherwise = writer.number(here, depth - 1, quotients), writer.number(here, depth - 1, quotients)
    if then.quotient or otherwise.quotient or writer.random.random() < 0.3:
        otherwise = writer.literal()
    return world_text.Number(
        f"({then.text} if {writer.condition(here, depth - 1)} else {otherwise.text})",
        max(then.scale, otherwise.scale),
        max(then.factors, otherwise.factors) + (then.quotient or otherwise.quotient),
        then.quotient or otherwise.quotient,
    )


def aggregated_choice(writer: Writer, table: str, name: str) -> str:
    """A number of each row that depends on a condition on it."""
    condition = writer.inside().condition(table, 0)
    return f"({table}.{name} if {condition} else {writer.random.choice(('0', '1', f'{table}.{name} + 1'))})"


def text_choice(writer: Writer, here: str, name: str) -> str:
    """A text that depends on a condition."""
    other = world_text.quoted(writer.random.choice(writer.words.texts))
    return f"({name} if {writer.condition(here, 0)} else {other})"
