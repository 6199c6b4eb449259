"""One function a stage: text in, SQL out. Pure: no file system, no clock, no environment.

The map of the house. The tree on disk is the pipeline:

    source.py  diagnostics.py      text with positions; findings as values
    grammar/      what was written?      text and YAML -> `ast`            (lark and PyYAML live here only)
    semantics/    what does it mean?     `ast` + catalog -> `ir`           (`evaluate` is the meaning, in Python)
    overlap/      who is in both?        `ir` -> formulas -> proofs and example customers
    backends/     how is it said?        `ir` -> plan -> sqlglot -> SQL    (sqlglot lives here only)
    warehouse/    who is in it?          SQL + a target -> rows            (connections and drivers live here only)
    compiler.py   this file: the stages, in order
    project.py    the only reader and writer of a project's files
    cache.py      a folder of what was worked out before; beside the project, never part of it
    introspection.py   does the database hold what the catalog declares?
    inventory/    tables as a database holds them -> guesses -> the lines of a catalog
    pulling.py    a look at a target -> the project's catalog, new or completed
    folder.py     which file of a folder holds a table; how a file is replaced in one step
    fingerprints.py  what a finding is known by when lines around it move
    baseline.py   the findings that a project began with
    render/       findings -> text for people, JSON for programs, and what CI systems read
    reading/      `ir` -> plain sentences in several languages, for people who read neither code nor SQL
    trials/       a project's own tests: made-up customers, and the segments they must be in
    strategies.py how SQL works out its segments, as text
    explained.py  why a customer is in a segment, or is not, as text and JSON
    results.py    sizes, members and runs -> the same, and CSV
    library/      the house library of segments, read, and written in the words of another catalog
    scaffold/     what `segdsl init` writes
    schemas/      the keys of YAML files as JSON Schemas, for editors
    __init__.py   the Python API: load, check, overlap, compare, compile, size, members, run
    cli/          arguments -> one call -> print -> exit code; the only reader of the clock and the environment

    Source -> ast.Module -> ir.Program -> SQL text -> rows

Who may import whom: source <- diagnostics <- grammar <- semantics <- {overlap | backends} <- compiler <- warehouse
<- cli; semantics sees of the grammar only its tree; backends never see it; overlap and the backends both read the
IR and do not know each other. `tests/test_architecture.py` holds the house to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from segdsl.diagnostics import Diagnostic, Report, Severity, did_you_mean, listed
from segdsl.source import Source

if TYPE_CHECKING:
    from segdsl.backends import Backend
    from segdsl.backends.strategy import Strategy
    from segdsl.cache import Cache
    from segdsl.grammar import ast
    from segdsl.overlap.comparison import Comparison
    from segdsl.overlap.matrix import Pair
    from segdsl.overlap.swaps import Swap
    from segdsl.project import Project
    from segdsl.semantics import ir
    from segdsl.semantics.calendar import Clock
    from segdsl.semantics.catalog import Catalog
    from segdsl.semantics.outline import Outline

# The ways to write definitions, and what a new file's name ends with.
SPELLINGS = {"seg": ".seg", "yaml": ".yml"}


class Findings(Exception):
    """The project has errors, so nothing can be computed. `diagnostics` are all of its findings, sorted."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__(f"the project has {len(diagnostics)} findings")
        self.diagnostics = tuple(diagnostics)


class BadRequest(Exception):
    """What is asked for does not exist: a segment, a dialect, a moment. `help` says what to type."""

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.help = help


@dataclass(frozen=True, slots=True)
class Checked:
    """A project as meant, and everything that was found on the way to it. `outline` says which definition is where.

    `is_complete`: everything was looked for. Conflicts are not where errors leave a definition without a meaning.
    """

    program: ir.Program | None
    report: Report
    outline: Outline
    is_complete: bool


def check(
    project: Project,
    settings: Mapping[str, str] | None = None,
    today: date | None = None,
    cache: Cache | None = None,
) -> Checked:
    """Everything that can be known about a project without data. `settings` replace the values of `let`s. Reviews that
    are due and segments that are over are found when `today` is given.

    Without a catalog that can be read there is no program, and only what is wrong with the text is found. Conflicts
    are looked for once everything else is free of errors. What an earlier run left in `cache` is not worked out again.
    """
    from segdsl.overlap import conflicts

    look = conflicts.check if cache is None else partial(_check_conflicts, cache)
    return _looked_at(project, settings, cache, today, look, has_all_findings=True)


def _check_conflicts(cache: Cache, program: ir.Program, report: Report) -> None:
    """All answers of a program are one entry: the run after this one reads and replaces it."""
    from segdsl.overlap import conflicts
    from segdsl.overlap.answers import Answers
    from segdsl.overlap.digests import Digests

    digests = Digests(program)
    scope = f"{program.name}\n{digests.scope()}"
    answers = Answers(digests, cache.read("answers", scope))
    conflicts.check(program, report, answers)
    content = answers.content()
    if content is not None:
        cache.write("answers", scope, content)


def read(project: Project, settings: Mapping[str, str] | None = None, cache: Cache | None = None) -> Checked:
    """The project as meant, and what is wrong with its text, names and types."""
    return _looked_at(project, settings, cache, None, None)


def _looked_at(
    project: Project,
    settings: Mapping[str, str] | None,
    cache: Cache | None,
    today: date | None,
    look_for_conflicts: Callable[[ir.Program, Report], None] | None,
    has_all_findings: bool = False,
) -> Checked:
    from segdsl.semantics.allow import without_allowed
    from segdsl.semantics.outline import Outline

    report = Report(project.findings)
    modules = read_definitions(project.segments, report, cache)
    catalog = read_catalog(project.catalog, report) if project.catalog is not None else None
    if not any(_holds_segments(module) for module in modules) and not report.has_errors:
        # A run would empty the memberships.
        report.add(
            "no-segments", "the project has no segments", project.written.span, help="write one in segments/first.seg"
        )
    if catalog is None or not catalog.tables:
        return Checked(None, without_allowed(modules, report, complete=False), Outline(modules), is_complete=False)
    program = resolve(modules, catalog, project, settings or {}, report, today)
    is_sound = all(found.rule.is_judgement for found in report if found.severity is Severity.ERROR)
    if is_sound and look_for_conflicts is not None:
        look_for_conflicts(program, report)
    # Whether an `allow` is of any use shows once everything has been looked for.
    is_complete = is_sound and has_all_findings
    if cache is not None:
        cache.trim()
    report = without_allowed(modules, report, complete=is_complete)
    return Checked(program, report, Outline(modules), is_complete)


def _holds_segments(module: ast.Module) -> bool:
    from segdsl.grammar import ast

    return any(isinstance(definition, ast.Segment | ast.Tiers | ast.Split) for definition in module.definitions)


def understood(project: Project, settings: Mapping[str, str] | None = None, cache: Cache | None = None) -> ir.Program:
    """The program of a project without errors in its text, names and types. Raises `Findings` otherwise."""
    return _without_errors(read(project, settings, cache))


def sound(project: Project, settings: Mapping[str, str] | None = None, cache: Cache | None = None) -> ir.Program:
    """The program of a project without errors. Raises `Findings` otherwise.

    Of conflicts only those count that leave open who is in which segment: who wins, and whether a `complete` group is.
    """
    from segdsl.overlap import conflicts

    return _without_errors(_looked_at(project, settings, cache, None, conflicts.check_decided))


def _without_errors(checked: Checked) -> ir.Program:
    if checked.program is None or checked.report.has_errors:
        raise Findings(checked.report.sorted())
    return checked.program


def read_definitions(sources: Iterable[Source], report: Report, cache: Cache | None = None) -> list[ast.Module]:
    """The trees of `.seg` and YAML files, as written; those that an earlier run left in `cache` are not read again."""
    from segdsl.grammar.yaml_definitions import parse_definitions

    modules = []
    for source in sources:
        before = len(report)
        is_text = source.name.endswith(".seg")
        modules.append(_tree(source, report, cache) if is_text else parse_definitions(source, report))
        if not modules[-1].definitions and len(report) == before:
            help = "write a definition in it, or remove it"
            report.add("empty-file", f"`{source.name}` holds no definitions", source.whole(), help=help)
    return modules


def _tree(source: Source, report: Report, cache: Cache | None) -> ast.Module:
    """The tree of a `.seg` file; only one without findings is kept."""
    from segdsl.grammar import kept

    known = cache.read("trees", source.text) if cache is not None else None
    found = kept.from_bytes(known, source) if known is not None else None
    if found is not None:
        return found
    from segdsl.grammar.parse import parse

    before = len(report)
    module = parse(source, report)
    if cache is not None and len(report) == before:
        cache.write("trees", source.text, kept.to_bytes(module))
    return module


def laid_out(source: Source, spelling: str | None, report: Report) -> Source:
    """A file of definitions in its canonical layout; under another name when `spelling` (a key of `SPELLINGS`) is new.

    The file itself when there is nothing to change; that, and findings, when it cannot be read, or when it would not
    be read back with the same definitions and comments.
    """
    from segdsl.grammar.format import format
    from segdsl.grammar.format_yaml import format_yaml

    reading = Report()
    (module,) = read_definitions([source], reading)
    if reading.has_errors:
        report.extend(reading)
    if reading.has_errors or not module.definitions:
        return source
    old = "seg" if source.name.endswith(".seg") else "yaml"
    new = spelling or old
    name = source.name if new == old else source.name.rpartition(".")[0] + SPELLINGS[new]
    target = Source(name, format(module) if new == "seg" else format_yaml(module))
    if target == source or not _reads_back(module, target, report):
        return source
    return target


def _reads_back(module: ast.Module, target: Source, report: Report) -> bool:
    """Whether the definitions and comments of `module`, written to `target`, are there again."""
    reading = Report()
    (again,) = read_definitions([target], reading)
    for finding in reading:
        message = f"`{target.name}` could not be read then: {finding.message}"
        report.add("other-spelling", message, module.span.source.whole())
        return False

    def by_kind(each: ast.Module) -> list[ast.Definition]:
        return sorted(each.definitions, key=lambda definition: type(definition).__name__)

    for before, after in zip_longest(by_kind(module), by_kind(again)):
        if before != after:
            span = before.span if before is not None else module.span.source.whole()
            report.add("other-spelling", f"`{target.name}` would say something else here", span)
            return False
    if Counter(comment.text for comment in module.comments) != Counter(comment.text for comment in again.comments):
        report.add("other-spelling", f"`{target.name}` would lose a comment", module.span.source.whole())
        return False
    return True


def read_catalog(source: Source, report: Report) -> Catalog:
    """`catalog.yml`, declared."""
    from segdsl.grammar.files import parse_catalog
    from segdsl.semantics.declare import declare

    return declare(parse_catalog(source, report), report)


def resolve(
    modules: Sequence[ast.Module],
    catalog: Catalog,
    project: Project,
    settings: Mapping[str, str],
    report: Report,
    today: date | None = None,
) -> ir.Program:
    """The definitions as meant."""
    from segdsl.semantics import resolve as semantics

    return semantics.resolve(
        modules,
        catalog,
        name=project.name,
        timezone=project.timezone,
        week_starts=project.week_starts,
        settings=settings,
        report=report,
        read_list=project.list_file,
        today=today,
    )


def clock(program: ir.Program, as_of: date | datetime) -> Clock:
    """The instant that everything relative counts from.

    A date is the start of that day and a moment without an offset is read on the project's wall clock.
    """
    from segdsl.semantics.calendar import Clock

    zone = ZoneInfo(program.timezone)
    moment = as_of if isinstance(as_of, datetime) else datetime.combine(as_of, time())
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
    try:
        utc = aware.astimezone(UTC)
        # A day away from either end of the calendar every wall clock can still be read.
        _ = (utc - timedelta(days=2), utc + timedelta(days=2))
    except OverflowError:
        raise BadRequest(f"`{as_of.isoformat()}` is too near to the end of the calendar") from None
    return Clock(utc.astimezone(zone), zone, program.week_starts)


def chosen(program: ir.Program, names: Sequence[str]) -> tuple[str, ...]:
    """The segments called `names`, each once; all of them, in the order they were written, when none is named."""
    for name in names:
        if name in program.groups:
            members = listed(program.groups[name].members)
            raise BadRequest(f"`{name}` is a group, not a segment", f"its segments are {members}")
        if name not in program.segments:
            known = listed(program.segments)
            raise BadRequest(
                f"there is no segment `{name}`", did_you_mean(name, program.segments, f"the segments are {known}")
            )
    return tuple(dict.fromkeys(names)) or tuple(program.segments)


def write_sql(program: ir.Program, names: Sequence[str], dialect: str, clock: Clock, *, assigned: bool = False) -> str:
    """The SQL that gives one segment's members, or the memberships of several (or of all).

    Segments of several entities have a statement each, in the order of `ir.Program.entities`, with `;` between them.
    Raises `Findings` when the database cannot say a definition exactly.
    """
    writer = _writer(dialect)
    by_entity = program.by_entity(chosen(program, names))
    with _refusals():
        if len(names) == 1:
            return writer.members(program, names[0], clock, "assigned" if assigned else "qualifies")
        return ";\n\n".join(writer.memberships(program, of_it, clock) for of_it in by_entity.values())


def strategies(
    program: ir.Program, names: Sequence[str], dialect: str, clock: Clock, *, assigned: bool = False
) -> list[Strategy]:
    """How each statement of what `write_sql` gives works out its segments. Raises as that does."""
    writer = _writer(dialect)
    by_entity = program.by_entity(chosen(program, names))
    with _refusals():
        column: Literal["assigned", "qualifies"] = "assigned" if assigned else "qualifies"
        return [writer.strategy(program, of_it, clock, column) for of_it in by_entity.values()]


def _writer(dialect: str) -> Backend:
    from segdsl.backends import DIALECTS, backend

    if dialect not in DIALECTS:
        raise BadRequest(
            f"segdsl does not write `{dialect}`", did_you_mean(dialect, DIALECTS, f"it writes {listed(DIALECTS)}")
        )
    return backend(dialect)


@contextmanager
def _refusals() -> Iterator[None]:
    """What a database cannot say exactly, as a finding."""
    from segdsl.backends import Unsupported

    try:
        yield
    except Unsupported as unsupported:
        raise Findings([unsupported.diagnostic]) from None


# --- how segments stand to each other ---------------------------------------------------------------


def overlap(program: ir.Program, names: Sequence[str] = ()) -> Iterator[Pair]:
    """The relation of every pair of the segments `names` (none: of all) that are sets of one entity."""
    from segdsl.overlap.analysis import Analysis
    from segdsl.overlap.matrix import Matrix

    analysis = Analysis(program)
    for entity, of_it in program.by_entity(chosen(program, names)).items():
        yield from Matrix(analysis, entity, of_it).pairs()


def swaps(program: ir.Program, group: str) -> Iterator[Swap]:
    """What swapping every two neighbours of the exclusive group `group` would change."""
    from segdsl.overlap.swaps import swaps

    if group not in program.groups:
        help = did_you_mean(group, program.groups, f"the groups are {listed(program.groups)}")
        raise BadRequest(f"there is no group `{group}`", help)
    if not program.groups[group].exclusive:
        raise BadRequest(
            f"group `{group}` is not exclusive: it has no order", "write `exclusive` in it if one shall win"
        )
    return swaps(program, group)


def compare(program: ir.Program, left: str, right: str) -> Comparison:
    """How one segment stands to another, with examples of all that is said."""
    from segdsl.overlap.comparison import compare

    left, right = chosen(program, [left, right]) if left != right else (left, right)
    one, other = program.segments[left], program.segments[right]
    if one.entity != other.entity:
        message = f"`{left}` holds rows of `{one.entity}`, and `{right}` rows of `{other.entity}`"
        raise BadRequest(message, "compare segments of one entity")
    return compare(program, left, right)
