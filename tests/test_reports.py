"""Findings as CI systems read them: annotations, SARIF, JUnit, a comment on a pull request, and long lists as text."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from segdsl.diagnostics import RULES, Diagnostic, Label, Report
from segdsl.fingerprints import Known, known
from segdsl.render import github, junit, markdown, sarif
from segdsl.render.listing import listing
from segdsl.source import NOWHERE, Source, Span

EVIL = "\x1b[2J%0A::error::x, y: `z`\r\n::stop-commands::now <b>@all</b> ]]> ``` \u202e"

# What the standard demands of what is written here (SARIF 2.1.0, sections 3.13 to 3.30).
TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
NUMBER = {"type": "integer", "minimum": 1}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
LOCATION = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "id": {"type": "integer", "minimum": -1},
        "message": TEXT,
        "logicalLocations": {"type": "array", "items": {"type": "object", "required": ["fullyQualifiedName"]}},
        "physicalLocation": {
            "type": "object",
            "required": ["artifactLocation"],
            "additionalProperties": False,
            "properties": {
                "artifactLocation": {
                    "type": "object",
                    "properties": {"uri": {"type": "string", "pattern": r"^[A-Za-z0-9._~/%-]+$"}},
                },
                "region": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["startLine"],
                    "properties": dict.fromkeys(("startLine", "startColumn", "endLine", "endColumn"), NUMBER),
                },
            },
        },
    },
}
NOTIFICATIONS = {
    "type": "array",
    "items": {
        "required": ["message"],
        "properties": {"message": TEXT, "level": LEVEL, "descriptor": {"required": ["id"]}},
    },
}
SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool", "results"],
                "properties": {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "tool": {
                        "properties": {
                            "driver": {
                                "required": ["name"],
                                "properties": {
                                    "rules": {
                                        "uniqueItems": True,
                                        "items": {
                                            "required": ["id"],
                                            "properties": {
                                                "shortDescription": TEXT,
                                                "fullDescription": TEXT,
                                                "help": TEXT,
                                                "defaultConfiguration": {"properties": {"level": LEVEL}},
                                            },
                                        },
                                    }
                                },
                            }
                        }
                    },
                    "automationDetails": {"required": ["id"]},
                    "invocations": {
                        "items": {
                            "required": ["executionSuccessful"],
                            "additionalProperties": False,
                            "properties": {
                                "executionSuccessful": {"type": "boolean"},
                                "toolConfigurationNotifications": NOTIFICATIONS,
                                "toolExecutionNotifications": NOTIFICATIONS,
                            },
                        }
                    },
                    "results": {
                        "items": {
                            # What GitHub demands beyond the standard.
                            "required": ["message", "locations", "partialFingerprints"],
                            "properties": {
                                "ruleId": {"enum": list(RULES)},
                                "level": LEVEL,
                                "message": TEXT,
                                "locations": {"items": LOCATION, "minItems": 1},
                                "relatedLocations": {"uniqueItems": True, "items": LOCATION},
                                "partialFingerprints": {"additionalProperties": {"type": "string"}},
                            },
                        }
                    },
                },
            },
        },
    },
}


def finding(
    rule: str, span: Span, message: str = "m", label: str = "", help: str = "", example: str = ""
) -> Diagnostic:
    report = Report()
    report.add(rule, message, span, label=label, help=help, example=example)
    return next(iter(report))


def many(rule: str, number: int, name: str = "a.seg") -> list[Diagnostic]:
    source = Source(name, "x\n" * number)
    return [finding(rule, source.span(2 * index, 2 * index + 1), f"m{index}") for index in range(number)]


def in_definition(findings: list[Diagnostic], definition: str = "segment a") -> list[Known]:
    return known(findings, lambda span: definition)


# --- annotations --------------------------------------------------------------------------------------


def test_an_annotation_stands_at_its_place_in_the_repository() -> None:
    source = Source("segments/a, b.seg", "when\n  高x = 1\n")
    one = finding("syntax", source.span(7, 9), "no `高x`", label="this", help="try 5%", example="a: 1\nb: 2\n")
    assert list(github.commands([one], "crm")) == [
        "::error file=crm/segments/a%2C b.seg,line=2,endLine=2,col=3,endColumn=4,title=syntax::"
        "no `高x`%0Athis%0Aexample:%0Aa: 1%0Ab: 2%0Ahelp: try 5%25"
    ]
    several = finding("empty-file", source.span(0, 9))
    assert list(github.commands([several])) == [
        "::warning file=segments/a%2C b.seg,line=1,endLine=2,title=empty-file::m"
    ]


def test_user_text_ends_no_command_and_repaints_no_log() -> None:
    for span in (Source(EVIL, "x").whole(), NOWHERE):
        (line,) = github.commands([finding("stale-baseline", span, EVIL)])
        assert line.startswith("::notice ") and line.isprintable()
        head, _, text = line.removeprefix("::notice ").partition("::")
        assert set("\r\n") & set(line) == set() and "%0A" in text and "%250A" in text
        assert all(part.count("=") == 1 for part in head.split(","))


def test_as_many_as_github_shows_the_worst_first() -> None:
    lines = list(github.commands([*many("empty-file", 12), *many("syntax", 11), *many("stale-baseline", 2)]))
    kinds = [line.split(" ")[0] for line in lines]
    assert kinds == ["::error"] * 10 + ["::warning"] * 10 + ["::notice"] * 3
    said = "1 more error, 2 more warnings: GitHub shows ten of a kind, segdsl check --limit 0 all"
    assert lines[-1] == f"::notice title=segdsl check::{said}"


def test_what_is_not_shown_takes_the_place_of_one_notice() -> None:
    lines = list(github.commands(many("stale-baseline", 11)))
    assert len(lines) == 10 and "::2 more notes: GitHub shows ten of a kind" in lines[-1]
    assert "more note" not in "".join(github.commands(many("stale-baseline", 10)))


def test_an_annotation_is_no_longer_than_github_takes() -> None:
    (line,) = github.commands([finding("syntax", NOWHERE, "m", help="try", example="a: 1\n" * 2_000)])
    assert line.endswith("::m%0Aexample: segdsl check shows it%0Ahelp: try")
    (line,) = github.commands([finding("syntax", NOWHERE, "\x1b𝕏" * 4_000)])
    message = line.partition("::error title=syntax::")[2]
    assert len(message.encode("utf-16-le")) // 2 in (4_095, 4_096) and message.endswith("…")


# --- SARIF --------------------------------------------------------------------------------------------


def the_run(log: sarif.Log) -> Any:
    jsonschema.validate(log.content, SARIF)
    content: Any = log.content
    (run,) = content["runs"]
    return run


def test_sarif_keeps_to_the_standard() -> None:
    here, there = Source("segments/ü b.seg", "when\n  x\n"), Source("catalog.yml", "x")
    report = Report()
    report.add("syntax", EVIL, here.span(7, 8), label="this", help="try", others=[Label(there.whole(), "declared")])
    report.add("missing-file", "m", Source("catalog.yml", "").whole())
    report.add("unknown-override", "m", NOWHERE)
    run = the_run(sarif.sarif(in_definition(list(report)), "1.0", "crm"))
    second, first = run["results"]
    assert run["columnKind"] == "unicodeCodePoints"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == list(RULES)
    assert list(RULES)[first["ruleIndex"]] == first["ruleId"] == "syntax"
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "crm/segments/%C3%BC%20b.seg"
    assert place["region"] == {"startLine": 2, "startColumn": 3, "endLine": 2, "endColumn": 4}
    assert first["relatedLocations"][0]["message"] == {"text": "declared"}
    assert second["locations"][0]["physicalLocation"]["region"]["startLine"] == 1
    assert first["partialFingerprints"]["primaryLocationLineHash"] == first["partialFingerprints"]["segdslFinding/v1"]
    (argument,) = run["invocations"][0]["toolConfigurationNotifications"]
    assert argument["descriptor"]["id"] == "unknown-override"


def test_projects_of_one_repository_have_analyses_of_their_own() -> None:
    ids = [the_run(sarif.sarif([], "1.0", folder))["automationDetails"]["id"] for folder in ("", "a/ü")]
    assert ids == ["segdsl/./", "segdsl/a/%C3%BC/"]


def test_sarif_holds_as_many_results_as_github_takes_the_worst_first() -> None:
    found = in_definition([*many("empty-file", 3_000), *many("syntax", 3_000), *many("stale-baseline", 2)])
    log = sarif.sarif(found, "1.0")
    run = the_run(log)
    assert [each["level"] for each in run["results"]] == ["error"] * 3_000 + ["warning"] * 2_000
    assert log.left_out == 1_002
    (said,) = run["invocations"][0]["toolExecutionNotifications"]
    assert said["message"]["text"].startswith("1,002 findings left out") and "--format json" in said["message"]["text"]
    assert "toolExecutionNotifications" not in str(sarif.sarif(found[:5_000], "1.0").content)


def test_sarif_is_no_larger_than_github_takes() -> None:
    report = Report()
    source = Source("a.seg", "x\n" * 300)
    others = [Label(source.span(2 * line, 2 * line + 1), "this") for line in range(300)]
    for _ in range(200):
        report.add("syntax", "𝕏" * 30_000, source.whole(), others=others)
    log = sarif.sarif(in_definition(list(report)), "1.0")
    run = the_run(log)
    assert 9_000_000 < len(json.dumps(log.content)) < 10_000_000
    assert log.left_out == 200 - len(run["results"])
    assert all(len(each["locations"]) + len(each["relatedLocations"]) == 100 for each in run["results"])


def test_descriptions_of_rules_are_no_longer_than_github_takes() -> None:
    assert all(len(rule.name) <= 255 and len(rule.summary) <= 1_024 for rule in RULES.values())


def test_the_rules_of_the_standard_would_notice() -> None:
    log: Any = sarif.sarif(in_definition(many("syntax", 1)), "1.0").content
    log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(log, SARIF)


def test_a_fingerprint_survives_moved_lines_and_nothing_else() -> None:
    def fingerprints(text: str, message: str = "m", definition: str = "segment a") -> list[str]:
        source = Source("a.seg", text)
        found = [finding("syntax", source.span(at, at + 1), message) for at, char in enumerate(text) if char == "x"]
        return [each.fingerprint for each in in_definition(found, definition)]

    assert fingerprints("x") == fingerprints("\n\n  x")
    assert len({*fingerprints("xx"), *fingerprints("x", "n"), *fingerprints("x", "m", "segment b")}) == 4


# --- JUnit --------------------------------------------------------------------------------------------


def test_junit_has_a_case_for_each_definition() -> None:
    source = Source("a.seg", "xy")
    found = known(
        [finding("syntax", source.span(0, 1)), finding("empty-file", source.span(1, 2)), finding("syntax", NOWHERE)],
        lambda span: "segment a" if span.source.name and span.start == 0 else "",
    )
    definitions = [("a.seg", "segment a"), ("b.seg", "segment b")]
    suite = ElementTree.fromstring(junit.junit(found, definitions))
    cases = [(case.get("classname"), case.get("name"), [part.tag for part in case]) for case in suite]
    assert cases == [
        ("a.seg", "segment a", ["failure"]),
        ("b.seg", "segment b", []),
        ("a.seg", "a.seg", ["system-out"]),
        ("project", "project", ["failure"]),
    ]
    assert (suite.get("tests"), suite.get("failures")) == ("4", "2")
    assert ElementTree.fromstring(junit.junit(found, definitions, strict=True)).get("failures") == "3"


def test_junit_is_well_formed_for_any_text() -> None:
    text = EVIL + "".join(map(chr, range(0x20))) + "\ud800\ufffe\uffff&<>\"'"
    found = in_definition([finding("syntax", Source(text, text).whole(), text)], text)
    suite = ElementTree.fromstring(junit.junit(found, []))
    assert "\\x1b[2J" in (suite[0][0].text or "")


# --- a comment ----------------------------------------------------------------------------------------


def test_a_comment_holds_user_text_in_blocks_alone() -> None:
    text = markdown.comment([finding("syntax", Source("a.seg", "x").whole(), EVIL)], 1, 1, 3, "crm--><b>")
    lines = text.split("\n")
    assert lines[0] == "<!-- segdsl check crm____b_ -->"
    assert "3 findings of the baseline not shown." in lines
    fence = next(line for line in lines if line.startswith("`"))
    assert fence == "````text"
    before, inside, after = text.split("````")
    assert "@all" not in before + after and "@all" in inside


def test_a_comment_is_never_longer_than_github_takes() -> None:
    findings = [finding("syntax", Source("a.seg", "𝕏" * 100).whole(), "𝕏" * 500) for _ in range(200)]
    text = markdown.comment(findings, 1, 1)
    assert 60_000 < len(text.encode("utf-16-le")) // 2 <= 65_536
    shown = text.count("error[syntax]")
    assert text.endswith(f"\n{200 - shown} findings more did not fit in here: `segdsl check --limit 0` shows all.\n")


def test_a_finding_of_any_length_leaves_room_for_others_in_a_comment() -> None:
    source = Source("a.seg", "x")
    text = markdown.comment([finding("syntax", source.whole(), "`" * 100_000), *many("syntax", 3)], 1, 1)
    assert text.count("error[syntax]") == 4 and "did not fit" not in text


# --- long lists -----------------------------------------------------------------------------------------


def test_a_few_findings_are_shown_in_full() -> None:
    *blocks, numbers = listing([*many("empty-file", 2), *many("syntax", 10)])
    assert numbers.split("\n") == [
        "10 errors   syntax      the text does not follow the grammar",
        " 2 warnings empty-file  a segment file without definitions",
        "one rule alone: --rule syntax",
        "only what is new from now on: --write-baseline",
    ]
    *_, numbers = listing([*many("unused-allow", 2), *many("syntax", 10)], limit=0)
    assert numbers.endswith("\none rule alone: --rule syntax")
    assert [block.split(":")[0] for block in blocks] == ["error[syntax]"] * 10 + ["warning[empty-file]"] * 2


def test_of_many_the_first_are_shown_then_a_line_each_then_a_number() -> None:
    blocks = list(listing([*many("syntax", 250), *many("empty-file", 1)], limit=20))
    assert blocks[0] == "error[syntax]: 250 findings"
    assert [block.count("\n") > 2 for block in blocks[1:4]] == [True] * 3
    lines = blocks[4].split("\n")
    assert lines[0] == "a.seg:4:1: m3"
    assert len(lines) == 18
    assert lines[-1] == "... and 230 more of syntax; show them with --limit 0"
    assert blocks[5].startswith("warning[empty-file]") and len(blocks) == 7


def test_a_rule_that_was_asked_for_is_shown_in_full_up_to_the_limit() -> None:
    blocks = list(listing(many("syntax", 30), limit=20, first=20))
    assert [block.count("\n") > 2 for block in blocks] == [False, *[True] * 20, False]
    assert blocks[-1] == "... and 10 more of syntax; show them with --limit 0"


def test_without_a_limit_everything_is_shown() -> None:
    assert len(list(listing(many("syntax", 250), limit=0))) == 250


def test_what_is_past_the_limit_is_shown_in_a_line() -> None:
    blocks = list(listing([*many("syntax", 3), *many("wrong-type", 3, "b.seg")], limit=4))
    assert len(blocks) == 5
    assert blocks[4].split("\n") == ["error[wrong-type] b.seg:2:1: m1", "error[wrong-type] b.seg:3:1: m2"]
