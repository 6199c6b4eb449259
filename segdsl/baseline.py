"""The findings that a project began with, so that only new ones are shown.

In: findings with their fingerprints, and the text of `segdsl.baseline.json`. Out: the text anew, or what is left.
Promised: only judgements are left out, never what stops the compilation; the text is sorted, one finding a line, so
that two people's changes merge and a difference reads.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from segdsl.diagnostics import RULES, Diagnostic, Report
from segdsl.fingerprints import Known
from segdsl.source import Source, Span

BASELINE_FILE = "segdsl.baseline.json"
BASELINE_VERSION = 1
KEYS = ("file", "rule", "definition", "fingerprint")
Entry = tuple[str, ...]  # what a finding has under each of the keys
MEND = "write it anew with `segdsl check --write-baseline`"


@dataclass(frozen=True, slots=True)
class Compared:
    """What is left beside a baseline, and how many findings are in it."""

    left: tuple[Diagnostic, ...]
    hidden: int


def entries(findings: Iterable[Known], older: Source | None, *, complete: bool, with_data: bool) -> list[Entry]:
    """What the baseline of a project with these findings holds, sorted.

    What is in an `older` one stays in it if it was not looked for: unless all rules were (`complete`), and the data
    (`with_data`).
    """
    found = {
        (each.file, each.finding.rule.name, each.definition, each.fingerprint)
        for each in findings
        if each.finding.rule.is_judgement
    }
    before = _read(older, Report()) if older is not None else None
    return sorted(found.union(each for each in before or () if not (complete and _is_sought(each, with_data))))


def written(entries: Sequence[Entry]) -> Source:
    lines = [json.dumps(dict(zip(KEYS, entry, strict=True))) for entry in entries]
    inside = "".join(f"\n  {line}{',' * (index < len(lines))}" for index, line in enumerate(lines, 1))
    return Source(BASELINE_FILE, f'{{"version": {BASELINE_VERSION}, "findings": [{inside}\n]}}\n')


def compared(findings: Sequence[Known], baseline: Source, *, complete: bool, with_data: bool) -> Compared:
    """The findings that are not in the baseline, and those about the baseline itself.

    Unless all rules were looked for (`complete`), nobody knows which findings are gone, and of those in the data only
    when these were looked at (`with_data`).
    """
    report = Report()
    entries = _read(baseline, report)
    if entries is None:
        return Compared((*(each.finding for each in findings), *report), 0)
    present = {each.fingerprint for each in findings if each.finding.rule.is_judgement}
    hidden = present.intersection(entry[-1] for entry in entries)
    gone = [entry[-1] for entry in entries if _is_sought(entry, with_data) and entry[-1] not in hidden]
    if gone and complete:
        what = "finding is" if len(gone) == 1 else "findings are"
        message = f"{len(gone):,} {what} in the baseline and no longer in the project"
        report.add("stale-baseline", message, _place(baseline, gone[0]), help=MEND)
    left = (each.finding for each in findings if each.fingerprint not in hidden)
    return Compared((*left, *report), len(hidden))


def _read(baseline: Source, report: Report) -> list[Entry] | None:
    """What is in a baseline, in its order; None, and a finding, when it is none."""
    try:
        found = json.loads(baseline.text)
    except json.JSONDecodeError as error:
        report.add("bad-baseline", "the baseline is not JSON", baseline.span(error.pos, error.pos + 1), help=MEND)
        return None
    except (RecursionError, ValueError):
        report.add("bad-baseline", "the baseline is not one that was written here", baseline.whole(), help=MEND)
        return None
    if isinstance(found, dict) and found.get("version") != BASELINE_VERSION:
        message = f"the baseline is not of version {BASELINE_VERSION}"
        report.add("bad-baseline", message, baseline.whole(), help=MEND)
        return None
    entries = found.get("findings") if isinstance(found, dict) else None
    if not isinstance(entries, list) or not all(map(_is_entry, entries)):
        report.add("bad-baseline", "the baseline is not one that was written here", baseline.whole(), help=MEND)
        return None
    return [tuple(str(entry.get(key, "")) for key in KEYS) for entry in entries]


def _is_sought(entry: Entry, with_data: bool) -> bool:
    """Whether a check looks for what is written in a baseline; for what the data break only with them."""
    rule = RULES.get(entry[KEYS.index("rule")])
    return with_data or rule is None or not rule.of_data


def _is_entry(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("fingerprint"), str)


def _place(baseline: Source, fingerprint: str) -> Span:
    start = max(0, baseline.text.find(f'"{fingerprint}"'))
    return baseline.span(start, start + len(fingerprint) + 2)
