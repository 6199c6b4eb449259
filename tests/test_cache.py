"""The folder of what was worked out before: what is written comes back, and nothing else ever does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from segdsl import cache
from segdsl.cache import Cache


def entries(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    kept = Cache(tmp_path / "not" / "there" / "yet")
    assert kept.read("trees", "key") is None
    kept.write("trees", "key", b"content")
    assert kept.read("trees", "key") == b"content"
    assert Cache(kept.folder).read("trees", "key") == b"content"
    assert (kept.read("trees", "other"), kept.read("answers", "key")) == (None, None)


def test_another_edition_reads_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Cache(tmp_path).write("trees", "key", b"content")
    monkeypatch.setattr(cache, "edition", lambda: "another")
    assert Cache(tmp_path).read("trees", "key") is None


def test_the_edition_is_that_of_the_files() -> None:
    command = "from segdsl.cache import edition; print(edition())"
    done = [subprocess.run([sys.executable, "-c", command], capture_output=True, text=True) for _ in range(2)]
    assert done[0].stdout.strip() == done[1].stdout.strip() == cache.edition() != ""


@pytest.mark.parametrize("damage", [b"", b"x", b"\0" * 32, b"\0" * 39, b"content"])
def test_damaged_entries_are_none(tmp_path: Path, damage: bytes) -> None:
    kept = Cache(tmp_path)
    kept.write("trees", "key", b"content")
    (entry,) = entries(tmp_path)
    whole = entry.read_bytes()
    for written in (damage, whole[:-1], whole + b"x", whole[:-1] + b"x", b"x" + whole[1:]):
        entry.write_bytes(written)
        assert kept.read("trees", "key") is None
    kept.write("trees", "key", b"anew")
    assert kept.read("trees", "key") == b"anew"


def test_an_entry_in_the_place_of_another_is_none(tmp_path: Path) -> None:
    kept = Cache(tmp_path)
    kept.write("trees", "one", b"of one")
    (one,) = entries(tmp_path)
    kept.write("trees", "other", b"of the other")
    (other,) = set(entries(tmp_path)) - {one}
    os.replace(one, other)
    assert kept.read("trees", "other") is None


def test_no_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    for folder in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/nowhere"), Path("a\0b")):
        kept = Cache(folder)
        kept.write("trees", "key", b"content")
        assert kept.read("trees", "key") is None
        kept.trim()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_what_is_no_file_is_none(tmp_path: Path) -> None:
    kept = Cache(tmp_path)
    kept.write("trees", "key", b"content")
    (entry,) = entries(tmp_path)
    entry.unlink()
    os.mkfifo(entry)
    assert kept.read("trees", "key") is None
    entry.unlink()
    entry.mkdir()
    assert kept.read("trees", "key") is None
    kept.write("trees", "key", b"content")
    assert [path.name for path in entry.parent.iterdir()] == [entry.name]


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Cache(tmp_path)
    for number in range(5):
        kept.write("trees", str(number), b"." * 1000)
    for age, entry in enumerate(entries(tmp_path)):
        os.utime(entry, (age, age))
    kept.read("trees", "0")
    foreign = tmp_path / "trees" / "of somebody else"
    foreign.write_bytes(b"." * 10_000)
    os.utime(foreign, (0, 0))
    monkeypatch.setattr(cache, "LARGEST_FOLDER", 2500)
    kept.trim()
    assert kept.read("trees", "0") is not None
    assert sum(kept.read("trees", str(number)) is not None for number in range(5)) == 2
    assert foreign.exists()


def test_what_is_too_large_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Cache(tmp_path)
    kept.write("trees", "key", b"." * 1000)
    monkeypatch.setattr(cache, "LARGEST_ENTRY", 999)
    kept.write("trees", "other", b"." * 1000)
    assert (kept.read("trees", "key"), kept.read("trees", "other")) == (None, None)
