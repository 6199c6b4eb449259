"""Names in a row's scope: from a dotted path as written to a column, a link or a table of many rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import assert_never

from segdsl.diagnostics import Label, Report, did_you_mean, listed, nearest
from segdsl.grammar import ast
from segdsl.semantics import ir
from segdsl.semantics.catalog import Catalog, Table
from segdsl.semantics.occasions import Occasion
from segdsl.semantics.types import Date, Text, Unknown


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a name stands: in a row of `table`; `row_of` is true inside an aggregate, a filter or a formula."""

    table: Table
    inside_rows: bool = False


Corners = tuple[tuple[Decimal, Decimal], ...]


@dataclass(frozen=True, slots=True)
class Metric:
    """A value of each row of the table `entity`, resolved in the scope of such a row."""

    entity: str
    value: ir.Value


@dataclass(frozen=True, slots=True)
class Names:
    """What may be named besides columns: values, metrics, occasions, places and channels, already resolved.

    Of places `points` are values; `areas` have corners, each a latitude and a longitude. `channels` is None where
    nobody can be reached yet: in what channels themselves may name.
    """

    lets: Mapping[str, ir.Literal]
    metrics: Mapping[str, Metric]
    occasions: Mapping[str, Occasion] = field(default_factory=dict)
    channels: Mapping[str, ir.Channel] | None = None
    points: Mapping[str, ir.Point] = field(default_factory=dict)
    areas: Mapping[str, Corners] = field(default_factory=dict)

    def metric(self, name: str, table: Table) -> ir.Value | None:
        """What the metric `name` is of a row of `table`; None when it is not a metric of such rows."""
        found = self.metrics.get(name)
        return found.value if found is not None and found.entity == table.name else None

    def metrics_of(self, table: Table) -> list[str]:
        return [name for name, metric in self.metrics.items() if metric.entity == table.name]


def scope_of(entity: ast.Ident | None, otherwise: Scope, catalog: Catalog, report: Report) -> Scope | None:
    """The scope of a definition `for` an entity; None when there is no such entity, which is reported."""
    if entity is None:
        return otherwise
    tables, name = catalog.tables, entity.text
    if name not in tables:
        keyed = [table.name for table in tables.values() if table.key is not None]
        help_ = did_you_mean(name, keyed, f"tables with a `key` are {listed(keyed)}")
        report.add("unknown-table", f"there is no table `{name}`", entity.span, help=help_)
        return None
    if tables[name].key is None:
        message = f"table `{name}` has no `key`, so its rows cannot be told apart"
        help_ = f"give `{name}` a `key` in catalog.yml"
        declared = Label(tables[name].span, "declared here")
        report.add("no-key", message, entity.span, help=help_, others=(declared,))
        return None
    return Scope(tables[name])


def unknown(node: ast.Node) -> ir.Value:
    """A value for what is already reported."""
    return ir.Literal(False, Unknown(), span=node.span)


def column(name: ast.Name, scope: Scope, catalog: Catalog, names: Names, report: Report) -> ir.Value:
    """The one value that `name` stands for in `scope`; reports and gives an unknown when there is none."""
    table = scope.table
    parts = name.parts
    first = parts[0].text
    if len(parts) == 1:
        own = _own_value(first, name, table)
        shared: ir.Value | None = names.lets.get(first) or names.points.get(first) or names.metric(first, table)
        if own is not None and shared is not None:
            kind = "let" if first in names.lets else "place" if first in names.points else "metric"
            report.add(
                "ambiguous-name",
                f"`{first}` is both a column of `{table.name}` and a {kind}",
                name.span,
                help=f"write `{table.name}.{first}` for the column, or rename the {kind}",
            )
            return unknown(name)
        value = own if own is not None else shared
        if value is None and first == "today":
            value = ir.Today(Date(), span=name.span)
        if value is not None:
            return replace(value, span=name.span)
        _report_unknown(name, scope, catalog, names, report)
        return unknown(name)
    start = _start(parts[0], scope, catalog, report)
    if start is None:
        return unknown(name)
    return _follow(name, 1, start, table, catalog, names, report)


def _own_value(name: str, node: ast.Name, table: Table, path: tuple[str, ...] = ()) -> ir.Value | None:
    """The column `name` of `table`, or its time, seen from the row that `path` starts at."""
    found = table.columns.get(name)
    if found is not None:
        if found.formula is not None:
            return prefixed(found.formula, path)
        return ir.Column(path, table.name, name, found.type, span=node.span)
    if name == "at" and table.at_type is not None:
        return ir.At(path, table.name, table.at_type, span=node.span)
    return None


def _start(part: ast.Ident, scope: Scope, catalog: Catalog, report: Report) -> tuple[str, ...] | None:
    """The links that the first part of a longer name stands for: one link, none (the row's own table), or several."""
    table = scope.table
    if part.text in table.links:
        return (part.text,)
    if part.text == table.name:
        return ()
    if part.text in catalog.tables:
        paths = paths_up(catalog, table.name, part.text)
        if len(paths) == 1:
            return paths[0]
        if len(paths) > 1:
            ways = listed(".".join(path) for path in paths)
            report.add(
                "ambiguous-path",
                f"more than one way leads from `{table.name}` to `{part.text}`",
                part.span,
                help=f"spell the links: {ways}",
            )
            return None
        if paths_up(catalog, part.text, table.name):
            columns = catalog.tables[part.text].columns
            example = next(iter(columns), "at")
            report.add(
                "many-rows",
                f"a row of `{table.name}` has many rows of `{part.text}`",
                part.span,
                label="which of them?",
                help=f"say which or how many: `last({part.text}.{example})`, `count({part.text})`, `has {part.text}`",
            )
            return None
        report.add(
            "no-path",
            f"no link leads from `{table.name}` to `{part.text}`",
            part.span,
            help="add the link to catalog.yml",
        )
        return None
    known = [*table.links, *catalog.tables]
    report.add(
        "unknown-table",
        f"`{part.text}` is neither a table nor a link of `{table.name}`",
        part.span,
        label="not in catalog.yml",
        help=did_you_mean(part.text, known, f"`{table.name}` links to {listed(table.links)}" if table.links else ""),
    )
    return None


def _follow(
    name: ast.Name, index: int, path: tuple[str, ...], table: Table, catalog: Catalog, names: Names, report: Report
) -> ir.Value:
    """The rest of a name, from part `index` on, after `path` has been followed from `table`."""
    here = catalog.target(table.name, path)
    for part in name.parts[index:-1]:
        if part.text not in here.links:
            report.add(
                "unknown-name",
                f"table `{here.name}` has no link `{part.text}`",
                part.span,
                label="not a link in catalog.yml",
                help=did_you_mean(
                    part.text, here.links, f"`{here.name}` links to {listed(here.links)}" if here.links else ""
                ),
            )
            return unknown(name)
        path = (*path, part.text)
        here = catalog.tables[here.links[part.text].table]
    last = name.parts[-1]
    value = _own_value(last.text, name, here, path)
    if value is not None:
        return replace(value, span=name.span)
    value = names.metric(last.text, here)
    if value is not None:
        return ir.Of(path, value, value.type, span=name.span) if path else replace(value, span=name.span)
    if last.text in names.metrics:
        _report_metric_of_others(last, here, catalog, names, report)
    else:
        _report_unknown_column(last, here, report, names.metrics_of(here))
    return unknown(name)


def _report_metric_of_others(part: ast.Ident, table: Table, catalog: Catalog, names: Names, report: Report) -> None:
    """A metric that rows of `table` do not have: say where it can be named."""
    entity = names.metrics[part.text].entity
    up, down = paths_up(catalog, table.name, entity), paths_up(catalog, entity, table.name)
    if up:
        ways = [f"`{'.'.join((*path, part.text))}`" for path in up] if len(up) > 1 else [f"`{entity}.{part.text}`"]
        help_ = f"write {' or '.join(ways)}"
    elif down:
        help_ = f"say of which rows, as in `has {entity} where {part.text} > 10` or `sum({entity}.{part.text})`"
    else:
        help_ = f"no link leads from `{table.name}` to `{entity}`"
    message = f"`{part.text}` is a metric of `{entity}`, and this is about a row of `{table.name}`"
    report.add("unknown-name", message, part.span, help=help_)


def _report_unknown(name: ast.Name, scope: Scope, catalog: Catalog, names: Names, report: Report) -> None:
    """A name of one part that is nothing: say what it may have been."""
    part, table = name.parts[0], scope.table
    if part.text in names.areas:
        help_ = f"write `inside {part.text}` behind a column of type `point`"
        report.add("wrong-type", f"`{part.text}` is an area, not one value", part.span, help=help_)
    elif part.text in table.links or (part.text in catalog.tables and paths_up(catalog, table.name, part.text)):
        target = catalog.tables[part.text if part.text in catalog.tables else table.links[part.text].table]
        example = next(iter(target.columns), "at")
        report.add(
            "wrong-type",
            f"`{part.text}` is a whole row, not one value",
            part.span,
            help=f"name one of its columns, as in `{part.text}.{example}`",
        )
    elif part.text in catalog.tables:
        report.add(
            "many-rows",
            f"`{part.text}` is a table of many rows, not one value",
            part.span,
            help=f"ask for them with `has {part.text}` or `count({part.text})`",
        )
    elif part.text in names.metrics:
        _report_metric_of_others(part, table, catalog, names, report)
    elif part.text.lower() in ("null", "none", "nil", "unknown", "missing"):
        help_ = "write `is missing` or `is known` behind the value"
        report.add("unknown-name", "what is missing is not compared", part.span, help=help_)
    elif part.text == "at":
        report.add(
            "no-time",
            f"table `{table.name}` has no time",
            part.span,
            help=f"give `{table.name}` an `at` in catalog.yml",
        )
    else:
        _report_unknown_column(part, table, report, [*names.lets, *names.points, *names.metrics_of(table)], catalog)


def _report_unknown_column(
    part: ast.Ident, table: Table, report: Report, others: list[str] | None = None, catalog: Catalog | None = None
) -> None:
    known = [*table.columns, *(others or []), *(["at"] if table.at_type is not None else [])]
    elsewhere = [other.name for other in catalog.tables.values() if part.text in other.columns] if catalog else []
    instead = (
        f"`{elsewhere[0]}` has one: `{elsewhere[0]}.{part.text}`" if elsewhere else f"it has {listed(table.columns)}"
    )
    help_ = did_you_mean(part.text, known, instead if table.columns else "")
    if any(isinstance(each.type, Text) and part.text in each.type.values for each in table.columns.values()):
        help_ = f'text stands in double quotes: write `"{part.text}"`'
    elif catalog and help_ == instead and not elsewhere:
        below = [name for name in catalog.tables if name != table.name and paths_up(catalog, name, table.name)]
        if close := nearest(part.text, below):
            help_ = f"say how many rows, or that there are some: `count({close}) >= 3` or `has {close}`"
    report.add(
        "unknown-column",
        f"table `{table.name}` has no column `{part.text}`",
        part.span,
        label="not in catalog.yml",
        help=help_,
    )


def paths_up(catalog: Catalog, start: str, goal: str) -> list[tuple[str, ...]]:
    """Every way to follow links from a row of `start` to a row of `goal`, no table twice; shortest first."""
    found: list[tuple[str, ...]] = []
    waiting: list[tuple[tuple[str, ...], tuple[str, ...]]] = [((), (start,))]
    while waiting:
        path, tables = waiting.pop(0)
        for link in catalog.tables[tables[-1]].links.values():
            if link.table == goal:
                found.append((*path, link.name))
            elif link.table not in tables and len(path) < 8:
                waiting.append(((*path, link.name), (*tables, link.table)))
    return found


def prefixed(value: ir.Value, path: tuple[str, ...]) -> ir.Value:
    """A formula over one row, read from the row that `path` starts at."""
    match value:
        case ir.Column() | ir.At():
            return replace(value, path=(*path, *value.path))
        case ir.Day():
            return replace(value, value=prefixed(value.value, path))
        case ir.Part():
            return replace(value, value=prefixed(value.value, path))
        case ir.DaysBetween():
            return replace(value, start=prefixed(value.start, path), end=prefixed(value.end, path))
        case ir.Negative():
            return replace(value, operand=prefixed(value.operand, path))
        case ir.Arithmetic():
            return replace(value, left=prefixed(value.left, path), right=prefixed(value.right, path))
        case ir.Choice():
            then, otherwise = prefixed(value.then, path), prefixed(value.otherwise, path)
            return replace(value, condition=_prefixed_test(value.condition, path), then=then, otherwise=otherwise)
        case ir.Length():
            return replace(value, value=prefixed(value.value, path))
        case ir.Literal() | ir.Point() | ir.Today():
            return value
        case ir.Aggregate() | ir.Of() | ir.Key() | ir.Statistic() | ir.Tile():
            raise AssertionError("a formula looks at one row: `declare` refuses all others")
        case _:
            assert_never(value)


def _prefixed_test(test: ir.Condition, path: tuple[str, ...]) -> ir.Condition:
    """A condition inside a formula, read from the row that `path` starts at."""
    match test:
        case ir.Always():
            return test
        case ir.All() | ir.Any() | ir.AtLeast():
            return replace(test, terms=tuple(_prefixed_test(term, path) for term in test.terms))
        case ir.Not():
            return replace(test, term=_prefixed_test(test.term, path))
        case ir.Compare():
            return replace(test, left=prefixed(test.left, path), right=prefixed(test.right, path))
        case (
            ir.OneOfList()
            | ir.Known()
            | ir.TextMatch()
            | ir.InWindow()
            | ir.Anniversary()
            | ir.IsTrue()
            | ir.ListHas()
            | ir.InFile()
            | ir.Inside()
        ):
            return replace(test, value=prefixed(test.value, path))
        case ir.Near():
            return replace(test, value=prefixed(test.value, path), center=prefixed(test.center, path))
        case (
            ir.Exists()
            | ir.Followed()
            | ir.InSegment()
            | ir.AssignedTo()
            | ir.WasInSegment()
            | ir.Ranked()
            | ir.Bringing()
            | ir.Sample()
        ):
            raise AssertionError("a formula looks at its own row only: `declare` refuses others")
        case _:
            assert_never(test)
