"""What is known of one text: what its value, its length and the patterns it fits say of each other; texts to show.

In: axes about one text, as `Single`, `Fits` and `Single` of its `Length`. All claims are proved (`patterns`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from segdsl.overlap.axes import About, Axis, Fits, Single, or_missing, universe
from segdsl.overlap.domains import (
    TRUTHS,
    Listed,
    Ordered,
    Values,
    at_least,
    exactly,
    join,
    meet,
    named,
)
from segdsl.overlap.examples import NoExample
from segdsl.overlap.patterns import Wanted, pattern, shortest
from segdsl.semantics import ir
from segdsl.semantics.evaluate import text_matches
from segdsl.semantics.types import Text, Type

# Of a pattern that fewer texts fit than this, each is named.
FEW = 64
ANY_LENGTH = Ordered((), True, True)


def choose(all_: Listed, single: Listed, fits: Wanted, lengths: Ordered = ANY_LENGTH) -> str | NoExample | None:
    """A text in `single`, and in `all_` that there are, for which each test has the truth wanted; None is missing.

    It has one of the `lengths`, those of a missing text being missing. Missing comes only where no text is found, the
    empty text only where no other is, else the shortest; no test is true of what is missing.
    """
    possible = single.meet(all_)
    found: str | NoExample
    if possible.others:
        found = shortest(fits, possible.names, lengths)
        if found is NoExample.GAVE_UP:
            found = _guessed(possible, fits, lengths)
    else:
        fitting = _fitting(possible, fits, lengths)
        found = min(fitting, key=lambda text: (not text, len(text), text), default=NoExample.NONE_FITS)
    if isinstance(found, NoExample) and possible.missing and lengths.missing and not any(truth for _, truth in fits):
        return None
    return found


def _fitting(possible: Listed, fits: Wanted, lengths: Ordered) -> Iterator[str]:
    """Those of the texts named that are as wanted."""
    for text in possible.names:
        if not isinstance(text, str) or not lengths.holds(len(text)):
            continue
        if all(text_matches(test, text) == truth for test, truth in fits):
            yield text


def _guessed(possible: Listed, fits: Wanted, lengths: Ordered) -> str | NoExample:
    """All that is wanted, one after another: mostly right where a search is too long."""
    order = {"equals": 0, "starts": 0, "contains": 1, "matches": 1, "ends": 2}
    asked = [test for test, truth in fits if truth]
    parts = [
        test.pattern.replace("*", "").replace("?", "a") if test.kind == "matches" else test.pattern
        for test in sorted(asked, key=lambda test: order[test.kind])
    ]
    for guess in ("".join(parts), " ".join(parts)):
        fitting = all(text_matches(test, guess) == truth for test, truth in fits)
        if fitting and possible.holds(guess) and lengths.holds(len(guess)):
            return guess
    return NoExample.GAVE_UP


# --- what one axis says of another ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Texts:
    """Some texts, maybe missing among them: those in `single` that are as wanted, and of one of the lengths."""

    all: Listed
    single: Listed
    fits: tuple[tuple[ir.TextMatch, bool], ...] = ()
    lengths: Ordered = ANY_LENGTH

    @property
    def with_missing(self) -> bool:
        wanted = any(truth for _, truth in self.fits)
        return self.single.missing and self.lengths.missing and not wanted

    def fitting(self, test: ir.TextMatch, truth: bool) -> bool:
        """Whether there may be one for which the test has that truth."""
        if self.with_missing and not truth:
            return True
        wanted = (*self.fits, (test, truth))
        if self.single.others and isinstance(_guessed(self.single, wanted, self.lengths), str):
            return True  # a search would find a text, too, but later
        return choose(self.all, self.single, wanted, self.lengths) is not NoExample.NONE_FITS

    def named(self) -> list[str] | None:
        """All of the texts; None when there are too many to name."""
        return None if self.single.others else sorted(_fitting(self.single, self.fits, self.lengths))


def implied(a: Axis, values: Values, b: Axis) -> Values:
    """All that is known of `b` where `a` is in `values`: of axes that are not about one text, nothing new."""
    value = _text_of(a.about)
    if value is None or a.table != b.table or value != _text_of(b.about):
        return b.all
    if a.about == b.about and isinstance(a.about, Single):
        return meet(b.all, values)
    found = meet(b.all, b.all.complement())
    for each in _texts(a.about, values, value.type):
        found = join(found, meet(b.all, _seen(b.about, each)))
    return found


def _text_of(about: About) -> ir.Value | None:
    """The text that an axis is about; None when it is about none, or about several values."""
    match about:
        case Fits(test):
            return test.value
        case Single(ir.Length(value)) | Single(value) if isinstance(value.type, Text):
            return value
        case _:
            return None


def _texts(about: About, values: Values, type_: Type) -> Iterator[_Texts]:
    """The texts for which an axis is in `values`: together they are all of them."""
    all_ = or_missing(universe(type_))
    assert isinstance(all_, Listed), "texts are not ordered"
    match about, values:
        case Fits(test), Listed(truths):
            for truth in (True, False):
                if truth in truths:
                    yield _Texts(all_, all_, ((test, truth),))
        case Single(ir.Length()), Ordered():
            yield _Texts(all_, all_, lengths=values)
        case _, Listed():
            yield _Texts(all_, values.meet(all_))


def _seen(about: About, texts: _Texts) -> Values:
    """What an axis can be for such texts."""
    match about:
        case Fits(test):
            return named((truth for truth in (True, False) if texts.fitting(test, truth)), TRUTHS)
        case Single(ir.Length()):
            return replace(_lengths(texts), missing=texts.with_missing)
        case _:
            return replace(_singles(texts), missing=texts.with_missing)


def _lengths(texts: _Texts) -> Ordered:
    """The lengths that such texts have, or more than those."""
    listed = texts.named()
    if listed is not None:
        others = ANY_LENGTH
        for length in sorted({len(text) for text in listed}):
            others = others.meet(exactly(length).complement())
        return others.complement()
    found = at_least(1 if "" in texts.single.names else 0)
    for test, truth in texts.fits:
        if truth:
            least, most = pattern(test).lengths()
            found = found.meet(at_least(least) if most is None else exactly(least))
    return found


def _singles(texts: _Texts) -> Listed:
    """The texts themselves, as far as they, or those that they are not, can be named."""
    listed = texts.named()
    if listed is not None:
        return named(listed, texts.single.universe)
    empty = [text for text in _fitting(named([""]), texts.fits, texts.lengths) if texts.single.holds(text)]
    never: set[str | bool] = set() if empty else {""}
    for test, truth in texts.fits:
        few = pattern(test).only(FEW)
        if few is not None and truth:
            return named(_fitting(named(few), texts.fits, texts.lengths))
        never |= few or set()
    longer = Listed(frozenset({""}), True, False)
    if choose(texts.single, longer, texts.fits, texts.lengths) is NoExample.NONE_FITS:
        return named(empty)
    return Listed(frozenset(never), True, False)
