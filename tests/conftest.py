"""What all tests share: `--update`, which rewrites the expected blocks of `tests/cases`."""

from __future__ import annotations

import os

import pytest

# Tests neither read nor fill the cache of whoever runs them.
os.environ["SEGDSL_CACHE"] = "off"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite the expected blocks of tests/cases in place")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--update") and config.getoption("numprocesses", None):
        raise pytest.UsageError("--update writes to files that several cases share: leave -n out")
