"""The documentation as a site: it builds without a warning, and what its pages show is true.

`console` blocks of the tour are run one after the other in a project that `segdsl init shop` makes; `seg FILE` blocks
are written there, and `<!-- remove FILE -->` takes one away again. `--update` rewrites what the commands print.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import markdown
from tests.test_docs import blocks, found
from tests.test_readme import ROOT, shown

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
TOUR = DOCS / "tour.md"
# Their definitions are over the catalog of the language reference.
WRITTEN = [DOCS / "recipes.md", *sorted((DOCS / "coming_from").glob("*.md"))]
# What the pages say of each is that it counts those without a value, too.
MEANT = {"includes-missing"}


def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for page in PAGES:
        assert (tmp_path / "site" / page.relative_to(DOCS).with_suffix(".html")).exists()
    assert 'href="coming_from/klaviyo.html"' in (tmp_path / "site" / "index.html").read_text(encoding="utf-8")


def test_the_tour_shows_what_comes_out(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    shop = tmp_path / "shop"
    found = {}
    text = TOUR.read_text(encoding="utf-8")
    removed = {int(text[: each.start()].count("\n")): each[1] for each in re.finditer(r"<!-- remove (\S+) -->", text)}
    for block in markdown.blocks(text.split("\n")):
        for line in [line for line in removed if line < block.first]:
            (shop / removed.pop(line)).unlink()
        if block.words[0] == "seg" and len(block.words) > 1:
            (shop / block.words[1]).write_text(block.text, encoding="utf-8")
        elif block.words == ("console",):
            found[block] = shown(block, shop if shop.exists() else tmp_path)
    assert len(found) > 10
    if request.config.getoption("--update"):
        markdown.rewrite(TOUR, found)
        return
    for block, printed in found.items():
        assert printed == block.text


def test_the_guide_for_data_people_shows_what_comes_out(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    page, folder = DOCS / "data_people.md", tmp_path / "grocery"
    shutil.copytree(ROOT / "examples" / "grocery", folder, ignore=shutil.ignore_patterns("memberships.*"))
    (block,) = (each for each in markdown.blocks(page.read_text("utf-8").split("\n")) if each.words == ("console",))
    text = shown(block, folder)
    if request.config.getoption("--update"):
        markdown.rewrite(page, {block: text})
        return
    assert text == block.text


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.stem)
def test_definitions_on_a_page_are_sound(page: Path) -> None:
    written = blocks(page.read_text(encoding="utf-8"), "seg")
    assert written
    for text in written:
        assert set(found(text)) <= MEANT, text


@pytest.mark.parametrize("page", [page for page in WRITTEN if page.parent != DOCS], ids=lambda page: page.stem)
def test_what_a_table_says_to_type_can_be_typed(page: Path) -> None:
    """Each whole condition in the right column of a page's table; what is a word or two stands for itself."""
    rows = re.findall(r"^\| (?!in |---)[^|]*\| (.*) \|$", page.read_text(encoding="utf-8"), re.MULTILINE)
    conditions = [each for row in rows for each in re.findall(r"`([^`]*)`", row) if IS_CONDITION.search(each)]
    assert len(conditions) >= 10
    for condition in conditions:
        assert set(found(AROUND.format(condition))) <= MEANT, condition


IS_CONDITION = re.compile(
    r"[=<>]| is | in | contains| than | starts with \"| ends with \"|^has |^no |within|matches \""
)
AROUND = """
metric ltv = sum(order.amount)
segment vip
  when age > 90
channel post
  when city is known
place depot = (52.5, 13.4)
segment tried
  when {}
"""


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md"], ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    """As they stand in the repository, anchors of other pages too."""
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link} leads nowhere"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {_slug(each) for each in headings}, f"{link} leads to no heading"


def _slug(heading: str) -> str:
    """The anchor that GitHub, and the site, make of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
