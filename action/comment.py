"""Keeps one comment on a pull request up to date: brings the older one up to date, else writes one.

    python action/comment.py FILE

In: the text of the comment, whose first line is the marker that the older one is found by, and the environment that
`action.yml` and GitHub set. Out: a line that says what was done. Only the standard library: it runs before anything
is known of the machine but its Python.

Promised: there are never two comments of one job, and nobody else's is touched; a comment that cannot be written
stands in the summary of the job instead, which does not fail.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from http.client import HTTPException
from itertools import count
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

# GitHub gives no more comments at once.
A_PAGE = 100
SECONDS = 30


class PullRequest:
    """The comments of a pull request (https://docs.github.com/en/rest/issues/comments)."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._api = environment["GITHUB_API_URL"]
        self._token = environment["TOKEN"]
        self._repository = f"{self._api}/repos/{environment['GITHUB_REPOSITORY']}"
        self._comments = f"{self._repository}/issues/{environment['NUMBER']}/comments"

    def keep(self, text: str) -> str:
        """Writes the comment; says what was done."""
        marker, summary, *_ = text.split("\n")
        older = self._older(marker)
        if older is not None:
            self._ask("PATCH", f"{self._repository}/issues/comments/{older}", {"body": text})
            return "the comment is up to date"
        if summary.endswith(": no findings"):
            return "no comment: there are no findings, and there is no older comment"
        self._ask("POST", self._comments, {"body": text})
        return "the comment is written"

    def _older(self, marker: str) -> int | None:
        me = self._me()
        for comment in self._all():
            user = comment["user"] or {}
            is_mine = user.get("type") == "Bot" if me is None else user.get("login") == me
            if is_mine and (comment["body"] or "").startswith(marker):
                return int(comment["id"])
        return None

    def _me(self) -> str | None:
        """Who the token is, None when it is an app's: an app is no user, and may not ask."""
        try:
            return str(self._ask("GET", f"{self._api}/user")["login"])
        except HTTPError as refused:
            if refused.code in (401, 403, 404):
                return None
            raise

    def _all(self) -> Iterator[Any]:
        for page in count(1):
            found = self._ask("GET", f"{self._comments}?per_page={A_PAGE}&page={page}")
            yield from found
            if len(found) < A_PAGE:
                return

    def _ask(self, method: str, url: str, content: Mapping[str, str] | None = None) -> Any:
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
            "User-Agent": "segdsl",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        sent = None if content is None else json.dumps(content).encode()
        with urlopen(Request(url, sent, headers, method=method), timeout=SECONDS) as answer:
            return json.load(answer)


def main(file: str, environment: Mapping[str, str]) -> str:
    text = Path(file).read_text(encoding="utf-8")
    if not text:
        return "no comment: the project cannot be read"
    try:
        return PullRequest(environment).keep(text)
    except HTTPError as refused:
        why = f"GitHub says {refused.code}" + " (a fork's token may only read)" * (refused.code == 403)
    except (OSError, HTTPException, ValueError, KeyError, TypeError) as problem:
        why = f"GitHub could not be asked ({type(problem).__name__})"
    with Path(environment["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as summary:
        summary.write(text)
    return f"no comment: {why}; the summary of the job has it"


if __name__ == "__main__":
    print(main(sys.argv[1], os.environ))
