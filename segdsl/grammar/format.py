"""The tree as written to text in the one canonical layout, comments kept.

`parse(format(m)) == m`, and formatting twice changes nothing more. Of a module that was read with errors parts are
missing, so it has no layout: check the report first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import assert_never

from segdsl.grammar import ast
from segdsl.grammar.layout import Block, Line, blocks, comment_lines, line, word
from segdsl.grammar.parse import name_pattern
from segdsl.source import Span

WIDTH = 88

# Words that begin a condition: as names they need backticks.
_STARTERS = frozenset(("assigned", "every", "everyone", "false", "has", "in", "no", "not", "true"))
# Words that a window begins with: as names of occasions they need backticks.
_WINDOW_STARTERS = frozenset(("last", "next", "this", "today", "yesterday"))
_ESCAPED = re.compile('["\\\\\x00-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]')
_ENDS_IN_DAYS = re.compile(r"(?:\A|[ (-])days\Z")
_SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def format(module: ast.Module) -> str:
    """The canonical text of a module, with the comments that it was read with."""
    text = "".join(_joined(blocks(module, _definition))).rstrip("\n")
    return f"{text}\n" if text else ""


def _joined(found: Iterable[Block]) -> Iterator[str]:
    """Blocks with a blank line between them."""
    before: ast.Definition | None = None
    for index, block in enumerate(found):
        if index and not block.goes_on_from(before):
            yield "\n"
        yield from comment_lines(block.above)
        yield from map(str, block.lines)
        before = block.definition


def _definition(node: ast.Definition) -> list[Line]:
    match node:
        case ast.Let():
            return [line(f"let {name(node.name)} = {expression(node.value)}", node.span)]
        case ast.Metric() | ast.Score():
            text = f"{_opening(node)} = {expression(node.value)}"
            return [line(text, node.span)]
        case ast.Place():
            return [line(f"{_opening(node)} = {points(node)}", node.span)]
        case ast.Occasion():
            return [line(f"{_opening(node)} = {days(node.days)}", node.span)]
        case ast.Tiers():
            return [
                line(f"{_opening(node)} by {expression(node.value)}: {tiers(node)}", _until_prose(node)),
                *_prose(node),
            ]
        case ast.Split():
            whole = f" of segment {name(node.segment)}" if node.segment else ""
            return [line(f"{_opening(node)}{whole}: {shares(node)}", _until_prose(node)), *_prose(node)]
        case ast.Channel():
            lines = [_head(_opening(node), node, node.name, node.title, node.entity), *_prose(node)]
            start = word("  when", "when", node, lines[0].end).start
            return [*lines, *_when(node.when, min(start, node.when.span.home.start))]
        case ast.Group():
            head = _head(_opening(node), node, node.name, node.title)
            claims = [claim for claim in ("exclusive", "complete") if getattr(node, claim)]
            return [head, *(word(f"  {claim}", claim, node, head.end) for claim in claims), *_prose(node)]
        case ast.Segment():
            group = f" in {name(node.group)}" if node.group else ""
            priority = f" priority {expression(node.priority)}" if node.priority else ""
            parts = (node.name, node.title, node.entity, node.group, node.priority)
            lines = [_head(f"{_opening(node)}{group}{priority}", node, *parts), *_prose(node)]
            if node.when is not None:
                start = word("  when", "when", node, lines[0].end).start
                lines += _when(node.when, min(start, node.when.span.home.start))
            if node.otherwise:
                lines.append(word("  otherwise", "otherwise", node, lines[0].end))
            return [*lines, *_claims(node)]
        case _:
            assert_never(node)


def _opening(node: ast.Definition) -> str:
    """The kind, the name, the title and the entity of a definition."""
    title, entity = getattr(node, "title", None), getattr(node, "entity", None)
    kind = type(node).__name__.lower()
    shown = f" {expression(title)}" if title else ""
    return f"{kind} {name(node.name)}{shown}{f' for {name(entity)}' if entity else ''}"


def points(node: ast.Place) -> str:
    """Where a place is, as it is written."""
    return ("area " if node.area else "") + ", ".join(expression(point) for point in node.points)


def tiers(node: ast.Tiers) -> str:
    """The tiers as they are written, from the first to `otherwise`."""
    found = [f"{_called(each)} {each.op} {expression(each.bound)}" for each in node.tiers]
    return ", ".join([*found, f"otherwise {_called(node.rest)}"] if node.rest else found)


def shares(node: ast.Split) -> str:
    """The shares of a split as they are written."""
    return ", ".join(f"{_called(each)} {_number(each.percent.value)}%" for each in node.shares)


def _called(node: ast.Tier | ast.Rest | ast.Share) -> str:
    return f"{name(node.name)} {expression(node.title)}" if node.title else name(node.name)


def _until_prose(node: ast.Tiers | ast.Split) -> Span:
    """Where a definition is written, its prose left out."""
    parts = (*node.tiers, node.rest) if isinstance(node, ast.Tiers) else node.shares
    return node.span.source.span(node.span.start, max([node.name.span.end, *(each.span.end for each in parts if each)]))


def _claims(node: ast.Segment) -> list[Line]:
    """The promises of a segment, its review and when it is active."""
    lines = [line(f"  expect {promise(each)}", each.span) for each in node.expects]
    if node.review is not None:
        lines.append(line(f"  review {review(node.review)}", node.review.span))
    if node.active is not None:
        lines.append(
            line(f"  active from {expression(node.active.start)} to {expression(node.active.end)}", node.active.span)
        )
    return lines


def promise(node: ast.Promise) -> str:
    """A promise as it is written behind `expect`."""
    match node:
        case ast.SizePromise(low, high, percent):
            sign = "%" if percent else ""
            said = f"{'of ' if percent else ''}{name(node.noun)}"
            if low is not None and high is not None:
                return f"{expression(low)}{sign} to {expression(high)}{sign} {said}"
            bound = f"at least {expression(low)}" if low else f"at most {expression(high)}" if high else ""
            return f"{bound}{sign} {said}"
        case ast.ChangePromise(percent):
            return f"change under {expression(percent)}%"
        case ast.RelationPromise(kind, segments):
            return f"{kind} {', '.join(name(each) for each in segments)}"
        case _:
            assert_never(node)


def review(node: ast.Review) -> str:
    """A review as it is written behind `review`."""
    return f"every {_units(node.count, node.unit)}, last {expression(node.last)}"


def _head(text: str, node: ast.Definition, *parts: ast.Node | None) -> Line:
    return Line(text, node.span.start, max(part.span.end for part in parts if part is not None))


def _prose(node: ast.Segment | ast.Group | ast.Tiers | ast.Split | ast.Channel) -> list[Line]:
    clauses = (("owner", node.owner), ("about", node.about))
    return [line(f"  {key} {expression(text)}", text.span) for key, text in clauses if text is not None]


def _when(node: ast.Expr, start: int) -> list[Line]:
    """The condition on one line when it fits, else a line for each term; its word began at `start`."""
    whole = f"  when {expression(node)}"
    if len(whole) <= WIDTH or not isinstance(node, ast.And | ast.Or):
        return [Line(whole, start, node.span.home.end)]
    lines = _terms("  when ", node, 3)
    lines[0].start = start
    return lines


def _terms(opening: str, node: ast.And | ast.Or, indent: int) -> list[Line]:
    joint = "and" if isinstance(node, ast.And) else "or"
    lines: list[Line] = []
    for index, term in enumerate(node.terms):
        lead = f"{' ' * indent}{joint} " if index else opening
        text = expression(term)
        if len(lead) + len(text) > WIDTH and isinstance(term, ast.Paren) and isinstance(term.inner, ast.And | ast.Or):
            inner = _terms(f"{lead}(", term.inner, indent + 4)
            inner[-1].text += ")"
            inner[-1].end = term.span.home.end
            lines += inner
        else:
            lines.append(line(lead + text, term.span))
    return lines


def name(node: ast.Ident) -> str:
    """A name as it is written, in backticks when it needs them."""
    if node.text not in _STARTERS and name_pattern().fullmatch(node.text):
        return node.text
    return "`" + node.text.replace("`", "``") + "`"


def quoted(text: str) -> str:
    """A text as it is written, in quotes."""
    return '"' + _ESCAPED.sub(lambda m: _SHORT_ESCAPES.get(m[0], f"\\u{{{ord(m[0]):X}}}"), text) + '"'


def expression(node: ast.Expr) -> str:
    """A condition or a value on one line."""
    match node:
        case ast.Name(parts):
            return ".".join(name(part) for part in parts)
        case ast.Text(value):
            return quoted(value)
        case ast.Number(value):
            return _number(value)
        case ast.Truth(truth):
            return "true" if truth else "false"
        case ast.Date(day):
            return day.isoformat()
        case ast.Moment(moment):
            return re.sub(r"(T\d\d:\d\d):00(?![.\d])", r"\1", moment.isoformat()).replace("+00:00", "Z")
        case ast.Negative(operand):
            return f"-{expression(operand)}"
        case ast.Arithmetic(left, op, right):
            return f"{expression(left)} {op} {expression(right)}"
        case ast.Call():
            return _call(node)
        case ast.DaysBetween(start, end):
            return f"days between {expression(start)} and {expression(end)}"
        case ast.Choice(then, condition, otherwise):
            return f"({expression(then)} if {expression(condition)} else {expression(otherwise)})"
        case ast.Point(latitude, longitude):
            return f"({expression(latitude)}, {expression(longitude)})"
        case ast.Statistic(kind, value):
            which = f" {expression(node.percentile)}" if node.percentile else ""
            return f"{kind}{which} of {expression(value)}{_population(node)}"
        case ast.Tile(kind, value):
            which = f" {expression(node.count)}" if node.count else ""
            return f"{kind}{which} of {expression(value)}{_population(node)}"
        case ast.Paren(inner):
            return f"({expression(inner)})"
        case ast.Broken():
            return node.span.text
        case _:
            return _condition(node)


def _before(node: ast.Expr, following: str) -> str:
    """A value as it is written before `following`: a name `days` must not be read as `days between`."""
    text = expression(node)
    if following.lstrip().startswith("between ") and _ENDS_IN_DAYS.search(text):
        return f"{text.removesuffix('days')}`days`"
    return text


def _number(value: Decimal) -> str:
    whole, point, fraction = f"{value:f}".partition(".")
    return f"{int(whole):_}{point}{fraction}"


def _call(node: ast.Call) -> str:
    function = "count distinct" if node.function.text == "count distinct" else name(node.function)
    rows = _rows(node)
    return f"{function}({_before(node.target, rows)}{rows})"


def _rows(node: ast.Call | ast.Has | ast.Every) -> str:
    via = f" via {expression(node.via)}" if node.via else ""
    where = f" where {expression(node.where)}" if node.where else ""
    steps = "".join(_followed(step) for step in node.steps)
    span = f" {window(node.window)}" if node.window else ""
    return via + where + steps + span


def _followed(node: ast.Followed) -> str:
    via = f" via {expression(node.via)}" if node.via else ""
    where = f" where {expression(node.where)}" if node.where else ""
    same = f" with same {', '.join(name(each) for each in node.same)}" if node.same else ""
    within = f" within {_units(node.within.count, node.within.unit)}" if node.within else ""
    return f" {'not ' if node.negated else ''}followed by {expression(node.table)}{via}{where}{same}{within}"


def _population(node: ast.Statistic | ast.Tile | ast.Ranked | ast.Bringing) -> str:
    per = f" per {expression(node.per)}" if node.per else ""
    return f"{per}{f' among {expression(node.among)}' if node.among else ''}"


def _condition(node: ast.Condition) -> str:
    match node:
        case ast.And(terms):
            return " and ".join(expression(term) for term in terms)
        case ast.Or(terms):
            return " or ".join(expression(term) for term in terms)
        case ast.Not(operand):
            return f"not {expression(operand)}"
        case ast.Compare(left, op, right):
            return f"{expression(left)} {op} {expression(right)}"
        case ast.Between(value, low, high):
            return f"{_before(value, 'between ')} between {expression(low)} and {expression(high)}"
        case ast.InList(value, options, negated):
            listed = ", ".join(expression(option) for option in options)
            return f"{expression(value)} {'not ' if negated else ''}in ({listed})"
        case ast.InListFile(value, file, negated):
            start = f"{expression(value)} " if value else ""
            return f"{start}{'not ' if negated else ''}in list {expression(file)}"
        case ast.ManyTest(value, kind, quantity, count, patterns, ignoring_case):
            asked = f"{quantity} {expression(count)}" if count else quantity
            listed = ", ".join(expression(pattern) for pattern in patterns)
            case_ = " ignoring case" if ignoring_case else ""
            return f"{expression(value)} {kind} {asked} of ({listed}){case_}"
        case ast.Near(value, distance, unit, center):
            return f"{expression(value)} within {expression(distance)} {unit} of {expression(center)}"
        case ast.Inside(value, place):
            return f"{expression(value)} inside {name(place)}"
        case ast.Known(value, negated):
            return f"{expression(value)} is {'missing' if negated else 'known'}"
        case ast.TextTest(value, kind, pattern, ignoring_case):
            test = "=" if kind == "equals" else kind
            return f"{expression(value)} {test} {expression(pattern)}{' ignoring case' if ignoring_case else ''}"
        case ast.InWindow(value, span, negated):
            return f"{_before(value, window(span))} {'not ' if negated else ''}{window(span)}"
        case ast.Anniversary(value, span, negated):
            return f"anniversary of {_before(value, window(span))} {'not ' if negated else ''}{window(span)}"
        case ast.Has():
            return f"{'no' if node.negated else 'has'} {expression(node.table)}{_rows(node)}"
        case ast.Every():
            return f"every {expression(node.table)}{_rows(node)} has {expression(node.condition)}"
        case ast.InSegment(segment, negated):
            return f"{'not ' if negated else ''}in segment {name(segment)}"
        case ast.AssignedTo(segment, negated):
            return f"{'not ' if negated else ''}assigned to {name(segment)}"
        case ast.WasInSegment(segment, count, unit, negated):
            return f"was {'not ' if negated else ''}in segment {name(segment)} {_units(count, unit)} ago"
        case ast.ReachableBy(channel):
            return f"reachable by {name(channel)}"
        case ast.InSample(percent, salt):
            return f"in sample {expression(percent)}% {expression(salt)}"
        case ast.Ranked(end, count, percent, value):
            return f"in {end} {expression(count)}{'%' if percent else ''} by {expression(value)}{_population(node)}"
        case ast.Bringing(noun, percent, value):
            who = f"in the {name(noun)} who bring"
            return f"{who} {expression(percent)}% of {expression(value)}{_population(node)}"
        case ast.Everyone():
            return "everyone"
        case _:
            assert_never(node)


def window(node: ast.Window) -> str:
    """A window as it is written, its opening word included."""
    match node:
        case ast.Last(count, unit, full):
            return f"in last {_units(count, unit, 'full ' if full else '')}"
        case ast.Next(count, unit):
            return f"in next {_units(count, unit)}"
        case ast.This("day"):
            return "in today"
        case ast.This(unit):
            return f"in this {unit}"
        case ast.Yesterday():
            return "in yesterday"
        case ast.BetweenAgo(far, near, unit):
            return f"between {_number(Decimal(far))} and {_units(near, unit)} ago"
        case ast.Ago(than, count, unit):
            return f"{than} than {_units(count, unit)} ago"
        case ast.FromTo(start, end):
            return f"from {expression(start)} to {expression(end)}"
        case ast.Periods(least, count, unit, full):
            often = "each" if least is None else f"at least {_number(Decimal(least))}"
            return f"in {often} of last {_units(count, unit, 'full ' if full else '')}"
        case ast.During(occasion):
            return f"in {f'`{occasion.text}`' if occasion.text in _WINDOW_STARTERS else name(occasion)}"
        case _:
            assert_never(node)


def days(node: ast.Days | ast.Broken) -> str:
    """The days of an occasion as they are written."""
    return node.span.text if isinstance(node, ast.Broken) else ", ".join(_part(part) for part in node.parts)


def _part(node: ast.Dates | ast.EveryYear) -> str:
    match node:
        case ast.Dates(ast.Date(start), ast.Date(end)):
            return f"{start}" if start == end else f"{start} to {end}"
        case ast.EveryYear(ast.MonthDay(month, day), ast.MonthDay() as last):
            first = f"every year {month:02}-{day:02}"
            return first if node.start == last else f"{first} to {last.month:02}-{last.day:02}"
        case _:
            return node.span.text


def _units(count: int, unit: str, kind: str = "") -> str:
    return f"{_number(Decimal(count))} {kind}{unit}{'' if count == 1 else 's'}"
