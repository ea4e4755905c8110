"""The database file of a disk tier: connections, and a new file when this one is corrupt or gone.

A connection is lent to one thread at a time and carries the identity of the file it opened. The
path is asked at least every 5 ms which file it names now: if somebody replaced or deleted the
file, nobody goes on reading the old one. Whoever makes a new file waits for longer than that
before anything is written to it: no invalidation in the new file meets a reader of the old.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from weakref import WeakSet

from whet_runtime.cache._disk._changes import Changes
from whet_runtime.errors import MisuseError, TierUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    T = TypeVar("T")

_FILE_NAME = "whet-cache-1.db"  # the number is the schema's: versions live beside each other
_SIDE_FILES = ("-wal", "-shm")
_CHANGES = "-changes"  # never removed: the numbers go on
_KEPT_CONNECTIONS = 8
_CACHE_KIB = 8_000
LOOKED_EVERY_S = 0.005
# Longer than two looks: a connection that was in use at one of them is seen to at the next.
_NEW_FILE_WAITS_S = 0.012
_CORRUPT = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
# An integer key and the values in one tree: as fast as WITHOUT ROWID for small values, 1.6 times
# faster to read at 3 kB and 4 times at 20 kB, because its leaves hold more of a value.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
  id INTEGER PRIMARY KEY, mark INTEGER NOT NULL, hard REAL NOT NULL, used INTEGER NOT NULL,
  size INTEGER NOT NULL, key BLOB NOT NULL, file BLOB, record BLOB);
CREATE INDEX IF NOT EXISTS tombstones ON entries (hard) WHERE used < 0;
CREATE TABLE IF NOT EXISTS tags (name TEXT PRIMARY KEY, generation INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS leases (
  id INTEGER PRIMARY KEY, token INTEGER NOT NULL, until REAL NOT NULL);
CREATE TABLE IF NOT EXISTS notices (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, origin INTEGER NOT NULL, notice TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS garbage (file BLOB PRIMARY KEY, since REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS totals (name TEXT PRIMARY KEY, amount INTEGER NOT NULL) WITHOUT ROWID;
INSERT OR IGNORE INTO totals VALUES ('file_bytes', 0), ('probe', 0), ('made', random());
CREATE TRIGGER IF NOT EXISTS file_added AFTER INSERT ON entries WHEN new.file IS NOT NULL BEGIN
  UPDATE totals SET amount = amount + new.size WHERE name = 'file_bytes'; END;
CREATE TRIGGER IF NOT EXISTS file_removed AFTER DELETE ON entries WHEN old.file IS NOT NULL BEGIN
  INSERT OR REPLACE INTO garbage VALUES (old.file, 0);
  UPDATE totals SET amount = amount - old.size WHERE name = 'file_bytes'; END;
CREATE TRIGGER IF NOT EXISTS file_changed AFTER UPDATE OF file ON entries
  WHEN old.file IS NOT NULL OR new.file IS NOT NULL BEGIN
  INSERT OR REPLACE INTO garbage SELECT old.file, 0 WHERE old.file IS NOT NULL;
  UPDATE totals SET amount = amount + iif(new.file IS NULL, 0, new.size)
    - iif(old.file IS NULL, 0, old.size) WHERE name = 'file_bytes'; END;
"""


class Lent(NamedTuple):
    """A connection in the hands of one thread at a time."""

    connection: sqlite3.Connection
    identity: tuple[int, ...]
    cursor: sqlite3.Cursor  # for statements of one row, which leave nothing open
    changes: Changes


class Store:
    """One database of a cache directory, used by any threads and processes.

    Args:
        directory: Made if missing, readable by its owner only.
        timeout_s: The longest wait for another process's write.
        log_pages: After so many pages of 4 KiB the log is copied into the database.

    Raises:
        MisuseError: The platform cannot lock files.
    """

    def __init__(self, directory: Path, timeout_s: float, log_pages: int = 1_000) -> None:
        try:
            import fcntl
        except ImportError:
            raise MisuseError(
                "the disk tier", "this platform has no flock", "Leave the disk tier out"
            ) from None
        self._flock, self._lock_how = fcntl.flock, fcntl.LOCK_EX | fcntl.LOCK_NB
        self.directory = directory
        self.path = str(directory / _FILE_NAME)
        self.timeout_s = timeout_s
        self._log_pages = log_pages
        self.replacements = 0  # files found corrupt and made anew by this process
        self._idle: list[Lent] = []
        self._looked_s = 0.0
        self._changes: Changes | None = None
        self._abandoned: list[Lent] = []  # of the parent process; closing them here would harm it
        self._closed = False
        _STORES.add(self)

    def run(self, work: Callable[..., T], *arguments: Any) -> T:
        """What the work returns with a connection; tried again once on a new file.

        Args:
            work: Called with a connection and the arguments.
            arguments: Handed on.

        Raises:
            TierUnavailable: The database cannot be used: read-only, full, locked, closed.
        """
        result: T = self._run(_plain, work, arguments)
        return result

    def _run(
        self, how: Callable[..., Any], work: Callable[..., Any], arguments: Sequence[Any]
    ) -> Any:
        again = False
        while True:
            lent = self._take()
            try:
                result = how(lent, work, arguments)
            except sqlite3.Error as error:
                self.failed(lent, error, again=again)
                again = True
            except BaseException:
                self._give_back(lent)
                raise
            else:
                self._give_back(lent)
                return result

    def reading(self, work: Callable[..., T], *arguments: Any) -> T:
        """`run` of several reads: all see one moment, and the log is locked once for all.

        Raises:
            TierUnavailable: As `run`.
        """
        result: T = self._run(_snapshot, work, arguments)
        return result

    def writing(self, work: Callable[..., T], *arguments: Any) -> T:
        """`run` inside one transaction that holds the write lock from the start.

        Raises:
            TierUnavailable: As `run`; nothing was written.
        """
        result: T = self._run(_locked, work, arguments)
        return result

    def changing(self, work: Callable[..., T], *arguments: Any) -> T:
        """`writing` of entries: whoever knows what they were finds out.

        Raises:
            TierUnavailable: As `run`; nothing was written.
        """
        result: T = self._run(_counted, work, arguments)
        return result

    def identity(self) -> tuple[int, ...] | None:
        """Which files the paths name now; `None` when one is missing."""
        try:
            found = os.stat(self.path)  # noqa: PTH116 - pathlib takes twice as long
            changes = os.stat(self.path + _CHANGES)  # noqa: PTH116 - as above
        except OSError:
            return None
        return found.st_dev, found.st_ino, changes.st_ino

    def opened(self) -> Lent:
        """A connection of the caller's own.

        Raises:
            TierUnavailable: It cannot be opened, or the store was closed.
        """
        if self._closed:
            raise self.unavailable("it was closed")
        try:
            with self._locked():
                connection = self._connected()
                changes = self._counting()
                identity = self.identity()
        except (OSError, sqlite3.Error) as error:
            raise self.unavailable(str(error)) from error
        if identity is None:
            connection.close()
            raise self.unavailable("the database vanished while it was opened")
        return Lent(connection, identity, connection.cursor(), changes)

    def _counting(self) -> Changes:
        """The numbers that the path names now; one map serves all connections."""
        with suppress(OSError):
            named = os.stat(self.path + _CHANGES).st_ino  # noqa: PTH116 - as above
            if self._changes is not None and self._changes.inode == named:
                return self._changes
        self._changes = Changes(self.path + _CHANGES)
        if self._changes.made:
            sleep(_NEW_FILE_WAITS_S)
        return self._changes

    def failed(self, lent: Lent, error: sqlite3.Error, *, again: bool = False) -> None:
        """Sees to a file that is corrupt or was replaced, once; closes the connection.

        Raises:
            TierUnavailable: Anything else went wrong, or `again`.
        """
        lent.connection.close()
        if not again and _is_corrupt(error):
            self._replace(lent.identity)
        elif again or self.identity() == lent.identity:
            raise self.unavailable(str(error)) from error
        self._looked_s = 0.0

    def abandon(self, lent: Lent) -> None:
        """In a child process: keeps a connection of the parent from being closed here."""
        self._abandoned.append(lent)

    def leave_to_parent(self) -> None:
        """In a child process: forgets the parent's connections without closing them."""
        self._abandoned.extend(self._idle)
        self._idle = []

    def close(self) -> None:
        """Closes the idle connections; those in use are closed when they come back."""
        self._closed = True
        self._drop_idle()

    def unavailable(self, reason: str) -> TierUnavailable:
        """The error for a database that cannot be used."""
        return TierUnavailable(
            f"the cache directory {self.directory}", reason, "Values are loaded without it"
        )

    def _take(self) -> Lent:
        now_s = monotonic()
        if now_s - self._looked_s > LOOKED_EVERY_S:
            self._drop_replaced()
            self._looked_s = now_s
        try:
            return self._idle.pop()
        except IndexError:
            return self.opened()

    def _drop_replaced(self) -> None:
        """Closes the idle connections to a file that the path does not name any more."""
        current = self.identity()
        for lent in tuple(self._idle):
            if lent.identity != current:
                with suppress(ValueError):  # another thread took it: its work finds out itself
                    self._idle.remove(lent)
                    lent.connection.close()

    def _give_back(self, lent: Lent) -> None:
        if len(self._idle) >= _KEPT_CONNECTIONS:
            lent.connection.close()
            return
        self._idle.append(lent)
        if self._closed:  # asked last: `close` may have come meanwhile
            self._drop_idle()

    def _connected(self) -> sqlite3.Connection:
        """A connection with the schema; a file that is no database is made anew, once."""
        for _ in range(2):
            connection = sqlite3.connect(
                self.path, timeout=self.timeout_s, isolation_level=None, check_same_thread=False
            )
            connection.text_factory = bytes  # what is not UTF-8 is judged by us, not by the driver
            try:
                # A new file waits for no disk: what a power failure leaves of it is made anew.
                connection.execute("PRAGMA synchronous = OFF")
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute(f"PRAGMA wal_autocheckpoint = {self._log_pages}")
                connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
                connection.execute("PRAGMA trusted_schema = OFF")
                if not connection.execute("PRAGMA user_version").fetchone()[0]:
                    connection.executescript(
                        f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = 1; COMMIT;"
                    )
                    sleep(_NEW_FILE_WAITS_S)
                connection.execute("PRAGMA synchronous = NORMAL")
            except sqlite3.Error as error:
                connection.close()
                if not _is_corrupt(error):
                    raise
                self._discard_files()
            else:
                return connection
        raise self.unavailable("a new database is corrupt at once")

    def _replace(self, bad: tuple[int, ...]) -> None:
        """Removes the corrupt file, unless another process already did."""
        try:
            with self._locked():
                if self.identity() == bad:
                    self._discard_files()
        except OSError as error:
            raise self.unavailable(f"it is corrupt and cannot be replaced: {error}") from error

    def _discard_files(self) -> None:
        self._drop_idle()
        self.replacements += 1
        for suffix in ("", *_SIDE_FILES):
            Path(self.path + suffix).unlink(missing_ok=True)

    def _drop_idle(self) -> None:
        while self._idle:
            with suppress(IndexError):
                self._idle.pop().connection.close()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Holds the directory against processes that open or replace the database too."""
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        until = monotonic() + self.timeout_s
        handle = os.open(self.directory / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            while True:
                try:
                    self._flock(handle, self._lock_how)
                    break
                except BlockingIOError:
                    if monotonic() > until:
                        raise
                    sleep(0.002)
            yield
        finally:
            os.close(handle)


_STORES: WeakSet[Store] = WeakSet()


def _leave_all_to_parent() -> None:
    for store in tuple(_STORES):
        store.leave_to_parent()


if hasattr(os, "register_at_fork"):  # asking for the process at each read takes a system call
    os.register_at_fork(after_in_child=_leave_all_to_parent)


def _plain(lent: Lent, work: Callable[..., T], arguments: Sequence[Any]) -> T:
    return work(lent.connection, *arguments)


def _snapshot(lent: Lent, work: Callable[..., T], arguments: Sequence[Any]) -> T:
    with transaction(lent.connection, "BEGIN"):
        return work(lent.connection, *arguments)


def _locked(lent: Lent, work: Callable[..., T], arguments: Sequence[Any]) -> T:
    with transaction(lent.connection, "BEGIN IMMEDIATE"):
        return work(lent.connection, *arguments)


def _counted(lent: Lent, work: Callable[..., T], arguments: Sequence[Any]) -> T:
    number = None
    try:
        with transaction(lent.connection, "BEGIN IMMEDIATE"):
            result = work(lent.connection, *arguments)
            number = lent.changes.begin()
    finally:
        if number is not None:
            lent.changes.end(number)
    return result


@contextmanager
def transaction(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    """Carries out what is inside in one transaction, or not at all."""
    connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def _is_corrupt(error: sqlite3.Error) -> bool:
    """Whether the file is no database of ours any more: damaged, or without our tables."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return False
    return code & 0xFF in _CORRUPT or (code == sqlite3.SQLITE_ERROR and "no such" in str(error))
