"""The house library: ready-made segments over a generic catalog, and how they come into a project of somebody else.

`shelf` reads it, `words` says where a definition names the catalog, `mapping` finds the same in another catalog, and
`copying` writes the definitions and their tests in its words. Nothing here reads or writes a project's files.
"""

from segdsl.library.copying import Copy, copied, words_of
from segdsl.library.listing import listing, purpose, source
from segdsl.library.made_up import words_of_tests
from segdsl.library.mapping import Mapped, Question, mapped
from segdsl.library.shelf import FILES, Shelf, load, new_catalog
from segdsl.library.words import Word

__all__ = [
    "FILES",
    "Copy",
    "Mapped",
    "Question",
    "Shelf",
    "Word",
    "copied",
    "listing",
    "load",
    "mapped",
    "new_catalog",
    "purpose",
    "source",
    "words_of",
    "words_of_tests",
]
