"""Looks at a PostgreSQL: what its own catalog says of tables, keys, links, enums and comments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from segdsl.inventory.seen import Column, Reference, Table
from segdsl.warehouse.looking import Source, with_aliases
from segdsl.warehouse.postgres import named

# Partitions are read through the table that they are parts of.
TABLES = """
SELECT c.oid, current_database(), n.nspname, c.relname, pg_table_is_visible(c.oid),
  has_table_privilege(c.oid, 'SELECT') AND has_schema_privilege(n.oid, 'USAGE'), obj_description(c.oid, 'pg_class')
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND NOT c.relispartition
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg!_%' ESCAPE '!'
ORDER BY n.nspname, c.relname
"""
# Of a domain what it is over, and whether either refuses what is missing.
COLUMNS = """
SELECT a.attrelid, a.attname, a.attnotnull OR t.typnotnull, b.typtype = 'e',
  CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) ELSE format_type(a.atttypid, a.atttypmod) END,
  ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = b.oid ORDER BY e.enumsortorder)
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
JOIN pg_catalog.pg_type AS b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
WHERE a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
"""
CONSTRAINTS = """
SELECT k.conrelid, k.contype = 'p', k.confrelid,
  ARRAY(
    SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS number(of_column, place)
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = number.of_column ORDER BY number.place
  )
FROM pg_catalog.pg_constraint AS k WHERE k.contype IN ('p', 'f') ORDER BY k.conrelid, k.conname
"""


class PostgresSource(Source):
    def tables(self) -> Iterator[Table]:
        found: dict[int, Table] = {}
        for oid, database, schema, name, is_visible, may_read, about in self.database.rows(TABLES):
            parts = (name,) if is_visible else (schema, name)
            unread = "" if may_read else "the user of the target may not read it"
            table = Table(parts, f"table `{'.'.join(parts)}`", (), about=about or "", unread=unread, tells_case=True)
            found[oid] = with_aliases(table, (database, schema, name))
        columns: dict[int, list[Column]] = {}
        for oid, name, required, is_enum, type_, values in self.database.rows(COLUMNS):
            column = Column(name, named(type_, is_enum), required, is_enum, tuple(values))
            columns.setdefault(oid, []).append(column)
        for oid, is_key, other, names in self.database.rows(CONSTRAINTS):
            if oid in found:
                found[oid] = _constrained(found[oid], is_key, found.get(other), names)
        for oid, table in found.items():
            yield replace(table, columns=tuple(columns.get(oid, ())))


def _constrained(table: Table, is_key: bool, other: Table | None, names: list[Any]) -> Table:
    if is_key:
        return replace(table, key=tuple(names))
    if other is None or len(names) != 1:
        return table
    return replace(table, references=(*table.references, Reference(names[0], other.parts)))
