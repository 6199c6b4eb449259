"""Questions made to be hard end within their budget of steps: with a proof, an example, or neither."""

from __future__ import annotations

import pytest

from segdsl.overlap import analysis
from segdsl.overlap.analysis import Analysis, Claim, Nobody, Somebody, Unknown
from segdsl.overlap.search import Budget
from tests.overlap_worlds import compiled

FLAGS = 24


def catalog() -> str:
    flags = "".join(f"      f{number}: boolean\n" for number in range(FLAGS))
    return f"tables:\n  customer:\n    from: c\n    key: id\n    columns:\n      email: text\n{flags}entity: customer\n"


def odd(count: int, parity: bool) -> str:
    """That neighbours differ all the way round, or, of the other parity, all but the last pair."""
    pairs = [(number, (number + 1) % count) for number in range(count)]
    terms = [f"((f{one} and not f{other}) or (not f{one} and f{other}))" for one, other in pairs]
    return " and ".join(terms if parity else terms[:-1])


def pigeons(holes: int) -> str:
    """One pigeon more than there are holes, each in a hole, no two in one."""
    placed = [[f"f{pigeon * holes + hole}" for hole in range(holes)] for pigeon in range(holes + 1)]
    each = [f"({' or '.join(row)})" for row in placed]
    apart = [
        f"not ({placed[one][hole]} and {placed[other][hole]})"
        for hole in range(holes)
        for one in range(holes + 1)
        for other in range(one)
    ]
    return " and ".join((*each, *apart))


HARD = {
    "a circle of odd length": (odd(9, True), Nobody),
    "a chain": (odd(23, False), Somebody),
    "pigeonholes": (pigeons(4), (Nobody, Unknown)),
    "many disjunctions": (" and ".join(f"(f{n} or f{n + 1} or not f{n + 2})" for n in range(FLAGS - 2)), Somebody),
    "hostile patterns": ('email matches "*a*b*c*d*e*" and email matches "*e*d*c*b*a*"', (Somebody, Unknown)),
    "a long list": (f"email in ({', '.join(f'{chr(34)}m{n}{chr(34)}' for n in range(2_000))})", Somebody),
}


@pytest.mark.parametrize("name", HARD)
def test_what_is_hard_ends_within_its_budget(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    condition, expected = HARD[name]
    program = compiled(catalog(), f"segment s\n  when {condition}\n")
    budgets: list[Budget] = []

    class Recorded(Budget):
        def __init__(self, steps: int) -> None:
            super().__init__(steps)
            budgets.append(self)

    monkeypatch.setattr(analysis, "Budget", Recorded)
    answer = Analysis(program).ask("customer", [Claim(program.segments["s"].condition)])
    assert isinstance(answer, expected), answer  # type: ignore[arg-type]
    # The step that is one too many is the last.
    assert all(budget.left >= -1 for budget in budgets)
