"""Customer segments as text, and the compiler that makes them true.

    import segdsl
    from datetime import date

    project = segdsl.load("examples/grocery")
    for finding in segdsl.check(project):
        print(finding.rule.name, finding.message)
    print(segdsl.compile(project, ["lapsed"], as_of=date(2018, 1, 1)))
    for segment in segdsl.size(project, as_of=date(2018, 1, 1)).segments:
        print(segment.name, segment.qualifies, segment.assigned)

Every function counts from `as_of`, the instant that `last 30 days` and its likes are relative to: an aware
`datetime`, or a naive one or a `date` (its midnight), which are read on the project's wall clock. Nothing here reads
the clock or the environment: for now, pass `datetime.now(timezone.utc)`; for `${NAME}` in targets, pass
`environment=os.environ` to `load`.

Errors: `segdsl.project.ProjectProblem` (there is no project, or no such target), `segdsl.compiler.Findings` (the
project has errors: its `diagnostics` say which), `segdsl.compiler.BadRequest` (no such segment or dialect) and
`segdsl.warehouse.DatabaseProblem` (the database said no). Each has a `message` and a `help`, `Findings` has
`diagnostics`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

    from segdsl.cache import Cache
    from segdsl.diagnostics import Report
    from segdsl.overlap.comparison import Comparison
    from segdsl.overlap.matrix import Pair
    from segdsl.project import Project
    from segdsl.warehouse import Members, RunSummary, Sizes

__all__ = ["check", "compare", "compile", "load", "members", "overlap", "run", "size"]


def load(path: str | Path = ".", *, environment: Mapping[str, str] | None = None) -> Project:
    """Reads the project that the folder `path` is, or lies in.

    `environment` gives the values of `${NAME}` in targets. Raises `ProjectProblem` when there is no project; what
    is wrong with its files is found by `check`.
    """
    from segdsl import project

    return project.load(Path(path), environment)


def check(
    project: Project,
    settings: Mapping[str, str] | None = None,
    *,
    today: date | None = None,
    cache: Cache | None = None,
) -> Report:
    """Everything that can be known without data: iterable findings, `.sorted()`, `.has_errors`.

    `settings` replace the values of `let`s by name, as text: `{"big_spend": "3_000"}`. Reviews that are due and
    segments that are over are found when `today` is given. With a `cache`, a folder such as
    `segdsl.cache.Cache(Path.home() / ".cache" / "segdsl")`, only what has changed since the last time is worked out.
    """
    from segdsl import compiler

    return compiler.check(project, settings, today, cache).report


def overlap(
    project: Project, names: Sequence[str] = (), *, settings: Mapping[str, str] | None = None
) -> Iterator[Pair]:
    """How every two of the segments (none named: of all) stand to each other, without data.

    `.relation` is `disjoint`, `within`, `contains`, `equal` (proved for all data that keep the catalog's declarations),
    `overlaps` (with an `.example` whom the reference evaluator accepts in both) or `unknown` (with a `.reason`).
    """
    from segdsl import compiler

    return compiler.overlap(compiler.understood(project, settings), names)


def compare(project: Project, left: str, right: str, *, settings: Mapping[str, str] | None = None) -> Comparison:
    """One pair, explained: `.relation`, and what is known of `.both`, `.left_alone` and `.right_alone`."""
    from segdsl import compiler

    return compiler.compare(compiler.understood(project, settings), left, right)


def compile(
    project: Project,
    names: Sequence[str] = (),
    to: str = "duckdb",
    *,
    as_of: date | datetime,
    assigned: bool = False,
    settings: Mapping[str, str] | None = None,
) -> str:
    """The SQL of one segment's members (the keys, ordered), or of the memberships of several (none named: of all).

    Memberships are rows of the entity's key, `segment`, `qualifies`, `assigned` and `as_of`, one for each segment
    that a customer qualifies for; segments of several entities give a statement each, with `;` between them. With
    `assigned` one segment's members are those whom no stronger segment of its
    exclusive group takes. No database is needed. The same input gives the same text, byte for byte.
    """
    from segdsl import compiler

    program = compiler.sound(project, settings)
    return compiler.write_sql(program, names, to, compiler.clock(program, as_of), assigned=assigned)


def size(
    project: Project,
    names: Sequence[str] = (),
    *,
    target: str | None = None,
    as_of: date | datetime,
    settings: Mapping[str, str] | None = None,
) -> Sizes:
    """How many rows each entity has, and how many qualify for and are assigned to each segment.

    `.reachable` is by channel, and `.broken` are the promises that the data break. Reads only.
    """
    from segdsl import compiler, warehouse

    program = compiler.sound(project, settings)
    segments = compiler.chosen(program, names)
    return warehouse.size(program, segments, compiler.clock(program, as_of), project.target(target))


def members(
    project: Project,
    name: str,
    *,
    target: str | None = None,
    as_of: date | datetime,
    assigned: bool = False,
    settings: Mapping[str, str] | None = None,
) -> Members:
    """The keys of the rows in a segment, ordered: `.key` is the column's name, `.keys` its values. Reads only.

    With `assigned` those whom no stronger segment of its exclusive group takes; else all who qualify.
    """
    from segdsl import compiler, warehouse

    program = compiler.sound(project, settings)
    (segment,) = compiler.chosen(program, [name])
    clock = compiler.clock(program, as_of)
    return warehouse.members(program, segment, clock, project.target(target), assigned=assigned)


def run(
    project: Project,
    target: str | None = None,
    *,
    as_of: date | datetime,
    settings: Mapping[str, str] | None = None,
    despite_promises: bool = False,
) -> RunSummary:
    """Computes all segments and replaces the target's memberships with them, in one step or not at all.

    A database gets the table `segdsl_memberships`, a folder the file `memberships.parquet`; segments of another
    entity go to `segdsl_memberships_ENTITY` and `memberships_ENTITY.parquet`. Files are replaced one after the other,
    once all are written. Returns where they are, how many rows were written, and each segment's size. Raises
    `segdsl.warehouse.BrokenPromises`, a `Findings`, when the data break a promise, and writes nothing then, unless
    `despite_promises`.
    """
    from segdsl import compiler, warehouse

    program = compiler.sound(project, settings)
    clock = compiler.clock(program, as_of)
    return warehouse.run(program, clock, project.target(target), despite_promises=despite_promises)
