"""What README.md shows is what comes out: its commands are run in a copy of the grocery example.

A `console` block holds commands, each after `$ `, and what they print; a `seg FILE` block before it is a file of
definitions that is in the project for that block alone. The commands of a `console data` block are run where there is
nothing but a folder of CSV files. `--update` rewrites what the commands print.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import markdown

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
BLOCKS = list(markdown.blocks(README.read_text(encoding="utf-8").split("\n")))


def printed(command: str, folder: Path) -> str:
    """What `segdsl ...`, or `segdsl ... | head -N`, prints; errors stand where a terminal would show them."""
    command, _, lines = command.partition(" | head -")
    program, *arguments = shlex.split(command)
    assert program == "segdsl", "only segdsl is run"
    environment = {**os.environ, "COLUMNS": "120", "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "segdsl", *arguments],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
    )
    text = done.stdout.replace(str(folder), "/home/you/grocery")
    return "".join(text.splitlines(keepends=True)[: int(lines) if lines else None])


def shown(block: markdown.Block, folder: Path) -> str:
    """The block with what its commands print now."""
    commands = re.findall(r"^\$ (.*)$", block.text, re.MULTILINE)
    assert commands, "a console block without a command"
    return "\n".join(f"$ {command}\n{printed(command, folder)}" for command in commands)


def test_the_readme_shows_what_comes_out(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    folder = tmp_path / "grocery"
    shutil.copytree(ROOT / "examples" / "grocery", folder, ignore=shutil.ignore_patterns("memberships.*"))
    shutil.copytree(ROOT / "segdsl" / "scaffold" / "files" / "data", tmp_path / "shop" / "data")
    found, written = {}, None
    for block in BLOCKS:
        if block.words[0] == "seg" and len(block.words) > 1:
            written = folder / "segments" / block.words[1]
            written.write_text(block.text, encoding="utf-8")
        elif block.words == ("console", "data"):
            found[block] = shown(block, tmp_path / "shop")
        elif block.words == ("console",):
            found[block] = shown(block, folder)
            if written is not None:
                written.unlink()
                written = None
    assert found, "the README shows no command"
    if request.config.getoption("--update"):
        markdown.rewrite(README, found)
        return
    for block, text in found.items():
        assert text == block.text


def test_definitions_in_the_readme_are_those_of_the_example() -> None:
    """A `seg` block without a file's name is quoted from the example."""
    example = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "examples" / "grocery").rglob("*.seg"))
    quoted = [block.text for block in BLOCKS if block.words == ("seg",)]
    assert quoted
    for text in quoted:
        assert text in example


def test_links_in_the_readme_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []
