"""The programs of others that are measured beside segdsl, in a virtual environment made when first needed.

It lies in `segdsl-bench-tools` of the folder for temporary files, or where `SEGDSL_BENCH_TOOLS` says. What cannot be
installed is left out of a benchmark, with a message.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

# Of these versions, beside the project's own DuckDB.
PINNED = (
    "dbt-core==1.11.16",
    "dbt-duckdb==1.11.1",
    "dbt-postgres==1.11.0",
    "duckdb==2.0.0",
    "prqlc==0.13.14",
)
# dbt tells nobody that it was used, looks for no newer version, and does not change what it prints in a terminal.
QUIET = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DBT_VERSION_CHECK": "false", "DBT_USE_COLORS": "false"}


def folder() -> Path | None:
    """The folder of the programs, or none, when they could not be installed."""
    named = os.environ.get("SEGDSL_BENCH_TOOLS")
    found = Path(named) if named else Path(tempfile.gettempdir()) / "segdsl-bench-tools"
    done = found / "installed.json"
    if not done.exists() or json.loads(done.read_text()) != list(PINNED):
        print(f"installing {', '.join(PINNED)} in {found}", file=sys.stderr, flush=True)
        made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(found)], capture_output=True, text=True)
        pip = [str(found / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", *PINNED]
        if made.returncode or subprocess.run(pip).returncode:
            print("dbt and prqlc could not be installed: they are left out", file=sys.stderr, flush=True)
            return None
        done.write_text(json.dumps(PINNED))
    return found / "bin"


def dbt(programs: Path, project: Path, *arguments: str) -> list[str]:
    """The command `dbt` in a project that holds its own profile."""
    return [
        str(programs / "dbt"),
        "--quiet",
        *arguments,
        "--project-dir",
        str(project),
        "--profiles-dir",
        str(project),
    ]


def write_dbt_project(
    project: Path, models: dict[str, str], profile: dict[str, object], start: tuple[str, ...]
) -> None:
    """A dbt project with a model, a table, for each query by name; every run begins with the statements `start`."""
    (project / "models").mkdir(parents=True, exist_ok=True)
    settings = {
        "name": "benchmark",
        "version": "1.0",
        "profile": "benchmark",
        "models": {"benchmark": {"+materialized": "table"}},
        "on-run-start": list(start),
    }
    profiles = {"benchmark": {"target": "it", "outputs": {"it": profile}}}
    # JSON is YAML, too.
    (project / "dbt_project.yml").write_text(json.dumps(settings, indent=1))
    (project / "profiles.yml").write_text(json.dumps(profiles, indent=1))
    for name, query in models.items():
        (project / "models" / f"{name}.sql").write_text(f"{query}\n")
