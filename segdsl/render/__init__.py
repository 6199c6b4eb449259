"""Findings as people, programs and CI systems see them: a module for each.

In: diagnostics. Out: strings, and plain values for `json.dumps`. What the commands share is named here.
"""

from segdsl.render.json import JSON_VERSION, diagnostics_json, finding_json
from segdsl.render.text import PLAIN, Paint, counted, diagnostic, escaped, places, problem, summary, width

__all__ = [
    "JSON_VERSION", "PLAIN", "Paint", "counted", "diagnostic", "diagnostics_json", "escaped", "finding_json", "places",
    "problem",
    "summary", "width",
]  # fmt: skip
