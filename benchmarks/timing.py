"""Measures programs beside each other, in turns: wall clock, CPU seconds and most memory of each, children included.

Ways are measured A B C A B C, so that what else the machine does meets all of them alike. CPU seconds are of the user
and of the system together; where a database server works for a way, what its processes took meanwhile is added.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cache
from importlib.metadata import version
from pathlib import Path
from statistics import median

RESULTS = Path(__file__).parent / "results"
LAUNCH = Path(__file__).parent / "launch.py"


@dataclass
class Taken:
    """Of every round: seconds by the wall clock, seconds of CPU, and the most memory of one process, in MB."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Way:
    """One way to do the work: the command of a process, and what is made ready before it, which is not measured."""

    command: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    before: Callable[[], None] = lambda: None
    codes: tuple[int, ...] = (0,)


def in_turns(ways: Mapping[str, Way], rounds: int, served: Callable[[], float] = lambda: 0.0) -> dict[str, Taken]:
    """Measures each way once a round. `served` gives the CPU seconds that a server has taken so far."""
    taken = {name: Taken() for name in ways}
    for number in range(rounds):
        for name, way in ways.items():
            way.before()
            measure(way, taken[name], served)
            wall, cpu = taken[name].wall[-1], taken[name].cpu[-1]
            print(f"round {number + 1}: {name}: {wall:.2f} s, CPU {cpu:.2f} s", file=sys.stderr, flush=True)
    return taken


def measure(way: Way, taken: Taken, served: Callable[[], float] = lambda: 0.0) -> None:
    """Runs a way once; ends the benchmark when it fails."""
    server = served()
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "taken.json"
        command = [sys.executable, "-S", str(LAUNCH), str(file), *way.command]
        environment = {**os.environ, **way.environment}
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, text=True, errors="replace"
        )
        if done.returncode not in way.codes:
            sys.exit(f"{' '.join(way.command)} failed:\n{done.stdout[-4000:]}")
        found = json.loads(file.read_text())
    taken.wall.append(found["wall"])
    taken.cpu.append(found["cpu"] + served() - server)
    taken.memory.append(found["memory"])


@cache
def compiled() -> None:
    """Compiles Python's files, as pip does when it installs them: not every machine keeps what it has compiled."""
    root = Path(__file__).parent
    command = [sys.executable, "-m", "compileall", "-q", str(root), str(root.parent / "segdsl")]
    subprocess.run(command, check=True)


def segdsl(folder: Path, *arguments: str, **options: object) -> Way:
    """The command `segdsl` in a project."""
    compiled()
    return Way([sys.executable, "-m", "segdsl", "-C", str(folder), *arguments], **options)  # type: ignore[arg-type]


def tell(taken: Mapping[str, Taken], base: str = "") -> None:
    """Prints the median of each way and its spread, and how much of it the way `base` takes."""
    own = taken.get(base)
    for name, each in taken.items():
        line = f"  {name:34}"
        for unit, seconds in (("wall", each.wall), ("CPU", each.cpu)):
            line += f" {unit} {median(seconds):8.2f} s ({min(seconds):.2f} to {max(seconds):.2f})"
        line += f" {max(each.memory):7.0f} MB"
        if own is not None and each is not own:
            line += (
                f"   x{median(each.wall) / median(own.wall):.2f} wall, x{median(each.cpu) / median(own.cpu):.2f} CPU"
            )
        print(line, flush=True)


def keep(name: str, given: Mapping[str, object], taken: Mapping[str, Taken], **more: object) -> None:
    """Writes results as JSON: what was given, the machine, and every round."""
    RESULTS.mkdir(exist_ok=True)
    found = {"benchmark": name, "date": str(date.today()), "machine": machine(), "given": given, **more}
    found["ways"] = {name: asdict(each) for name, each in taken.items()}
    (RESULTS / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n")


def machine() -> dict[str, object]:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
    versions = {each: version(each) for each in ("duckdb", "sqlglot", "lark")}
    return {
        "cpu": model,
        "cpus": os.cpu_count(),
        "memory": f"{memory} GB",
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
        **versions,
    }
