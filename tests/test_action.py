"""The GitHub Action and the hooks: their form, and that nothing in them can change or be injected unseen."""

from __future__ import annotations

import re
import subprocess
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
