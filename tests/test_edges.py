"""The edges of every construct: the reference and both databases find whom a person finds."""

from __future__ import annotations

import pytest

from segdsl.semantics.evaluate import memberships
from tests import edges, engines


def test_the_reference_finds_them() -> None:
    found = memberships(edges.program(), edges.world(), edges.CLOCK.as_of)
    assert {edges.CONDITIONS[n][0]: set(found[f"c{n}"].qualifies) for n in range(len(edges.CONDITIONS))} == dict(
        edges.CONDITIONS
    )


@pytest.mark.parametrize("dialect", engines.ENGINES)
def test_a_database_finds_them(dialect: str, postgres_address: str) -> None:
    with engines.opened(dialect, postgres_address) as engine:
        assert not edges.wrong(engine, dialect)
