"""How branches lie to each other: merge bases, commits ahead and behind, diff statistics.

`python -m whet.codebase.branches REPOSITORY` is the built-in workload for repositories: it prints
the comparison of every branch with the default one and the commit data of it as JSON lines, the
same bytes for the same repository.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NamedTuple

from whet.codebase.git import branches, git, head, is_shallow, resolve, try_git
from whet.codebase.history import extract_commit_data, line_counts
from whet.errors import GitError, UsageError, WhetError
from whet.records import to_json
from whet.records.history import BranchComparison, DiffStatistics

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class _Relation(NamedTuple):
    """Two commits and what their histories share."""

    left: str
    right: str
    bases: tuple[str, ...]


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
    wanted = _default_pairs(repository) if pairs is None else list(pairs)
    if not wanted:
        return ()
    names = dict.fromkeys(name for pair in wanted for name in pair)
    commits = {name: resolve(repository, name) for name in names}
    relations = [
        _Relation(commits[left], commits[right], _bases(repository, commits[left], commits[right]))
        for left, right in wanted
    ]
    complete = not is_shallow(repository)
    return tuple(
        _comparison(repository, names=pair, relation=relation, diff=diff, complete=complete)
        for pair, relation, diff in zip(
            wanted, relations, _differences(repository, relations), strict=True
        )
    )


def default_branch(repository: str | os.PathLike[str]) -> str | None:
    """The branch that others are compared with: what `origin/HEAD` names, main, master, HEAD's.

    None in a repository without branches.
    """
    known = branches(repository)
    asked = try_git(repository, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    remote = os.fsdecode(asked.stdout.strip()).removeprefix("origin/")
    asked = try_git(repository, "symbolic-ref", "--quiet", "--short", "HEAD")
    checked_out = os.fsdecode(asked.stdout.strip())
    candidates = (remote, "main", "master", checked_out, *known)
    return next((name for name in candidates if name in known), None)


def _default_pairs(repository: str | os.PathLike[str]) -> list[tuple[str, str]]:
    base = default_branch(repository)
    if base is None:
        return []
    # refs/heads/ in full: a tag of the same name would win otherwise.
    return [
        (f"refs/heads/{base}", f"refs/heads/{name}")
        for name in branches(repository)
        if name != base
    ]


def _bases(repository: str | os.PathLike[str], left: str, right: str) -> tuple[str, ...]:
    result = try_git(repository, "merge-base", "--all", left, right)
    if result.exit_code > 1:
        said = result.stderr.decode("utf-8", "replace").strip()
        raise GitError(f"git merge-base in {os.fspath(repository)}", said)
    return tuple(result.stdout.decode("ascii").split())


def _comparison(
    repository: str | os.PathLike[str],
    *,
    names: tuple[str, str],
    relation: _Relation,
    diff: DiffStatistics | None,
    complete: bool,
) -> BranchComparison:
    span = f"{relation.left}...{relation.right}"
    behind, ahead = git(repository, "rev-list", "--count", "--left-right", span, "--").split()
    left, right = (name.removeprefix("refs/heads/") for name in names)
    return BranchComparison(
        left=left,
        right=right,
        left_commit=relation.left,
        right_commit=relation.right,
        merge_bases=relation.bases,
        ahead=int(ahead),
        behind=int(behind),
        diff=diff,
        complete=complete,
    )


def _differences(
    repository: str | os.PathLike[str], relations: Sequence[_Relation]
) -> Iterator[DiffStatistics | None]:
    """What each right side changed since its first merge base; one git process for all."""
    asked = [relation for relation in relations if relation.bases]
    lines = "".join(f"{relation.right} {relation.bases[0]}\n" for relation in asked)
    listed = git(
        repository,
        "diff-tree",
        "--stdin",
        "--always",
        "-r",
        "-z",
        "--numstat",
        "-M",
        "-l1000",
        stdin=lines.encode(),
    )
    answers = _statistics(iter(listed.split(b"\0")))
    for relation in relations:
        yield next(answers) if relation.bases else None


def _statistics(pieces: Iterator[bytes]) -> Iterator[DiffStatistics]:
    """The totals behind each commit id of a `diff-tree --stdin --numstat -z` answer."""
    rows: list[tuple[int | None, int | None]] = []
    started = False
    for piece in pieces:
        counts = line_counts(piece)
        if counts:
            added, deleted, name = counts
            if not name:
                next(pieces), next(pieces)  # the two names of a rename
            rows.append((added, deleted))
        elif piece:
            if started:
                yield _total(rows)
            started, rows = True, []
    if started:
        yield _total(rows)


def _total(rows: Sequence[tuple[int | None, int | None]]) -> DiffStatistics:
    return DiffStatistics(
        files=len(rows),
        binary_files=sum(added is None for added, _ in rows),
        added=sum(added or 0 for added, _ in rows),
        deleted=sum(deleted or 0 for _, deleted in rows),
    )


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
