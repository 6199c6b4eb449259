"""Made-up definitions: type-directed random text of `.seg` files over a catalog's shape.

Whatever comes out is accepted: types agree, scales stay small, names exist, references never run in circles.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from random import Random

from tests import world_everyone, world_lists

COUNTRIES, CHANNELS, KINDS = ("IN", "GB", "US"), ("web", "app", "shop"), ("open", "click", "buy")

# Windows that hold for dates and for moments alike.
WINDOWS = (
    "in last 1 day",
    "in last 7 days",
    "in last 30 days",
    "in last 2 weeks",
    "in last 1 month",
    "in last 6 months",
    "in last 1 quarter",
    "in last 1 year",
    "in last 1 full day",
    "in last 2 full weeks",
    "in last 3 full months",
    "in last 1 full quarter",
    "in last 1 full year",
    "in next 1 day",
    "in next 7 days",
    "in next 1 month",
    "in today",
    "in yesterday",
    "in this week",
    "in this month",
    "in this quarter",
    "in this year",
    "between 180 and 91 days ago",
    "between 3 and 1 months ago",
    "between 2 and 1 weeks ago",
    "more than 1 day ago",
    "more than 6 months ago",
    "more than 5000 years ago",
    "less than 1 week ago",
    "less than 1 year ago",
    "less than 2 quarters ago",
)
BOUNDED_WINDOWS = (
    *(window for window in WINDOWS if "than" not in window),
    "in next 90 days",
    "in last 10 weeks",
    "in last 3000 years",
    "in next 3 years",
    "from 2024-12-20 to 2025-01-10",
    "from 2025-03-01 to 2025-03-01",
    "from 2025-02-01 to 2025-02-28",
    "from 2023-11-01 to 2026-02-28",
)
EXACT_WINDOWS = ("in last 24 hours", "in last 90 minutes", "in next 3 hours", "more than 25 hours ago")
SPANS = ("24 hours", "90 minutes", "1 hour", "100_000 hours", "36 hours")
DAY_SPANS = ("1 day", "2 days", "1 month", "1 week", "6 months", "1 quarter", "100_000 years", "1 year")
DATES = ("2024-02-29", "2025-02-28", "2026-01-01", "2026-03-08", "2026-03-31", "2026-11-01")
OPERATORS = ("=", "!=", "<", "<=", ">", ">=")
OCCASIONS = (
    "occasion season = 2024-02-27 to 2024-03-01, 2025-12-24 to 2026-01-06, 2026-03-08, 2026-03-31 to 2026-05-31\n",
    'occasion fairs "Fairs" = every year 03-08 to 03-31, every year 12-31\n',
    "occasion winter = every year 11-01 to 02-29, 2026-10-25\n",
    "occasion leap = every year 02-29 to 03-01\n",
)
DATED_OCCASION = "season"
POINTS = ("hub", "pole", "antimeridian", "(10, 20)", "(-33.8688, 151.2093)", "(0.5, -0.25)")
AREAS = ("square", "`bow tie`", "comb")
PLACES = (
    "place hub = (10.5, 20.5)\n",
    "place pole = (90, 0)\n",
    'place antimeridian "The date line" = (-17.75, 180)\n',
    "place square = area (10, 20), (10, 21), (11, 21), (11, 20)\n",
    'place `bow tie` "A bow tie" = area (10, 20), (11, 21), (11, 20), (10, 21)\n',
    "place comb = area (9.5, -90), (9.5, 90), (12, 20.5), (10.5, 20.6), (10.5, 20.4), (12, 20), (9.5, -90)\n",
)
DISTANCES = ("0 m", "0.4 m", "111195.08 m", "1 mile", "78.6 km", "55.597 km", "20 miles", "20015.115 km", "900 km")
PARTS = ("year", "quarter", "month", "day", "weekday")
SCALES = {"integer": 0, "decimal1": 1, "decimal2": 2, "decimal3": 3, "decimal4": 4}
# The more often named, the more often drawn; `avg` comes last: it makes a quotient.
AGGREGATES = ("count", "count", "count distinct", *("sum",) * 4, "min", "max", "first", "last", "mode", *("avg",) * 3)
MOMENT_KINDS = ("timestamp", "zoned")
# What makes a metric a score.
COMPARED = re.compile(r"in (top|bottom) |who bring ")
SCORE = re.compile(r"(average|median|total|percentile [0-9.]+|quartile|quintile|decile|ntile [0-9]+) of ")
# Names that the columns of nothing have.
# Days around those of `worlds.MOMENTS`, and most often none.
ACTIVE = ("", "", "", "  active from 2026-01-01 to 2026-03-31\n", "  active from 2024-02-29 to 2026-10-25\n")
METRIC_NAMES = ("ltv", "recency", "größe", "`odd metric`", "指標", "last_bought", "rate")


class Thing:
    """A table as definitions see it: columns by kind, `links` to one row, `rows` of many, `time` when it has one."""

    def __init__(
        self,
        columns: str,
        links: Mapping[str, str] | None = None,
        rows: tuple[str, ...] = (),
        time: str = "",
        values: tuple[str, ...] = (),
    ) -> None:
        self.columns = dict(column.split("=") for column in columns.split())
        self.links = links or {}
        self.rows, self.time, self.values = rows, time, values


Shape = Mapping[str, Thing]


@dataclass(frozen=True)
class Vocabulary:
    """The constants to write: few, so that they meet those in the rows."""

    windows: tuple[str, ...]
    numbers: tuple[Decimal, ...]
    texts: tuple[str, ...]
    moments: tuple[str, ...]
    offset: str


@dataclass(frozen=True)
class Number:
    """The text of a number with its scale; `factors` is how many numbers are multiplied in it."""

    text: str
    scale: int = 0
    factors: int = 1
    quotient: bool = False


def quoted(text: str) -> str:
    """`text` as a definition writes it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def opened(condition: str) -> str:
    """`condition` without the parentheses around all of it."""
    depth = 0
    for place, char in enumerate(_without_texts(condition)):
        depth += (char == "(") - (char == ")")
        if depth == 0 and place < len(condition) - 1:
            return condition
    return condition[1:-1]


def single(condition: str) -> bool:
    """Whether a window may follow `condition` without its parentheses: it is one test of a value."""
    return condition != "everyone" and not re.match(
        r"\(?(\(|not |has |no |every|in |was |assigned |reachable )", condition.removeprefix("(")
    )


def _without_texts(condition: str) -> str:
    """`condition` with its quoted texts blanked, as long as before."""
    return re.sub(r'"(?:[^"\\]|\\.)*"', lambda text: " " * len(text[0]), condition)


@dataclass
class Writer:
    """Writes conditions and values in the scope of a row of table `here`."""

    random: Random
    shape: Shape
    words: Vocabulary
    segments: list[str] = field(default_factory=list)  # those that may be referred to
    grouped: list[str] = field(default_factory=list)  # those that one may be assigned to
    numbers: dict[str, Number] = field(default_factory=dict)  # `let`s, usable everywhere
    metrics: dict[str, Number] = field(default_factory=dict)  # usable of the customer
    comparing: set[str] = field(default_factory=set)  # metrics that compare with everyone
    moments: dict[str, str] = field(default_factory=dict)  # metrics that are moments, with their kind
    channels: list[str] = field(default_factory=list)
    is_inside: bool = False  # whether rows are looked at, and not the customer
    repeats: bool = False  # inside of a condition that is taken in several periods
    homes: dict[str, str] = field(default_factory=dict)  # segments and metrics that are not the customer's: whose

    # --- names ------------------------------------------------------------------------------------

    def named(self, here: str, kinds: tuple[str, ...], depth: int = 2) -> list[tuple[str, str, str]]:
        """Names in scope that have one of the kinds: the name, its kind, and the table it ends in."""
        thing = self.shape[here]
        found = [(name, kind, here) for name, kind in thing.columns.items() if kind in kinds]
        if thing.time in kinds:
            found.append(("at", thing.time, here))
        if depth:
            for link, target in thing.links.items():
                inner = self.named(target, kinds, depth - 1)
                found += [(f"{link}.{name}", kind, table) for name, kind, table in inner]
        return found

    def name(self, here: str, *kinds: str) -> tuple[str, str, str] | None:
        found = self.named(here, kinds, self.random.choice((0, 0, 1, 2)))
        return self.random.choice(found) if found else None

    def window(self, kind: str) -> str:
        """A window for values of a kind."""
        if kind in MOMENT_KINDS and self.random.random() < 0.2:
            if self.random.random() < 0.5:
                return self.random.choice(EXACT_WINDOWS)
            first, last = sorted(self.random.sample(sorted(set(self.words.moments)), 2))
            zone = self.words.offset if self.random.random() < 0.4 else ""
            return f"from {first}{zone} to {last}{zone}"
        if self.random.random() < 0.1:
            first, last = sorted(self.random.choices(DATES, k=2))
            return f"from {first} to {last}"
        if self.random.random() < 0.1:
            return f"in {self.random.choice(OCCASIONS).split()[1]}"
        return self.random.choice(self.words.windows)

    def inside(self) -> Writer:
        """The writer for conditions on rows."""
        return replace(self, is_inside=True)

    def ways(self, here: str, goal: str, depth: int = 2) -> list[str]:
        """What may stand before a name of one row of `goal`: nothing in such a row itself, else links and a point."""
        found = [""] if here == goal else []
        for link, target in self.shape[here].links.items() if depth else ():
            found += [f"{link}.{way}" for way in self.ways(target, goal, depth - 1)]
        return found

    def metric(self, here: str, quotients: bool) -> Number | None:
        """A metric of the row in scope, or of one that links lead to."""
        numbers = [number for number in self.metrics.values() if quotients or not number.quotient]
        number = self.random.choice(numbers) if numbers else None
        if number is not None and number.text in self.comparing:
            return number if here == self.home(number.text) and not self.is_inside else None
        ways = self.ways(here, self.home(number.text)) if number else []
        return replace(number, text=self.random.choice(ways) + number.text) if number and ways else None

    def home(self, name: str) -> str:
        """The table that a segment is a set of, or whose rows have a metric."""
        return self.homes.get(name, "customer")

    # --- numbers ----------------------------------------------------------------------------------

    def literal(self) -> Number:
        value = self.random.choice(self.words.numbers)
        return Number(str(value), max(0, -int(value.as_tuple().exponent)))

    def number(self, here: str, depth: int, quotients: bool = True) -> Number:
        """A number; without `quotients` one that may be aggregated."""
        choice = self.random.random()
        if depth > 0 and quotients and self.compares(here, 0.12):
            return world_everyone.statistic(self, depth)
        if depth > 0 and choice < 0.3:
            return self.arithmetic(here, depth, quotients)
        if depth > 0 and choice < 0.6 and self.shape[here].rows:
            functions = AGGREGATES if quotients else AGGREGATES[:-3]
            found = self.aggregate(here, self.random.choice(functions), depth)
            if found is not None:
                return found
        if depth > 0 and 0.68 < choice < 0.72:
            return world_lists.choice(self, here, depth, quotients)
        if choice < 0.68:
            found = self.calendar_number(here, depth)
            if found is not None:
                return found
        if choice > 0.93 and self.numbers:
            return self.random.choice(list(self.numbers.values()))
        if choice > 0.8:
            found = self.metric(here, quotients)
            if found is not None:
                return found
        found_name = self.name(here, *SCALES, *(("quotient",) if quotients else ()))
        if found_name is None:
            return self.literal()
        name, kind, _ = found_name
        return Number(
            name, SCALES.get(kind, 4), 2 if kind == "quotient" or name.endswith("amount") else 1, kind == "quotient"
        )

    def calendar_number(self, here: str, depth: int) -> Number | None:
        """A part of a date or moment, or the days between two of them."""
        found = self.moment(here, depth - 1)
        if found is None:
            return None
        value, kind = found
        if self.random.random() < 0.4:
            other = self.random.choice(("today", self.random.choice(DATES), (self.moment(here, 0) or found)[0]))
            first, second = self.random.sample((value, other), 2)
            return Number(f"days between {first} and {second}")
        return Number(f"{self.random.choice((*PARTS, 'hour') if kind in MOMENT_KINDS else PARTS)}({value})")

    def arithmetic(self, here: str, depth: int, quotients: bool) -> Number:
        left, right = self.number(here, depth - 1, quotients), self.number(here, depth - 1, quotients)
        if self.random.random() < 0.3:
            right = self.literal()
        op = self.random.choice("+-*/" if quotients else "+-*")
        factors = left.factors + right.factors
        if (op in "*/" or left.quotient or right.quotient) and (factors > 3 or left.scale + right.scale > 7):
            return left
        if self.random.random() < 0.15:
            left = Number(f"-({left.text})", left.scale, left.factors, left.quotient)
        scale = left.scale + right.scale if op in "*/" else max(left.scale, right.scale)
        quotient = op == "/" or left.quotient or right.quotient
        factors = factors if op in "*/" or quotient else max(left.factors, right.factors)
        return Number(f"({left.text} {op} {right.text})", scale, factors, quotient)

    def compares(self, here: str, likelihood: float) -> bool:
        """Whether to compare with everyone."""
        return here == "customer" and not self.is_inside and self.random.random() < likelihood

    # --- many rows --------------------------------------------------------------------------------

    def sequence(self, here: str, depth: int) -> tuple[str, str] | None:
        """A table of many rows, and what follows them: `where`, the steps and a window that looks back."""
        table = self.random.choice(self.shape[here].rows)
        if not self.shape[table].time or (table, here) == ("order", "store"):
            return None
        parts, before = [], table
        if self.random.random() < 0.3:
            parts.append(f"where {self.closed(table, depth)}")
        for _ in range(self.random.choice((1, 1, 2))):
            if parts and parts[-1].startswith("not "):
                break
            step = self.step(here, before, depth)
            if step is None:
                return None
            before = step[0]
            parts.append(step[1])
        window = self.window(self.shape[table].time)
        if self.random.random() < 0.6 and " next " not in window:
            parts.append(window)
        return table, " ".join(("", *parts))

    def step(self, here: str, before: str, depth: int) -> tuple[str, str] | None:
        """A table whose rows can follow those of `before`, and the step that says so."""
        is_date = self.shape[before].time == "date"
        found = [each for each in self.shape[here].rows if self.shape[each].time and (each, here) != ("order", "store")]
        found = [each for each in found if (self.shape[each].time == "date") == is_date]
        if not found:
            return None
        table = self.random.choice(found)
        text = f"{self.random.choice(('', '', 'not '))}followed by {table}"
        if self.random.random() < 0.3:
            text += f" where {self.closed(table, depth)}"
        mine, other = self.shape[before], self.shape[table]
        kinds = {name: kind for name, kind in mine.columns.items() if kind not in ("quotient", "point", "list")}
        alike = [name for name, kind in kinds.items() if other.columns.get(name) == kind]
        alike += [name for name, target in mine.links.items() if other.links.get(name) == target]
        if alike and self.random.random() < 0.4:
            text += f" with same {', '.join(self.random.choices(alike, k=self.random.choice((1, 1, 2))))}"
        if self.random.random() < 0.7:
            text += f" within {self.random.choice(DAY_SPANS if is_date else (*SPANS, *DAY_SPANS))}"
        return table, text

    def closed(self, table: str, depth: int) -> str:
        """A condition on a row that ends where its parentheses do, whatever stands behind it."""
        condition = self.inside().condition(table, depth - 1)
        if condition == "everyone":
            return condition
        return f"({opened(condition)} = true)" if re.fullmatch(r"\([\w.]+\)", condition) else f"({opened(condition)})"

    def rows(self, here: str, depth: int, outside: bool) -> tuple[str, str]:
        """A table of many rows, and what follows its name: `via`, `where`, steps, window."""
        sequence = self.sequence(here, depth) if self.random.random() < 0.15 else None
        if sequence is not None:
            return sequence
        table = self.random.choice(self.shape[here].rows)
        parts = []
        is_ambiguous = (table, here) == ("order", "store")
        if is_ambiguous or self.random.random() < 0.1:
            way = {
                ("order_line", "customer"): "order.customer",
                ("customer", "customer"): "referrer",
                ("customer", "store"): "home",
                ("visit", "store"): "customer.home",
                ("order", "store"): self.random.choice(("store", "customer.home")),
            }
            parts.append(f"via {way.get((table, here), here)}")
        if self.random.random() < 0.5:
            condition = self.inside().condition(table, depth - 1)
            windowed = self.shape[table].time and self.random.random() < 0.5
            bare = windowed and re.fullmatch(r"\([\w.]+\)", condition)  # a window would be its own
            closed = outside or windowed
            if windowed and single(condition) and self.random.random() < 0.5:
                closed = False
            condition = f"({opened(condition)} = true)" if bare else condition
            parts.append(f"where {condition if closed else opened(condition)}")
            if windowed:
                parts.append(self.window(self.shape[table].time))
        elif self.shape[table].time and self.random.random() < 0.5:
            parts.append(self.window(self.shape[table].time))
        return table, " ".join(("", *parts))

    def aggregate(self, here: str, function: str, depth: int) -> Number | None:
        """A number over many rows; None when the table that was drawn has nothing for that function."""
        table, rest = self.rows(here, depth, outside=False)
        if function == "count":
            return Number(f"count({table}{rest})")
        if function == "count distinct":
            anything = ("text", "closed", "boolean", "date", "timestamp", "zoned", *SCALES)
            found = self.name(table, *anything)
            return Number(f"count distinct({table}.{found[0]}{rest})") if found else None
        if function in ("first", "last") and not self.shape[table].time:
            return None
        dated = self.name(table, "date", *MOMENT_KINDS) if self.random.random() < 0.1 else None
        if dated is not None:
            part = self.random.choice(("weekday({})", "days between {} and today"))
            part = part.format(f"{table}.{dated[0]}")
            return Number(f"{function}({part}{rest})", 0, 1 + (function == "avg"), function == "avg")
        metric = self.inside().metric(table, quotients=False) if self.random.random() < 0.1 else None
        if metric is not None:
            factors = metric.factors + 1
            return Number(f"{function}({table}.{metric.text}{rest})", metric.scale, factors, function == "avg")
        found = self.name(table, *SCALES)
        if found is None:
            return None
        argument = Number(f"{table}.{found[0]}", SCALES[found[1]], 2 if found[0].endswith(("amount", "share")) else 1)
        if self.random.random() < 0.2 and argument.factors == 1:
            other = self.literal()
            op = self.random.choice("+-*")
            scale = argument.scale + other.scale if op == "*" else max(argument.scale, other.scale)
            argument = Number(f"{argument.text} {op} {other.text}", scale, 2)
        elif self.random.random() < 0.1:
            argument = replace(argument, text=world_lists.aggregated_choice(self, table, found[0]))
        quotient = function == "avg"
        return Number(f"{function}({argument.text}{rest})", argument.scale, argument.factors + quotient, quotient)

    def moment(self, here: str, depth: int) -> tuple[str, str] | None:
        """A date or a moment, and its kind."""
        if self.moments and self.random.random() < 0.2:
            name, kind = self.random.choice(list(self.moments.items()))
            ways = self.ways(here, self.home(name))
            if ways:
                return self.random.choice(ways) + name, kind
        if depth > 0 and self.shape[here].rows and self.random.random() < 0.5:
            table, rest = self.rows(here, depth, outside=False)
            found = self.name(table, "date", *MOMENT_KINDS)
            if found is not None:
                functions = ("min", "max", "first", "last", "mode") if self.shape[table].time else ("min", "max")
                return f"{self.random.choice(functions)}({table}.{found[0]}{rest})", found[1]
        found = self.name(here, "date", *MOMENT_KINDS)
        return found[:2] if found else None

    # --- conditions -------------------------------------------------------------------------------

    def condition(self, here: str, depth: int) -> str:
        """A condition, nearly always closed in parentheses."""
        choice = self.random.random()
        if depth > 0 and choice < 0.25:
            return self.combined(here, depth)
        if depth > 0 and choice < 0.45 and self.shape[here].rows:
            return self.existence(here, depth)
        if choice < 0.55 and any(self.home(name) == here for name in self.segments):
            return self.reference(here)
        if choice < 0.57:
            return "everyone"
        if depth > 0 and self.compares(here, 0.12):
            return world_everyone.picked(self, depth)
        tests = (
            self.compared,
            self.compared,
            self.textual,
            self.timed,
            self.timed,
            self.truth,
            self.located,
            self.known,
            self.between,
            self.sampled,
            self.listed,
            self.listed,
        )
        while True:
            test = self.random.choice(tests)(here, depth)
            if test is not None:
                return test

    def combined(self, here: str, depth: int) -> str:
        word = self.random.choice(("and", "or", "not"))
        if word == "not":
            return f"(not ({self.condition(here, depth - 1)}))"
        terms = [self.condition(here, depth - 1) for _ in range(self.random.randint(2, 3))]
        return f"({f' {word} '.join(terms)})"

    def reference(self, here: str) -> str:
        grouped, segments = (
            [name for name in each if self.home(name) == here] for each in (self.grouped, self.segments)
        )
        if grouped and self.random.random() < 0.5:
            return f"{self.random.choice(('', 'not '))}assigned to {self.random.choice(grouped)}"
        if self.random.random() < 0.3:
            ago = self.random.choice(("1 day", "30 days", "6 months", "2 weeks", "1 year", "36 hours", "90 minutes"))
            return f"was {self.random.choice(('', 'not '))}in segment {self.random.choice(segments)} {ago} ago"
        return f"{self.random.choice(('', 'not '))}in segment {self.random.choice(segments)}"

    def existence(self, here: str, depth: int) -> str:
        table, rest = self.rows(here, depth, outside=True)
        word = self.random.choice(("has", "no", "every"))
        if word == "every":
            return f"(every {table}{rest} has {self.inside().condition(table, depth - 1)})"
        return f"({word} {table}{rest})"

    def compared(self, here: str, depth: int) -> str | None:
        left = self.number(here, depth)
        right = self.number(here, depth - 1) if self.random.random() < 0.3 else self.literal()
        if (left.quotient or right.quotient) and (left.factors + right.factors > 5 or left.scale + right.scale > 9):
            right = self.literal()
        if self.random.random() < 0.1:
            left, right = right, left
        if self.random.random() < 0.15 and not left.quotient:
            options = ", ".join(self.literal().text for _ in range(self.random.randint(1, 4)))
            return f"({left.text} {self.random.choice(('in', 'not in'))} ({options}))"
        return f"({left.text} {self.random.choice(OPERATORS)} {right.text})"

    def between(self, here: str, depth: int) -> str | None:
        if self.random.random() < 0.5:
            low, high = sorted(self.random.choices(self.words.numbers, k=2))
            return f"({self.number(here, depth).text} between {low} and {high})"
        found = self.moment(here, depth)
        if found is None:
            return None
        first, last = sorted(self.random.choices(DATES, k=2))
        return f"({found[0]} between {first} and {last})"

    def textual(self, here: str, depth: int) -> str | None:
        found = self.name(here, "text", "closed")
        if found is None:
            return None
        name, kind, table = found
        if depth > 0 and kind == "text" and here == "customer" and self.random.random() < 0.3:
            of, rest = self.rows(here, depth, outside=False)
            inner = self.name(of, "text") if self.shape[of].time else None
            if inner is not None:
                name = f"{self.random.choice(('first', 'last'))}({of}.{inner[0]}{rest})"
        if kind == "text" and depth > 0 and self.random.random() < 0.1:
            name = world_lists.text_choice(self, here, name)
        texts = self.shape[table].values if kind == "closed" else self.words.texts
        match self.random.randrange(5):
            case 0:
                text = "word" if kind == "text" and self.random.random() < 0.2 else quoted(self.random.choice(texts))
                return f"({name} {self.random.choice(('=', '!='))} {text})"
            case 1:
                options = ", ".join(map(quoted, self.random.sample(texts, self.random.randint(1, 3))))
                return f"({name} {self.random.choice(('in', 'not in'))} ({options}))"
            case 2:
                other = self.name(here, "text")
                return f"({name} {self.random.choice(('=', '!='))} {other[0] if other else name})"
            case 3 if kind == "text":
                sign = self.random.choice(("=", "!="))
                return f"({name} {sign} {quoted(self.random.choice(self.words.texts))} ignoring case)"
        kinds = ("starts with", "ends with", "contains", "matches")
        folded = self.random.choice(("", " ignoring case"))
        return f"({name} {self.random.choice(kinds)} {quoted(self.pattern())}{folded})"

    def listed(self, here: str, depth: int) -> str | None:
        return world_lists.test(self, here, depth)

    def pattern(self) -> str:
        """A piece of a text that occurs, with or without wildcards."""
        text = self.random.choice(self.words.texts)
        start, end = sorted(self.random.choices(range(len(text) + 1), k=2))
        piece = text[start:end]
        if self.random.random() < 0.5:
            return self.random.choice(("", "*")) + piece + self.random.choice(("", "*", "?"))
        return self.random.choice((piece, text, text.upper(), "*", "?", "??*", ""))

    def timed(self, here: str, depth: int) -> str | None:
        found = self.moment(here, depth)
        if found is None:
            return None
        value, kind = found
        match self.random.randrange(6):
            case 0:
                bound = self.random.choice((*DATES, "today"))
                if kind in MOMENT_KINDS and self.random.random() < 0.6:
                    bound = self.random.choice(self.words.moments) + self.random.choice(("", self.words.offset))
                if self.random.random() < 0.1:
                    return f"({bound} {self.random.choice(OPERATORS)} {value})"
                return f"({value} {self.random.choice(OPERATORS)} {bound})"
            case 1:
                other = self.moment(here, depth - 1)
                return f"({value} {self.random.choice(OPERATORS)} {other[0] if other else value})"
            case 2:
                options = ", ".join(self.random.sample(DATES, self.random.randint(1, 3)))
                return f"({value} {self.random.choice(('in', 'not in'))} ({options}))"
        if self.random.random() < 0.2:
            return self.anniversary(value)
        window = self.window(kind)
        negated = "not " if window.startswith("in ") and self.random.random() < 0.3 else ""
        return f"({value} {negated}{window})"

    def anniversary(self, value: str) -> str:
        window = self.random.choice((*BOUNDED_WINDOWS, f"in {DATED_OCCASION}"))
        negated = "not " if window.startswith("in ") and self.random.random() < 0.3 else ""
        return f"(anniversary of {value} {negated}{window})"

    def located(self, here: str, depth: int) -> str | None:
        found = self.name(here, "point")
        if found is None:
            return None
        if self.random.random() < 0.5:
            return f"({found[0]} inside {self.random.choice(AREAS)})"
        other = self.name(here, "point") if self.random.random() < 0.3 else None
        sides = [found[0], other[0] if other else self.random.choice(POINTS)]
        self.random.shuffle(sides)
        return f"({sides[0]} within {self.random.choice(DISTANCES)} of {sides[1]})"

    def truth(self, here: str, depth: int) -> str | None:
        found = self.name(here, "boolean")
        if found is None:
            return None
        form = self.random.choice(("{}", "not {}", "{} = true", "{} != false", "{} = false", "{} in (true)"))
        return f"({form.format(found[0])})"

    def sampled(self, here: str, depth: int) -> str | None:
        if self.is_inside:
            return None
        if self.channels and here == "customer" and self.random.random() < 0.4:
            return f"(reachable by {self.random.choice(self.channels)})"
        percent = self.random.choice(("100", "50", "33.3333", "12.5", "0.01", "99.99"))
        return f"(in sample {percent}% {quoted(self.random.choice(self.words.texts))})"

    def known(self, here: str, depth: int) -> str | None:
        word = self.random.choice(("known", "missing"))
        if self.random.random() < 0.3:
            return f"({self.number(here, depth).text} is {word})"
        found = self.name(here, "text", "closed", "boolean", "date", "timestamp", "zoned", "point", *SCALES)
        return f"({found[0]} is {word})" if found else None


# --- files ----------------------------------------------------------------------------------------


def definitions(random: Random, shape: Shape, vocabulary: Vocabulary) -> dict[str, str]:
    """Two files of definitions by name."""
    writer = Writer(random, shape, vocabulary)
    values = "".join((*_lets(writer), *_metrics(writer)))
    values += _channels(writer)
    free = "".join(_segment(writer, name) for name in ("vip", "`odd one`", "高价值"))
    stores = "".join(_segment(writer, name, "store") for name in ("central", "`no one's`"))
    group = _group(writer)
    short = _tiers(writer) + _split(writer)
    later = "".join(_segment(writer, name) for name in ("reached", "größer", "segment"))
    stores += _segment(writer, "last_store", "store")
    return {
        "segments/a.seg": later + short + group + stores,
        "segments/b/values.seg": "# values\n" + values + free,
    }


def few_definitions(random: Random, shape: Shape, vocabulary: Vocabulary) -> dict[str, str]:
    """One file of definitions: named values, and two kinds of segments."""
    writer = Writer(random, shape, vocabulary)
    text = "".join((*_lets(writer), *_metrics(writer, 1)))
    if random.random() < 0.2:
        text += _channels(writer)
    text += _segment(writer, "vip")
    return {"segments/a.seg": text + random.choice((_segment_of_stores, _group, _tiers, _split))(writer)}


def _segment_of_stores(writer: Writer) -> str:
    return _segment(writer, "central", "store")


def _lets(writer: Writer) -> list[str]:
    value = writer.literal()
    writer.numbers["big"] = Number("big", value.scale)
    return [
        *OCCASIONS,
        *PLACES,
        f"let big = {value.text}\n",
        f"let word = {quoted(writer.random.choice(writer.words.texts))}\n",
    ]


def _metrics(writer: Writer, count: int = 4) -> list[str]:
    written = []
    for name in writer.random.sample(METRIC_NAMES, count):
        entity = writer.random.choice(("customer", "customer", "store"))
        head = _of_entity(writer, name, entity)
        if writer.random.random() < 0.3:
            found = writer.moment(entity, 2)
            if found is not None:
                written.append(f"metric {name}{head} = {found[0]}\n")
                writer.moments[name] = found[1]
            continue
        value = writer.number(entity, 2)
        kind = "score" if SCORE.search(value.text) and writer.random.random() < 0.5 else "metric"
        written.append(f'{kind} {name} "A metric"{head} = {value.text}\n')
        writer.metrics[name] = Number(name, value.scale, value.factors, value.quotient)
        compared = SCORE.search(value.text) or COMPARED.search(value.text)
        if compared or any(other in value.text for other in writer.comparing):
            writer.comparing.add(name)
    return written


def _channels(writer: Writer) -> str:
    text = "".join(f"channel {name}\n  when {opened(writer.condition('customer', 2))}\n" for name in ("email", "post"))
    writer.channels += ["email", "post"]
    return text


def _of_entity(writer: Writer, name: str, entity: str) -> str:
    """What the head of a definition says of its entity, from now on known."""
    writer.homes[name] = entity
    return f" for {entity}" if entity != "customer" or writer.random.random() < 0.1 else ""


def _segment(writer: Writer, name: str, entity: str = "customer") -> str:
    active = writer.random.choice(ACTIVE)
    when = writer.condition(entity, 3)
    writer.segments.append(name)
    title = quoted(writer.random.choice(writer.words.texts)) + _of_entity(writer, name, entity)
    about = quoted(writer.random.choice(writer.words.texts))
    return f"segment {name} {title}\n  about {about}\n  when {opened(when)}\n{active}\n"


def _group(writer: Writer) -> str:
    """An exclusive group with a rest that may rank anywhere, and a group that excludes nobody."""
    random = writer.random
    names = [f"stage{number}" for number in range(random.randint(1, 4))]
    priorities = random.sample(range(50), len(names) + 1)
    text = "group stages\n  exclusive\n  complete\n\n"
    for name, priority in zip(names, priorities, strict=False):
        text += f"segment {name} in stages priority {priority}\n  when {writer.condition('customer', 3)}\n\n"
        writer.segments.append(name)
    text += f"segment rest in stages priority {priorities[-1]}\n  otherwise\n\n"
    text += 'group loose "Loose"\n\nsegment one in loose\n  when ' + writer.condition("customer", 2)
    text += "\n\nsegment others in loose\n  otherwise\n\n"
    writer.segments += ["rest", "one", "others"]
    writer.grouped += [*names, "rest", "one"]
    return text


def _tiers(writer: Writer) -> str:
    """Tiers by a number or a moment, up or down, with or without a rest."""
    random = writer.random
    found = writer.moment("customer", 2) if random.random() < 0.4 else None
    value = found[0] if found else writer.number("customer", 2).text
    if value in writer.numbers or re.fullmatch(r"[-\d.]+", value):
        value = "age"  # a constant is the same for everyone
    bounds = sorted(set(DATES)) if found else [str(number) for number in sorted(set(writer.words.numbers))]
    bounds = [bounds[place] for place in sorted(random.sample(range(len(bounds)), random.randint(1, 3)))]
    falls = random.random() < 0.5
    tiers = [f"tier{bound_number} {random.choice(('<', '<=') if falls else ('>', '>='))} {bound}"
             for bound_number, bound in enumerate(bounds if falls else bounds[::-1])]  # fmt: skip
    if random.random() < 0.3:
        tiers.insert(0, f'exactly "Just that" = {bounds[0]}')
    if random.random() < 0.6:
        tiers.append("otherwise no_tier")
    names = [tier.removeprefix("otherwise ").split()[0] for tier in tiers]
    writer.segments += names
    writer.grouped += names
    return f'tiers levels "Levels" by {value}: {", ".join(tiers)}\n  owner "crm@acme.example"\n\n'


def _split(writer: Writer) -> str:
    random = writer.random
    shares = random.choice((("50", "50"), ("33.3", "0.1", "66.6"), ("10", "20"), ("100",), ("0.5",)))
    names = [f"share{number}" for number in range(len(shares))]
    wholes = [name for name in writer.segments if writer.home(name) == "customer"]
    of = f" of segment {random.choice(wholes)}" if random.random() < 0.6 else ""
    writer.segments += names
    writer.grouped += names
    parts = ", ".join(f"{name} {share}%" for name, share in zip(names, shares, strict=True))
    return f"split `a test`{of}: {parts}\n\n"
