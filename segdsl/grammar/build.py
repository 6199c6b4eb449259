"""A Lark tree to the tree as written, from the leaves up and without recursion."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar, assert_never
from typing import Literal as OneOf

from lark import Token, Transformer, Tree
from lark.visitors import Transformer_NonRecursive

from segdsl.diagnostics import Label, Report
from segdsl.grammar import ast
from segdsl.source import Source, Span

MAX_WHOLE_DIGITS = 18
MAX_FRACTION_DIGITS = 12
MAX_COUNT = 100_000

Items = list[Any]
N = TypeVar("N", bound=ast.Node)

if TYPE_CHECKING:
    Base = Transformer[Token, Any]
else:
    Base = Transformer_NonRecursive

_ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "t": "\t"}


class Builder(Base):
    """One method for each rule of `segment.lark`; `items` are the tokens and nodes in it, in order."""

    def __init__(self, source: Source, report: Report) -> None:
        super().__init__(visit_tokens=False)
        self.source, self.report = source, report

    # --- definitions ------------------------------------------------------------------------------

    def start(self, items: Items) -> list[ast.Definition]:
        return items

    def segment(self, items: Items) -> ast.Segment:
        span = self._span(items)
        names = _all(items, ast.Ident)
        clauses = self._clauses(items)
        node = ast.Segment(
            names[0],
            title=self._title(items),
            entity=_entity(items),
            group=names[1] if len(names) > 1 else None,
            priority=_first(items, ast.Number),
            owner=clauses.get("owner"),
            about=clauses.get("about"),
            when=clauses.get("when"),
            otherwise="otherwise" in clauses,
            expects=tuple(value for word, value in _clauses_of(items) if word.value == "expect"),
            review=clauses.get("review"),
            active=clauses.get("active"),
            span=span,
        )
        if node.when is None and not node.otherwise:
            self._report_condition(node, "does not say who is in it", "add `when` and a condition")
        elif node.when is not None and node.otherwise:
            self._report_condition(node, "has both `when` and `otherwise`", "keep one of them")
        return node

    def _report_condition(self, node: ast.Segment, fault: str, help: str) -> None:
        self.report.add("missing-condition", f"segment `{node.name.text}` {fault}", node.name.span, help=help)

    def group(self, items: Items) -> ast.Group:
        clauses = self._clauses(items)
        return ast.Group(
            items[1],
            title=self._title(items),
            owner=clauses.get("owner"),
            about=clauses.get("about"),
            exclusive="exclusive" in clauses,
            complete="complete" in clauses,
            span=self._span(items),
        )

    def let(self, items: Items) -> ast.Let:
        return ast.Let(items[1], items[3], span=self._span(items))

    def metric(self, items: Items) -> ast.Metric:
        return ast.Metric(items[1], items[-1], self._title(items), _entity(items), span=self._span(items))

    def score(self, items: Items) -> ast.Score:
        return ast.Score(items[1], items[-1], self._title(items), _entity(items), span=self._span(items))

    def of_entity(self, items: Items) -> tuple[Token, ast.Ident]:
        return items[0], items[1]

    def tiers(self, items: Items) -> ast.Tiers:
        clauses = self._clauses(items)
        return ast.Tiers(
            items[1],
            value=_after(items, "BY"),
            tiers=tuple(_all(items, ast.Tier)),
            rest=_first(items, ast.Rest),
            title=self._title(items),
            entity=_entity(items),
            owner=clauses.get("owner"),
            about=clauses.get("about"),
            span=self._span(items),
        )

    def tier(self, items: Items) -> ast.Tier:
        op, bound = items[-1].op, items[-1].value
        return ast.Tier(items[0], op, bound, self._title(items), span=self._span(items))

    def bound(self, items: Items) -> ast.Bound:
        return ast.Bound(items[0].value, items[1], span=self._span(items))

    def rest(self, items: Items) -> ast.Rest:
        return ast.Rest(items[1], self._title(items), span=self._span(items))

    def split(self, items: Items) -> ast.Split:
        clauses = self._clauses(items)
        return ast.Split(
            items[1],
            shares=tuple(_all(items, ast.Share)),
            segment=_after(items, "SEGMENT"),
            title=self._title(items),
            entity=_entity(items),
            owner=clauses.get("owner"),
            about=clauses.get("about"),
            span=self._span(items),
        )

    def share(self, items: Items) -> ast.Share:
        return ast.Share(items[0], items[-1], self._title(items), span=self._span(items))

    def percent(self, items: Items) -> ast.Number:
        return replace(self.number(items[:1]), span=self._span(items))

    def channel(self, items: Items) -> ast.Channel:
        clauses, span = self._clauses(items), self._span(items)
        if "when" not in clauses:
            message = f"channel `{items[1].text}` does not say who can be reached"
            self.report.add("missing-condition", message, items[1].span, help="add `when` and a condition")
        return ast.Channel(
            items[1],
            when=clauses.get("when", ast.Broken(span=span)),
            title=self._title(items),
            entity=_entity(items),
            owner=clauses.get("owner"),
            about=clauses.get("about"),
            span=span,
        )

    def place(self, items: Items) -> ast.Place:
        return ast.Place(items[1], items[-1].points, items[-1].area, self._title(items), span=self._span(items))

    def points(self, items: Items) -> ast.Points:
        return ast.Points(tuple(_all(items, ast.Point)), _has(items, "AREA"), span=self._span(items))

    def occasion(self, items: Items) -> ast.Occasion:
        return ast.Occasion(items[1], items[-1], self._title(items), span=self._span(items))

    def days(self, items: Items) -> ast.Days:
        parts = tuple(item for item in items if isinstance(item, ast.Dates | ast.EveryYear))
        return ast.Days(parts, span=self._span(items))

    def dates(self, items: Items) -> ast.Dates:
        return ast.Dates(items[0], items[-1], span=self._span(items))

    def every_year(self, items: Items) -> ast.EveryYear:
        return ast.EveryYear(items[2], items[-1], span=self._span(items))

    def month_day(self, items: Items) -> ast.MonthDay | ast.Broken:
        text = items[0].value
        try:
            found = date.fromisoformat(f"2000-{text}")  # a year with 29 February
        except ValueError:
            return self._bad_date(text, items, "write the month and the day like `06-01`")
        return ast.MonthDay(found.month, found.day, span=self._span(items))

    def head(self, items: Items) -> ast.Definition:
        """A definition of which no more could be read; its condition or value is `ast.Broken`."""
        span = self._span(items)
        names = _all(items, ast.Ident)
        title, entity = self._title(items), _entity(items)
        group = names[1] if len(names) > 1 else None
        broken = ast.Broken(span=span)
        match items[0].type:
            case "SEGMENT":
                priority = _first(items, ast.Number)
                return ast.Segment(names[0], title, entity, group, priority, when=broken, span=span)
            case "GROUP":
                return ast.Group(names[0], title, span=span)
            case "TIERS":
                return ast.Tiers(names[0], broken, (), title=title, entity=entity, span=span)
            case "SPLIT":
                return ast.Split(names[0], (), title=title, entity=entity, span=span)
            case "CHANNEL":
                return ast.Channel(names[0], broken, title, entity, span=span)
            case "METRIC":
                return ast.Metric(names[0], broken, title, entity, span=span)
            case "SCORE":
                return ast.Score(names[0], broken, title, entity, span=span)
            case "PLACE":
                return ast.Place(names[0], (), title=title, span=span)
            case "OCCASION":
                return ast.Occasion(names[0], broken, title, span=span)
            case _:
                return ast.Let(names[0], broken, span=span)

    def priority(self, items: Items) -> ast.Number:
        return self.number(items[1:])

    def segment_clause(self, items: Items) -> tuple[Token, Any]:
        """The word that opens the clause, and what it says."""
        if isinstance(items[0], tuple):
            return items[0]
        value = items[1] if len(items) > 1 else True
        return items[0], self.text([value]) if isinstance(value, Token) else value

    group_clause = channel_clause = prose = segment_clause

    def review(self, items: Items) -> tuple[Token, ast.Review]:
        return items[0], replace(items[1], span=self._span(items))

    def rhythm(self, items: Items) -> ast.Review:
        return ast.Review(self._count(items[1]), _unit(items[2]), items[-1], span=self._span(items))

    def active(self, items: Items) -> tuple[Token, ast.Dates]:
        return items[0], replace(items[1], span=self._span(items))

    def stretch(self, items: Items) -> ast.Dates:
        return ast.Dates(items[1], items[3], span=self._span(items))

    def size_promise(self, items: Items) -> ast.SizePromise:
        numbers = [self.number([item]) for item in items if isinstance(item, Token) and item.type == "NUMBER"]
        low = None if _has(items, "MOST") else numbers[0]
        high = None if _has(items, "LEAST") else numbers[-1]
        return ast.SizePromise(low, high, _has(items, "PERCENT"), items[-1], span=self._span(items))

    def change_promise(self, items: Items) -> ast.ChangePromise:
        return ast.ChangePromise(self.number(items[2:3]), span=self._span(items))

    def relation_promise(self, items: Items) -> ast.RelationPromise:
        kind: OneOf["disjoint from", "within"] = "disjoint from" if _has(items, "DISJOINT") else "within"
        return ast.RelationPromise(kind, tuple(_all(items, ast.Ident)), span=self._span(items))

    def _clauses(self, items: Items) -> dict[str, Any]:
        """What each clause says, by its word; `expect` may come several times and is not among them."""
        clauses: dict[str, Any] = {}
        first: dict[str, Span] = {}
        for word, value in _clauses_of(items):
            if word.value == "expect":
                continue
            span = self._span([word])
            if word.value in clauses:
                self.report.add(
                    "repeated-clause",
                    f"`{word.value}` is given twice",
                    span,
                    help="keep one of them",
                    others=(Label(first[word.value], "the first"),),
                )
                continue
            clauses[word.value], first[word.value] = value, span
        return clauses

    def _title(self, items: Items) -> ast.Text | None:
        return next((self.text([item]) for item in items if isinstance(item, Token) and item.type == "TEXT"), None)

    # --- conditions -------------------------------------------------------------------------------

    def disjunction(self, items: Items) -> ast.Or:
        terms = _expressions(items)
        if any(isinstance(term, ast.And) for term in terms):
            operator = next(item for item in items if isinstance(item, Token))
            shown = [_shown(term) for term in terms]
            fixed = " or ".join(shown)
            self.report.add(
                "mixed-and-or",
                "`and` and `or` are mixed without parentheses",
                self._span([operator]),
                label="which of them binds closer?",
                help=f"write `{fixed}`" if len(fixed) <= 160 else f"put parentheses around `{shown[0]}`",
            )
        return ast.Or(terms, span=self._span(items))

    def conjunction(self, items: Items) -> ast.And:
        return ast.And(_expressions(items), span=self._span(items))

    def negated(self, items: Items) -> ast.Expr:
        operand, span = items[1], self._span(items)
        match operand:
            case ast.InSegment(negated=False):
                return ast.InSegment(operand.segment, negated=True, span=span)
            case ast.AssignedTo(negated=False):
                return ast.AssignedTo(operand.segment, negated=True, span=span)
        return ast.Not(operand, span=span)

    def comparator(self, items: Items) -> Token:
        token: Token = items[0]
        return token

    def compare(self, items: Items) -> ast.Expr:
        left, op, right, span = items[0], items[1].value, items[2], self._span(items)
        if len(items) == 3:
            return ast.Compare(left, op, right, span=span)
        if op in ("=", "!="):
            test = ast.TextTest(left, "equals", right, ignoring_case=True, span=span)
            return test if op == "=" else ast.Not(test, span=span)
        self.report.add("wrong-type", f"`{op}` compares numbers, and they have no case", self._span(items[-2:]))
        return ast.Broken(span=span)

    def between(self, items: Items) -> ast.Expr:
        value, low, high = items[0], items[2], items[4]
        if len(items) == 5:
            return ast.Between(value, low, high, span=self._span(items))
        return ast.InWindow(value, self.window_between(items[1:]), span=self._span(items))

    def in_list(self, items: Items) -> ast.InList:
        value, *options = _expressions(items)
        return ast.InList(value, tuple(options), _has(items, "NOT"), span=self._span(items))

    def in_list_file(self, items: Items) -> ast.InListFile:
        value: ast.Expr | None = items[0] if not isinstance(items[0], Token) else None
        return ast.InListFile(value, self.text(items[-1:]), _has(items, "NOT"), span=self._span(items))

    def in_rolling(self, items: Items) -> ast.InWindow:
        return ast.InWindow(items[0], items[-1], _has(items, "NOT"), span=self._span(items))

    def in_range(self, items: Items) -> ast.InWindow:
        return ast.InWindow(items[0], self.window_range(items[1:]), span=self._span(items))

    def than_ago(self, items: Items) -> ast.InWindow:
        return ast.InWindow(items[0], self.window_than_ago(items[1:]), span=self._span(items))

    def anniversary(self, items: Items) -> ast.Anniversary:
        return ast.Anniversary(items[2], items[-1], _has(items, "NOT"), span=self._span(items))

    def known(self, items: Items) -> ast.Known:
        return ast.Known(items[0], _has(items, "MISSING"), span=self._span(items))

    def text_test(self, items: Items) -> str:
        return " ".join(token.value for token in items)

    def text_tested(self, items: Items) -> ast.TextTest:
        return ast.TextTest(items[0], items[1], items[2], len(items) > 3, span=self._span(items))

    def quantity(self, items: Items) -> tuple[Token, str, ast.Number | None]:
        """The word that it begins with, the whole of it without the number, and the number."""
        words = [token.value for token in items if token.type != "NUMBER"]
        number = self.number(items[-1:]) if items[-1].type == "NUMBER" else None
        return items[0], " ".join(words), number

    def many_tested(self, items: Items) -> ast.ManyTest:
        value, *patterns = _expressions(items)
        _, quantity, count = items[2]
        ignoring_case = _has(items, "IGNORING")
        return ast.ManyTest(
            value, items[1], quantity, count, tuple(patterns), ignoring_case, span=self._span(items)
        )  # fmt: skip

    def near(self, items: Items) -> ast.Near:
        return ast.Near(items[0], self.number(items[2:3]), items[3].value, items[-1], span=self._span(items))

    def distance(self, items: Items) -> Token:
        token: Token = items[0]
        return token

    def inside(self, items: Items) -> ast.Inside:
        return ast.Inside(items[0], items[2], span=self._span(items))

    def reachable_by(self, items: Items) -> ast.ReachableBy:
        return ast.ReachableBy(items[2], span=self._span(items))

    def in_sample(self, items: Items) -> ast.InSample:
        return ast.InSample(self.number(items[2:3]), self.text(items[-1:]), span=self._span(items))

    def ranked(self, items: Items) -> ast.Ranked:
        end, count = items[1].value, self.number(items[2:3])
        value, among, per = _after(items, "BY"), _part(items, "AMONG"), _part(items, "PER")
        return ast.Ranked(end, count, _has(items, "PERCENT"), value, per, among, span=self._span(items))

    def bringing(self, items: Items) -> ast.Bringing:
        value, among, per = _after(items, "OF"), _part(items, "AMONG"), _part(items, "PER")
        return ast.Bringing(items[2], self.number(items[5:6]), value, per, among, span=self._span(items))

    def per(self, items: Items) -> tuple[Token, ast.Expr]:
        return items[0], items[1]

    among = per

    def in_segment(self, items: Items) -> ast.InSegment:
        return ast.InSegment(items[2], span=self._span(items))

    def assigned_to(self, items: Items) -> ast.AssignedTo:
        return ast.AssignedTo(items[2], span=self._span(items))

    def was_in_segment(self, items: Items) -> ast.WasInSegment:
        count, unit = self._count(items[-3]), _unit(items[-2])
        return ast.WasInSegment(items[-4], count, unit, _has(items, "NOT"), span=self._span(items))

    def everyone(self, items: Items) -> ast.Everyone:
        return ast.Everyone(span=self._span(items))

    def rows(self, items: Items) -> dict[str, Any]:
        """The parts of `has`, `no` and `every` as the fields of their nodes."""
        steps, window = _last_parted(tuple(_all(items, ast.Followed)), _window(items))
        where, window = _parted(_after(items, "WHERE"), window)
        return {
            "table": items[0],
            "via": _part(items, "VIA"),
            "where": where,
            "steps": steps,
            "window": window,
            "end": self._span(items),
        }

    def via(self, items: Items) -> tuple[Token, ast.Name]:
        return items[0], items[1]

    def followed(self, items: Items) -> ast.Followed:
        within = None
        if _has(items, "WITHIN"):
            within = ast.Within(self._count(items[-2]), _unit(items[-1]), span=self._span(items[-3:]))
        return ast.Followed(
            items[2],
            via=_part(items, "VIA"),
            where=_after(items, "WHERE"),
            same=tuple(_all(items, ast.Ident)),
            within=within,
            negated=_has(items, "NOT_FOLLOWED"),
            span=self._span(items),
        )

    def has(self, items: Items) -> ast.Has:
        rows = items[1]
        span = self._span(items[:1]).to(rows.pop("end"))
        return ast.Has(**rows, negated=items[0].type == "NO", span=span)

    def every(self, items: Items) -> ast.Every:
        rows = items[1]
        rows.pop("end")
        return ast.Every(**rows, condition=items[3], span=self._span(items))

    # --- windows ----------------------------------------------------------------------------------

    def window_rolling(self, items: Items) -> ast.Window:
        window: ast.Window = items[1]
        return window

    def last(self, items: Items) -> ast.Last:
        return ast.Last(self._count(items[1]), _unit(items[-1]), _has(items, "FULL"), span=self._span(items))

    def next(self, items: Items) -> ast.Next:
        return ast.Next(self._count(items[1]), _unit(items[2]), span=self._span(items))

    def this(self, items: Items) -> ast.This:
        return ast.This(_unit(items[1]), span=self._span(items))

    def today(self, items: Items) -> ast.This:
        return ast.This("day", span=self._span(items))

    def yesterday(self, items: Items) -> ast.Yesterday:
        return ast.Yesterday(span=self._span(items))

    def during(self, items: Items) -> ast.During:
        return ast.During(items[0], span=self._span(items))

    def each_of(self, items: Items) -> ast.Periods:
        return self._periods(None, items[3:], items)

    def at_least_of(self, items: Items) -> ast.Periods:
        return self._periods(self._count(items[2]), items[5:], items)

    def _periods(self, least: int | None, last: Items, items: Items) -> ast.Periods:
        return ast.Periods(least, self._count(last[0]), _unit(last[-1]), _has(last, "FULL"), span=self._span(items))

    def window_between(self, items: Items) -> ast.BetweenAgo:
        far, near = (self._whole(node) for node in (items[1], items[3]))
        return ast.BetweenAgo(far, near, _unit(items[4]), span=self._span(items))

    def window_range(self, items: Items) -> ast.FromTo:
        return ast.FromTo(items[1], items[3], span=self._span(items))

    def window_than_ago(self, items: Items) -> ast.Ago:
        than, count, unit = items[0].value, self._count(items[2]), _unit(items[3])
        return ast.Ago(than, count, unit, span=self._span(items))

    def _count(self, token: Token) -> int:
        return self._whole(self.number([token]), least=1)

    def _whole(self, node: ast.Node, least: int = 0) -> int:
        """How many units a window spans."""
        if isinstance(node, ast.Number) and node.value % 1 == 0 and least <= node.value <= MAX_COUNT:
            return int(node.value)
        self.report.add(
            "bad-window",
            "a window is measured in whole units",
            node.span,
            help=f"write a whole number from {least} to {MAX_COUNT:,}",
        )
        return 1

    # --- values -----------------------------------------------------------------------------------

    def arithmetic(self, items: Items) -> ast.Arithmetic:
        return ast.Arithmetic(items[0], items[1].value, items[2], span=self._span(items))

    def negative(self, items: Items) -> ast.Negative:
        return ast.Negative(items[1], span=self._span(items))

    def text(self, items: Items) -> ast.Text:
        token: Token = items[0]
        start = _place(token)[0]
        value = re.sub(r"\\(u\{[^}\n]*\}|.)", lambda m: self._unescaped(m, start + 1), token.value[1:-1])
        return ast.Text(value, span=self._span(items))

    def _unescaped(self, match: re.Match[str], offset: int) -> str:
        escape = match[1]
        if escape in _ESCAPES:
            return _ESCAPES[escape]
        code = re.fullmatch(r"u\{([0-9A-Fa-f]{1,6})\}", escape)
        if code is not None:
            number = int(code[1], 16)
            if 0 < number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF:
                return chr(number)
        self.report.add(
            "syntax",
            f"`{match[0]}` is not a character",
            self.source.span(offset + match.start(), offset + match.end()),
            help='escapes are `\\"`, `\\\\`, `\\n`, `\\t` and `\\u{1F600}`; write a backslash as `\\\\`',
        )
        return ""

    def number(self, items: Items) -> ast.Number:
        token: Token = items[0]
        whole, _, fraction = token.value.replace("_", "").partition(".")
        if len(whole.lstrip("0")) > MAX_WHOLE_DIGITS or len(fraction) > MAX_FRACTION_DIGITS:
            self.report.add(
                "number-too-large",
                f"databases do not keep all digits of `{token.value[:40]}`",
                self._span(items),
                help=f"use at most {MAX_WHOLE_DIGITS} digits before and {MAX_FRACTION_DIGITS} after the point",
            )
            return ast.Number(Decimal(1), span=self._span(items))
        return ast.Number(Decimal(f"{whole}.{fraction}" if fraction else whole), span=self._span(items))

    def date(self, items: Items) -> ast.Expr:
        text = items[0].value
        try:
            return ast.Date(date.fromisoformat(text), span=self._span(items))
        except ValueError:
            return self._bad_date(text, items, "write it like `2026-01-05`")

    def moment(self, items: Items) -> ast.Expr:
        text = items[0].value
        help = "write it like `2026-01-05T09:30` or `2026-01-05T09:30+05:30`"
        if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?", text) is None:
            return self._bad_date(text, items, help)
        try:
            value = datetime.fromisoformat(text)
            value.utctimetuple()
        except (ValueError, OverflowError):
            return self._bad_date(text, items, help)
        return ast.Moment(value, span=self._span(items))

    def _bad_date(self, text: str, items: Items, help: str) -> ast.Broken:
        self.report.add("bad-date", f"`{text}` is not in the calendar", self._span(items), help=help)
        return ast.Broken(span=self._span(items))

    def truth(self, items: Items) -> ast.Truth:
        return ast.Truth(items[0].value == "true", span=self._span(items))

    def days_between(self, items: Items) -> ast.DaysBetween:
        return ast.DaysBetween(items[2], items[4], span=self._span(items))

    def choice(self, items: Items) -> ast.Choice:
        return ast.Choice(items[1], items[3], items[5], span=self._span(items))

    def point(self, items: Items) -> ast.Point:
        return ast.Point(items[1], items[3], span=self._span(items))

    def statistic(self, items: Items) -> ast.Statistic:
        return self._statistic(items[0].value, None, items)

    def percentile(self, items: Items) -> ast.Statistic:
        return self._statistic("percentile", self.number(items[1:2]), items)

    def _statistic(
        self, kind: OneOf["average", "median", "total", "percentile"], percentile: ast.Number | None, items: Items
    ) -> ast.Statistic:
        per, among = _part(items, "PER"), _part(items, "AMONG")
        return ast.Statistic(kind, _after(items, "OF"), percentile, per, among, span=self._span(items))

    def tile(self, items: Items) -> ast.Tile:
        return self._tile(items[0].value, None, items)

    def ntile(self, items: Items) -> ast.Tile:
        return self._tile("ntile", self.number(items[1:2]), items)

    def _tile(
        self, kind: OneOf["quartile", "quintile", "decile", "ntile"], count: ast.Number | None, items: Items
    ) -> ast.Tile:
        per, among = _part(items, "PER"), _part(items, "AMONG")
        return ast.Tile(kind, _after(items, "OF"), count, per, among, span=self._span(items))

    def paren(self, items: Items) -> ast.Paren:
        return ast.Paren(items[1], span=self._span(items))

    def call(self, items: Items) -> ast.Call:
        function = items[0]
        if _has(items, "DISTINCT"):
            function = ast.Ident(f"{function.text} distinct", span=self._span(items[:2]))
        opened = next(index for index, item in enumerate(items) if isinstance(item, Token) and item.value == "(")
        steps, window = _last_parted(tuple(_all(items, ast.Followed)), _window(items[:-1]))
        where, window = _parted(_after(items, "WHERE"), window)
        return ast.Call(
            function,
            items[opened + 1],
            via=_part(items, "VIA"),
            where=where,
            steps=steps,
            window=window,
            span=self._span(items),
        )

    def name(self, items: Items) -> ast.Name:
        return ast.Name(tuple(_all(items, ast.Ident)), span=self._span(items))

    def ident(self, items: Items) -> ast.Ident:
        text = items[0].value
        if items[0].type == "QUOTED":
            text = text[1:-1].replace("``", "`")
        return ast.Ident(text, span=self._span(items))

    # --- places -----------------------------------------------------------------------------------

    def _span(self, items: Sequence[Any]) -> Span:
        """From the first to the last of the tokens and nodes."""
        return self.source.span(_place(items[0])[0], _place(items[-1])[1])


def without_expression(node: ast.Definition) -> ast.Definition:
    """The definition with `ast.Broken` in place of its condition or value."""
    match node:
        case ast.Segment() | ast.Channel():
            return replace(node, when=ast.Broken(span=node.span))
        case ast.Let() | ast.Metric() | ast.Score() | ast.Tiers():
            return replace(node, value=ast.Broken(span=node.span))
        case ast.Occasion():
            return replace(node, days=ast.Broken(span=node.span))
        case ast.Group() | ast.Split() | ast.Place():
            return node
        case _:
            assert_never(node)


def _place(item: Any) -> tuple[int, int]:
    match item:
        case Token():
            assert item.start_pos is not None and item.end_pos is not None
            return item.start_pos, item.end_pos
        case ast.Node():
            return item.span.start, item.span.end
        case dict():
            return item["end"].start, item["end"].end
        case (Token() as word, ast.Node() as node):
            return _place(word)[0], node.span.end
        case (Token() as word, *_):
            return _place(word)
        case Tree():
            raise AssertionError(item.data)
    raise AssertionError(item)


def _all(items: Items, kind: type[N]) -> list[N]:
    return [item for item in items if isinstance(item, kind)]


def _expressions(items: Items) -> tuple[ast.Expr, ...]:
    return tuple(item for item in items if isinstance(item, ast.Node))  # type: ignore[misc]  # all that rules put there


def _first(items: Items, kind: type[N]) -> N | None:
    return next(iter(_all(items, kind)), None)


def _has(items: Items, token: str) -> bool:
    return any(isinstance(item, Token) and item.type == token for item in items)


def _clauses_of(items: Items) -> list[tuple[Token, Any]]:
    """The clauses among the parts of a definition, each with the word it begins with."""
    return [item for item in items if isinstance(item, tuple) and item[0].type != "FOR"]


def _part(items: Items, token: str) -> Any:
    """What the part says that begins with the word `token`; None without it."""
    return next((item[1] for item in items if isinstance(item, tuple) and item[0].type == token), None)


def _entity(items: Items) -> ast.Ident | None:
    found: ast.Ident | None = _part(items, "FOR")
    return found


def _after(items: Items, token: str) -> Any:
    """What stands behind the word `token`; None without it."""
    for word, item in pairwise(items):
        if isinstance(word, Token) and word.type == token:
            return item
    return None


def _window(items: Items) -> ast.Window | None:
    return items[-1] if isinstance(items[-1], ast.Window) else None


def _parted(where: ast.Expr | None, window: ast.Window | None) -> tuple[ast.Expr | None, ast.Window | None]:
    """The condition on rows and the window they lie in.

    The grammar reads `where (C) in last 30 days` as a test of `(C)`. A condition has no time, so the window is that
    of the rows.
    """
    around: list[ast.And | ast.Or | ast.Not] = []
    last = where
    while isinstance(last, ast.And | ast.Or | ast.Not):
        around.append(last)
        last = last.operand if isinstance(last, ast.Not) else last.terms[-1]
    if window is not None or not isinstance(last, ast.InWindow) or last.negated or not _holds_condition(last.value):
        return where, window
    condition, window = last.value, last.window
    for outer in reversed(around):
        span = outer.span.source.span(outer.span.start, condition.span.end)
        if isinstance(outer, ast.Not):
            condition = ast.Not(condition, span=span)
        else:
            condition = replace(outer, terms=(*outer.terms[:-1], condition), span=span)
    return condition, window


def _last_parted(
    steps: tuple[ast.Followed, ...], window: ast.Window | None
) -> tuple[tuple[ast.Followed, ...], ast.Window | None]:
    """The steps and the window of the first rows, which the grammar may have read as part of the last step."""
    if not steps or steps[-1].same or steps[-1].within is not None:
        return steps, window
    *others, last = steps
    where, window = _parted(last.where, window)
    return (*others, last if where is last.where else replace(last, where=where)), window


def _holds_condition(node: ast.Expr) -> bool:
    """Whether these are parentheses around something that is no value."""
    inner = node
    while isinstance(inner, ast.Paren):
        inner = inner.inner
    return inner is not node and isinstance(inner, ast.Condition)


def _unit(token: Token) -> ast.Unit:
    unit: ast.Unit = token.value.removesuffix("s")
    return unit


def _shown(term: ast.Node) -> str:
    """A term of a mixed condition on one line, in parentheses when it needs them."""
    text = " ".join(term.span.text.split())
    return f"({text})" if isinstance(term, ast.And) else text
