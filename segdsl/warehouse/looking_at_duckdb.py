"""Looks at a DuckDB: what its own catalog says of tables, keys, links, enums and comments."""

from __future__ import annotations

import re
from collections.abc import Iterator

from segdsl.inventory.seen import Column, Reference, Table
from segdsl.warehouse.looking import Source, with_aliases

DUCKDB_COLUMNS = """
SELECT schema_name, table_name, column_name, data_type, is_nullable
FROM duckdb_columns() WHERE NOT internal AND database_name = current_database()
ORDER BY schema_name, table_name, column_index
"""
DUCKDB_CONSTRAINTS = """
SELECT schema_name, table_name, constraint_type, constraint_column_names, referenced_table, referenced_column_names
FROM duckdb_constraints()
WHERE database_name = current_database() AND constraint_type IN ('PRIMARY KEY', 'FOREIGN KEY')
ORDER BY schema_name, table_name, constraint_index
"""
DUCKDB_COMMENTS = """
SELECT schema_name, table_name, comment FROM duckdb_tables() WHERE database_name = current_database()
UNION ALL SELECT schema_name, view_name, comment FROM duckdb_views() WHERE database_name = current_database()
"""


class DuckDBSource(Source):
    def tables(self) -> Iterator[Table]:
        ((database,),) = self.database.rows("SELECT current_database()")
        keys: dict[tuple[str, ...], tuple[str, ...]] = {}
        references: dict[tuple[str, ...], list[Reference]] = {}
        for schema, name, type_, columns, other, _ in self.database.rows(DUCKDB_CONSTRAINTS):
            if type_ == "PRIMARY KEY":
                keys[_parts(schema, name)] = tuple(columns)
            elif len(columns) == 1:
                references.setdefault(_parts(schema, name), []).append(Reference(columns[0], _parts(schema, other)))
        about = {_parts(schema, name): text or "" for schema, name, text in self.database.rows(DUCKDB_COMMENTS)}
        found: dict[tuple[str, ...], list[Column]] = {}
        for schema, name, column, type_, is_nullable in self.database.rows(DUCKDB_COLUMNS):
            values = _enum_values(type_)
            read = Column(column, type_, required=not is_nullable, is_enum=bool(values), values=values)
            found.setdefault(_parts(schema, name), []).append(read)
        for parts, each in found.items():
            called = f"table `{'.'.join(parts)}`"
            links = tuple(references.get(parts, ()))
            table = Table(parts, called, tuple(each), None, keys.get(parts, ()), links, about.get(parts, ""))
            yield with_aliases(table, (database, *(parts if len(parts) > 1 else ("main", *parts))))


def _parts(schema: str, name: str) -> tuple[str, ...]:
    return (name,) if schema == "main" else (schema, name)


def _enum_values(type_: str) -> tuple[str, ...]:
    """The texts of `ENUM('a', 'b')`."""
    if not type_.startswith("ENUM("):
        return ()
    return tuple(text.replace("''", "'") for text in re.findall(r"'((?:[^']|'')*)'", type_))
