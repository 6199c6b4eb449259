"""Conditions that are allowed and often not what was meant: a program to warnings."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from segdsl.diagnostics import Report
from segdsl.semantics import ir
from segdsl.semantics.types import Number
from segdsl.source import Span


def lint(program: ir.Program, report: Report) -> None:
    """Warns where the missing are quietly included, and where a number looks like thousands and is not."""
    told: set[Span] = set()
    for segment in program.segments.values():
        _missing(segment.condition, frozenset(), False, program, report)
        _thousands(segment.condition, told, report)


def _thousands(node: ir.Node, told: set[Span], report: Report) -> None:
    """`1.000` is 1 here, and a thousand where a point groups digits: three decimals of a value that never has three.

    What a metric says stands in every segment that names it, and is `told` once.
    """
    match node:
        case ir.Compare(left, _, ir.Literal(value=Decimal() as number, type=Number(scale=3)) as written):
            of = left.type
            is_odd = isinstance(of, Number) and not of.quotient and of.scale < 3 and 1 <= abs(number) < 1000
            if is_odd and written.span not in told:
                told.add(written.span)
                plain = f"{number:f}".rstrip("0").rstrip(".")
                report.add(
                    "thousands",
                    f"`{written.span.text}` is {plain}: decimals follow a point",
                    written.span,
                    help=f"write `{f'{number:f}'.replace('.', '_')}` if thousands are meant, else `{plain}`",
                )
    for child in ir.children(node):
        _thousands(child, told, report)


def _missing(node: ir.Node, decided: frozenset[ir.Value], negated: bool, program: ir.Program, report: Report) -> None:
    """Walks a condition; `decided` are values for which the definition says what happens when they are missing.

    Where the condition stands `negated`, a `not` in it leaves the missing out: `every order has status = "paid"` is
    `no order where not status = "paid"`.
    """
    match node:
        case ir.All():
            decided |= {value for term in node.terms for value in (*_decides(term), *_needs(term))}
            if not negated:  # a test beside it is false of the missing already
                decided |= {value for term in node.terms for value in _values(term)}
        case ir.Any():
            decided |= {value for term in node.terms for value in _decides(term)}
        case ir.Not(
            term=ir.Compare()
            | ir.OneOfList()
            | ir.TextMatch()
            | ir.InWindow()
            | ir.Anniversary()
            | ir.IsTrue()
            | ir.ListHas()
            | ir.InFile()
            | ir.Near()
            | ir.Inside()
            | ir.Any()
            | ir.All()
            | ir.AtLeast()
            | ir.Ranked()
            | ir.Bringing() as test
        ) if not negated:
            for value in _values(test):
                if may_be_missing(value, program, decided):
                    report.add(
                        "includes-missing",
                        f"this includes those whose `{value.span.text}` is missing",
                        node.span,
                        help=f"add `and {value.span.text} is known` to leave them out, "
                        f"or `or {value.span.text} is missing` to say so",
                    )
                    break
        case ir.Rows() | ir.Population():
            decided = frozenset()
    negated = not isinstance(node, (ir.Aggregate, ir.Choice, ir.Population)) and negated != isinstance(node, ir.Not)
    for child in ir.children(node):
        _missing(child, decided, negated, program, report)


def _decides(term: ir.Condition) -> Iterator[ir.Value]:
    match term:
        case ir.Known(value=value) | ir.Not(term=ir.Known(value=value)):
            yield value


def _needs(term: ir.Condition) -> tuple[ir.Value, ...]:
    """What is known of those for whom a test of several texts holds: `exactly 2 of` is such a test, and a `not`."""
    return _values(term) if isinstance(term, (ir.ListHas, ir.Any, ir.AtLeast)) else ()


def _values(test: ir.Condition) -> tuple[ir.Value, ...]:
    match test:
        case ir.Compare(left=left, right=right):
            return (left, right)
        case ir.OneOfList(value=value) | ir.TextMatch(value=value) | ir.InWindow(value=value) | ir.IsTrue(value=value):
            return (value,)
        case ir.Anniversary(value=value) | ir.ListHas(value=value) | ir.InFile(value=value) | ir.Inside(value=value):
            return (value,)
        case ir.Near(value=value, center=center):
            return (value, center)
        case ir.Ranked(population=population) | ir.Bringing(population=population):
            return (population.value,) if population.per is None else (population.value, population.per)
        case ir.All() | ir.Any() | ir.AtLeast():
            return _tested(test)
    return ()


def _tested(test: ir.All | ir.Any | ir.AtLeast) -> tuple[ir.Value, ...]:
    """The one value that `none of` and its likes test; of other conditions none."""
    values = {term.value for term in test.terms if isinstance(term, ir.TextMatch) and term.span == test.span}
    return tuple(values) if len(values) == 1 else ()


def may_be_missing(value: ir.Value, program: ir.Program, decided: frozenset[ir.Value]) -> bool:
    """Whether the catalog and the expression leave open that `value` is missing, when those `decided` are not."""
    if value in decided:
        return False
    match value:
        case ir.Literal() | ir.Point() | ir.Today():
            return False
        case ir.Of():
            return True  # the link may lead nowhere
        case ir.Column():
            return bool(value.path) or not program.catalog.tables[value.table].columns[value.name].required
        case ir.At():
            return bool(value.path)  # rows without a time are never seen
        case ir.Day(value=inner) | ir.Part(value=inner) | ir.Negative(operand=inner):
            return may_be_missing(inner, program, decided)
        case ir.DaysBetween(start=start, end=end):
            return may_be_missing(start, program, decided) or may_be_missing(end, program, decided)
        case ir.Arithmetic():
            return (
                value.op == "/"
                or may_be_missing(value.left, program, decided)
                or may_be_missing(value.right, program, decided)
            )
        case ir.Aggregate():
            return value.function not in ("count", "count distinct", "sum")
        case ir.Statistic(kind="total", population=population):
            return population.per is not None and may_be_missing(population.per, program, decided)
        case ir.Statistic():
            return True
        case ir.Tile(population=ir.Population(value=inner, among=None, per=per)):
            return any(may_be_missing(each, program, decided) for each in (inner, per) if each is not None)
        case ir.Tile():
            return True
        case ir.Choice(then=then, otherwise=otherwise):
            return may_be_missing(then, program, decided) or may_be_missing(otherwise, program, decided)
        case ir.Length(value=inner):
            return may_be_missing(inner, program, decided)
        case ir.Key():
            return False
