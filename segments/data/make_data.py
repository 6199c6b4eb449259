"""Makes the CSV files beside it: a made-up shop of 300 customers until 28 February 2026. `python make_data.py`.

Same files on every run and machine: only `Random.random` is used, whose sequence Python promises to keep.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import TypeVar

FOLDER = Path(__file__).parent
END = datetime(2026, 3, 1)
CUSTOMERS = 300
T = TypeVar("T")

CITIES = {  # latitude, longitude, and how many of a hundred customers live there
    "Mumbai": (19.076, 72.8777, 30),
    "Pune": (18.5204, 73.8567, 14),
    "Delhi": (28.6139, 77.209, 12),
    "Nagpur": (21.1458, 79.0882, 10),
    "Jaipur": (26.9124, 75.7873, 9),
    "Panaji": (15.4909, 73.8278, 8),
    "Alibag": (18.6414, 72.8722, 7),
    "London": (51.5074, -0.1278, 4),
}
INTERESTS = ("running", "yoga", "cooking", "baking", "gardening", "crafts", "films", "music", "travel", "chess")
CONCERNS = ("environment", "fair trade", "health", "organic", "tradition", "family", "price", "quality")
CATEGORIES = ("kitchen", "garden", "sports", "books", "beauty", "toys", "clothes", "food")
BRANDS = ("Aster", "Banyan", "Champa", "Devdar", "Elaichi")
LEVELS = ("budget", "standard", "standard", "premium")
ANSWERS = (10, 10, 9, 9, 8, 8, 7, 6, 4, 1)
INDUSTRIES = ("retail", "software", "healthcare", "mining", "logistics", "education")

random = Random(20260301).random


def pick(options: Sequence[T]) -> T:
    return options[int(random() * len(options))]


def chance(percent: float) -> bool:
    return random() * 100 < percent


def some(options: Sequence[str], most: int) -> str:
    chosen = {pick(options) for _ in range(int(random() * (most + 1)))}
    return json.dumps(sorted(chosen))


def moment(days_ago: float) -> datetime:
    """So many days before the end, in shop hours."""
    day = (END - timedelta(days=days_ago)).date()
    at = datetime(day.year, day.month, day.day, 8 + int(random() * 14), int(random() * 60))
    return min(at, END - timedelta(minutes=1))


def write(name: str, columns: str, rows: list[tuple[object, ...]]) -> None:
    with (FOLDER / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns.split())
        for row in rows:
            writer.writerow(each.isoformat(timespec="minutes") if isinstance(each, datetime) else each for each in row)


def products() -> list[tuple[object, ...]]:
    return [
        (number, CATEGORIES[number % len(CATEGORIES)], BRANDS[number // len(CATEGORIES)], LEVELS[number * 7 % 4])
        for number in range(len(CATEGORIES) * len(BRANDS))
    ]


def companies() -> list[tuple[object, ...]]:
    sizes = (3, 8, 12, 40, 60, 180, 300, 2000, "")
    return [(number, pick(INDUSTRIES), pick(sizes)) for number in range(1, 26)]


def customer(number: int, joined: datetime) -> tuple[object, ...]:
    city = pick([name for name, (*_, share) in CITIES.items() for _ in range(share)])
    latitude, longitude, _ = CITIES[city]
    age = 16 + int(random() ** 1.5 * 62)
    born = (END - timedelta(days=age * 365.25 + random() * 365)).date()
    moved = (END - timedelta(days=random() ** 2 * 4000 + 5)).date()
    is_known, has_email = chance(85), chance(90)
    return (
        number,
        pick(range(1, 26)) if chance(12) else "",
        joined,
        born if chance(75) else "",
        pick((0, 0, 1, 2, 2, 3, 4)) if chance(60) else "",
        int(300_000 + random() ** 3 * 4_000_000) // 1000 * 1000 if chance(50) else "",
        moved if chance(50) else "",
        ("GB" if city == "London" else "IN") if is_known else "",
        city if is_known else "",
        round(latitude + (random() - 0.5) / 8, 4) if is_known else "",
        round(longitude + (random() - 0.5) / 8, 4) if is_known else "",
        pick(("en", "en-IN", "en-GB", "hi", "hi", "mr", "pt-BR")) if chance(80) else "",
        some(INTERESTS, 6) if chance(60) else "",
        some(CONCERNS, 3) if chance(55) else "",
        f"customer{number}@shop.example" if has_email else "",
        pick(("true", "true", "true", "false")) if has_email and chance(90) else "",
    )


def order_days(kind: str, age: float) -> list[float]:
    """How many days ago somebody of a kind has ordered, the earliest first."""
    if kind == "prospect":
        return []
    if kind == "once":
        return [random() * age]
    if kind == "festive":
        return sorted((days for days in (492.0, 437.0, 138.0, 67.0) if days < age and chance(85)), reverse=True)
    gap = {"heavy": 16, "medium": 50, "light": 130}[kind]
    days, found = age, []
    stops = age * random() * 0.8 if chance(35) else 0.0
    while days > stops:
        found.append(days)
        days -= gap * (0.4 + random() * 1.2)
    return found


def main() -> None:
    goods = products()
    tables: dict[str, list[tuple[object, ...]]] = {
        name: []
        for name in ("customers", "orders", "lines", "visits", "carts", "questions", "mails", "surveys", "referrals")
    }
    for number in range(1, CUSTOMERS + 1):
        kind = pick(
            ("heavy", "heavy", "medium", "medium", "light", "light", "light", "once", "once", "prospect", "festive")
        )
        age = 15 + random() * 1100
        tables["customers"].append(customer(number, moment(age)))
        wealth, likes_discounts = 300 + random() ** 2 * 3000, pick((5, 10, 20, 60))
        channel, device = pick(("web", "app", "app", "shop")), pick(("mobile", "mobile", "desktop", "tablet"))
        favourites = [pick(goods) for _ in range(1 + int(random() ** 1.3 * 9))]
        days = order_days(kind, age)
        # What is older than a year of a heavy buyer would only make the files large.
        for ago in days[-20:]:
            amount = round(wealth * (0.5 + random()), 2)
            discount = round(amount * 0.2, 2) if chance(likes_discounts) else 0
            status = pick(("completed",) * 18 + ("returned", "cancelled"))
            where = channel if chance(80) else pick(("web", "app", "shop"))
            key = len(tables["orders"]) + 1
            delivery = "pickup" if where == "shop" else pick(("standard", "standard", "standard", "express"))
            tables["orders"].append((key, number, moment(ago), status, f"{amount:.2f}", discount, where, delivery))
            product = pick(favourites)
            tables["lines"].append((key, product[0], f"{amount:.2f}"))
            if ago < 100:
                tables["visits"].append((number, product[0], moment(ago), device, str(where == "app").lower()))
        is_around = kind == "prospect" or (days and days[-1] < 150)
        for _ in range(int(random() * 9) if is_around else 0):
            shown = pick(favourites)[0] if chance(60) else ""
            what = device if chance(75) else pick(("mobile", "desktop", "tablet"))
            in_app = str(channel == "app" and what != "desktop" and chance(60)).lower()
            tables["visits"].append((number, shown, moment(random() ** 1.6 * 100), what, in_app))
        if is_around and chance(25):
            tables["carts"].append(
                (len(tables["carts"]) + 1, number, moment(random() ** 2 * 60), f"{wealth * (0.5 + random()):.2f}")
            )
        if chance(8):
            tables["questions"].append((number, moment(random() * 60)))
        opens = pick((0, 0, 20, 50))
        for week in range(7) if chance(75) else ():
            opened = chance(opens)
            clicked = opened and chance(30)
            tables["mails"].append(
                (number, moment(week * 7 + (2 if number % 3 else 5)), str(opened).lower(), str(clicked).lower())
            )
        if days and chance(30):
            tables["surveys"].append(
                (number, moment(random() * max(days[-1], 1)), pick((10, 10, 9, 9, 8, 8, 7, 6, 4, 1)))
            )
        if days and chance(5):
            tables["referrals"].append((number, moment(random() * 500)))

    write("products", "product_id category brand price_level", goods)
    write("companies", "company_id industry employees", companies())
    write(
        "customers",
        "customer_id company_id signed_up birthday children household_income moved_in country city home_latitude"
        " home_longitude language interests concerns email email_opt_in",
        tables["customers"],
    )
    write("orders", "order_id customer_id ordered_at status amount discount channel delivery", tables["orders"])
    write("order_lines", "order_id product_id spent", tables["lines"])
    write("visits", "customer_id product_id visited_at device in_app", tables["visits"])
    write("carts", "cart_id customer_id filled_at worth", tables["carts"])
    write("questions", "customer_id asked_at", tables["questions"])
    write("mails", "customer_id sent_at opened clicked", tables["mails"])
    write("surveys", "customer_id answered_at recommends", tables["surveys"])
    write("referrals", "customer_id referred_at", tables["referrals"])


if __name__ == "__main__":
    main()
