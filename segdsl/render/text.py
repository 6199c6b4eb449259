"""Findings as text for people.

In: diagnostics. Out: strings. Promised: text of the user's that could hide, reverse or repaint what a terminal shows
is escaped; carets stand under what they point at, tabs and double-width characters included.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from segdsl.diagnostics import Diagnostic, Label, Severity, some_details
from segdsl.source import Source, Span

TAB = "    "
WIDEST_LINE = 120
BEFORE_LABEL = 40

STYLES = {
    "error": "1;31",
    "warning": "1;33",
    "note": "1;36",
    "bold": "1",
    "place": "34",
    "dim": "2",
    "good": "32",
    "bar": "36",
}


@dataclass(frozen=True, slots=True)
class Paint:
    """Colours, or none."""

    colours: bool = False

    def __call__(self, style: str, text: str) -> str:
        return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if self.colours and text else text


PLAIN = Paint()

# --- text that a terminal shows as it is ------------------------------------------------------------


def escaped(text: str) -> str:
    """The text with what is invisible, or moves the cursor, spelled out: `\\x1b`, `\\u{202e}`."""
    return text if text.isascii() and text.isprintable() else "".join(map(_shown, text))


def _shown(char: str) -> str:
    # The joiners are letters of many scripts; every other format character is invisible or reorders text.
    if char in "\u200c\u200d" or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"):
        return char
    return f"\\x{ord(char):02x}" if ord(char) < 0x100 else f"\\u{{{ord(char):x}}}"


def width(text: str) -> int:
    """How many columns of a terminal the text takes."""
    if text.isascii():
        return len(text)
    return sum(map(_columns, text))


def _columns(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def utf16_length(text: str) -> int:
    """How long a text is where GitHub counts: the longest way that it might."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def shortened(text: str, longest: int) -> str:
    """The text, or its beginning, no longer than `longest` where GitHub counts."""
    if utf16_length(text) <= longest:
        return text
    return text.encode("utf-16-le", "surrogatepass")[: 2 * (longest - 1)].decode("utf-16-le", "ignore") + "…"


# --- diagnostics for people ---------------------------------------------------------------------------


def diagnostic(finding: Diagnostic, paint: Paint = PLAIN) -> str:
    """One finding with the lines it is about."""
    return _problem(
        f"{finding.severity.value}[{finding.rule.name}]",
        finding.severity.value,
        finding.message,
        (finding.label, *finding.others),
        finding.help,
        paint,
        finding.example,
        some_details(finding),
    )


def places(labels: Sequence[Label], paint: Paint = PLAIN) -> str:
    """The lines that some labels stand in, the first one marked as the main one."""
    return "\n".join(_problem("", "bold", "", labels, "", paint).split("\n")[1:])


def problem(message: str, help: str = "", where: Span | None = None, paint: Paint = PLAIN) -> str:
    """What kept a command from its work."""
    labels = (Label(where),) if where is not None else ()
    return _problem("error", "error", message, labels, help, paint)


def _problem(
    head: str,
    style: str,
    message: str,
    labels: Sequence[Label],
    help: str,
    paint: Paint,
    example: str = "",
    details: Sequence[str] = (),
) -> str:
    main = labels[0].span.source if labels else None
    sources = list(dict.fromkeys(label.span.source.name for label in labels if label.span.source.name))
    lines = [paint(style, head) + paint("bold", f": {escaped(message)}")]
    last = max((label.span.source.position(label.span.start).line for label in labels), default=0)
    gutter = " " * len(str(last))
    for name in sources:
        inside = [label for label in labels if label.span.source.name == name]
        arrow = "-->" if main is not None and name == main.name else ":::"
        place = inside[0].span.source.position(inside[0].span.start)
        at = f":{place.line}:{place.column}" if inside[0].span.source.text else ""
        lines.append(f"{gutter}{paint('place', arrow)} {escaped(name)}{at}")
        lines += _snippet(inside, labels[0], style, gutter, paint)
    lines += [f"{gutter} {paint('place', '=')} {escaped(line)}" for line in details]
    if example:
        lines.append(f"{gutter} {paint('place', '=')} for example:")
        lines += [f"{gutter}     {escaped(line)}" for line in example.rstrip("\n").split("\n")]
    if help:
        lead = f"{gutter} {paint('place', '=')} help: "
        lines.append(lead + f"\n{gutter}         ".join(map(escaped, help.split("\n"))))
    return "\n".join(lines)


def _snippet(labels: Sequence[Label], main: Label, style: str, gutter: str, paint: Paint) -> list[str]:
    """The lines that the labels of one file stand in, each with what points into it."""
    source = labels[0].span.source
    if not source.text:
        return []
    bar = paint("place", "|")
    lines = [f"{gutter} {bar}"]
    previous = None

    def line_of(label: Label) -> int:
        return source.position(label.span.start).line

    for number, group in groupby(sorted(labels, key=lambda label: label.span.start), key=line_of):
        if previous is not None and number > previous + 1:
            lines.append(f"{gutter} {paint('place', ':')}")
        previous = number
        here = list(group)
        start, end = _cut(source.line(number), source.position(here[0].span.start).column - 1)
        shown = _display(source.line(number)[start:end])
        before, after = "…" * (start > 0), "…" * (end < len(source.line(number)))
        lines.append(f"{paint('place', str(number).rjust(len(gutter)))} {bar} {before}{shown}{after}".rstrip())
        for label in here:
            mark, colour = ("^", style) if label is main else ("-", "place")
            indent, length = _under(source, label.span, number, start, end)
            pointed = f"{mark * length} {escaped(label.text)}".rstrip()
            lines.append(f"{gutter} {bar} {' ' * (len(before) + indent)}{paint(colour, pointed)}")
    return lines


def _display(text: str) -> str:
    return "".join(TAB if char == "\t" else _shown(char) for char in text)


def _cut(line: str, at: int) -> tuple[int, int]:
    """The part of a long line to show: what is around the character `at`."""
    if len(line) <= WIDEST_LINE:
        return 0, len(line)
    start = max(0, min(at - BEFORE_LABEL, len(line) - WIDEST_LINE))
    return start, min(len(line), start + WIDEST_LINE)


def _under(source: Source, span: Span, number: int, start: int, end: int) -> tuple[int, int]:
    """How far in the marks under a span begin, and how many they are; of several lines the first is marked."""
    line = source.line(number)
    first = source.position(span.start).column - 1
    last = first + max(0, span.end - span.start)
    first, last = (max(start, min(place, len(line), end)) for place in (first, last))
    return width(_display(line[start:first])), max(1, width(_display(line[first:last])))


def summary(findings: Sequence[Diagnostic], segments: int, files: int) -> str:
    """One line: `2 errors, 1 warning in 3 files`."""
    if not findings:
        return f"{counted(segments, 'segment')} in {counted(files, 'file')}: no findings"
    numbers = [(count(findings, severity), severity.value) for severity in Severity]
    said = ", ".join(counted(number, noun) for number, noun in numbers if number)
    return f"{said} in {counted(len({d.label.span.source.name for d in findings}), 'file')}"


def by_rule(findings: Iterable[Diagnostic]) -> str:
    """How many findings there are of each rule, in the order of the first of each: `19 never-matches, 3 shadowed`."""
    return ", ".join(f"{number:,} {name}" for name, number in Counter(each.rule.name for each in findings).items())


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def count(findings: Iterable[Diagnostic], severity: Severity) -> int:
    return sum(1 for d in findings if d.severity is severity)
