"""The GitHub Action and the hooks: their form, and that nothing in them can change or be injected unseen."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

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


# --- the comment ------------------------------------------------------------------------------------------


@dataclass
class Conversation:
    """The comments of pull request 7 of a/b, as GitHub keeps them: who wrote each, and what."""

    comments: list[tuple[str, str]]
    me: str = "github-actions[bot]"
    is_read_only: bool = False
    broken_page: int = 0
    asked: list[str] = field(default_factory=list)

    def answer(self, method: str, path: str, content: Any) -> tuple[int, Any]:
        """What https://docs.github.com/en/rest/issues/comments says to it."""
        url = urlsplit(path)
        self.asked.append(f"{method} {url.path}")
        match method, url.path.removeprefix("/repos/a/b/issues/"):
            case "GET", "/user":
                return (403, {}) if self.me.endswith("[bot]") else (200, {"login": self.me})
            case "GET", "7/comments":
                query = parse_qs(url.query)
                page, size = int(query["page"][0]), min(100, int(query["per_page"][0]))
                if page == self.broken_page:
                    return 502, {}
                return 200, [self._shown(id) for id in range(len(self.comments))][(page - 1) * size : page * size]
        if self.is_read_only:
            return 403, {"message": "Resource not accessible by integration"}
        if len(content["body"]) > 65_536:
            return 422, {"message": "Body is too long (maximum is 65536 characters)"}
        match method, url.path.removeprefix("/repos/a/b/issues/").split("/"):
            case "POST", ["7", "comments"]:
                self.comments.append((self.me, content["body"]))
                return 201, self._shown(len(self.comments) - 1)
            case "PATCH", ["comments", id]:
                self.comments[int(id)] = (self.comments[int(id)][0], content["body"])
                return 200, self._shown(int(id))
        return 404, {}

    def _shown(self, id: int) -> Any:
        who, body = self.comments[id]
        kind = "Bot" if who.endswith("[bot]") else "User"
        # Whoever has left GitHub is nobody.
        return {"id": id, "body": body, "user": {"login": who, "type": kind} if who else None}

    @contextmanager
    def served(self) -> Iterator[str]:
        conversation = self

        class Handler(BaseHTTPRequestHandler):
            def answered(self) -> None:
                assert self.headers["Authorization"] == "Bearer secret"
                sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                code, content = conversation.answer(self.command, self.path, json.loads(sent) if sent else None)
                text = json.dumps(content).encode()
                self.send_response(code)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PATCH = answered

            def log_message(self, *_: object) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            try:
                yield f"http://127.0.0.1:{server.server_port}"
            finally:
                server.shutdown()


CATALOG = (
    "tables: {customer: {from: c, key: id, columns: {age: {type: integer, min: 0}, city: text}}}\nentity: customer\n"
)
SOUND, EMPTY = "segment a\n  when age > 1\n", "segment a\n  when age > 5 and age < 3\n"
MARKER = "<!-- segdsl check crm -->"
BOT = "github-actions[bot]"
OTHERS = [("ann", "looks good"), ("", "from one who left"), ("bob", MARKER), (BOT, "something else")]


def job(folder: Path, *names: str, api: str = "", **segments: str) -> tuple[str, str]:
    """The log and the summary of a job that has these steps, on a project `crm` with these files of segments."""
    project, tools, summary = folder / "crm", folder / "segdsl" / "bin", folder / "summary.md"
    for each in (project / "segments", tools):
        each.mkdir(parents=True, exist_ok=True)
    (project / "segdsl.yml").write_text("name: crm\n", encoding="utf-8")
    (project / "catalog.yml").write_text(CATALOG, encoding="utf-8")
    for name, text in segments.items():
        (project / "segments" / f"{name}.seg").write_text(text, encoding="utf-8")
    for name, option in (("segdsl", "-m segdsl"), ("python", "")):
        (tools / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {option} "$@"\n', encoding="utf-8")
        (tools / name).chmod(0o755)
    summary.touch()
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT), "RUNNER_TEMP": str(folder), "SOURCE": str(ROOT), "TOKEN": "secret",
        "PROJECT": str(project), "NUMBER": "7", "STRICT": "false", "GITHUB_REPOSITORY": "a/b", "GITHUB_API_URL": api,
        "GITHUB_STEP_SUMMARY": str(summary), "GITHUB_OUTPUT": str(folder / "output"), "GITHUB_WORKSPACE": str(folder),
        "SEGDSL_CACHE": "off", "NO_PROXY": "127.0.0.1",
    }  # fmt: skip
    log = ""
    for step in (step for step in STEPS if step["name"] in names):
        shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        out = subprocess.run(
            shell, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True
        )
        log += out.stdout
    return log, summary.read_text(encoding="utf-8")


def commented(folder: Path, conversation: Conversation, segments: str) -> tuple[str, str]:
    with conversation.served() as api:
        return job(folder, "Comment", api=api, a=segments)


def test_one_comment_is_written_and_then_kept_up_to_date(tmp_path: Path) -> None:
    github = Conversation(list(OTHERS))
    assert commented(tmp_path, github, SOUND) == (
        "no comment: there are no findings, and there is no older comment\n",
        "",
    )
    assert github.comments == OTHERS
    assert commented(tmp_path, github, EMPTY) == ("the comment is written\n", "")
    assert "never-matches" in github.comments[-1][1]
    assert commented(tmp_path, github, SOUND) == ("the comment is up to date\n", "")
    assert github.comments[:-1] == OTHERS and github.comments[-1][0] == BOT
    assert github.comments[-1][1] == f"{MARKER}\n**segdsl check**: 1 segment in 1 file: no findings\n"


@pytest.mark.parametrize("before", [100, 250])
def test_an_older_comment_is_found_on_any_page(before: int, tmp_path: Path) -> None:
    talk = [("ann", f"{number}") for number in range(before)]
    github = Conversation([*talk, (BOT, f"{MARKER}\nold"), ("ann", "thanks")])
    assert commented(tmp_path, github, EMPTY)[0] == "the comment is up to date\n"
    assert len(github.comments) == before + 2 and "never-matches" in github.comments[before][1]


def test_comments_of_other_people_and_projects_are_left_alone(tmp_path: Path) -> None:
    others = [("bob", f"{MARKER}\nmine"), ("ann", f"{MARKER}\nmine"), (BOT, "<!-- segdsl check shop -->")]
    github = Conversation(list(others), me="bob")
    commented(tmp_path, github, EMPTY)
    assert github.comments[1:] == others[1:] and "never-matches" in github.comments[0][1]
    github = Conversation(others[1:])
    commented(tmp_path, github, EMPTY)
    assert github.comments[:-1] == others[1:] and "never-matches" in github.comments[-1][1]


def test_what_may_not_be_commented_stands_in_the_summary_and_the_job_goes_on(tmp_path: Path) -> None:
    github = Conversation([], is_read_only=True)
    said, summary = commented(tmp_path, github, EMPTY)
    assert said == "no comment: GitHub says 403 (a fork's token may only read); the summary of the job has it\n"
    assert summary.startswith(MARKER) and "never-matches" in summary


def test_nothing_is_written_while_the_older_comments_are_not_known(tmp_path: Path) -> None:
    github = Conversation([("ann", "hi")] * 100 + [(BOT, MARKER)], broken_page=2)
    said, summary = commented(tmp_path, github, EMPTY)
    assert "GitHub says 502" in said and "never-matches" in summary
    assert {asked.split()[0] for asked in github.asked} == {"GET"}


def test_without_github_the_summary_has_it(tmp_path: Path) -> None:
    said, summary = job(tmp_path, "Comment", api="http://127.0.0.1:9", a=EMPTY)
    assert "GitHub could not be asked (URLError)" in said and "never-matches" in summary


def test_a_comment_on_thousands_of_findings_is_taken(tmp_path: Path) -> None:
    text = "\n".join(f"segment s{number}\n  when age > {number + 1} and age < {number}\n" for number in range(250))
    github = Conversation([])
    assert commented(tmp_path, github, text)[0] == "the comment is written\n"
    assert 60_000 < len(github.comments[0][1]) <= 65_536 and "did not fit" in github.comments[0][1]


# How GitHub's runner finds commands in a log: at the start of a line, whatever white space is before them.
COMMAND = re.compile(r"^\s*::([^\s:]+)", re.MULTILINE)
EVIL = "```` <img src=x> @everyone ::error::x ##[add-mask]e -->"


def test_hostile_text_neither_commands_the_runner_nor_makes_markup(tmp_path: Path) -> None:
    github = Conversation([])
    text = f'segment a\n  when city = "{EVIL}" and city = "b"\n\nsegment b\n  when contry = "{EVIL}"\n'
    with github.served() as api:
        log, _ = job(tmp_path, "Check", "Comment", api=api, **{"\n::add-mask::e": EMPTY, "::stop-commands::x": text})
    # The runner reads `##[...]` only in lines that are no commands of the other kind.
    assert set(COMMAND.findall(log)) == {"error"} and "unknown-column" in log
    assert all("##[" not in line for line in log.splitlines() if not line.startswith("::error "))
    body = github.comments[0][1]
    outside = re.sub(r"^(`{3,})text\n.*?^\1\n", "", body, flags=re.MULTILINE | re.DOTALL)
    assert "@everyone" in body and "@everyone" not in outside and "<img" not in outside
    assert outside.split("\n")[0] == MARKER
