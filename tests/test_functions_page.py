"""docs/functions.md is the table of functions for people; what it says of missing values the evaluator gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from segdsl.diagnostics import Report
from segdsl.grammar.files import parse_catalog
from segdsl.grammar.parse import parse
from segdsl.semantics.declare import declare
from segdsl.semantics.evaluate import memberships
from segdsl.semantics.functions import FUNCTIONS, KINDS, Function, PartFunction
from segdsl.semantics.resolve import resolve
from segdsl.semantics.types import Number, described
from segdsl.source import Source
from tests.test_docs import CATALOG

Row = Mapping[str, object]
PAGE = Path(__file__).parent.parent / "docs" / "functions.md"
HEAD = """# Functions

Made from [the table of functions](../segdsl/semantics/functions.py) by `make docs`;
where they stand and what they mean is in [the language](language.md).
"""
OVER_ROWS = """
## Over rows

Of a table, or of a column of one, with `via`, `where` and a window if need be:
`sum(order.amount where channel = "web" in last 90 days)`.

| function | takes | gives | over no rows | of missing values alone | example | meaning |
|---|---|---|---|---|---|---|
"""
OF_ONE = """
## Of one date or moment

As the project's clock shows it.

| function | takes | gives | of a missing value | example | meaning |
|---|---|---|---|---|---|
"""
RESULTS = {"argument": "what it takes", "sum": "a number", "quotient": "an exact fraction"}
EARLIER = datetime(2026, 1, 1, tzinfo=UTC)
CUSTOMER: Row = {"customer_id": 1}
ORDER: Row = {"order_id": 1, "customer_id": 1, "status": "completed", "ordered_at": EARLIER.replace(tzinfo=None)}


def value(example: str, orders: Sequence[Row]) -> str:
    """What an example gives for a customer of whom nothing else is known: `0`, `missing` or `known`."""
    report = Report()
    catalog = declare(parse_catalog(Source("catalog.yml", CATALOG), report), report)
    text = f"segment known when {example} is known"
    result = FUNCTIONS[example.partition("(")[0]].result
    if isinstance(result, Number) or result == "sum":
        text += f"\nsegment zero when {example} = 0"
    module = parse(Source("page.seg", text), report)
    program = resolve([module], catalog, name="page", timezone="UTC", week_starts=0, settings={}, report=report)
    assert not report.has_errors, [found.message for found in report]
    nobody: dict[str, Sequence[Row]] = dict.fromkeys(catalog.tables, ())
    world = nobody | {"customer": [CUSTOMER], "order": orders}
    found = memberships(program, world, EARLIER.replace(day=10))
    if "zero" in found and found["zero"].qualifies:
        return "0"
    return "known" if found["known"].qualifies else "missing"


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"


def page() -> str:
    over_rows, of_one = "", ""
    for function in FUNCTIONS.values():
        takes, example = KINDS[function.takes][1], function.example
        if isinstance(function, Function):
            gives = RESULTS[function.result] if isinstance(function.result, str) else described(function.result)
            # Rows that are there count, whatever is missing in them.
            missing = "" if function.takes == "nothing" or example.endswith(".at)") else value(example, [ORDER])
            over_rows += row(
                f"`{function.name}`", takes, gives, value(example, []), missing, f"`{example}`", function.meaning
            )
        elif isinstance(function, PartFunction):
            gives = f"{described(function.result)}, {function.low} to {function.high}"
            of_one += row(f"`{function.name}`", takes, gives, value(example, []), f"`{example}`", function.meaning)
    return HEAD + OVER_ROWS + over_rows + OF_ONE + of_one


def test_the_page_is_what_the_table_makes(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update"):
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page()
