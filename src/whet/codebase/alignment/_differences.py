"""What one commit changes against another, for many pairs by one git process."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from whet.codebase.git import git_chunks
from whet.codebase.history._log import line_counts
from whet.records.history import DiffStatistics

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence

_DIFF_TREE = (
    "-c", "diff.relative=false", "diff-tree", "--stdin", "--always", "-r", "-z", "--numstat",
    "-M", "-l1000",
)  # fmt: skip


class Change(NamedTuple):
    """What lies between two commits."""

    statistics: DiffStatistics
    paths: frozenset[bytes]  # old and new names of what is changed


def changes(
    repository: str | os.PathLike[str], pairs: Sequence[tuple[str, str]]
) -> Iterator[Change]:
    """What each second commit changes against the first, in the order given.

    Raises:
        GitError: Git refused; an object is missing.
    """
    if not pairs:
        return
    # To diff-tree a line is a commit and what to take for its parent; it echoes the commit.
    asked = "".join(f"{new} {old}\n" for old, new in pairs)
    pieces = (
        piece
        for chunk in git_chunks(repository, *_DIFF_TREE, stdin=asked.encode("ascii"))
        for piece in chunk.removesuffix(b"\0").split(b"\0")
    )
    next(pieces)  # the first commit's id
    for _ in pairs:
        yield _change(pieces)


def _change(pieces: Iterator[bytes]) -> Change:
    """Reads up to the next commit's id, which holds no tab."""
    rows: list[tuple[int | None, int | None]] = []
    paths: set[bytes] = set()
    for piece in pieces:
        counts = line_counts(piece)
        if counts is None:
            break
        added, deleted, name = counts
        paths.update((name,) if name else (next(pieces), next(pieces)))
        rows.append((added, deleted))
    return Change(_total(rows), frozenset(paths))


def _total(rows: Sequence[tuple[int | None, int | None]]) -> DiffStatistics:
    return DiffStatistics(
        files=len(rows),
        binary_files=sum(added is None for added, _ in rows),
        added=sum(added or 0 for added, _ in rows),
        deleted=sum(deleted or 0 for _, deleted in rows),
    )
