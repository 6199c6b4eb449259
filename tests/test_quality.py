"""The tools that read the code: style by ruff, types by mypy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOOLS = {
    "style": ["ruff", "check", "."],
    "layout": ["ruff", "format", "--check", "."],
    "types": ["mypy", "segdsl", "tests", "action"],
}


@pytest.mark.parametrize("name", TOOLS)
def test_the_code_passes(name: str) -> None:
    command = [sys.executable, "-m", *TOOLS[name]]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
