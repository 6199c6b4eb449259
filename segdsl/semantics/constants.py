"""`let`s: constants with names, which a run may set to other values of the same type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from segdsl.diagnostics import Report, did_you_mean, listed
from segdsl.grammar import ast
from segdsl.semantics import ir
from segdsl.semantics.types import (
    MAX_FRACTION_DIGITS,
    MAX_WHOLE_DIGITS,
    Boolean,
    Date,
    Number,
    Text,
    Timestamp,
    Unknown,
    described,
)
from segdsl.source import NOWHERE


def literal(node: ast.Expr) -> ir.Literal | None:
    """The constant that `node` is, or None when it is something to be looked up or calculated."""
    match node:
        case ast.Paren():
            return literal(node.inner)
        case ast.Negative(operand=ast.Number(value=value)):
            return number(-value, node)
        case ast.Number():
            return number(node.value, node)
        case ast.Text():
            return ir.Literal(node.value, Text(), span=node.span)
        case ast.Truth():
            return ir.Literal(node.value, Boolean(), span=node.span)
        case ast.Date():
            return ir.Literal(node.value, Date(), span=node.span)
        case ast.Moment():
            return ir.Literal(node.value, Timestamp(node.value.tzinfo is not None), span=node.span)
    return None


def number(value: Decimal, node: ast.Node) -> ir.Literal:
    """A numeric constant with the type that its digits give it."""
    scale = max(0, -int(value.as_tuple().exponent))
    return ir.Literal(value, Number(scale=scale, whole=scale == 0), span=node.span)


def lets(written: Mapping[str, ast.Let], settings: Mapping[str, str], report: Report) -> dict[str, ir.Literal]:
    """The constants by name, those in `settings` with the value that is given there as text."""
    constants: dict[str, ir.Literal] = {}
    for name, node in written.items():
        constant = literal(node.value)
        if constant is not None:
            constants[name] = _set(constant, name, settings[name], report) if name in settings else constant
        elif isinstance(node.value, ast.Broken):
            constants[name] = ir.Literal(False, Unknown(), span=node.span)  # reported, and known by name all the same
        else:
            report.add(
                "wrong-type",
                "a `let` names a constant",
                node.value.span,
                help=f"for something that is looked up or calculated write `metric {name} = ...`",
            )
    for name in settings:
        if name not in written:
            report.add(
                "unknown-override",
                f"there is no `let {name}` to set",
                NOWHERE,
                help=did_you_mean(name, written, f"there are {listed(written)}" if written else "the project has none"),
            )
    return constants


def _set(constant: ir.Literal, name: str, text: str, report: Report) -> ir.Literal:
    """`constant` with the value that `text` says, which must be of the same type."""
    try:
        value = _parsed(constant.value, text)
    except (ValueError, InvalidOperation):
        report.add(
            "wrong-type",
            f"`{text}` cannot be the value of `{name}`",
            constant.span,
            label=f"this is {described(constant.type)}",
            help=f"set it to {described(constant.type)}, as in `--set {name}={constant.value}`",
        )
        return constant
    if isinstance(value, Decimal):
        scale = max(0, -int(value.as_tuple().exponent))
        return replace(constant, value=value, type=Number(scale=scale, whole=scale == 0))
    if isinstance(value, datetime):
        return replace(constant, value=value, type=Timestamp(value.tzinfo is not None))
    return replace(constant, value=value)


def _parsed(like: str | Decimal | bool | date, text: str) -> str | Decimal | bool | date:
    match like:
        case bool():
            if text not in ("true", "false"):
                raise ValueError(text)
            return text == "true"
        case str():
            return text
        case datetime():
            return datetime.fromisoformat(text)
        case date():
            return date.fromisoformat(text)
        case Decimal():
            return _parsed_number(text)


def _parsed_number(text: str) -> Decimal:
    value = Decimal(text.replace("_", ""))
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int) or not -MAX_FRACTION_DIGITS <= exponent <= 0:
        raise ValueError(text)
    if len(digits) + exponent > MAX_WHOLE_DIGITS:
        raise ValueError(text)
    return value
