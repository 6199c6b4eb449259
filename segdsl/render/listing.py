"""All findings of a project as text for people, thousands of them included.

The worst comes first. A rule with many findings shows the first few in full, then a line each, then how many more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from segdsl.diagnostics import Diagnostic, Rule, worst_first
from segdsl.render.text import PLAIN, Paint, diagnostic, escaped

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


def _in_turn(ordered: Sequence[Diagnostic], numbers: Counter[str]) -> Iterator[tuple[Rule, list[Diagnostic]]]:
    """Findings one by one, and where the first of a rule with many would be, all of that rule."""
    done: set[str] = set()
    for finding in ordered:
        if numbers[finding.rule.name] <= MANY:
            yield finding.rule, [finding]
        elif finding.rule.name not in done:
            done.add(finding.rule.name)
            yield finding.rule, [each for each in ordered if each.rule is finding.rule]


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
