"""The house library: every definition is what it promises to be, here and in a project of somebody else."""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
import sys
import zipfile
from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest

import segdsl as api
from segdsl import compiler, library, trials, warehouse
from segdsl import project as projects
from segdsl.compiler import BadRequest, Findings
from segdsl.diagnostics import Report
from segdsl.grammar import ast
from segdsl.library import Shelf
from segdsl.library.mapping import SYNONYMS
from segdsl.scaffold.with_library import Brought, Open, bring
from segdsl.semantics import ir
from segdsl.semantics.types import Text
from tests.test_cli import segdsl

ROOT = Path(__file__).resolve().parent.parent
SEGMENTS = ROOT / "segments"
PAGE = ROOT / "docs" / "library.md"
AS_OF = date(2026, 3, 1)


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return library.load()


@pytest.fixture(scope="module")
def program() -> ir.Program:
    return compiler.sound(projects.load(SEGMENTS))


@pytest.fixture(scope="module")
def sizes(program: ir.Program) -> warehouse.Sizes:
    clock = compiler.clock(program, AS_OF)
    return warehouse.size(program, tuple(program.segments), clock, projects.load(SEGMENTS).target())


def segments(shelf: Shelf) -> list[ast.Segment]:
    return [each for each in shelf.definitions() if isinstance(each, ast.Segment)]


def cases(program: ir.Program) -> list[trials.Case]:
    report = Report()
    found = [
        case
        for source in projects.tests(projects.load(SEGMENTS), report)
        for case in trials.read(source, program, report)
    ]
    assert not len(report)
    return found


# --- what the library promises ------------------------------------------------------------------------


def test_nothing_is_found_in_the_library() -> None:
    checked = compiler.check(projects.load(SEGMENTS), today=date(2026, 3, 1))
    assert checked.is_complete
    assert list(checked.report) == []


def test_every_segment_says_what_it_is_for_where_it_is_from_and_how_large_it_may_be(shelf: Shelf) -> None:
    groups = {each.name.text: each for each in shelf.definitions() if isinstance(each, ast.Group)}
    lacking = []
    for each in segments(shelf):
        group = groups[each.group.text] if each.group is not None else None
        is_sourced = library.source(each) or (group is not None and library.source(group))
        is_sized = any(isinstance(promise, ast.SizePromise) for promise in each.expects)
        if not (each.title and library.purpose(each) and is_sourced and is_sized):
            lacking.append(each.name.text)
    assert lacking == []


def test_every_segment_has_a_test_of_who_is_in_and_of_who_is_not(shelf: Shelf, program: ir.Program) -> None:
    shown: dict[str, set[bool]] = defaultdict(set)
    for case in cases(program):
        for each in case.expected:
            shown[each.segment].add(each.kind != "not in")
    assert {each.name.text for each in segments(shelf) if shown[each.name.text] != {True, False}} == set()


def test_the_tests_of_the_library_pass_by_the_evaluator_and_in_duckdb(program: ir.Program) -> None:
    with warehouse.trial(program) as trial:
        outcomes = [trials.judge(program, case, trial.ask) for case in cases(program)]
    assert [outcome.case.name for outcome in outcomes if not outcome.is_good] == []
    assert len(outcomes) > 250


def test_the_data_of_the_library_keep_its_promises_and_have_somebody_for_everything(sizes: warehouse.Sizes) -> None:
    assert sizes.broken == ()
    assert [size.name for size in sizes.segments if not size.qualifies] == []


def test_the_data_of_the_library_are_made_alike_each_time(tmp_path: Path) -> None:
    shutil.copy(SEGMENTS / "data" / "make_data.py", tmp_path)
    subprocess.run([sys.executable, tmp_path / "make_data.py"], check=True)
    made = {path.name: path.read_bytes() for path in tmp_path.glob("*.csv")}
    assert made == {path.name: path.read_bytes() for path in (SEGMENTS / "data").glob("*.csv")}


def test_names_of_definitions_are_no_words_of_the_catalog(shelf: Shelf) -> None:
    """How it is known which name in a definition is another definition's."""
    words = {"at", *shelf.declared.tables}
    for table in shelf.declared.tables.values():
        words |= {*table.columns, *table.links}
    assert words & {each.name.text for each in shelf.definitions()} == set()


def test_synonyms_are_of_words_of_the_library(shelf: Shelf) -> None:
    tables = shelf.declared.tables
    words = {*tables, *(f"{table.name}.{column}" for table in tables.values() for column in table.columns)}
    assert SYNONYMS.keys() - words == set()


def test_every_column_of_the_catalog_is_needed(shelf: Shelf) -> None:
    needed = {(word.table, word.name) for word in library.words_of(shelf, shelf.definitions())}
    rest = {
        (table.name, column.name)
        for table in shelf.declared.tables.values()
        for column in table.columns.values()
        if (table.name, column.name) not in needed and column.stored_as not in (table.key, table.at)
    }
    assert rest == {("order", "status")}, "what the table's `where` looks at"


# --- in a project of somebody else ----------------------------------------------------------------------


def no_answer(question: library.Question) -> None:
    return None


def project(folder: Path, catalog: str, **files: str) -> Path:
    """A project with a catalog and one segment of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "segdsl.yml").write_text("name: acme\ntimezone: Asia/Kolkata\n", encoding="utf-8")
    (folder / "catalog.yml").write_text(catalog, encoding="utf-8")
    for name, text in files.items():
        path = folder / "segments" / f"{name}.seg"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def held(folder: Path) -> tuple[ir.Program, int]:
    """The program of a project without findings, and how many tests pass in it; none may fail."""
    loaded = projects.load(folder)
    checked = compiler.check(loaded)
    assert list(checked.report) == []
    assert checked.program is not None
    report = Report()
    found = [case for source in projects.tests(loaded, report) for case in trials.read(source, checked.program, report)]
    assert not len(report)
    assert all(trials.holds(checked.program, case) for case in found)
    return checked.program, len(found)


def other_words(shelf: Shelf, value: str) -> tuple[str, dict[str, str]]:
    """The library's catalog with another word for everything, and how that is said: values begin with `value`."""
    said, lines = {}, ["tables:"]
    for table in shelf.declared.tables.values():
        said[table.name] = f"{table.name}_Ö"
        lines += [f"  {table.name}_Ö:", f"    from: {'.'.join(table.stored_in)}"]
        lines += [f"    key: {table.key}"] * (table.key is not None)
        lines += [f"    at: {table.at}"] * (table.at is not None)
        lines += [f'    where: Zstatus = "{value}completed"'] * (table.where is not None)
        links = [f"to {link.name}: {{column: {link.column}, table: {link.table}_Ö}}" for link in table.links.values()]
        lines += [f"    links: {{{', '.join(links)}}}"] * bool(links)
        said |= {f"{table.name}.{link}": f"to {link}" for link in table.links}
        lines += ["    columns:"]
        declared = shelf.catalog.text.split(f"\n  {table.name}:\n")[1]
        for column in table.columns.values():
            word = f"{table.name}.{column.name}"
            said[word] = f"Z{column.name}"
            line = next(line for line in declared.split("\n") if line.strip().startswith(f"{column.name}:"))
            type_ = line.partition(":")[2].partition("#")[0].strip().replace(", required: true", "")
            values = column.type.values if isinstance(column.type, Text) else ()
            for each in values:
                type_ = re.sub(rf"(?<=[ \[]){each}(?=[,\]])", value + each, type_)
                if column.name != "status":
                    said[f"{word}.{each}"] = value + each
            type_ = type_ if type_.startswith("{") else f"{{type: {type_}}}"
            stored = "" if column.coordinates else f", from: {column.stored_as}"
            lines.append(f"      Z{column.name}: {type_.removesuffix('}')}{stored}}}")
    lines.append(f"entity: {shelf.declared.entity}_Ö\n")
    return "\n".join(lines), said


def test_all_of_it_can_be_said_in_other_words(shelf: Shelf, tmp_path: Path) -> None:
    catalog, said = other_words(shelf, "x ")
    folder = project(tmp_path / "acme", catalog)
    files = [path.stem for path in (SEGMENTS / "segments").glob("*.seg")]
    brought = bring(folder, files, said, no_answer)
    program, tests = held(folder)
    assert len(program.segments) == len(segments(shelf)) == len(brought.copy.segments)
    # Nobody has said what `returned` and `cancelled` are.
    assert brought.copy.left_out == (
        "an order that was sent back has never happened", "an order that was cancelled does not make a second one",
    )  # fmt: skip
    assert tests == brought.copy.tests > 250


def test_what_it_says_in_other_words_is_the_same(shelf: Shelf, sizes: warehouse.Sizes, tmp_path: Path) -> None:
    """The same customers of the library's own data, for a definition of each kind."""
    catalog, said = other_words(shelf, "")
    folder = project(tmp_path / "acme", catalog)
    names = [
        "browse_abandoners",
        "valuable_cart_abandoners",
        "personas",
        "quality_seekers",
        "vital_few",
        "single_contact_accounts",
    ]
    bring(folder, names, said, no_answer)
    (folder / "segdsl.yml").write_text(
        f"name: acme\ntimezone: Asia/Kolkata\ntargets: {{data: {{type: duckdb, path: {SEGMENTS / 'data'}}}}}\n",
        encoding="utf-8",
    )
    there = {size.name: size.qualifies for size in api.size(api.load(folder), as_of=AS_OF).segments}
    assert there == {size.name: size.qualifies for size in sizes.segments if size.name in there}
    assert there["persona_local_regular"] > 0


SHOP = """
tables:
  customer:
    from: crm.customers
    key: id
    columns: {created_at: timestamp, dob: date, town: text, locale: text, newsletter: boolean, email: text}
    links: {home: address_id}
  home: {from: crm.addresses, key: id, columns: {kids: integer}}
  purchase:
    from: sales
    key: id
    at: created_at
    links: {customer: customer_id}
    where: state = "paid"
    columns:
      total_amount: "decimal(10,2)"
      state: {type: text, values: [open, paid, void]}
      sales_channel: {type: text, values: [Web, App, Store]}
  basket: {from: baskets, key: id, at: changed_at, links: {customer: customer_id}, columns: {total: "decimal(10,2)"}}
entity: customer
"""


def test_words_are_found_by_names_types_and_links(tmp_path: Path) -> None:
    folder = project(tmp_path / "acme", SHOP)
    brought = bring(
        folder, ["lifecycle", "valuable_cart_abandoners", "signed_up_not_ordered", "parents"], {}, no_answer
    )
    assert brought.said == {
        "cart": "basket", "cart.worth": "total", "customer.children": "home.kids",
        "customer.signed_up": "created_at", "order": "purchase", "order.amount": "total_amount",
    }  # fmt: skip
    program, tests = held(folder)
    assert {"reactivated", "cart_abandoners", "parents"} <= program.segments.keys()
    assert "has basket where total > customer.usual_order_value not followed by purchase between 8 and 1 day ago" in (
        folder / "segments" / "abandoned.seg"
    ).read_text(encoding="utf-8")
    # Only purchases that are paid count, so the tests say that theirs are.
    assert "purchase: {state: paid, at: 2026-01-31}" in (folder / "tests" / "lifecycle.yml").read_text(encoding="utf-8")
    # A row of `customer` cannot say how many children there are: that is somewhere else.
    assert "one child makes a parent and no large family" in brought.copy.left_out
    assert tests == brought.copy.tests > 25


def test_values_of_closed_lists_are_found_or_asked_for(tmp_path: Path) -> None:
    folder = project(tmp_path / "acme", SHOP)
    with pytest.raises(Open) as found:
        bring(folder, ["persona_local_regular"], {"order.delivery": "sales_channel", "mail": "basket"}, no_answer)
    asked = {question.word.text: question.options for question in found.value.questions}
    assert asked["order.channel.shop"] == ("Web", "App", "Store")
    assert "order.channel" not in asked
    bring(folder, ["one_channel_buyers"], {}, no_answer)
    _, tests = held(folder)
    # That of three channels is left out: `Store` is not known to be `shop`.
    assert tests == 2
    assert "sales_channel: App" in (folder / "tests" / "loyalty.yml").read_text(encoding="utf-8")


def test_what_cannot_be_inferred_is_asked_for_with_the_command_that_says_it(tmp_path: Path) -> None:
    catalog = SHOP.replace('total_amount: "decimal(10,2)"', 'gross: "decimal(10,2)"\n      tax: "decimal(10,2)"')
    folder = project(tmp_path / "acme", catalog)
    before = sorted(folder.rglob("*"))
    done = segdsl("init", ".", "--with", "win_back", at=folder, code=2)
    assert done.stdout == ""
    assert done.stderr == (
        "error: `order.amount` is not found in catalog.yml: the amount of each order, a number\n"
        "  = help: it may be gross, tax; it is needed by `win_back`\n"
        "error: nothing was written\n"
        "  = help: type: segdsl init . --with win_back --map order.amount=...\n"
    )
    assert sorted(folder.rglob("*")) == before
    done = segdsl("init", ".", "--with", "win_back", "--map", "order.amount=gross", at=folder)
    assert "  order.amount is gross\n" in done.stdout
    _, tests = held(folder)
    assert tests == 6


def test_a_person_at_a_terminal_is_asked(tmp_path: Path) -> None:
    catalog = SHOP.replace('total_amount: "decimal(10,2)"', 'gross: "decimal(10,2)"\n      tax: "decimal(10,2)"')
    folder = project(tmp_path / "acme", catalog)
    there, here = pty.openpty()
    os.write(there, b"1\n")
    line = [sys.executable, "-m", "segdsl", "init", ".", "--with", "win_back"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        line, cwd=folder, env=environment, stdin=here, capture_output=True, text=True, encoding="utf-8", check=False
    )
    os.close(here)
    os.close(there)
    assert done.returncode == 0, done.stderr
    assert "order.amount: the amount of each order, a number\n  1  gross\n  2  tax\n" in done.stderr
    assert "sum(purchase.gross)" in (folder / "segments" / "metrics.seg").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("ordr=purchase", "the library has no table `ordr`"),
        ("order.amont=total_amount", "the library's table `order` has no column `amont`"),
        ("customer=purchase", "segments of catalog.yml are sets of `customer`: `customer` cannot be `purchase`"),
        ("order=sales", "catalog.yml has no table `sales`"),
        ("order.amount=totl", "table `purchase` has no column `totl`"),
        ("order.amount=state", "`order.amount` is a number, and `purchase.state` is a text"),
        ("order.customer=client", "`purchase` has no link `client`"),
    ],
)
def test_what_is_said_wrongly_is_told(said: str, message: str, tmp_path: Path) -> None:
    folder = project(tmp_path / "acme", SHOP)
    word, _, own = said.partition("=")
    with pytest.raises(BadRequest) as refused:
        bring(folder, ["win_back"], {word: own}, no_answer)
    assert refused.value.message == message
    assert not (folder / "segments").exists()


def test_a_name_that_the_library_does_not_have(tmp_path: Path) -> None:
    done = segdsl("init", "--with", "champion", "--map", "order", at=tmp_path, code=2)
    assert "`--map order` does not say what is called how" in done.stderr
    with pytest.raises(BadRequest) as refused:
        bring(tmp_path, ["champion"], {}, no_answer)
    assert refused.value.help == "did you mean `champions`?"
    assert list(tmp_path.iterdir()) == []


def test_what_a_project_has_stays_as_it_is(tmp_path: Path) -> None:
    own = "let worth_a_letter = 50\n"
    folder = project(tmp_path / "acme", SHOP, churn=own)
    first = bring(folder, ["win_back"], {}, no_answer)
    assert first.copy.kept == ("worth_a_letter",)
    assert "segments/churn_2.seg" in first.files
    assert (folder / "segments" / "churn.seg").read_text(encoding="utf-8") == own
    # Of the tests those are left out that are about another sum.
    assert "gone, and not worth it" in first.copy.left_out
    held(folder)
    files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    again: Brought = bring(folder, ["win_back"], {}, no_answer)
    assert again.files == ()
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == files


def test_another_definition_of_a_name_is_not_touched(tmp_path: Path) -> None:
    folder = project(tmp_path / "acme", SHOP, own="segment win_back when has purchase more than 90 days ago\n")
    done = segdsl("init", ".", "--with", "won_back", at=folder, code=2)
    assert "`win_back` is in segments/own.seg:1 already, and says something else" in done.stderr
    assert "bring it under another name: --map win_back=NAME" in done.stderr
    bring(folder, ["won_back"], {"win_back": "letter_list"}, no_answer)
    program, _ = held(folder)
    assert {"win_back", "letter_list", "won_back"} <= program.segments.keys()
    assert "was in segment letter_list 30 days ago" in (folder / "segments" / "churn.seg").read_text(encoding="utf-8")
    assert "in: [letter_list]" in (folder / "tests" / "churn.yml").read_text(encoding="utf-8")


def test_what_the_shop_sets_comes_before_what_the_library_has(tmp_path: Path) -> None:
    catalog = SHOP.replace("dob: date,", "dob: date, country: {type: text, values: [DE, FR]},")
    folder = project(tmp_path / "acme", catalog)
    done = segdsl("init", ".", "--with", "abroad", at=folder, code=1)
    assert "`IN` is not one of the values of `customer.country`" in done.stderr
    assert "a `let`, place or occasion of that name that you write first takes the place" in done.stderr
    assert not (folder / "segments").exists()
    project(folder, catalog, own='let home_country = "DE"\n')
    brought = bring(folder, ["abroad"], {}, no_answer)
    assert brought.copy.kept == ("home_country",)
    held(folder)


def test_days_will_do_where_the_library_has_moments(tmp_path: Path) -> None:
    days = SHOP.replace("    columns:\n      total_amount", "    columns:\n      created_at: date\n      total_amount")
    folder = project(tmp_path / "acme", days)
    brought = bring(folder, ["lifecycle", "churn_risk", "win_back", "buying", "festivals"], {}, no_answer)
    _, tests = held(folder)
    about_status = {
        "an order that was sent back has never happened",
        "an order that was cancelled does not make a second one",
    }
    assert set(brought.copy.left_out) == about_status
    assert tests > 50


def test_tests_without_rows_that_count_are_left_out(tmp_path: Path) -> None:
    """They would pass for whatever is asked."""
    catalog = SHOP.replace('where: state = "paid"', "where: total_amount > 0 and length(state) > 3")
    folder = project(tmp_path / "acme", catalog)
    brought = bring(folder, ["usage"], {}, no_answer)
    _, tests = held(folder)
    assert "older ones do not count" in brought.copy.left_out
    assert "nobody without orders buys" not in brought.copy.left_out
    assert tests == 1


def test_values_of_open_columns_are_pointed_out(tmp_path: Path) -> None:
    folder = project(tmp_path / "acme", SHOP.replace("{type: text, values: [Web, App, Store]}", "text"))
    with pytest.raises(Open):
        bring(folder, ["speed_seekers"], {}, no_answer)
    brought = bring(folder, ["speed_seekers"], {"order.delivery": "sales_channel"}, no_answer)
    assert brought.assumed == (
        "`purchase.sales_channel` says `express`: it has no list of values that would tell",
        "`purchase.sales_channel` says `pickup`: it has no list of values that would tell",
    )


def test_nothing_is_written_where_it_would_not_be_sound(tmp_path: Path) -> None:
    catalog = SHOP.replace(
        "columns: {created_at: timestamp, dob", "columns: {orders_ever: integer, created_at: timestamp, dob"
    )
    folder = project(tmp_path / "acme", catalog)
    with pytest.raises(Findings) as refused:
        bring(folder, ["repeat_buyers"], {}, no_answer)
    messages = {found.message for found in refused.value.diagnostics}
    assert messages == {"`orders_ever` is both a column of `customer` and a metric"}
    assert not (folder / "segments").exists()


# --- a new project --------------------------------------------------------------------------------------


def test_a_new_project_has_what_is_needed_and_runs(tmp_path: Path) -> None:
    made = segdsl("init", "shop", "--with", "churn", "city_tier", at=tmp_path)
    shop = tmp_path / "shop"
    assert made.stdout.endswith("next:\n  cd shop\n  segdsl check\n  segdsl test\n  segdsl size --as-of 2026-03-01\n")
    assert {path.name for path in (shop / "data").iterdir()} == {"customers.csv", "orders.csv", "surveys.csv"}
    assert "company" not in (shop / "catalog.yml").read_text(encoding="utf-8")
    assert (shop / "lists" / "tier_1.csv").exists()
    _, tests = held(shop)
    assert tests > 20
    assert "win_back" in segdsl("size", "win_back", "--as-of", "2026-03-01", at=shop).stdout


def test_each_file_of_the_library_makes_a_project(shelf: Shelf, tmp_path: Path) -> None:
    for module in shelf.modules:
        name = Path(module.span.source.name).stem
        if name != "metrics":
            brought = bring(tmp_path / name, [name], {}, no_answer)
            assert brought.is_new
            assert brought.copy.left_out == ()
            assert brought.copy.warnings == ()
            assert brought.copy.tests > 4


def test_the_list_has_every_segment_on_a_line(shelf: Shelf, tmp_path: Path) -> None:
    lines = segdsl("init", "--with", at=tmp_path).stdout.split("\n")
    assert [line.split()[0] for line in lines if line.startswith("  ")] == [each.name.text for each in segments(shelf)]
    assert "rfm: rfm" in lines


# --- how it gets there ------------------------------------------------------------------------------------


def test_the_library_is_in_the_wheel(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for name in ("segdsl", "segments"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__", "memberships*"))
    for name in ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    build = "from setuptools import build_meta; print(build_meta.build_wheel('..'))"
    subprocess.run([sys.executable, "-c", build], cwd=source, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = {name.removeprefix("segdsl/library/files/") for name in packed.namelist() if "library/files/" in name}
        packed.extractall(tmp_path / "site")
    there = {
        path.relative_to(SEGMENTS).as_posix() for path in SEGMENTS.rglob("*") if path.suffix in (".seg", ".yml", ".csv")
    }
    assert names == there
    shutil.rmtree(source)
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "site")}
    line = [sys.executable, "-m", "segdsl", "init", "shop", "--with", "rfm"]
    done = subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "shop" / "segments" / "rfm.seg").exists()
    where = [sys.executable, "-c", "from segdsl.library import load; print(load().root)"]
    found = subprocess.run(
        where, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    ).stdout.strip()
    assert found == str(tmp_path / "site" / "segdsl" / "library" / "files")
