"""`catalog.yml` and `segdsl.yml` to their trees as written: which keys there are, and what each can hold."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from segdsl.diagnostics import Report, did_you_mean, listed
from segdsl.grammar import ast, yaml
from segdsl.grammar.build import MAX_FRACTION_DIGITS, MAX_WHOLE_DIGITS
from segdsl.grammar.keys import (
    EXPRESSION,
    NAME,
    NUMBER,
    TEXT,
    TRUTH,
    WEEKDAYS,
    Either,
    Key,
    Keyed,
    Keys,
    Named,
    One,
    Several,
)
from segdsl.source import Source

LINK_KEYS: Keys = {
    "column": Key(NAME, "the column that holds the other table's key", required=True),
    "table": Key(NAME, "the table that it leads to: the one called like the link, unless said"),
}
COLUMN_KEYS: Keys = {
    "type": Key(One("type"), "what the column holds"),
    "values": Key(Several(TEXT), "the only values there are; a definition that names another is refused"),
    "required": Key(TRUTH, "the value is never missing"),
    "min": Key(NUMBER, "the least value there is"),
    "max": Key(NUMBER, "the greatest value there is"),
    "is": Key(EXPRESSION, "computed from this, over the row; it may follow links"),
    "from": Key(NAME, "what the database calls the column, if it is not the name used here"),
    "latitude": Key(NAME, "of a point the column that holds its degrees north"),
    "longitude": Key(NAME, "of a point the column that holds its degrees east"),
}
COLUMN = Either((One("type"), Keyed(COLUMN_KEYS, apart=("is", "from"))))
LINK = Either((NAME, Keyed(LINK_KEYS)))
TABLE_KEYS: Keys = {
    "from": Key(NAME, "a table or view of the database; over a folder of files the name of one", required=True),
    "key": Key(NAME, "the column that tells rows apart: needed where links lead, and to decide ties"),
    "at": Key(NAME, "the column that holds the time of a row"),
    "links": Key(Named(LINK), "many rows to one: the column that holds the key of another table"),
    "where": Key(EXPRESSION, "rows of which this is not true are out everywhere"),
    "columns": Key(Named(COLUMN), "what definitions may say of a row"),
}
CATALOG_KEYS: Keys = {
    "tables": Key(Named(Keyed(TABLE_KEYS)), "the tables that definitions may talk about", required=True),
    "entity": Key(NAME, "the table that segments are sets of"),
}
# Which other options a type of target has is known where targets are opened.
TARGET_KEYS: Keys = {"type": Key(NAME, "the kind of database", required=True)}
OPTION = Key(NAME, "an option of the target")
PROJECT_KEYS: Keys = {
    "name": Key(NAME, "what the project is called", required=True),
    "timezone": Key(NAME, "whose clock decides when a day begins, such as `Europe/Berlin`: UTC, unless said"),
    "week_starts": Key(One("name", choices=WEEKDAYS), "the first day of a week: monday, unless said"),
    "targets": Key(Named(Keyed(TARGET_KEYS)), "the databases that segments are computed in"),
    "default_target": Key(NAME, "the target of commands that name none"),
}


def parse_catalog(source: Source, report: Report) -> ast.Catalog:
    """The catalog as written; what cannot be read is reported and left out."""
    tree = yaml.read(source, report)
    if not tree.entries:
        return ast.Catalog((), span=tree.span)
    root = Fields(tree, "the catalog", CATALOG_KEYS, report)
    tables = root.mapping("tables")
    return ast.Catalog(
        tuple(_table(name, node, report) for name, node in named(tables)),
        entity=root.name("entity"),
        span=root.node.span,
    )


def parse_project(source: Source, report: Report) -> ast.Project:
    """The project file as written; what cannot be read is reported and left out."""
    tree = yaml.read(source, report)
    if not tree.entries:
        return ast.Project(ast.Ident("", span=tree.span), span=tree.span)
    root = Fields(tree, "the project", PROJECT_KEYS, report)
    name = root.name("name")
    return ast.Project(
        name or ast.Ident("", span=root.node.span),
        timezone=root.name("timezone"),
        week_starts=root.name("week_starts"),
        targets=tuple(
            target for name, node in named(root.mapping("targets")) if (target := _target(name, node, report))
        ),
        default_target=root.name("default_target"),
        span=root.node.span,
    )


def _target(name: ast.Ident, node: yaml.Tree, report: Report) -> ast.Target | None:
    if not isinstance(node, yaml.Mapping):
        report.add(
            "bad-value", f"target `{name.text}` must hold keys", node.span, help="write `{type: duckdb, path: data}`"
        )
        return None
    fields = Fields(node, f"target `{name.text}`", {**dict.fromkeys(node.entries, OPTION), **TARGET_KEYS}, report)
    type_ = fields.name("type")
    if type_ is None:
        return None
    options = []
    for key, value in named(node):
        if key.text == "type":
            continue
        if isinstance(value, yaml.Scalar) and value.value is not None:
            options.append(ast.Option(key, ast.Text(value.text, span=value.span), span=key.span))
        else:
            report.add("bad-value", f"`{key.text}` must be a single value", value.span)
    return ast.Target(name, type_, tuple(options), span=name.span)


def _table(name: ast.Ident, node: yaml.Tree, report: Report) -> ast.Table:
    what = f"table `{name.text}`"
    if not isinstance(node, yaml.Mapping):
        report.add("bad-value", f"{what} must hold keys", node.span, help=f"its keys are {listed(TABLE_KEYS)}")
        return ast.Table(name, name, span=name.span)
    fields = Fields(node, what, TABLE_KEYS, report)
    where = fields.scalar("where")
    return ast.Table(
        name,
        fields.name("from") or name,
        key=fields.name("key"),
        at=fields.name("at"),
        columns=tuple(_column(column, spec, report) for column, spec in named(fields.mapping("columns"))),
        links=tuple(
            link for key, spec in named(fields.mapping("links")) if (link := _link(key, spec, report)) is not None
        ),
        where=None if where is None else yaml.expression(where, report),
        span=name.span,
    )


def _column(name: ast.Ident, node: yaml.Tree, report: Report) -> ast.Column:
    what = f"column `{name.text}`"
    if isinstance(node, yaml.Scalar) and node.value is not None:
        return ast.Column(name, ast.Ident(node.text, span=node.span), span=name.span)
    if not isinstance(node, yaml.Mapping):
        report.add("bad-value", f"{what} must be a type", node.span, help="write `text`, or `{type: text, ...}`")
        # A type that declaring reports nothing more about.
        return ast.Column(name, ast.Ident("text", span=name.span), span=name.span)
    fields = Fields(node, what, COLUMN_KEYS, report)
    formula = fields.scalar("is")
    if formula is not None and (stored := fields.name("from")) is not None:
        report.add(
            "bad-value", f"{what} is computed, so it is not stored", stored.span, help="leave `from` or `is` out"
        )
    return ast.Column(
        name,
        fields.name("type"),
        stored_as=None if formula is not None else fields.name("from"),
        required=fields.truth("required"),
        values=fields.texts("values"),
        low=fields.number("min"),
        high=fields.number("max"),
        formula=None if formula is None else yaml.expression(formula, report),
        latitude=fields.name("latitude"),
        longitude=fields.name("longitude"),
        span=name.span,
    )


def _link(name: ast.Ident, node: yaml.Tree, report: Report) -> ast.Link | None:
    if isinstance(node, yaml.Scalar) and node.value is not None:
        return ast.Link(name, ast.Ident(node.text, span=node.span), span=name.span)
    if isinstance(node, yaml.Mapping):
        fields = Fields(node, f"link `{name.text}`", LINK_KEYS, report)
        column = fields.name("column")
        return ast.Link(name, column, fields.name("table"), span=name.span) if column else None
    report.add(
        "bad-value",
        f"link `{name.text}` must name a column",
        node.span,
        help=f"write `{name.text}: COLUMN` or `{name.text}: {{column: COLUMN, table: TABLE}}`",
    )
    return None


def named(node: yaml.Mapping | None) -> Sequence[tuple[ast.Ident, yaml.Tree]]:
    return tuple(node.entries.values()) if node is not None else ()


class Fields:
    """One mapping whose keys are known; what does not fit is reported and counts as absent."""

    def __init__(self, node: yaml.Mapping, what: str, known: Keys, report: Report) -> None:
        self.node, self.what, self.known, self.report = node, what, known, report
        for key, _ in node.entries.values():
            if key.text not in known:
                help = did_you_mean(key.text, known, f"its keys are {listed(known)}")
                report.add("unknown-key", f"{what} has no key `{key.text}`", key.span, help=help)

    def scalar(self, key: str, *, blank: bool = False) -> yaml.Scalar | None:
        """A single value that is not empty; `blank` when quotes with nothing in them will do."""
        found = self.node.entries.get(key)
        if found is None:
            if self.known[key].required:
                self.report.add("missing-key", f"{self.what} has no `{key}`", self.node.span, help=f"add `{key}: ...`")
            return None
        name, value = found
        if isinstance(value, yaml.Scalar) and value.value is not None and (blank or value.text.strip()):
            return value
        self.report.add("bad-value", f"`{key}` of {self.what} must be a single value", name.span)
        return None

    def name(self, key: str) -> ast.Ident | None:
        """A single value as text."""
        value = self.scalar(key)
        return None if value is None else ast.Ident(value.text, span=value.span)

    def text(self, key: str) -> ast.Text | None:
        """A single value as a text of the language."""
        value = self.scalar(key, blank=True)
        return None if value is None else ast.Text(value.text, span=value.span)

    def truth(self, key: str) -> bool:
        value = self.scalar(key)
        if value is not None and not isinstance(value.value, bool):
            self.report.add("bad-value", f"`{key}` of {self.what} is `true` or `false`", value.span)
        return value is not None and value.value is True

    def number(self, key: str) -> ast.Number | ast.Negative | None:
        value = self.scalar(key)
        if value is None:
            return None
        if isinstance(value.value, bool) or not isinstance(value.value, int | Decimal):
            self.report.add("bad-value", f"`{key}` of {self.what} must be a number", value.span)
            return None
        exact = Decimal(value.value)
        exponent = exact.as_tuple().exponent
        if exact.adjusted() >= MAX_WHOLE_DIGITS or not isinstance(exponent, int) or -exponent > MAX_FRACTION_DIGITS:
            self.report.add(
                "number-too-large",
                f"databases do not keep all digits of `{value.text}`",
                value.span,
                help=f"use at most {MAX_WHOLE_DIGITS} digits before and {MAX_FRACTION_DIGITS} after the point",
            )
            return None
        # Without an exponent, as it would be written in a definition.
        number = ast.Number(Decimal(f"{abs(exact):f}"), span=value.span)
        return ast.Negative(number, span=value.span) if value.value < 0 else number

    def texts(self, key: str) -> tuple[ast.Text, ...]:
        found = self.node.entries.get(key)
        if found is None:
            return ()
        name, value = found
        items = value.items if isinstance(value, yaml.Sequence) else ()
        if not items:
            self.report.add(
                "bad-value", f"`{key}` of {self.what} must be a list", name.span, help=f"write `{key}: [a, b]`"
            )
        texts = []
        for item in items:
            if isinstance(item, yaml.Scalar) and item.value is not None:
                texts.append(ast.Text(item.text, span=item.span))
            else:
                self.report.add(
                    "bad-value", f"`{key}` of {self.what} holds texts", item.span, help="quote an empty text"
                )
        return tuple(texts)

    def mapping(self, key: str) -> yaml.Mapping | None:
        found = self.node.entries.get(key)
        if found is None:
            if self.known[key].required:
                self.report.add("missing-key", f"{self.what} has no `{key}`", self.node.span, help=f"add `{key}:`")
            return None
        name, value = found
        if isinstance(value, yaml.Mapping):
            return value
        if not (isinstance(value, yaml.Scalar) and value.value is None):
            self.report.add("bad-value", f"`{key}` of {self.what} must hold `name: ...` pairs", name.span)
        return None
