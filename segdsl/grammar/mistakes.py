"""What a person probably meant where the text does not follow the grammar: a parser's error to one diagnostic."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from lark import Token, UnexpectedInput
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedToken

from segdsl.diagnostics import Label, Report, did_you_mean
from segdsl.source import Source, Span

_OPAQUE = re.compile(r'"(?:[^"\\\n]|\\[^\n])*"|`[^`\n]*`|#[^\n]*|(?P<open>")')
_WORD = re.compile(r"[^\W\d]\w*")
_CLAUSES = ("owner", "about", "when", "otherwise", "exclusive", "complete")
_HEADS = ("segment", "group", "let", "metric")

# Terminals by what a person would call them; words are called by themselves.
_CALLED: Mapping[str, str] = {
    "NAME": "a name",
    "QUOTED": "a name",
    "TEXT": "a text in quotes",
    "NUMBER": "a number",
    "DATE": "a date",
    "MOMENT": "a date",
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

# What is written elsewhere, and here: what stands at the mistake, what is wrong with it, what to type.
_SLIPS: tuple[tuple[str, str, str], ...] = (
    (r"==", "equality is written with one `=`", "write `=`"),
    (r"=>", "there is no `=>`", "write `>=`"),
    (r"=<", "there is no `=<`", "write `<=`"),
    (r"<>", "difference is written `!=`", "write `!=`"),
    (r"&&?", "conditions are joined with words", "write `and`"),
    (r"\|\|?", "conditions are joined with words", "write `or`"),
    (r"!(?!=)", "conditions are turned around with a word", "write `not`"),
    (r"[’‘']", "text stands in double quotes", 'write `"..."`'),
    (r"[“”„«»]", "text stands in straight double quotes", 'write `"..."`'),
    (r"%", "there is no `%` here", "a share is a quotient: `a / b >= 0.2`; any text is `*`, as in `matches`"),
    (r"[;,]", "definitions and clauses end by themselves", "take it out"),
    (r"(?i:is\s+(not\s+)?null)\b", "nothing is called `null` here", "write `is missing` or `is known`"),
    (
        r"(?i:is\s+not\s+(known|missing))\b",
        "`is` has no `not`",
        "write `is missing` for `is not known`, and the reverse",
    ),
    (r"(?i:is\s+not)\b", "`is` has no `not`", "write `!=`, or `is known`"),
    (r"(?i:like)\b", "patterns are written with `matches`", 'write `matches "*gift*"`'),
    (
        r"(?i:not\s+(contains|starts|ends|matches|between|like))\b",
        "`not` stands before the whole test",
        "write `not (... )`",
    ),
    (r"(?i:does\s+not|doesn)\b", "`not` stands before the whole test", "write `not (... contains ...)`"),
    (r"(?i:within|during|over)\b", "windows begin with `in`", "write `in last 30 days`"),
    (r"(?i:after|since)\b", "moments are compared with `>=`", "write `>= 2026-01-31`"),
    (r"(?i:before|until)\b", "moments are compared with `<`", "write `< 2026-01-31`"),
    (
        r"(in\s+)?last\s+(day|week|month|quarter|year)\b",
        "this could be a rolling or a calendar period",
        "write `in last 1 month`, `in last 1 full month` or `in this month`",
    ),
    (
        r"(in|between|from)\b(?=\s+(last|next|this|today|yesterday|\d))",
        "a window cannot follow a comparison",
        "put it into the parentheses of `count` or `sum`, or after `has`",
    ),
    (
        r"(minute|hour|day|week|month|quarter|year)s?\b",
        "numbers have no unit here",
        "write the number alone; spans of time are written like `in last 30 days`",
    ),
    (r"last\s+\d", "a window begins with `in`", "write `in last 30 days`"),
    (r"where\b", "the window comes last", "write `where` and its condition before the window"),
)


def explain(error: UnexpectedInput, source: Source, start: int, end: int, report: Report) -> None:
    """Adds the one diagnostic for `error`, found between `start` and `end` of the source."""
    at = _offset(error, source, start, end)
    quote = next((m.start() for m in _OPAQUE.finditer(source.text, start, end) if m["open"]), None)
    if quote is not None and quote <= max(at, start) + 1:
        _report_unclosed_text(source, quote, report)
        return
    found = _span_of(source, at, end)
    expected = _expected(error)
    for diagnose in (_upper_case, _slip, _parenthesis, _missing_when, _unfinished, _misspelt):
        if diagnose(source, start, at, end, expected, found, report):
            return
    wanted = _wanted(expected)
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
            for match in re.finditer(_OPAQUE.pattern + r"|\S", source.text[:end]):
                if match.start() >= start and not match[0].startswith("#"):
                    last = match.end()
            return last
    return start


def _expected(error: UnexpectedInput) -> frozenset[str]:
    match error:
        case UnexpectedToken():
            return frozenset(error.accepts or error.expected)
        case UnexpectedCharacters():
            return frozenset(error.allowed or ())
    return frozenset()


def _span_of(source: Source, at: int, end: int) -> Span:
    """The word, number or sign at an offset."""
    match = re.compile(r'"[^"\n]*"|[^\W\d]\w*|\d[\w.-]*|[=<>!&|]+|.', re.DOTALL).match(source.text, at, end)
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


_Diagnosis = Callable[[Source, int, int, int, frozenset[str], Span, Report], bool]


def _upper_case(
    source: Source, start: int, at: int, end: int, expected: frozenset[str], found: Span, report: Report
) -> bool:
    """`AND` for `and`."""
    word = found.text
    if (
        word.isascii()
        and word.isalpha()
        and word != word.lower()
        and (word.upper() in expected or word.upper() == "SEGMENT")
    ):
        report.add("syntax", "the words of the language are in lower case", found, help=f"write `{word.lower()}`")
        return True
    return False


def _slip(source: Source, start: int, at: int, end: int, expected: frozenset[str], found: Span, report: Report) -> bool:
    """A form that other languages have."""
    # The parser may have stopped in the middle: `= =`, `is not`.
    for begin in (_word_start(source, at, start), at):
        for pattern, message, help in _SLIPS:
            match = re.compile(pattern).match(source.text, begin, end)
            if match is not None and match.end() > at:
                report.add("syntax", message, source.span(*match.span()), help=help)
                return True
    return False


def _word_start(source: Source, at: int, start: int) -> int:
    """Where the word or sign before an offset begins."""
    before = re.search(r"(?:[^\W\d]\w*|[=<>!]+)\s*$", source.text[start:at])
    return start + before.start() if before else at


def _missing_when(
    source: Source, start: int, at: int, end: int, expected: frozenset[str], found: Span, report: Report
) -> bool:
    """A condition right after the head of a segment."""
    if "WHEN" not in expected or not found.text or found.text in _CLAUSES:
        return False
    if close := did_you_mean(found.text, (*_CLAUSES[:4], *_HEADS)):
        report.add("syntax", f"there is no clause `{found.text}`", found, help=close)
    else:
        report.add("syntax", f"`{found.text}` begins no clause", found, help="a condition begins with `when`")
    return True


def _parenthesis(
    source: Source, start: int, at: int, end: int, expected: frozenset[str], found: Span, report: Report
) -> bool:
    """One that is never closed, or closed twice."""
    opened: list[int] = []
    for match in re.finditer(_OPAQUE.pattern + "|[()]", source.text[start:at]):
        if match[0] == "(":
            opened.append(start + match.start())
        elif match[0] == ")" and opened:
            opened.pop()
    if found.text == ")" and not opened:
        report.add("syntax", "this closes a parenthesis that was never opened", found, help="take it out")
        return True
    over = not source.text[at:end].strip()
    if opened and "RPAR" in expected and (over or found.text in (*_HEADS, *_CLAUSES)):
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


def _unfinished(
    source: Source, start: int, at: int, end: int, expected: frozenset[str], found: Span, report: Report
) -> bool:
    """The text, or the definition, ends too early."""
    over = not source.text[at:end].strip() or found.text in _HEADS
    if not over or "$END" in expected:
        return False
    before = source.text[start:at].rstrip()
    last = start + len(before)
    span = source.span(max(start, last - 1), last)
    wanted = _wanted(expected)
    report.add("syntax", "the definition stops too early", span, help=f"expected {wanted} after this" if wanted else "")
    return True


def _misspelt(
    source: Source, start: int, at: int, end: int, expected: frozenset[str], found: Span, report: Report
) -> bool:
    """A word close to one that could stand here."""
    word = found.text
    if not _WORD.fullmatch(word):
        return False
    words = sorted(name.lower() for name in expected if name not in _CALLED and name.isalpha())
    units = ["minutes", "hours", "days", "weeks", "months", "quarters", "years"] if "UNIT" in expected else []
    close = did_you_mean(word, [*words, *units])
    if units and not close:
        report.add("syntax", f"`{word}` is not a unit of time", found, help=f"write one of {', '.join(units)}")
        return True
    if not close:
        return False
    report.add("syntax", f"`{word}` cannot stand here", found, help=close)
    return True


def _wanted(expected: frozenset[str]) -> str:
    """What could stand here, in words; empty when that would be a long list."""
    if {"NAME", "NUMBER"} <= expected:
        return "a condition or a value"
    called = sorted({_CALLED.get(name, f"`{name.lower()}`") for name in expected if name != "$END"})
    called = [name for name in called if not name.startswith("`__")]
    if not called or len(called) > 7:
        return ""
    return called[0] if len(called) == 1 else f"{', '.join(called[:-1])} or {called[-1]}"
