"""`python -m segdsl` is the command `segdsl`."""

from __future__ import annotations

import sys

from segdsl.cli import main

if __name__ == "__main__":
    sys.exit(main())
