"""`python -m segdsl.schemas`: writes the schemas that are shipped, from the tables of keys."""

from __future__ import annotations

from pathlib import Path

from segdsl.schemas import FILES, text

if __name__ == "__main__":
    for name in FILES:
        (Path(__file__).parent / f"{name}.json").write_text(text(name), encoding="utf-8", newline="")
