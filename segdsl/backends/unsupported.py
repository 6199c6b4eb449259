"""The one way to say no: a construct that a database cannot say exactly."""

from __future__ import annotations

from segdsl.diagnostics import RULES, Diagnostic, Label
from segdsl.source import Span


class Unsupported(Exception):
    """Carries the finding, which stands at the construct; nothing is ever approximated instead."""

    def __init__(self, message: str, span: Span, *, label: str = "", help: str = "") -> None:
        super().__init__(message)
        self.diagnostic = Diagnostic(RULES["unsupported"], message, Label(span, label), help)


class TooWide(Unsupported):
    """A database has not so many columns: it may have them for fewer segments."""
