"""Commits by name, a batch by one `git log`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whet.codebase.git import git, git_version
from whet.codebase.history._log import FIELDS, boundary, merge_option, parsed
from whet.errors import GitError

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from whet.records.history import CommitData

_LOG = (
    "-c",
    "diff.relative=false",
    "log",
    "--no-walk=unsorted",
    "--stdin",
    "-z",
    "--encoding=UTF-8",
)
_CHANGES = ("--raw", "--numstat", "-M", "-l1000", "--root")
_FORMAT = f"--format={'%x00'.join(FIELDS)}%x00"
_PLAIN = {"GIT_NO_REPLACE_OBJECTS": "1"}


def read_commits(
    repository: str | os.PathLike[str], shas: Sequence[str], notes: list[str]
) -> list[CommitData]:
    """These commits with their changes, by one process where nothing is missing.

    Args:
        repository: A directory of the repository.
        shas: Full names of commits; at least one.
        notes: Gets what could not be read.

    Raises:
        GitError: Git is missing or refuses the repository.
    """
    try:
        return _read(repository, shas, (*_CHANGES, merge_option(git_version())))
    except GitError:
        if len(shas) > 1:
            half = len(shas) // 2
            first = read_commits(repository, shas[:half], notes)
            return first + read_commits(repository, shas[half:], notes)
    (sha,) = shas
    try:
        (commit,) = _read(repository, shas, ())
    except (GitError, ValueError) as error:
        notes.append(f"commit {sha} cannot be read: {error}")
        return []
    return [_without_files(commit)]


def _read(
    repository: str | os.PathLike[str], shas: Sequence[str], changes: Sequence[str]
) -> list[CommitData]:
    lines = "\n".join(shas).encode() + b"\n"
    shown = git(repository, *_LOG, *changes, _FORMAT, stdin=lines, environment=_PLAIN)
    pieces = iter(shown.split(b"\0"))
    return list(parsed(pieces, boundary(repository)))


def _without_files(commit: CommitData) -> CommitData:
    import msgspec

    return msgspec.structs.replace(commit, files=None)
