"""Commits in the forms that other programs read: an object a line, or rows of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whet.records.commits import ChangedFile, CommitLine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.records.history import CommitData

CSV_COLUMNS = (
    "sha", "author", "email", "date", "parents", "message", "path", "old_path", "added", "deleted",
)  # fmt: skip


def line_of(commit: CommitData) -> CommitLine:
    """A commit with exactly the fields that `whet commits --jsonl` promises."""
    files = None
    if commit.files is not None:
        files = tuple(
            ChangedFile(path=f.path, old_path=f.old_path, added=f.added, deleted=f.deleted)
            for f in commit.files
        )
    return CommitLine(
        sha=commit.commit,
        author=commit.author,
        email=commit.author_email,
        date=commit.authored_at,
        parents=commit.parents,
        message=commit.message,
        files=files,
    )


def rows_of(commit: CommitData) -> Iterator[tuple[str | int | None, ...]]:
    """A row a changed file, see `CSV_COLUMNS`; one without a path for a commit without files."""
    common = (
        commit.commit, commit.author, commit.author_email, commit.authored_at,
        " ".join(commit.parents), commit.message,
    )  # fmt: skip
    if not commit.files:
        yield (*common, None, None, None, None)
    for file in commit.files or ():
        yield (*common, file.path, file.old_path, file.added, file.deleted)
