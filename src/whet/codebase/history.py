"""Commit data: one streamed `git log`, its fields counted by NUL so that no message forges one."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from whet.codebase.git import git, head, is_shallow, resolve, stream_git
from whet.records.history import CommitData, FileChange

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_FIELDS = ("%H", "%P", "%an", "%ae", "%aI", "%cn", "%ce", "%cI", "%B")
_NUMBERS = re.compile(rb"(\d+|-)\t(\d+|-)\t(.*)", re.DOTALL)


def extract_commit_data(
    repository: str | os.PathLike[str],
    reference: str = "HEAD",
    *,
    limit: int | None = None,
    paths: Sequence[str] = (),
) -> Iterator[CommitData]:
    """The commits that a reference reaches, newest first, in bounded memory.

    Renames are found as `git log -M -l1000` finds them; merges are compared with their first
    parent. A repository without commits yields nothing.

    Args:
        repository: A directory of the repository, which may be bare.
        reference: Branch, tag or commit where the walk begins.
        limit: The most commits to yield; all of them if None.
        paths: Only commits that touch one of these, relative to `repository`.

    Raises:
        TargetError: No such reference.
        GitError: Git is missing or refused.
    """
    if reference == "HEAD" and head(repository) is None:
        return
    options = [] if limit is None else [f"--max-count={limit}"]
    pieces = stream_git(
        repository,
        "log",
        "-z",
        "--raw",
        "--numstat",
        "-M",
        "-l1000",
        "--root",
        "--diff-merges=first-parent",
        "--encoding=UTF-8",
        f"--format={'%x00'.join(_FIELDS)}%x00",
        *options,
        resolve(repository, reference),
        "--",
        *(f":(literal){path}" for path in paths),
    )
    cut_off = _boundary(repository)
    yield from _commits(pieces, cut_off)


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


def _boundary(repository: str | os.PathLike[str]) -> frozenset[str]:
    """The commits of a shallow clone whose parents are missing."""
    if not is_shallow(repository):
        return frozenset()
    place = git(repository, "rev-parse", "--git-path", "shallow").removesuffix(b"\n")
    return frozenset(Path(repository, os.fsdecode(place)).read_text("ascii").split())


def _commits(pieces: Iterator[bytes], cut_off: frozenset[str]) -> Iterator[CommitData]:
    first = next(pieces, None)
    while first is not None:
        fields = [text(first), *(text(next(pieces)) for _ in _FIELDS[1:])]
        next(pieces, None)  # the end of the format; the changes follow behind a newline
        changes, first = _changes(pieces)
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
            changes.append(_change(name, statuses.get(name, "M"), added, deleted, old))
        elif entry:
            return tuple(changes), entry
    return tuple(changes), None


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
