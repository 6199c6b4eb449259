"""The command line: arguments, one call, print, exit code. The only reader of the clock and the environment.

Exit codes: 0 fine, 1 findings, 2 wrong usage or an unreadable project, 3 the database said no (and 130 when
interrupted). What a command is asked for goes to standard output, everything else to standard error.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from argparse import SUPPRESS, Action, ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TextIO
from zoneinfo import ZoneInfo

from segdsl import compiler, render
from segdsl import project as projects
from segdsl.compiler import BadRequest, Findings
from segdsl.diagnostics import RULES, Diagnostic, Report, Severity, did_you_mean, listed
from segdsl.introspection import DatabaseProblem
from segdsl.project import Project, ProjectProblem
from segdsl.relations import MOST_EXAMPLES
from segdsl.render.listing import FIRST, LIMIT, listing
from segdsl.source import Span

if TYPE_CHECKING:
    from segdsl.baseline import Compared
    from segdsl.cache import Cache
    from segdsl.semantics import ir

FINE, FINDINGS, USAGE, DATABASE, INTERRUPTED = 0, 1, 2, 3, 130


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; gives its exit code. Never raises, and never shows a traceback unless SEGDSL_DEBUG is set."""
    _make_printable()
    parser = _parser()
    options = Namespace()
    try:
        options = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
        if options.command is None:
            parser.print_help()
            return FINE
        code = COMMANDS[options.command](options)
        sys.stdout.flush()
        return code
    except SystemExit as left:  # argparse has printed its help or its complaint
        return left.code if isinstance(left.code, int) else USAGE
    except Findings as found:
        return _show_findings(found.diagnostics, sys.stderr, options, FINDINGS)
    except (BadRequest, ProjectProblem) as error:
        return _complain(error.message, error.help, USAGE, options)
    except DatabaseProblem as error:
        if os.environ.get("SEGDSL_DEBUG"):
            raise
        return _complain(error.message, error.help, DATABASE, options, error.where)
    except BrokenPipeError:
        _drop_output()  # whoever read has seen enough
        return FINE
    except OSError as error:
        if os.environ.get("SEGDSL_DEBUG"):
            raise
        _drop_output()
        return _complain(f"the system refuses: {(error.strerror or str(error)).lower()}", "", USAGE, options)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as defect:
        if os.environ.get("SEGDSL_DEBUG"):
            raise
        return _complain(
            f"this is a defect in segdsl: {type(defect).__name__}: {defect}",
            "please report it with what you typed; SEGDSL_DEBUG=1 shows where it happened",
            USAGE,
            options,
        )


# --- commands -----------------------------------------------------------------------------------------


def _init(options: Namespace) -> int:
    from segdsl.scaffold import NEXT_COMMANDS, create

    folder = Path(options.directory)
    files = create(folder)
    print(f"made {len(files)} files in {render.escaped(str(folder))}:")
    for file in files:
        print(f"  {file}")
    print("\nnext:")
    if folder.resolve() != Path.cwd():
        print(f"  cd {render.escaped(str(folder))}")
    for command in NEXT_COMMANDS:
        print(f"  {command}")
    return FINE


def _check(options: Namespace) -> int:
    _refuse_together(options)
    project = _project(options, options.paths)
    today = datetime.now(ZoneInfo(project.timezone)).date()
    checked = compiler.check(project, _settings(options), today, _cache(options))
    if options.data:
        checked = _beside_data(checked, project, options)
    if options.write_baseline:
        return _write_baseline(checked, project, options)
    compared = _beside_baseline(checked, project, options)
    findings = _inside(compared.left, project, options.paths)
    code = _code(findings, project, strict=options.strict)
    segments = len(checked.program.segments) if checked.program is not None else 0
    if options.format == "text":
        return _list_findings(findings, options, code, segments, len(project.segments), compared.hidden)
    _print_report(findings, checked, project, options, compared.hidden)
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
    _limit(options)
    if options.format != "text" and options.rules:
        raise BadRequest(f"`--format {options.format}` holds the findings of all rules", "leave out --rule or --format")
    if options.target is not None and not options.data:
        raise BadRequest("`--target` says whose data are looked at", "add --data, or leave it out")
    if options.write_baseline and options.paths:
        raise BadRequest("the baseline is that of the whole project", "leave out the files and folders")


def _limit(options: Namespace) -> int:
    limit: int = options.limit
    if limit < 0:
        raise BadRequest(f"`--limit {limit}` is less than nothing", "write --limit 0 to see all")
    return limit


def _write_baseline(checked: compiler.Checked, project: Project, options: Namespace) -> int:
    """Writes what a person may decide to live with, and tells of all else why it is not in it."""
    from segdsl import baseline
    from segdsl.fingerprints import known

    findings = checked.report.sorted()
    rest = [each for each in findings if not each.rule.is_judgement and each.severity is not Severity.NOTE]
    errors = [each for each in rest if each.severity is Severity.ERROR]
    code = _code(rest, project, strict=options.strict)
    if rest:
        _list_findings(rest, options, code)
    if code == USAGE:
        return _complain("the baseline was not written", "mend these errors first", code, options)
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
        return _complain(message, "mend the comments, or remove them", code, options)
    message = f"{render.counted(len(errors), 'error')} cannot be in it: compile, size, members and run stop at them"
    again = "" if checked.is_complete else ", and write it again: conflicts are looked for then"
    return _complain(message, f"mend them{again}", code, options)


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


def _fmt(options: Namespace) -> int:
    project = _project(options, options.paths)
    is_wanted = _wanted(project, options.paths)
    sources = [source for source in project.segments if is_wanted(source.name)]
    folder = projects.SEGMENTS_FOLDER
    in_segments = [found for found in project.findings if Path(found.label.span.source.name).is_relative_to(folder)]
    report = Report(found for found in in_segments if is_wanted(found.label.span.source.name))
    if options.paths and not sources and not len(report):
        raise BadRequest(f"there are no definitions in {listed(options.paths)}", f"name files or folders in {folder}/")
    laid_out = [(source, compiler.laid_out(source, options.to, report)) for source in sources]
    changes = [(old, new) for old, new in laid_out if new is not old]
    for old, new in changes if options.check else projects.rewrite(project, changes):
        print(render.escaped(old.name if new.name == old.name else f"{old.name} -> {new.name}"))
    if len(report):
        return _show_findings(report.sorted(), sys.stderr, options, FINDINGS)
    return FINDINGS if options.check and changes else FINE


def _compile(options: Namespace) -> int:
    project, program = _sound(options)
    clock = compiler.clock(program, _as_of(options, project))
    print(compiler.write_sql(program, options.names, options.to, clock, assigned=options.assigned))
    return FINE


def _size(options: Namespace) -> int:
    from segdsl import results, warehouse

    project, program = _sound(options)
    names = compiler.chosen(program, options.names)
    clock = compiler.clock(program, _as_of(options, project))
    sizes = warehouse.size(program, names, clock, project.target(options.target))
    code = FINDINGS if sizes.broken else FINE
    if options.format == "json":
        _print_json(results.size_json(program, sizes))
    else:
        columns = shutil.get_terminal_size((120, 24)).columns if sys.stdout.isatty() else 120
        print(results.size_table(program, sizes, _paint(sys.stdout, options), columns, _prints(results.SOLID)))
        if sizes.broken:
            print()
            _show_findings(sizes.broken, sys.stdout, options, code)
    return code


def _members(options: Namespace) -> int:
    from segdsl import results, warehouse

    if options.format == "parquet" and options.output is None:
        raise BadRequest("a Parquet file cannot be printed", "add --output FILE.parquet")
    project, program = _sound(options)
    (segment,) = compiler.chosen(program, [options.name])
    clock = compiler.clock(program, _as_of(options, project))
    target = project.target(options.target)
    if options.output is not None:
        _refuse_to_overwrite(options.output, project.root, target.path if not target.url else None)
    if options.format == "parquet":
        warehouse.export_members(program, segment, clock, target, Path(options.output), assigned=options.assigned)
        return FINE
    members = warehouse.members(program, segment, clock, target, assigned=options.assigned)
    if options.format == "json":
        text = json.dumps(results.members_json(members)) + "\n"
    else:
        text = "".join(results.members_csv(members))
    _write(text, options.output)
    return FINE


def _run(options: Namespace) -> int:
    from segdsl import results, warehouse

    project, program = _sound(options)
    clock = compiler.clock(program, _as_of(options, project))
    try:
        summary = warehouse.run(
            program, clock, project.target(options.target), despite_promises=options.despite_promises
        )
    except warehouse.BrokenPromises as broken:
        _show_findings(broken.diagnostics, sys.stderr, options, FINDINGS)
        help = "to write the new ones anyway, add --despite-promises"
        return _complain("nothing was written: the memberships before stay as they were", help, FINDINGS, options)
    if summary.broken:
        _show_findings(summary.broken, sys.stderr, options, FINE)
    if options.format == "json":
        _print_json(results.run_json(program, summary))
    else:
        print(results.run_text(program, summary, _paint(sys.stdout, options)))
    return FINE


def _test(options: Namespace) -> int:
    from segdsl import trials, warehouse

    project = _project(options, options.paths)
    program = _without_errors(options, project, compiler.sound)
    if options.suggest is not None:
        return _suggest(program, options)
    is_wanted = _wanted(project, options.paths)
    report = Report()
    sources = [source for source in projects.tests(project, report) if is_wanted(source.name)]
    if not sources and not len(report):
        where = listed(options.paths) if options.paths else f"`{projects.TESTS_FOLDER}/`"
        raise BadRequest(f"there are no tests in {where}", "docs/testing.md says how to write them")
    cases = [case for source in sources for case in trials.read(source, program, report)]
    with warehouse.trial(program) as trial:
        outcomes = [trials.judge(program, case, trial.ask) for case in cases]
    code = FINDINGS if len(report) or not all(outcome.is_good for outcome in outcomes) else FINE
    if len(report):
        _show_findings(report.sorted(), sys.stderr, options, code)
    match options.format:
        case "json":
            _print_json(trials.as_json(outcomes, report.sorted()))
        case "junit":
            print(trials.junit(outcomes, report.sorted()), end="")
        case _:
            for block in trials.text(outcomes, _paint(sys.stdout, options)):
                print(block)
    return code


def _suggest(program: ir.Program, options: Namespace) -> int:
    """Customers at the borders of a definition, for a person to confirm."""
    from segdsl import trials

    if options.paths or options.format != "text":
        raise BadRequest("`--suggest` writes tests for one segment, as YAML", "leave out the files and --format")
    (segment,) = compiler.chosen(program, [options.suggest])
    print(trials.suggested(program, segment), end="")
    return FINE


def _explain(options: Namespace) -> int:
    from segdsl import explained, warehouse

    project, program = _sound(options)
    names = compiler.chosen(program, options.names)
    clock = compiler.clock(program, _as_of(options, project))
    found = warehouse.explain(program, options.key, names, clock, project.target(options.target))
    if options.format == "json":
        _print_json(explained.as_json(found))
    else:
        print("\n".join(explained.text(found, _paint(sys.stdout, options))))
    return FINE


def _overlap(options: Namespace) -> int:
    from segdsl import relations

    if options.limit is not None and (options.group is not None or options.format != "json"):
        raise BadRequest("`--limit` is about the examples of all pairs", "write --format json, or leave out --limit")
    if options.group is not None:
        return _order(options)
    limit = MOST_EXAMPLES if options.limit is None else _limit(options)
    program = _understood(options)
    names = compiler.chosen(program, options.names)
    pairs = compiler.overlap(program, names)
    if options.format == "json":
        told = relations.PairsAsJson(pairs, program, limit)
        sys.stdout.writelines(told)
        if told.left_out:
            left_out = f"{render.counted(told.left_out, 'pair')} shown without an example"
            print(f"{left_out}: --limit 0 looks for all, segdsl compare A B for one", file=sys.stderr)
    elif options.format == "csv":
        sys.stdout.writelines(relations.as_csv(pairs))
    else:
        print(relations.table(list(pairs), names, _paint(sys.stdout, options)))
    return FINE


def _order(options: Namespace) -> int:
    """What another order of an exclusive group would change."""
    from segdsl import relations

    if options.names or options.format == "csv":
        raise BadRequest("`--group` is about the order of one group, as text or JSON", "leave out the segments and csv")
    program = _understood(options)
    found = list(compiler.swaps(program, options.group))
    if options.format == "json":
        _print_json(relations.swaps_json(found, program))
    else:
        print(relations.swapped(found, program, _paint(sys.stdout, options)))
    return FINE


def _compare(options: Namespace) -> int:
    from segdsl import relations

    program = _understood(options)
    found = compiler.compare(program, options.left, options.right)
    if options.format == "json":
        _print_json(relations.comparison_json(found, program))
    else:
        print(relations.explained(found, program, _paint(sys.stdout, options)))
    return FINE


def _read(options: Namespace) -> int:
    from segdsl import reading

    if options.lang not in reading.codes():
        help = did_you_mean(options.lang, reading.codes(), f"there are {listed(reading.codes())}")
        raise BadRequest(f"segdsl does not speak `{options.lang}`", help)
    program = _understood(options)
    language = reading.language(options.lang)
    readings = reading.read(program, compiler.chosen(program, options.names), language)
    match options.format:
        case "json":
            _print_json(reading.as_json(readings, language))
        case "markdown":
            print(reading.as_markdown(readings))
        case _:
            print("\n".join(map(render.escaped, reading.as_text(readings).split("\n"))))
    return FINE


def _schema(options: Namespace) -> int:
    from segdsl import schemas

    if options.name not in schemas.FILES:
        help = did_you_mean(options.name, schemas.FILES, f"there are {listed(schemas.FILES)}")
        raise BadRequest(f"there is no schema `{options.name}`", help)
    print(schemas.text(options.name), end="")
    return FINE


COMMANDS: dict[str, Callable[[Namespace], int]] = {
    "init": _init,
    "check": _check,
    "overlap": _overlap,
    "compare": _compare,
    "read": _read,
    "fmt": _fmt,
    "compile": _compile,
    "size": _size,
    "members": _members,
    "run": _run,
    "explain": _explain,
    "test": _test,
    "schema": _schema,
}

# --- arguments ----------------------------------------------------------------------------------------


class _Parser(ArgumentParser):
    """Complaints look like everything else that segdsl says."""

    def error(self, message: str) -> NoReturn:
        choice = re.search(r"invalid choice: '(.*?)' \(choose from (.*)\)", message, re.DOTALL)
        if choice is not None:
            choices = [text.strip(" '") for text in choice[2].split(",")]
            what = "command" if "command" in message.partition(":")[0].lower() else "choice"
            message = f"there is no {what} `{choice[1]}`"
            help = did_you_mean(choice[1], choices, f"there are {listed(choices)}")
        else:
            help = f"see `{self.prog} --help`"
        raise SystemExit(_complain(message, help, USAGE, Namespace()))


class _ShowVersion(Action):
    """Looks up the version when it is asked for: that takes longer than all other arguments together."""

    def __call__(self, parser: ArgumentParser, *_: object) -> None:
        print(f"segdsl {_version()}")
        parser.exit()


def _parser() -> ArgumentParser:
    # Without a default an option before the command is not undone by its silence after it.
    common = _Parser(add_help=False, argument_default=SUPPRESS)
    common.add_argument("-C", dest="folder", metavar="DIR", help="the project's folder, or one inside it")
    common.add_argument("--color", choices=("auto", "always", "never"), help="colours: on a terminal only, unless told")
    parser = _Parser(
        prog="segdsl",
        description="Customer segments as text, and the compiler that makes them true.",
        epilog="exit codes: 0 fine, 1 findings, 2 wrong usage or unreadable project, 3 the database said no",
        formatter_class=RawDescriptionHelpFormatter,
        parents=[common],
    )
    parser.add_argument("--version", action=_ShowVersion, nargs=0, help="show program's version number and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands", parser_class=_Parser)

    def command(name: str, help: str) -> ArgumentParser:
        return commands.add_parser(name, help=help, description=help[0].upper() + help[1:] + ".", parents=[common])

    init = command("init", "make a small project that runs at once, with data")
    init.add_argument("directory", nargs="?", default=".", metavar="DIR", help="where to make it (default: here)")
    check = command(
        "check", "find everything that can be known without data: syntax, names, types, conflicts, promises"
    )
    check.add_argument("paths", nargs="*", metavar="PATH", help="show the findings of these files or folders only")
    check.add_argument("--strict", action="store_true", help="warnings count as findings: exit code 1")
    check.add_argument("--rule", action="append", default=[], metavar="NAME", dest="rules", help="show this rule only")
    help = f"show so many findings of a rule, and in full; 0 shows all (default: {LIMIT})"
    check.add_argument("--limit", type=int, default=LIMIT, metavar="N", help=help)
    help = "write what is found now to segdsl.baseline.json: it is not shown any more"
    check.add_argument("--write-baseline", action="store_true", help=help)
    check.add_argument("--no-baseline", action="store_true", help="show the findings of the baseline, too")
    help = "work out everything anew, and keep nothing for the next time"
    check.add_argument("--no-cache", action="store_true", help=help)
    check.add_argument("--data", action="store_true", help="look also whether the data are what the catalog declares")
    check.add_argument(
        "--target", metavar="NAME", help="with --data: a target of segdsl.yml (default: its default_target)"
    )
    _add_settings(check)
    _add_format(check, "text", "json", "github", "sarif", "junit", "markdown")
    overlap = command("overlap", "tell how every two segments stand to each other: who could be in both, without data")
    overlap.add_argument("names", nargs="*", metavar="NAME", help="segments (default: all)")
    help = "tell instead who would move if neighbours of this exclusive group were swapped"
    overlap.add_argument("--group", metavar="NAME", help=help)
    help = f"as JSON: look for an example for so many pairs; 0 does for all (default: {MOST_EXAMPLES:,})"
    overlap.add_argument("--limit", type=int, metavar="N", help=help)
    _add_settings(overlap)
    _add_format(overlap, "text", "json", "csv")
    compare = command("compare", "explain one pair of segments: what keeps them apart, or an example of who is in both")
    compare.add_argument("left", metavar="A", help="a segment")
    compare.add_argument("right", metavar="B", help="another one")
    _add_settings(compare)
    _add_format(compare, "text", "json")
    read = command("read", "read segments back in plain sentences, for people who read neither code nor SQL")
    read.add_argument("names", nargs="*", metavar="NAME", help="segments (default: all)")
    read.add_argument("--lang", default="en", metavar="TAG", help="en, de, zh-hans or zh-hant (default: en)")
    _add_settings(read)
    _add_format(read, "text", "markdown", "json")
    fmt = command("fmt", "write definitions in the one canonical layout, and name the files that have changed")
    fmt.add_argument("paths", nargs="*", metavar="PATH", help="these files or folders only")
    fmt.add_argument("--check", action="store_true", help="write nothing: name what would change, with exit code 1")
    help = "write them as .seg text or as YAML, whatever they are"
    fmt.add_argument("--to", choices=tuple(compiler.SPELLINGS), help=help)
    compile_ = command("compile", "print the SQL of one segment's members, or of the memberships of several or all")
    compile_.add_argument("names", nargs="*", metavar="NAME", help="segments (default: all)")
    compile_.add_argument("--to", default="duckdb", metavar="DATABASE", help="whose SQL (default: duckdb)")
    _add_assigned(compile_)
    size = command("size", "count the customers in each segment")
    size.add_argument("names", nargs="*", metavar="NAME", help="segments (default: all)")
    _add_format(size, "text", "json")
    members = command("members", "list the keys of the customers in a segment, ordered")
    members.add_argument("name", metavar="NAME", help="a segment")
    members.add_argument("--output", metavar="FILE", help="write to a file instead")
    _add_assigned(members)
    _add_format(members, "csv", "json", "parquet")
    run = command("run", "compute all segments and write the memberships")
    help = "write the memberships even if the data break a promise (`expect ...`)"
    run.add_argument("--despite-promises", action="store_true", help=help)
    _add_format(run, "text", "json")
    explain = command("explain", "tell why a customer is, or is not, in segments: condition by condition, with values")
    explain.add_argument("key", metavar="KEY", help="the customer's key")
    explain.add_argument("names", nargs="*", metavar="NAME", help="segments (default: all)")
    _add_format(explain, "text", "json")
    test = command("test", "hold the definitions to the project's made-up customers, here and in DuckDB")
    test.add_argument("paths", nargs="*", metavar="PATH", help="the tests in these files or folders only")
    help = "write customers at the borders of a segment, to be confirmed and put into tests/"
    test.add_argument("--suggest", metavar="NAME", help=help)
    _add_settings(test)
    _add_format(test, "text", "json", "junit")
    schema = command("schema", "print the JSON Schema of a kind of YAML file, for editors")
    schema.add_argument("name", metavar="KIND", help="definitions, catalog or project")
    for each in (compile_, size, members, run, explain):
        _add_settings(each)
        help = "the moment that everything relative counts from: 2026-01-10 or 2026-01-10T09:00+05:30 (default: now)"
        each.add_argument("--as-of", metavar="T", help=help)
    for each in (size, members, run, explain):
        each.add_argument("--target", metavar="NAME", help="a target of segdsl.yml (default: its default_target)")
    return parser


def _add_settings(parser: ArgumentParser) -> None:
    help = "another value for a `let`; may be given several times"
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="settings", help=help)


def _add_format(parser: ArgumentParser, *formats: str) -> None:
    help = f"{', '.join(formats[:-1])} or {formats[-1]} (default: {formats[0]})"
    parser.add_argument("--format", choices=formats, default=formats[0], help=help)


def _add_assigned(parser: ArgumentParser) -> None:
    help = "only those whom no stronger segment of an exclusive group takes"
    parser.add_argument("--assigned", action="store_true", help=help)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("segdsl")
    except PackageNotFoundError:
        return "(not installed)"


# --- what the arguments mean --------------------------------------------------------------------------


def _project(options: Namespace, paths: Sequence[str] = ()) -> Project:
    """The project that `-C`, else the first path, else the current folder lies in."""
    start = Path(getattr(options, "folder", None) or (paths[0] if paths else "."))
    return projects.load(start, os.environ)


def _cache(options: Namespace) -> Cache | None:
    """Where answers are kept for the next time: in the user's own folder, or in the one that SEGDSL_CACHE names."""
    from segdsl.cache import Cache

    named = os.environ.get("SEGDSL_CACHE", "")
    if options.no_cache or named == "off":
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


def _understood(options: Namespace) -> ir.Program:
    """The program of a project whose segments can be compared: conflicts among them are no hindrance."""
    project = _project(options)
    return _without_errors(options, project, compiler.understood)


def _sound(options: Namespace) -> tuple[Project, ir.Program]:
    project = _project(options)
    return project, _without_errors(options, project, compiler.sound)


def _without_errors(options: Namespace, project: Project, pass_: Callable[..., ir.Program]) -> ir.Program:
    try:
        return pass_(project, _settings(options))
    except Findings as found:
        code = _code(found.diagnostics, project)
        raise SystemExit(_show_findings(found.diagnostics, sys.stderr, options, code)) from None


def _settings(options: Namespace) -> dict[str, str]:
    settings = {}
    for text in options.settings:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise BadRequest(f"`--set {text}` does not say what to set", "write --set NAME=VALUE")
        settings[name.strip()] = value.strip()
    return settings


def _as_of(options: Namespace, project: Project) -> date | datetime:
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


def _wanted(project: Project, paths: Sequence[str]) -> Callable[[str], bool]:
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


def _inside(findings: Sequence[Diagnostic], project: Project, paths: Sequence[str]) -> list[Diagnostic]:
    """The findings in the files or folders named, and those of the project as a whole."""
    is_wanted = _wanted(project, paths)
    from segdsl.baseline import BASELINE_FILE

    whole = ("", projects.PROJECT_FILE, projects.CATALOG_FILE, BASELINE_FILE)
    names = {finding.label.span.source.name for finding in findings}
    shown = {name for name in names if name in whole or is_wanted(name)}
    return [finding for finding in findings if finding.label.span.source.name in shown]


def _code(findings: Sequence[Diagnostic], project: Project, *, strict: bool = False) -> int:
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    about_arguments = any(not finding.label.span.source.name for finding in errors)
    if not project.is_readable or about_arguments:
        return USAGE
    counting = [finding for finding in findings if finding.severity is not Severity.NOTE]
    return FINDINGS if errors or (strict and counting) else FINE


# --- printing -----------------------------------------------------------------------------------------


def _show_findings(
    findings: Sequence[Diagnostic], stream: TextIO, options: Namespace, code: int, segments: int = 0, files: int = 0
) -> int:
    paint = _paint(stream, options)
    for finding in findings:
        print(render.diagnostic(finding, paint), end="\n\n", file=stream)
    style = "good" if not findings else "error" if code else "warning"
    print(paint(style, render.summary(findings, segments, files)), file=stream)
    return code


def _list_findings(
    findings: Sequence[Diagnostic], options: Namespace, code: int, segments: int = 0, files: int = 0, hidden: int = 0
) -> int:
    """What `check` says to people: as many findings as they can read, and how many there are."""
    paint = _paint(sys.stdout, options)
    shown = [finding for finding in findings if finding.rule.name in options.rules] if options.rules else findings
    # Whoever asks for a rule wants to read its findings.
    first = options.limit if options.rules else FIRST
    for block in listing(shown, paint, options.limit, first):
        print(block, end="\n\n")
    style = "good" if not findings else "error" if code else "warning"
    print(paint(style, render.summary(findings, segments, files)))
    if len(shown) < len(findings):
        print(f"{render.counted(len(findings) - len(shown), 'finding')} of other rules not shown")
    if hidden:
        print(f"{render.counted(hidden, 'finding')} of the baseline {'is' if hidden == 1 else 'are'} not shown")
    return code


def _print_report(
    findings: Sequence[Diagnostic], checked: compiler.Checked, project: Project, options: Namespace, hidden: int
) -> None:
    """What `check` says to programs: all findings, in the form that they read."""
    from segdsl.fingerprints import known
    from segdsl.render import github, junit, markdown, sarif

    segments = len(checked.program.segments) if checked.program is not None else 0
    files, folder = len(project.segments), _folder_in_repository(project)
    match options.format:
        case "json":
            _print_json(render.diagnostics_json(findings, segments, files, hidden))
        case "github":
            for line in github.commands(findings, folder):
                print(line)
            print(render.escaped(render.summary(findings, segments, files)))
        case "sarif":
            log = sarif.sarif(known(findings, checked.outline.name_at), _version(), folder)
            print(json.dumps(log.content))  # as short as it can be: GitHub takes no more than 10 MB
            if log.left_out:
                print(sarif.what_is_left_out(log.left_out), file=sys.stderr)
        case "junit":
            is_wanted = _wanted(project, options.paths)
            looked_at = [(file, name) for file, name in checked.outline if is_wanted(file)]
            report = junit.junit(known(findings, checked.outline.name_at), looked_at, strict=options.strict)
            print(report, end="")
        case _:
            print(markdown.comment(findings, segments, files, hidden, folder), end="")


def _folder_in_repository(project: Project) -> str:
    """Where the project lies in the repository that a CI job works in, else in the current folder; else nothing."""
    for base in (os.environ.get("GITHUB_WORKSPACE"), "."):
        if base and project.root.is_relative_to(Path(base).resolve()):
            name = project.root.relative_to(Path(base).resolve()).as_posix()
            return "" if name == "." else name
    return ""


def _complain(message: str, help: str, code: int, options: Namespace, where: Span | None = None) -> int:
    print(render.problem(message, help, where, _paint(sys.stderr, options)), file=sys.stderr)
    return code


def _print_json(value: object) -> None:
    print(json.dumps(value, indent=2))


def _refuse_to_overwrite(output: str, root: Path, target: Path | None) -> None:
    """Members go to a file of their own: never over what they come from, nor over what is no file."""
    try:
        path = Path(output).resolve()
        exists = path.exists()
        is_file = path.is_file()
    except (OSError, ValueError, RuntimeError):
        raise BadRequest(f"`{output}` is no name of a file", "write --output members.csv") from None
    if exists and not is_file:
        raise BadRequest(f"`{output}` is not a file", "leave --output out to write to standard output")
    stored = () if target is None else (target.resolve(),)
    own = (root / projects.PROJECT_FILE, root / projects.CATALOG_FILE, *stored)
    sources = (root / projects.SEGMENTS_FOLDER, *stored)
    if exists and (path in own or any(path.is_relative_to(folder) for folder in sources)):
        raise BadRequest(f"`{output}` belongs to the project or to its data", "name a file elsewhere")


def _write(text: str, output: str | None) -> None:
    """To standard output, or to a file that is replaced in one step."""
    if output is None:
        sys.stdout.write(text)
        return
    from segdsl.folder import replaced

    with replaced(Path(output)) as written:
        written.write_text(text, encoding="utf-8", newline="")


def _paint(stream: TextIO, options: Namespace) -> render.Paint:
    """Colours when they are asked for, or when a person watches and has not asked for none (https://no-color.org)."""
    wish = getattr(options, "color", "auto")
    if wish != "auto":
        return render.Paint(wish == "always")
    return render.Paint(stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb")


def _prints(char: str) -> bool:
    try:
        char.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _drop_output() -> None:
    """What is still buffered goes nowhere: else Python tries again on its way out, and complains."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _make_printable() -> None:
    """Text in any script can be printed anywhere: files and pipes get UTF-8, and nothing is lost elsewhere."""
    # Started without an output (`>&-`) there is none to write to.
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace", encoding=None if stream.isatty() else "utf-8")
