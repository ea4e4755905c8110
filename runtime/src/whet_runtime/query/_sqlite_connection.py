"""SQLite connections as the query cache sees them, and changes made behind its back.

For each database file one more connection watches `PRAGMA data_version`, which changes whenever
any other connection commits. A commit through the cache holds a lock of the process while it
looks, commits, and looks again; its own change is thereby known, and its tables alone are
renewed. Every other change, of another process or of a plain connection, renews everything.

Source: https://www.sqlite.org/pragma.html#pragma_data_version
"""

from __future__ import annotations

import os
import sqlite3
import threading
from typing import TYPE_CHECKING, Any

from whet_runtime.cache._numbers import random_number
from whet_runtime.errors import MisuseError
from whet_runtime.query._footprint import Footprint
from whet_runtime.query._results import Rows
from whet_runtime.query._sqlite import examine, versions
from whet_runtime.query._statement import first_word

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from whet_runtime.query._statement import Parameters

_KEPT_FOOTPRINTS = 1_000
_BEGUN_BY_THE_DRIVER = frozenset({"insert", "update", "delete", "replace"})
_CONTROL = frozenset({"begin", "savepoint", "release", "rollback", "explain"})
_OUTSIDE_TRANSACTIONS = frozenset({"vacuum", "pragma", "attach", "detach", "analyze", "reindex"})


class Watch:
    """Whether somebody else committed to a database file.

    Args:
        open_watching: Opens the connection that watches.
        owned: Whether that connection is this watch's to close.
    """

    def __init__(
        self, open_watching: Callable[[], sqlite3.Connection], *, owned: bool = True
    ) -> None:
        self._owned = owned
        self.lock = threading.RLock()
        self._open = open_watching
        self._connection: sqlite3.Connection | None = None
        self._process = 0
        self._known: object = None
        self._abandoned: list[sqlite3.Connection] = []  # a parent's, which closing would harm

    def is_changed(self) -> bool:
        """Whether there was a commit since the last look; also true at the first one."""
        known, now = self._known, self._version()
        self._known = now
        return now != known

    def close(self) -> None:
        """Closes the connection that watches; the next look opens another."""
        with self.lock:
            connection, self._connection = self._connection, None
            if connection is not None and self._owned and self._process == os.getpid():
                connection.close()

    def _version(self) -> object:
        if self._connection is not None and self._process != os.getpid():
            self._abandoned.append(self._connection)
            self._connection = None
        if self._connection is None:
            self._connection, self._process = self._open(), os.getpid()
            self._known = None  # what happened before is not known
        return version_of(self._connection)


def version_of(connection: sqlite3.Connection) -> object:
    """A number that changes when another connection commits."""
    cursor = connection.cursor()
    cursor.row_factory = None
    return cursor.execute("PRAGMA data_version").fetchone()[0]


class SqliteConnection:
    """A dialect over `sqlite3.Connection`.

    Args:
        connection: Of a file or in memory; texts must be `str`.
        watches: The watch of each database, of the cache.

    Raises:
        MisuseError: Its `text_factory` is not `str`.
    """

    def __init__(self, connection: sqlite3.Connection, watches: dict[str, Watch]) -> None:
        if connection.text_factory is not str:
            raise MisuseError(
                "a connection with its own text_factory",
                "results would differ from connection to connection",
                "Leave text_factory as it is",
            )
        self._connection = connection
        self._pragmas: list[str] = []
        self._footprints: dict[object, Footprint] = {}
        path = _path_of(connection)
        self._database = _identity(path)
        if not path:
            watch = Watch(lambda: connection, owned=False)
            watch.is_changed()
            self._watch = watches[self._database] = watch
        else:
            self._watch = watches.setdefault(self._database, Watch(lambda: _watching(path)))

    def scope(self) -> str:
        """The file, and the settings made by this connection."""
        return "\0".join((self._database, *self._pragmas))

    def database(self) -> str:
        """The file."""
        return self._database

    def footprint(self, statement: str, parameters: Parameters) -> Footprint:
        """What the statement touches with the schema of now."""
        word = first_word(statement)
        if word in _OUTSIDE_TRANSACTIONS:
            return Footprint(writes_anything=word != "pragma", refusal=f"it is a {word}")
        if word in _CONTROL:
            return Footprint(refusal=f"it is a {word}")
        key = (statement, *versions(self._connection), *self._pragmas)
        known = self._footprints.get(key)
        if known is None:
            if len(self._footprints) >= _KEPT_FOOTPRINTS:
                self._footprints.clear()
            known = self._footprints[key] = examine(self._connection, statement, parameters)
        return known

    def in_transaction(self) -> bool:
        """Whether one is open."""
        return self._connection.in_transaction

    def must_bypass(self) -> bool:
        """Inside a transaction: it sees its own writes, and nobody's later ones."""
        return self._connection.in_transaction

    def commits_at_once(self, statement: str) -> bool:
        """Outside a transaction, unless the driver begins one."""
        if self._connection.in_transaction:
            return False
        begins = first_word(statement) in _BEGUN_BY_THE_DRIVER
        return self._connection.isolation_level is None or self._is_in_autocommit() or not begins

    def run(self, statement: str, parameters: Parameters) -> Any:
        """Carries a statement out."""
        if first_word(statement) == "pragma" and "=" in statement:
            self._pragmas.append(statement)
        return self._connection.execute(statement, parameters)

    def run_and_commit(
        self, statement: str, parameters: Parameters, renew: Callable[[], None]
    ) -> Any:
        """Carries a statement out in a transaction of its own, where it can be in one."""
        if first_word(statement) in _OUTSIDE_TRANSACTIONS:
            cursor = self.run(statement, parameters)
            renew()
            return cursor
        with self._watch.lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                cursor = self._connection.execute(statement, parameters)
                rows = cursor.fetchall() if cursor.description else []
                self._commit(renew, renew)
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
        return Returned(cursor, rows) if rows else cursor

    def run_many(self, statement: str, rows: Sequence[Parameters]) -> Any:
        """Carries a statement out for each row of parameters."""
        return self._connection.executemany(statement, rows)

    def fetch(self, statement: str, parameters: Parameters) -> Rows:
        """The whole result, as plain tuples whatever the connection's row factory."""
        cursor = self._connection.cursor()
        cursor.row_factory = None
        return self.rows_of(cursor.execute(statement, parameters))

    def rows_of(self, cursor: Any) -> Rows:
        """The rest of a result."""
        described = cursor.description or ()
        rows = [tuple(row) for row in cursor.fetchall()]
        return Rows(tuple(column[0] for column in described), rows)

    def catch_up(self, renew_all: Callable[[], None]) -> None:
        """Has everything renewed if somebody else committed; nobody reads before that is done."""
        with self._watch.lock:
            if self._watch.is_changed():
                renew_all()

    def commit(self, renew: Callable[[], None], renew_all: Callable[[], None]) -> None:
        """Commits under the lock of the watch."""
        with self._watch.lock:
            self._commit(renew, renew_all)

    def _commit(self, renew: Callable[[], None], renew_all: Callable[[], None]) -> None:
        """Tells this commit from others.

        None can come while the write lock is held, and one right after the commit shows in this
        connection's own version.
        """
        self.catch_up(renew_all)
        before = version_of(self._connection)
        if self._is_in_autocommit():  # where `commit()` does nothing
            if self._connection.in_transaction:
                self._connection.execute("COMMIT")
        else:
            self._connection.commit()
        self._watch.is_changed()
        if version_of(self._connection) != before:
            renew_all()
        renew()

    def rollback(self) -> None:
        """Takes the open transaction back."""
        if not self._is_in_autocommit():
            self._connection.rollback()
        elif self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _is_in_autocommit(self) -> bool:
        """Whether the connection has the mode `autocommit=True` of Python 3.12."""
        return getattr(self._connection, "autocommit", None) is True

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()


class Returned:
    """A cursor whose rows were read before the commit.

    Args:
        cursor: The driver's.
        rows: What it returned.
    """

    def __init__(self, cursor: sqlite3.Cursor, rows: list[Any]) -> None:
        self.description = cursor.description
        self.rowcount = cursor.rowcount
        self.lastrowid = cursor.lastrowid
        self._rows = rows

    def fetchall(self) -> list[Any]:
        """The rows that are left."""
        rows, self._rows = self._rows, []
        return rows

    def fetchone(self) -> Any:
        """The next row, or `None`."""
        return self._rows.pop(0) if self._rows else None


def _path_of(connection: sqlite3.Connection) -> str:
    cursor = connection.cursor()
    cursor.row_factory = None
    for _, name, path in cursor.execute("PRAGMA database_list"):
        if name == "main":
            return str(path or "")
    return ""


def _identity(path: str) -> str:
    if not path:
        return f"sqlite memory {random_number()}"
    real = os.path.realpath(path)
    found = os.stat(real)  # noqa: PTH116 - beside realpath
    return f"sqlite {real} {found.st_dev} {found.st_ino}"


def _watching(path: str) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False)
