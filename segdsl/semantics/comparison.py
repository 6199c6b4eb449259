"""Which values may be compared, and what a comparison of two of them means."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from segdsl.diagnostics import Label, Report, did_you_mean, listed
from segdsl.grammar import ast
from segdsl.semantics import ir, windows
from segdsl.semantics.types import Boolean, Date, Number, Point, Text, TextList, Timestamp, Unknown, described


def comparable(left: ir.Value, right: ir.Value, op: str, node: ast.Node, report: Report) -> bool:
    """Whether two values may stand on both sides of `op`; says which type comes from where if not."""
    match left.type, right.type:
        case (Unknown(), _) | (_, Unknown()):
            return False
        case (Point(), _) | (_, Point()):
            refuse_point(left if isinstance(left.type, Point) else right, node, report)
            return False
        case (Number(), Number()):
            return True
        case (TextList(), _) | (_, TextList()):
            report_list(left if isinstance(left.type, TextList) else right, f"`{op}`", report)
            return False
        case (Text(), Text()) | (Boolean(), Boolean()) if op in ("=", "!="):
            return in_closed_list(left, right, report) and in_closed_list(right, left, report)
        case (Date(), Date()) | (Timestamp(), Timestamp() | Date()):
            return True
        case (Date(), Timestamp()):
            if not isinstance(right, ir.Literal):
                return True
            report.add(
                "wrong-type",
                "a date has no time of day",
                right.span,
                label="this is a moment",
                help=f"write `{right.value.date() if hasattr(right.value, 'date') else right.value}`",
                others=(Label(left.span, "this is a date"),),
            )
            return False
        case (Text(), Text()) | (Boolean(), Boolean()):
            help_ = "use `starts with` or `matches`, or compare a number" if isinstance(left.type, Text) else ""
            report.add(
                "wrong-type",
                f"`{op}` compares numbers, dates and moments",
                node.span,
                label=f"these are {_plural(left)}",
                help=help_,
            )
            return False
    report.add(
        "wrong-type",
        f"{described(left.type)} cannot be compared with {described(right.type)}",
        right.span,
        label=f"this is {described(right.type)}",
        help=_conversion_hint(left, right),
        others=(Label(left.span, f"this is {described(left.type)}"),),
    )
    return False


def report_list(value: ir.Value, what: str, report: Report) -> None:
    """A list of texts where one value is compared."""
    report.add(
        "wrong-type",
        f"{what} takes one value",
        value.span,
        label="this is a list of texts",
        help=f'ask for its members: `{value.span.text} contains "..."`, or `contains any of ("...", "...")`',
    )


def comparison(left: ir.Value, op: str, right: ir.Value, node: ast.Node) -> ir.Condition:
    """`left op right` as a condition; a moment against a date compares days."""
    match left.type, right:
        case Timestamp(), ir.Literal(value=date() as bound):
            return ir.InWindow(left, windows.around(op, bound, node.span), span=node.span)
        case Timestamp(), _ if isinstance(right.type, Date):
            left = ir.Day(left, Date(), span=left.span)
        case Date(), _ if isinstance(right.type, Timestamp):
            right = ir.Day(right, Date(), span=right.span)
    return ir.Compare(left, op, right, span=node.span)  # type: ignore[arg-type]


def refuse_point(point: ir.Value, node: ast.Node, report: Report) -> None:
    help_ = f"say how near is near enough: `{point.span.text} within 50 m of ...`"
    report.add("wrong-type", "points are not compared", node.span, label="their last digits differ", help=help_)


def is_reversed(low: object, high: object) -> bool:
    """Whether nothing lies from `low` to `high`, both constants."""
    match low, high:
        case (Decimal() as first, Decimal() as second):
            return first > second
        case (date() as first, date() as second) if type(first) is type(second):
            return first > second
    return False


def in_closed_list(left: ir.Value, right: ir.Value, report: Report) -> bool:
    """Whether a text compared with a column of a closed list, or with its members, can occur there."""
    match left.type, right:
        case (
            (Text(values=(_, *_) as values) | TextList(values=(_, *_) as values)),
            ir.Literal(value=str() as text),
        ) if text not in values:
            report.add(
                "not-in-list",
                f"`{text}` is not one of the values of {_called(left)}",
                right.span,
                label="not in the list in catalog.yml",
                help=did_you_mean(text, values, f"they are {listed(values)}"),
            )
            return False
    return True


def _called(value: ir.Value) -> str:
    match value:
        case ir.Column():
            return f"`{value.table}.{value.name}`"
        case ir.Aggregate(argument=ir.Column() as argument):
            return f"`{argument.table}.{argument.name}`"
    return "the other side"


def _plural(value: ir.Value) -> str:
    return "texts" if isinstance(value.type, Text) else "true or false"


def _conversion_hint(left: ir.Value, right: ir.Value) -> str:
    """What was probably meant when types do not agree."""
    match left.type, right:
        case Number(), ir.Literal(value=str() as text) if text.replace("_", "").replace(".", "", 1).isdigit():
            return f"write it without quotes: `{text}`"
        case Text(), ir.Literal(value=Decimal() as value):
            return f'write it in quotes: `"{value}"`'
        case ((Date() | Timestamp()), ir.Literal(value=str() as text)) if _is_date(text):
            return f"write it without quotes: `{text}`"
        case Boolean(), ir.Literal(value=str() as text) if text in ("true", "false"):
            return f"write it without quotes: `{text}`"
        case Boolean(), _:
            return "compare it with `true` or `false`, or let it stand alone"
        case ((Date() | Timestamp()), _):
            return "compare it with a date such as `2026-01-31`, or write `in last 30 days`"
    return ""


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
