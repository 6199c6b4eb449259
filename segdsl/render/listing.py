"""All findings of a project as text for people, thousands of them included.

The worst comes first, and many findings come rule by rule. A rule with many shows the first few in full, then a line
each, then how many more; at the end stands how many there are of each rule, and what it is about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from segdsl.diagnostics import RULES, Diagnostic, Rule, worst_first
from segdsl.render.text import PLAIN, Paint, diagnostic, escaped

# So many findings of one rule are still read one by one; of more the first few say what it is about.
MANY = 10
FIRST = 3
LIMIT = 50


def listing(
    findings: Sequence[Diagnostic], paint: Paint = PLAIN, limit: int = LIMIT, first: int = FIRST
) -> Iterator[str]:
    """Blocks of text, to be set apart by empty lines.

    No more than `limit` findings are shown in full, `first` of a rule with many, and none of a rule past `limit` at
    all; 0 shows everything.
    """
    ordered = worst_first(findings)
    numbers = Counter(finding.rule.name for finding in ordered)
    if not limit:
        yield from (diagnostic(finding, paint) for finding in ordered)
    else:
        yield from _limited(ordered, numbers, paint, limit, first)
    if len(ordered) > MANY and len(numbers) > 1:
        yield _table(numbers, paint)


def _limited(
    ordered: Sequence[Diagnostic], numbers: Counter[str], paint: Paint, limit: int, first: int
) -> Iterator[str]:
    in_full = 0
    shortened: dict[str, list[Diagnostic]] = {}
    for rule, found in _in_turn(ordered, numbers):
        is_many = numbers[rule.name] > MANY
        shown = min(len(found), limit - in_full, first if is_many else limit)
        if is_many:
            yield paint(rule.severity.value, f"{_head(rule)}: {numbers[rule.name]:,} findings")
        yield from (diagnostic(finding, paint) for finding in found[:shown])
        in_full += shown
        if is_many:
            yield from _shortened(rule, found[shown:], limit - shown)
        elif found[shown:]:
            shortened.setdefault(rule.name, []).extend(found[shown:])
    for rest in shortened.values():
        rule = rest[0].rule
        yield from _shortened(rule, rest, limit, f"{paint(rule.severity.value, _head(rule))} ")


def _head(rule: Rule) -> str:
    return f"{rule.severity.value}[{rule.name}]"


def _table(numbers: Counter[str], paint: Paint) -> str:
    """How many findings there are of each rule, and what each rule is about."""
    digits = max(len(f"{number:,}") for number in numbers.values())
    nouns = max(len(_noun(*each)) for each in numbers.items())
    widest = max(map(len, numbers))
    lines = []
    for name, number in numbers.items():
        noun = paint(RULES[name].severity.value, _noun(name, number)) + " " * (nouns - len(_noun(name, number)))
        lines.append(f"{number:>{digits},} {noun} {name:<{widest}}  {paint('dim', RULES[name].summary)}")
    lines.append(f"one rule alone: --rule {next(iter(numbers))}")
    if any(RULES[name].is_judgement for name in numbers):
        lines.append("only what is new from now on: --write-baseline")
    return "\n".join(lines)


def _noun(name: str, number: int) -> str:
    return RULES[name].severity.value + "s" * (number != 1)


def _in_turn(ordered: Sequence[Diagnostic], numbers: Counter[str]) -> Iterator[tuple[Rule, list[Diagnostic]]]:
    """Findings one by one while they are few, else rule by rule in the order of the worst of each."""
    if len(ordered) <= MANY:
        yield from ((finding.rule, [finding]) for finding in ordered)
        return
    for name in numbers:
        yield RULES[name], [each for each in ordered if each.rule.name == name]


def _shortened(rule: Rule, findings: Sequence[Diagnostic], limit: int, head: str = "") -> Iterator[str]:
    """A line for each finding up to `limit`, and how many more there are."""
    lines = [f"{head}{one_line(each)}" for each in findings[:limit]]
    if len(findings) > limit:
        lines.append(f"... and {len(findings) - limit:,} more of {rule.name}; show them with --limit 0")
    if lines:
        yield "\n".join(lines)


def one_line(finding: Diagnostic) -> str:
    """`segments/a.seg:12:3: message`."""
    span = finding.label.span
    place = span.source.position(span.start)
    at = f":{place.line}:{place.column}" if span.source.text else ""
    where = f"{span.source.name}{at}: " if span.source.name else ""
    return escaped(f"{where}{finding.message}")
