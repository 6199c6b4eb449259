"""`tiers` and `splits` in YAML: the groups that are written short."""

from __future__ import annotations

from collections.abc import Iterator

from segdsl.diagnostics import Report
from segdsl.grammar import ast, yaml
from segdsl.grammar.files import Fields, named
from segdsl.grammar.keys import ABOUT, ENTITY, EXPRESSION, NAME, OWNER, TITLE, Either, Key, Keyed, Keys, Named
from segdsl.source import Span

TIER_KEYS: Keys = {"title": TITLE, "bound": Key(EXPRESSION, "`>= 20`: who is in it", required=True)}
REST_KEYS: Keys = {"title": TITLE, "name": Key(NAME, "what the segment of all others is called", required=True)}
SHARE_KEYS: Keys = {"title": TITLE, "share": Key(EXPRESSION, "`20%`: how many are in it", required=True)}
TIERS_KEYS: Keys = {
    "title": TITLE,
    "entity": ENTITY,
    "owner": OWNER,
    "about": ABOUT,
    "by": Key(EXPRESSION, "the value that decides", required=True),
    "tiers": Key(
        Named(Either((EXPRESSION, Keyed(TIER_KEYS))), filled=True), "the segments, the strongest first", required=True
    ),
    "otherwise": Key(Either((NAME, Keyed(REST_KEYS))), "the segment of all others"),
}
SPLIT_KEYS: Keys = {
    "title": TITLE,
    "entity": ENTITY,
    "owner": OWNER,
    "about": ABOUT,
    "of": Key(NAME, "the segment that is split: everyone, unless said"),
    "shares": Key(Named(Either((EXPRESSION, Keyed(SHARE_KEYS))), filled=True), "the segments", required=True),
}


def leaves(node: yaml.Mapping) -> Iterator[yaml.Tree]:
    """The bounds and shares in a definition, which are parts of the expression language."""
    for section in ("tiers", "shares"):
        _, parts = node.entries.get(section, (None, None))
        for _, part in named(parts if isinstance(parts, yaml.Mapping) else None):
            if isinstance(part, yaml.Mapping):
                yield from (value for key, value in named(part) if key.text in ("bound", "share"))
            else:
                yield part


def tiers(name: ast.Ident, node: yaml.Tree, report: Report) -> ast.Tiers | None:
    fields = _fields(name, node, "tiers", TIERS_KEYS, report)
    if fields is None:
        return None
    value = fields.scalar("by")
    parts = _parts(fields, "tiers", 'write `tiers: {heavy: ">= 20"}`')
    if value is None or not parts:
        return None
    found = [_tier(name, part, report) for name, part in parts]
    return ast.Tiers(
        name,
        yaml.expression(value, report),
        tuple(tier for tier in found if tier is not None),
        rest=_rest(fields, report),
        title=fields.text("title"),
        entity=fields.name("entity"),
        owner=fields.text("owner"),
        about=fields.text("about"),
        span=name.span.to(node.span),
    )


def split(name: ast.Ident, node: yaml.Tree, report: Report) -> ast.Split | None:
    fields = _fields(name, node, "split", SPLIT_KEYS, report)
    if fields is None:
        return None
    parts = _parts(fields, "shares", "write `shares: {control: 20%}`")
    if not parts:
        return None
    found = [_share(name, part, report) for name, part in parts]
    return ast.Split(
        name,
        tuple(share for share in found if share is not None),
        segment=fields.name("of"),
        title=fields.text("title"),
        entity=fields.name("entity"),
        owner=fields.text("owner"),
        about=fields.text("about"),
        span=name.span.to(node.span),
    )


def _fields(name: ast.Ident, node: yaml.Tree, kind: str, keys: Keys, report: Report) -> Fields | None:
    if isinstance(node, yaml.Mapping):
        return Fields(node, f"{kind} `{name.text}`", keys, report)
    _, _, _, _, first, second, *_ = keys
    help = f"write `{{{first}: ..., {second}: ...}}`"
    report.add("bad-value", f"{kind} `{name.text}` must hold keys", name.span, help=help)
    return None


def _parts(fields: Fields, key: str, help: str) -> tuple[tuple[ast.Ident, yaml.Tree], ...]:
    """The names and what each holds; at least one, or a finding."""
    parts = fields.mapping(key)
    name, value = fields.node.entries.get(key, (None, None))
    is_blank = isinstance(value, yaml.Scalar) and value.value is None
    if name is not None and (is_blank or (parts is not None and not parts.entries)):
        where = name.span if parts is None else parts.span
        fields.report.add("bad-value", f"`{key}` of {fields.what} is empty", where, help=help)
    return tuple(named(parts))


def _tier(name: ast.Ident, node: yaml.Tree, report: Report) -> ast.Tier | None:
    scalar, title = _titled(name, node, "bound", TIER_KEYS, 'write `">= 20"`', report)
    bound = None if scalar is None else yaml.part("bound", ast.Bound, scalar, report)
    return None if bound is None else ast.Tier(name, bound.op, bound.value, title, span=_whole(name, node))


def _share(name: ast.Ident, node: yaml.Tree, report: Report) -> ast.Share | None:
    scalar, title = _titled(name, node, "share", SHARE_KEYS, "write `20%`", report)
    percent = None if scalar is None else yaml.part("percent", ast.Number, scalar, report)
    return None if percent is None else ast.Share(name, percent, title, span=_whole(name, node))


def _rest(fields: Fields, report: Report) -> ast.Rest | None:
    """`otherwise: inactive`, or `otherwise: {name: inactive, title: ...}`."""
    if "otherwise" not in fields.node.entries:
        return None
    key, node = fields.node.entries["otherwise"]
    scalar, title = _titled(key, node, "name", REST_KEYS, "write `otherwise: inactive`", report)
    if scalar is None:
        return None
    return ast.Rest(ast.Ident(scalar.text, span=scalar.span), title, span=_whole(key, node))


def _titled(
    name: ast.Ident, node: yaml.Tree, key: str, keys: Keys, help: str, report: Report
) -> tuple[yaml.Scalar | None, ast.Text | None]:
    """What stands behind a name, alone or under `key` with a title beside it."""
    if isinstance(node, yaml.Mapping):
        fields = Fields(node, f"`{name.text}`", keys, report)
        return fields.scalar(key), fields.text("title")
    if isinstance(node, yaml.Scalar) and node.value is not None and node.text.strip():
        return node, None
    report.add("bad-value", f"`{name.text}` must hold a {key}", name.span, help=help)
    return None, None


def _whole(name: ast.Ident, node: yaml.Tree) -> Span:
    return name.span.to(node.span)
