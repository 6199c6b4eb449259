"""Definitions as written plus a catalog to a program as meant.

Total: every mistake is reported once, and what is sound still comes out, in `ir.Program.order` each segment after
those it refers to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TypeVar

from segdsl.diagnostics import Label, Report, did_you_mean, listed
from segdsl.grammar import ast
from segdsl.semantics import everyone, ir, shorthands
from segdsl.semantics.catalog import Catalog, Table
from segdsl.semantics.channels import channels
from segdsl.semantics.claims import check_review, overdue, promises, while_active
from segdsl.semantics.constants import lets as resolve_lets
from segdsl.semantics.expressions import Expressions
from segdsl.semantics.lint import lint
from segdsl.semantics.list_files import ListFiles, ReadList, no_list
from segdsl.semantics.occasions import occasions
from segdsl.semantics.order import Cycle, sorted_by_need
from segdsl.semantics.places import places
from segdsl.semantics.references import references
from segdsl.semantics.scope import Metric, Names, Scope, scope_of, unknown

# What a definition may grow to once its names are spelled out: databases and their drivers recurse over it.
MAX_NODES = 20_000
MAX_DEPTH = 120
# How long a chain of segments that refer to each other may be: each becomes a layer of the query.
MAX_CHAIN = 50

Written = TypeVar(
    "Written", ast.Segment, ast.Group, ast.Let, ast.Metric, ast.Score, ast.Place, ast.Occasion, ast.Channel
)


def resolve(
    modules: Sequence[ast.Module],
    catalog: Catalog,
    *,
    name: str,
    timezone: str,
    week_starts: int,
    settings: Mapping[str, str],
    report: Report,
    read_list: ReadList = no_list,
    today: date | None = None,
) -> ir.Program:
    """The program that `modules` define over `catalog`.

    `settings` replace the values of `let`s by name, as text; `timezone` is an IANA name, `week_starts` a weekday
    (Monday 0); `read_list` gives the text of a list file. Findings go to `report`; what is due at `today` is found
    only when it is given.
    """
    written = _Definitions(modules, report)
    groups = _groups(written, catalog, report)
    program = ir.Program(name, catalog, {}, groups, (), timezone, week_starts)
    if catalog.entity not in catalog.tables:
        return program
    entity = Scope(catalog.tables[catalog.entity])
    constants = resolve_lets(written.lets, settings, report)
    names = Names(constants, {}, occasions(written.occasions, report))
    known = {name: node.entity.text if node.entity else catalog.entity for name, node in written.segments.items()}
    expressions = Expressions(catalog, names, known, report, ListFiles(read_list))
    points, areas = places(written.places, expressions, entity)
    names = replace(names, points=points, areas=areas)
    expressions = replace(expressions, names=names)
    metrics = _metrics({**written.metrics, **written.scores}, expressions, entity)
    expressions = replace(expressions, names=replace(names, metrics=metrics))
    reached = channels(written.channels, expressions, entity)
    expressions = replace(expressions, names=replace(expressions.names, channels=reached))
    rests = frozenset(name for name, node in written.segments.items() if node.otherwise)
    short = shorthands.conditions(written.shorthands.values(), expressions, entity)
    for node in written.segments.values():
        meant = short.get(node.name.text)
        program.segments[node.name.text] = _segment(node, expressions, entity, groups, rests, meant)
    program = replace(
        program,
        order=_order(program, report),
        channels=reached,
        metrics={name: _titled(written.metrics.get(name) or written.scores[name], metrics[name]) for name in metrics},
        places={name: _place(node, names) for name, node in written.places.items()},
    )
    lint(program, report)
    if today is not None:
        overdue(written.segments.values(), today, report)
    return program


class _Definitions:
    """All definitions of a project by name; of two with one name the first counts."""

    def __init__(self, modules: Sequence[ast.Module], report: Report) -> None:
        self.segments: dict[str, ast.Segment] = {}
        self.groups: dict[str, ast.Group] = {}
        self.lets: dict[str, ast.Let] = {}
        self.metrics: dict[str, ast.Metric] = {}
        self.scores: dict[str, ast.Score] = {}
        self.occasions: dict[str, ast.Occasion] = {}
        self.channels: dict[str, ast.Channel] = {}
        self.places: dict[str, ast.Place] = {}
        self.shorthands: dict[str, shorthands.Shorthand] = {}  # by the name of their group
        values: dict[str, ast.Ident] = {}
        for definition in (definition for module in modules for definition in module.definitions):
            match definition:
                case ast.Segment():
                    _declare(definition, self.segments, {}, report)
                case ast.Group():
                    _declare(definition, self.groups, {}, report)
                case ast.Let():
                    _declare(definition, self.lets, values, report)
                case ast.Metric():
                    _declare(definition, self.metrics, values, report)
                case ast.Score():
                    _declare(definition, self.scores, values, report)
                case ast.Occasion():
                    _declare(definition, self.occasions, {}, report)
                case ast.Channel():
                    _declare(definition, self.channels, {}, report)
                case ast.Place():
                    _declare(definition, self.places, values, report)
                case ast.Tiers() | ast.Split():
                    self._declare_shorthand(definition, report)

    def _declare_shorthand(self, node: shorthands.Shorthand, report: Report) -> None:
        segments, group = tuple(shorthands.segments_of(node)), shorthands.group_of(node)
        if not segments:
            return  # its text could not be read
        _declare(group, self.groups, {}, report)
        if self.groups[group.name.text] is group:
            self.shorthands[group.name.text] = node
            for segment in segments:
                _declare(segment, self.segments, {}, report)


def _declare(node: Written, home: dict[str, Written], shared: dict[str, ast.Ident], report: Report) -> None:
    """Puts `node` among those of its kind; `shared` holds the names of other kinds that it must differ from."""
    name = node.name.text
    first = home[name].name if name in home else shared.get(name)
    if first is None:
        home[name] = node
        shared[name] = node.name
        return
    report.add(
        "duplicate-name",
        f"the name `{name}` is given twice",
        node.name.span,
        label="the second",
        help="give one of them another name",
        others=(Label(first.span, "the first"),),
    )


def _metrics(
    written: Mapping[str, ast.Metric | ast.Score], expressions: Expressions, entity: Scope
) -> dict[str, Metric]:
    """Every metric and score, spelled out: those it names already stand in it."""
    report = expressions.report
    scopes = {name: scope_of(node.entity, entity, expressions.catalog, report) for name, node in written.items()}
    tables = {name: (scope or entity).table for name, scope in scopes.items()}
    needs = {name: list(_metrics_named(node.value, tables, expressions.catalog)) for name, node in written.items()}
    order, cycles = sorted_by_need(needs)
    for cycle in cycles:
        _report_cycle(cycle, "metric", {name: node.name for name, node in written.items()}, report)
    broken = {name for cycle in cycles for name in cycle.names}
    metrics: dict[str, Metric] = {}
    for name in order:
        node, scope = written[name], scopes[name]
        value = unknown(node)
        if scope is not None and name not in broken:
            known = replace(expressions, names=replace(expressions.names, metrics=metrics))
            meant = known.value(node.value, scope)
            value = meant if _fits(meant, f"metric `{name}`", report) else value
            if isinstance(node, ast.Score):
                everyone.check_score(node, value, report)
        metrics[name] = Metric(tables[name].name, value)
    return metrics


def _titled(node: ast.Metric | ast.Score, meant: Metric) -> ir.Metric:
    title = node.title.value if node.title else ""
    return ir.Metric(node.name.text, title, meant.entity, meant.value, span=node.name.span)


def _place(node: ast.Place, names: Names) -> ir.Place:
    name = node.name.text
    point = names.points.get(name)
    corners = names.areas[name] if point is None else ((point.latitude, point.longitude),)
    return ir.Place(name, node.title.value if node.title else "", corners, span=node.name.span)


def _metrics_named(node: ast.Node, tables: Mapping[str, Table], catalog: Catalog) -> Iterator[str]:
    """The metrics that a value may name: bare, or behind what may lead to a row of their table."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        waiting.extend(ast.children(each))
        if not isinstance(each, ast.Name) or each.parts[-1].text not in tables:
            continue
        name = each.parts[-1].text
        if len(each.parts) == 1:
            yield name
        elif name not in tables[name].columns:
            before = each.parts[-2].text
            ends = {table.links[before].table for table in catalog.tables.values() if before in table.links}
            if tables[name].name in {before, *ends}:
                yield name


def _fits(node: ir.Node, what: str, report: Report) -> bool:
    """Whether a definition with its names spelled out is small enough for every database."""
    count, deepest = 0, 0
    waiting = [(node, 1)]
    while waiting and count <= MAX_NODES and deepest <= MAX_DEPTH:
        each, depth = waiting.pop()
        count, deepest = count + 1, max(deepest, depth)
        waiting.extend((child, depth + 1) for child in ir.children(each))
    if count > MAX_NODES:
        message = f"{what} grows past {MAX_NODES:,} parts once its names are spelled out"
        report.add("too-large", message, node.span, help="split it into several segments")
    elif deepest > MAX_DEPTH:
        message = f"{what} grows past {MAX_DEPTH} levels once its names are spelled out"
        report.add("too-deep", message, node.span, help="let it build on fewer metrics")
    else:
        return True
    return False


# --- segments and groups --------------------------------------------------------------------------


def _segment(
    node: ast.Segment,
    expressions: Expressions,
    entity: Scope,
    groups: Mapping[str, ir.Group],
    rests: frozenset[str],
    meant: ir.Condition | None,
) -> ir.Segment:
    """The segment as meant; `meant` is the condition of one that a shorthand makes."""
    report = expressions.report
    group = groups.get(node.group.text) if node.group else None
    condition: ir.Condition = ir.Always(True, span=node.span)
    scope = scope_of(node.entity, entity, expressions.catalog, report)
    if node.when is not None and scope is not None:
        meant = expressions.condition(node.when, scope)
    if meant is not None:
        if _fits(meant, f"segment `{node.name.text}`", report):
            condition = meant
    elif node.otherwise and group is not None:
        others = tuple(name for name in group.members if name not in rests)
        terms = tuple(ir.Not(ir.InSegment(name, span=node.span), span=node.span) for name in others)
        condition = ir.All(terms, span=node.span)
    check_review(node, report)
    priority = int(node.priority.value) if node.priority and node.priority.value % 1 == 0 else None
    return ir.Segment(
        node.name.text,
        node.title.value if node.title else node.name.text,
        node.owner.value if node.owner else "",
        node.about.value if node.about else "",
        (scope or entity).table.name,
        group.name if group else None,
        priority,
        while_active(node, condition, report),
        tuple(promises(node, (scope or entity).table.name, expressions.segments, report)),
        node.otherwise,
        span=node.name.span,
    )


def _groups(written: _Definitions, catalog: Catalog, report: Report) -> dict[str, ir.Group]:
    """The groups with their members, after checking who may be one."""
    members: dict[str, list[ast.Segment]] = {name: [] for name in written.groups}
    for segment in written.segments.values():
        if segment.group is not None and segment.group.text in members:
            members[segment.group.text].append(segment)
        _check_membership(segment, written.groups, report)
        _check_stray(segment, written.shorthands, report)
    for found in members.values():
        _check_entities(found, catalog, report)
    for name, node in written.groups.items():
        # A group that is misspelt in a segment's head is not empty on purpose.
        if not members[name] and not any(found.rule.name == "unknown-group" for found in report):
            help_ = f"write `in {name}` in the head of a segment"
            report.add("empty-group", f"group `{name}` has no segments", node.name.span, help=help_)
    return {name: _group(node, members[name], report) for name, node in written.groups.items()}


def _check_stray(segment: ast.Segment, made: Mapping[str, shorthands.Shorthand], report: Report) -> None:
    """Of groups that are written short all segments stand in one place, in the order in which they win."""
    node = made.get(segment.group.text) if segment.group else None
    if segment.group is None or node is None or segment.group is node.name:
        return
    kind = "tiers" if isinstance(node, ast.Tiers) else "split"
    report.add(
        "stray-member",
        f"group `{node.name.text}` is made by `{kind}`, which names all of its segments",
        segment.group.span,
        help="add it there, or write a `group` of its own",
        others=(Label(node.name.span, "defined here"),),
    )


def _check_entities(members: Sequence[ast.Segment], catalog: Catalog, report: Report) -> None:
    """A group divides the rows of one entity."""
    known = [
        (segment, entity)
        for segment in members
        if (entity := segment.entity.text if segment.entity else catalog.entity) in catalog.tables
    ]
    for other, entity in known[1:]:
        first, wanted = known[0]
        if entity != wanted:
            assert other.group is not None
            report.add(
                "mixed-group",
                f"group `{other.group.text}` has segments of `{wanted}` and of `{entity}`",
                (other.entity or other.name).span,
                help=f"put `{other.name.text}` into a group of its own",
                others=(Label((first.entity or first.name).span, f"this one is of `{wanted}`"),),
            )
            return


def _check_membership(segment: ast.Segment, groups: Mapping[str, ast.Group], report: Report) -> None:
    group = groups.get(segment.group.text) if segment.group else None
    if segment.group is not None and group is None:
        instead = f"define it with `group {segment.group.text}`"
        report.add(
            "unknown-group",
            f"there is no group `{segment.group.text}`",
            segment.group.span,
            help=did_you_mean(segment.group.text, groups, instead),
        )
        return
    if segment.otherwise and group is None:
        report.add(
            "bad-otherwise",
            "`otherwise` is the rest of a group, and this segment is in none",
            segment.span,
            help=f"write `segment {segment.name.text} in GROUP`, or a `when`",
        )
    if segment.priority is not None and segment.priority.value % 1 != 0:
        help_ = "write it like `priority 10`"
        report.add("bad-value", "a priority is a whole number", segment.priority.span, help=help_)
    elif segment.priority is not None and (group is None or not group.exclusive):
        message = (
            "a segment in no group has no priority over others"
            if group is None
            else f"group `{group.name.text}` is not exclusive, so no segment in it has priority over others"
        )
        help_ = "leave the priority out" if group is None else "leave it out, or make the group `exclusive`"
        report.add("stray-priority", message, segment.priority.span, help=help_)
    elif segment.priority is None and group is not None and group.exclusive:
        report.add(
            "missing-priority",
            f"segment `{segment.name.text}` has no priority in the exclusive group `{group.name.text}`",
            segment.name.span,
            help=f"write `in {group.name.text} priority N`: the lowest number wins",
            others=(Label(group.name.span, "exclusive: a customer is assigned to at most one"),),
        )


def _group(node: ast.Group, members: list[ast.Segment], report: Report) -> ir.Group:
    name = node.name.text
    rests = [segment for segment in members if segment.otherwise]
    for second in rests[1:]:
        report.add(
            "bad-otherwise",
            f"group `{name}` has two segments with `otherwise`",
            second.name.span,
            help="keep one: it holds everyone the others leave",
            others=(Label(rests[0].name.span, "the first"),),
        )
    ranked = members
    if node.exclusive:
        ranked = sorted(members, key=lambda segment: (segment.priority is None, _rank(segment)))
    return ir.Group(
        name,
        node.title.value if node.title else name,
        node.owner.value if node.owner else "",
        node.about.value if node.about else "",
        node.exclusive,
        node.complete,
        tuple(segment.name.text for segment in ranked),
        span=node.name.span,
    )


def _rank(segment: ast.Segment) -> int:
    return int(segment.priority.value) if segment.priority else 0


def _order(program: ir.Program, report: Report) -> tuple[str, ...]:
    """The segments, each after those it refers to."""
    needs = {name: list(dict.fromkeys(each.segment for each in references(program, name))) for name in program.segments}
    order, cycles = sorted_by_need(needs)
    for cycle in cycles:
        _report_cycle(cycle, "segment", program.segments, report)
    if cycles:
        return order
    chain: dict[str, int] = {}
    for name in order:
        chain[name] = 1 + max((chain[need] for need in needs[name]), default=0)
        if chain[name] == MAX_CHAIN + 1:
            report.add(
                "too-deep",
                f"segment `{name}` builds on a chain of more than {MAX_CHAIN} segments",
                program.segments[name].span,
                help="let it refer to the first ones directly",
            )
    return order


def _report_cycle(cycle: Cycle, kind: str, nodes: Mapping[str, ast.Node | ir.Node], report: Report) -> None:
    first, *others = cycle.names
    help_ = "spell out in one of them what it wants of the other"
    if others:
        message = f"{kind}s {listed(cycle.names)} need each other, so none can be decided first"
    elif any(isinstance(each, ir.AssignedTo) and each.segment != first for each in _inside(nodes[first])):
        message = f"{kind} `{first}` depends on who is assigned to a segment that it wins over"
        help_ = "who is assigned is decided after all that win: use `in segment`, or change the priorities"
    else:
        message, help_ = f"{kind} `{first}` refers to itself", "say what it holds without its own name"
    more = tuple(Label(nodes[name].span, "and this one") for name in others)
    report.add("cycle", message, nodes[first].span, help=help_, others=more)


def _inside(node: ast.Node | ir.Node) -> Iterator[ir.Node]:
    """All nodes of a segment's condition; of a tree as written, none."""
    waiting = [node] if isinstance(node, ir.Node) else []
    while waiting:
        each = waiting.pop()
        yield each
        waiting.extend(ir.children(each))
