"""The GitHub Action and the hooks: their form, and that nothing in them can change or be injected unseen."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from segdsl.cli import main

ROOT = Path(__file__).parent.parent
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]


def unpinned(steps: list[dict[str, Any]]) -> list[str]:
    used = [step["uses"] for step in steps if "uses" in step]
    return [name for name in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", name)]


def undeclared(text: str, inputs: Mapping[str, Any]) -> set[str]:
    return set(re.findall(r"inputs\.(\w+)", text)) - set(inputs)


def test_every_action_in_use_is_pinned_by_its_commit() -> None:
    assert unpinned(STEPS) == []
    assert unpinned([{"uses": "actions/checkout@v4"}, {"uses": f"a/b@{'0' * 40}"}]) == ["actions/checkout@v4"]


def test_every_input_in_use_is_declared_and_in_use() -> None:
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    assert ACTION["runs"]["using"] == "composite"
    assert undeclared(text, ACTION["inputs"]) == set()
    assert [name for name in ACTION["inputs"] if f"inputs.{name}" not in text] == []


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step["name"])
def test_shell_is_sound_and_takes_inputs_by_its_environment_alone(step: dict[str, Any]) -> None:
    assert step["shell"] == "bash"
    assert "${{" not in step["run"]
    subprocess.run(["bash", "-n"], input=step["run"], text=True, check=True)


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_hooks_type_commands_that_exist(hook: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    program, command = hook["entry"].split()
    assert program == "segdsl" and hook["language"] == "python"
    assert main([command, "--help"]) == 0
    assert re.search(hook["files"], "crm/segments/a.seg") and not re.search(hook["files"], "README.md")


# A stand-in for `gh`, which plays what GitHub answers: older comments are in a file, what is sent goes to another.
GH = """#!/usr/bin/env bash
if [[ "$*" == *--method* ]]; then
  [ -e "$FOLDER/read-only" ] && { echo "HTTP 403: Resource not accessible by integration" >&2; exit 1; }
  echo "$*" >> "$FOLDER/sent"
else
  cat "$FOLDER/older"
fi
"""


def commented(folder: Path, segments: str, older: str = "", *, read_only: bool = False) -> tuple[list[str], str]:
    """What the step called Comment sends to GitHub, and what it says in the job's log."""
    project, tools = folder / "crm", folder / "segdsl" / "bin"
    for each in (project / "segments", tools):
        each.mkdir(parents=True)
    catalog = "tables: {customer: {from: c, key: id, columns: {age: {type: integer, min: 0}}}}\nentity: customer\n"
    (project / "segdsl.yml").write_text("name: crm\n", encoding="utf-8")
    (project / "catalog.yml").write_text(catalog, encoding="utf-8")
    (project / "segments" / "a.seg").write_text(segments, encoding="utf-8")
    (folder / "older").write_text(older, encoding="utf-8")
    (folder / "sent").touch()
    if read_only:
        (folder / "read-only").touch()
    for name, text in (("gh", GH), ("segdsl", f'#!/bin/sh\nexec "{sys.executable}" -m segdsl "$@"\n')):
        (tools / name).write_text(text, encoding="utf-8")
        (tools / name).chmod(0o755)
    (step,) = (step for step in STEPS if step["name"] == "Comment")
    environment = {
        **os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "RUNNER_TEMP": str(folder),
        "FOLDER": str(folder), "PROJECT": str(project), "NUMBER": "7", "GITHUB_REPOSITORY": "a/b",
    }  # fmt: skip
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    done = subprocess.run(shell, env=environment, capture_output=True, text=True, check=True)
    return (folder / "sent").read_text(encoding="utf-8").splitlines(), done.stdout


SOUND, EMPTY = "segment a\n  when age > 1\n", "segment a\n  when age > 5 and age < 3\n"


@pytest.mark.parametrize(
    ("segments", "older", "sent"),
    [
        (EMPTY, "", ["--method POST repos/a/b/issues/7/comments"]),
        (EMPTY, "41\n42\n", ["--method PATCH repos/a/b/issues/comments/41"]),
        (SOUND, "41\n", ["--method PATCH repos/a/b/issues/comments/41"]),
        (SOUND, "", []),
    ],
)
def test_one_comment_is_kept_up_to_date(segments: str, older: str, sent: list[str], tmp_path: Path) -> None:
    found, _ = commented(tmp_path, segments, older)
    assert [line.removeprefix("api ").partition(" --field")[0] for line in found] == sent


def test_a_token_that_may_only_read_writes_nothing_and_fails_nothing(tmp_path: Path) -> None:
    found, said = commented(tmp_path, EMPTY, read_only=True)
    assert found == [] and "a fork's may only read" in said
