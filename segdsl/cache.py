"""A folder of what was worked out before, by what it was worked out from.

In: the name of a kind of answers, and a key that holds everything that an answer depends on. Out: the bytes that were
written for it by this very segdsl, or None. Promised: never an error, whatever the folder is or holds, and never the
bytes of another key, kind or edition of segdsl, nor damaged ones. A file is written in one step, so that many runs can
share the folder, and all of it can be deleted at any time.

Whoever can write to the folder can make up an answer: what stands in it is data, which its readers decode as such and
nothing else, but it is believed.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

LARGEST_ENTRY = 50_000_000
LARGEST_FOLDER = 200_000_000

# Libraries whose versions say what is read, by their packages.
_LIBRARIES = ("lark", "yaml")
# That of z3 stands in the name of the folder that its installer leaves beside it.
_SOLVER, _INSTALLED = "z3", "z3_solver-*"
# What this file writes, and nothing else: the folder may be one that holds other things.
_KIND = re.compile(r"[a-z]+(?:-[a-z]+)*")
_SEAL = sha256().digest_size
_OWN_FILE = re.compile(r"[0-9a-f]{64}(?:\.[a-z0-9_]+\.tmp)?")


class Cache:
    """The answers in one folder, which need not be there yet. A kind is a word such as `trees`; keys are any text."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._has_grown = False

    def read(self, kind: str, key: str) -> bytes | None:
        """What was written for the key, if it is there."""
        try:
            path = self._path(kind, key)
            # A pipe would be waited for.
            handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
            with open(handle, "rb") as file:
                if not stat.S_ISREG(os.fstat(handle).st_mode):
                    return None
                seal = file.read(_SEAL)
                content = file.read(LARGEST_ENTRY + 1)
        except (OSError, ValueError):
            return None
        if len(content) > LARGEST_ENTRY or seal != _seal(kind, key, content):
            return None
        _touch(path)
        return content

    def write(self, kind: str, key: str, content: bytes) -> None:
        """Keeps the content, if it can be kept."""
        if len(content) > LARGEST_ENTRY:
            return
        import tempfile

        written: Path | None = None
        try:
            path = self._path(kind, key)
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".tmp", dir=path.parent)
            written = Path(name)
            with open(handle, "wb") as file:
                file.write(_seal(kind, key, content) + content)
            os.replace(written, path)
            self._has_grown = True
        except (OSError, ValueError):
            _remove(written)

    def trim(self) -> None:
        """Drops what was not used for the longest time, once the folder has grown too large."""
        if not self._has_grown:
            return
        self._has_grown = False
        files = sorted(self._files())
        size = sum(size for _, size, _ in files)
        for _, of_it, path in files:
            if size <= LARGEST_FOLDER:
                return
            _remove(path)
            size -= of_it

    def _path(self, kind: str, key: str) -> Path:
        assert _KIND.fullmatch(kind)
        return self.folder / kind / sha256(_of_key(kind, key)).hexdigest()

    def _files(self) -> Iterator[tuple[int, int, Path]]:
        """When each file was used, its size and where it is."""
        try:
            kinds = [entry.path for entry in os.scandir(self.folder) if _KIND.fullmatch(entry.name)]
            for entry in (entry for kind in kinds for entry in os.scandir(kind)):
                if _OWN_FILE.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                    status = entry.stat(follow_symlinks=False)
                    yield status.st_mtime_ns, status.st_size, Path(entry.path)
        except OSError:
            return


def _seal(kind: str, key: str, content: bytes) -> bytes:
    """What stands before the content of an entry that is whole and in its place."""
    return sha256(_of_key(kind, key) + content).digest()


def _of_key(kind: str, key: str) -> bytes:
    return f"{edition()}\0{kind}\0{len(key)}\0{key}\0".encode("utf-8", "surrogatepass")


@cache
def edition() -> str:
    """What tells this segdsl from any other: a digest of its files, and of the versions that it runs with.

    Raises `OSError` where the files cannot be read, as in an archive.
    """
    digest = sha256(sys.version.encode())
    package = Path(__file__).parent
    for path in (Path(__file__), *sorted(path for path in package.rglob("*.*") if path.suffix in (".py", ".lark"))):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(package).as_posix()}\0{len(content)}\0".encode() + content)
    for name in _LIBRARIES:
        found = find_spec(name)
        if found is not None and found.origin is not None:
            digest.update(Path(found.origin).read_bytes())
    solver = find_spec(_SOLVER)
    if solver is not None and solver.origin is not None:
        beside = Path(solver.origin).parent.parent
        digest.update("".join(sorted(path.name for path in beside.glob(_INSTALLED))).encode())
    return digest.hexdigest()


def _touch(path: Path) -> None:
    try:
        os.utime(path)
    except OSError:
        return


def _remove(path: Path | None) -> None:
    try:
        if path is not None:
            path.unlink(missing_ok=True)
    except OSError:
        return
