"""Other customers beside an example, for conditions that compare it with everyone.

In: an example on its own, who is first and last and average of all. Out: examples with others beside it: some like it
with smaller or greater keys, so that it ranks behind or before them, and some of whom nothing is known. What company
does is left to the reference evaluator.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from segdsl.overlap.witness import Example, Key, Stored, World, name_of
from segdsl.semantics.catalog import Catalog, Table

# How many are like the example with smaller keys and with greater ones, and how many are blank: the plain ones first.
COMPANIES = (
    *((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (4, 0, 0), (0, 4, 0), (2, 2, 0), (3, 1, 0), (1, 3, 0)),
    *((0, 0, 4), (9, 0, 0), (0, 9, 0), (99, 0, 0), (0, 99, 0)),
)
MOST_ROWS = 3_000


def companies(example: Example, catalog: Catalog, ranks: tuple[int, ...]) -> Iterator[Example]:
    """The example with others; `ranks` are numbers of those before it that are worth a try."""
    size = sum(map(len, example.world.values()))
    for before, after, blank in (*COMPANIES, *((rank, 0, 0) for rank in ranks)):
        if size * (before + after + 1) <= MOST_ROWS:
            yield _accompanied(example, catalog, before, after, blank)


def _accompanied(example: Example, catalog: Catalog, before: int, after: int, blank: int) -> Example:
    world: World = {name: list(rows) for name, rows in example.world.items()}
    numbers = [*range(-before, 0), *range(1, after + 1)]
    for number in numbers:
        _add_copy(world, example, catalog, number)
    entity = catalog.tables[example.entity]
    if entity.key is not None:
        for number in range(after + 1, after + blank + 1):
            world[example.entity].append({name_of(entity, entity.key): _beside(example.key, number)})
    return replace(example, world=world)


def _beside(key: Key, number: int) -> Key:
    """A key so many places before or after another one; of texts the order is by code point."""
    if isinstance(key, int):
        return key + number
    return f"{key}-{number:04}" if number > 0 else f"A{10_000 + number}"


def _add_copy(world: World, example: Example, catalog: Catalog, number: int) -> None:
    """Adds a row like the example's, with all rows that lead to it, each under a new key."""
    renamed: dict[tuple[str, object], Key] = {(example.entity, example.key): _beside(example.key, number)}
    entity = catalog.tables[example.entity]
    for row in example.world[example.entity]:
        if entity.key is not None and row.get(name_of(entity, entity.key)) == example.key:
            world[example.entity].append({**row, name_of(entity, entity.key): renamed[example.entity, example.key]})
    copied: set[tuple[str, int]] = set()
    for _ in catalog.tables:
        for name, rows in example.world.items():
            for position, row in enumerate(rows):
                is_new = name != example.entity and (name, position) not in copied
                if is_new and _copied(world, catalog.tables[name], row, renamed, number):
                    copied.add((name, position))


def _copied(world: World, table: Table, row: Stored, renamed: dict[tuple[str, object], Key], number: int) -> bool:
    """Adds a row that leads to one that has been copied, once more for the copy; whether it does."""
    ways = {name_of(table, link.column): link.table for link in table.links.values()}
    changed = {column: renamed[to, row[column]] for column, to in ways.items() if (to, row.get(column)) in renamed}
    if not changed:
        return False
    copy = {**row, **changed}
    if table.key is not None:
        name = name_of(table, table.key)
        key = row[name]
        assert isinstance(key, (str, int))
        copy[name] = renamed[table.name, key] = key + 100_000 * number if isinstance(key, int) else f"{key}-{number}"
    world[table.name].append(copy)
    return True
