"""How SQL works out its segments: the answer of `compile --explain` as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap

from segdsl import render
from segdsl.backends.strategy import Grouping, Kind, Step, Strategy
from segdsl.render import counted

WIDTH = 110
# So many segments are named that ask for a value.
NAMED = 3
NOUNS: dict[Kind, str] = {
    "memberships": "segment",
    "next rows": "value",
    "ranks": "rank",
    "segments": "segment",
    "values": "value",
}


def text(found: Strategy, paint: render.Paint = render.PLAIN) -> Iterator[str]:
    """What is read, what is worked out from it and for whom, in the order of the statement."""
    yield f"{found.comment}: {counted(found.segments, 'segment')} in one statement"
    yield ""
    yield paint("bold", "Tables")
    yield from _columns((each.table, ", ".join(each.columns)) for each in found.readings)
    for each in found.readings:
        if each.where:
            yield from _wrapped(f"{each.table}: only rows where {' and '.join(each.where)}")
    for grouping in found.groupings:
        yield ""
        yield from _grouping(grouping, paint)
    if found.steps:
        yield ""
        yield paint("bold", "Steps after that")
        yield from _columns((each.name, _does(each)) for each in found.steps)
    if found.repeated:
        yield ""
        yield from _wrapped(f"Read by several steps: {', '.join(found.repeated)}", indent="")


def _grouping(found: Grouping, paint: render.Paint) -> Iterator[str]:
    base, *joined = found.over
    joins = f", each with its row of {' and '.join(joined)}" if joined else ""
    values = counted(len(found.aggregates), "value")
    yield f"{paint('bold', found.name)}: {values} from one pass over {base}{joins}"
    if found.where:
        yield from _wrapped(f"only rows that count for any of them: {' and '.join(found.where)}")
    if found.by_case:
        yield from _wrapped(
            f"{found.by_case} count some rows only, and say which by CASE: FILTER is slower for so many"
        )
    yield from _columns((name, _for(names)) for name, names in found.aggregates.items())


def _for(names: Sequence[str]) -> str:
    if not names:
        return "for another step"
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"for {', '.join(names[:NAMED])}{more}"


def _does(step: Step) -> str:
    several = counted(step.number, NOUNS[step.kind])
    match step.kind:
        case "memberships":
            return f"a row for each segment that a row of {step.of} is in: {several} at once"
        case "next rows":
            return f"of each row of {step.of} the next one, once for all sequences: {several}"
        case "ranks":
            return f"each row of {step.of} among all of them: {several}"
        case "segments":
            return f"who is in {several}"
        case "values":
            return f"{several} of each row of {step.of}"


def _columns(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    listed = list(rows)
    width = max((len(name) for name, _ in listed), default=0)
    for name, said in listed:
        yield f"  {name.ljust(width)}  {said}"


def _wrapped(said: str, indent: str = "  ") -> Iterator[str]:
    yield from wrap(
        said, WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
