"""All findings of a project as text for people, thousands of them included.

The worst comes first, and many findings come rule by rule. A rule with many shows the first few in full, then a line
each, then how many more; at the end stands how many there are of each rule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from segdsl.diagnostics import RULES, Diagnostic, Rule, worst_first
from segdsl.render.text import PLAIN, Paint, by_rule, diagnostic, escaped

# So many findings of one rule are still read one by one; of more the first few say what it is about.
MANY = 10
FIRST = 3
LIMIT = 50


def listing(findings: Sequence[Diagnostic], paint: Paint = PLAIN, limit: int = LIMIT) -> Iterator[str]:
    """Blocks of text, to be set apart by empty lines.

    No more than `limit` findings are shown in full, and none of a rule past that number at all; 0 shows everything.
    """
    ordered = worst_first(findings)
    if not limit:
        yield from (diagnostic(finding, paint) for finding in ordered)
        return
    numbers = Counter(finding.rule.name for finding in ordered)
    in_full = 0
    shortened: dict[str, list[Diagnostic]] = {}
    for rule, found in _in_turn(ordered, numbers):
        shown = min(len(found), limit - in_full, FIRST if numbers[rule.name] > MANY else limit)
        if numbers[rule.name] > MANY:
            yield paint(rule.severity.value, f"{rule.severity.value}[{rule.name}]: {numbers[rule.name]:,} findings")
        yield from (diagnostic(finding, paint) for finding in found[:shown])
        in_full += shown
        if numbers[rule.name] > MANY:
            yield from _shortened(rule, found[shown:], limit - shown, paint)
        elif found[shown:]:
            shortened.setdefault(rule.name, []).extend(found[shown:])
    for rest in shortened.values():
        yield from _shortened(rest[0].rule, rest, limit, paint)
    if len(ordered) > MANY and len(numbers) > 1:
        yield f"{by_rule(ordered)}\none rule alone: --rule {next(iter(numbers))}"


def _in_turn(ordered: Sequence[Diagnostic], numbers: Counter[str]) -> Iterator[tuple[Rule, list[Diagnostic]]]:
    """Findings one by one while they are few, else rule by rule in the order of the worst of each."""
    if len(ordered) <= MANY:
        yield from ((finding.rule, [finding]) for finding in ordered)
        return
    for name in numbers:
        yield RULES[name], [each for each in ordered if each.rule.name == name]


def _shortened(rule: Rule, findings: Sequence[Diagnostic], limit: int, paint: Paint) -> Iterator[str]:
    """A line for each finding up to `limit`, and how many more there are."""
    head = paint(rule.severity.value, f"{rule.severity.value}[{rule.name}]")
    lines = [f"{head} {one_line(each)}" for each in findings[:limit]]
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
