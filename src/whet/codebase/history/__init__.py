"""The commits of a repository: one hardened stream, parsed in bounded memory.

`commits` answers a query, `extract_commit_data` is the history behind one reference; `line_of` and
`rows_of` give commits the forms that other programs read.
"""

from whet.codebase.history._forms import CSV_COLUMNS, line_of, rows_of
from whet.codebase.history._log import commits, extract_commit_data
from whet.codebase.history._query import CommitQuery

__all__ = [
    "CSV_COLUMNS",
    "CommitQuery",
    "commits",
    "extract_commit_data",
    "line_of",
    "rows_of",
]
