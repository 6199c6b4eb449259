"""Customers at the borders of a segment, written as tests for a person to confirm.

In: a program and a segment. Out: YAML. For each condition of the definition: somebody who is in, and somebody who is
out because of this condition alone where that can be, with its value missing where it may be; for a number or a
window just on either side of the border. Every one of them is an example that the reference evaluator has accepted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from textwrap import indent

from segdsl.overlap.analysis import Analysis, Claim, Somebody, within
from segdsl.overlap.example_text import as_yaml
from segdsl.semantics import ir
from segdsl.semantics.types import Number

# More borders than a person confirms are not looked for.
MOST = 40


@dataclass(frozen=True, slots=True)
class _Border:
    """What a customer shall show, in words, and what must be true of it; `is_in` the segment or not."""

    about: str
    is_in: bool
    claims: tuple[Claim, ...]


def suggested(program: ir.Program, segment: str) -> str:
    """A file of tests for one segment; each begins with what it is at the border of."""
    analysis = Analysis(program)
    meant = program.segments[segment]
    lines = [
        f"# Suggested by `segdsl test --suggest {segment}`: confirm what you expect, and take out the rest.",
        "tests:",
    ]
    seen: set[str] = set()
    not_found: list[str] = []
    for border in list(_borders(meant.condition))[:MOST]:
        answer = analysis.ask(meant.entity, [within(segment, border.is_in), *border.claims])
        verb = "in" if border.is_in else "out"
        if not isinstance(answer, Somebody):
            not_found.append(f"{verb}: {border.about}")
            continue
        example = as_yaml(answer.example, program)
        if (verb + example) in seen:
            continue
        seen.add(verb + example)
        expectation = f"{'in' if border.is_in else 'not in'}: [{json.dumps(segment, ensure_ascii=False)}]\n"
        name = json.dumps(f"{segment}, {verb}: {border.about}", ensure_ascii=False)
        lines.append(indent(f"{name}:\n" + indent(example + expectation, "  "), "  ").rstrip("\n"))
    lines += [f"# No customer was found for: {what}" for what in not_found]
    return "\n".join(lines) + "\n"


def _borders(condition: ir.Condition) -> Iterator[_Border]:
    """Just in and just out by each test, the others being as they must be."""
    for others, test, holds in _tests(condition, ()):
        text = " ".join(test.span.text.split())
        beside = tuple(Claim(other, truth) for other, truth in others)
        for about, claim, truth in _sides(test):
            yield _Border(about, holds == truth, (*beside, Claim(test, truth), claim))
        for value in _values(test):
            what = " ".join(value.span.text.split())
            missing = Claim(ir.Known(value, span=value.span), False)
            yield _Border(f"`{what}` is missing", not holds, (*beside, Claim(test, False), missing))
        yield _Border(f"`{text}` is true", holds, (*beside, Claim(test, True)))
        yield _Border(f"`{text}` is false", not holds, (*beside, Claim(test, False)))
    # Where nothing else gives one: of equal customers the first is written.
    yield _Border("a customer who is in it", True, ())


Others = tuple[tuple[ir.Condition, bool], ...]


def _tests(node: ir.Condition, others: Others, holds: bool = True) -> Iterator[tuple[Others, ir.Condition, bool]]:
    """Each test; what must hold beside it so that it alone decides; and whether it must be true to be in."""
    match node:
        case ir.All(terms) | ir.Any(terms):
            beside = isinstance(node, ir.All)
            for place, term in enumerate(terms):
                rest = tuple((each, beside) for number, each in enumerate(terms) if number != place)
                yield from _tests(term, (*others, *rest), holds)
        case ir.Not(term):
            yield from _tests(term, others, not holds)
        case ir.Always():
            return
        case _:
            yield others, node, holds


def _sides(test: ir.Condition) -> Iterator[tuple[str, Claim, bool]]:
    """Of a number that is compared with a constant: the border itself, and one step below and above it.

    Of a window: less than one of its units inside of its far end, and outside. With each whether the test is true.
    """
    match test:
        case ir.Compare(left, op, ir.Literal(Decimal() as bound)) if isinstance(left.type, Number):
            step = Decimal(1) if left.type.quotient else Decimal(1).scaleb(-left.type.scale)
            for near in (bound - step, bound, bound + step):
                number = replace(test.right, value=near) if isinstance(test.right, ir.Literal) else test.right
                what = " ".join(left.span.text.split())
                yield f"`{what}` is {near:f}", Claim(replace(test, op="=", right=number)), _compared(near, op, bound)

        case ir.InWindow(window=ir.Last() | ir.LessThanAgo() | ir.MoreThanAgo() | ir.Next() as window):
            # With more units before it `more than` holds fewer moments, and the others more.
            way = -1 if isinstance(window, ir.MoreThanAgo) else 1
            wider, narrower = (replace(window, count=window.count + more) for more in (way, -way))
            text = " ".join(window.span.text.split())
            if narrower.count > 0:
                yield f"just inside of `{text}`", Claim(replace(test, window=narrower), False), True
            if wider.count > 0:
                yield f"just outside of `{text}`", Claim(replace(test, window=wider), True), False


def _compared(left: Decimal, op: str, right: Decimal) -> bool:
    return {"=": left == right, "<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[op]


def _values(test: ir.Condition) -> Sequence[ir.Value]:
    """The stored values that a test looks at directly, and that may be missing."""
    found = [child for child in ir.children(test) if isinstance(child, ir.Column | ir.At | ir.Aggregate)]
    return [
        each
        for each in found
        if not (isinstance(each, ir.Aggregate) and each.function in ("count", "count distinct", "sum"))
    ]
