"""Small mistakes to plant in the compiler, each of which selects other people, and which the tests must notice.

What a mutant is stands in `tests.overlap_mutants`. Those of a dialect are noticed on its own database alone.
"""

from __future__ import annotations

from segdsl.backends import choices, expressions, lower, places, quotients, samples, sequences, standing
from segdsl.backends.base import Backend
from segdsl.backends.duckdb import DuckDB
from segdsl.backends.postgres import Postgres
from segdsl.backends.printing import Expressions as Printing
from tests.overlap_mutants import Mutant

LOWERING, LOWER = expressions.Expressions, lower._Lowering

SHARED = (
    Mutant(
        "rows of today are not seen",
        LOWERING._is_seen,
        '"<=", plan.Constant(self.clock.today)',
        '"<", plan.Constant(self.clock.today)',
    ),
    Mutant(
        "rows of this very moment are seen", LOWERING._is_seen, '"<", plan.Constant(now)', '"<=", plan.Constant(now)'
    ),
    Mutant(
        "no rows add up to nothing",
        LOWERING._aggregate_value,
        'in ("count", "count distinct", "sum"):',
        'in ("count", "count distinct"):',
    ),
    Mutant("ties of time are not broken by key", LOWERING._aggregate, "(time, *keys, over)", "(time, over)"),
    Mutant(
        "the first moment is the last",
        LOWERING._aggregate,
        '"min" if function == "first" else "max"',
        '"max" if function == "first" else "min"',
    ),
    Mutant("the most frequent value is the largest", LOWERING._mode, "(*order, found)", "(found,)"),
    Mutant(
        "what is missing may be most frequent",
        LOWERING._mode,
        "*((plan.Known(value),) if plan.may_be_missing(value) else ()),",
        "",
    ),
    Mutant(
        "averages count what is missing", LOWERING._average, 'count", "count", node.argument', 'count", "count", None'
    ),
    Mutant("rows that are not there have none", LOWERING._of, "if _needs_row(node.value):", "if True:"),
    Mutant(
        "the opposite of missing is missing",
        expressions.negated,
        "plan.Untrue(condition) if plan.may_be_missing(condition) else plan.Not(condition)",
        "plan.Not(condition)",
    ),
    Mutant("rivals are forgotten", LOWERING.condition, "*stronger])", "])"),
    Mutant("a window leaves out its last day", LOWERING._within, '(last, "<=")', '(last, "<")'),
    Mutant("a window holds the moment of its end", LOWERING._within, '(end, "<")', '(end, "<=")'),
    Mutant("windows are of the wall clock", LOWERING._within, "moment.utc if zoned else moment.wall", "moment.wall"),
    Mutant("29 February is in no window", expressions._returns_between, "low = 229", "low = 301"),
    Mutant("anniversaries stay in one year", LOWERING._returns_in, "if first.year < last.year:", "if False:"),
    Mutant("at least is more than", expressions._at_least, '">="', '">"'),
    Mutant("lists tell the case of texts", LOWERING.condition, "folded_text(option) if folded else option", "option"),
    Mutant(
        "branches are swapped",
        choices._exact,
        "plan.Choice(condition, wide(then), wide(otherwise))",
        "plan.Choice(condition, wide(otherwise), wide(then))",
    ),
    Mutant("the other branch divides, too", choices._quotient, "plan.Choice(condition, ONE, divisor)", "divisor"),
    Mutant("negative divisors turn nothing round", quotients.compared, "MIRRORED[op]", "op"),
    Mutant("all divisors are positive", quotients.compared, "if over.is_positive and under.is_positive:", "if True:"),
    Mutant(
        "divided by nothing is known",
        quotients.known,
        'plan.Surely(plan.Compare(divisor, "<>", ZERO)) for divisor in divides',
        "divisor for divisor in ()",
    ),
    Mutant("who wins is turned round", standing._is_assigned, '"="', '"<>"'),
    Mutant(
        "the weakest wins", LOWER.find_winners, "for name in group.members if", "for name in reversed(group.members) if"
    ),
    Mutant("what follows follows at any time", sequences.followed, "if node.within is None:", "if True:"),
    Mutant("too late by nothing is too late", sequences.followed, '"<="', '"<"'),
    Mutant("rows that follow are of any kind", sequences._next_time, "if node.rows.where is not None:", "if False:"),
    Mutant("a sample begins too late", samples.drawn, '">="', '">"'),
    Mutant("a sample has no beginning", samples.drawn, "if node.low > 0:", "if False:"),
    Mutant("places are near by centimetres", places.near, "floor(meters * 1000)", "floor(meters * 10)"),
    Mutant("borders are outside", places.inside, "*on_border)", ")"),
    Mutant(
        "not true is false",
        Printing.condition,
        "exp.Not(this=exp.Is(this=self.operand(term), expression=exp.Boolean(this=True)))",
        "exp.Not(this=self.operand(term))",
    ),
    Mutant("what is missing comes last", Printing._outermost, "nulls_first=i > 0", "nulls_first=False"),
    Mutant("nothing is in parentheses", Printing.operand, "return exp.Paren(this=value)", "return value"),
    Mutant("orders are turned round", Printing._ordered, "by.descending or None", "not by.descending or None"),
    Mutant("wild cards are not escaped", Backend.like, 'f"{escape}{char}" if char in f"{escape}%_" else char', "char"),
)
ON_DUCKDB = (
    Mutant(
        "texts are compared as stored",
        DuckDB.stored,
        'exp.Collate(this=self.cast(column, "TEXT"), expression=exp.Identifier(this="C", quoted=True))',
        'self.cast(column, "TEXT")',
    ),
    Mutant("of two moments the second", DuckDB.in_utc, "true=first.copy()", "true=self._instant(wall.copy(), zone)"),
    Mutant("quarters are months", DuckDB.later, "3 * count", "count"),
    Mutant("members tell the case of texts", DuckDB.list_has, "if folded:", "if False:"),
)
ON_POSTGRES = (
    Mutant(
        "no character of a float is read",
        Postgres.stored_float,
        "_rounded(self._shortest(column, held), scale)",
        "_rounded(self.cast(column, 'DECIMAL'), scale)",
    ),
    Mutant("what is contained begins late", Postgres.contains, "exp.Literal.number(0)", "exp.Literal.number(1)"),
    Mutant(
        "the last is the first that is missing",
        Postgres.outermost,
        'bool(each.args.get("nulls_first")) != is_last',
        'bool(each.args.get("nulls_first"))',
    ),
    Mutant("missing members count", Postgres.list_length, "_known(list_)", "list_"),
    Mutant(
        "of two moments the second there", Postgres.in_utc, "true=first.copy()", "true=self._instant(wall.copy(), zone)"
    ),
    Mutant("all letters stay as they are", Postgres.folded, "if not letters:", "if True:"),
)
MUTANTS = SHARED + ON_DUCKDB + ON_POSTGRES
