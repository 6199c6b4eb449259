"""Findings and results as people and programs see them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from segdsl import render, results
from segdsl.diagnostics import Diagnostic, Label, Report, worst_first
from segdsl.semantics import ir
from segdsl.semantics.catalog import Catalog
from segdsl.source import NOWHERE, Source
from segdsl.warehouse import Members, RunSummary, Size, Sizes, Written


def found(
    source: Source, needle: str, message: str = "wrong", label: str = "", help: str = "", *others: Label
) -> Diagnostic:
    report = Report()
    start = source.text.index(needle)
    report.add("syntax", message, source.span(start, start + len(needle)), label=label, help=help, others=others)
    return next(iter(report))


def at(source: Source, needle: str, text: str = "") -> Label:
    start = source.text.index(needle)
    return Label(source.span(start, start + len(needle)), text)


def test_a_finding_shows_its_line_with_carets_label_and_help() -> None:
    source = Source("segments/lifecycle.seg", "\n" * 11 + '   when contry in ("IN", "GB")\n')
    finding = found(source, "contry", "no `contry`", "not in catalog.yml", "did you mean `country`?")
    assert render.diagnostic(finding).split("\n") == [
        "error[syntax]: no `contry`",
        "  --> segments/lifecycle.seg:12:9",
        "   |",
        '12 |    when contry in ("IN", "GB")',
        "   |         ^^^^^^ not in catalog.yml",
        "   = help: did you mean `country`?",
    ]


def test_other_labels_show_their_own_lines_and_files() -> None:
    here = Source("a.seg", "one\ntwo\nthree\nfour\n")
    there = Source("catalog.yml", "first\nsecond\n")
    finding = found(
        here, "one", "wrong", "this", "", at(here, "three", "and this"), at(there, "second", "declared here")
    )
    assert render.diagnostic(finding).split("\n") == [
        "error[syntax]: wrong",
        " --> a.seg:1:1",
        "  |",
        "1 | one",
        "  | ^^^ this",
        "  :",
        "3 | three",
        "  | ----- and this",
        " ::: catalog.yml:2:1",
        "  |",
        "2 | second",
        "  | ------ declared here",
    ]


@pytest.mark.parametrize(
    ("line", "needle", "shown", "marks"),
    [
        ("\twhen\tx", "x", "    when    x", "            ^"),
        ("高价值 = x", "x", "高价值 = x", "         ^"),
        ("a = 高价", "高价", "a = 高价", "    ^^^^"),
        ("cafe\u0301 = x", "x", "cafe\u0301 = x", "       ^"),
        ("क्षेत्र = x", "x", "क्षेत्र = x", "       ^"),
        ("a\x1b[31m = x", "x", "a\\x1b[31m = x", "            ^"),
        ("a\u202e = x", "x", "a\\u{202e} = x", "            ^"),
        ("two\r", "two", "two", "^^^"),
    ],
)
def test_carets_stand_under_what_they_point_at(line: str, needle: str, shown: str, marks: str) -> None:
    lines = render.diagnostic(found(Source("a.seg", line + "\n"), needle)).split("\n")
    assert lines[3:5] == [f"1 | {shown}", f"  | {marks}"]


def test_a_span_of_several_lines_is_marked_on_its_first_and_an_empty_one_has_one_caret() -> None:
    source = Source("a.seg", "when a\n and b\n")
    assert render.diagnostic(found(source, "a\n and b")).split("\n")[4] == "  |      ^"
    report = Report()
    report.add("syntax", "something is missing", source.span(len(source.text), len(source.text)))
    assert render.diagnostic(next(iter(report))).split("\n")[1:] == [" --> a.seg:3:1", "  |", "3 |", "  | ^"]


def test_a_long_line_is_cut_around_what_it_is_about() -> None:
    source = Source("a.seg", "x" * 5_000 + "HERE" + "y" * 5_000)
    lines = render.diagnostic(found(source, "HERE")).split("\n")
    assert max(map(len, lines)) < 140
    assert lines[3][lines[4].index("^") : lines[4].rindex("^") + 1] == "HERE"
    assert lines[3].startswith("1 | …x") and lines[3].endswith("y…")


def test_what_is_about_no_file_shows_no_place() -> None:
    report = Report()
    report.add("unknown-override", "there is no `let x` to set", NOWHERE, help="there are `y`")
    text = render.diagnostic(next(iter(report)))
    assert text == "error[unknown-override]: there is no `let x` to set\n  = help: there are `y`"
    report.add("missing-file", "there is no `catalog.yml`", Source("catalog.yml", "").whole())
    text = render.diagnostic(list(report)[1])
    assert text == "error[missing-file]: there is no `catalog.yml`\n --> catalog.yml"


def test_user_text_cannot_repaint_the_terminal() -> None:
    source = Source("a\x1b[2J.seg", "x\n")
    text = render.diagnostic(found(source, "x", "no `\x1b]0;owned\x07`", "\u2066", "try `\u202e`\nor\x9b that"))
    assert all(char.isprintable() or char == "\n" for char in text)
    assert "\\x1b]0;owned\\x07" in text and "\\u{202e}" in text and "\\x9b" in text
    assert render.escaped("क्‍ष नमस्ते 高") == "क्‍ष नमस्ते 高"


def test_colours_only_when_asked_for() -> None:
    finding = found(Source("a.seg", "x\n"), "x")
    assert "\x1b[1;31merror[syntax]\x1b[0m" in render.diagnostic(finding, render.Paint(True))
    assert "\x1b" not in render.diagnostic(finding)


def test_the_summary_counts() -> None:
    report = Report()
    a, b = Source("a.seg", "x"), Source("b.seg", "x")
    report.add("syntax", "m", a.whole())
    report.add("syntax", "m", b.whole())
    report.add("empty-file", "m", b.whole())
    findings = report.sorted()
    assert render.summary(findings, 15, 3) == "2 errors, 1 warning in 2 files"
    assert render.summary(findings[:1], 15, 3) == "1 error in 1 file"
    assert render.summary([], 15, 3) == "15 segments in 3 files: no findings"
    assert render.summary([], 1, 1) == "1 segment in 1 file: no findings"


def test_findings_as_json_have_exact_places() -> None:
    source = Source("a.seg", "when\n  高x = 1\n")
    shape = render.diagnostics_json([found(source, "高x", "no `高x`", "", "try")], 2, 1)
    assert json.loads(json.dumps(shape)) == {
        "version": 1,
        "diagnostics": [
            {
                "rule": "syntax",
                "severity": "error",
                "message": "no `高x`",
                "file": "a.seg",
                "line": 2,
                "column": 3,
                "end_line": 2,
                "end_column": 5,
                "help": "try",
                "example": "",
                "details": [],
            }
        ],
        "summary": {"errors": 1, "warnings": 0, "notes": 0, "in_baseline": 0, "segments": 2, "files": 1},
    }


def test_an_example_customer_stands_under_the_finding_and_in_json() -> None:
    source = Source("a.seg", "x\n")
    report = Report()
    report.add("syntax", "m", source.whole(), help="try", example="customer:\n  name: \x1b[2J\n")
    (finding,) = report
    assert render.diagnostic(finding).split("\n")[5:] == [
        "  = for example:",
        "      customer:",
        "        name: \\x1b[2J",
        "  = help: try",
    ]
    assert render.finding_json(finding)["example"] == "customer:\n  name: \x1b[2J\n"


def test_the_worst_comes_first() -> None:
    report = Report()
    a, b = Source("a.seg", "xy"), Source("b.seg", "xy")
    for rule, span in [("stale-baseline", a.whole()), ("empty-file", a.whole()), ("syntax", b.whole())]:
        report.add(rule, "m", span)
    report.add("syntax", "m", a.span(1, 2))
    ordered = [(each.severity.value, each.label.span.source.name) for each in worst_first(report)]
    assert ordered == [("error", "a.seg"), ("error", "b.seg"), ("warning", "a.seg"), ("note", "a.seg")]
    assert render.summary(list(report), 1, 1) == "2 errors, 1 warning, 1 note in 2 files"


# --- results ------------------------------------------------------------------------------------------

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)


def program() -> ir.Program:
    def segment(name: str, title: str, group: str | None) -> ir.Segment:
        return ir.Segment(name, title, "", "", "customer", group, None, ir.Always(True, span=NOWHERE), span=NOWHERE)

    segments = [segment("top", "Top", "stage"), segment("low", "Low", "stage"), segment("fans", "高价 fans", None)]
    stage = ir.Group("stage", "Stage", "", "", True, False, ("top", "low"), span=NOWHERE)
    return ir.Program(
        name="acme",
        catalog=Catalog({}, "customer"),
        segments={each.name: each for each in segments},
        groups={"stage": stage},
        order=("top", "low", "fans"),
        timezone="UTC",
        week_starts=0,
    )


SIZES = Sizes(AS_OF, {"customer": 2_400}, (Size("top", 1_200, 1_200), Size("low", 1_200, 600), Size("fans", 1, 1)))


def test_the_size_table_reads_by_group_with_shares_and_bars() -> None:
    assert results.size_table(program(), SIZES).split("\n") == [
        "acme: 2,400 customers as of 2026-03-01 00:00 (UTC)",
        "",
        "                          qualifies   assigned   share",
        "Stage (exclusive)",
        "  Top               top       1,200      1,200   50.0%  ████████████",
        "  Low               low       1,200        600   25.0%  ██████░░░░░░",
        "  in none of these                         600   25.0%",
        "In no group",
        "  高价 fans         fans          1          1   <0.1%  ▏",
        "",
        "█ assigned  ░ qualifies, and is assigned to a stronger segment of the group",
    ]


def test_a_narrow_terminal_gets_no_bars_and_no_customers_no_shares() -> None:
    assert "█" not in results.size_table(program(), SIZES, columns=50)
    nobody = Sizes(AS_OF, {"customer": 0}, (Size("top", 0, 0),))
    assert results.size_table(program(), nobody).split("\n")[-1].split() == ["Top", "top", "0", "0"]


def test_sizes_and_runs_as_json() -> None:
    assert results.size_json(program(), Sizes(AS_OF, {"customer": 5}, (Size("low", 3, 1),))) == {
        "version": 1,
        "as_of": "2026-03-01T00:00:00+00:00",
        "customers": 5,
        "entities": {"customer": 5},
        "segments": [
            {
                "name": "low",
                "title": "Low",
                "entity": "customer",
                "group": "stage",
                "qualifies": 3,
                "assigned": 1,
                "reachable": {},
            }
        ],
        "reachable": {},
        "broken_promises": [],
        "not_compared": [],
    }
    summary = RunSummary(
        AS_OF, "dev", (Written("customer", "data/memberships.parquet", 3),), (Size("low", 3, 1), Size("fans", 0, 0))
    )
    assert results.run_json(program(), summary)["rows"] == 3
    assert "nobody qualifies for `fans`" in results.run_text(program(), summary)


@pytest.mark.parametrize(
    ("key", "cell"),
    [
        (17, "17"),
        (-17, "-17"),
        ("plain", "plain"),
        ("007", "007"),
        ("=1+1", '"=1+1"'),
        ("+1", '"+1"'),
        ("-1", '"-1"'),
        ("@x", '"@x"'),
        ("\tx", '"\tx"'),
        ('a"b', '"a""b"'),
        ("a,b", '"a,b"'),
        ("a\nb", '"a\nb"'),
        ("", '""'),
        ("高", "高"),
    ],
)
def test_csv_cells_that_look_like_formulas_are_quoted_and_numbers_stay(key: object, cell: str) -> None:
    assert list(results.members_csv(Members("s", AS_OF, "id", (key,)))) == ["id\n", f"{cell}\n"]
