"""How something is said on a terminal, in a pipe or in a file."""

from __future__ import annotations

import json
import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from contextlib import suppress
from typing import TextIO

from segdsl import render
from segdsl.diagnostics import Diagnostic
from segdsl.source import Span


def show_findings(
    findings: Sequence[Diagnostic], stream: TextIO, options: Namespace, code: int, segments: int = 0, files: int = 0
) -> int:
    paint = paint_for(stream, options)
    for finding in findings:
        print(render.diagnostic(finding, paint), end="\n\n", file=stream)
    style = "good" if not findings else "error" if code else "warning"
    print(paint(style, render.summary(findings, segments, files)), file=stream)
    return code


def complain(message: str, help: str, code: int, options: Namespace, where: Span | None = None) -> int:
    print(render.problem(message, help, where, paint_for(sys.stderr, options)), file=sys.stderr)
    return code


def print_json(value: object) -> None:
    print(json.dumps(value, indent=2))


def paint_for(stream: TextIO, options: Namespace) -> render.Paint:
    """Colours when they are asked for, or when a person watches and has not asked for none (https://no-color.org)."""
    wish = getattr(options, "color", "auto")
    if wish != "auto":
        return render.Paint(wish == "always")
    return render.Paint(stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb")


def prints(char: str) -> bool:
    try:
        char.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def drop_output() -> None:
    """What is still buffered goes nowhere: else Python tries again on its way out, and complains."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def make_printable() -> None:
    """Text in any script can be printed anywhere: files and pipes get UTF-8, and nothing is lost elsewhere."""
    # Started without an output (`>&-`) there is none to write to.
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace", encoding=None if stream.isatty() else "utf-8")
