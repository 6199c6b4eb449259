"""Made-up customers and where they must be: the files of a project's `tests/`.

`read` turns a file into cases, `judge` holds them to the reference evaluator and to a database's answers, `report` says
what came of it, and `suggest` writes customers at the borders of a definition.
"""

from segdsl.trials.judge import Outcome, counts, holds, judge
from segdsl.trials.read import Case, read
from segdsl.trials.report import as_json, junit, text
from segdsl.trials.suggest import suggested

__all__ = ["Case", "Outcome", "as_json", "counts", "holds", "judge", "junit", "read", "suggested", "text"]
