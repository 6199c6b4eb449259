"""Findings about single comparisons that the catalog decides: beyond a declared range, or true of all that is in it.

In: a program and what was found in it so far. Out: such comparisons wherever they stand, in conditions on rows too,
but where they are part of a finding already: a whole segment that never matches says it louder.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from segdsl.diagnostics import Report
from segdsl.overlap.words import overlaps, written
from segdsl.semantics import ir
from segdsl.semantics.evaluate import text_matches
from segdsl.semantics.types import Number, Text
from segdsl.source import Span

SWAPPED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
HOLDS = {
    "=": Decimal.__eq__,
    "<": Decimal.__lt__,
    "<=": Decimal.__le__,
    ">": Decimal.__gt__,
    ">=": Decimal.__ge__,
}


@dataclass(frozen=True, slots=True)
class _Decided:
    """What the catalog says of a comparison of a column: that it always holds where the column is known, or never.

    `beyond` is the value that the column never has, where it is compared with single ones.
    """

    column: ir.Column
    always: bool
    why: str
    beyond: Decimal | None = None


def check(program: ir.Program, report: Report) -> None:
    """Reports each place once, however many segments come by it."""
    known = [label.span for finding in report for label in (finding.label, *finding.others)]
    for segment in program.segments.values():
        for node, decided in _comparisons(segment.condition):
            place = node.span.home
            if any(overlaps(place, other) for other in known):
                continue
            known.append(place)
            _report(program, place, decided, report)


def _report(program: ir.Program, place: Span, decided: _Decided, report: Report) -> None:
    column, text = decided.column, written(place)
    is_required = not column.path and program.catalog.tables[column.table].columns[column.name].required
    if decided.beyond is not None:
        message, help = f"`{column.name}` is never {decided.beyond}", "change it, or leave it out"
    elif not decided.always:
        message, help = f"nothing is ever like `{text}`", "change it, or leave it out"
    elif is_required:
        message, help = f"`{text}` always holds", "leave it out, or change it if something else was meant"
    else:
        message = f"`{text}` says no more than that `{column.name}` is known"
        help = f"write `{column.span.text} is known` if that is meant"
    report.add("out-of-range", message, place, label=_declared(decided), help=help)


def reason(node: ir.Node) -> str:
    """What the catalog says of a comparison that never holds; nothing where it says nothing."""
    found = [decided for _, decided in _comparisons(node)]
    return _declared(found[0]) if len(found) == 1 and not found[0].always else ""


def _declared(decided: _Decided) -> str:
    return f"the catalog says that `{decided.column.table}.{decided.column.name}` is {decided.why}"


def _comparisons(node: ir.Node) -> Iterator[tuple[ir.Node, _Decided]]:
    """The comparisons in a condition that the catalog decides, the two of `between` as one."""
    if isinstance(node, ir.All) and all(term.span.home == node.span.home for term in node.terms):
        found = [_decided(term) for term in node.terms]
        never = [each for each in found if each is not None and not each.always]
        always = [each for each in found if each is not None and each.always]
        if never or (always and len(always) == len(found)):
            yield node, (never or always)[0]
        return
    decided = _decided(node)
    if decided is not None:
        yield node, decided
    for child in ir.children(node):
        yield from _comparisons(child)


def _decided(node: ir.Node) -> _Decided | None:
    match node:
        case ir.Compare(ir.Column() as column, op, ir.Literal(value=Decimal() as bound)):
            return _against(column, op, bound)
        case ir.Compare(ir.Literal(value=Decimal() as bound), op, ir.Column() as column):
            return _against(column, SWAPPED[op], bound)
        case ir.OneOfList(ir.Column(type=Number()) as column, options):
            found = [_against(column, "=", option) for option in options if isinstance(option, Decimal)]
            return next((each for each in found if each is not None and not each.always), None)
        case ir.TextMatch(ir.Column(type=Text(values=values)) as column) if values:
            fitting = [value for value in values if text_matches(node, value)]
            if fitting and len(fitting) < len(values):
                return None
            said = ", ".join(f"`{value}`" for value in values[:5]) + (" ..." if len(values) > 5 else "")
            return _Decided(column, bool(fitting), f"one of {said}")
    return None


def _against(column: ir.Column, op: str, bound: Decimal) -> _Decided | None:
    """A comparison holds of a whole range when it holds at both ends, and of nothing in it when its opposite does."""
    assert isinstance(column.type, Number), "compared with a number"
    low, high = column.type.low, column.type.high
    why = (
        f"from {low} to {high}" if None not in (low, high) else f"at least {low}" if high is None else f"at most {high}"
    )
    beyond = (low is not None and bound < low, high is not None and bound > high)
    match op:
        case "=":
            never, always = any(beyond), low == high == bound
        case "<" | "<=":
            never = low is not None and not HOLDS[op](low, bound)
            always = high is not None and HOLDS[op](high, bound)
        case _:
            never = high is not None and not HOLDS[op](high, bound)
            always = low is not None and HOLDS[op](low, bound)
    return _Decided(column, always, why, bound if op == "=" and never else None) if never or always else None
