"""Runs a command, and writes to a file what it took.

    python -S benchmarks/launch.py FILE COMMAND...

A process of its own, and a small one, as Linux counts the memory of whoever starts a process to the process: of a large
benchmark everything would seem to take as much as that does. Written is JSON: how it ended, seconds by the wall clock,
seconds of CPU, and the most memory that one process of it had at a time, in megabytes. Ends as the command does.
"""

from __future__ import annotations

import json
import os
import sys
import time


def main() -> int:
    file, *command = sys.argv[1:]
    start = time.perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - start
    taken = {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "memory": usage.ru_maxrss / 1024}
    with open(file, "w") as written:
        json.dump(taken, written)
    return max(os.waitstatus_to_exitcode(status), -1) % 256


if __name__ == "__main__":
    sys.exit(main())
