"""Projects made to hurt whoever checks them: each ends soon, within little memory, with a message and no traceback."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from tests import measured

SECONDS, MEGABYTES = 2, 300
CATALOG = "tables: {customer: {from: customers, key: id, columns: {id: integer, country: text}}}\nentity: customer\n"
SEGMENT = 'segment a when country = "IN"\n'

Make = Callable[[Path], None]


def project(folder: Path) -> Path:
    """A project without faults."""
    root = folder / "project"
    (root / "segments").mkdir(parents=True)
    (root / "data").mkdir()
    (root / "segdsl.yml").write_text("name: shop\ntargets: {dev: {type: duckdb, path: data}}\n")
    (root / "catalog.yml").write_text(CATALOG)
    (root / "segments" / "a.seg").write_text(SEGMENT)
    (root / "data" / "customers.csv").write_text("id,country\n1,IN\n2,GB\n")
    (folder / "outside").mkdir()
    (folder / "outside" / "secret.seg").write_text('segment secret when country = "XX" # not to be read\n')
    (folder / "outside" / "customers.csv").write_text("id,country\n7,XX\n")
    return root


def bounded(done: measured.Done) -> None:
    print(f"{done.seconds:.2f} s, {done.megabytes:.0f} MB")
    assert done.seconds < SECONDS and done.megabytes < MEGABYTES, (done.seconds, done.megabytes)
    assert "Traceback" not in done.said and "defect in segdsl" not in done.said


def file(name: str, content: str | bytes) -> Make:
    def make(root: Path) -> None:
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(content.encode() if isinstance(content, str) else content)

    return make


def link(name: str, to: str) -> Make:
    def make(root: Path) -> None:
        if (root / name).is_dir():
            (root / name).rename(root / f"{name} before")
        (root / name).unlink(missing_ok=True)
        (root / name).symlink_to(to)

    return make


def pipe(name: str) -> Make:
    def make(root: Path) -> None:
        (root / name).unlink(missing_ok=True)
        os.mkfifo(root / name)

    return make


def at_socket(name: str) -> Make:
    def make(root: Path) -> None:
        (root / name).unlink(missing_ok=True)
        here = Path.cwd()
        os.chdir(root)  # the path of a socket is short
        try:
            with socket.socket(socket.AF_UNIX) as made:
                made.bind(name)
        finally:
            os.chdir(here)

    return make


def device(name: str) -> Make:
    def make(root: Path) -> None:
        (root / name).unlink(missing_ok=True)
        try:
            os.mknod(root / name, 0o666 | 0o020000, os.makedev(1, 5))  # what /dev/zero is
        except PermissionError:
            pytest.skip("only root makes devices")

    return make


def bomb(key: str) -> str:
    """Ten times ten times ten..., by aliases."""
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    return "\n".join([*levels, f"{key}: *a11", ""])


def sparse(name: str, size: int) -> Make:
    def make(root: Path) -> None:
        with open(root / name, "wb") as made:
            made.truncate(size)

    return make


def both(*makes: Make) -> Make:
    def make(root: Path) -> None:
        for each in makes:
            each(root)

    return make


MILLION = 1_000_000
MOST = 999_000  # of a file that is read at all

# What is done to the project, and what is said of it by `check`.
HOSTILE: dict[str, tuple[Make, int, str]] = {
    "aliases in the catalog": (file("catalog.yml", bomb("tables")), 1, "anchors are not allowed"),
    "aliases in the project": (file("segdsl.yml", bomb("name")), 1, "anchors are not allowed"),
    "aliases in definitions": (file("segments/b.yml", bomb("segments")), 1, "anchors are not allowed"),
    "an alias of itself": (file("segments/b.yml", "segments: &a [*a]\n"), 1, "anchors are not allowed"),
    "an alias of nothing": (file("segments/b.yml", "segments: *a\n"), 1, "aliases are not allowed"),
    "a tag that runs code": (file("catalog.yml", "tables: !!python/object/apply:os.system [id]\n"), 1, "tags are not"),
    "deep parentheses": (file("segments/b.seg", f"segment b when {'(' * (MILLION - 100)}"), 1, "levels deep"),
    "deep and closed": (file("segments/b.seg", f"segment b when {'(' * 499_900}x{')' * 499_900}"), 1, "levels deep"),
    "not not not": (file("segments/b.seg", f"segment b when {'not ' * 249_000}x"), 1, "levels deep"),
    "minus minus": (file("segments/b.seg", f"segment b when x > {'- ' * 499_000}1"), 1, "levels deep"),
    "deep lists in YAML": (file("segments/b.yml", f"segments: {'[' * MOST}"), 1, "levels deep"),
    "deep mappings in YAML": (file("catalog.yml", f"tables: {'{a: ' * (MOST // 4)}"), 1, "levels deep"),
    "deep dashes in YAML": (file("catalog.yml", "- " * (MOST // 2)), 1, "levels deep"),
    "deep indents in YAML": (
        file("catalog.yml", "".join(f"{' ' * n}a:\n" for n in range(1300))),
        1,
        "levels deep",
    ),
    "deep conditions in YAML": (
        file("segments/b.yml", "segments: {b: {when: " + "{not: " * 49_000 + "}" * 49_002),
        1,
        "levels deep",
    ),
    "deep text in YAML": (file("segments/b.yml", f"segments: {{b: {{when: '{'(' * 900_000}'}}}}"), 1, "levels deep"),
    "a long list": (
        file("segments/b.seg", f"segment b when country in ({', '.join(['1'] * (MOST // 3))})"),
        1,
        "more than 40,000 words",
    ),
    "a long list of texts": (
        file("segments/b.seg", 'segment b when country in ("A"' + ', "B"' * (MOST // 5) + ")"),
        1,
        "more than 40,000 words",
    ),
    "a long list in YAML": (file("catalog.yml", f"tables: [{'a,' * (MOST // 2)}]"), 1, "more than 20,000"),
    "long dashes in YAML": (file("catalog.yml", "tables:\n" + "- a\n" * (MOST // 4)), 1, "more than 20,000"),
    "long keys in YAML": (
        file("catalog.yml", "tables:\n" + "".join(f" k{n}: v\n" for n in range(80_000))),
        1,
        "more than 20,000",
    ),
    "a long chain": (
        file("segments/b.seg", "segment b when " + "x or " * (MOST // 5) + "x"),
        1,
        "more than 40,000 words",
    ),
    "a long sum": (
        file("segments/b.seg", "segment b when 1 > " + "1 + " * (MOST // 4) + "1"),
        1,
        "more than 40,000 words",
    ),
    "one long line": (file("segments/b.seg", "a" * MOST), 1, "error"),
    "quotes": (file("segments/b.seg", 'segment b when "' + '"' * (MOST // 2)), 1, "error"),
    "nothing but lines": (file("segments/b.seg", "\n" * MOST), 0, "holds no definitions"),
    "more than a file may hold": (file("segments/b.seg", b"#" * (MILLION + 1)), 1, "is larger than 1 MB"),
    "a hole of a terabyte": (sparse("segments/b.seg", 10**12), 1, "is larger than 1 MB"),
    "a catalog of a terabyte": (sparse("catalog.yml", 10**12), 2, "is larger than 1 MB"),
    "zeros": (sparse("segments/b.seg", MOST), 1, "U+0000"),
    "a list of a terabyte": (
        both(sparse("vip.csv", 10**12), file("segments/b.seg", 'segment b when in list "vip.csv"')),
        1,
        "is larger than 50 MB",
    ),
    "a list out of the project": (
        file("segments/b.seg", 'segment b when in list "../outside/customers.csv"'),
        1,
        "is not the path of a file in the project",
    ),
    "a list at the root": (
        file("segments/b.seg", 'segment b when in list "/dev/zero.csv"'),
        1,
        "is not the path of a file in the project",
    ),
    "a list that is a link": (
        both(link("vip.csv", "/dev/zero"), file("segments/b.seg", 'segment b when in list "vip.csv"')),
        1,
        "leads out of the project",
    ),
    "definitions out of the project": (
        link("segments/b.seg", "../../outside/secret.seg"),
        1,
        "leads out of the project",
    ),
    "a folder out of the project": (link("segments/b", "../../outside"), 1, "links to folders are not followed"),
    "all definitions out of the project": (link("segments", "../outside"), 1, "leads out of the project"),
    "the catalog out of the project": (link("catalog.yml", "../outside/secret.seg"), 2, "leads out of the project"),
    "the project out of the project": (link("segdsl.yml", "../outside/secret.seg"), 2, "leads out of the project"),
    "the catalog is what never ends": (link("catalog.yml", "/dev/zero"), 2, "leads out of the project"),
    "the project is what never ends": (link("segdsl.yml", "/dev/zero"), 2, "leads out of the project"),
    "a link to itself": (link("catalog.yml", "catalog.yml"), 2, "cannot be read"),
    "definitions in a circle": (link("segments/loop", "."), 1, "links to folders are not followed"),
    "a pipe": (pipe("segments/b.seg"), 1, "it is not a file"),
    "a catalog that is a pipe": (pipe("catalog.yml"), 2, "it is not a file"),
    "a project that is a pipe": (pipe("segdsl.yml"), 2, "it is not a file"),
    "a socket": (at_socket("segments/b.seg"), 1, "cannot be read"),
    "a device": (device("segments/b.seg"), 1, "it is not a file"),
    "a catalog that is a device": (device("catalog.yml"), 2, "it is not a file"),
    "a baseline that is a link": (link("segdsl.baseline.json", "/dev/zero"), 1, "leads out of the project"),
}


QUICK = (
    *(
        "aliases in definitions",
        "deep parentheses",
        "deep lists in YAML",
        "a long list of texts",
        "a long list in YAML",
    ),
    *("a hole of a terabyte", "a list out of the project", "a folder out of the project", "a link to itself"),
    *("the catalog is what never ends", "a pipe", "a device", "a link out of the folder", "a table out of the folder"),
)


def marked(names: Iterable[str]) -> list[ParameterSet]:
    """Some of each kind; the rest in the long target."""
    return [pytest.param(name, marks=() if name in QUICK else pytest.mark.long) for name in names]


@pytest.mark.parametrize("name", marked(HOSTILE))
def test_a_hostile_project_ends_soon(name: str, tmp_path: Path) -> None:
    make, code, message = HOSTILE[name]
    root = project(tmp_path)
    make(root)
    done = measured.command(root, "check")
    bounded(done)
    assert (done.code, message in done.said) == (code, True), done.said[:2000]
    assert "secret" not in done.said.replace("secret.seg", "") and "not to be read" not in done.said


@pytest.mark.long
def test_a_list_of_a_million_rows_is_read(tmp_path: Path) -> None:
    """Which is no attack: it takes longer than the others may, and no more than this."""
    root = project(tmp_path)
    (root / "vip.csv").write_text("id\n" + "".join(f"{number}\n" for number in range(MILLION)))
    (root / "segments" / "b.seg").write_text('segment b when in list "vip.csv"')
    done = measured.command(root, "size", "b", "--as-of", "2026-01-10")
    print(f"{done.seconds:.2f} s, {done.megabytes:.0f} MB")
    assert done.code == 0 and done.seconds < 20 and done.megabytes < 1000, (done.seconds, done.megabytes)


# --- data -------------------------------------------------------------------------------------------------

DATA: dict[str, tuple[Make, str]] = {
    "a link out of the folder": (link("data/customers.csv", "../../outside/customers.csv"), "leads out of the folder"),
    "what never ends": (link("data/customers.csv", "/dev/zero"), "leads out of the folder"),
    "a pipe": (pipe("data/customers.csv"), "is not a file"),
    "a device": (device("data/customers.csv"), "is not a file"),
    "a table out of the folder": (
        file("catalog.yml", CATALOG.replace("from: customers", "from: ../../outside/customers.csv")),
        "leads out of the folder",
    ),
    "a table at the root": (file("catalog.yml", CATALOG.replace("from: customers", "from: /dev/zero.csv")), "no file"),
    "a pattern": (file("catalog.yml", CATALOG.replace("from: customers", "from: '*.csv'")), "no file"),
    "an address": (
        file("catalog.yml", CATALOG.replace("from: customers", "from: 'http://127.0.0.1/customers.csv'")),
        "no file",
    ),
    "one long line": (file("data/customers.csv", "id,country\n1," + "x" * 3_000_000), "CSV Error"),
    "quotes without end": (file("data/customers.csv", 'id,country\n1,"' + "x\n" * 1_500_000), "customers.csv"),
    "zeros": (sparse("data/customers.csv", 3_000_000), "CSV Error"),
    "no Parquet at all": (
        both(
            file("data/customers.parquet", b"PAR1" + b"\xff" * 1000 + b"PAR1"),
            lambda root: os.remove(root / "data" / "customers.csv"),
        ),
        "customers.parquet",
    ),
}


@pytest.mark.parametrize("name", marked(DATA))
def test_hostile_data_end_soon(name: str, tmp_path: Path) -> None:
    make, message = DATA[name]
    root = project(tmp_path)
    make(root)
    done = measured.command(root, "size", "--as-of", "2026-01-10")
    bounded(done)
    assert (done.code, message in done.stderr, done.stdout) == (3, True, ""), done.said[:2000]


# --- a cache that somebody else has filled ------------------------------------------------------------------


@pytest.mark.parametrize("thorough", [False, pytest.param(True, marks=pytest.mark.long)])
def test_a_planted_cache_ends_soon_and_changes_nothing(thorough: bool, tmp_path: Path) -> None:
    root, cache = project(tmp_path), tmp_path / "cache"
    environment = {"SEGDSL_CACHE": str(cache)}
    wanted = measured.command(root, "check", environment=environment)
    entries = [path for path in cache.rglob("*") if path.is_file()]
    assert entries and wanted.code == 0
    whole = entries[0].read_bytes()
    damages: list[Callable[[Path], object]] = [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"\0" * 100),
        lambda path: path.write_bytes(whole[:-1]),
        lambda path: path.write_bytes(whole + b"x"),
        lambda path: path.write_bytes(b"cos\nsystem\n(S'touch pwned'\ntR."),
        lambda path: os.truncate(path, 10**12),
        lambda path: link(path.name, "/dev/zero")(path.parent),
        lambda path: pipe(path.name)(path.parent),
        lambda path: os.makedirs(path.rename(f"{path}.away").with_suffix("")),
    ]
    for damage in damages if thorough else damages[4:8]:
        for path in entries:
            if path.is_dir():
                path.rmdir()
            elif os.path.lexists(path):
                path.unlink()
            path.write_bytes(whole)
            damage(path)
        done = measured.command(root, "check", environment=environment)
        bounded(done)
        assert (done.code, done.said) == (wanted.code, wanted.said)
    for place in ("/dev/zero", "/dev/full", "/proc/self", str(root / "segdsl.yml"))[: 4 if thorough else 1]:
        done = measured.command(root, "check", environment={"SEGDSL_CACHE": place})
        bounded(done)
        assert (done.code, done.stdout) == (wanted.code, wanted.stdout)
    assert not (root / "pwned").exists()


def test_code_in_a_project_is_never_run(tmp_path: Path) -> None:
    root = project(tmp_path)
    for name in ("yaml", "lark", "duckdb", "sitecustomize", "segdsl", "conftest", "setup"):
        (root / f"{name}.py").write_text("open('pwned', 'w')\nraise SystemExit(9)\n")
        (root / "segments" / f"{name}.py").write_text("open('pwned', 'w')\nraise SystemExit(9)\n")
    for command in (["check"], ["size", "--as-of", "2026-01-10"], ["compile", "--as-of", "2026-01-10"]):
        assert measured.command(root, *command).code == 0
    assert not (root / "pwned").exists()
