"""The project on disk: finds it, reads its files as text, says what cannot be read, and rewrites definitions.

In: a path. Out: a `Project`, values only: sources, settings and targets, and the findings made on the way. Nothing
else in segdsl reads or writes a project's files. Promised: what stands in a file never raises; only a project that is
not there at all does, and a file that cannot be written (`ProjectProblem`). No file outside of the project is opened,
and none larger than 1 MB, or 50 MB if it is a list. A list file is read when a definition asks for it, all others at
once. A file is replaced in one step, and only if it still says what was read.
"""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from segdsl.diagnostics import Diagnostic, Report, did_you_mean, listed
from segdsl.grammar.keys import NAME, WEEKDAYS, Key, Keys
from segdsl.source import Source, Span

if TYPE_CHECKING:
    from segdsl.grammar import ast

PROJECT_FILE = "segdsl.yml"
CATALOG_FILE = "catalog.yml"
SEGMENTS_FOLDER = "segments"
TESTS_FOLDER = "tests"
LARGEST_FILE = 1_000_000
# A baseline has a line for each finding of an old project.
LARGEST_BESIDE = 100_000_000
LARGEST_LIST = 50_000_000
LEAST_MEMORY = 100  # megabytes

TIMEOUT = Key(NAME, "how long a query may take, such as `10 minutes`: as long as it takes, unless said")
# What a target can say beside its type.
TARGET_TYPES: dict[str, Keys] = {
    "duckdb": {
        "path": Key(NAME, "a DuckDB file, or a folder of Parquet and CSV files", required=True),
        "schema": Key(NAME, "where a DuckDB file's memberships are written"),
        "memberships": Key(NAME, "the file in a folder that memberships are written to"),
        "timeout": TIMEOUT,
        "memory": Key(NAME, "how much memory DuckDB may take, such as `2 GB`: 80 % of what there is, unless said"),
    },
    "postgres": {
        "url": Key(NAME, "the address of a PostgreSQL database, its password as `${NAME}`", required=True),
        "schema": Key(NAME, "where the memberships are written"),
        "timeout": TIMEOUT,
    },
    "snowflake": {
        "url": Key(NAME, "the address of a Snowflake schema, its password as `${NAME}`", required=True),
        "schema": Key(NAME, "where the memberships are written"),
        "timeout": Key(NAME, "how long a query may take, such as `10 minutes`: as long as it takes, unless said"),
    },
}
SECONDS = {"second": 1, "minute": 60, "hour": 3600}


class ProjectProblem(Exception):
    """There is no project to read, it has no such target, or a file cannot be written. `help` says what to type."""

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.help = help


@dataclass(frozen=True, slots=True)
class Target:
    """A database that segments are computed in. Environment names are replaced and `path` is absolute.

    `path` is a DuckDB file or a folder of Parquet and CSV files, `url` the address of another database; `type` says
    which. `schema` (of the memberships table) and `memberships` (the file that a folder's memberships go to) are empty
    when not given. `timeout` is in seconds, 0 for none; `memory` in megabytes, 0 for as much as DuckDB takes by itself.
    """

    name: str
    type: str
    path: Path
    schema: str
    memberships: str
    span: Span
    url: str = field(default="", repr=False)
    timeout: int = 0
    memory: int = 0


@dataclass(frozen=True, slots=True)
class Project:
    """A project as read: `root` is its folder, `segments` its `.seg` and YAML files in the order of their names.

    `written` is `segdsl.yml` as a tree. `findings` is what reading it has found; the files' own text is
    checked by `segdsl.compiler.check`. `environment` replaces `${NAME}` in targets.
    """

    root: Path
    name: str
    timezone: str
    week_starts: int
    written: ast.Project
    catalog: Source | None
    segments: tuple[Source, ...]
    findings: tuple[Diagnostic, ...]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def is_readable(self) -> bool:
        """Both `segdsl.yml` and `catalog.yml` could be read as text."""
        unreadable = {"missing-file", "unreadable-file", "not-utf8", "file-too-large"}
        files = {PROJECT_FILE, CATALOG_FILE}
        return not any(d.rule.name in unreadable and d.label.span.source.name in files for d in self.findings)

    def target(self, name: str | None = None) -> Target:
        """The target called `name`, or the default one. Raises `ProjectProblem` when there is none."""
        targets = {target.name.text: target for target in self.written.targets}
        if not targets:
            raise ProjectProblem(
                "the project has no target to compute in",
                f"add to {PROJECT_FILE}: `targets: {{dev: {{type: duckdb, path: data}}}}`",
            )
        default = self.written.default_target
        if name is None and default is not None:
            name = default.text
        if name is None and len(targets) > 1:
            raise ProjectProblem(
                "the project has several targets and no `default_target`", f"add --target with one of {listed(targets)}"
            )
        name = next(iter(targets)) if name is None else name
        if name not in targets:
            raise ProjectProblem(
                f"there is no target `{name}`", did_you_mean(name, targets, f"the targets are {listed(targets)}")
            )
        return self._opened(targets[name])

    def list_file(self, file: ast.Text, report: Report) -> Source | None:
        """The text of a CSV file that a definition names; what is wrong is reported there."""
        parts = file.value.split("/")
        if not file.value.lower().endswith(".csv"):
            message = f"`{file.value}` is no CSV file" if file.value else "a list is in a CSV file"
            help = 'name a file such as `"lists/vip.csv"`'
        elif any(part in ("", ".", "..") for part in parts) or re.search(r"[\\\0:\ud800-\udfff]", file.value):
            message = f"`{file.value}` is not the path of a file in the project"
            help = f'write it from the folder of {PROJECT_FILE} on, with `/`: `"lists/vip.csv"`'
        else:
            reading = Report()
            source = _read(self.root, file.value, reading, LARGEST_LIST)
            for found in reading:
                help = self._lists_like(file.value) if found.rule.name == "missing-file" else found.help
                report.add(found.rule.name, found.message, file.span, label=found.label.text, help=help)
            return source
        report.add("bad-value", message, file.span, help=help)
        return None

    def _lists_like(self, name: str) -> str:
        """What to type when there is no such list."""
        there = [path.relative_to(self.root).as_posix() for pattern in ("*", "*/*") for path in self.root.glob(pattern)]
        close = did_you_mean(name, sorted(path for path in there if path.lower().endswith(".csv")))
        return close or f"put it into the project, beside {PROJECT_FILE} or in a folder there"

    def _opened(self, target: ast.Target) -> Target:
        options = {option.name.text: self._expanded(option, target) for option in target.options}
        return Target(
            name=target.name.text,
            type=target.type.text,
            path=self.root / options.get("path", ""),
            schema=options.get("schema", ""),
            memberships=options.get("memberships", ""),
            span=target.span,
            url=options.get("url", ""),
            timeout=_seconds(options.get("timeout", "0 seconds")) or 0,
            memory=_megabytes(options.get("memory", "")) or 0,
        )

    def _expanded(self, option: ast.Option, target: ast.Target) -> str:
        """The option's text with each `${NAME}` replaced."""

        def value(match: re.Match[str]) -> str:
            name = match[1]
            if name not in self.environment:
                raise ProjectProblem(
                    f"the target `{target.name.text}` needs the environment variable `{name}`, which is not set",
                    f"type: export {name}=...",
                )
            return self.environment[name]

        return re.sub(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", value, option.value.value)


# --- finding and reading ----------------------------------------------------------------------------


def find(start: Path) -> Path:
    """The folder of the project that `start` lies in: the nearest one, upwards, with a `segdsl.yml`."""
    given = start
    try:
        start = start.resolve()
        if not start.exists():
            raise ProjectProblem(f"there is no file or folder `{given}`", "name a project's folder, or one inside it")
        for folder in (start, *start.parents):
            if os.path.lexists(folder / PROJECT_FILE):
                return folder
    except (OSError, ValueError, RuntimeError) as error:
        raise ProjectProblem(f"`{given}` cannot be opened: {_reason(error)}") from None
    raise ProjectProblem(
        f"there is no {PROJECT_FILE} in `{start}` or above it",
        "go into a project, name one with -C DIR, or make one with `segdsl init`",
    )


def load(start: Path, environment: Mapping[str, str] | None = None) -> Project:
    """Reads the project that `start` lies in."""
    from segdsl.grammar import ast
    from segdsl.grammar.files import parse_project

    root = find(start)
    report = Report()
    source = _read(root, PROJECT_FILE, report)
    if source is None:
        source = Source(PROJECT_FILE, "")
        written = ast.Project(ast.Ident("", span=source.whole()), span=source.whole())
    else:
        written = parse_project(source, report)
    _check_targets(written, report)
    return Project(
        root=root,
        name=written.name.text or root.name,
        timezone=_timezone(written.timezone, report),
        week_starts=_week_starts(written.week_starts, report),
        written=written,
        catalog=_read(root, CATALOG_FILE, report),
        segments=tuple(_segment_sources(root, report)),
        findings=tuple(report),
        environment=dict(environment or {}),
    )


def _segment_sources(root: Path, report: Report) -> Iterator[Source]:
    for name in sorted(_segment_files(root, SEGMENTS_FOLDER, report)):
        if (source := _read(root, name, report)) is not None:
            yield source


def _segment_files(root: Path, folder: str, report: Report) -> Iterator[str]:
    """Paths of `.seg` and YAML files under `folder`, relative to the root. What begins with a dot is not looked at."""
    try:
        with os.scandir(root / folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    except OSError as error:
        _refuse(folder, _reason(error), report)
        return
    for entry in entries:
        name = f"{folder}/{entry.name}"
        if entry.name.startswith("."):
            continue
        if entry.is_symlink() and (root / name).is_dir():
            _refuse(name, "it is a link to a folder, and links to folders are not followed", report)
        elif entry.is_dir(follow_symlinks=False):
            yield from _segment_files(root, name, report)
        elif name.endswith((".seg", ".yml", ".yaml")):
            yield name


def tests(project: Project, report: Report) -> list[Source]:
    """The project's files of tests, in the order of their names."""
    names = [name for name in _segment_files(project.root, TESTS_FOLDER, report) if not name.endswith(".seg")]
    found = (_read(project.root, name, report) for name in sorted(names))
    return [source for source in found if source is not None]


def _read(root: Path, name: str, report: Report, largest: int = LARGEST_FILE) -> Source | None:
    """The text of a file of the project; None, and a finding, when it cannot be read."""
    try:
        path = (root / name).resolve(strict=True)
        if not path.is_relative_to(root):
            _refuse(name, "it is a link that leads out of the project", report)
            return None
        # A named pipe would block without O_NONBLOCK; what was opened is judged, not what the path said before.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with open(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                _refuse(name, "it is not a file", report)
                return None
            content = file.read(largest + 1)
    except FileNotFoundError:
        _missing(name, report)
        return None
    except (OSError, RuntimeError) as error:
        _refuse(name, _reason(error), report)
        return None
    if len(content) > largest:
        span, size = Source(_shown(name), "").whole(), f"{largest // 1_000_000} MB"
        message = f"`{_shown(name)}` is larger than {size}"
        report.add("file-too-large", message, span, help="split it into several files")
        return None
    return _decoded(_shown(name), content, report)


def _decoded(name: str, content: bytes, report: Report) -> Source | None:
    """The text without its byte order mark."""
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        return Source(name, content.decode("utf-8"))
    except UnicodeDecodeError as error:
        source = Source(name, content.decode("utf-8", "replace"))
        start = len(content[: error.start].decode("utf-8"))
        report.add(
            "not-utf8",
            f"`{name}` is not UTF-8 text",
            source.span(start, start + 1),
            label=f"byte {content[error.start]:#04x}",
            help="save the file as UTF-8",
        )
        return None


def _missing(name: str, report: Report) -> None:
    help = {
        CATALOG_FILE: f"describe the tables of the database in {CATALOG_FILE}, beside {PROJECT_FILE}",
        PROJECT_FILE: f"`{PROJECT_FILE}` is a link that leads nowhere",
    }.get(name, "it may be a link that leads nowhere")
    report.add("missing-file", f"there is no `{_shown(name)}`", Source(_shown(name), "").whole(), help=help)


def _refuse(name: str, reason: str, report: Report) -> None:
    span = Source(_shown(name), "").whole()
    report.add("unreadable-file", f"`{_shown(name)}` cannot be read: {reason}", span)


def _reason(error: Exception) -> str:
    """The system's words for what went wrong, without numbers and paths."""
    text = error.strerror if isinstance(error, OSError) else None
    return (text or "the path is not one that a file can have").lower()


def _shown(name: str) -> str:
    """A path as text: bytes that are not UTF-8 cannot be printed."""
    return os.fsencode(name).decode("utf-8", "replace")


def read_beside(project: Project, name: str, report: Report) -> Source | None:
    """The text of a file that lies beside the project file, if it is there."""
    if not os.path.lexists(project.root / name):
        return None
    return _read(project.root, name, report, LARGEST_BESIDE)


# --- writing ----------------------------------------------------------------------------------------


def rewrite(project: Project, changes: Sequence[tuple[Source, Source]]) -> Iterator[tuple[Source, Source]]:
    """Replaces files of definitions, each by its new text and name, and gives each change once it is made.

    A file with a new name is written before the old one goes. Raises `ProjectProblem`, before anything is written
    when a new name is not free.
    """
    names = [new.name for old, new in changes if new.name != old.name]
    for name in names:
        if os.path.lexists(project.root / name) or names.count(name) > 1:
            raise ProjectProblem(f"there is another file for `{name}`", "rename or remove one of them")
    for old, new in changes:
        current = _read(project.root, old.name, Report())
        if current is None or current.text != old.text:
            raise ProjectProblem(f"`{old.name}` has changed since it was read", "type the command again")
        if len(new.text.encode()) > LARGEST_FILE:
            raise ProjectProblem(f"`{new.name}` would be larger than 1 MB", "split it into several files")
        _write(project.root, old.name, new)
        yield old, new


def write_beside(project: Project, source: Source) -> None:
    """Writes a file that lies beside the project file, new or over the one before. Raises `ProjectProblem`."""
    if not os.path.lexists(project.root / source.name):
        try:
            (project.root / source.name).touch()
        except OSError as error:
            raise ProjectProblem(f"`{source.name}` cannot be written: {_reason(error)}") from None
    _write(project.root, source.name, source)


def _write(root: Path, old_name: str, new: Source) -> None:
    written: Path | None = None
    try:
        # A link stays one: what it leads to, inside the project, is what was read.
        old = (root / old_name).resolve(strict=True)
        path = old if new.name == old_name else root / new.name
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        written = Path(name)
        with open(handle, "wb") as file:
            file.write(new.text.encode())
            file.flush()
            os.fsync(file.fileno())
        written.chmod(stat.S_IMODE(old.stat().st_mode))
        os.replace(written, path)
        if new.name != old_name:
            (root / old_name).unlink()
    except (OSError, RuntimeError) as error:
        raise ProjectProblem(f"`{new.name}` cannot be written: {_reason(error)}") from None
    finally:
        if written is not None:
            written.unlink(missing_ok=True)


# --- settings ---------------------------------------------------------------------------------------


def _timezone(written: ast.Ident | None, report: Report) -> str:
    if written is None:
        return "UTC"
    # These two are whatever the machine says.
    if written.text in _listed_timezones() - {"localtime", "Factory"}:
        return written.text
    known = available_timezones() - {"localtime", "Factory"}
    if written.text in known:
        return written.text
    # People know the city: `Kolkata` stands for `Asia/Kolkata`.
    cities = {zone.rpartition("/")[2].casefold(): zone for zone in sorted(known)}
    help = f"did you mean `{cities[written.text.casefold()]}`?" if written.text.casefold() in cities else ""
    help = help or did_you_mean(written.text, sorted(known), "write a name such as `Europe/Berlin` or `UTC`")
    report.add(
        "bad-value", f"there is no time zone `{written.text}`", written.span, label="not an IANA time zone", help=help
    )
    return "UTC"


def _listed_timezones() -> set[str]:
    """Those of the package tzdata. For the machine's own, which may be more, hundreds of files must be opened."""
    from importlib.resources import files

    try:
        return set(files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())
    except (ImportError, OSError):
        return set()


def _week_starts(written: ast.Ident | None, report: Report) -> int:
    if written is None:
        return 0
    if written.text in WEEKDAYS:
        return WEEKDAYS.index(written.text)
    help = did_you_mean(written.text, WEEKDAYS, f"write one of {listed(WEEKDAYS)}")
    report.add("bad-value", f"`{written.text}` is not a day that a week can start on", written.span, help=help)
    return 0


def _check_targets(written: ast.Project, report: Report) -> None:
    for target in written.targets:
        if target.type.text not in TARGET_TYPES:
            report.add(
                "bad-value",
                f"there is no target type `{target.type.text}`",
                target.type.span,
                help=did_you_mean(target.type.text, TARGET_TYPES, f"the types are {listed(TARGET_TYPES)}"),
            )
            continue
        _check_options(target, report)
    names = [target.name.text for target in written.targets]
    default = written.default_target
    if default is not None and default.text not in names:
        help = did_you_mean(
            default.text, names, f"the targets are {listed(names)}" if names else "no targets are defined"
        )
        report.add("unknown-name", f"there is no target `{default.text}`", default.span, help=help)


def _check_options(target: ast.Target, report: Report) -> None:
    known = TARGET_TYPES[target.type.text]
    if any(_shows_password(option.value.value) for option in target.options):
        # Not where it stands: a finding shows its line.
        message = f"the target `{target.name.text}` shows a password"
        help = "give it by the environment: `:${DATABASE_PASSWORD}@`, or the whole address"
        report.add("bad-value", message, Source(PROJECT_FILE, "").whole(), help=help)
        return
    for option in target.options:
        name = option.name.text
        if name not in known:
            help = did_you_mean(name, known, f"its keys are {listed(('type', *known))}")
            report.add("unknown-key", f"a `{target.type.text}` target has no key `{name}`", option.name.span, help=help)
        elif not option.value.value.strip():
            report.add("bad-value", f"`{name}` is empty", option.value.span)
        elif "\0" in option.value.value:
            report.add("bad-value", f"`{name}` holds a character that no path or name can have", option.value.span)
        elif name == "schema" and re.search(r"[.\"]", option.value.value):
            report.add(
                "bad-value", f"`{option.value.value}` is not one name", option.value.span, help="write the schema alone"
            )
        elif name == "timeout" and not _seconds(option.value.value):
            message, help = f"`{option.value.value}` is no time to wait", "write a time such as `10 minutes`"
            report.add("bad-value", message, option.value.span, help=help)
        elif name == "memory" and not _megabytes(option.value.value):
            message, help = f"`{option.value.value}` is no amount of memory", "write an amount such as `2 GB`"
            report.add("bad-value", message, option.value.span, help=help)
        elif name == "memberships":
            _check_file_name(option.value, report)
    given = {option.name.text for option in target.options}
    for name, key in known.items():
        if key.required and name not in given:
            message, help = f"the target `{target.name.text}` has no `{name}`", f"write `{name}:` and {key.about}"
            report.add("missing-key", message, target.name.span, help=help)


def _shows_password(value: str) -> bool:
    """Whether an address holds a password, or a part of one, that is no name of the environment."""
    inside = re.search(r"://[^/?#]*?:([^/?#]*)@", value) or re.search(r"[?&]password=([^&#]*)", value)
    return inside is not None and re.fullmatch(r"(\$\{[A-Za-z_][A-Za-z0-9_]*\})*", inside[1]) is None


def _seconds(text: str) -> int | None:
    """`10 minutes` in seconds; None when it is no time, or one that no database keeps."""
    found = re.fullmatch(r"([0-9]{1,5}) +(second|minute|hour)s?", text.strip())
    return int(found[1]) * SECONDS[found[2]] if found else None


def _megabytes(text: str) -> int | None:
    """`2 GB` in megabytes; None when it is no amount, or too little for DuckDB to begin with."""
    found = re.fullmatch(r"([0-9]{1,5}) *(MB|GB)", text.strip())
    amount = int(found[1]) * (1000 if found[2] == "GB" else 1) if found else 0
    return amount if amount >= LEAST_MEMORY else None


def _check_file_name(value: ast.Text, report: Report) -> None:
    if re.fullmatch(r"[^/\\\0]+\.(parquet|csv)", value.value) is None:
        report.add(
            "bad-value",
            f"`{value.value}` is not a file that memberships can be written to",
            value.span,
            help="write a name that ends in `.parquet` or `.csv`, without folders",
        )
