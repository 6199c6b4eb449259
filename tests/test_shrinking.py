"""A difference that the made-up projects find comes out as a case that fits a screen."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from segdsl.semantics.evaluate import memberships
from tests import worlds
from tests.compiler_mutants import MUTANTS
from tests.overlap_mutants import planted
from tests.shrinking import shrunk, written
from tests.test_agreement import on_duckdb


def parts_ways(project: worlds.Project) -> str:
    program, _ = worlds.compiled(project)
    meant = memberships(program, worlds.world(project, program.catalog), project.as_of)
    return on_duckdb(project, program, meant)


@pytest.mark.long
def test_a_difference_becomes_a_small_case(tmp_path: Path) -> None:
    mutant = next(each for each in MUTANTS if each.name == "the opposite of missing is missing")
    with planted(mutant):
        project = next(each for each in (worlds.project(Random(seed)) for seed in range(50)) if parts_ways(each))
        small = shrunk(project, parts_ways, tries=400)
        difference = parts_ways(small)
    assert difference and not parts_ways(small), "without the mistake there is no difference"
    case = written(small, difference, tmp_path / "cases", "found").read_text(encoding="utf-8")
    definitions = "\n".join(small.segments.values())
    rows = sum(map(len, small.rows.values()))
    print(case[:1500])
    assert len(definitions) < 300 < 1000 < len("\n".join(project.segments.values()))
    assert 0 < rows <= 3 < sum(map(len, project.rows.values()))
    assert definitions.strip() in case and difference.partition("\n")[0] in case
