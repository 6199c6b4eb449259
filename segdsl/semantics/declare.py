"""The catalog as written to the catalog as meant: types, links, inherited times, filters and formulas.

Total: what is wrong is reported, and the rest of the catalog still counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from segdsl.diagnostics import Label, Report, did_you_mean, listed
from segdsl.grammar import ast
from segdsl.semantics import ir
from segdsl.semantics.catalog import Catalog, Column, Link, Table
from segdsl.semantics.expressions import Expressions
from segdsl.semantics.scope import Names, Scope
from segdsl.semantics.types import (
    Boolean,
    Date,
    Degrees,
    Number,
    Point,
    Text,
    TextList,
    Timestamp,
    Type,
    Unknown,
    described,
)

TYPES: Mapping[str, Type] = {
    "text": Text(),
    "integer": Number(precision=19, whole=True),
    "boolean": Boolean(),
    "date": Date(),
    "timestamp": Timestamp(),
    "timestamp with time zone": Timestamp(zoned=True),
    "list of text": TextList(),
    "point": Point(),
}
TYPE_NAMES = (*TYPES, "decimal(12,2)")
# What other systems call them.
SYNONYMS: Mapping[str, str] = {
    **dict.fromkeys(("string", "str", "varchar", "char", "uuid"), "text"),
    **dict.fromkeys(("int", "bigint", "smallint", "long"), "integer"),
    **dict.fromkeys(("bool",), "boolean"),
    **dict.fromkeys(("datetime", "time", "moment"), "timestamp"),
    **dict.fromkeys(("timestamptz", "timestamp_tz"), "timestamp with time zone"),
    **dict.fromkeys(("list", "array", "text[]", "varchar[]", "list of texts", "texts"), "list of text"),
    **dict.fromkeys(("geography", "geometry", "geopoint", "location"), "point"),
    **dict.fromkeys(("numeric", "number", "float", "double", "real", "money", "decimal"), "decimal(12,2)"),
}
MAX_PRECISION = 28


def declare(written: ast.Catalog, report: Report) -> Catalog:
    """The catalog that `written` declares; findings go to `report`."""
    tables: dict[str, Table] = {}
    for node in written.tables:
        if node.name.text in tables:
            first = tables[node.name.text].span
            report.add(
                "duplicate-name",
                f"there are two tables `{node.name.text}`",
                node.name.span,
                others=(Label(first, "the first"),),
            )
        else:
            tables[node.name.text] = _stored(node, report)
    _check_links(tables, report)
    times = _Times(tables, {node.name.text: node for node in written.tables}, report)
    for name in tables:
        tables[name] = times.inherited(name)
    catalog = Catalog(tables, _entity(written, tables, report))
    for node in sorted(written.tables, key=lambda node: _depth(tables, node.name.text)):
        _compute(node, catalog, report)
    for node in written.tables:
        if node.where is not None:
            tables[node.name.text] = replace(
                tables[node.name.text], where=_row_filter(node.where, tables[node.name.text], catalog, report)
            )
    return catalog


def _entity(written: ast.Catalog, tables: Mapping[str, Table], report: Report) -> str:
    entity = written.entity
    if entity is None and not written.tables and report.has_errors:
        return ""  # the file could not be read
    if entity is None:
        names = listed(tables)
        report.add(
            "missing-key",
            "the catalog does not say what segments are sets of",
            written.span,
            help=f"add `entity: NAME` at the end, with one of {names}" if tables else "declare a table first",
        )
        return next(iter(tables), "")
    table = tables.get(entity.text)
    if table is None:
        report.add(
            "unknown-table",
            f"there is no table `{entity.text}`",
            entity.span,
            help=did_you_mean(
                entity.text, tables, f"there are {listed(tables)}" if tables else "declare it under `tables`"
            ),
        )
        return next(iter(tables), "")
    if table.key is None:
        report.add(
            "no-key",
            f"table `{entity.text}` is what segments are sets of, and has no `key`",
            entity.span,
            help="say which column tells its rows apart: `key: customer_id`",
            others=(Label(table.span, "declared here"),),
        )
    return entity.text


def _stored(node: ast.Table, report: Report) -> Table:
    """A table with its stored columns; formulas, the filter and inherited times come later."""
    columns: dict[str, Column] = {}
    seen: dict[str, ast.Column] = {}
    for column in node.columns:
        name = column.name.text
        if name in seen:
            others = (Label(seen[name].name.span, "the first"),)
            report.add("duplicate-name", f"there are two columns `{name}`", column.name.span, others=others)
            continue
        seen[name] = column
        if column.formula is None:
            columns[name] = _stored_column(column, report)
    links = {
        link.name.text: Link(
            link.name.text, link.column.text, link.table.text if link.table else link.name.text, span=link.name.span
        )
        for link in node.links
    }
    own_time = node.at is not None and "." not in node.at.text
    at = node.at.text if node.at is not None and own_time else None
    return Table(
        node.name.text,
        _stored_in(node.stored_in.text),
        node.key.text if node.key else None,
        at,
        _time_type(at, columns, node, report) if at else None,
        () if own_time else None,
        columns,
        links,
        None,
        span=node.name.span,
    )


def _stored_column(column: ast.Column, report: Report) -> Column:
    name, type_ = column.name.text, _column_type(column, report)
    if isinstance(type_, Point):
        return _point(column, report)
    for key in (column.latitude, column.longitude):
        if key is not None and not isinstance(type_, Unknown):
            report.add(
                "bad-value",
                f"only a point is stored as two columns, and `{name}` is {described(type_)}",
                key.span,
                help=f"write `{name}: {{type: point, latitude: COLUMN, longitude: COLUMN}}`",
            )
    stored_as = column.stored_as.text if column.stored_as else name
    return Column(name, type_, stored_as, column.required, span=column.name.span)


def _point(column: ast.Column, report: Report) -> Column:
    """A point, which two columns of the database hold."""
    name, span = column.name.text, column.name.span
    help_ = f"write `{name}: {{type: point, latitude: {name}_lat, longitude: {name}_lon}}`, with the stored names"
    if column.latitude is None or column.longitude is None:
        report.add(
            "missing-key",
            f"point `{name}` does not say which columns hold its latitude and its longitude",
            column.type.span if column.type else span,
            help=help_,
        )
        return Column(name, Unknown(), name, column.required, span=span)
    if column.stored_as is not None:
        report.add("bad-value", f"point `{name}` is stored as two columns, not one", column.stored_as.span, help=help_)
    parts = (("latitude", column.latitude, 90), ("longitude", column.longitude, 180))
    latitude, longitude = (
        Column(f"{name} {part}", Degrees(limit), stored.text, column.required, span=span)
        for part, stored, limit in parts
    )
    return Column(name, Point(), "", column.required, coordinates=(latitude, longitude), span=span)


def _stored_in(text: str) -> tuple[str, ...]:
    """The parts of a stored name; a file's name (with a slash or a known ending) is one part."""
    if "/" in text or text.lower().endswith((".parquet", ".csv")):
        return (text,)
    return tuple(text.split("."))


def _time_type(at: str, columns: Mapping[str, Column], node: ast.Table, report: Report) -> Type:
    """The type of a table's time: that of the column declared over the same stored column, else a moment."""
    for column in columns.values():
        if column.stored_as == at:
            if not isinstance(column.type, (Date, Timestamp, Unknown)):
                assert node.at is not None
                report.add(
                    "wrong-type",
                    f"the time of `{node.name.text}` must be a date or a moment",
                    node.at.span,
                    label=f"this is {described(column.type)}",
                    others=(Label(column.span, "declared here"),),
                )
            return column.type
    return Timestamp()


def _column_type(column: ast.Column, report: Report) -> Type:
    if column.type is None:
        names = listed(TYPE_NAMES)
        report.add(
            "missing-key", f"column `{column.name.text}` has no type", column.name.span, help=f"types are {names}"
        )
        return Unknown()
    type_ = _type(column.type, report)
    if column.values:
        if isinstance(type_, (Text, TextList)):
            type_ = replace(type_, values=tuple(dict.fromkeys(value.value for value in column.values)))
        elif not isinstance(type_, Unknown):
            report.add(
                "bad-value", "only texts and lists of texts can have a closed list of `values`", column.values[0].span
            )
    low, high = _bound(column.low), _bound(column.high)
    if low is not None or high is not None:
        if isinstance(type_, Number):
            type_ = replace(type_, low=low, high=high)
        elif not isinstance(type_, Unknown):
            report.add("bad-value", "only numbers have a `min` and a `max`", column.name.span)
        if low is not None and high is not None and low > high:
            report.add("bad-value", "`min` is larger than `max`", column.name.span, help="swap them")
    return type_


def _bound(node: ast.Number | ast.Negative | None) -> Decimal | None:
    match node:
        case ast.Number():
            return node.value
        case ast.Negative(operand=ast.Number(value=value)):
            return -value
    return None


def _type(node: ast.Ident, report: Report) -> Type:
    """The type that a text such as `decimal(12,2)` names."""
    text = " ".join(node.text.lower().split())
    if text in TYPES:
        return TYPES[text]
    match = re.fullmatch(r"decimal\s*\(\s*(\d{1,4})\s*,\s*(\d{1,4})\s*\)", text)
    if match is None:
        instead = SYNONYMS.get(re.sub(r"\(.*", "", text).strip())
        if re.fullmatch(r"decimal\(\d+", text):
            help_ = 'a comma ends a value inside of braces: write `"decimal(12,2)"` in quotes'
        elif text == "decimal":
            help_ = "say how many digits it has, and how many of them after the point: `decimal(12,2)`"
        elif instead:
            help_ = f"write `{instead}`"
        else:
            help_ = did_you_mean(text, TYPE_NAMES, f"types are {listed(TYPE_NAMES)}")
        report.add("unknown-type", f"there is no type `{node.text}`", node.span, help=help_)
        return Unknown()
    precision, scale = int(match[1]), int(match[2])
    if not 1 <= precision <= MAX_PRECISION or scale > min(precision, 12):
        report.add(
            "unknown-type",
            f"`{node.text}` has more digits than every database can calculate with",
            node.span,
            help=f"use at most `decimal({MAX_PRECISION},12)`",
        )
        return Unknown()
    return Number(scale=scale, precision=precision)


def _check_links(tables: dict[str, Table], report: Report) -> None:
    """Removes links that lead nowhere, after reporting them."""
    for table in tables.values():
        for link in list(table.links.values()):
            target = tables.get(link.table)
            if target is None:
                report.add(
                    "unknown-table",
                    f"link `{link.name}` leads to a table `{link.table}` that is not in the catalog",
                    link.span,
                    help=did_you_mean(
                        link.table, tables, f"write `{link.name}: {{column: {link.column}, table: NAME}}`"
                    ),
                )
                del table.links[link.name]
            elif target.key is None:
                report.add(
                    "no-key",
                    f"link `{link.name}` leads to table `{target.name}`, which has no `key`",
                    link.span,
                    help=f"give `{target.name}` a `key`",
                    others=(Label(target.span, "declared without a key"),),
                )
                del table.links[link.name]


class _Times:
    """Finds whose time a table without its own `at` inherits: that of the one link that leads to a time."""

    def __init__(self, tables: dict[str, Table], written: Mapping[str, ast.Table], report: Report) -> None:
        self.tables, self.written, self.report = tables, written, report
        self.entity_like = {link.table for table in tables.values() for link in table.links.values()}

    def inherited(self, name: str) -> Table:
        table = self.tables[name]
        spelled = self.written[name].at
        if spelled is not None and "." in spelled.text:
            return self._spelled(table, spelled)
        if table.at_path is not None:
            return table
        ways = self._ways(name)
        if len(ways) > 1:
            names = listed(".".join((*way, "at")) for way in ways)
            self.report.add(
                "ambiguous-path",
                f"table `{name}` could take its time from more than one link",
                table.span,
                help=f"say which, as in `at: {'.'.join((*ways[0], 'at'))}`; there are {names}",
            )
        return self._timed(table, ways[0]) if ways else table

    def _timed(self, table: Table, way: tuple[str, ...]) -> Table:
        return replace(table, at_path=way, at_type=Catalog(self.tables, "").target(table.name, way).at_type)

    def _ways(self, start: str) -> list[tuple[str, ...]]:
        """The links to the nearest tables with their own `at`, through tables without one; no table twice."""
        found: list[tuple[str, ...]] = []
        waiting: list[tuple[tuple[str, ...], tuple[str, ...]]] = [((), (start,))]
        while waiting:
            path, seen = waiting.pop(0)
            for link in self.tables[seen[-1]].links.values():
                if link.table in seen:
                    continue
                if self.tables[link.table].at is not None:
                    found.append((*path, link.name))
                else:
                    waiting.append(((*path, link.name), (*seen, link.table)))
        return found

    def _spelled(self, table: Table, spelled: ast.Ident) -> Table:
        *way, last = spelled.text.split(".")
        here = table
        for part in way:
            if part not in here.links:
                help_ = did_you_mean(part, here.links, f"it links to {listed(here.links)}" if here.links else "")
                self.report.add("unknown-name", f"table `{here.name}` has no link `{part}`", spelled.span, help=help_)
                return table
            here = self.tables[here.links[part].table]
        if last != "at" or here.at is None:
            help_ = f"write `at: {'.'.join((*way, 'at'))}`" if here.at else f"give `{here.name}` an `at`"
            self.report.add("no-time", f"`{spelled.text}` is not the time of `{here.name}`", spelled.span, help=help_)
            return table
        return self._timed(table, tuple(way))


def _depth(tables: Mapping[str, Table], name: str) -> int:
    """How far links lead up from a table: formulas of the tables above are known before they are used."""
    level, reached, seen = 0, {name}, {name}
    while reached := {link.table for each in reached for link in tables[each].links.values()} - seen:
        seen |= reached
        level += 1
    return level


def _compute(node: ast.Table, catalog: Catalog, report: Report) -> None:
    """Adds the computed columns of one table; each may use those before it."""
    table = catalog.tables[node.name.text]
    expressions = Expressions(catalog, Names({}, {}), {}, report)
    for column in node.columns:
        if column.formula is None or column.name.text in table.columns:
            continue
        name = column.name.text
        if (stored := column.latitude or column.longitude) is not None:
            message = f"column `{name}` is computed, so it is not stored"
            report.add("bad-value", message, stored.span, help="leave `is`, or `latitude` and `longitude`, out")
        formula = expressions.value(column.formula, Scope(table, inside_rows=True))
        if any(isinstance(each, (ir.Aggregate, ir.Exists)) for each in _inside(formula)):
            report.add(
                "wrong-type",
                "a computed column looks at its own row only",
                column.formula.span,
                help="define it as a `metric` beside the segments",
            )
            formula = ir.Literal(False, Unknown(), span=formula.span)
        _check_computed_type(column, formula.type, report)
        table.columns[name] = Column(name, formula.type, "", column.required, formula, span=column.name.span)


def _check_computed_type(column: ast.Column, computed: Type, report: Report) -> None:
    """A type that is written beside a formula must be the formula's own."""
    if column.type is None or isinstance(computed, Unknown):
        return
    if column.type.text.strip().lower() == "decimal" and isinstance(computed, Number):
        return
    declared = _type(column.type, report)
    same = isinstance(computed, type(declared))
    if isinstance(declared, Number) and isinstance(computed, Number):
        same = declared.whole == computed.whole and declared.scale == computed.scale and not computed.quotient
    if not same and not isinstance(declared, Unknown):
        report.add(
            "wrong-type",
            f"column `{column.name.text}` is declared as {described(declared)} of another kind than its formula",
            column.type.span,
            help="leave the type out: it follows from `is`",
        )


def _row_filter(node: ast.Expr, table: Table, catalog: Catalog, report: Report) -> ir.Condition:
    condition = Expressions(catalog, Names({}, {}), {}, report).condition(node, Scope(table, inside_rows=True))
    for each in _inside(condition):
        if isinstance(each, (ir.Aggregate, ir.Exists)) or (isinstance(each, (ir.Column, ir.At)) and each.path):
            report.add(
                "wrong-type",
                "the `where` of a table looks at its own row only",
                each.span,
                help="put this into the segments that need it",
            )
            return ir.Always(True, span=node.span)
    return condition


def _inside(node: ir.Node) -> Iterator[ir.Node]:
    yield node
    for child in ir.children(node):
        yield from _inside(child)
