"""More than 20,000 texts that break programs, made by rules: the same ones each time.

The rules are after lists that people keep (of naughty strings, of SQL injection, of what terminals, templates, YAML,
spreadsheets and CI logs obey); their parts are put together in all ways that are few enough, and at random beyond.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import product
from random import Random

from segdsl.backends.duckdb import WORDS as DUCKDB_WORDS
from segdsl.backends.postgres import WORDS as POSTGRES_WORDS

ENOUGH = 28_000


@cache
def texts() -> tuple[str, ...]:
    """All of them, each once."""
    rules = (
        *(_characters, _quotes, _wildcards, _comments, _injections, _formats, _numbers, _words),
        *(_normal_forms, _letters_of_two_cases, _paths, _orders, _pictures, _spaces, _long),
    )
    found = dict.fromkeys(text for rule in rules for text in rule())
    atoms, random = [text for text in found if len(text) <= 40], Random(1)
    while len(found) < ENOUGH:
        found.setdefault("".join(random.choices(atoms, k=random.randint(2, 4))))
    return tuple(found)


def sample(count: int, seed: int = 0) -> list[str]:
    """Some of them, of all rules."""
    return Random(seed).sample(texts(), count)


def _characters() -> Iterator[str]:
    """What cannot be seen, what turns text around, what is no character, and the edges of encodings."""
    odd = [chr(code) for code in range(0x300)]
    odd += [char for char in map(chr, range(0x300, 0x20000)) if unicodedata.category(char) in ("Cf", "Zs", "Zl", "Zp")]
    odd += map(chr, (0x7FF, 0x800, 0xD7FF, 0xD800, 0xDBFF, 0xDC00, 0xDFFF, 0xE000, 0xF8FF, 0xFDD0, 0xFFFD, 0xFFFE))
    odd += map(chr, (0xFFFF, 0x10000, 0x1FFFE, 0xE0001, 0xE0020, 0xE007F, 0xE0100, 0xF0000, 0x10FFFE, 0x10FFFF))
    for char in odd:
        yield from (char, f"a{char}b", f"{char}{char}'")
    yield from ("\ud83d\ude00", "\ude00\ud83d", "a\ud800", "\udfffa", "\r\n", "\n\r", "\x00'", "'\x00")


def _quotes() -> Iterator[str]:
    """Every way to put marks that open, close and escape texts, up to five of the commonest in a row."""
    for length in (1, 2, 3, 4, 5):
        yield from map("".join, product("'\"\\`", repeat=length))
    others = "´‘’‚‛“”„«»‹›＇＂｀ʹʺʼˈ′″\u02bc\uff3c"
    for mark, beside in product(others, ("", "'", '"', "\\", "`")):
        yield from (mark + beside, beside + mark, f"a{mark}{beside}b")
    for before, mark in product(("E", "e", "U&", "u&", "N", "n", "B", "X", "x", "_utf8", "r", "b", "f"), "'\""):
        yield from (f"{before}{mark}", f"{before}{mark}41{mark}", f"{before}{mark}\\x41{mark}", f"'{before}{mark}\\")
    for tag in ("", "a", "body", "é", "1"):
        yield from (f"${tag}$", f"${tag}$'${tag}$", f"${tag}$; DROP TABLE people; --${tag}$", f"'${tag}$\\'")


def _wildcards() -> Iterator[str]:
    """What patterns give a meaning to."""
    for length in (1, 2, 3):
        yield from map("".join, product("*?[]%_!\\^", repeat=length))
    yield from ("a*b?c", "[a-z]", "[!a]", "[[:alpha:]]", "(a|b)*", "a{1,9}", ".*", "\\d+", "\\%", "!%!_!!", "(a+)+$")


COMMENTS = (
    "--",
    "/*",
    "*/",
    "#",
    "//",
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "#}",
    "<!--",
    "-->",
    ";",
    "\\\n",
    "%%",
    "/*+",
    "/*!",
)


def _comments() -> Iterator[str]:
    """Where comments of SQL, templates, YAML and markup begin and end, one in another."""
    for one, other in product(COMMENTS, repeat=2):
        yield from (f"{one}{other}", f"{one} {other}", f"a{one}b{other}c", f"{one}\n{other}", f"'{one}'{other}'")
    for mark in COMMENTS:
        yield from (mark * 2, mark * 3, f"x {mark}", f"{mark} x", f"{mark} SELECT 1; {mark}")
    yield from ("*/*/*/", "/*/*/*", "*//*", "/*/", "*\u200b/", "* /", "{{ 7 * 7 }}", "{% raw %}", "{{ x | safe }}")


CLOSED = ("", "'", '"', "`", "''", "')", '")', "'))", "\\'", "$$", "*/", "\n", "]", "\u2019")
GAPS = (" ", "\t", "\n", "/**/", "+", "\u00a0")
DONE = (
    "; DROP TABLE people; --",
    "OR 1=1 --",
    "OR 'a'='a",
    "AND 1=(SELECT count(*) FROM people)",
    "UNION SELECT NULL, version()",
    "UNION ALL SELECT * FROM read_csv('/etc/passwd')",
    "|| pg_sleep(10) ||",
    "|| (SELECT current_setting('data_directory')) ||",
    "; ATTACH '/tmp/x.db' AS x;",
    "; COPY people TO '/tmp/people.csv';",
    "; COPY people TO PROGRAM 'id';",
    "; INSTALL httpfs; LOAD httpfs;",
    "; SET enable_external_access = true;",
    "; PRAGMA database_list;",
    "; EXECUTE IMMEDIATE 'DROP TABLE people';",
    "; DO $$BEGIN PERFORM 1; END$$;",
    "; CREATE TABLE pwned AS SELECT 1;",
    "; CALL system$wait(10);",
    "HAVING 1=1",
    "LIMIT 0",
    "COLLATE NOCASE",
    ":: integer",
    "BETWEEN 1 AND 2",
    "IS NULL",
)
ENDS = ("", "--", "/*", "#", "'")


def _injections() -> Iterator[str]:
    """A text that is closed, a gap, what shall be done, and what hides the rest."""
    for closed, gap, done, end in product(CLOSED, GAPS, DONE, ENDS):
        yield f"{closed}{gap}{done.replace(' ', gap)}{end}"


def _formats() -> Iterator[str]:
    """What printing, shells, templates and drivers put something in place of."""
    names = ("x", "1", "0", "HOME", "PATH", "url", "password", "__class__", "")
    forms = (
        *("%s", "%({})s", "%{}", "%%{}", "%n", "%1$s", "{{{}}}", "{{{}!r}}", "{{{}.__class__}}", "${}", "${{{}}}"),
        *(":{}", ":{}:", "?{}", "@{}", "@@{}", "&{}", "&&{}", "$({})", "`{}`", "{{{{{}}}}}", "#{{{}}}", "<%= {} %>"),
        *("${{jndi:ldap://{}}}", "%env:{}%", "!{}", "!!{}", "\\{}", "\\u{{{}}}", "\\x{}", "\\0{}", "&#{};", "&{};"),
    )
    for form, name in product(forms, names):
        yield from (form.format(name), f"a {form.format(name)} b")


def _numbers() -> Iterator[str]:
    """Texts that some program takes for a number, a date, a truth or nothing."""
    digits: tuple[str, ...] = (
        "0",
        "1",
        "01",
        "007",
        "1_000",
        "1,000",
        "1.0",
        "1.",
        ".1",
        "1e5",
        "1E400",
        "0x1F",
        "0b1",
        "0o7",
        "1e-400",
    )
    digits += ("NaN", "nan", "Infinity", "inf", "9223372036854775808", "170141183460469231731687303715884105728")
    digits += ("0.1e", "1f", "1d", "1L", "١٢٣", "１２３", "½", "Ⅷ", "一", "²", "9" * 40, "0." + "3" * 40)
    for sign, number, after in product(("", "-", "+", " ", "$", "'"), digits, ("", " ", "%", "'", "::int")):
        yield f"{sign}{number}{after}"
    days: tuple[str, ...] = (
        "2026-01-10",
        "2026-02-30",
        "0000-00-00",
        "10/01/2026",
        "2026-01-10T00:00:00Z",
        "now",
        "today",
        "infinity",
    )
    days += ("-infinity", "epoch", "24:00", "12:60", "1 day", "P1D", "2026-W01", "999999-01-01", "20260110")
    truths = (
        "true",
        "false",
        "yes",
        "no",
        "on",
        "off",
        "t",
        "f",
        "y",
        "n",
        "null",
        "nil",
        "none",
        "undefined",
        "~",
        "N/A",
    )
    for word in (*days, *truths):
        yield from {word, word.upper(), word.title(), f" {word}", f"{word} ", f"'{word}'", f'"{word}"'}


LANGUAGE = (
    "segment group tiers split let metric score place occasion channel when otherwise and or not in has no every is"
)


def _words() -> Iterator[str]:
    """The words of every database's language and of our own."""
    words = dict.fromkeys((*DUCKDB_WORDS.split(), *POSTGRES_WORDS.split(), *LANGUAGE.split(), "rowid", "ctid", "oid"))
    for word in words:
        yield from (word, word.upper(), word.title())


def _normal_forms() -> Iterator[str]:
    """Characters that a program which normalizes would change, in all four forms."""
    for char in map(chr, [*range(0xA0, 0x2000), *range(0x2000, 0x3400, 3), *range(0xF900, 0x10000, 5)]):
        if unicodedata.decomposition(char):
            yield char
            yield from (unicodedata.normalize(form, f"{char}'") for form in ("NFC", "NFD", "NFKC", "NFKD"))


def _letters_of_two_cases() -> Iterator[str]:
    """Letters whose upper and lower case are no pair."""
    for char in map(chr, range(0x80, 0x1F000)):
        if char.upper().lower() != char.lower() or len(char.upper()) + len(char.lower()) != 2:
            yield from (char, f"x{char.upper()}y")
    yield from (
        "ΣΊΣΥΦΟΣ",
        "σίσυφος",
        "σίσυφοσ",
        "İstanbul",
        "istanbul",
        "ISTANBUL",
        "ıstanbul",
        "Straße",
        "STRASSE",
        "ﬁn",
    )


def _paths() -> Iterator[str]:
    """Names of files that lead elsewhere, or are none."""
    ups = (
        "../",
        "..\\",
        "/",
        "\\\\host\\",
        "./",
        "~/",
        "C:\\",
        "file:///",
        "http://127.0.0.1/",
        "s3://b/",
        "....//",
        "%2e%2e/",
    )
    ends = (
        "etc/passwd",
        "dev/zero",
        "x.csv",
        "*.parquet",
        "CON",
        "x.csv.",
        "x;.csv",
        "x\n.csv",
        "segdsl.yml",
        "",
        "'",
        "$(id)",
    )
    for up, end in product(ups, ends):
        yield from (f"{up}{end}", f"{up}{up}{end}", f"a/{up}{end}")


def _orders() -> Iterator[str]:
    """What terminals, browsers, spreadsheets, CI systems and YAML readers obey."""
    yield from (
        f"{start}{rest}" for start, rest in product("=+-@\t|", ("1+1", "cmd|'/C calc'!A0", "SUM(A1)", 'HYPERLINK("x")'))
    )
    for code in ("[2J", "[31m", "]0;x\x07", "]8;;http://x\x07y", "P1;1q", "c", "[?1049h", "[6n"):
        yield from (f"\x1b{code}", f"a\x1b{code}b", f"\x9b{code[1:]}")
    for tag in (
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<!DOCTYPE x>",
        "]]>",
        "<![CDATA[",
        "&lt;",
        "<b>",
    ):
        yield from (tag, f'">{tag}', f"'>{tag}", f"</td>{tag}", f"](javascript:x){tag}", f"| {tag} |")
    for order in (
        "::error::x",
        "::set-output name=x::y",
        "::stop-commands::x",
        "##[error]x",
        "::add-mask::x",
        "\n::warning::x",
    ):
        yield from (order, f"x\n{order}", f"%0A{order}", f"\r\n{order}")
    for mark in (
        "&a",
        "*a",
        "!!python/object:os.system",
        "<<: *a",
        "- x",
        "x: y",
        "? x",
        "|",
        ">",
        "%YAML 1.2",
        "---",
        "...",
    ):
        yield from (mark, f"{mark} #", f"\n{mark}\n", f"[{mark}]", f"{{{mark}}}", f"'{mark}", f'"{mark}')


def _pictures() -> Iterator[str]:
    """Characters that are made of several, and piles of marks."""
    faces = (
        "😀",
        "👍🏽",
        "👩\u200d👩\u200d👧",
        "🇮🇳",
        "🇮🇳🇬🇧",
        "☺\ufe0e",
        "☺\ufe0f",
        "1\ufe0f\u20e3",
        "🏴\U000e0067\U000e0062\U000e007f",
    )
    scripts = (
        "高价值客户",
        "ग्राहक",
        "عميل",
        "לקוח",
        "ลูกค้า",
        "고객",
        "顧客",
        "клиент",
        "ግዕዝ",
        "𝕊𝕖𝕘",
        "ﷺ",
        "𐐀",
        "Ṱ̺̺̕o͞ ̷i̲̬",
        "ا\u200fb",
        "e\u0301" * 9,
    )
    for picture, before, after in product((*faces, *scripts), ("", "'", "\\", "a"), ("", "'", "\\", "--")):
        yield f"{before}{picture}{after}"


def _spaces() -> Iterator[str]:
    """Nothing, and texts that differ in the blanks around them alone."""
    yield ""
    for blank in (" ", "  ", "\t", "\n", "\r\n", "\v", "\f", "\x85", "\u2028", "\u2029", "\u3000", "\u200b", "\ufeff"):
        yield from (blank, f"{blank}a", f"a{blank}", f"{blank}a{blank}", f"a{blank}a", f"'{blank}'", f"{blank}--")


def _long() -> Iterator[str]:
    for char, times in product("a'\"\\%*é😀-/;\n", (63, 64, 255, 256, 1000, 5000)):
        yield char * times
    yield from ("' OR " * 2000, "/*" * 2000, "a\n" * 2000, "$$" * 2000, "\\'" * 2000, "e\u0301" * 2000)
