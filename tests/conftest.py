"""What all tests share: `--update`, which rewrites the expected blocks of `tests/cases`."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests import postgres

# Tests neither read nor fill the cache of whoever runs them.
os.environ["SEGDSL_CACHE"] = "off"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite the expected blocks of tests/cases in place")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--update") and config.getoption("numprocesses", None):
        raise pytest.UsageError("--update writes to files that several cases share: leave -n out")


@pytest.fixture(scope="session")
def postgres_address() -> Iterator[str]:
    """The address of a PostgreSQL that runs for as long as the tests do: a server for each worker."""
    with postgres.server() as address:
        yield address
