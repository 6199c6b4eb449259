"""Reading `catalog.yml` and `segdsl.yml`: positions, keys and what plain YAML is."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segdsl.diagnostics import Report
from segdsl.grammar import ast, yaml
from segdsl.grammar.files import parse_catalog, parse_project
from segdsl.source import Source

CATALOG = """
tables:
  customer:
    from: crm.customers
    key: id
    columns:
      country: {type: text, values: [IN, NO], required: true}
      age: {type: integer, min: -1, max: 120}
      net: {is: "age * 2"}
  order:
    from: orders
    at: at
    links: {customer: cid, buyer: {column: bid, table: customer}}
    where: status != "test"
    columns: {status: text}
entity: customer
"""


def catalog_findings(text: str) -> list[tuple[str, str, str]]:
    report = Report()
    parse_catalog(Source("catalog.yml", text), report)
    return [(found.rule.name, found.label.span.text, found.help) for found in report]


def test_a_catalog_is_read_with_its_places() -> None:
    report = Report()
    catalog = parse_catalog(Source("catalog.yml", CATALOG), report)
    assert not list(report)
    customer, order = catalog.tables
    assert [value.value for value in customer.columns[0].values] == ["IN", "NO"]
    assert isinstance(customer.columns[1].low, ast.Negative)
    assert isinstance(customer.columns[2].formula, ast.Arithmetic)
    assert customer.columns[2].formula.span.text == "age * 2"
    assert order.where is not None and order.where.span.text == 'status != "test"'
    assert order.links[1].table is not None and order.links[1].table.text == "customer"


@pytest.mark.parametrize(
    ("text", "rule", "at", "help"),
    [
        ("tabels: {}\nentity: a", "unknown-key", "tabels", "`tables`"),
        ("tables: {a: {key: id}}\nentity: a", "missing-key", "{key: id}", "`from: ...`"),
        ("tables: {a: {from: x, columns: {b: {typ: text}}}}\nentity: a", "unknown-key", "typ", "`type`"),
        (
            "tables: {a: {from: x, columns: {b: {type: integer, max: 1e99}}}}\nentity: a",
            "number-too-large",
            "1e99",
            "18",
        ),
        (
            "tables: {a: {from: x, columns: {b: {type: integer, min: -1e-99}}}}\nentity: a",
            "number-too-large",
            "-1e-9",
            "",
        ),
        ("tables: {a: {from: [x]}}\nentity: a", "bad-value", "from", ""),
        ("tables: {a: {from: x, columns: {b: {type: integer, min: low}}}}\nentity: a", "bad-value", "low", ""),
        ("tables: {a: {from: x, where: x = }}\nentity: a", "syntax", "=", "a condition or a value"),
        ("tables: {a: {from: x, from: y}}\nentity: a", "bad-yaml", "from", "keep one"),
        ("tables: &t {}\nentity: a", "bad-yaml", "&t {", "write the value out"),
        ("tables: *t\nentity: a", "bad-yaml", "*t", "write the value out"),
        ("tables: !!set {}\nentity: a", "bad-yaml", "!!set", "quote"),
        ("tables:\n\t- a", "bad-yaml", "\t", "spaces"),
        ("- a", "bad-yaml", "- a", ""),
        ("a: 1\n---\nb: 2", "bad-yaml", "---", "---"),
        ("", "bad-yaml", "", ""),
        ("a: [" * 30 + "]" * 30, "bad-yaml", "a", ""),
    ],
)
def test_mistakes_are_placed(text: str, rule: str, at: str, help: str) -> None:
    found = catalog_findings(text)
    assert any(f[0] == rule and f[1].startswith(at[:5]) and help in f[2] for f in found), found


def test_errors_in_escaped_scalars_point_at_the_scalar() -> None:
    found = catalog_findings('tables: {a: {from: x, where: "x = \\"y\\" and"}}\nentity: a')
    assert [(f[0], f[1]) for f in found] == [("syntax", 'x = \\"y\\" and')]


def test_scalars_are_those_of_yaml_1_2() -> None:
    text = "a: no\nb: 1_0\nc: 0o7\nd: 1.50\ne: true\nf: ~\ng: 2026-01-01\nh: 12:30:00\ni: 'true'\nj: 007"
    entries = yaml.read(Source("x.yml", text), Report()).entries
    values = [node.value for _, node in entries.values() if isinstance(node, yaml.Scalar)]
    assert values == ["no", "1_0", "0o7", Decimal("1.50"), True, None, "2026-01-01", "12:30:00", "true", 7]


def test_a_project_file_keeps_its_targets() -> None:
    report = Report()
    text = (
        "name: acme\ntimezone: Asia/Kolkata\ntargets:\n  dev: {type: duckdb, path: x}\n  bad: 5\ndefault_target: dev\n"
    )
    project = parse_project(Source("segdsl.yml", text), report)
    assert [(target.name.text, target.type.text) for target in project.targets] == [("dev", "duckdb")]
    assert [found.rule.name for found in report] == ["bad-value"]


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=60), st.text(alphabet="ab:{}[],&*!'\"\n -#|>%@`0", max_size=60)))
def test_no_text_breaks_the_reader(text: str) -> None:
    report = Report()
    parse_catalog(Source("catalog.yml", text), report)
    parse_project(Source("segdsl.yml", text), report)
