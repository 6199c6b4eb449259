"""Finds everything that can be known without data."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from segdsl import compiler, render
from segdsl import project as projects
from segdsl.cli import arguments, asked, output, reports
from segdsl.cli.codes import USAGE
from segdsl.compiler import BadRequest
from segdsl.diagnostics import RULES, Diagnostic, Report, Severity, did_you_mean
from segdsl.project import Project
from segdsl.render.listing import LIMIT

if TYPE_CHECKING:
    from segdsl.baseline import Compared

HELP = "find everything that can be known without data: syntax, names, types, conflicts, promises"


def add_to(parser: ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", metavar="PATH", help="show the findings of these files or folders only")
    parser.add_argument("--strict", action="store_true", help="warnings count as findings: exit code 1")
    parser.add_argument("--rule", action="append", default=[], metavar="NAME", dest="rules", help="show this rule only")
    help = f"show so many findings of a rule, and in full; 0 shows all (default: {LIMIT})"
    parser.add_argument("--limit", type=int, default=LIMIT, metavar="N", help=help)
    help = "write what is found now to segdsl.baseline.json: it is not shown any more"
    parser.add_argument("--write-baseline", action="store_true", help=help)
    parser.add_argument("--no-baseline", action="store_true", help="show the findings of the baseline, too")
    help = "work out everything anew, and keep nothing for the next time"
    parser.add_argument("--no-cache", action="store_true", help=help)
    parser.add_argument("--data", action="store_true", help="look also whether the data are what the catalog declares")
    help = "the target of segdsl.yml whose data are looked at (default: its default_target); implies --data"
    parser.add_argument("--target", metavar="NAME", help=help)
    arguments.add_settings(parser)
    arguments.add_format(parser, "text", "json", "github", "sarif", "junit", "markdown")


def call(options: Namespace) -> int:
    _refuse_together(options)
    options.data = options.data or options.target is not None
    project = asked.load_project(options, options.paths)
    today = datetime.now(ZoneInfo(project.timezone)).date()
    checked = compiler.check(project, asked.settings(options), today, asked.cache(options))
    if options.data:
        checked = _beside_data(checked, project, options)
    if options.write_baseline:
        return _write_baseline(checked, project, options)
    compared = _beside_baseline(checked, project, options)
    findings = _inside(compared.left, project, options.paths)
    code = asked.exit_code(findings, project, strict=options.strict)
    segments = len(checked.program.segments) if checked.program is not None else 0
    if options.format == "text":
        return reports.list_findings(findings, options, code, segments, len(project.segments), compared.hidden)
    reports.print_report(findings, checked, project, options, compared.hidden)
    return code


def _beside_data(checked: compiler.Checked, project: Project, options: Namespace) -> compiler.Checked:
    """With what the data break of the catalog; they are looked at once the catalog itself is free of errors."""
    errors = [found.label.span.source.name for found in checked.report if found.severity is Severity.ERROR]
    if checked.program is None or projects.CATALOG_FILE in errors or projects.PROJECT_FILE in errors:
        return checked
    from segdsl import warehouse

    clock = compiler.clock(checked.program, datetime.now(ZoneInfo(project.timezone)))
    found = warehouse.check_declarations(checked.program, clock, project.target(options.target))
    return replace(checked, report=Report([*checked.report, *found]))


def _refuse_together(options: Namespace) -> None:
    """What `check` is asked for must go together."""
    for name in options.rules:
        if name not in RULES:
            raise BadRequest(f"there is no rule `{name}`", did_you_mean(name, RULES, "the rules are in docs/rules.md"))
    asked.limit(options)
    if options.format != "text" and options.rules:
        raise BadRequest(f"`--format {options.format}` holds the findings of all rules", "leave out --rule or --format")
    if options.write_baseline and options.paths:
        raise BadRequest("the baseline is that of the whole project", "leave out the files and folders")


def _beside_baseline(checked: compiler.Checked, project: Project, options: Namespace) -> Compared:
    """The findings without those of the baseline."""
    from segdsl import baseline
    from segdsl.fingerprints import known

    report = Report(checked.report.sorted())
    text = None if options.no_baseline else projects.read_beside(project, baseline.BASELINE_FILE, report)
    found = report.sorted()
    if text is None:
        return baseline.Compared(tuple(found), 0)
    compared = baseline.compared(
        known(found, checked.outline.name_at), text, complete=checked.is_complete, with_data=options.data
    )
    return baseline.Compared(tuple(Report(compared.left).sorted()), compared.hidden)


def _inside(findings: Sequence[Diagnostic], project: Project, paths: Sequence[str]) -> list[Diagnostic]:
    """The findings in the files or folders named, and those of the project as a whole."""
    is_wanted = asked.wanted(project, paths)
    from segdsl.baseline import BASELINE_FILE

    whole = ("", projects.PROJECT_FILE, projects.CATALOG_FILE, BASELINE_FILE)
    names = {finding.label.span.source.name for finding in findings}
    shown = {name for name in names if name in whole or is_wanted(name)}
    return [finding for finding in findings if finding.label.span.source.name in shown]


def _write_baseline(checked: compiler.Checked, project: Project, options: Namespace) -> int:
    """Writes what a person may decide to live with, and tells of all else why it is not in it."""
    from segdsl import baseline
    from segdsl.fingerprints import known

    findings = checked.report.sorted()
    rest = [each for each in findings if not each.rule.is_judgement and each.severity is not Severity.NOTE]
    errors = [each for each in rest if each.severity is Severity.ERROR]
    code = asked.exit_code(rest, project, strict=options.strict)
    if rest:
        reports.list_findings(rest, options, code)
    if code == USAGE:
        return output.complain("the baseline was not written", "mend these errors first", code, options)
    judgements = [each for each in findings if each.rule.is_judgement]
    # What was not looked for may be in the project all the same.
    older = projects.read_beside(project, baseline.BASELINE_FILE, Report())
    entries = baseline.entries(
        known(judgements, checked.outline.name_at), older, complete=checked.is_complete, with_data=options.data
    )
    projects.write_beside(project, baseline.written(entries))
    print(f"{baseline.BASELINE_FILE}: {render.counted(len(entries), 'finding')}")
    if not rest:
        return code
    if not errors:
        message = f"{render.counted(len(rest), 'warning')} about comments cannot be in it"
        return output.complain(message, "mend the comments, or remove them", code, options)
    message = f"{render.counted(len(errors), 'error')} cannot be in it: compile, size, members and run stop at them"
    again = "" if checked.is_complete else ", and write it again: conflicts are looked for then"
    return output.complain(message, f"mend them{again}", code, options)
