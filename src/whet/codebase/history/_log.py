"""One streamed `git log`, its fields counted by NUL so that no message forges one."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from whet.codebase.git import git, git_version, is_shallow, stream_git
from whet.codebase.history._query import CommitQuery, log_arguments
from whet.records.history import CommitData, FileChange

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FIELDS = ("%H", "%P", "%an", "%ae", "%aI", "%cn", "%ce", "%cI", "%B")
_LOG = (
    "log", "-z", "--raw", "--root", "--full-diff", "--encoding=UTF-8",
    f"--format={'%x00'.join(FIELDS)}%x00",
)  # fmt: skip
_FIRST_PARENT = (2, 31)  # the git that has --diff-merges=first-parent
EVERYTHING = CommitQuery()
_NUMBERS = re.compile(rb"(\d+|-)\t(\d+|-)\t(.*)", re.DOTALL)


def commits(
    repository: str | os.PathLike[str], query: CommitQuery = EVERYTHING
) -> Iterator[CommitData]:
    """The commits that a query asks for, newest first, in bounded memory.

    Renames are found as `git log -M -l1000` finds them; merges are compared with their first
    parent. A repository without commits yields nothing.

    Args:
        repository: A directory of the repository, which may be bare.
        query: See `CommitQuery`.

    Raises:
        TargetError: No such reference.
        UsageError: A date that is none.
        GitError: Git is missing, too old or refused; also after some commits, where an object is
            missing.
    """
    wanted = log_arguments(repository, query)
    if wanted is None:
        return
    diff = ("--numstat", "-M", "-l1000") if query.line_counts else ("--no-renames",)
    asked = (*_LOG, *diff, merge_option(git_version()), *wanted)
    pieces = stream_git(repository, "-c", "log.follow=false", "-c", "diff.relative=false", *asked)
    yield from parsed(pieces, boundary(repository))


def extract_commit_data(
    repository: str | os.PathLike[str],
    reference: str = "HEAD",
    *,
    limit: int | None = None,
    paths: Sequence[str] = (),
) -> Iterator[CommitData]:
    """The commits that a reference reaches, newest first: the usual query, see `commits`.

    Args:
        repository: A directory of the repository, which may be bare.
        reference: Branch, tag or commit where the walk begins, or a range.
        limit: The most commits to yield; all of them if None.
        paths: Only commits that touch one of these, relative to `repository`.

    Raises:
        TargetError: No such reference.
        GitError: Git is missing, too old or refused.
    """
    ranges = () if reference == "HEAD" else (reference,)
    yield from commits(repository, CommitQuery(ranges=ranges, limit=limit, paths=tuple(paths)))


def merge_option(version: tuple[int, int]) -> str:
    """How git is asked to compare merges with their first parent.

    Older ones can only show a merge once for each parent; the first of these is taken.
    """
    return "--diff-merges=first-parent" if version >= _FIRST_PARENT else "-m"


def text(raw: bytes) -> str:
    """Bytes as text that can be printed and stored: those that are no UTF-8 are escaped in hex."""
    return raw.decode("utf-8", "backslashreplace")


def line_counts(piece: bytes) -> tuple[int | None, int | None, bytes] | None:
    """Lines added and deleted (None for binary files) and the name of a `--numstat -z` entry.

    The name is empty for a rename, whose two names follow. None: this is no such entry.
    """
    found = _NUMBERS.fullmatch(piece)
    if not found:
        return None
    added, deleted, name = found.groups()
    return _count(added), _count(deleted), name


def _count(digits: bytes) -> int | None:
    return None if digits == b"-" else int(digits)


def boundary(repository: str | os.PathLike[str]) -> frozenset[str]:
    """The commits of a shallow clone whose parents are missing."""
    if not is_shallow(repository):
        return frozenset()
    place = git(repository, "rev-parse", "--git-path", "shallow").removesuffix(b"\n")
    return frozenset(Path(repository, os.fsdecode(place)).read_text("ascii").split())


def parsed(pieces: Iterator[bytes], cut_off: frozenset[str]) -> Iterator[CommitData]:
    last = None
    first = next(pieces, None)
    while first is not None:
        fields = [text(first), *(text(next(pieces)) for _ in FIELDS[1:])]
        next(pieces, None)  # the end of the format; the changes follow behind a newline
        again = first == last  # a merge, compared with another parent by an old git
        last = first
        changes, first = _changes(pieces)
        if again:
            continue
        yield CommitData(
            commit=fields[0],
            parents=tuple(fields[1].split()),
            author=fields[2],
            author_email=fields[3],
            authored_at=fields[4],
            committer=fields[5],
            committer_email=fields[6],
            committed_at=fields[7],
            message=fields[8],
            files=None if fields[0] in cut_off else changes,
        )


def _changes(pieces: Iterator[bytes]) -> tuple[tuple[FileChange, ...], bytes | None]:
    """The changes of one commit, and the piece behind them: the next commit's id, or None."""
    statuses: dict[bytes, str] = {}
    changes = []
    following = None
    for piece in pieces:
        entry = piece.removeprefix(b"\n")
        if entry.startswith(b":"):
            status = entry.rsplit(b" ", 1)[1][:1].decode("ascii")
            name = next(pieces)
            if status in "RC":
                name = next(pieces)
            statuses[name] = status
        elif counts := line_counts(entry):
            added, deleted, name = counts
            old = None if name else next(pieces)
            name = name or next(pieces)
            changes.append(_change(name, statuses.pop(name, "M"), added, deleted, old))
        elif entry:
            following = entry
            break
    # What was not counted: all files, where no counts were asked for.
    changes += [_change(name, status, None, None, None) for name, status in statuses.items()]
    return tuple(changes), following


def _change(
    name: bytes, status: str, added: int | None, deleted: int | None, old: bytes | None
) -> FileChange:
    path = text(name)
    return FileChange(
        path=path,
        status=status,
        added=added,
        deleted=deleted,
        old_path=None if old is None else text(old),
        path_bytes=None if path.encode() == name else name,
    )
