"""Makes a small project that runs, or brings segments of the house library into one."""

from __future__ import annotations

import shlex
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from segdsl import render
from segdsl.cli import output
from segdsl.cli.codes import FINDINGS, FINE, USAGE
from segdsl.compiler import BadRequest, Findings
from segdsl.diagnostics import listed

if TYPE_CHECKING:
    from segdsl.library import Question
    from segdsl.scaffold.with_library import Brought, Open

HELP = "make a small project that runs at once, with data; --with brings segments of the house library"


def add_to(parser: ArgumentParser) -> None:
    parser.add_argument("directory", nargs="?", default=".", metavar="DIR", help="where to make it (default: here)")
    help = "copy these segments, groups or files of the house library, also into a project that is there"
    parser.add_argument("--with", nargs="*", metavar="NAME", dest="names", help=help)
    help = "what a word of the library is called in catalog.yml, or shall be called; may be given several times"
    parser.add_argument("--map", action="append", default=[], metavar="LIBRARY=OWN", dest="words", help=help)


def call(options: Namespace) -> int:
    if options.names is None:
        if options.words:
            raise BadRequest("`--map` is about the house library", "name what to bring: --with NAME")
        return _first(Path(options.directory))
    if options.names in ([], ["list"]):
        return _list()
    return _bring(options)


def _first(folder: Path) -> int:
    from segdsl.scaffold import NEXT_COMMANDS, create

    _show_files(create(folder), folder)
    _show_next(folder, NEXT_COMMANDS)
    return FINE


def _show_files(files: Sequence[str], folder: Path) -> None:
    print(f"made {render.counted(len(files), 'file')} in {render.escaped(str(folder))}:")
    for file in files:
        print(f"  {file}")


def _show_next(folder: Path, commands: Sequence[str]) -> None:
    print("\nnext:")
    if folder.resolve() != Path.cwd():
        print(f"  cd {render.escaped(str(folder))}")
    for command in commands:
        print(f"  {command}")


# --- the house library --------------------------------------------------------------------------------


def _list() -> int:
    from segdsl import library

    for heading, entries in library.listing(library.load()):
        print(heading)
        width = max(len(name) for name, _ in entries)
        for name, about in entries:
            print(f"  {name:<{width}}  {about}")
        print()
    print("segdsl init DIR --with NAME...   brings a segment, a group or a file (the words before the colons)")
    return FINE


def _bring(options: Namespace) -> int:
    from segdsl.scaffold import AS_OF
    from segdsl.scaffold.with_library import Open, bring

    folder = Path(options.directory)
    try:
        brought = bring(folder, options.names, _said(options.words), _ask if sys.stdin.isatty() else lambda _: None)
    except Open as open_:
        return _complain_of(open_, options)
    except Findings as found:
        output.show_findings(found.diagnostics, sys.stderr, options, FINDINGS)
        help = "a `let`, place or occasion of that name that you write first takes the place of the library's"
        return output.complain("nothing was written: the project would have these errors", help, FINDINGS, options)
    if brought.files:
        _show_files(brought.files, folder)
    else:
        print("nothing was written: the project has all of it")
    _show_words(brought)
    if brought.copy.warnings:
        print()
        output.show_findings(brought.copy.warnings, sys.stdout, options, FINE)
    size = f"segdsl size --as-of {AS_OF}" if brought.is_new else "segdsl size"
    _show_next(folder, ("segdsl check", "segdsl test", size))
    return FINE


def _show_words(brought: Brought) -> None:
    """How the library's words were understood, and what did not come along."""
    for title, lines in (
        ("your catalog was understood like this:", [f"{word} is {own}" for word, own in brought.said.items()]),
        ("please look at these:", brought.assumed),
        ("yours stay as they are:", brought.copy.kept),
        ("tests that your catalog cannot hold were left out:", brought.copy.left_out),
    ):
        if lines:
            print(f"\n{title}")
            for line in lines:
                print(f"  {render.escaped(line)}")


def _said(words: Sequence[str]) -> dict[str, str]:
    found = {}
    for text in words:
        name, sign, own = text.partition("=")
        if not sign or not name.strip() or not own.strip():
            raise BadRequest(f"`--map {text}` does not say what is called how", "write --map order.amount=total")
        found[name.strip()] = own.strip()
    return found


def _ask(question: Question) -> str | None:
    """Asks the person at the terminal."""
    print(f"{question.word.text}: {question.about}", file=sys.stderr)
    for number, option in enumerate(question.options, 1):
        print(f"  {number}  {render.escaped(option)}", file=sys.stderr)
    print("a name or a number, nothing to stop: ", end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline().strip()
    if answer.isascii() and answer.isdigit() and 1 <= int(answer) <= len(question.options):
        return question.options[int(answer) - 1]
    return answer or None


def _complain_of(open_: Open, options: Namespace) -> int:
    """What is missing, and the command that would say it."""
    for question, needed_by in open_.questions.items():
        some = ", ".join(question.options[:8]) + (", ..." if len(question.options) > 8 else "")
        some = f"it may be {some}" if some else "catalog.yml has nothing of that kind"
        help = f"{some}; it is needed by {listed(needed_by)}"
        output.complain(f"`{question.word.text}` is not found in catalog.yml: {question.about}", help, USAGE, options)
    words = [f"{word}={own}" for word, own in open_.said.items()]
    words += [f"{question.word.text}=..." for question in open_.questions]
    command = ["segdsl", "init", options.directory, "--with", *options.names]
    command += [part for word in words for part in ("--map", word)]
    return output.complain("nothing was written", f"type: {shlex.join(command)}", USAGE, options)
