"""All pairs of a project by segdsl, and some of them by z3 asked pair by pair, in one run.

    python benchmarks/overlap/generate.py 1000 /tmp/shop && python benchmarks/overlap/beside_z3.py /tmp/shop

What a user would do instead is to hand every pair to a solver. z3 gets the same formulas (tests on axes, and what axes
say of each other), a fresh solver for each pair, as integers for cells; it gives neither examples nor who lies within
whom, so it is asked for less. A sample of pairs is timed and told as what all of them would take.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from itertools import combinations
from random import Random

import z3

import segdsl
from segdsl import compiler
from segdsl.overlap.analysis import Analysis
from segdsl.overlap.cells import Corpus
from segdsl.overlap.formula import All, Any, Formula, Least, Test

SAMPLE = 200


def encoded(formula: Formula, corpus: Corpus, variables: dict[int, z3.ArithRef]) -> z3.BoolRef:
    """A formula over integers, one for each axis: the number of its cell."""
    match formula:
        case Test() as test:
            number, mask = corpus.encoded(test)
            cell = variables.setdefault(number, z3.Int(f"axis_{number}"))
            return z3.Or([cell == bit for bit in range(mask.bit_length()) if mask >> bit & 1])
        case All(terms):
            return z3.And([encoded(term, corpus, variables) for term in terms])
        case Any(terms):
            return z3.Or([encoded(term, corpus, variables) for term in terms])
        case Least(count, terms):
            return z3.PbGe([(encoded(term, corpus, variables), 1) for term in terms], count)


def asked_of_z3(left: Formula, right: Formula, analysis: Analysis) -> bool:
    """Whether two formulas may hold together, by a solver of their own."""
    corpus = analysis.histories.corpus(left, right)
    variables: dict[int, z3.ArithRef] = {}
    solver = z3.Solver()
    solver.add(encoded(left, corpus, variables), encoded(right, corpus, variables))
    for number, cell in list(variables.items()):
        solver.add(cell >= 0, cell < len(corpus.cells[number].parts))
        for other in corpus.group(number):
            if other != number and other in variables:
                for bit in range(len(corpus.cells[number].parts)):
                    mask = corpus.implied(number, 1 << bit, other)
                    allowed = [variables[other] == each for each in range(mask.bit_length()) if mask >> each & 1]
                    solver.add(z3.Implies(cell == bit, z3.Or(allowed)))
    return bool(solver.check() != z3.unsat)


def main(folder: str) -> None:
    started = time.perf_counter()
    program = compiler.understood(segdsl.load(folder))
    read = time.perf_counter() - started
    started = time.perf_counter()
    pairs = list(compiler.overlap(program))
    ours = time.perf_counter() - started
    relations = Counter(pair.relation for pair in pairs)
    names = [name for name, segment in program.segments.items() if segment.entity == program.catalog.entity]
    print(f"{len(names)} segments, read in {read:.1f} s")
    print(f"segdsl: {len(pairs):,} verdicts in {ours:.1f} s: {dict(relations)}")
    started = time.perf_counter()
    shown = sum(pair.example is not None for pair in pairs if pair.relation == "overlaps")
    print(f"segdsl: {shown:,} examples of overlaps, each accepted, in {time.perf_counter() - started:.1f} s more")
    analysis = Analysis(program)
    sample = Random(1).sample(list(combinations(names, 2)), min(SAMPLE, len(pairs)))
    started = time.perf_counter()
    for left, right in sample:
        asked_of_z3(analysis.normalizer.segment(left), analysis.normalizer.segment(right), analysis)
    theirs = (time.perf_counter() - started) / len(sample) * len(pairs)
    print(f"z3, pair by pair, whether they meet: {theirs:.1f} s for all (from {len(sample)} of them)")
    print(f"z3 takes {theirs / ours:.1f} times as long as the verdicts")


if __name__ == "__main__":
    main(sys.argv[1])
