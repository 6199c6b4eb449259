"""Lists in files: `in list "vip.csv"`, `title in list "titles.csv"`.

In: the text of a CSV file with a header. Out: the texts or numbers of its column, sorted, each once. Promised: a file
is read and parsed once for each column that is asked of it, and what is wrong with it is said once.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import Literal as OneOf

from segdsl.diagnostics import Report, did_you_mean, listed
from segdsl.grammar import ast
from segdsl.semantics import ir, scope
from segdsl.semantics.catalog import Table
from segdsl.semantics.comparison import report_list
from segdsl.semantics.scope import Scope
from segdsl.semantics.types import Number, Text, TextList, Type, Unknown, described
from segdsl.source import Source

if TYPE_CHECKING:
    from segdsl.semantics.expressions import Expressions

Kind = OneOf["text", "whole number", "number"]
Members = tuple[str, ...] | tuple[Decimal, ...]
# Reads the file that is named, relative to the project; what is wrong is reported where the name stands.
ReadList = Callable[[ast.Text, Report], Source | None]

NUMBERS: dict[Kind, re.Pattern[str]] = {
    "whole number": re.compile(r"[+-]?[0-9]{1,19}"),
    "number": re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,12})?"),
}
LARGEST_WHOLE = 2**63 - 1
NAMED_LINES = 3


def no_list(file: ast.Text, report: Report) -> Source | None:
    """There are no files at all."""
    report.add("missing-file", f"there is no file `{file.value}`", file.span)
    return None


class ListFiles:
    """The list files of a project, each read when a definition asks for it."""

    def __init__(self, read: ReadList) -> None:
        self._read = read
        self._members: dict[tuple[str, tuple[str, ...], Kind], Members | None] = {}
        self._sources: dict[str, Source | None] = {}

    def members(self, file: ast.Text, names: tuple[str, ...], kind: Kind, report: Report) -> Members | None:
        """The members of the column that has one of `names`, or of the only one; None when there is none."""
        if file.value not in self._sources:
            self._sources[file.value] = self._read(file, report)
        source = self._sources[file.value]
        wanted = (file.value, names, kind)
        if wanted not in self._members:
            cells = None if source is None else _column(source.text, file, names, report)
            self._members[wanted] = None if cells is None else _members(cells, file, kind, report)
        return self._members[wanted]


def in_list_file(resolver: Expressions, node: ast.InListFile, where: Scope) -> ir.Condition:
    """Whether the key, or a value, is one of those in a file."""
    unknown = ir.Always(True, span=node.span)
    if resolver.lists is None:
        message, help_ = "the catalog looks into no list files", "put this into the segments that need it"
        resolver.report.add("wrong-type", message, node.span, help=help_)
        return unknown
    value = _key(resolver, node, where) if node.value is None else resolver.value(node.value, where)
    kind = _kind(value, resolver.report)
    if kind is None:
        return unknown
    members = resolver.lists.members(node.file, _names(node, value, where), kind, resolver.report)
    return unknown if members is None else ir.InFile(value, node.file.value, members, span=node.span)


def _key(resolver: Expressions, node: ast.InListFile, where: Scope) -> ir.Value:
    table = where.table
    if table.key is None:
        resolver.report.add(
            "no-key",
            f"table `{table.name}` has no `key` to look for in a list",
            node.span,
            help=f"say which column is looked for: `COLUMN in list {node.file.span.text}`",
        )
        return scope.unknown(node)
    return ir.Key(table.name, key_type(table), span=node.span)


def key_type(table: Table) -> Type:
    """A key is a whole number where it is declared as one, and else the text that it is written as."""
    declared = [each.type for each in table.columns.values() if each.formula is None and each.stored_as == table.key]
    whole = any(isinstance(type_, Number) and type_.whole for type_ in declared)
    return Number(precision=19, whole=True) if whole else Text()


def _kind(value: ir.Value, report: Report) -> Kind | None:
    match value.type:
        case Text():
            return "text"
        case Number(quotient=True):
            message, help_ = "a quotient is not looked for in a list", "look for a whole number or a decimal"
            report.add("wrong-type", message, value.span, label="divided here", help=help_)
        case Number(whole=whole):
            return "whole number" if whole else "number"
        case TextList():
            report_list(value, "`in list`", report)
        case Unknown():
            pass
        case type_:
            message = f"a list file holds texts and numbers, and this is {described(type_)}"
            report.add("wrong-type", message, value.span, help="compare it with `in (...)`, or with a window")
    return None


def _names(node: ast.InListFile, value: ir.Value, where: Scope) -> tuple[str, ...]:
    """What the column of a file may be called; nothing for a value that has no name."""
    names = [node.value.parts[-1].text] if isinstance(node.value, ast.Name) else []
    match value:
        case ir.Key():
            columns = where.table.columns.values()
            names += [each.name for each in columns if each.formula is None and each.stored_as == where.table.key]
            names.append(where.table.key or "")
        case ir.Aggregate(argument=ir.Column(name=name)):
            names.append(name)
    return tuple(dict.fromkeys(names))


# --- the text of a file ---------------------------------------------------------------------------


def _column(text: str, file: ast.Text, names: tuple[str, ...], report: Report) -> tuple[tuple[int, str], ...] | None:
    """The cells of one column that are not blank, with the numbers of their lines."""
    rows = _rows(text)
    try:
        _, header = next(rows, (0, []))
        place = _place([name.strip() for name in header], file, names, report)
        if place is None:
            return None
        cells = []
        for line, row in rows:
            if len(row) != len(header):
                columns = f"{len(header)} column{'s' if len(header) != 1 else ''}"
                message = f"line {line} of `{file.value}` has {len(row)} cells, and the header {columns}"
                report.add("bad-list", message, file.span, help='put a cell with commas in quotes: `"Smith, Jo"`')
                return None
            if row[place].strip():
                cells.append((line, row[place]))
    except csv.Error as error:
        report.add("bad-list", f"`{file.value}` is no CSV file: {error}", file.span, help="save it as CSV, in UTF-8")
        return None
    return tuple(cells)


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, with the numbers of their lines."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    for row in reader:
        if row:
            yield reader.line_num, row


def _place(header: Sequence[str], file: ast.Text, names: tuple[str, ...], report: Report) -> int | None:
    """Which column is meant: the one with a fitting name, else the only one."""
    folded = [name.casefold() for name in header]
    fitting = [header.index(name) for name in names if header.count(name) == 1]
    fitting += [folded.index(name.casefold()) for name in names if folded.count(name.casefold()) == 1]
    wanted = names[0] if names else "value"
    if not header:
        help_ = f"write `{wanted}` in its first line, and a value in each line below"
        report.add("bad-list", f"`{file.value}` is empty", file.span, help=help_)
    elif fitting:
        return fitting[0]
    elif len(header) > 1 and not names:
        message = f"`{file.value}` has several columns, and what is looked for has no name to find one by"
        report.add("bad-list", message, file.span, help=f"keep one column, or name the value: `metric {wanted} = ...`")
    elif len(header) > 1:
        instead = f"it has the columns {listed(header)}; rename the one you mean to `{wanted}`"
        message = f"no column of `{file.value}` is called `{wanted}`"
        report.add("bad-list", message, file.span, help=did_you_mean(wanted, header, instead))
    elif re.search("[;\t|]", header[0]):
        message = f"`{file.value}` has no commas between its columns"
        report.add("bad-list", message, file.span, label=f"it begins with `{header[0]}`", help="save it with commas")
    elif NUMBERS["number"].fullmatch(header[0]):
        message = f"the first line of `{file.value}` names no column"
        report.add("bad-list", message, file.span, label=f"it is `{header[0]}`", help=f"write `{wanted}` above it")
    else:
        return 0
    return None


def _members(cells: tuple[tuple[int, str], ...], file: ast.Text, kind: Kind, report: Report) -> Members | None:
    """The cells as texts or as numbers, sorted, each once."""
    wrong = [(line, cell) for line, cell in cells if not _fits(cell, kind)]
    if wrong:
        lines = ", ".join(f"`{cell}` (line {line})" for line, cell in wrong[:NAMED_LINES])
        more = f" and {len(wrong) - NAMED_LINES:,} more" if len(wrong) > NAMED_LINES else ""
        kinds = kind if len(wrong) == 1 else f"{kind}s"
        help_ = "correct the file, or declare the column as `text`" if kind != "text" else "correct the file"
        report.add("bad-list", f"`{file.value}` holds what are no {kinds}: {lines}{more}", file.span, help=help_)
        return None
    if kind == "text":
        return tuple(sorted({cell for _, cell in cells}))
    return tuple(sorted({Decimal(cell.strip()) for _, cell in cells}))


def _fits(cell: str, kind: Kind) -> bool:
    if kind == "text":
        return "\0" not in cell
    number = NUMBERS[kind].fullmatch(cell.strip()) is not None
    return number and (kind == "number" or abs(int(cell)) <= LARGEST_WHOLE)
