"""What a catalog calls tables and columns: one of a kind, in small letters, words joined by `_`."""

from __future__ import annotations

import re
from collections.abc import Container

# Words of one that end as several do.
SINGULAR = ("ss", "us", "is", "news", "series", "sms", "gps", "address", "status", "campus")


def worded(stored: str) -> str:
    """A stored name as definitions say it: `OrderDate` and `Order Date` are `order_date`."""
    text = stored
    if not text.isupper():
        text = re.sub(r"(?<=[^\W\d_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][^\W\d_A-Z])", "_", text)
    text = re.sub(r"\W+", "_", text.lower()).strip("_")
    text = re.sub(r"_{2,}", "_", text)
    return f"_{text}" if text[:1].isdigit() else text or "unnamed"


def singular(name: str) -> str:
    """What one row of a table is called: `order` of `orders`, `category` of `categories`, `order_line` of its lines."""
    word = name.rpartition("_")[2]
    one = word
    if word.endswith(SINGULAR) or len(word) < 4:
        pass
    elif word.endswith("ies"):
        one = f"{word[:-3]}y"
    elif word.endswith(("sses", "xes", "zes", "ches", "shes")):
        one = word[:-2]
    elif word.endswith("s"):
        one = word[:-1]
    return name[: len(name) - len(word)] + one


def free(name: str, taken: Container[str]) -> str:
    """The name, with a number where it is taken."""
    found, number = name, 2
    while found in taken:
        found, number = f"{name}_{number}", number + 1
    return found
