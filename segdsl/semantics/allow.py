"""Findings that a person has decided to live with: `# segdsl: allow includes-missing because unknown is fine here`.

In: modules as written, with their comments, and what was found in them. Out: the findings that are left, and those
about the comments themselves. Only judgements can be allowed: what stops the compilation has no meaning to live with.

A comment on the lines directly above a definition is about all of it. Above a line inside of a definition it is about
that line and what is indented further below it; behind something, about that line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from segdsl.diagnostics import RULES, Diagnostic, Report, did_you_mean
from segdsl.grammar import ast
from segdsl.semantics.outline import Outline
from segdsl.source import Source, Span

_DIRECTIVE = re.compile(r"#\s*segdsl\s*:\s*(?P<said>.*)", re.DOTALL)
_ALLOW = re.compile(r"allow\s+(?P<rule>[^\s,]+)(?:\s+because\b\s*(?P<reason>.*))?", re.DOTALL)
FORM = "write `# segdsl: allow includes-missing because ...`"

# What some days find and others do not: an `allow` of these is not unused on the others.
_BY_DATE = frozenset(("review-due", "inactive"))


@dataclass(slots=True)
class _Allowance:
    """One rule, silenced from `start` to `end` of a file."""

    rule: str
    comment: Span
    start: int
    end: int
    is_used: bool = field(default=False)

    def covers(self, finding: Diagnostic) -> bool:
        span = finding.label.span
        return finding.rule.name == self.rule and self.start <= span.start <= self.end


def without_allowed(modules: Sequence[ast.Module], findings: Iterable[Diagnostic], *, complete: bool) -> Report:
    """The findings that no comment allows, with what is wrong with the comments.

    Unless all rules were looked for (`complete`), nobody knows that an `allow` is unused.
    """
    report = Report()
    allowances: dict[str, list[_Allowance]] = {}
    outline = Outline(modules)
    for module in modules:
        source = module.span.source
        allowances.setdefault(source.name, []).extend(_allowances(module, outline, report))
    left = [each for each in findings if not _is_allowed(each, allowances.get(each.label.span.source.name, []))]
    for allowance in (each for found in allowances.values() for each in found) if complete else ():
        if not allowance.is_used and allowance.rule not in _BY_DATE:
            message = f"nothing here needs `allow {allowance.rule}`"
            report.add("unused-allow", message, allowance.comment, help="take the comment out")
    return Report([*left, *report])


def _is_allowed(finding: Diagnostic, allowances: Iterable[_Allowance]) -> bool:
    """Whether a comment is about the finding; every comment that is counts as used."""
    covering = [each for each in allowances if each.covers(finding)]
    for allowance in covering:
        allowance.is_used = True
    return bool(covering)


def _allowances(module: ast.Module, outline: Outline, report: Report) -> Iterator[_Allowance]:
    source = module.span.source
    for comment in module.comments:
        directive = _DIRECTIVE.match(comment.text)
        if directive is None:
            continue
        rule = _rule(directive["said"], comment, report)
        if rule is None:
            continue
        scope = _scope(comment, source, outline)
        if scope is None:
            message = "this comment stands above no definition, and above no line of one"
            help = "write it on the line directly above, without an empty line between"
            report.add("bad-allow", message, comment.span, help=help)
            continue
        yield _Allowance(rule, comment.span, *scope)


def _rule(said: str, comment: ast.Comment, report: Report) -> str | None:
    """The rule that a comment allows; None, and a finding, when it is none that can be."""
    match = _ALLOW.fullmatch(said.strip())
    if match is None:
        report.add("bad-allow", "this comment does not say what it allows", comment.span, help=FORM)
        return None
    rule = match["rule"]
    if rule not in RULES:
        judgements = [name for name, each in RULES.items() if each.is_judgement]
        help = did_you_mean(rule, judgements, "`segdsl check` writes the rule's name in brackets")
        report.add("bad-allow", f"there is no rule `{rule}`", comment.span, help=help)
    elif not RULES[rule].is_judgement:
        help = "mend what it finds, and take the comment out"
        report.add("bad-allow", f"`{rule}` cannot be allowed", comment.span, help=help)
    elif not (match["reason"] or "").strip(" \t.…"):
        message = f"this comment does not say why `{rule}` is allowed"
        report.add("bad-allow", message, comment.span, help=f"write `# segdsl: allow {rule} because ...`")
    else:
        return rule
    return None


def _scope(comment: ast.Comment, source: Source, outline: Outline) -> tuple[int, int] | None:
    """From where to where the text stands that a comment is about."""
    number = source.position(comment.span.start).line
    if comment.own_line:
        number += 1
        while source.line(number).lstrip().startswith("#"):
            number += 1
    line = source.line(number)
    if not line.strip():
        return None
    start = source.offset(number) + len(line) - len(line.lstrip())
    definition = outline.at(source.span(start, start))
    if definition is None:
        return None
    if comment.own_line and definition.span.start == start:
        return start, definition.span.end
    if not comment.own_line:
        return source.offset(number), source.offset(number) + len(line)
    return start, min(definition.span.end, _end_of_clause(source, number))


def _end_of_clause(source: Source, number: int) -> int:
    """Where the text ends that begins in a line and goes on in those below that are indented further."""
    indent, last = _indent(source.line(number)), number
    while source.line(last + 1).strip() and _indent(source.line(last + 1)) > indent:
        last += 1
    return source.offset(last) + len(source.line(last))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
