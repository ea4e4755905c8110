"""Invalidations told from process to process through the database.

Every removal and renewal leaves a numbered row. A listening process asks for the highest number
every few milliseconds and reads the rows it has not seen. Rows are trimmed, the file may be
replaced or out of reach for a while: who may have missed some is told to drop everything.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from whet_runtime.cache._listening import ListeningThread
from whet_runtime.cache._tier import Notice
from whet_runtime.errors import TierUnavailable

if TYPE_CHECKING:
    import sqlite3
    import threading
    from collections.abc import Callable

    from whet_runtime.cache._disk._store import Store

_KEPT = 10_000
_TRIM_EVERY = 1_000
_EVERYTHING = Notice(everything=True)


def leave(connection: sqlite3.Connection, origin: int, notice: Notice) -> None:
    """Writes a notice, in the transaction of the invalidation it tells of."""
    text = json.dumps([list(notice.keys), list(notice.tags), notice.everything])
    seq = connection.execute(
        "INSERT INTO notices (origin, notice) VALUES (?, ?)", (origin, text)
    ).lastrowid
    if seq is not None and seq % _TRIM_EVERY == 0:
        connection.execute("DELETE FROM notices WHERE seq <= ?", (seq - _KEPT,))


class Listener(ListeningThread):
    """A thread that hands on the notices of other processes.

    Args:
        store: The database they are in.
        origin: The number that this process's own notices carry.
        receive: Called with each notice.
        poll_s: How often the database is asked.
    """

    def __init__(
        self,
        store: Store,
        origin: Callable[[], int],
        receive: Callable[[Notice], None],
        poll_s: float,
    ) -> None:
        self._store = store
        self._origin = origin
        self._receive = receive
        self._poll_s = poll_s
        self._seen: int | None = None
        self._file: int | None = None  # drawn when the database was made
        self._blind = False
        self._look()  # from here on: what comes before the thread runs is not missed
        super().__init__("whet-runtime-notices", self._watch)

    def _watch(self, ended: threading.Event) -> None:
        while not ended.wait(self._poll_s):
            self._look()

    def _look(self) -> None:
        """Hands on what is new; while the database cannot be read, anything may have changed."""
        try:
            notices = self._store.run(self._news)
        except TierUnavailable:
            notices = [] if self._blind else [_EVERYTHING]
            self._blind = True
        for notice in notices:
            self._receive(notice)

    def _news(self, connection: sqlite3.Connection) -> list[Notice]:
        # Not told by its inode: a file that is made after another was removed may get the same.
        last, file = connection.execute(
            "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'notices'), 0), "
            "(SELECT amount FROM totals WHERE name = 'made')"
        ).fetchone()
        missed = self._blind or (self._file is not None and file != self._file)
        seen, self._seen = self._seen, last
        self._file, self._blind = file, False
        if missed:
            return [_EVERYTHING]
        if seen is None or seen == last:
            return []
        rows = connection.execute(
            "SELECT origin, notice FROM notices WHERE seq > ? AND seq <= ? ORDER BY seq",
            (seen, last),
        ).fetchall()
        if len(rows) != last - seen:
            return [_EVERYTHING]
        return [_read(text) for origin, text in rows if origin != self._origin()]


def _read(text: bytes) -> Notice:
    keys, tags, everything = json.loads(text)
    return Notice(tuple(keys), tuple(tags), everything=everything)
