"""List columns in files, and list files on disk: what cases in Markdown cannot hold."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

import segdsl
from segdsl import project as projects
from segdsl.warehouse import DatabaseProblem

AS_OF = date(2026, 1, 10)
CATALOG = """\
tables:
  customer:
    from: customers
    key: id
    columns: {id: integer, name: text, tags: list of text}
entity: customer
"""
SEGMENTS = """\
segment yogis when tags contains "yoga"
segment two when length(tags) = 2
segment unknown when tags is missing
segment empty when length(tags) = 0
"""
VIP = 'segment vip when in list "vip.csv"\n'


def write(folder: Path, segments: str = SEGMENTS) -> Path:
    """A project over the files of the folder `data`."""
    (folder / "data").mkdir()
    (folder / "segments").mkdir()
    (folder / "segdsl.yml").write_text("name: acme\ntargets: {dev: {type: duckdb, path: data}}\n")
    (folder / "catalog.yml").write_text(CATALOG)
    (folder / "segments" / "all.seg").write_text(segments)
    (folder / "data" / "customers.csv").write_text("id,name,tags\n1,Anna,\n2,Bea,\n")
    return folder


def sizes(project: Path) -> dict[str, int]:
    return {each.name: each.qualifies for each in segdsl.size(segdsl.load(project), as_of=AS_OF).segments}


def found(project: Path) -> list[tuple[str, str]]:
    report = segdsl.check(segdsl.load(project))
    return [(finding.rule.name, finding.message) for finding in report.sorted()]


# --- columns ------------------------------------------------------------------------------------------


def test_a_csv_file_holds_lists_as_json(tmp_path: Path) -> None:
    rows = ['1,Anna,"[""yoga"", ""r,\\""un"", null]"', "2,Bea,[]", "3,Cy,", '4,Di,"[""yoga"", ""\\u00e9""]"']
    (write(tmp_path) / "data" / "customers.csv").write_text("\n".join(["id,name,tags", *rows, ""]))
    assert sizes(tmp_path) == {"yogis": 2, "two": 2, "unknown": 1, "empty": 1}


@pytest.mark.parametrize("cell", ["[yoga]", "yoga", '"{""a"": 1}"', '"""yoga"""', "[", "null"])
def test_what_is_no_list_in_a_csv_file_is_shown(tmp_path: Path, cell: str) -> None:
    (write(tmp_path) / "data" / "customers.csv").write_text(f"id,name,tags\n1,Anna,{cell}\n")
    with pytest.raises(DatabaseProblem, match="`tags` is no list such as"):
        sizes(tmp_path)


def test_a_parquet_file_holds_lists_as_lists(tmp_path: Path) -> None:
    data = write(tmp_path) / "data"
    (data / "customers.csv").unlink()
    with duckdb.connect() as database:
        rows = "(1, 'Anna', ['yoga', NULL]), (2, 'Bea', []), (3, 'Cy', NULL), (4, 'Di', ['run', 'yoga'])"
        table = database.sql(f"SELECT * FROM (VALUES {rows}) AS _(id, name, tags)")
        table.write_parquet(str(data / "customers.parquet"))
    assert sizes(tmp_path) == {"yogis": 2, "two": 1, "unknown": 1, "empty": 1}


def test_a_text_is_not_taken_for_a_list(tmp_path: Path) -> None:
    data = write(tmp_path) / "data"
    (data / "customers.csv").unlink()
    with duckdb.connect() as database:
        database.sql("SELECT 1 AS id, 'Anna' AS name, '[yoga]' AS tags").write_parquet(str(data / "customers.parquet"))
    with pytest.raises(DatabaseProblem, match="is declared as `list of text`, and holds VARCHAR"):
        sizes(tmp_path)


# --- files --------------------------------------------------------------------------------------------


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    (write(tmp_path, VIP) / "vip.csv").write_bytes(b"\xef\xbb\xbfid,note\r\n2,x\r\n")
    assert sizes(tmp_path) == {"vip": 1}


def test_a_list_that_is_no_utf8_is_told_from_one_that_is_not_there(tmp_path: Path) -> None:
    assert found(write(tmp_path, VIP)) == [("missing-file", "there is no `vip.csv`")]
    (tmp_path / "vip.csv").write_bytes(b"id\n\xff\n")
    assert found(tmp_path) == [("not-utf8", "`vip.csv` is not UTF-8 text")]


def test_no_list_outside_of_the_project_is_read(tmp_path: Path) -> None:
    outside = tmp_path / "secret.csv"
    outside.write_text("id\n1\n")
    (tmp_path / "acme").mkdir()
    project = write(tmp_path / "acme", VIP)
    (project / "vip.csv").symlink_to(outside)
    assert found(project) == [
        ("unreadable-file", "`vip.csv` cannot be read: it is a link that leads out of the project")
    ]


def test_a_folder_is_no_list(tmp_path: Path) -> None:
    (write(tmp_path, VIP) / "vip.csv").mkdir()
    ((rule, _),) = found(tmp_path)
    assert rule == "unreadable-file"


def test_a_list_may_be_larger_than_a_definition_and_not_endless(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = "".join(f"{number}\n" for number in range(2, 200_000))
    (write(tmp_path, VIP) / "vip.csv").write_text("id\n" + lines)
    assert len(lines) > projects.LARGEST_FILE
    assert sizes(tmp_path) == {"vip": 1}
    monkeypatch.setattr(projects, "LARGEST_LIST", 1_000_000)
    assert found(tmp_path) == [("file-too-large", "`vip.csv` is larger than 1 MB")]


def test_a_list_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (write(tmp_path, VIP + 'segment others when not in list "vip.csv"\n') / "vip.csv").write_text("id\n1\n")
    asked = []
    reads = projects.Project.list_file

    def counted(*arguments: object) -> object:
        asked.append(arguments[1])
        return reads(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(projects.Project, "list_file", counted)
    assert sizes(tmp_path) == {"vip": 1, "others": 1}
    assert len(asked) == 1


@pytest.mark.parametrize("names", [["a\nb", "c\n", "\n-", "-\n-\n", "x"], ["it's", 'say "hi"', "--", "/*", "💛"]])
def test_whatever_a_list_holds_is_found_again(tmp_path: Path, names: list[str]) -> None:
    project = write(tmp_path, 'segment named when name in list "names.csv"\n')
    cells = ['"' + name.replace('"', '""') + '"' for name in names]
    (project / "names.csv").write_text("name\n" + "".join(f"{cell}\n" for cell in cells), newline="")
    rows = [f"{number},{cell}," for number, cell in enumerate([*cells, '"a"', '"c"', '"-"'])]
    (project / "data" / "customers.csv").write_text("id,name,tags\n" + "\n".join(rows) + "\n", newline="")
    assert segdsl.members(segdsl.load(project), "named", as_of=AS_OF).keys == tuple(range(len(names)))
