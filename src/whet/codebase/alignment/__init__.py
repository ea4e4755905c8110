"""How branches lie to each other, what happens when they are merged, and in which order to do it.

`align` answers for many pairs at once and can make a plan; `compare_pairs` is the same without
trying merges.
"""

from whet.codebase.alignment._align import AlignQuery, align
from whet.codebase.alignment._compare import compare_pairs
from whet.codebase.alignment._pairs import (
    branch_names,
    default_branch,
    default_pairs,
    every_pair,
)

__all__ = [
    "AlignQuery",
    "align",
    "branch_names",
    "compare_pairs",
    "default_branch",
    "default_pairs",
    "every_pair",
]
