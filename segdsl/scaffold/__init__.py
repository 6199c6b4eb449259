"""A first project: what `segdsl init` writes, and `segdsl init --with` in `with_library`. Jinja is used here only.

In: a folder. Out: the files made in it. Promised: nothing that exists is overwritten, and nothing stays half written.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from segdsl.compiler import BadRequest
from segdsl.diagnostics import listed

TEMPLATE = ".j2"
# The made-up data end here: seen from any later day everybody has lapsed.
AS_OF = "2026-03-01"
NEXT_COMMANDS = (
    "segdsl check",
    f"segdsl size --as-of {AS_OF}",
    f"segdsl members win_back --as-of {AS_OF}",
)


def create(folder: Path) -> list[str]:
    """Makes the project; gives the paths of its files, relative to `folder`."""
    return write(folder, _rendered(name_of(folder)))


def write(folder: Path, content: Mapping[str, str]) -> list[str]:
    """Writes new files, all or none; gives their paths, sorted."""
    content = dict(sorted(content.items()))
    existing = [name for name in content if os.path.lexists(folder / name)]
    if existing:
        raise BadRequest(
            f"`{folder}` has these files already: {listed(existing)}", "name a new folder: segdsl init DIR"
        )
    made: list[Path] = []
    try:
        for name, text in content.items():
            _write_one(folder / name, text, made)
    except OSError as error:
        for path in reversed(made):
            path.rmdir() if path.is_dir() else path.unlink()
        reason = (error.strerror or "the system refuses").lower()
        raise BadRequest(f"`{folder}` cannot be written to: {reason}", "name another folder: segdsl init DIR") from None
    return list(content)


def _write_one(path: Path, text: str, made: list[Path]) -> None:
    """Writes one new file, and the folders above it; what was made is noted in `made`."""
    for parent in [each for each in reversed(path.parents) if not each.exists()]:
        parent.mkdir()
        made.append(parent)
    with path.open("x", encoding="utf-8", newline="") as file:
        made.append(path)
        file.write(text)


def name_of(folder: Path) -> str:
    """The project's name: that of its folder."""
    return os.fsencode(folder.resolve().name).decode("utf-8", "replace") or "segments"


def _rendered(name: str) -> dict[str, str]:
    found = _files(files(__name__) / "files")
    return {path.removesuffix(TEMPLATE): _text(path, file, name=name) for path, file in found}


def rendered(path: str, **values: object) -> str:
    """One of the templates, `path` below this folder, filled in."""
    return _text(path, files(__name__).joinpath(*path.split("/")), **values)


def _text(path: str, file: Traversable, **values: object) -> str:
    from jinja2 import Environment, StrictUndefined

    text = file.read_text(encoding="utf-8")
    if not path.endswith(TEMPLATE):
        return text
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)
    return environment.from_string(text).render(**values)


def _files(folder: Traversable, above: str = "") -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for entry in folder.iterdir():
        path = f"{above}{entry.name}"
        found += _files(entry, f"{path}/") if entry.is_dir() else [(path, entry)]
    return found
