"""The recorded commits of a repository: SQLite in whet's own folder, a batch a transaction."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from whet.codebase.activity._places import places_of
from whet.errors import StoreError
from whet.records.history import CommitData, FileChange
from whet.store import open_store, place_of

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from whet.codebase.activity._places import Places

_VERSION = 1
_BUSY_S = 30.0
_ASKED = 500  # parameters of one statement, below SQLite's old limit of 999
_TABLES = """
CREATE TABLE commits (
  sha TEXT PRIMARY KEY, parents TEXT NOT NULL,
  author TEXT NOT NULL, author_email TEXT NOT NULL, authored_at TEXT NOT NULL,
  committer TEXT NOT NULL, committer_email TEXT NOT NULL, committed_at TEXT NOT NULL,
  day TEXT NOT NULL, message TEXT NOT NULL,
  on_branch INTEGER NOT NULL, files_known INTEGER NOT NULL
) STRICT;
CREATE INDEX commits_by_day ON commits (day, on_branch);
CREATE TABLE files (
  sha TEXT NOT NULL, position INTEGER NOT NULL, path TEXT NOT NULL, path_bytes BLOB,
  old_path TEXT, status TEXT NOT NULL, added INTEGER, deleted INTEGER,
  PRIMARY KEY (sha, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE tips (sha TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE lost (sha TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""
_INSERT_COMMIT = "INSERT OR REPLACE INTO commits VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"
_INSERT_FILE = "INSERT OR REPLACE INTO files VALUES (?,?,?,?,?,?,?,?)"


class Ledger:
    """An open database of recorded commits; several processes may write at once."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    def unknown(self, shas: Sequence[str]) -> list[str]:
        """Those of these commits that are not recorded in full, in their order."""
        known: set[str] = set()
        for start in range(0, len(shas), _ASKED):
            some = shas[start : start + _ASKED]
            marks = ", ".join("?" * len(some))
            asked = f"SELECT sha FROM commits WHERE files_known AND sha IN ({marks})"  # noqa: S608 -- question marks only
            known.update(sha for (sha,) in self._connection.execute(asked, some))
        return [sha for sha in shas if sha not in known]

    def record(self, commits: Iterable[CommitData], *, on_branch: bool) -> int:
        """Record commits in one transaction: all of them or none; the number of new ones."""
        before = self.count()
        with self._transaction():
            for commit in commits:
                self._connection.execute(_INSERT_COMMIT, _row(commit, on_branch=on_branch))
                rows = [_file_row(commit.commit, n, f) for n, f in enumerate(commit.files or ())]
                self._connection.executemany(_INSERT_FILE, rows)
        return self.count() - before

    def promote(self, shas: Iterable[str]) -> None:
        """Commits that were known from the reflog alone have come to a branch."""
        with self._transaction():
            self._connection.executemany(
                "UPDATE commits SET on_branch = 1 WHERE sha = ? AND NOT on_branch",
                ((sha,) for sha in shas),
            )

    def finish(self, tips: Iterable[str], lost: Iterable[str], boundary: str) -> None:
        """Remember from where on everything is recorded; the next pass begins there.

        Args:
            tips: Commits with all their ancestors recorded; others are left out.
            lost: Commits that were noted but are gone.
            boundary: Where a shallow history is cut off.
        """
        with self._transaction():
            self._connection.execute("DELETE FROM tips")
            self._connection.executemany(
                "INSERT OR IGNORE INTO tips SELECT sha FROM commits WHERE sha = ?",
                ((sha,) for sha in tips),
            )
            self._connection.executemany(
                "INSERT OR IGNORE INTO lost VALUES (?)", ((sha,) for sha in lost)
            )
            self._connection.execute(
                "INSERT OR REPLACE INTO facts VALUES ('boundary', ?)", (boundary,)
            )

    def tips(self, boundary: str) -> list[str]:
        """Commits below which nothing is new; none where the history is cut off elsewhere now."""
        found = self._connection.execute("SELECT value FROM facts WHERE name = 'boundary'")
        if found.fetchone() != (boundary,):
            return []
        return [sha for (sha,) in self._connection.execute("SELECT sha FROM tips ORDER BY sha")]

    def count(self) -> int:
        """How many commits are recorded."""
        return int(self._connection.execute("SELECT count(*) FROM commits").fetchone()[0])

    def without_files(self) -> int:
        """How many commits have no list of files: objects were missing when they were read."""
        asked = "SELECT count(*) FROM commits WHERE NOT files_known"
        return int(self._connection.execute(asked).fetchone()[0])

    def by_day(self) -> dict[str, int]:
        """Commits on branches by the author's own day, oldest first."""
        asked = "SELECT day, count(*) FROM commits WHERE on_branch GROUP BY day ORDER BY day"
        return dict(self._connection.execute(asked))

    def commits(self, *, every: bool = False) -> Iterator[CommitData]:
        """The recorded commits, newest first, in bounded memory.

        Args:
            every: Also those that only the reflog knew, such as amended ones.
        """
        where = "" if every else "WHERE on_branch"
        asked = f"SELECT * FROM commits {where} ORDER BY unixepoch(committed_at) DESC, sha"  # noqa: S608 -- fixed text
        for row in self._connection.execute(asked):
            files = self._connection.execute(
                "SELECT * FROM files WHERE sha = ? ORDER BY position", (row[0],)
            )
            yield _commit(row, [_change(each) for each in files])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")


def ledger_path(places: Places) -> Path:
    """Where the database of a repository lies."""
    return place_of(places.project) / "activity.sqlite"


@contextmanager
def open_ledger(places: Places, *, make: bool = True) -> Iterator[Ledger | None]:
    """The database of a repository; None if there is none and none shall be made.

    Raises:
        StoreError: It is damaged, of a newer whet, locked for long, or cannot be written.
    """
    path = ledger_path(places)
    if not make and not path.is_file():
        yield None
        return
    if make:
        open_store(places.project).prepare()
    try:
        with closing(sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)) as connection:
            _prepare(path, connection)
            yield Ledger(path, connection)
    except sqlite3.Error as error:
        raise StoreError(str(path), str(error), _way_out(str(error))) from error


def recorded_commits(
    repository: str | os.PathLike[str], *, every: bool = False
) -> Iterator[CommitData]:
    """The recorded commits of a repository, newest first, in bounded memory.

    Args:
        repository: A directory of the repository.
        every: Also those that only the reflog knew, such as amended ones.

    Raises:
        GitError: No repository, or git refuses.
        StoreError: The database is damaged.
    """
    with open_ledger(places_of(repository), make=False) as ledger:
        if ledger is not None:
            yield from ledger.commits(every=every)


def commits_by_day(repository: str | os.PathLike[str]) -> dict[str, int]:
    """Recorded commits on branches by the author's own day (ISO 8601), oldest first.

    Raises:
        GitError: No repository, or git refuses.
        StoreError: The database is damaged.
    """
    with open_ledger(places_of(repository), make=False) as ledger:
        return ledger.by_day() if ledger else {}


def recorded_in(places: Places) -> int:
    """How many commits are recorded for a repository; nothing is made."""
    with open_ledger(places, make=False) as ledger:
        return ledger.count() if ledger else 0


def _way_out(said: str) -> str:
    if "locked" in said:
        return "Another process writes to it: try again"
    if "full" in said:
        return "Free some space: what was recorded is safe, and the rest comes next time"
    if "readonly" in said or "unable to open" in said:
        return "Make its folder writable"
    return "Move it away: what git still has is recorded anew"


def _prepare(path: Path, connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA synchronous = NORMAL")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == 0:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN IMMEDIATE")
        if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
            for statement in _TABLES.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {_VERSION}")
        connection.execute("COMMIT")
    elif version != _VERSION:
        reason = f"has the version {version}, and this whet knows {_VERSION}"
        raise StoreError(str(path), reason, "Update whet, or move the file away")


def _row(commit: CommitData, *, on_branch: bool) -> tuple[object, ...]:
    return (
        commit.commit, " ".join(commit.parents), commit.author, commit.author_email,
        commit.authored_at, commit.committer, commit.committer_email, commit.committed_at,
        commit.authored_at[:10], commit.message, on_branch, commit.files is not None,
    )  # fmt: skip


def _file_row(sha: str, position: int, change: FileChange) -> tuple[object, ...]:
    return (
        sha, position, change.path, change.path_bytes, change.old_path, change.status,
        change.added, change.deleted,
    )  # fmt: skip


def _commit(row: Sequence[object], files: Sequence[FileChange]) -> CommitData:
    sha, parents, author, email, authored, committer, committer_email, committed = row[:8]
    return CommitData(
        commit=str(sha),
        parents=tuple(str(parents).split()),
        author=str(author),
        author_email=str(email),
        authored_at=str(authored),
        committer=str(committer),
        committer_email=str(committer_email),
        committed_at=str(committed),
        message=str(row[9]),
        files=tuple(files) if row[11] else None,
    )


def _change(row: tuple[str, int, str, bytes | None, str | None, str, int, int]) -> FileChange:
    _, _, path, raw, old_path, status, added, deleted = row
    return FileChange(
        path=path, status=status, added=added, deleted=deleted, old_path=old_path, path_bytes=raw
    )
