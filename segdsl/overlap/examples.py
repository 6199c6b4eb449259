"""What a search for an example value says when it finds none."""

from __future__ import annotations

from enum import Enum


class NoExample(Enum):
    """`NONE_FITS` is a proof that there is none; `GAVE_UP` says only that the search ended before it found one."""

    NONE_FITS = "none fits"
    GAVE_UP = "gave up"
