"""What the history of a repository says: commits, the files they touch, and how branches lie."""

from __future__ import annotations

from whet.records._base import Record


class FileChange(Record, frozen=True):
    """One file in one commit or between two branches."""

    path: str  # bytes that are no UTF-8 appear as \xNN; the name itself is then in path_bytes
    status: str  # A added, M modified, D deleted, R renamed, C copied, T type changed
    added: int | None  # lines; None: a binary file
    deleted: int | None
    old_path: str | None = None  # of a rename or copy
    path_bytes: bytes | None = None  # only where the name is no UTF-8


class CommitData(Record, frozen=True):
    """One commit. Merges are compared with their first parent."""

    commit: str
    parents: tuple[str, ...]
    author: str
    author_email: str
    authored_at: str  # ISO 8601 with the author's own offset; "" if the stored date is invalid
    committer: str
    committer_email: str
    committed_at: str
    message: str  # undecodable bytes appear as \xNN
    files: tuple[FileChange, ...] | None  # None: the parent is cut off by a shallow clone

    @property
    def added(self) -> int:
        """Lines added in text files."""
        return sum(change.added or 0 for change in self.files or ())

    @property
    def deleted(self) -> int:
        """Lines deleted in text files."""
        return sum(change.deleted or 0 for change in self.files or ())


class DiffStatistics(Record, frozen=True):
    """How much a diff changes."""

    files: int
    binary_files: int
    added: int  # lines of text files
    deleted: int


class BranchComparison(Record, frozen=True):
    """How two branches lie to each other."""

    left: str
    right: str
    left_commit: str
    right_commit: str
    merge_bases: tuple[str, ...]  # best common ancestors: several where histories cross, or none
    ahead: int  # commits only on the right
    behind: int  # commits only on the left
    diff: DiffStatistics | None  # what the right changes since the first merge base; None: no base
    complete: bool = True  # False: a shallow clone, older commits and bases may be missing
