"""Small mistakes to plant in the conflict analysis, each of which the tests of verdicts must notice.

A mutant is a function with one stretch of its source replaced. The function keeps its identity and gets the changed
code, so whoever imported it runs the mistake, too; afterwards it has its own code again.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import cast

from segdsl.overlap import domains, formula, histories, linear, moments, normalize, search
from segdsl.overlap.analysis import Analysis


@dataclass(frozen=True)
class Mutant:
    """`old` in the source of `function` becomes `new`."""

    name: str
    function: object
    old: str
    new: str


def mutated(mutant: Mutant) -> CodeType:
    """The changed code. The stretch to replace must stand in the source once."""
    function = cast(FunctionType, mutant.function)
    source = textwrap.dedent(inspect.getsource(function))
    assert source.count(mutant.old) == 1, f"{mutant.name}: {source.count(mutant.old)} places"
    module = compile("from __future__ import annotations\n" + source.replace(mutant.old, mutant.new), "mutant", "exec")
    return next(
        each for each in module.co_consts if isinstance(each, CodeType) and each.co_name == function.__code__.co_name
    )


@contextmanager
def planted(mutant: Mutant) -> Iterator[None]:
    """The analysis with the mistake in it."""
    function = cast(FunctionType, mutant.function)
    code = function.__code__
    function.__code__ = mutated(mutant)
    _forget()
    try:
        yield
    finally:
        function.__code__ = code
        _forget()


def _forget() -> None:
    """The formulas that outlive an analysis remember nothing of one with another code."""
    for formula_ in (formula.ALWAYS, formula.NEVER):
        formula_.__dict__.pop("_complement", None)


ORDERED, LISTED = domains.Ordered, domains.Listed
NORMALIZER, HISTORIES = normalize.Normalizer, histories.Histories

MUTANTS = (
    Mutant("meet of numbers loses missing", ORDERED.meet, "self.missing and other.missing", "False"),
    Mutant("meet of texts loses missing", LISTED.meet, "self.missing and other.missing", "False"),
    Mutant("complement of numbers forgets missing", ORDERED.complement, "not self.missing", "False"),
    Mutant(
        "complement of open lists forgets missing",
        LISTED.complement,
        "not self.others, not self.missing",
        "not self.others, False",
    ),
    Mutant("complement of closed lists forgets missing", LISTED.complement, "False, not self.missing", "False, False"),
    Mutant("meet of two negated lists", LISTED.meet, "self.names | other.names", "self.names & other.names"),
    Mutant("at most becomes less", domains.at_most, "not less", "False"),
    Mutant("at least becomes more", domains.at_least, "(place, more)", "(place, True)"),
    Mutant(
        "complement of all is all",
        formula._turned_around,
        "return any_of(map(complement, terms))",
        "return all_of(map(complement, terms))",
    ),
    Mutant(
        "complement of any is any",
        formula._turned_around,
        "return all_of(map(complement, terms))",
        "return any_of(map(complement, terms))",
    ),
    Mutant(
        "complement of at least is off by one",
        formula._turned_around,
        "len(terms) - count + 1",
        "len(terms) - count + 2",
    ),
    Mutant("a test that is decided is dropped", search._simplified, "kept[0] if kept else None", "None"),
    Mutant(
        "lattice upside down from below",
        HISTORIES._at_most_as_large,
        "self.is_within(ours.where, theirs)",
        "self.is_within(theirs.where, ours)",
    ),
    Mutant(
        "lattice upside down from above",
        HISTORIES._at_most_as_large,
        "self.is_within(theirs.where, ours)",
        "self.is_within(ours.where, theirs)",
    ),
    Mutant("every set of rows is in every other", HISTORIES.is_within, "return self._within[key]", "return True"),
    Mutant("no rows are a sum that is missing", HISTORIES._empty_from, "high != (1, False)", "high == (1, False)"),
    Mutant("a window holds its day after", moments._written, "last.toordinal() + 1", "last.toordinal() + 2"),
    Mutant("a range leaves out its last day", moments._written, "last.toordinal() + 1", "last.toordinal()"),
    Mutant(
        "last days begin a day late",
        moments.window_tests,
        "(-count * times, True), (0, True)",
        "(-count * times + 1, True), (0, True)",
    ),
    Mutant(
        "today is not in the last days",
        moments.window_tests,
        "(-count * times, True), (0, True)",
        "(-count * times, True), (0, False)",
    ),
    Mutant(
        "everything is required",
        NORMALIZER._may_be_missing,
        "not self.program.catalog.tables[of].columns[name].required",
        "False",
    ),
    Mutant(
        "the extreme is the other one", NORMALIZER._extreme, 'if function == "max" else', 'if function == "min" else'
    ),
    Mutant("rivals are forgotten", NORMALIZER.assigned, "(self.segment(name), *rivals)", "(self.segment(name),)"),
    Mutant(
        "folded patterns are as written",
        NORMALIZER._fits,
        "if node.folded else node",
        "if False else replace(node, folded=False)",
    ),
    Mutant("what is of today is not seen", NORMALIZER.seen, "at_most(1 if", "at_most(0 if"),
    Mutant(
        "divided the wrong way",
        linear.reduced,
        "-difference.constant / difference.factor",
        "-difference.constant * difference.factor",
    ),
    Mutant(
        "claims that shall not hold shall",
        Analysis.formula,
        "if claim.holds else complement(found)",
        "if claim.holds else found",
    ),
)
