"""Made-up comparisons of a customer with everyone: text over a `Writer`, in the customer's own scope."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests import world_text  # its names are asked for when all of it is there

if TYPE_CHECKING:
    from tests.world_text import Number, Writer

SHARES = ("0.5%", "10%", "20%", "33.3%", "50%", "75%", "100%")
COUNTS = ("1", "2", "3", "5", "100")
PERCENTILES = ("0", "10", "20", "33.3", "50", "75", "99.5", "100")
TILES = ("quartile", "quintile", "decile", "ntile 2", "ntile 3", "ntile 7", "ntile 100")
# Quotients of larger parts are beyond what a database calculates with.
MAX_FACTORS, MAX_SCALE = 2, 5


def statistic(writer: Writer, depth: int) -> Number:
    """A number of everyone, or the part that the customer is in; closed, as `among` takes in what follows it."""
    found = _statistic(writer, depth)
    return replace(found, text=f"({found.text})")


def _statistic(writer: Writer, depth: int) -> Number:
    if writer.random.random() < 0.4:
        return world_text.Number(f"{writer.random.choice(TILES)} of {_ranked(writer, depth)}{_whom(writer, depth)}")
    value = _exact(writer, depth)
    whom = _whom(writer, depth)
    match writer.random.randrange(4):
        case 0:
            return world_text.Number(f"total of ({value.text}){whom}", value.scale, value.factors)
        case 1:
            return world_text.Number(f"average of ({value.text}){whom}", value.scale, value.factors + 1, True)
        case 2:
            return world_text.Number(f"median of ({value.text}){whom}", value.scale, value.factors + 1, True)
    percentile = writer.random.choice(PERCENTILES)
    return world_text.Number(f"percentile {percentile} of ({value.text}){whom}", value.scale, value.factors + 1, True)


def picked(writer: Writer, depth: int) -> str:
    """Whether the customer is one of the first, or one of those who bring the most."""
    if writer.random.random() < 0.3:
        noun = writer.random.choice(("customer", "customers"))
        share = writer.random.choice(SHARES)
        value = _exact(writer, depth).text
        return f"(in the {noun} who bring {share} of ({value}){_whom(writer, depth)})"
    count = writer.random.choice((*SHARES, *COUNTS))
    end = writer.random.choice(("top", "bottom"))
    return f"(in {end} {count} by {_ranked(writer, depth)}{_whom(writer, depth)})"


def _exact(writer: Writer, depth: int) -> Number:
    """A number that can be added up."""
    metrics = [metric for metric in writer.metrics.values() if writer.home(metric.text) == "customer"]
    ranks = [metric for metric in metrics if not metric.quotient]
    if ranks and writer.random.random() < 0.3:
        return writer.random.choice(ranks)
    value = writer.number("customer", depth - 1, quotients=False)
    return writer.literal() if value.quotient or value.factors > MAX_FACTORS else value


def _ranked(writer: Writer, depth: int) -> str:
    """A value that has an order, as it stands behind `of` and `by`."""
    found = writer.moment("customer", depth - 1) if writer.random.random() < 0.3 else None
    if found is not None:
        return f"({found[0]})"
    value = writer.number("customer", depth - 1)
    if value.quotient and (value.factors > MAX_FACTORS or value.scale > MAX_SCALE):
        value = _exact(writer, depth)
    return f"({value.text})"


def _whom(writer: Writer, depth: int) -> str:
    """`per` and `among`."""
    text = ""
    if writer.random.random() < 0.25:
        found = writer.name("customer", "closed", "text", "boolean", "date", "timestamp", "zoned", *world_text.SCALES)
        text += f" per {found[0]}" if found else ""
    if writer.random.random() < 0.3:
        text += f" among ({writer.condition('customer', depth - 1)})"
    return text
