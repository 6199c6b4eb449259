"""Commands as processes of their own, with the time and the memory that they took."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import segdsl

# A process begins with the memory of the one that starts it: a small one stands in between.
STARTER = """
import json, os, subprocess, sys
with open(sys.argv[1], "wb") as out, open(sys.argv[2], "wb") as err:
    process = subprocess.Popen(sys.argv[3:], stdin=subprocess.DEVNULL, stdout=out, stderr=err)
    _, status, used = os.wait4(process.pid, 0)
print(json.dumps([os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss]))
"""


@dataclass(frozen=True)
class Done:
    """What a command said; `seconds` of CPU, and the most `megabytes` that it held at once."""

    code: int
    stdout: str
    stderr: str
    seconds: float
    megabytes: float

    @property
    def said(self) -> str:
        return self.stdout + self.stderr


def command(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None, wait: int = 60) -> Done:
    """Runs `segdsl` in a folder; `environment` is all that it knows, beside what Python needs."""
    known = {"PYTHONPATH": str(Path(segdsl.__file__).parents[1]), "PATH": os.environ["PATH"], "SEGDSL_CACHE": "off"}
    known |= environment or {}
    beside = folder.parent / f"{folder.name}.out", folder.parent / f"{folder.name}.err"
    # `-P`: nothing in the folder is taken for a part of Python.
    asked = [sys.executable, "-P", "-m", "segdsl", *arguments]
    starter = [sys.executable, "-I", "-S", "-c", STARTER, *map(str, beside), *asked]
    done = subprocess.run(starter, cwd=folder, env=known, capture_output=True, text=True, timeout=wait, check=True)
    code, seconds, kilobytes = json.loads(done.stdout)
    stdout, stderr = (file.read_text(encoding="utf-8", errors="replace") for file in beside)
    return Done(code, stdout, stderr, seconds, kilobytes / 1024)
