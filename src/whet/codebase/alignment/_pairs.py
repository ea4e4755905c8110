"""Which branches are compared where nobody says so."""

from __future__ import annotations

import os
from itertools import combinations
from typing import TYPE_CHECKING

from whet.codebase.git import branches, try_git

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEADS = "refs/heads/"
_REMOTES = "refs/remotes/"


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


def branch_names(repository: str | os.PathLike[str], *, remote: bool = False) -> list[str]:
    """All branches in full, as `refs/heads/main`: a tag of the same name would win otherwise."""
    own = branches(repository)
    names = [_HEADS + name for name in own]
    if remote:
        names += [_REMOTES + name for name in branches(repository, remote=True) if name not in own]
    return names


def full_name(repository: str | os.PathLike[str], name: str) -> str:
    """A branch's name in full, if it is one's; else the reference as it was given."""
    if not name.startswith("refs/"):
        for namespace in (_HEADS, _REMOTES):
            asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", namespace + name)
            if not try_git(repository, *asked).exit_code:
                return namespace + name
    return name


def default_pairs(
    repository: str | os.PathLike[str], *, remote: bool = False
) -> list[tuple[str, str]]:
    """Every branch with the default one, which stands on the left."""
    base = default_branch(repository)
    if base is None:
        return []
    left = _HEADS + base
    return [(left, name) for name in branch_names(repository, remote=remote) if name != left]


def every_pair(names: Sequence[str]) -> list[tuple[str, str]]:
    """Each two of these, in their order."""
    return list(combinations(names, 2))


def shown(name: str) -> str:
    """A reference as people write it."""
    return name.removeprefix(_HEADS).removeprefix(_REMOTES)
