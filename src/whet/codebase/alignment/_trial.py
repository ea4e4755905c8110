"""Merges tried by a git that has no `merge-tree --write-tree`: for real, in a folder of their own.

The folder's repository borrows the objects and has none of the configuration, so no program that
the repository names is run. Each merge checks out files, which takes longer; it leaves what
`git merge` of this git leaves.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from whet.codebase.alignment._merges import (
    MergeOutcome,
    listed_between,
    objects_of,
    quoted,
    written_commit,
)
from whet.codebase.git import git, refusal, try_git

if TYPE_CHECKING:
    from collections.abc import Sequence

LONG_HASH = 64  # digits of a SHA-256 id
_SOMEBODY = {
    "GIT_AUTHOR_NAME": "whet", "GIT_AUTHOR_EMAIL": "whet@localhost",
    "GIT_COMMITTER_NAME": "whet", "GIT_COMMITTER_EMAIL": "whet@localhost",
    "GIT_LFS_SKIP_SMUDGE": "1",
}  # fmt: skip


class TrialRepository:
    """Merges by `git merge` in an empty repository beside the real one.

    Args:
        repository: A directory of the repository, which may be bare; it is only read.
        folder: An empty folder.
        long_hashes: The repository's ids are SHA-256.
    """

    def __init__(
        self, repository: str | os.PathLike[str], folder: Path, *, long_hashes: bool
    ) -> None:
        self._folder = folder
        kind = ["--object-format=sha256"] if long_hashes else []
        git(folder, "init", "--quiet", "--template=", *kind, ".")
        own = folder / ".git"
        objects = objects_of(repository)
        (own / "objects/info").mkdir(exist_ok=True)
        (own / "objects/info/alternates").write_bytes(os.fsencode(quoted(objects)) + b"\n")
        (own / "info").mkdir(exist_ok=True)
        for name in ("shallow", "info/attributes"):
            place = git(repository, "rev-parse", "--git-path", name).removesuffix(b"\n")
            source = Path(repository) / os.fsdecode(place)
            if source.is_file():
                shutil.copyfile(source, own / name)

    def merges(self, pairs: Sequence[tuple[str, str]]) -> list[MergeOutcome]:
        """See `Merger`."""
        return [self._merge(left, right) for left, right in pairs]

    def commit(self, tree: str, *parents: str) -> str:
        """See `Merger`."""
        return written_commit(self._folder, tree, parents, {})

    def between(self, onto: str, branch: str, limit: int) -> list[list[str]]:
        """See `Merger`."""
        return listed_between(self._folder, onto, branch, limit, {})

    def _merge(self, left: str, right: str) -> MergeOutcome:
        git(self._folder, "checkout", "-q", "--force", "--detach", left, environment=_SOMEBODY)
        words = ("merge", "--quiet", "--no-commit", "--no-ff", "--no-stat", right)
        result = try_git(self._folder, *words, environment=_SOMEBODY)
        unmerged = git(self._folder, "diff", "--name-only", "--diff-filter=U", "-z")
        names = {os.fsdecode(name) for name in unmerged.split(b"\0") if name}
        if result.exit_code and not names:
            raise refusal(self._folder, words, result)
        tree = None if names else git(self._folder, "write-tree").decode("ascii").strip()
        git(self._folder, "reset", "-q", "--hard", left, environment=_SOMEBODY)
        git(self._folder, "clean", "-q", "-ffdx")
        return MergeOutcome(tree, tuple(sorted(names)))
