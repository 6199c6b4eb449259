"""A project over data that are there: what `segdsl catalog pull --from` writes beside the catalog."""

from __future__ import annotations

import os
from pathlib import Path

from segdsl.compiler import BadRequest
from segdsl.scaffold import name_of, rendered, write

SCHEMES = {"postgres": "postgres", "postgresql": "postgres", "postgresql+psycopg": "postgres", "snowflake": "snowflake"}
FIRST = "segments/first.seg"


def create(folder: Path, source: str, address: str) -> list[str]:
    """Makes `segdsl.yml` with a target over a folder, a DuckDB file or the address of a database; gives its name.

    `address` is the source with the environment's values in the place of their names.
    """
    scheme, sign, _ = address.partition("://")
    if sign:
        if scheme not in SCHEMES:
            help = "write 'postgresql://USER:${PASSWORD}@HOST/DATABASE', in single quotes"
            raise BadRequest(f"segdsl does not know databases of `{scheme}://`", help)
        target = {"type": SCHEMES[scheme], "url": source}
    else:
        path = Path(source)
        if not path.exists():
            raise BadRequest(f"there is no file or folder `{source}`", "name a folder of files, or a DuckDB file")
        if path.is_file() and path.suffix.lower() in (".csv", ".parquet"):
            raise BadRequest(f"`{source}` is one file", f"name its folder: --from {path.parent}")
        # In the project's own folder a target is told by where it is from there.
        target = {"type": "duckdb", "path": Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()}
    return write(folder, {"segdsl.yml": rendered("segdsl_over.yml.j2", name=name_of(folder), target=target)})


def add_first_segment(folder: Path, condition: str, title: str) -> str:
    """Makes the first file of definitions; gives its name."""
    write(folder, {FIRST: rendered("first.seg.j2", condition=condition, title=title)})
    return FIRST
