"""The page on tests shows what comes out: its commands are run in a copy of the grocery example.

A `yaml FILE` block is written there for the commands after it. `--update` rewrites what the commands print.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests import markdown
from tests.test_readme import ROOT, shown

PAGE = ROOT / "docs" / "testing.md"


def test_the_page_shows_what_comes_out(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    folder = tmp_path / "grocery"
    shutil.copytree(ROOT / "examples" / "grocery", folder, ignore=shutil.ignore_patterns("memberships.*"))
    found = {}
    for block in markdown.blocks(PAGE.read_text(encoding="utf-8").split("\n")):
        if block.words[0] == "yaml" and len(block.words) > 1:
            (folder / block.words[1]).write_text(block.text, encoding="utf-8")
        elif block.words == ("console",):
            found[block] = shown(block, folder)
    assert len(found) == 3
    if request.config.getoption("--update"):
        markdown.rewrite(PAGE, found)
        return
    for block, text in found.items():
        assert text == block.text
