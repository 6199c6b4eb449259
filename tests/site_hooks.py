"""What the site has otherwise than the pages as they stand in the repository; `mkdocs.yml` names it."""

from __future__ import annotations

import re
from typing import Any


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Links to code keep their text alone: the site holds the pages. Fences keep the language, and lose the file."""
    markdown = re.sub(r"\[([^\]]+)\]\((?:\.\./)+(?!\w+\.md)[^)]*\)", r"\1", markdown)
    return re.sub(r"^(```\w+) .*$", r"\1", markdown, flags=re.MULTILINE)
