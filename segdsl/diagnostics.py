"""What is wrong with a project, as values: rules, labelled places and the help that goes with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum

from segdsl.source import Span


class Severity(Enum):
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"  # never changes the exit code


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of finding. `name` is stable: it is what a person searches for.

    `is_judgement`: the definitions have a meaning all the same, so that a person may decide to live with it, by a
    comment (`# segdsl: allow ...`) or by the baseline. `of_data`: it is looked for in data only (`check --data`).
    """

    name: str
    severity: Severity
    summary: str
    is_judgement: bool = False
    of_data: bool = False


def _rules(
    severity: Severity, *, is_judgement: bool = False, of_data: bool = False, **summaries: str
) -> dict[str, Rule]:
    names = {key.replace("_", "-"): text for key, text in summaries.items()}
    return {name: Rule(name, severity, text, is_judgement, of_data) for name, text in names.items()}


RULES: dict[str, Rule] = (
    _rules(
        Severity.ERROR,
        # reading files
        missing_file="a file that the project needs is not there",
        unreadable_file="a file cannot be opened",
        not_utf8="a source file is not UTF-8 text",
        file_too_large="a source file is larger than 1 MB",
        forbidden_character="a character that can hide or reverse text",
        bad_yaml="a YAML file cannot be read",
        # reading text
        syntax="the text does not follow the grammar",
        unclosed_text="a quote is not closed on its line",
        mixed_and_or="`and` and `or` are mixed without parentheses",
        too_deep="a condition is nested deeper than 100 levels",
        too_large="a definition grows past 20,000 conditions once its names are replaced by what they mean",
        number_too_large="a number has more digits than every database can keep exactly",
        bad_date="a date or a moment that no calendar has",
        # the project file and the catalog
        unknown_key="a key that the file's format does not have",
        missing_key="a key that the file's format needs",
        bad_value="a value that its key cannot take",
        unknown_type="a column type that does not exist",
        no_key="a table that must be told apart row by row has no `key`",
        # names
        unknown_table="a table that is not in the catalog",
        unknown_column="a column that its table does not have",
        unknown_name="a name that nothing defines",
        unknown_segment="a segment that is not defined",
        unknown_group="a group that is not defined",
        unknown_occasion="an occasion that is not defined",
        unknown_channel="a channel that is not defined",
        unknown_place="a place that is not defined",
        unknown_function="a function that does not exist",
        unknown_override="a `--set` for a `let` that does not exist",
        duplicate_name="two definitions of one name",
        ambiguous_name="a name with two meanings where it stands",
        ambiguous_path="more than one way leads from a table to the customer",
        no_path="no link leads from a table to the customer",
        cycle="definitions that need each other",
        # types
        wrong_type="a value of a type that cannot stand there",
        not_in_list="a text that is not in the column's closed list",
        no_time="a window or `first`/`last` on a table without `at`",
        many_rows="a table of many rows where one value is needed",
        not_a_score="a `score` that compares with nobody",
        bad_window="a window that holds nothing",
        bad_list="a list file without a fitting column, or with rows that do not fit",
        bad_sequence="a sequence that nobody could go through",
        bad_place="a point that is nowhere on earth, or corners that make no area",
        # segments and groups
        missing_condition="a segment without `when` or `otherwise`",
        repeated_clause="a clause that is given twice",
        missing_priority="a member of an exclusive group without a priority",
        repeated_priority="two members of an exclusive group with one priority that share customers, or may",
        stray_priority="a priority where nothing is ranked",
        mixed_group="a group of segments that are sets of different entities",
        bad_otherwise="an `otherwise` that has nothing to be the rest of",
        bad_tiers="tiers that nobody can be in, or that go in two directions",
        bad_split="shares of a split that are more than the whole",
        stray_member="a segment in a group that `tiers` or `split` make",
        bad_promise="an `expect` that nothing can keep, or that is about something else",
        incomplete_group="a `complete` group that somebody falls through, or may",
        # what a database cannot say
        unsupported="a construct that this database cannot say exactly",
        other_spelling="a file that another layout or spelling cannot say without change",
        broken_promise="an `expect` that the data break",
        no_segments="a project without segments",
        bad_baseline="a baseline that cannot be read",
    )
    | _rules(
        Severity.ERROR,
        is_judgement=True,
        # conflicts, found without data
        never_matches="a segment that nobody can be in",
        shadowed="a segment that always loses to those above it in its exclusive group",
        refuted_promise="an `expect` that an example customer breaks",
    )
    | _rules(
        Severity.WARNING,
        is_judgement=True,
        always_matches="a segment that everybody is in",
        redundant_condition="a condition that changes nothing where it stands",
        dead_branch="an alternative of `or` that nobody comes to",
        out_of_range="a comparison that the declared range or list of its column decides",
        nothing_left="an `otherwise` that nobody is left for",
        same_people="two segments that always hold the same customers",
        unproved_promise="an `expect` that could be neither proved nor refuted",
        includes_missing="`!=`, `not in` or `not` on a value that may be missing: the missing are included",
        thousands="a number such as `1.000`, which is 1, compared with a value that has fewer decimals",
        review_due="a segment that should have been looked at again by now",
        inactive="a segment whose days are over",
        empty_group="a group without segments",
        empty_file="a segment file without definitions",
    )
    # What the catalog declares, looked for in the data. At these a run would stop ...
    | _rules(
        Severity.ERROR,
        of_data=True,
        stored_otherwise="a table or column that the data do not have, or hold as another type",
        unreadable_value="a stored value that cannot be read as its declared type",
        faulty_key="a key that is missing, or that several rows have",
    )
    # ... on these proofs rest: a run selects somebody, and what was proved may not be true of them ...
    | _rules(
        Severity.ERROR,
        is_judgement=True,
        of_data=True,
        missing_value="a value that is missing though its column is `required`",
        unlisted_value="a stored text that is not in its column's closed list",
        value_beyond_range="a stored number below the `min` or above the `max` of its column",
    )
    # ... these are left out, or changed, without a word; and no proof takes it that a link leads somewhere.
    | _rules(
        Severity.WARNING,
        is_judgement=True,
        of_data=True,
        rounded_value="a stored decimal with more digits than its type: rounded, or refused",
        missing_time="a row without a time: no window ever holds it",
    )
    | _rules(
        Severity.NOTE,
        is_judgement=True,
        of_data=True,
        lost_link="a link that leads to a row that is not there",
    )
    | _rules(
        Severity.WARNING,
        bad_allow="a comment `# segdsl: ...` that allows nothing",
        unused_allow="an `allow` that nothing needs any more",
    )
    | _rules(
        Severity.NOTE,
        stale_baseline="findings of the baseline that are gone",
    )
)


@dataclass(frozen=True, slots=True)
class Label:
    """A place and what stands there, in a few words (or nothing)."""

    span: Span
    text: str = ""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: what is wrong (`message`), where (`label`, then `others`), and what to type (`help`).

    `example` is a customer that shows it, as lines of YAML, or nothing. `details` are what it is made of, a line each:
    people see the first few, programs all.
    """

    rule: Rule
    message: str
    label: Label
    help: str = ""
    others: tuple[Label, ...] = ()
    example: str = ""
    details: tuple[str, ...] = ()

    @property
    def severity(self) -> Severity:
        return self.rule.severity


class Report:
    """Findings in the order they were made; every pass adds to one."""

    def __init__(self, diagnostics: Iterable[Diagnostic] = ()) -> None:
        self._diagnostics = list(diagnostics)

    def add(
        self,
        rule: str,
        message: str,
        span: Span,
        *,
        label: str = "",
        help: str = "",
        others: Iterable[Label] = (),
        example: str = "",
        details: Iterable[str] = (),
    ) -> None:
        """Records a finding of the rule named `rule` (a key of `RULES`)."""
        others = tuple(Label(other.span.home, other.text) for other in others)
        label_ = Label(span.home, label)
        self._diagnostics.append(Diagnostic(RULES[rule], message, label_, help, others, example, tuple(details)))

    def extend(self, other: Report) -> None:
        self._diagnostics.extend(other)

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self._diagnostics)

    def __len__(self) -> int:
        return len(self._diagnostics)

    @property
    def has_errors(self) -> bool:
        return any(d.severity is Severity.ERROR for d in self._diagnostics)

    def sorted(self) -> list[Diagnostic]:
        """By file, then by place; findings of one place keep their order."""
        return sorted(self._diagnostics, key=lambda d: (d.label.span.source.name, d.label.span.start))


def worst_first(findings: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Errors, then warnings, then notes, of each those first that stop a run; alike ones by file and by place."""
    return sorted(findings, key=rank)


def rank(finding: Diagnostic) -> tuple[int, bool, str, int]:
    """The key that sorts findings so that the worst comes first."""
    span = finding.label.span
    return _RANKS[finding.severity], finding.rule.is_judgement, span.source.name, span.start


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


# Of more details people see so many, and how many more there are.
MOST_DETAILS = 5


def some_details(finding: Diagnostic) -> list[str]:
    """The details for people: all, or the first few and how many more."""
    found = list(finding.details)
    if len(found) <= MOST_DETAILS + 1:
        return found
    return [*found[:MOST_DETAILS], f"... and {len(found) - MOST_DETAILS:,} more: --format json has all"]


def did_you_mean(name: str, known: Iterable[str], instead: str = "") -> str:
    """`did you mean ...?` when a known name is close to `name`, else the text `instead`."""
    close = nearest(name, known)
    return f"did you mean `{close}`?" if close else instead


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is closest to `name`, when one is close."""
    by_folded = {other.casefold(): other for other in known}
    close = get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[close[0]] if close else None


def listed(names: Iterable[str], limit: int = 8, last: str = "") -> str:
    """Names in backticks, separated by commas, or by a word before the `last`; past `limit` how many more there are."""
    quoted = [f"`{name}`" for name in names]
    if len(quoted) > limit:
        return f"{', '.join(quoted[:limit])} {last or 'and'} {len(quoted) - limit} more"
    if last and len(quoted) > 1:
        return f"{', '.join(quoted[:-1])} {last} {quoted[-1]}"
    return ", ".join(quoted)
