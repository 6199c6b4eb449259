"""Definitions read back in plain sentences, for people who read neither code nor SQL.

In: a program (`ir`) and a language. Out: `Reading`s, headings with nested points, and their text. What is read is what
is meant, not what is written: names are resolved and shorthands spelled out.

`sentences` goes over the conditions and values of the IR and `definitions` over what stands around them; neither knows
a language. Each language is one file in `languages/`: adding one is adding a file (`language.py` says what it holds).
"""

from segdsl.reading.definitions import Reading, read
from segdsl.reading.language import codes, language
from segdsl.reading.output import as_json, as_markdown, as_text

__all__ = ["Reading", "as_json", "as_markdown", "as_text", "codes", "language", "read"]
