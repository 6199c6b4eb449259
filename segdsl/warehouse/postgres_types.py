"""PostgreSQL's names for types in those that `introspection` knows."""

from __future__ import annotations

import re

# As `format_type` calls them.
CALLED = {
    "smallint": "SMALLINT",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "real": "REAL",
    "double precision": "DOUBLE PRECISION",
    "text": "VARCHAR",
    "character varying": "VARCHAR",
    "character": "VARCHAR",
    "uuid": "UUID",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp without time zone": "TIMESTAMP",
    "timestamp with time zone": "TIMESTAMP WITH TIME ZONE",
    "text[]": "VARCHAR[]",
    "character varying[]": "VARCHAR[]",
}


def named(type_: str, is_enum: bool = False) -> str:
    """A type as `format_type` gives it; what is not known keeps its name, and is refused."""
    decimal = re.fullmatch(r"numeric\((\d+),(-?\d+)\)", type_)
    if decimal:
        return f"DECIMAL({decimal[1]},{max(int(decimal[2]), 0)})"
    if is_enum:
        return "ENUM()"
    bare = re.sub(r"\(\d+\)", "", type_)
    return CALLED.get(bare, type_)
