"""What a finding is known by when lines around it move: its rule, its file, its definition and its message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256

from segdsl.diagnostics import Diagnostic
from segdsl.source import Span


@dataclass(frozen=True, slots=True)
class Known:
    """A finding, the definition that it is in (`segment vip`, or nothing) and its fingerprint."""

    finding: Diagnostic
    definition: str
    fingerprint: str

    @property
    def file(self) -> str:
        return self.finding.label.span.source.name


def known(findings: Iterable[Diagnostic], definition_at: Callable[[Span], str]) -> list[Known]:
    """Findings with their fingerprints, in their order. Those that are alike in everything are numbered."""
    seen: Counter[str] = Counter()
    found = []
    for finding in findings:
        span = finding.label.span
        definition = definition_at(span)
        text = "\0".join((finding.rule.name, span.source.name, definition, finding.message))
        digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:20]
        seen[digest] += 1
        found.append(Known(finding, definition, f"{digest}:{seen[digest]}"))
    return found
