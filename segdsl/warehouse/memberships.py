"""Where memberships are stored in a target, entity by entity, and what may be replaced there.

In: a program and a target. Out: names of tables and files. Promised: nothing that definitions read, and nothing that
somebody else has made, is written to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from os.path import lexists
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segdsl import folder
from segdsl.introspection import DatabaseProblem
from segdsl.project import Target
from segdsl.semantics import ir
from segdsl.warehouse.database import Database, folded, is_folder

if TYPE_CHECKING:
    from sqlalchemy import Select

MEMBERSHIPS_TABLE = "segdsl_memberships"
MEMBERSHIPS_FILE = "memberships.parquet"
MEMBERSHIPS_COLUMNS = ("segment", "qualifies", "assigned", "as_of")

# The parts of a table's name.
Parts = tuple[str, ...]


def tables(program: ir.Program, target: Target) -> dict[str, Parts]:
    """The table of a database for the memberships of each entity."""
    names = {
        entity: MEMBERSHIPS_TABLE if entity == program.catalog.entity else f"{MEMBERSHIPS_TABLE}_{entity}"
        for entity in program.entities
    }
    by_name: dict[str, str] = {}
    for entity, name in names.items():
        first = by_name.setdefault(name.casefold(), entity)
        if first != entity:
            raise DatabaseProblem(
                f"the memberships of `{first}` and of `{entity}` would go to one table",
                "rename one of them in catalog.yml: databases compare names without case",
                program.catalog.tables[entity].span,
            )
    places: dict[str, Parts] = {
        entity: (target.schema, name) if target.schema else (name,) for entity, name in names.items()
    }
    for parts in places.values():
        refuse_to_overwrite_source(program, parts)
    return places


def files(program: ir.Program, target: Target) -> dict[str, Path]:
    """The file for the memberships of each entity: `memberships.parquet`, `memberships_account.parquet`."""
    first = target.path / (target.memberships or MEMBERSHIPS_FILE)
    files = {program.catalog.entity: first}
    for entity in program.entities[1:]:
        if any(char in entity for char in '/\\:*?"<>|[') or not entity.isprintable():
            raise DatabaseProblem(
                f"`{entity}` cannot be part of the name of a file, and its memberships are written to one",
                "rename the table in catalog.yml",
                program.catalog.tables[entity].span,
            )
        files[entity] = first.with_name(f"{first.stem}_{entity}{first.suffix}")
    if len({file.name.casefold() for file in files.values()}) < len(files):
        raise DatabaseProblem(
            "the memberships of two entities would go to one file",
            "rename one of the tables in catalog.yml: many folders compare names without case",
            program.catalog.tables[program.entities[-1]].span,
        )
    for output in files.values():
        for table in program.catalog.tables.values():
            if output.name in folder.candidates_of(table):
                raise DatabaseProblem(
                    f"the table `{table.name}` may be stored in `{output}`, where memberships are written",
                    "name another file: `memberships: NAME.parquet` in the target",
                    table.span,
                )
    return files


def existing_files(program: ir.Program, names: Sequence[str], target: Target) -> list[Path]:
    """The files of a folder that hold memberships, when segments called `names` promise to change little."""
    if not is_folder(target) or not _promise_change(program, names):
        return []
    return [file for file in files(program, target).values() if lexists(file)]


def assigned_before(database: Database, program: ir.Program, names: Sequence[str], target: Target) -> dict[str, int]:
    """How many the memberships that are stored say were assigned, by segment; asked for only where that matters."""
    if not _promise_change(program, names):
        return {}
    if is_folder(target):
        existing = {entity: file for entity, file in files(program, target).items() if lexists(file)}
        found: dict[str, int] = {}
        for entity, file in existing.items():
            refuse_file_of_others(database, program, entity, file, target)
            found |= database.assigned_in_file(file)
        return found
    found = {}
    for entity, parts in tables(program, target).items():
        if refuse_table_of_others(database, program, entity, parts, target):
            found |= _assigned(database, parts)
    return found


def _promise_change(program: ir.Program, names: Sequence[str]) -> bool:
    return any(isinstance(each, ir.ChangePromise) for name in names for each in program.segments[name].promises)


def _assigned(database: Database, parts: Parts) -> dict[str, int]:
    """How many are assigned to each segment in a table of memberships."""
    from sqlalchemy import case, column, func, select

    stored = database.table(parts)
    assigned = func.count(case((column("assigned"), 1)))
    counted: Select[Any] = select(column("segment"), assigned).select_from(stored).group_by(column("segment"))
    return {str(name): int(won) for name, won in database.select(counted)}


def refuse_table_of_others(database: Database, program: ir.Program, entity: str, parts: Parts, target: Target) -> bool:
    """Whether there is a table of memberships; one of another make is refused."""
    existing = database.tables.get(database.as_named(parts))
    if existing is not None:
        _refuse_unless_memberships(existing.called, existing.columns, key(program, entity), "`schema`", target)
    return existing is not None


def refuse_file_of_others(database: Database, program: ir.Program, entity: str, file: Path, target: Target) -> None:
    columns, option = database.columns_of_file(file), "`memberships: NAME.parquet`"
    _refuse_unless_memberships(f"`{file}`", columns, key(program, entity), option, target)


def refuse_to_overwrite_source(program: ir.Program, parts: tuple[str, ...]) -> None:
    """A table that definitions read is not one to write memberships to."""
    for table in program.catalog.tables.values():
        if folded(table.stored_in) == folded(parts):
            raise DatabaseProblem(
                f"the table `{table.name}` is stored in `{'.'.join(parts)}`, where memberships are written",
                "give the target another `schema`, or read the table through a view of another name",
                table.span,
            )


def refuse_ambiguous_schema(database: Database, target: Target) -> None:
    """`acme.orders` could be the table of the schema, or that of the database, to DuckDB."""
    if target.type != "duckdb":
        return
    ((name,),) = database.rows("SELECT current_database()")
    if str(name).casefold() == target.schema.casefold():
        raise DatabaseProblem(
            f"DuckDB does not tell the schema `{target.schema}` from the database of that name",
            "give the target another `schema`",
            target.span,
        )


def _refuse_unless_memberships(called: str, columns: Iterable[str], key: str, option: str, target: Target) -> None:
    """What somebody else has made is never replaced."""
    if {key, *MEMBERSHIPS_COLUMNS} != set(columns):
        raise DatabaseProblem(
            f"{called} is there already, and does not hold memberships",
            f"move it away, or give the target another {option}",
            target.span,
        )


def key(program: ir.Program, entity: str) -> str:
    key = program.catalog.tables[entity].key
    assert key is not None, "the resolver refuses an entity without a key"
    return key
