"""The command line through real processes: what is printed where, and with which exit code."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from segdsl import project as projects
from segdsl.cli import main
from segdsl.source import Source

ROOT = Path(__file__).resolve().parent.parent
AS_OF = "2026-03-01"


def segdsl(*arguments: str, at: Path, code: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs one command in the folder `at`, and expects the exit code `code`. Never a traceback."""
    inherited = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "SEGDSL_DEBUG")}
    done = subprocess.run(
        [sys.executable, "-m", "segdsl", *arguments],
        cwd=at,
        env=inherited | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert "defect in segdsl" not in done.stderr
    assert done.returncode == code, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `segdsl init` makes."""
    folder = tmp_path_factory.mktemp("made")
    segdsl("init", "shop", at=folder)
    return folder / "shop"


@pytest.fixture
def shop(made: Path, tmp_path: Path) -> Path:
    """A project of one's own to change."""
    return Path(shutil.copytree(made, tmp_path / "shop"))


def add(project: Path, text: str, name: str = "extra.seg") -> Path:
    file = project / "segments" / name
    file.write_text(text, encoding="utf-8")
    return file


# --- init ---------------------------------------------------------------------------------------------


def test_init_makes_a_project_whose_next_commands_run(tmp_path: Path) -> None:
    done = segdsl("init", "my <shop>", at=tmp_path)
    commands = [line.split() for line in done.stdout.split("next:\n")[1].splitlines()]
    assert [" ".join(command[:2]) for command in commands] == ["cd my", "segdsl check", "segdsl size", "segdsl members"]
    project = tmp_path / "my <shop>"
    for command in commands[1:]:
        assert segdsl(*command[1:], at=project).stdout
    size = json.loads(segdsl("size", "--as-of", AS_OF, "--format", "json", at=project).stdout)
    assert all(0 < segment["qualifies"] < size["customers"] for segment in size["segments"])
    assert segdsl("check", "--strict", at=project).stdout == "8 segments in 2 files: no findings\n"


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "catalog.yml").write_text("mine")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "orders.csv").write_text("mine")
    done = segdsl("init", at=tmp_path, code=2)
    assert "`catalog.yml`, `data/orders.csv`" in done.stderr
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["catalog.yml", "data", "orders.csv"]


def test_init_leaves_nothing_half_written(tmp_path: Path) -> None:
    (tmp_path / "segments").write_text("a file where a folder should be")
    segdsl("init", at=tmp_path, code=2)
    assert [path.name for path in tmp_path.rglob("*")] == ["segments"]


def test_init_is_the_same_every_time(made: Path, tmp_path: Path) -> None:
    segdsl("init", "shop", at=tmp_path)
    for file in made.rglob("*.*"):
        assert (tmp_path / "shop" / file.relative_to(made)).read_bytes() == file.read_bytes()


# --- finding the project --------------------------------------------------------------------------------


def test_without_a_command_there_is_help(tmp_path: Path) -> None:
    done = segdsl(at=tmp_path)
    assert "usage: segdsl" in done.stdout and "members" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["chekc"], "did you mean `check`?"),
        (["check", "--format", "xml"], "there is no choice `xml`"),
        (["size", "--nonsense"], "--nonsense"),
        (["members"], "NAME"),
        (["check"], "make one with `segdsl init`"),
        (["check", "-C", "nowhere"], "there is no file or folder `nowhere`"),
        (["check", "-C", "with\x1b[31mcolour"], "with\\x1b[31mcolour"),
    ],
)
def test_wrong_usage_is_code_2_with_what_to_type(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = segdsl(*arguments, at=tmp_path, code=2)
    assert said in done.stderr and "\x1b" not in done.stderr
    assert done.stdout == ""


def test_any_folder_inside_a_project_will_do(made: Path, tmp_path: Path) -> None:
    said = "8 segments in 2 files: no findings\n"
    assert segdsl("check", at=made / "segments").stdout == said
    assert segdsl("-C", str(made), "check", at=tmp_path).stdout == said
    assert segdsl("check", "-C", str(made / "data"), at=tmp_path).stdout == said
    assert segdsl("check", str(made), at=tmp_path).stdout == said


# --- check ----------------------------------------------------------------------------------------------


def test_a_finding_is_code_1_and_shown_in_its_line(shop: Path) -> None:
    add(shop, 'segment typo\n  when contry = "DE"\n')
    done = segdsl("check", at=shop, code=1)
    assert " --> segments/extra.seg:2:8\n" in done.stdout
    assert '2 |   when contry = "DE"\n  |        ^^^^^^' in done.stdout
    assert "did you mean `country`?" in done.stdout
    assert done.stdout.endswith("1 error in 1 file\n")
    assert done.stderr == ""


def test_findings_as_json(shop: Path) -> None:
    add(shop, 'segment typo\n  when contry = "DE"\n')
    shape = json.loads(segdsl("check", "--format", "json", at=shop, code=1).stdout)
    (finding,) = shape["diagnostics"]
    place = ["file", "line", "column", "end_line", "end_column"]
    assert list(finding) == ["rule", "severity", "message", *place, "help", "example", "details"]
    assert (finding["rule"], finding["file"], finding["line"], finding["column"]) == (
        "unknown-column",
        "segments/extra.seg",
        2,
        8,
    )
    assert shape["version"] == 1
    assert shape["summary"] == {"errors": 1, "warnings": 0, "notes": 0, "in_baseline": 0, "segments": 9, "files": 3}
    assert (
        json.loads(segdsl("check", "--format", "json", "segments/lifecycle.seg", at=shop).stdout)["diagnostics"] == []
    )


def test_warnings_count_only_when_strict(shop: Path) -> None:
    add(shop, 'group nobody "Nobody"\n')
    assert segdsl("check", at=shop).stdout.endswith("1 warning in 1 file\n")
    segdsl("check", "--strict", at=shop, code=1)


def test_only_the_findings_of_the_paths_are_shown(shop: Path) -> None:
    add(shop, 'segment typo\n  when contry = "DE"\n')
    segdsl("check", "segments/lifecycle.seg", at=shop)
    segdsl("check", "segments/extra.seg", at=shop, code=1)
    segdsl("check", "segments", at=shop, code=1)
    assert (
        "there is no file or folder `segments/none.seg`" in segdsl("check", "segments/none.seg", at=shop, code=2).stderr
    )
    assert "is not in the project" in segdsl("check", "..", "-C", str(shop), at=shop, code=2).stderr


# --- fmt ------------------------------------------------------------------------------------------------


def texts(project: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted((project / "segments").iterdir())}


def test_fmt_rewrites_what_is_not_laid_out_and_nothing_else(shop: Path) -> None:
    assert segdsl("fmt", at=shop).stdout == ""
    untouched = {path: path.stat().st_mtime_ns for path in (shop / "segments").iterdir()}
    file = add(shop, "segment  a when newsletter# all\r\n")
    file.chmod(0o640)
    before = texts(shop)
    assert segdsl("fmt", "--check", at=shop, code=1).stdout == "segments/extra.seg\n"
    assert texts(shop) == before
    assert segdsl("fmt", at=shop / "segments").stdout == "segments/extra.seg\n"
    assert texts(shop) == before | {"extra.seg": "segment a\n  when newsletter  # all\n"}
    assert file.stat().st_mode & 0o777 == 0o640
    assert {path: path.stat().st_mtime_ns for path in untouched} == untouched
    assert segdsl("fmt", "--check", at=shop).stdout == ""


def test_fmt_turns_one_spelling_into_the_other_and_back(shop: Path) -> None:
    before, sizes = texts(shop), segdsl("size", "--as-of", AS_OF, at=shop).stdout
    done = segdsl("fmt", "--to", "yaml", at=shop)
    assert done.stdout.splitlines()[0] == "segments/campaigns.seg -> segments/campaigns.yml"
    assert list(texts(shop)) == ["campaigns.yml", "lifecycle.yml"]
    assert segdsl("size", "--as-of", AS_OF, at=shop).stdout == sizes
    assert segdsl("fmt", "--check", at=shop).stdout == ""
    segdsl("fmt", "--to", "seg", at=shop)
    after = texts(shop)
    assert {name: sorted(text.split()) for name, text in after.items()} == {
        name: sorted(text.split()) for name, text in before.items()
    }


def test_fmt_looks_at_the_paths_alone(shop: Path) -> None:
    add(shop, "segment  a when newsletter", "a.seg")
    add(shop, "segment  b when newsletter", "b.seg")
    assert segdsl("fmt", "segments/b.seg", at=shop).stdout == "segments/b.seg\n"
    assert segdsl("fmt", "--check", "segments", at=shop, code=1).stdout == "segments/a.seg\n"
    assert "there are no definitions in `data`" in segdsl("fmt", "data", at=shop, code=2).stderr
    assert "no file or folder `c.seg`" in segdsl("fmt", "c.seg", at=shop, code=2).stderr


def test_fmt_leaves_files_with_errors_alone(shop: Path) -> None:
    add(shop, "segment  a when (newsletter", "broken.seg")
    add(shop, "segments: {b: {when: x => 1}}", "broken.yml")
    add(shop, "let c = 1 + 1\nlet c = 2", "twice.seg")
    add(shop, "segment  d when newsletter", "sound.seg")
    (shop / "segments" / "latin.seg").write_bytes(b"segment f\xfcr when x")
    before = {path.name: path.read_bytes() for path in (shop / "segments").iterdir()}
    done = segdsl("fmt", at=shop, code=1)
    assert done.stdout == "segments/sound.seg\nsegments/twice.seg\n"
    for said in ("error[syntax]", "broken.seg:1", "broken.yml:1", "error[not-utf8]", "3 errors in 3 files"):
        assert said in done.stderr
    done = segdsl("fmt", "--to", "yaml", "segments/twice.seg", at=shop, code=1)
    assert "error[other-spelling]: `segments/twice.yml` could not be read then" in done.stderr
    after = {path.name: path.read_bytes() for path in (shop / "segments").iterdir()}
    assert set(after) == set(before)
    assert {name for name in before if before[name] != after[name]} == {"sound.seg", "twice.seg"}


def test_fmt_takes_no_name_that_is_taken(shop: Path) -> None:
    add(shop, "segments: {a: {when: newsletter}}", "campaigns.yml")
    before = texts(shop)
    done = segdsl("fmt", "--to", "yaml", at=shop, code=2)
    assert "there is another file for `segments/campaigns.yml`" in done.stderr
    assert texts(shop) == before
    add(shop, "segments: {b: {when: newsletter}}", "b.yml")
    add(shop, "segments: {c: {when: newsletter}}", "b.yaml")
    before = texts(shop)
    assert "another file for `segments/b.seg`" in segdsl("fmt", "--to", "seg", at=shop, code=2).stderr
    assert texts(shop) == before


def test_fmt_writes_inside_of_the_project_alone(shop: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.seg"
    outside.write_text("segment  a when newsletter")
    (shop / "segments" / "away.seg").symlink_to(outside)
    inside = shop / "shared.seg"
    inside.write_text("segment  b when newsletter")
    link = shop / "segments" / "here.seg"
    link.symlink_to(inside)
    done = segdsl("fmt", at=shop, code=1)
    assert "it is a link that leads out of the project" in done.stderr
    assert outside.read_text() == "segment  a when newsletter"
    assert done.stdout == "segments/here.seg\n"
    assert link.is_symlink() and inside.read_text() == "segment b\n  when newsletter\n"


def test_what_has_changed_meanwhile_is_not_written_over(shop: Path) -> None:
    file = add(shop, "segment  a when newsletter")
    read = projects.load(shop)
    (old,) = (source for source in read.segments if source.name == "segments/extra.seg")
    file.write_text("segment b when newsletter")
    with pytest.raises(projects.ProjectProblem, match="has changed"):
        list(projects.rewrite(read, [(old, Source(old.name, "segment a\n"))]))
    assert file.read_text() == "segment b when newsletter"
    assert [path.name for path in file.parent.iterdir() if path.name.startswith(".")] == []


# --- compute --------------------------------------------------------------------------------------------


def test_commands_that_compute_need_a_project_without_errors(shop: Path) -> None:
    add(shop, 'segment typo\n  when contry = "DE"\n')
    for command in (["size"], ["run"], ["members", "typo"], ["compile"]):
        done = segdsl(*command, at=shop, code=1)
        assert "unknown-column" in done.stderr and done.stdout == ""


def test_colours_only_on_a_terminal_or_when_asked_for(shop: Path) -> None:
    add(shop, 'segment typo\n  when contry = "DE"\n')
    assert "\x1b" not in segdsl("check", at=shop, code=1).stdout
    assert "\x1b[1;31merror" in segdsl("check", "--color", "always", at=shop, code=1, NO_COLOR="1").stdout
    assert "\x1b[1;31merror" in segdsl("--color", "always", "check", at=shop, code=1).stdout


# --- files that cannot be read ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "rule", "code"),
    [
        ("segments/extra.seg", b"segment caf\xe9\n  when everyone\n", "not-utf8", 1),
        ("segments/extra.seg", "segment x\n".encode("utf-16"), "not-utf8", 1),
        ("segments/extra.seg", b"#" * 1_000_001, "file-too-large", 1),
        ("segments/extra.yml", b"segments: [\n", "bad-yaml", 1),
        ("catalog.yml", b"tables: \xff\n", "not-utf8", 2),
        ("segdsl.yml", b"name: \xff\n", "not-utf8", 2),
        ("segdsl.yml", b"name: [x\n", "bad-yaml", 1),
        ("segdsl.yml", b"name: shop\ntimezone: Europe/Berlni\n", "bad-value", 1),
        ("segdsl.yml", b"name: shop\ntimezone: kolkata\n", "bad-value", 1),
        ("segdsl.yml", b"name: shop\nweek_starts: munday\n", "bad-value", 1),
        ("segdsl.yml", b"name: shop\ntargets: {dev: {type: oracle, path: x}}\n", "bad-value", 1),
        ("segdsl.yml", b"name: shop\ntargets: {dev: {type: duckdb}}\n", "missing-key", 1),
        ("segdsl.yml", b"name: shop\ntargets: {dev: {type: duckdb, paht: x, path: x}}\n", "unknown-key", 1),
        ("segdsl.yml", b"name: shop\ntargets: {dev: {type: duckdb, path: x, memberships: ../x.csv}}\n", "bad-value", 1),
        (
            "segdsl.yml",
            b"name: shop\ntargets: {dev: {type: duckdb, path: x}}\ndefault_target: prod\n",
            "unknown-name",
            1,
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_a_finding(shop: Path, name: str, content: bytes, rule: str, code: int) -> None:
    (shop / name).write_bytes(content)
    shape = json.loads(segdsl("check", "--format", "json", at=shop, code=code).stdout)
    assert rule in [finding["rule"] for finding in shape["diagnostics"]]
    assert name in [finding["file"] for finding in shape["diagnostics"]]


def test_segments_in_yaml_count_like_others(shop: Path) -> None:
    add(shop, 'segments:\n  from_germany:\n    when: country = "DE"\n', "more.yml")
    assert segdsl("check", "--strict", at=shop).stdout == "9 segments in 3 files: no findings\n"
    assert segdsl("members", "from_germany", "--as-of", AS_OF, at=shop).stdout.startswith("customer_id\n")


def test_a_byte_order_mark_is_no_text(shop: Path) -> None:
    add(shop, "\ufeffsegment marked\n  when everyone\n")
    segdsl("check", "--strict", at=shop)


def test_a_project_without_a_catalog_or_segments(shop: Path) -> None:
    shutil.rmtree(shop / "segments")
    assert "no-segments" in segdsl("check", at=shop, code=1).stdout
    (shop / "catalog.yml").unlink()
    assert "there is no `catalog.yml`" in segdsl("check", at=shop, code=2).stdout


def test_only_files_of_the_project_are_read(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.seg").write_text("segment secret\n  when everyone\n")
    (tmp_path / "folder").mkdir()
    (shop / "segments" / "out.seg").symlink_to(tmp_path / "secret.seg")
    (shop / "segments" / "loop").symlink_to(shop / "segments")
    (shop / "segments" / "gone.seg").symlink_to(shop / "nowhere.seg")
    (shop / "segments" / "folder.seg").mkdir()
    os.mkfifo(shop / "segments" / "pipe.seg")
    done = segdsl("check", at=shop, code=1)
    assert "`segments/out.seg` cannot be read: it is a link that leads out of the project" in done.stdout
    assert "`segments/loop` cannot be read: it is a link to a folder" in done.stdout
    assert "there is no `segments/gone.seg`" in done.stdout
    assert "`segments/pipe.seg` cannot be read: it is not a file" in done.stdout
    assert done.stdout.endswith("4 errors in 4 files\n")


# --- compile, size, members, run -----------------------------------------------------------------------------


def test_compile_prints_sql_that_runs(made: Path) -> None:
    text = segdsl("compile", "big_spenders", "--as-of", AS_OF, at=made).stdout
    assert text == segdsl("compile", "big_spenders", "--to", "duckdb", "--as-of", AS_OF, at=made).stdout
    with duckdb.connect() as connection:
        for table in ("customers", "orders"):
            connection.read_csv(str(made / "data" / f"{table}.csv")).create_view(table)
        keys = [str(row[0]) for row in connection.execute(text).fetchall()]
        all_of_them = connection.execute(segdsl("compile", "--as-of", AS_OF, at=made).stdout).fetchall()
    assert keys == segdsl("members", "big_spenders", "--as-of", AS_OF, at=made).stdout.split()[1:]
    assert len({row[1] for row in all_of_them}) == 8
    assert "did you mean `duckdb`?" in segdsl("compile", "--to", "duckbd", at=made, code=2).stderr


def test_an_exclusive_group_with_an_otherwise_adds_up_to_everyone(made: Path) -> None:
    shape = json.loads(segdsl("size", "--as-of", AS_OF, "--format", "json", at=made).stdout)
    stages = [segment for segment in shape["segments"] if segment["group"] == "lifecycle"]
    assert sum(stage["assigned"] for stage in stages) == shape["customers"] == 60
    assert shape["as_of"] == "2026-03-01T00:00:00+01:00"
    assert list(shape["segments"][0]) == ["name", "title", "entity", "group", "qualifies", "assigned", "reachable"]


def test_members_as_csv_json_and_parquet_agree_with_the_size(made: Path, tmp_path: Path) -> None:
    shape = json.loads(segdsl("size", "slipping", "--as-of", AS_OF, "--format", "json", at=made).stdout)
    (slipping,) = shape["segments"]
    lines = segdsl("members", "slipping", "--as-of", AS_OF, at=made).stdout.splitlines()
    keys = [int(line) for line in lines[1:]]
    assert lines[0] == "customer_id" and keys == sorted(keys) and len(keys) == slipping["qualifies"]
    shape = json.loads(segdsl("members", "slipping", "--as-of", AS_OF, "--format", "json", at=made).stdout)
    assert (shape["version"], shape["segment"], shape["key"], shape["members"]) == (1, "slipping", "customer_id", keys)
    file = tmp_path / "out.parquet"
    segdsl("members", "slipping", "--as-of", AS_OF, "--format", "parquet", "--output", str(file), at=made)
    assert [row[0] for row in duckdb.read_parquet(str(file)).fetchall()] == keys
    segdsl("members", "slipping", "--as-of", AS_OF, "--output", str(tmp_path / "out.csv"), at=made)
    assert (tmp_path / "out.csv").read_text().splitlines() == lines
    assert "--output" in segdsl("members", "slipping", "--format", "parquet", at=made, code=2).stderr
    segdsl("members", "slipping", "--output", str(tmp_path / "no" / "x.csv"), at=made, code=3)


def test_assigned_members_lost_none_to_a_stronger_segment(made: Path) -> None:
    qualify = segdsl("members", "champions", "--as-of", AS_OF, at=made).stdout.split()
    assigned = segdsl("members", "champions", "--assigned", "--as-of", AS_OF, at=made).stdout.split()
    newcomers = segdsl("members", "newcomers", "--as-of", AS_OF, at=made).stdout.split()
    assert set(assigned[1:]) == set(qualify[1:]) - set(newcomers[1:])


def test_a_run_writes_what_the_size_says(shop: Path) -> None:
    summary = json.loads(segdsl("run", "--as-of", AS_OF, "--format", "json", at=shop).stdout)
    size = json.loads(segdsl("size", "--as-of", AS_OF, "--format", "json", at=shop).stdout)
    assert summary["segments"] == size["segments"]
    assert summary["written_to"] == str(shop / "data" / "memberships.parquet")
    found = duckdb.read_parquet(summary["written_to"])
    assert found.columns == ["customer_id", "segment", "qualifies", "assigned", "as_of"]
    assert len(found.fetchall()) == summary["rows"] == sum(each["qualifies"] for each in size["segments"])
    assert "written: " in segdsl("run", "--as-of", AS_OF, at=shop).stdout


@pytest.mark.parametrize(
    "moment", ["2026-03-01", "2026-03-01T00:00", "2026-03-01T00:00:00.0+01:00", "2026-02-28T23:00Z"]
)
def test_as_of_is_a_date_or_a_moment(made: Path, moment: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-C", str(made), "size", "newcomers", "--as-of", moment, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["as_of"] == "2026-03-01T00:00:00+01:00"


@pytest.mark.parametrize(
    "moment",
    ["tomorrow", "2026-02-30", "2026-1-1", "20260101", "2026-01-01T25:00", "", "0001-01-01", "٢٠٢٦-01-01"],
)
def test_what_is_no_moment_is_wrong_usage(made: Path, moment: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-C", str(made), "size", f"--as-of={moment}"]) == 2
    said = capsys.readouterr().err
    assert "2026-01-10" in said or "calendar" in said


def test_set_gives_a_let_another_value(made: Path) -> None:
    def champions(*arguments: str) -> int:
        shape = json.loads(
            segdsl("size", "champions", "--as-of", AS_OF, "--format", "json", *arguments, at=made).stdout
        )
        return int(shape["segments"][0]["qualifies"])

    assert champions("--set", "loyal_orders=9") < champions() == champions("--set", "loyal_orders=4")
    assert champions("--set", "loyal_orders=9", "--set", "loyal_orders=4") == champions()
    assert "`loyal_orders`" in segdsl("size", "--set", "loyal_order=9", at=made, code=2).stderr
    assert "--set NAME=VALUE" in segdsl("check", "--set", "loyal_orders", at=made, code=2).stderr
    assert "this is a whole number" in segdsl("check", "--set", "loyal_orders=many", at=made, code=1).stdout


def test_a_name_that_is_not_there_is_wrong_usage(made: Path) -> None:
    assert "did you mean `champions`?" in segdsl("members", "chmapions", at=made, code=2).stderr
    assert "did you mean `champions`?" in segdsl("size", "chmapions", at=made, code=2).stderr
    assert "there is no target `prod`" in segdsl("size", "--target", "prod", at=made, code=2).stderr


def test_a_target_may_come_from_the_environment(shop: Path) -> None:
    (shop / "segdsl.yml").write_text('name: shop\ntargets: {dev: {type: duckdb, path: "${SHOP_DATA}"}}\n')
    assert "`SHOP_DATA`" in segdsl("size", at=shop, code=2).stderr
    segdsl("size", at=shop, SHOP_DATA=str(shop / "data"))
    assert "there is no database" in segdsl("size", at=shop, code=3, SHOP_DATA="elsewhere").stderr
    segdsl("check", "--strict", at=shop)


def test_what_the_database_refuses_is_code_3(shop: Path) -> None:
    (shop / "data" / "orders.csv").unlink()
    done = segdsl("size", at=shop, code=3)
    assert "`orders.parquet` or `orders.csv`" in done.stderr
    assert " --> catalog.yml:" in done.stderr
    assert done.stdout == ""


def test_a_reader_who_has_seen_enough_ends_the_command_quietly(made: Path) -> None:
    command = f"{sys.executable} -m segdsl members everyone_else --as-of {AS_OF} | true; exit ${{PIPESTATUS[0]}}"
    environment = dict(os.environ) | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-c", command], cwd=made, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
def test_output_that_cannot_be_written_is_said_in_one_line(made: Path) -> None:
    def said(command: str) -> tuple[int, str]:
        environment = dict(os.environ) | {"PYTHONPATH": str(ROOT)}
        line = f"{sys.executable} -m segdsl {command}"
        done = subprocess.run(
            ["bash", "-c", line], cwd=made, env=environment, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stderr

    assert said("check > /dev/full") == (2, "error: the system refuses: no space left on device\n")
    assert said("check >&-") == (0, "")
    assert said("check 2>&-") == (0, "")


def test_importing_is_quick_and_loads_nothing_heavy() -> None:
    script = (
        "import sys, segdsl\n"
        "heavy = {'lark', 'yaml', 'sqlglot', 'sqlalchemy', 'duckdb', 'jinja2', 'rich'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


def test_the_api_says_what_the_command_says(made: Path) -> None:
    from datetime import date

    import segdsl as api

    project = api.load(made)
    assert not list(api.check(project))
    text = segdsl("compile", "win_back", "--as-of", AS_OF, at=made).stdout
    assert api.compile(project, ["win_back"], as_of=date(2026, 3, 1)) + "\n" == text
    keys = api.members(project, "win_back", as_of=date(2026, 3, 1)).keys
    assert [str(key) for key in keys] == segdsl("members", "win_back", "--as-of", AS_OF, at=made).stdout.split()[1:]
