"""What a database has answered, as text for people and as JSON and CSV for programs.

In: a program with the sizes, members or run summary computed from it. Out: strings, and values for `json.dumps`.
Promised: nothing is rounded but percentages; text in a CSV file comes back byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from segdsl.render import JSON_VERSION, PLAIN, Paint, counted, escaped, finding_json, width

if TYPE_CHECKING:
    from segdsl.semantics import ir
    from segdsl.warehouse import Members, RunSummary, Size, Sizes

BAR_COLUMNS = 24
WIDEST_TITLE = 44
SOLID, LIGHT = "█", "░"
# A bar's last column in eighths, so that small segments can be told apart.
EIGHTHS = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")


# --- sizes for people ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of the table. A heading has a title only; who is in none of a group has no `qualifies`.

    `everyone` is how many rows the entity has.
    """

    title: str
    name: str = ""
    qualifies: int | None = None
    assigned: int | None = None
    reachable: Mapping[str, int] = field(default_factory=dict)
    everyone: int = 0


def size_table(program: ir.Program, sizes: Sizes, paint: Paint = PLAIN, columns: int = 120, bars: bool = True) -> str:
    """The sizes by group, with the share of all rows of its entity that each segment is assigned.

    A bar is as long as that share; its light end are those who qualify for the segment and are assigned to a stronger
    one of its group. Bars are left out where `columns` do not hold them. A column for each channel says how many of
    those assigned it reaches.
    """
    rows = list(_rows(program, sizes))
    rows_counted = " and ".join(f"{count:,} {_plural(escaped(name), count)}" for name, count in sizes.entities.items())
    head = f"{escaped(program.name)}: {rows_counted} as of {moment(sizes.as_of)} ({program.timezone})"
    titles = max((width(row.title) for row in rows if row.assigned is not None), default=0)
    names = max((width(row.name) for row in rows), default=0)
    number = max(len("qualifies"), *(len(f"{count:,}") for count in sizes.entities.values()))
    channels = {name: max(width(_by(name)), number) for name in sizes.reachable}
    table_width = titles + names + 2 * number + 19 + sum(each + 2 for each in channels.values())
    bars = bars and table_width + BAR_COLUMNS <= columns
    lines = [paint("bold", head), ""]
    header = f"{'':{titles + names + 4}}{'qualifies':>{number}}  {'assigned':>{number}}  {'share':>6}"
    header += "".join(f"  {' ' * (each - width(_by(name)))}{_by(name)}" for name, each in channels.items())
    lines.append(paint("dim", header.rstrip()))
    for row in rows:
        if row.assigned is None:
            lines.append(paint("bold", row.title))
            continue
        title = row.title + " " * (titles - width(row.title))
        name = paint("dim", row.name + " " * (names - width(row.name)))
        qualifies = "" if row.qualifies is None else f"{row.qualifies:,}"
        share = _share(row.assigned, row.everyone)
        line = f"{title}  {name}  {qualifies:>{number}}  {row.assigned:>{number},}  {share:>6}"
        line += "".join(
            f"  {f'{row.reachable[name]:,}' if name in row.reachable else '':>{each}}"
            for name, each in channels.items()
        )
        if bars and row.qualifies is not None:
            line += f"  {_bar(row.assigned, row.qualifies, row.everyone, paint)}"
        lines.append(line.rstrip())
    if bars and any(row.qualifies is not None and row.qualifies != row.assigned for row in rows):
        legend = f"{SOLID} assigned  {LIGHT} qualifies, and is assigned to a stronger segment of the group"
        lines += ["", paint("dim", legend)]
    return "\n".join([*lines, *_remarks(sizes.not_compared)])


def _by(channel: str) -> str:
    """The head of the column that says how many a channel reaches."""
    return f"by {_fitted(channel)}"


def _remarks(not_compared: Sequence[str]) -> Iterator[str]:
    for name in not_compared:
        yield f"no run has stored anybody of `{escaped(name)}` yet: its `expect change` is not compared"


def _rows(program: ir.Program, sizes: Sizes) -> Iterator[_Row]:
    """Groups as they were written, each with its members; then what is in no group."""
    by_name = {size.name: size for size in sizes.segments}
    for group in program.groups.values():
        members = [by_name[name] for name in group.members if name in by_name]
        if not members:
            continue
        yield _Row(_fitted(group.title or group.name) + (" (exclusive)" if group.exclusive else ""))
        yield from _segments(program, sizes, members)
        everyone = sizes.entities[program.segments[members[0].name].entity]
        nobody = everyone - sum(size.assigned for size in members)
        if group.exclusive and nobody and len(members) == len(group.members):
            yield _Row("  in none of these", assigned=nobody, everyone=everyone)
    free = [by_name[name] for name in by_name if program.segments[name].group is None]
    if free:
        if len(free) < len(by_name):
            yield _Row("In no group")
        yield from _segments(program, sizes, free)
    for entity, count in sizes.entities.items() if sizes.reachable else ():
        reached = {name: sizes.reachable[name] for name, each in program.channels.items() if each.entity == entity}
        who = "Everyone" if len(sizes.entities) == 1 else f"Every {_fitted(entity)}"
        yield _Row(who, assigned=count, reachable=reached, everyone=count)


def _segments(program: ir.Program, sizes: Sizes, shown: Iterable[Size]) -> Iterator[_Row]:
    for size in shown:
        segment = program.segments[size.name]
        everyone = sizes.entities[segment.entity]
        title = f"  {_fitted(segment.title or size.name)}"
        yield _Row(title, _fitted(size.name), size.qualifies, size.assigned, size.reachable, everyone)


def _plural(noun: str, number: int) -> str:
    """The name of a table for `number` of its rows, where the name is an English one."""
    if number == 1 or not noun.isascii() or noun.endswith("s"):
        return noun
    return f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2:-1] not in "aeiou" else f"{noun}s"


def _fitted(text: str) -> str:
    fitted = escaped(text[: WIDEST_TITLE + 1])
    while width(fitted) > WIDEST_TITLE:
        fitted = fitted[:-2] + "…"
    return fitted


def _share(part: int, whole: int) -> str:
    if not whole:
        return ""
    share = 100 * part / whole
    return "<0.1%" if 0 < share < 0.05 else f"{share:.1f}%"


def _bar(assigned: int, qualifies: int, customers: int, paint: Paint) -> str:
    if not customers:
        return ""
    eighths = round(BAR_COLUMNS * 8 * assigned / customers) or (1 if assigned else 0)
    solid = SOLID * (eighths // 8) + EIGHTHS[eighths % 8]
    light = LIGHT * max(0, round(BAR_COLUMNS * qualifies / customers) - len(solid))
    return paint("bar", solid) + paint("dim", light)


def run_text(program: ir.Program, summary: RunSummary, paint: Paint = PLAIN) -> str:
    """What a run has written, in one paragraph."""
    lines = []
    for table in summary.tables:
        of_it = sum(program.segments[size.name].entity == table.entity for size in summary.segments)
        written = f"{counted(table.rows, 'membership')} of {counted(of_it, 'segment')}"
        lines.append(f"{paint('good', 'written')}: {written} to {escaped(table.written_to)}")
    lines += [
        f"as of {moment(summary.as_of)} ({program.timezone}), target `{escaped(summary.target)}`",
    ]
    empty = [size.name for size in summary.segments if not size.qualifies]
    if empty:
        lines.append(f"nobody qualifies for {', '.join(f'`{escaped(name)}`' for name in empty)}")
    for channel in program.channels:
        sizes = [size for size in summary.segments if channel in size.reachable]
        reached = [f"{size.reachable[channel]:,} of `{escaped(size.name)}`" for size in sizes]
        if reached:
            lines.append(f"reachable by {escaped(channel)}: {', '.join(reached)}")
    lines += _remarks(summary.not_compared)
    return "\n".join(lines)


def moment(as_of: datetime) -> str:
    """A moment on its own wall clock, no finer than it needs to be."""
    wall = as_of.replace(tzinfo=None)
    return wall.isoformat(" ", "auto" if wall.second or wall.microsecond else "minutes")


# --- for programs -------------------------------------------------------------------------------------


def size_json(program: ir.Program, sizes: Sizes) -> dict[str, object]:
    """`{"version", "as_of", "customers", "entities", "segments": [...], "reachable", "broken_promises",
    "not_compared"}`.

    `entities` says of each entity how many rows it has, and `customers` of the catalog's. Segments are `{"name",
    "title", "entity", "group", "qualifies", "assigned", "reachable": {channel: number}}`; broken promises are findings
    as those of `segdsl check`.
    """
    return {
        "version": JSON_VERSION,
        "as_of": sizes.as_of.isoformat(),
        "customers": sizes.customers,
        "entities": sizes.entities,
        "segments": [_size_json(program, size) for size in sizes.segments],
        "reachable": dict(sizes.reachable),
        "broken_promises": [finding_json(finding) for finding in sizes.broken],
        "not_compared": list(sizes.not_compared),
    }


def _size_json(program: ir.Program, size: Size) -> dict[str, object]:
    segment = program.segments[size.name]
    return {
        "name": size.name,
        "title": segment.title,
        "entity": segment.entity,
        "group": segment.group,
        "qualifies": size.qualifies,
        "assigned": size.assigned,
        "reachable": dict(size.reachable),
    }


def run_json(program: ir.Program, summary: RunSummary) -> dict[str, object]:
    """`{"version", "as_of", "target", "written_to", "rows", "tables": [{"entity", "written_to", "rows"}]}` and
    `segments` and promises as in `size_json`. `written_to` is that of the catalog's entity, `rows` are all.
    """
    tables = [{"entity": each.entity, "written_to": each.written_to, "rows": each.rows} for each in summary.tables]
    return {
        "version": JSON_VERSION,
        "as_of": summary.as_of.isoformat(),
        "target": summary.target,
        "written_to": summary.written_to,
        "rows": summary.rows,
        "tables": tables,
        "segments": [_size_json(program, size) for size in summary.segments],
        "broken_promises": [finding_json(finding) for finding in summary.broken],
        "not_compared": list(summary.not_compared),
    }


def members_json(members: Members) -> dict[str, object]:
    """`{"version", "as_of", "segment", "key", "members": [keys]}`; keys that JSON does not have are texts."""
    keys = [key if isinstance(key, (int, str)) else str(key) for key in members.keys]
    return {
        "version": JSON_VERSION,
        "as_of": members.as_of.isoformat(),
        "segment": members.segment,
        "key": members.key,
        "members": keys,
    }


def members_csv(members: Members) -> Iterator[str]:
    """Lines of a CSV file: the key's name, then the keys."""
    yield from (f"{_cell(value)}\n" for value in (members.key, *members.keys))


def _cell(value: object) -> str:
    """A cell. Text that a spreadsheet could take for a formula is quoted, never altered: keys must come back whole."""
    text = str(value)
    if not isinstance(value, str):
        return text
    odd = not text or text[0] in "=+-@\t " or text[-1] == " " or any(char in text for char in ',"\r\n')
    return '"' + text.replace('"', '""') + '"' if odd else text
