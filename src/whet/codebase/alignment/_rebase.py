"""Whether a branch could be rebased: its commits put on another one by one, tried as merges.

Picking a commit is a merge of its parent's tree, the target's and its own. Git merges commits, so
three commits are made that have just these trees, the first being the parent of the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whet.codebase.git import git

if TYPE_CHECKING:
    import os

    from whet.codebase.alignment._merges import Merger

_MOST_COMMITS = 50
_LINEAR = 2  # a commit and one parent


def rebases_onto(
    repository: str | os.PathLike[str], merger: Merger, onto: str, onto_tree: str, branch: str
) -> bool | None:
    """Whether all commits that only a branch has can be put on another without a conflict.

    Args:
        repository: A directory of the repository.
        merger: Tries merges; it may have made `onto`.
        onto: Where the commits would go.
        onto_tree: Its tree.
        branch: The branch's last commit.

    Returns:
        None if the branch holds merges, or more commits than are worth trying.

    Raises:
        GitError: Git refused; an object is missing.
    """
    steps = merger.between(onto, branch, _MOST_COMMITS + 1)
    if len(steps) > _MOST_COMMITS or any(len(names) != _LINEAR for names in steps):
        return None
    trees = _trees(repository, [name for names in steps for name in names])
    now = onto_tree
    for commit, parent in steps:
        base = merger.commit(trees[parent])
        ours = merger.commit(now, base)
        theirs = merger.commit(trees[commit], base)
        (outcome,) = merger.merges([(ours, theirs)])
        if outcome.tree is None:
            return False
        now = outcome.tree
    return True


def _trees(repository: str | os.PathLike[str], commits: list[str]) -> dict[str, str]:
    asked = "".join(f"{commit}^{{tree}}\n" for commit in commits).encode("ascii")
    answer = git(repository, "cat-file", "--batch-check=%(objectname)", stdin=asked)
    return dict(zip(commits, answer.decode("ascii").split(), strict=True))
