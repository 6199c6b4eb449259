"""Who may import whom. The dicts below are the rule; the house is drawn in the docstring of `segdsl/compiler.py`."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "segdsl"

# Room -> the rooms it may know, besides itself. A room is a module or a folder.
ROOMS: dict[str, set[str]] = {
    "source": set(),
    "diagnostics": {"source"},
    "cache": set(),
    "grammar": {"source", "diagnostics"},
    "semantics": {"source", "diagnostics", "grammar.ast"},
    "backends": {"source", "diagnostics", "semantics"},
    "overlap": {"source", "diagnostics", "semantics"},
    "project": {"source", "diagnostics", "grammar.ast", "grammar.files", "grammar.keys"},
    "compiler": {"source", "diagnostics", "cache", "grammar", "semantics", "overlap", "backends", "project"},
    "introspection": {"source", "diagnostics", "semantics"},
    "inventory": {"diagnostics", "semantics.catalog", "semantics.types", "grammar.catalog_edits", "introspection"},
    "folder": {"diagnostics", "semantics.catalog", "introspection"},
    "warehouse": {"diagnostics", "semantics", "backends", "compiler", "project", "introspection", "inventory",
                  "folder"},
    "fingerprints": {"source", "diagnostics"},
    "baseline": {"source", "diagnostics", "fingerprints"},
    "render": {"source", "diagnostics", "fingerprints", "semantics.reasons"},
    "results": {"render", "semantics.ir", "warehouse"},
    "reading": {"semantics.ir", "semantics.scope", "semantics.types"},
    "relations": {"render", "diagnostics", "overlap", "semantics.ir"},
    "trials": {"source", "diagnostics", "grammar.yaml", "semantics", "overlap", "render"},
    "explained": {"render", "warehouse", "semantics.reasons"},
    "strategies": {"render", "backends.strategy"},
    "pulling": {"source", "diagnostics", "grammar.ast", "grammar.format", "semantics.catalog", "compiler", "project",
                "introspection", "inventory", "warehouse"},
    "library": {"source", "diagnostics", "grammar", "semantics", "compiler", "project", "trials"},
    "scaffold": {"source", "diagnostics", "grammar.ast", "semantics.catalog", "compiler", "project", "library"},
    "schemas": {"grammar.keys", "grammar.files", "grammar.yaml_definitions", "semantics.declare", "project"},
    "cli": {"source", "diagnostics", "cache", "semantics.ir", "compiler", "project", "introspection", "folder",
            "warehouse", "render", "results", "relations", "reading", "trials", "explained", "strategies", "pulling",
            "inventory", "scaffold", "library", "schemas", "fingerprints", "baseline"},
    "__init__": {"diagnostics", "cache", "overlap", "compiler", "project", "warehouse"},
    "__main__": {"cli"},
}  # fmt: skip

# Library -> the rooms that may know it.
LIBRARIES: dict[str, set[str]] = {
    "lark": {"grammar"},
    "yaml": {"grammar"},
    "sqlglot": {"backends"},
    "sqlalchemy": {"warehouse"},
    "duckdb": {"warehouse"},
    "duckdb_engine": {"warehouse"},
    "jinja2": {"scaffold"},
    "z3": {"overlap"},
    "numpy": {"overlap"},
}

# What asks the machine rather than the caller, and the rooms that may.
ASKING: dict[str, set[str]] = {
    "os.environ": {"cli"},
    "os.getenv": {"cli"},
    "datetime.now": {"cli"},
    "datetime.utcnow": {"cli"},
    "datetime.today": {"cli"},
    "date.today": {"cli"},
    "time.time": {"cli"},
    "time.monotonic": {"cli"},
    "random.random": set(),
}


def modules() -> Iterator[tuple[str, str, ast.Module]]:
    """Every module: its dotted name inside the package, its room, and its tree."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)
        yield name, parts[0], ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> Iterator[str]:
    """The dotted names that a module imports, wherever it does; of `from a import b` both `a` and `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def asked(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"


def may_know(room: str, name: str) -> bool:
    """Whether `room` may import `name`, such as `grammar.ast.Node`."""
    return any(name == known or name.startswith(f"{known}.") for known in {room, *ROOMS[room]})


def test_every_room_is_in_the_rule() -> None:
    assert {room for _, room, _ in modules()} == set(ROOMS)


def test_rooms_know_only_the_rooms_they_may() -> None:
    wrong = [
        f"{module} imports {name}"
        for module, room, tree in modules()
        for name in imported(tree)
        if name.startswith("segdsl.") and not may_know(room, name.removeprefix("segdsl."))
    ]
    assert wrong == []


def test_libraries_live_in_their_rooms() -> None:
    wrong = [
        f"{module} imports {name}"
        for module, room, tree in modules()
        for name in imported(tree)
        if room not in LIBRARIES.get(name.split(".")[0], {room})
    ]
    assert wrong == []


def test_only_known_libraries_are_imported() -> None:
    libraries = {name.split(".")[0] for _, _, tree in modules() for name in imported(tree)}
    assert libraries - {"segdsl"} - set(sys.stdlib_module_names) == set(LIBRARIES) - {"duckdb_engine"}


def test_the_clock_and_the_environment_are_read_in_the_command_line_alone() -> None:
    wrong = [
        f"{module} uses {name}"
        for module, room, tree in modules()
        for name in asked(tree)
        if room not in ASKING.get(name, {room})
    ]
    assert wrong == []


def test_the_rule_would_notice() -> None:
    """A rule that nothing can break holds nothing."""
    tree = ast.parse("from segdsl.backends import plan\nimport sqlglot.exp\nimport os\nos.environ['A']\n")
    assert list(imported(tree)) == ["segdsl.backends.plan", "sqlglot.exp", "os"]
    assert not may_know("grammar", "backends.plan") and not may_know("semantics", "grammar.parse")
    assert may_know("semantics", "grammar.ast.Node") and not may_know("semantics", "grammar.astonished")
    assert list(asked(tree)) == ["os.environ"]


@pytest.mark.parametrize("statement", ["import segdsl", "import segdsl.cli"])
def test_an_import_brings_no_library_along(statement: str) -> None:
    command = f"import sys; {statement}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) & set(LIBRARIES) == set()
