"""Pairs of branches compared: bases, ahead and behind, what is changed."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from whet.codebase.alignment._ancestry import Ancestry
from whet.codebase.alignment._differences import changes
from whet.codebase.alignment._pairs import shown
from whet.codebase.git import git, is_shallow, resolve
from whet.records.history import BranchComparison

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_ID = re.compile(rb"[0-9a-f]{40,}")


class Compared(NamedTuple):
    """Comparisons and what they were made from."""

    comparisons: tuple[BranchComparison, ...]
    ancestry: Ancestry
    commits: Mapping[str, str]  # by name
    complete: bool  # False: a shallow clone


def compare_pairs(
    repository: str | os.PathLike[str],
    pairs: Sequence[tuple[str, str]],
    related: Iterable[tuple[str, str]] = (),
) -> Compared:
    """How the two branches of each pair lie to each other, in the order given.

    Args:
        repository: A directory of the repository, which may be bare.
        pairs: (left, right) branches, tags or commits.
        related: Further pairs that the ancestry must know of.

    Raises:
        TargetError: No such reference.
        GitError: Git is missing or refused; an object is missing.
    """
    related = list(related)
    commits = _resolved(repository, {name for pair in (*pairs, *related) for name in pair})
    ids = [(commits[left], commits[right]) for left, right in (*pairs, *related)]
    ancestry = Ancestry(repository, ids)
    complete = not is_shallow(repository)
    asked = ids[: len(pairs)]
    bases = [ancestry.bases(left, right) for left, right in asked]
    between = [(base[0], right) for base, (_, right) in zip(bases, asked, strict=True) if base]
    found = changes(repository, between)
    comparisons = tuple(
        BranchComparison(
            left=shown(pair[0]),
            right=shown(pair[1]),
            left_commit=left,
            right_commit=right,
            merge_bases=base,
            ahead=ancestry.ahead(left, right),
            behind=ancestry.ahead(right, left),
            diff=next(found).statistics if base else None,
            complete=complete,
        )
        for pair, base, (left, right) in zip(pairs, bases, asked, strict=True)
    )
    return Compared(comparisons, ancestry, commits, complete)


def _resolved(repository: str | os.PathLike[str], names: Iterable[str]) -> dict[str, str]:
    """The commits that names stand for, by one process unless one of them is none."""
    names = sorted(names)
    if any("\n" in name or not name for name in names):
        return {name: resolve(repository, name) for name in names}
    asked = b"".join(os.fsencode(name) + b"^{commit}\n" for name in names)
    answer = git(repository, "cat-file", "--batch-check=%(objectname)", stdin=asked)
    found = dict(zip(names, answer.splitlines(), strict=True))
    return {
        name: line.decode("ascii") if _ID.fullmatch(line) else resolve(repository, name)
        for name, line in found.items()
    }
