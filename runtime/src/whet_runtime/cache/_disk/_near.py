"""What one process knows of the database: rows it was shown, and small rows not written yet.

What a process was shown is true as long as the entries are not changed, which `Changes` tells at
once. So it is served without asking SQLite, and still no read sees less than the last commit of
any process. (Who changes the database by other means than this library is noticed within a
second of use, by SQLite's `data_version`.)

Commits are most of what a small write costs, so some rows share one. A row that waits

*   was checked when it was taken: the mark at its key was the one the writer had seen;
*   is checked again when it is written: whatever others committed at its key meanwhile stays, and
    after a `clear` nothing that waited is written;
*   is served to its own process, but only while nobody else has changed anything; then all that
    waits is written first, and what the database has is the answer.

So a row that waits hides no invalidation. Until it is written other processes see what was there
before, and so do all if the process is killed.
"""

from __future__ import annotations

import atexit
import sqlite3
import threading
from contextlib import suppress
from itertools import count
from time import monotonic
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from whet_runtime.cache._disk import _rows
from whet_runtime.cache._disk._known import ENTRY_BYTES, Known, KnownRows
from whet_runtime.cache._disk._rows import as_bytes, key_id
from whet_runtime.cache._disk._store import LOOKED_EVERY_S, transaction
from whet_runtime.cache._fork import guard_forks
from whet_runtime.cache._numbers import random_number
from whet_runtime.cache._tier import Record, Sight
from whet_runtime.cache._wire import Torn, unpacked
from whet_runtime.errors import TierUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from whet_runtime.cache._disk._rows import Content
    from whet_runtime.cache._disk._store import Lent, Store

# A commit of one row takes 35 µs, of 16 rows 10 a row, of 32 and 64 9. Few also means that the
# write lock is kept for a short time: beside a thread that computes, each row may wait 5 ms for
# the interpreter.
MOST_WAITING = 32
_ASKED_EVERY_S = 1.0  # `data_version`, which also changes with each lease and note of use
_LINGER_S = 1.0  # the thread that writes on time ends when nothing has waited for so long
_made = tuple.__new__  # a named tuple in half the time of its own call
_NEVER = float("-inf")
_VERSION = "PRAGMA data_version"
_SELECT = "SELECT key, used, record FROM entries WHERE id = ?"
_SELECT_MARK = "SELECT mark FROM entries WHERE id = ?"
_USED = "UPDATE entries SET used = max(used, ?) WHERE id = ?"
_CLEARED = "SELECT amount FROM totals WHERE name = 'cleared'"


class Near:
    """The rows that one process knows, and those it has not written yet.

    Args:
        store: The database.
        delay_s: How long a row may wait.
        write_late: Calls `flush`, in the thread that writes on time; raises nothing.
    """

    def __init__(self, store: Store, delay_s: float, write_late: Callable[[], None]) -> None:
        self._store = store
        self._delay_s = delay_s
        self._write_late = write_late
        self._lock = threading.Lock()  # over all below
        self._lent: Lent | None = None
        self._looked_s = self._asked_s = 0.0
        self._version = -1
        self._numbers: bytes | None = None  # of changes, when what is known was shown
        self._cleared: object = None
        self._known = KnownRows()
        self._waiting: dict[str, tuple[Any, ...]] = {}  # a row, and the mark it takes the place of
        self._marks = count(random_number() >> 1)
        self._thread: threading.Thread | None = None
        self._ended = threading.Event()
        guard_forks(self)
        _ALL.add(self)

    def holds(self, keys: Sequence[str]) -> bool:
        """Whether a row at one of the keys waits."""
        return bool(self._waiting) and not self._waiting.keys().isdisjoint(keys)

    def read(self, key: str) -> Known | None:
        """What is at a key.

        Returns:
            `None` where the database is to be asked by other means: the record has tags, a file,
            is torn or of another key; the database failed; or another thread is asking it here.

        Raises:
            TierUnavailable: A row that waits cannot be written.
        """
        numbers = self._numbers  # asked first: what is known may be renewed at any moment
        known = self._known.rows.get(key)
        lent = self._lent
        if (
            known is not None
            and lent is not None
            and lent.changes.now() == numbers
            and monotonic() - self._looked_s <= LOOKED_EVERY_S
        ):
            return known if known.servable else None
        if not self._lock.acquire(blocking=False):
            if key not in self._waiting:
                return None
            self._wait_for_lock()
        try:
            return self._asked(key)
        except sqlite3.Error:
            self._lose()
            return None
        finally:
            self._lock.release()

    def mark(self) -> int:
        """A number that no other record has: counted from a random one, drawn in each process."""
        return next(self._marks)

    def note_use(self, key: str, known: Known, now_s: float) -> None:
        """Remembers when a record was used, unless another thread is at work here."""
        if self._lock.acquire(blocking=False):
            if self._known.rows.get(key) is known:
                self._known.rows[key] = known._replace(used_s=now_s)
            self._lock.release()

    def write(self, key: str, record: Record, row: Content, seen: int | None) -> bool:
        """Takes a record to be written soon, unless the mark at its key is not `seen`.

        Raises:
            TierUnavailable: What waits already cannot be written; this record is not taken.
        """
        again = False
        while True:
            if not self._lock.acquire(blocking=False):
                self._wait_for_lock()
            try:
                return self._take(key, record, row, seen)
            except sqlite3.Error as error:
                self._failed(error, again=again)
                again = True
            finally:
                self._lock.release()

    def flush(self) -> None:
        """Writes what waits, in one transaction.

        Raises:
            TierUnavailable: It cannot be written now, and waits on.
        """
        if not self._waiting:
            return
        self._wait_for_lock()
        try:
            self._flush(self._looked())
        except sqlite3.Error as error:
            self._failed(error)
        finally:
            self._lock.release()

    def write_use(self, rows: Sequence[tuple[int, int]]) -> None:
        """Writes down seconds of last use and numbers of rows, with the cached pages kept.

        Raises:
            TierUnavailable: It cannot be written.
        """
        self._wait_for_lock()
        try:
            lent = self._looked()
            with transaction(lent.connection, "BEGIN IMMEDIATE"):
                lent.cursor.executemany(_USED, rows)
        except sqlite3.Error as error:
            self._failed(error)
        finally:
            self._lock.release()

    def close(self) -> None:
        """Ends the thread and closes the connection; what still waits is lost."""
        self._ended.set()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout=1.0)
        with self._lock:
            self._waiting.clear()
            self._lose()

    def before_fork(self) -> None:
        """Writes what waits: the child is to see it, and only one of the two may write it."""
        self._lock.acquire()
        if self._waiting:
            with suppress(Exception):  # whatever it is, the lock is let go after the fork
                self._flush(self._looked())

    def after_fork(self, *, in_child: bool) -> None:
        """In the child, forgets connection, thread and what the parent will write."""
        if in_child:
            if self._lent is not None:
                self._store.abandon(self._lent)
            self._lent = self._thread = None
            if not self._ended.is_set():
                self._ended = threading.Event()  # the thread may have been inside the old one
            self._waiting.clear()
            self._marks = count(random_number() >> 1)
            self._forget()
        self._lock.release()

    # The lock is held from here on.

    def _wait_for_lock(self) -> None:
        if not self._lock.acquire(timeout=self._store.timeout_s):
            raise self._store.unavailable("another thread waits for it")

    def _looked(self) -> Lent:
        """The connection, to the file that the path names now."""
        now_s = monotonic()
        lent = self._lent
        if lent is not None and now_s - self._looked_s <= LOOKED_EVERY_S:
            return lent
        if lent is not None and self._store.identity() != lent.identity:
            self._waiting.clear()  # it was meant for a file that is gone
            self._lose()
            lent = None
        if lent is None:
            lent = self._lent = self._store.opened()
            self._asked_s = now_s
            self._renew(lent)
        elif now_s - self._asked_s > _ASKED_EVERY_S:
            self._asked_s = now_s
            if lent.cursor.execute(_VERSION).fetchone()[0] != self._version:
                self._renew(lent)
        self._looked_s = now_s
        return lent

    def _renew(self, lent: Lent) -> None:
        """Begins anew after a change by somebody else, with what waited written."""
        self._flush(lent)
        self._forget()
        self._numbers = lent.changes.quiet()
        (self._version,) = lent.cursor.execute(_VERSION).fetchone()
        self._cleared = lent.cursor.execute(_CLEARED).fetchone()

    def _asked(self, key: str) -> Known | None:
        lent = self._looked()
        if lent.changes.now() != self._numbers:
            self._renew(lent)
        known = self._known.rows.get(key)
        if known is not None:
            return known if known.servable else None
        if key in self._waiting:
            self._flush(lent)
        name = as_bytes(key)
        identity = key_id(name)
        row = lent.cursor.execute(_SELECT, (identity,)).fetchone()
        if row is None:
            absent = Known(Sight(None, 0), _NEVER, 0.0, identity, ENTRY_BYTES, servable=True)
            self._known.keep(key, absent)
            return absent
        stored_name, used_s, content = row
        if content is None or stored_name != name:  # a file; or of two keys with one number
            return None
        try:
            record, mark = unpacked(content)
        except Torn:
            return None
        if record is not None and record.generations:
            return None
        hard_s = _NEVER if record is None else record.hard_s
        held = len(content) + len(name) + ENTRY_BYTES
        known = _made(Known, (_made(Sight, (record, mark)), hard_s, used_s, identity, held, True))
        self._known.keep(key, known)
        return known

    def _take(self, key: str, record: Record, row: Content, seen: int | None) -> bool:
        lent = self._looked()
        if lent.changes.now() != self._numbers:
            self._renew(lent)
        known = self._known.rows.get(key)
        name = as_bytes(key)
        before = self._waiting.get(key)
        if known is not None:
            identity, present = known.identity, known.sight.mark
        else:
            identity = key_id(name)
            present = self._mark(lent, identity) if before is None else before[1]
        if seen is not None and seen != present:
            return False
        base = present if before is None else before[-1]
        mark, hard_s, used_s, size, content = row
        self._waiting[key] = (identity, mark, hard_s, used_s, size, name, None, content, base)
        if len(self._waiting) >= MOST_WAITING:
            try:
                self._flush(lent)
            except BaseException:
                self._waiting.pop(key, None)
                if before is not None:
                    self._waiting[key] = before
                raise
        elif self._thread is None:
            self._start_thread()
        sight = _made(Sight, (record, mark))
        held, servable = size + ENTRY_BYTES, not record.generations
        self._known.keep(key, _made(Known, (sight, hard_s, used_s, identity, held, servable)))
        return True

    def _mark(self, lent: Lent, identity: int) -> int:
        found = lent.cursor.execute(_SELECT_MARK, (identity,)).fetchone()
        return 0 if found is None else int(found[0])

    def _flush(self, lent: Lent) -> None:
        if not self._waiting:
            return
        cursor, changes, number = lent.cursor, lent.changes, None
        try:
            with transaction(lent.connection, "BEGIN IMMEDIATE"):
                alone = changes.now() == self._numbers
                if alone or cursor.execute(_CLEARED).fetchone() == self._cleared:
                    waiting = self._waiting.values()
                    added = [row[:-1] for row in waiting if not row[-1]]
                    changed = [row for row in waiting if row[-1]]
                    cursor.executemany(_rows.WHERE_NOTHING, added)
                    if cursor.executemany(_rows.WHERE_INLINE, changed).rowcount < len(changed):
                        cursor.executemany(_rows.WHERE_MARKED, changed)  # those that have a file
                number = changes.begin()
        finally:
            if number is not None:
                numbers = changes.end(number)
        self._waiting.clear()
        if alone:
            self._numbers = numbers
        else:
            self._forget()

    def _failed(self, error: sqlite3.Error, *, again: bool = False) -> None:
        """Sees to a file that is corrupt or was replaced, once; anything else is raised."""
        lent, self._lent = self._lent, None
        self._forget()
        if lent is None:  # it failed when it was opened
            raise self._store.unavailable(str(error)) from error
        self._store.failed(lent, error, again=again)
        self._waiting.clear()  # it was meant for a file that is gone

    def _lose(self) -> None:
        if self._lent is not None:
            self._lent.connection.close()
            self._lent = None
        self._forget()

    def _forget(self) -> None:
        self._numbers = None  # first: reads do not ask for the lock
        self._known.clear()
        self._version = -1

    def _start_thread(self) -> None:
        self._thread = threading.Thread(
            target=self._write_on_time, name="whet-runtime-writes", daemon=True
        )
        try:
            self._thread.start()
        except RuntimeError:  # the interpreter is ending: what waits is written as it ends
            self._thread = None

    # The lock is not held from here on.

    def _write_on_time(self) -> None:
        idle_s = 0.0
        while not self._ended.wait(self._delay_s):
            if self._waiting:
                self._write_late()
                idle_s = 0.0
                continue
            idle_s += self._delay_s
            if idle_s >= _LINGER_S:
                with self._lock:
                    if not self._waiting:
                        self._thread = None
                        return


_ALL: WeakSet[Near] = WeakSet()


def _write_all() -> None:
    for near in tuple(_ALL):
        with suppress(TierUnavailable):
            near.flush()


atexit.register(_write_all)
