"""Merges tried without touching anything: objects go to a folder that is thrown away.

`git merge-tree --write-tree` merges as `git merge` does, without index and work tree, but writes
what it makes into the repository. Here a folder of its own stands for the object directory, and
the repository's is an alternate. Nothing is written there; git may renew the time stamp of an
object that a merge makes once more.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from whet.codebase.git import git, setting_aside
from whet.errors import GitError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MERGE_TREE = (2, 38)  # the git that has merge-tree --write-tree
_MERGE_TREE = (
    "-c", "merge.verbosity=0", "merge-tree", "--write-tree", "--stdin", "-z", "--name-only",
    "--no-messages",
)  # fmt: skip
_NOBODY = {
    "GIT_AUTHOR_NAME": "whet", "GIT_AUTHOR_EMAIL": "whet@localhost",
    "GIT_AUTHOR_DATE": "2000-01-01T00:00:00Z",
    "GIT_COMMITTER_NAME": "whet", "GIT_COMMITTER_EMAIL": "whet@localhost",
    "GIT_COMMITTER_DATE": "2000-01-01T00:00:00Z",
}  # fmt: skip


class MergeOutcome(NamedTuple):
    """What a merge would leave."""

    tree: str | None  # None: there are conflicts
    conflicts: tuple[str, ...]  # files that git leaves unmerged, sorted


class Merger(Protocol):
    """A way to try merges; commits that it makes are known to it alone."""

    def merges(self, pairs: Sequence[tuple[str, str]]) -> list[MergeOutcome]:
        """What merging each second commit into the first would leave, in the order given.

        The commits of a pair must have an ancestor in common.

        Raises:
            GitError: Git refused; an object is missing.
        """
        ...

    def commit(self, tree: str, *parents: str) -> str:
        """The id of a new commit."""
        ...

    def between(self, onto: str, branch: str, limit: int) -> list[list[str]]:
        """The commits that only a branch has, oldest first, each followed by its parents.

        Args:
            onto: What the others are reached by; the merger may have made it.
            branch: The branch's last commit.
            limit: No more than these are listed.
        """
        ...


class Quarantine:
    """Merges by `git merge-tree`, one process for all that do not follow from each other.

    Args:
        repository: A directory of the repository, which may be bare; it is only read.
        folder: An empty folder for the objects.
        programs: Settings of the repository that name filters and merge drivers.
    """

    def __init__(
        self, repository: str | os.PathLike[str], folder: Path, programs: Sequence[str] = ()
    ) -> None:
        self._repository = repository
        self._words = (*setting_aside(programs), *_MERGE_TREE)
        self._place = {
            "GIT_OBJECT_DIRECTORY": os.fspath(folder),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": quoted(objects_of(repository)),
        }

    def merges(self, pairs: Sequence[tuple[str, str]]) -> list[MergeOutcome]:
        """See `Merger`."""
        if not pairs:
            return []
        lines = "".join(f"{left} {right}\n" for left, right in pairs).encode("ascii")
        answer = git(self._repository, *self._words, stdin=lines, environment=self._place)
        pieces = iter(answer.split(b"\0"))
        return [_outcome(pieces) for _ in pairs]

    def commit(self, tree: str, *parents: str) -> str:
        """See `Merger`."""
        return written_commit(self._repository, tree, parents, self._place)

    def between(self, onto: str, branch: str, limit: int) -> list[list[str]]:
        """See `Merger`."""
        return listed_between(self._repository, onto, branch, limit, self._place)


def written_commit(
    repository: str | os.PathLike[str],
    tree: str,
    parents: Sequence[str],
    environment: dict[str, str],
) -> str:
    """A new commit, the same for the same tree and parents."""
    words = [word for parent in parents for word in ("-p", parent)]
    made = git(
        repository, "commit-tree", tree, *words, "-m", "tried", environment=environment | _NOBODY
    )
    return made.decode("ascii").strip()


def listed_between(
    repository: str | os.PathLike[str],
    onto: str,
    branch: str,
    limit: int,
    environment: dict[str, str],
) -> list[list[str]]:
    """Commits that only a branch has, oldest first, each with its parents."""
    words = ("rev-list", "--reverse", "--topo-order", "--parents", f"--max-count={limit}")
    answer = git(repository, *words, branch, f"^{onto}", "--", environment=environment)
    return [line.split() for line in answer.decode("ascii").splitlines()]


def objects_of(repository: str | os.PathLike[str]) -> Path:
    """The object directory of a repository."""
    place = git(repository, "rev-parse", "--git-path", "objects").removesuffix(b"\n")
    return (Path(repository) / os.fsdecode(place)).resolve()


def quoted(path: Path) -> str:
    """A path in the list of alternates, whatever it holds."""
    text = os.fspath(path)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def set_aside(programs: Sequence[str]) -> str | None:
    """What to tell about merge drivers that the repository configures: they are not run."""
    drivers = [name for name in programs if name.endswith(".driver")]
    if not drivers:
        return None
    return f"{', '.join(drivers)}: not run; files that it would merge count as conflicts"


def _outcome(pieces: Iterator[bytes]) -> MergeOutcome:
    """One answer: whether it is clean, the tree, the unmerged files, and an empty piece."""
    status, tree = next(pieces), next(pieces).decode("ascii")
    names: list[bytes] = []
    while name := next(pieces):
        names.append(name)
    if status == b"1":
        return MergeOutcome(tree, ())
    if status == b"0":
        return MergeOutcome(None, tuple(sorted(os.fsdecode(name) for name in names)))
    raise GitError("git merge-tree", f"answered {status!r}", "Report it with git's version")
