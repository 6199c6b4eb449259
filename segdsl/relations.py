"""How segments stand to each other, as text for people and as JSON and CSV for programs."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from segdsl import render
from segdsl.diagnostics import Label

if TYPE_CHECKING:
    from segdsl.overlap.analysis import Answer
    from segdsl.overlap.comparison import Comparison
    from segdsl.overlap.matrix import Pair
    from segdsl.overlap.swaps import Swap
    from segdsl.overlap.witness import Example
    from segdsl.semantics import ir

JSON_VERSION = 1
# So many pairs are told with an example, unless more are asked for.
MOST_EXAMPLES = 10_000
# A grid of more segments than this is wider than a screen; a list shows so many pairs of each relation, unless told.
WIDEST_GRID = 30
MOST_LISTED = 50
SIGNS = {"disjoint": ".", "overlaps": "x", "within": "<", "contains": ">", "equal": "=", "unknown": "?"}
SAID = {
    "disjoint": "share nobody",
    "overlaps": "overlap",
    "within": "the one on the left lies within the other",
    "contains": "the one on the left holds all of the other",
    "equal": "hold the same people",
    "unknown": "not known",
}
# What is worth the most attention comes first.
LISTED = ("equal", "within", "contains", "unknown", "overlaps")
SWAPPED = {"within": "contains", "contains": "within"}


def table(
    pairs: Iterable[Pair], names: Sequence[str], paint: render.Paint = render.PLAIN, limit: int = MOST_LISTED
) -> str:
    """The relation of every pair: a grid of signs, or a list of what is not disjoint where a grid is too wide.

    A list names `limit` pairs of each relation, all with 0, and so does the grid of those of which nothing is known.
    """
    is_grid = len(names) <= WIDEST_GRID
    counts: Counter[str] = Counter()
    kept: list[Pair] = []
    for pair in pairs:
        counts[pair.relation] += 1
        # Of half a million pairs only those are kept that are shown.
        is_shown = pair.relation != "disjoint" and (counts[pair.relation] <= limit or not limit)
        kept += [pair] if is_grid or is_shown else []
    lines = list(_grid(kept, names, paint)) if is_grid else []
    shown = [kind for kind in LISTED if counts[kind] and (not is_grid or kind == "unknown")]
    for kind in shown if not is_grid else ():
        lines += _listed(kind, kept, counts[kind], limit)
    if lines and is_grid:
        lines.append("")
    said = ", ".join(f"{counts[kind]:,} {kind}" for kind in SIGNS if counts[kind])
    lines.append(f"{render.counted(counts.total(), 'pair')}: {said}" if counts else "no pairs: there is one segment")
    for kind in shown if is_grid else ():
        lines += _listed(kind, kept, counts[kind], limit)[:-1]
    return "\n".join(lines)


def _grid(pairs: Sequence[Pair], names: Sequence[str], paint: render.Paint) -> Iterator[str]:
    if len(names) < 2:
        return
    known = {(pair.left, pair.right): pair.relation for pair in pairs}
    known |= {(pair.right, pair.left): SWAPPED.get(pair.relation, pair.relation) for pair in pairs}  # type: ignore[misc]
    widest = max(render.width(render.escaped(name)) for name in names)
    digits = len(str(len(names)))
    yield " " * (digits + 2 + widest) + "".join(f" {number:>{digits}}" for number in range(1, len(names) + 1))
    for number, left in enumerate(names, start=1):
        shown = render.escaped(left)
        signs = [
            " " if left == right else SIGNS[known[left, right]] if (left, right) in known else " " for right in names
        ]
        cells = "".join(f" {' ' * (digits - 1)}{paint(_style(sign), sign)}" for sign in signs)
        yield f"{number:>{digits}}  {shown}{' ' * (widest - render.width(shown))}{cells}".rstrip()
    yield ""
    present = {pair.relation for pair in pairs}
    present |= {SWAPPED.get(relation, relation) for relation in present}  # type: ignore[misc]
    yield paint("dim", "   ".join(f"{sign} {_legend(kind)}" for kind, sign in SIGNS.items() if kind in present))


def _legend(kind: str) -> str:
    return {"within": "row lies within column", "contains": "row holds all of column"}.get(kind, SAID[kind])


def _style(sign: str) -> str:
    return {"x": "warning", "=": "error", "?": "error"}.get(sign, "dim")


def _listed(kind: str, pairs: Iterable[Pair], count: int, limit: int) -> list[str]:
    """The pairs of one relation, as many as are shown, and how many more there are."""
    found = [pair for pair in pairs if pair.relation == kind]
    found = found[:limit] if limit else found
    lines = []
    for pair in found:
        why = f": {pair.reason}" if pair.reason else ""
        lines.append(f"{render.escaped(pair.left)}  {kind}  {render.escaped(pair.right)}{why}")
    if len(found) < count:
        lines.append(f"... and {count - len(found):,} more that are `{kind}`: --limit 0 and --format csv show all")
    return [*lines, ""]


class PairsAsJson:
    """Pieces of `{"version", "pairs": [{"left", "right", "relation", "witness", "reason"}], "summary":
    {relation: number}, "examples_left_out"}`, a pair a line, while pairs are found: 1,000 segments have half a million.

    `witness` is an example as YAML text, null where there is none. To look for one takes much longer than to tell the
    relation, so that only the first `limit` pairs that share somebody have theirs; with 0 all have.
    """

    def __init__(self, pairs: Iterable[Pair], program: ir.Program, limit: int = MOST_EXAMPLES) -> None:
        self._pairs, self._program, self._limit = pairs, program, limit
        self.left_out = 0

    def __iter__(self) -> Iterator[str]:
        counts: Counter[str] = Counter()
        shown = self.left_out = 0
        yield f'{{\n  "version": {JSON_VERSION},\n  "pairs": ['
        for number, pair in enumerate(self._pairs):
            counts[pair.relation] += 1
            shares = pair.relation not in ("disjoint", "unknown")
            is_shown = shares and (shown < self._limit or not self._limit)
            shown += is_shown
            self.left_out += shares and not is_shown
            yield f"{',' * (number > 0)}\n    {json.dumps(self._pair(pair, pair.example if is_shown else None))}"
        summary = json.dumps({kind: counts[kind] for kind in SIGNS})
        yield f'\n  ],\n  "summary": {summary},\n  "examples_left_out": {self.left_out}\n}}\n'

    def _pair(self, pair: Pair, example: Example | None) -> dict[str, object]:
        from segdsl.overlap.example_text import as_yaml

        witness = None if example is None else as_yaml(example, self._program)
        return {
            "left": pair.left,
            "right": pair.right,
            "relation": pair.relation,
            "witness": witness,
            "reason": pair.reason,
        }


def as_csv(pairs: Iterable[Pair]) -> Iterator[str]:
    """Lines of `left,right,relation,reason`, the head first."""
    for row in (("left", "right", "relation", "reason"), *((p.left, p.right, p.relation, p.reason) for p in pairs)):
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow(row)
        yield line.getvalue()


# --- one pair -------------------------------------------------------------------------------------


def explained(found: Comparison, program: ir.Program, paint: render.Paint = render.PLAIN) -> str:
    """Why two segments share nobody, or who is in both and in one of them alone."""
    from segdsl.overlap.analysis import Nobody, Somebody

    left, right = f"`{render.escaped(found.left)}`", f"`{render.escaped(found.right)}`"
    said = {
        "disjoint": f"{left} and {right} share nobody",
        "overlaps": f"{left} and {right} overlap",
        "within": f"{left} lies within {right}",
        "contains": f"{left} holds all of {right}",
        "equal": f"{left} and {right} hold the same people",
        "unknown": f"it is not known how {left} and {right} stand to each other",
    }[found.relation]
    lines = [paint("bold", said)]
    if isinstance(found.both, Nobody):
        lines += _because(found.both, paint)
    else:
        lines += _part("in both", found.both, program, paint)
        if found.winner is not None and isinstance(found.both, Somebody):
            other = right if found.winner == found.left else left
            lines.append(f"\n`{render.escaped(found.winner)}` takes them; with the priorities swapped {other} would")
        lines += _part(f"in {left} alone", found.left_alone, program, paint)
        lines += _part(f"in {right} alone", found.right_alone, program, paint)
    return "\n".join(lines)


def _because(nobody: object, paint: render.Paint) -> Iterator[str]:
    from segdsl.overlap.analysis import Nobody

    assert isinstance(nobody, Nobody)
    spans = list(dict.fromkeys(test.span.home for test in nobody.because if test.span.source.name))[:6]
    if spans:
        yield "\nthese never hold together:"
        yield render.places([Label(span) for span in spans], paint)


def _part(who: str, answer: Answer, program: ir.Program, paint: render.Paint) -> Iterator[str]:
    from segdsl.overlap.analysis import Nobody, Somebody
    from segdsl.overlap.example_text import as_yaml

    match answer:
        case Nobody():
            yield f"\n{who}: nobody, whatever the data are"
        case Somebody(example):
            yield f"\n{who}, for example:"
            yield "\n".join(f"  {render.escaped(line)}" for line in as_yaml(example, program).splitlines())
        case _:
            yield f"\n{who}: not known ({answer.why})"


def comparison_json(found: Comparison, program: ir.Program) -> dict[str, object]:
    """`{"version", "pairs": [one pair, as in `PairsAsJson`]}` and `only_left` and `only_right`: examples or null."""
    from segdsl.overlap.analysis import Somebody, Unknown
    from segdsl.overlap.example_text import as_yaml

    def example(answer: Answer) -> str | None:
        return as_yaml(answer.example, program) if isinstance(answer, Somebody) else None

    pair = {
        "left": found.left,
        "right": found.right,
        "relation": found.relation,
        "witness": example(found.both),
        "reason": found.both.why if isinstance(found.both, Unknown) else "",
    }
    return {
        "version": JSON_VERSION,
        "pairs": [pair],
        "only_left": example(found.left_alone),
        "only_right": example(found.right_alone),
    }


# --- the order of a group -------------------------------------------------------------------------


def swapped(found: Sequence[Swap], program: ir.Program, paint: render.Paint = render.PLAIN) -> str:
    """A paragraph for every two neighbours: who would move if they were swapped."""
    from segdsl.overlap.analysis import Nobody, Somebody
    from segdsl.overlap.example_text import as_yaml

    blocks = []
    for swap in found:
        stronger, weaker = f"`{render.escaped(swap.stronger)}`", f"`{render.escaped(swap.weaker)}`"
        head = paint("bold", f"{weaker} above {stronger}" if swap.is_decided else f"{stronger} and {weaker}")
        match swap.moved:
            case Nobody() if swap.share_nobody:
                said = "nobody moves: they share nobody"
            case Nobody():
                said = "nobody moves: stronger segments take everyone whom they share"
            case Somebody(example):
                lines = "".join(f"\n  {render.escaped(line)}" for line in as_yaml(example, program).splitlines())
                what = (
                    f"moves from {stronger} to {weaker}"
                    if swap.is_decided
                    else "is not decided: they have one priority"
                )
                said = f"this customer {what}, for example:{lines}"
            case unknown:
                said = f"not known ({unknown.why})"
        blocks.append(f"{head}: {said}")
    return "\n\n".join(blocks) or "no order: there is one segment"


def swaps_json(found: Sequence[Swap], program: ir.Program) -> dict[str, object]:
    """`{"version", "swaps": [{"stronger", "weaker", "decided", "changes", "shared", "witness", "reason"}]}`.

    `changes` is null where it is not known; `shared` is false where they are proved to share nobody.
    """
    from segdsl.overlap.analysis import Nobody, Somebody, Unknown
    from segdsl.overlap.example_text import as_yaml

    return {
        "version": JSON_VERSION,
        "swaps": [
            {
                "stronger": swap.stronger,
                "weaker": swap.weaker,
                "decided": swap.is_decided,
                "changes": None if isinstance(swap.moved, Unknown) else not isinstance(swap.moved, Nobody),
                "shared": not swap.share_nobody,
                "witness": as_yaml(swap.moved.example, program) if isinstance(swap.moved, Somebody) else None,
                "reason": swap.moved.why if isinstance(swap.moved, Unknown) else "",
            }
            for swap in found
        ],
    }
