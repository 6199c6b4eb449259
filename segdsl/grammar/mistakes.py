"""What a person probably meant where the text does not follow the grammar: a parser's error to one diagnostic.

Everything here is linear in the text, and no message repeats more than a word of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from unicodedata import normalize

from lark import Token, UnexpectedInput
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedToken

from segdsl.diagnostics import Label, Report, did_you_mean
from segdsl.source import Source, Span

_OPAQUE = re.compile(r'"(?:[^"\\\n]|\\[^\n])*"|`[^`\n]*`|#[^\n]*|(?P<open>")')
_ANYTHING = re.compile(_OPAQUE.pattern + r"|\S")
_PARENTHESIS = re.compile(_OPAQUE.pattern + "|[()]")
# Text and comments are passed over.
_SPREADSHEET = re.compile(_OPAQUE.pattern + r"|\b(?P<name>AND|OR|IF|COUNTIFS?|SUMIFS?|AVERAGEIFS?)\s*\(")
_NAME_OF_SEVERAL_WORDS = re.compile(r'\s*segment\s+(?P<words>[^\W\d]\w*(?:[ \t]+\w+)+)\s+(?:"|(?:when|owner|about)\b)')
# A word, number or sign; of a very long one, the beginning.
_FOUND = re.compile(r'"[^"\n]{0,60}"|[^\W\d]\w{0,60}|\d[\w.-]{0,60}|[=<>!&|]{1,4}|.', re.DOTALL)
_WORD = re.compile(r"[^\W\d]\w*")
_REACH = 80
_SEGMENT_CLAUSES = ("owner", "about", "when", "otherwise", "expect", "review", "active")
_CLAUSES = (*_SEGMENT_CLAUSES, "exclusive", "complete")
_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
_HEADS = ("segment", "group", "tiers", "split", "let", "metric", "score", "place", "occasion", "channel")
# Words that begin a condition: in upper case they are names, and the next word is the first that does not fit.
_OPENERS = ("not", "has", "no", "every", "in", "assigned")

# Terminals by what a person would call them; words are called by themselves.
_CALLED: Mapping[str, str] = {
    "NAME": "a name",
    "QUOTED": "a name",
    "TEXT": "a text in quotes",
    "NUMBER": "a number",
    "DATE": "a date",
    "MOMENT": "a date",
    "MONTH_DAY": "a day such as `06-01`",
    "DAYS": "`days between`",
    "ANNIVERSARY": "`anniversary of`",
    "FOLLOWED": "`followed by`",
    "NOT_FOLLOWED": "`followed by`",
    "WITHIN_DISTANCE": "`within`",
    "STATISTIC": "`average of`",
    "TILE": "`quintile of`",
    "PERCENT": "`%`",
    "COLON": "`:`",
    "UNIT": "a unit such as `days`",
    "PLUS": "`+`",
    "MINUS": "`-`",
    "STAR": "`*`",
    "SLASH": "`/`",
    "DOT": "`.`",
    "BANG": "`!`",
    "LESSTHAN": "`<`",
    "MORETHAN": "`>`",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "EQUAL": "`=`",
    "COMMA": "`,`",
    "$END": "the end",
}
_ARITHMETIC = frozenset(("PLUS", "MINUS", "STAR", "SLASH", "DOT"))
_WINDOW_OPENERS = frozenset(("IN", "BETWEEN", "FROM", "MORE", "LESS"))
_UNITS = ("minutes", "hours", "days", "weeks", "months", "quarters", "years")

# What is written elsewhere, and here: what stands at the mistake, what is wrong with it, what to type.
_SLIPS: tuple[tuple[str, str, str], ...] = (
    (r"==", "equality is written with one `=`", "write `=`"),
    (r"=>", "there is no `=>`", "write `>=`"),
    (r"=<", "there is no `=<`", "write `<=`"),
    (r"<>", "difference is written `!=`", "write `!=`"),
    (r"[≥⩾]", "comparisons are written with plain signs", "write `>=`"),
    (r"[≤⩽]", "comparisons are written with plain signs", "write `<=`"),
    (r"≠", "comparisons are written with plain signs", "write `!=`"),
    (r"×", "arithmetic is written with plain signs", "write `*`"),
    (r"÷", "arithmetic is written with plain signs", "write `/`"),
    (r"[‐-―−]", "arithmetic is written with plain signs", "write `-`"),
    (r"&&?", "conditions are joined with words", "write `and`"),
    (r"\|\|?", "conditions are joined with words", "write `or`"),
    (r"!(?!=)", "conditions are turned around with a word", "write `not`"),
    (r"[’‘']", "text stands in double quotes", 'write `"..."`'),
    (r"[“”„«»]", "text stands in straight double quotes", 'write `"..."`'),
    (r"%", "there is no `%` here", "a share is a quotient: `a / b >= 0.2`; any text is `*`, as in `matches`"),
    (r"(?<=\.\d{3}),\d+", "digits are grouped with `_`, and decimals follow a point", "write it like `1_000.50`"),
    (r",\d{3}\b", "digits are grouped with `_`", "write `1_000`"),
    (r"(?<=\d),\d+", "decimals follow a point", "write it like `99.50`"),
    (r",(?=\s*(in|where|via|between|from)\b)", "no comma stands here", "take it out"),
    (r":", "heads and clauses end by themselves", "take it out"),
    (r"[;,]", "definitions and clauses end by themselves", "take it out"),
    (r"(?i:is\s+(not\s+)?null)\b", "nothing is called `null` here", "write `is missing` or `is known`"),
    (
        r"(?i:is\s+not\s+(known|missing))\b",
        "`is` has no `not`",
        "write `is missing` for `is not known`, and the reverse",
    ),
    (r"(?i:is\s+in)\b", "`in` needs no `is`", "take out `is`"),
    (r"(?i:is\s+not)\b", "`is` has no `not`", "write `!=`, or `is known`"),
    (r"is\s+[^\s]", "`is` goes with `known` and `missing`", "compare with `=`"),
    (r"not\s*=", "difference is written `!=`", "write `!=`"),
    (r"\*\s*\)", "rows are counted by their table", "write it like `count(order)`"),
    (r"\(\s*\)", "a list holds at least one value", 'write it like `in ("IN", "GB")`'),
    (r"(?i:the|an?)\b", "the language has no articles", "take it out"),
    (r"(?i:if)\b", "a condition begins with `when`", "write `when`"),
    (r"(?<=when )=", "no `=` stands before a condition", "take it out"),
    (r"\[", "a list stands in parentheses", 'write it like `in ("IN", "GB")`'),
    (
        r"(?i:select)\s+[\w*]",
        "a segment is a condition, not a query",
        'write it like `when country = "IN" and has order`',
    ),
    (r"(past|previous|prior)\s+\d[\d_]*", "what has gone by is `last`", "write `in last 30 days`"),
    (r"(?i:like)\b", "patterns are written with `matches`", 'write `matches "*gift*"`'),
    (
        r"(?i:not\s+(contains|starts|ends|matches|between|like))\b",
        "`not` stands before the whole test",
        'write it like `not (email contains "test")`',
    ),
    (
        r"(?i:does\s+not|doesn)\b",
        "`not` stands before the whole test",
        'write it like `not (email contains "test")`',
    ),
    (r"(?<=expect )(?i:between)\b", "how many is written with `to`", "write it like `expect 100 to 500 customers`"),
    (r"(?<=expect )(?i:about|around|exactly)\b", "how many has two ends", "write it like `100 to 500 customers`"),
    (r"(?<=\d )(?i:percent|per\s+cent|pct)\b", "a share is written with `%`", "write it like `20%`"),
    (r"list\s+[\w.]+", "the name of a file stands in quotes", 'write it like `in list "vip.csv"`'),
    (
        r"(?i:(?:not\s+)?followed\s+by)\b",
        "`followed by` stands behind rows and before their window",
        "write it like `has cart followed by order in last 7 days`",
    ),
    (
        r"(?i:with\s+same)\b",
        "`with same` stands behind `followed by` and before `within`",
        "write it like `followed by order with same product within 2 hours`",
    ),
    (r"(?i:within|during|over)\b", "windows begin with `in`", "write `in last 30 days`"),
    (r"(?i:after|since)\b", "moments are compared with `>=`", "write `>= 2026-01-31`"),
    (r"(?<=-\d\d )(?i:until|till|through)\b", "dates are joined with `to`", "write it like `2026-01-01 to 2026-01-31`"),
    (r"(?i:before|until)\b", "moments are compared with `<`", "write `< 2026-01-31`"),
    (r"\d\d?:\d\d(:\d\d)?", "a moment is one word", "write it like `2026-01-31T09:30`"),
    (r"T\d\d", "a moment has hours and minutes", "write it like `2026-01-31T09:30`"),
    (r"\.\d{4}\b", "a date begins with the year", "write it like `2026-01-31`"),
    (r"\.\d+", "a number begins with a digit", "write it like `0.5`"),
    (
        r"(in\s+)?last\s+(?P<unit>day|week|month|quarter|year)\b",
        "this could be a rolling or a calendar period",
        "write `in last 1 {unit}`, `in last 1 full {unit}` or `in this {unit}`",
    ),
    (
        # `segment` alone has been read as the name of an occasion.
        r"in\s+segment\b|(?<=\bin )segment\s+\w",
        "people are in a segment, values are not",
        "write `in segment NAME` or `not in segment NAME` alone, joined with `and`",
    ),
    (
        r"(in|between|from)\b(?=\s+(last|next|this|today|yesterday|\d))",
        "a window cannot follow a comparison",
        "put it into the parentheses of `count` or `sum`, or after `has`",
    ),
    (
        r"(minute|hour|day|week|month|quarter|year)s?\s+ago\b",
        "a time ago is compared with words",
        "write `more than 30 days ago` or `in last 30 days`",
    ),
    (
        r"(minute|hour|day|week|month|quarter|year)s?\b",
        "numbers have no unit here",
        "write the number alone; spans of time are written like `in last 30 days`",
    ),
    (r"last\s+\d[\d_]*(\s+full)?(\s+[a-z]+)?", "a window begins with `in`", "write `in last 30 days`"),
)
_SLIP_PATTERNS = tuple((re.compile(pattern), message, help) for pattern, message, help in _SLIPS)
# What a window ends with.
_WINDOW_BEFORE = re.compile(r"(?:today|yesterday|ago|\d|(?:minute|hour|day|week|month|quarter|year)s?)\s*\Z")


@dataclass(frozen=True, slots=True)
class _Mistake:
    """Where the parser stopped, between `start` and `end`: what it `found` there and which terminals it `expected`."""

    source: Source
    start: int
    at: int
    end: int
    expected: frozenset[str]
    found: Span

    @property
    def is_at_the_end(self) -> bool:
        return not self.source.text[self.at : self.end].strip()

    def before(self) -> str:
        """The text just before the mistake."""
        return self.source.text[max(self.start, self.at - _REACH) : self.at]


def explain(error: UnexpectedInput, source: Source, start: int, end: int, report: Report) -> None:
    """Adds the one diagnostic for `error`, found between `start` and `end` of the source."""
    at = _offset(error, source, start, end)
    quote = next((m.start() for m in _OPAQUE.finditer(source.text, start, end) if m["open"]), None)
    if quote is not None and quote <= max(at, start) + 1:
        _report_unclosed_text(source, quote, report)
        return
    mistake = _Mistake(source, start, at, end, _expected(error), _span_of(source, at, end))
    if any(diagnose(mistake, report) for diagnose in _DIAGNOSES):
        return
    found, wanted = mistake.found, _wanted(mistake.expected)
    report.add(
        "syntax",
        f"`{found.text}` cannot stand here" if found.text.strip() else "something is missing here",
        found,
        help=f"expected {wanted}" if wanted else "",
    )


def _offset(error: UnexpectedInput, source: Source, start: int, end: int) -> int:
    match error:
        case UnexpectedToken() if isinstance(error.token, Token) and error.token.type != "$END":
            return error.token.start_pos if error.token.start_pos is not None else end
        case UnexpectedCharacters():
            return error.pos_in_stream if error.pos_in_stream is not None else start
        case UnexpectedToken() | UnexpectedEOF():
            # After the last thing that is not blank or a comment.
            last = start
            for match in _ANYTHING.finditer(source.text, start, end):
                if not match[0].startswith("#"):
                    last = match.end()
            return last
    return start


def _expected(error: UnexpectedInput) -> frozenset[str]:
    match error:
        case UnexpectedToken():
            return frozenset(error.accepts or error.expected)
        case UnexpectedCharacters():
            # `allowed` is what the state of the automaton takes anywhere, not what it takes here.
            stopped = error.interactive_parser
            return frozenset(stopped.accepts() if stopped else error.allowed or ())  # type: ignore[no-untyped-call]
    return frozenset()


def _span_of(source: Source, at: int, end: int) -> Span:
    """The word, number or sign at an offset."""
    match = _FOUND.match(source.text, at, end)
    if match is None or not match[0].strip():
        return source.span(max(0, at - 1), at) if at > 0 else source.span(0, 0)
    return source.span(*match.span())


def _report_unclosed_text(source: Source, at: int, report: Report) -> None:
    report.add(
        "unclosed-text",
        "this quote is not closed on its line",
        source.span(at, at + 1),
        label="opened here",
        help='close it with `"` on the same line; a line break in a text is written `\\n`',
    )


def _invisible(mistake: _Mistake, report: Report) -> bool:
    """A space or sign that only looks like one of the plain ones."""
    if mistake.is_at_the_end and mistake.at >= mistake.end:
        return False
    char = mistake.source.text[mistake.at : mistake.at + 1]
    span = mistake.source.span(mistake.at, mistake.at + 1)
    plain = normalize("NFKC", char)
    if char and not char.isascii() and (char.isspace() or char in "\u200b\u2060"):
        report.add("syntax", f"the space U+{ord(char):04X} is not a plain space", span, help="replace it with a space")
        return True
    if char != plain and len(plain) == 1 and plain.isascii() and not plain.isalnum():
        report.add("syntax", "signs are written in their plain form", span, help=f"write `{plain}`")
        return True
    return False


def _upper_case(mistake: _Mistake, report: Report) -> bool:
    """`AND` for `and`, `NOT x` for `not x`."""
    word, span = mistake.found.text, mistake.found
    known = {*mistake.expected, "SEGMENT"}
    previous = re.search(r"\b([A-Za-z]+)\s+\Z", mistake.before())
    if previous and previous[1] != previous[1].lower() and previous[1].lower() in _OPENERS:
        begin = mistake.at - len(mistake.before()) + previous.start()
        word, span, known = previous[1], mistake.source.span(begin, begin + len(previous[1])), {previous[1].upper()}
    if word.isascii() and word.isalpha() and word != word.lower() and word.upper() in known:
        report.add("syntax", "the words of the language are in lower case", span, help=f"write `{word.lower()}`")
        return True
    return False


def _slip(mistake: _Mistake, report: Report) -> bool:
    """A form that other languages have."""
    source, at = mistake.source, mistake.at
    before = re.search(r"(?:[^\W\d]\w*|[=<>!]+)\s*\Z", mistake.before())
    # The parser may have stopped in the middle: `= =`, `is not`.
    for begin in (at - len(before[0]) if before else at, at):
        for pattern, message, help in _SLIP_PATTERNS:
            match = pattern.match(source.text, begin, mistake.end)
            if match is not None and match.end() > at:
                unit = match.groupdict().get("unit", "")
                report.add("syntax", message, source.span(*match.span()), help=help.replace("{unit}", unit))
                return True
    return False


def _misplaced_where(mistake: _Mistake, report: Report) -> bool:
    if mistake.found.text != "where":
        return False
    if "WHEN" in mistake.expected and "OR" not in mistake.expected:
        report.add("syntax", "a condition begins with `when`", mistake.found, help="write `when`")
    elif _WINDOW_BEFORE.search(mistake.before()):
        help = "write `where` and its condition before the window"
        report.add("syntax", "the window comes last", mistake.found, help=help)
    else:
        help = "write it like `has order where amount > 5` or `count(order where amount > 5)`"
        report.add("syntax", "`where` chooses among rows, and here are none", mistake.found, help=help)
    return True


def _spreadsheet(mistake: _Mistake, report: Report) -> bool:
    """`AND(a; b)` and `COUNTIF(a; b)`: a function of a spreadsheet, at whatever the parser stopped inside of it."""
    source = mistake.source
    called = [each for each in _SPREADSHEET.finditer(source.text, mistake.start, mistake.at) if each["name"]]
    if not called:
        return False
    name = called[-1]["name"]
    help = 'write it like `count(order where channel = "web") >= 2`'
    if name in ("AND", "OR"):
        help = f'write it like `country = "IN" {name.lower()} email is known`'
    elif name == "IF":
        help = "write it like `(10 if has order else 0)`"
    report.add("syntax", f"`{name}` is a function of spreadsheets", source.span(*called[-1].span("name")), help=help)
    return True


def _list_without_parentheses(mistake: _Mistake, report: Report) -> bool:
    """`country in "IN"`."""
    is_one = mistake.found.text.startswith('"') and "LPAR" in mistake.expected
    if not is_one or not re.search(r"\bin\s+\Z", mistake.before()):
        return False
    help = 'write it like `in ("IN", "GB")`'
    report.add("syntax", "a list stands in parentheses", mistake.found, help=help)
    return True


def _parenthesis(mistake: _Mistake, report: Report) -> bool:
    """One that is never closed, or closed twice."""
    source, found = mistake.source, mistake.found
    opened: list[int] = []
    for match in _PARENTHESIS.finditer(source.text, mistake.start, mistake.at):
        if match[0] == "(":
            opened.append(match.start())
        elif match[0] == ")" and opened:
            opened.pop()
    if found.text == ")" and not opened:
        report.add("syntax", "this closes a parenthesis that was never opened", found, help="take it out")
        return True
    over = mistake.is_at_the_end
    goes_on = found.text in (*_HEADS, *_CLAUSES, *_COMPARISONS)
    if opened and "RPAR" in mistake.expected and (over or goes_on):
        report.add(
            "syntax",
            "this parenthesis is not closed",
            source.span(opened[-1], opened[-1] + 1),
            label="opened here",
            help="close it with `)`",
            others=() if over else (Label(found, "a `)` is missing before this"),),
        )
        return True
    return False


def _after_condition(mistake: _Mistake, report: Report) -> bool:
    """Something that neither goes on with a condition nor begins a clause."""
    found, word = mistake.found, mistake.found.text
    if mistake.is_at_the_end or "OR" not in mistake.expected or word in _CLAUSES:
        return False
    if mistake.before()[-1:].isdigit() and _WORD.fullmatch(word):
        report.add("syntax", "a number has only digits", found, help="write it out, like `10_000` or `0.5`")
    elif word in _COMPARISONS:
        help = "write `x between 18 and 25`, or two comparisons joined with `and`"
        report.add("syntax", "a comparison has two sides", found, help=help)
    elif close := did_you_mean(word, (*_keywords(mistake.expected), *_HEADS)):
        report.add("syntax", f"`{word}` cannot stand here", found, help=close)
    elif re.search(r"\bsegment\s+\Z", mistake.before()):
        report.add("syntax", f"`{word}` cannot stand here", found, help=f"write `in segment {word}`")
    else:
        help = "join conditions with `and` or `or`; a name with spaces or signs stands in backticks"
        report.add("syntax", f"`{word}` cannot follow a condition", found, help=help)
    return True


def _missing_when(mistake: _Mistake, report: Report) -> bool:
    """A condition right after the head of a segment."""
    found, word = mistake.found, mistake.found.text
    if mistake.is_at_the_end or "WHEN" not in mistake.expected or "OR" in mistake.expected or word in _CLAUSES:
        return False
    if word in ("in", "priority") or word.startswith('"'):
        help = 'the order is `segment NAME "Title" in GROUP priority 10`'
        report.add("syntax", f"`{word}` stands too late", found, help=help)
    elif close := did_you_mean(word, (*_SEGMENT_CLAUSES, *_HEADS)):
        report.add("syntax", f"there is no clause `{word}`", found, help=close)
    elif name := _NAME_OF_SEVERAL_WORDS.match(mistake.source.text, mistake.start, mistake.end):
        help = f"write `{'_'.join(name['words'].split())}`"
        report.add("syntax", "a name is one word", mistake.source.span(*name.span("words")), help=help)
    elif word == "-":
        report.add("syntax", "a name has no `-`", found, help="write `_` for it, or the whole name in backticks")
    else:
        report.add("syntax", f"`{word}` begins no clause", found, help="a condition begins with `when`")
    return True


def _unfinished(mistake: _Mistake, report: Report) -> bool:
    """The text, or the definition, ends too early."""
    over = mistake.is_at_the_end or mistake.found.text in _HEADS
    if not over or "$END" in mistake.expected:
        return False
    source, start = mistake.source, mistake.start
    last = start + len(source.text[start : mistake.at].rstrip())
    word = re.search(r"(?:\w+|[^\w\s]+)\Z", source.text[max(start, last - _REACH) : last])
    wanted = _wanted(mistake.expected)
    report.add(
        "syntax",
        "this stops too early",
        source.span(last - len(word[0]) if word else last, last),
        help=f"expected {wanted} after this" if wanted else "",
    )
    return True


def _misspelt(mistake: _Mistake, report: Report) -> bool:
    """A word close to one that could stand here."""
    found, word = mistake.found, mistake.found.text
    if not _WORD.fullmatch(word):
        return False
    units = _UNITS if "UNIT" in mistake.expected else ()
    close = did_you_mean(word, [*_keywords(mistake.expected), *units])
    if units and not close:
        report.add("syntax", f"`{word}` is not a unit of time", found, help=f"write one of {', '.join(units)}")
        return True
    if not close:
        return False
    report.add("syntax", f"`{word}` cannot stand here", found, help=close)
    return True


def _keywords(expected: Iterable[str]) -> list[str]:
    return sorted(name.lower() for name in expected if name not in _CALLED and name.isalpha())


def _wanted(expected: frozenset[str]) -> str:
    """What could stand here, in words; empty when that would be a long list."""
    if {"NAME", "NUMBER"} <= expected:
        return "a condition or a value"
    heads = {word.upper() for word in _HEADS}
    names = set(expected - _ARITHMETIC - {"$END"}) or set(expected)
    if heads < names:
        names -= heads
    called = sorted({_CALLED.get(name, f"`{name.lower()}`") for name in names - _WINDOW_OPENERS})
    if names >= _WINDOW_OPENERS:
        called.append("a window such as `in last 30 days`")
    called = [name for name in called if not name.startswith("`__")]
    if not called or len(called) > 7:
        return ""
    return called[0] if len(called) == 1 else f"{', '.join(called[:-1])} or {called[-1]}"


# In this order: the first that knows the mistake reports it.
_DIAGNOSES: tuple[Callable[[_Mistake, Report], bool], ...] = (
    _invisible,
    _spreadsheet,
    _upper_case,
    _slip,
    _misplaced_where,
    _list_without_parentheses,
    _parenthesis,
    _after_condition,
    _missing_when,
    _unfinished,
    _misspelt,
)
