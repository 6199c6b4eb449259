"""What the arguments mean: the project, the moment, the files."""

from __future__ import annotations

import os
import re
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from segdsl import compiler
from segdsl import project as projects
from segdsl.cli import output
from segdsl.cli.codes import FINDINGS, FINE, USAGE
from segdsl.compiler import BadRequest, Findings
from segdsl.diagnostics import Diagnostic, Severity
from segdsl.project import Project

if TYPE_CHECKING:
    from segdsl.cache import Cache
    from segdsl.semantics import ir


def load_project(options: Namespace, paths: Sequence[str] = ()) -> Project:
    """The project that `-C`, else the first path, else the current folder lies in."""
    start = Path(getattr(options, "folder", None) or (paths[0] if paths else "."))
    return projects.load(start, os.environ)


def with_environment(text: str) -> str:
    """A text with the environment's values in the place of `${NAME}`; names that it lacks stay."""
    return re.sub(r"\$\{(\w+)\}", lambda found: os.environ.get(found[1], found[0]), text)


def cache(options: Namespace) -> Cache | None:
    """Where answers are kept for the next time: in the user's own folder, or in the one that SEGDSL_CACHE names."""
    from segdsl.cache import Cache

    named = os.environ.get("SEGDSL_CACHE", "")
    if getattr(options, "no_cache", False) or named == "off":
        return None
    if named:
        return Cache(Path(named))
    if sys.platform == "win32":
        own = os.environ.get("LOCALAPPDATA")
    else:
        own = os.environ.get("XDG_CACHE_HOME")
    try:
        # A relative one says nothing (https://specifications.freedesktop.org/basedir-spec).
        folder = Path(own) if own and Path(own).is_absolute() else Path.home() / ".cache"
    except RuntimeError:
        return None  # whoever runs this has no home
    return Cache(folder / "segdsl")


def understood_program(options: Namespace) -> ir.Program:
    """The program of a project whose segments can be compared: conflicts among them are no hindrance."""
    project = load_project(options)
    return without_errors(options, project, compiler.understood)


def sound_program(options: Namespace) -> tuple[Project, ir.Program]:
    project = load_project(options)
    return project, without_errors(options, project, compiler.sound)


def without_errors(options: Namespace, project: Project, pass_: Callable[..., ir.Program]) -> ir.Program:
    try:
        return pass_(project, settings(options), cache(options))
    except Findings as found:
        code = exit_code(found.diagnostics, project)
        raise SystemExit(output.show_findings(found.diagnostics, sys.stderr, options, code)) from None


def settings(options: Namespace) -> dict[str, str]:
    settings = {}
    for text in options.settings:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise BadRequest(f"`--set {text}` does not say what to set", "write --set NAME=VALUE")
        settings[name.strip()] = value.strip()
    return settings


def limit(options: Namespace) -> int:
    limit: int = options.limit
    if limit < 0:
        raise BadRequest(f"`--limit {limit}` is less than nothing", "write --limit 0 to see all")
    return limit


def moment(options: Namespace, project: Project) -> date | datetime:
    """The moment that `--as-of` names; now, unless it does."""
    if options.as_of is None:
        return datetime.now(ZoneInfo(project.timezone))
    text = options.as_of.strip()
    help = "write a date or a moment: 2026-01-10, 2026-01-10T09:00 or 2026-01-10T09:00+05:30"
    form = r"\d{4}-\d\d-\d\d(?P<time>[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?)?"
    match = re.fullmatch(form, text, re.ASCII)
    if match is None:
        raise BadRequest(f"`{text}` is not a moment", help)
    try:
        return datetime.fromisoformat(text) if match["time"] else date.fromisoformat(text)
    except ValueError:
        raise BadRequest(f"`{text}` is a moment that no calendar has", help) from None


def wanted(project: Project, paths: Sequence[str]) -> Callable[[str], bool]:
    """Whether a file, by its name in the project, is in the files or folders named; when none is named, all are."""
    wanted = []
    for path in paths:
        try:
            wanted.append(Path(path).resolve(strict=True).relative_to(project.root))
        except (OSError, RuntimeError):
            raise BadRequest(f"there is no file or folder `{path}`") from None
        except ValueError:
            raise BadRequest(f"`{path}` is not in the project `{project.root}`") from None
    return lambda name: not paths or any(Path(name).is_relative_to(path) for path in wanted)


def exit_code(findings: Sequence[Diagnostic], project: Project, *, strict: bool = False) -> int:
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    about_arguments = any(not finding.label.span.source.name for finding in errors)
    if not project.is_readable or about_arguments:
        return USAGE
    counting = [finding for finding in findings if finding.severity is not Severity.NOTE]
    return FINDINGS if errors or (strict and counting) else FINE
