"""The forms in which commits are handed to other programs; the names are a promise."""

from __future__ import annotations

from whet.records._base import Record


class ChangedFile(Record, frozen=True):
    """A file of a `CommitLine`."""

    path: str  # bytes that are no UTF-8 appear as \xNN
    old_path: str | None  # of a rename
    added: int | None  # lines; None: a binary file, or not counted
    deleted: int | None


class CommitLine(Record, frozen=True):
    """A commit as `whet commits --jsonl` prints it, an object a line."""

    sha: str
    author: str
    email: str
    date: str  # of the author, ISO 8601 with the offset
    parents: tuple[str, ...]
    message: str
    files: tuple[ChangedFile, ...] | None  # None: the parent is cut off by a shallow clone
