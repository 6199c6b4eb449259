"""Runs: a program, a clock and a target to rows. The only room with connections and drivers, imported when needed.

`runs` is what is computed and written, `database` how a target is opened and compared with the catalog, `errors` what
a driver's errors mean, `one` what there is of one customer, `trial` made-up rows in a database of their own. Whatever
goes wrong outside of segdsl is a `DatabaseProblem` with a clear message.
"""

from __future__ import annotations

from segdsl.introspection import DatabaseProblem
from segdsl.warehouse.declarations import check_declarations
from segdsl.warehouse.looking import Looked, look
from segdsl.warehouse.one import explain
from segdsl.warehouse.runs import (
    BrokenPromises,
    Members,
    RunSummary,
    Size,
    Sizes,
    Written,
    export_members,
    members,
    run,
    size,
)
from segdsl.warehouse.trial import Trial, trial

__all__ = [
    "BrokenPromises",
    "DatabaseProblem",
    "Looked",
    "Members",
    "RunSummary",
    "Size",
    "Sizes",
    "Trial",
    "Written",
    "check_declarations",
    "explain",
    "export_members",
    "look",
    "members",
    "run",
    "size",
    "trial",
]
