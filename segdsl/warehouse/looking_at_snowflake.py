"""Looks at a Snowflake: the tables and columns of its information schema. What it declares as keys it does not keep."""

from __future__ import annotations

from collections.abc import Iterator

from segdsl.inventory.seen import Column, Table
from segdsl.warehouse.looking import Source, with_aliases
from segdsl.warehouse.snowflake import named, said

COLUMNS = """
SELECT c.table_catalog, c.table_schema, c.table_name, c.column_name, c.data_type, c.numeric_precision, c.numeric_scale,
  c.is_nullable, CURRENT_SCHEMA()
FROM information_schema.columns AS c
WHERE c.table_schema <> 'INFORMATION_SCHEMA'
ORDER BY c.table_schema, c.table_name, c.ordinal_position
"""


class SnowflakeSource(Source):
    def tables(self) -> Iterator[Table]:
        found: dict[tuple[str, ...], list[Column]] = {}
        wholes: dict[tuple[str, ...], tuple[str, ...]] = {}
        for database, schema, table, column, type_, digits, scale, is_nullable, current in self.database.rows(COLUMNS):
            whole = tuple(map(said, (database, schema, table)))
            parts = whole[2:] if schema == current else whole[1:]
            wholes[parts] = whole
            read = Column(said(column), named(type_, digits, scale), required=is_nullable == "NO")
            found.setdefault(parts, []).append(read)
        for parts, columns in found.items():
            table = Table(parts, f"table `{'.'.join(parts)}`", tuple(columns), tells_case=True)
            yield with_aliases(table, wholes[parts])
