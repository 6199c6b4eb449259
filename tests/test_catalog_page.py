"""The page on catalogs shows what comes out, in an empty folder beside the data of the grocery example."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests import markdown
from tests.test_readme import ROOT, shown

PAGE = ROOT / "docs" / "catalog.md"


def test_the_page_shows_what_comes_out(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    folder = tmp_path / "grocery"
    shutil.copytree(
        ROOT / "examples" / "grocery" / "data", folder / "data", ignore=shutil.ignore_patterns("memberships.*")
    )
    found = {}
    for block in markdown.blocks(PAGE.read_text(encoding="utf-8").split("\n")):
        if block.words == ("console",) and "$ cat catalog.yml" in block.text:
            lines = (folder / "catalog.yml").read_text(encoding="utf-8").splitlines(keepends=True)
            found[block] = "$ cat catalog.yml | head -36\n" + "".join(lines[:36])
        elif block.words == ("console",):
            found[block] = shown(block, folder)
    assert len(found) == 2
    if request.config.getoption("--update"):
        markdown.rewrite(PAGE, found)
        return
    for block, text in found.items():
        assert text == block.text
