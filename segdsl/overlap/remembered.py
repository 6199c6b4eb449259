"""An analysis that asks only what no earlier run has asked.

In: a program and the answers that were kept (`answers`). Promised: the findings are those of an analysis that remembers
nothing. An answer that cannot be read, or an example that the reference evaluator does not accept, is worked out anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from segdsl.overlap.analysis import STEPS, Analysis, Answer, Claim, Nobody, Somebody, Unknown
from segdsl.overlap.answers import Answers, Data, example_data, example_from, places_of, tests_at
from segdsl.semantics import ir
from segdsl.semantics.evaluate import BadKeys, BadMoment, BadValue

T = TypeVar("T")


class Remembered(Analysis):
    """Questions about one program. Their answers are kept in `answers`."""

    def __init__(self, program: ir.Program, answers: Answers) -> None:
        super().__init__(program)
        self.answers = answers
        self.digests = answers.digests

    def ask(self, entity: str, claims: Sequence[Claim], steps: int = STEPS) -> Answer:
        key = self._key("ask", entity, claims, steps)
        found = self._answer(self.answers.read(key), entity, claims)
        if found is None:
            found = super().ask(entity, claims, steps)
            self._keep(key, found, entity, claims)
        return found

    def proof(self, entity: str, claims: Sequence[Claim], steps: int = STEPS) -> Nobody | None:
        key = self._key("proof", entity, claims, steps)
        kept = self.answers.read(key)
        if kept is False:
            return None
        answer = self._answer(kept, entity, claims)
        if isinstance(answer, Nobody):
            return answer
        found = super().proof(entity, claims, steps)
        if found is None:
            self.answers.write(key, False)
        else:
            self._keep(key, found, entity, claims)
        return found

    def may_be(self, entity: str, claims: Sequence[Claim], steps: int = STEPS) -> bool:
        key = self._key("may be", entity, claims, steps)
        kept = self.answers.read(key)
        if isinstance(kept, bool):
            return kept
        found = super().may_be(entity, claims, steps)
        self.answers.write(key, found)
        return found

    def once(self, kind: str, segments: Sequence[str], is_one: Callable[[Data], bool], work_out: Callable[[], T]) -> T:
        key = self.answers.key(kind, *((name, self.digests.segment(name)) for name in segments))
        kept: T | None = self.answers.read(key)
        if kept is not None and is_one(kept):
            return kept
        # Whoever knows this does not ask what was asked on the way to it.
        answers, self.answers = self.answers, Answers(self.digests)
        found = work_out()
        self.answers = answers
        self.answers.write(key, found)
        return found

    def _key(self, kind: str, entity: str, claims: Sequence[Claim], steps: int) -> str:
        said = [(claim.holds, self.digests.condition(claim.condition)) for claim in claims]
        return self.answers.key(kind, entity, steps, said)

    # --- answers as data: places of tests, a reason, or an example -------------------------------------

    def _keep(self, key: str, answer: Answer, entity: str, claims: Sequence[Claim]) -> None:
        match answer:
            case Nobody(because):
                self.answers.write(key, places_of(because, self.terms(entity, claims)))
            case Unknown(why):
                self.answers.write(key, {"unknown": why})
            case Somebody(example):
                data = example_data(example)
                if data is not None:
                    self.answers.write(key, data)

    def _answer(self, data: Data, entity: str, claims: Sequence[Claim]) -> Answer | None:
        match data:
            case list():
                because = tests_at(data, self.terms(entity, claims))
                return None if because is None else Nobody(because)
            case {"unknown": str(why)}:
                return Unknown(why)
            case dict():
                example = example_from(data, entity, self.program.catalog)
                try:
                    if example is not None and self.accepts(entity, claims, example):
                        return Somebody(example)
                except (BadKeys, BadValue, BadMoment, OverflowError, TypeError, ValueError, AttributeError):
                    return None  # values that no column of such a type holds
        return None
