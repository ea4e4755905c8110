"""How branches lie to each other: merge bases, commits ahead and behind, diff statistics.

`python -m whet.codebase.branches REPOSITORY` is the built-in workload for repositories: it prints
the comparison of every branch with the default one and the commit data of it as JSON lines, the
same bytes for the same repository.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from whet.codebase.alignment import compare_pairs, default_branch, default_pairs
from whet.codebase.git import head
from whet.codebase.history import extract_commit_data
from whet.errors import UsageError, WhetError
from whet.records import to_json

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence

    from whet.records.history import BranchComparison


def compare_branches(
    repository: str | os.PathLike[str], pairs: Iterable[tuple[str, str]] | None = None
) -> tuple[BranchComparison, ...]:
    """How the two branches of each pair lie to each other, in the order given.

    Args:
        repository: A directory of the repository, which may be bare.
        pairs: (left, right) branches, tags or commits; every branch against the default one
            (`default_branch`) if None.

    Returns:
        One record a pair. The diff is what the right side changed since the first of the merge
        bases that git names; renames count as one file. Empty for a repository without commits.

    Raises:
        TargetError: No such reference.
        GitError: Git is missing or refused.
    """
    wanted = default_pairs(repository) if pairs is None else list(pairs)
    return compare_pairs(repository, wanted).comparisons if wanted else ()


def main(arguments: Sequence[str]) -> int:
    """Prints comparisons and commit data as JSON lines."""
    if len(arguments) != 1:
        raise UsageError("branches", "takes one repository", "Give its directory")
    repository = arguments[0]
    out = sys.stdout.buffer
    for comparison in compare_branches(repository):
        out.write(to_json(comparison) + b"\n")
    base = default_branch(repository)
    start = f"refs/heads/{base}" if base else "HEAD"
    if base or head(repository):
        for commit in extract_commit_data(repository, start):
            out.write(to_json(commit) + b"\n")
    out.flush()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except WhetError as error:
        sys.exit(f"whet: {error}")
