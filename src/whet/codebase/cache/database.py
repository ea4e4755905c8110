"""Facts about files, kept in SQLite: status → content → facts, bounded in bytes.

Two levels: `files` says which content a path had when its status was last taken; `facts` and
`tags` hold what was read from that content, whatever it is called and wherever it lies. Every
write is one short transaction in write-ahead mode: several processes share the file, and one that
is killed loses only what it had not written yet. A cache that cannot be used (corrupt, newer, not
writable, disk full) is said once, and everything works without it.
"""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, Any

from whet.codebase.cache import _schema
from whet.codebase.cache._eviction import evict
from whet.errors import StoreError
from whet.records import Event
from whet.records.event import ignore_event
from whet.records.tags import CacheBucket, CacheStatistics
from whet.store import open_store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from whet.codebase.cache._schema import NewFact, Seen
    from whet.records.event import OnEvent

LIMIT_BYTES = 100_000_000
_SMALL, _MEDIUM = 10_000, 100_000  # sizes of source files, bytes: where the buckets end
_AT_ONCE = 400  # rows of one SELECT: below every build's limit of parameters
_HOUR_NS = 3_600_000_000_000


# What the cache knows of a path: path, mtime_ns, ctime_ns, size, inode (together the identity),
# and the row of the facts. A plain tuple: every run makes thousands.
Known = tuple[str, int, int, int, int, int]


class FactCache:
    """The facts of one project's files.

    Args:
        path: The database file; None: nothing is kept.
        limit_bytes: Of packed facts, in all.
        on_event: Hears once why the cache is not used.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        limit_bytes: int = LIMIT_BYTES,
        on_event: OnEvent = ignore_event,
    ) -> None:
        self.path = path
        self.limit_bytes = limit_bytes
        self.refused = "" if path else "switched off"  # why it is not used
        self.writes_refused = ""
        self.hits = 0
        self.content_hits = 0
        self.misses = 0
        self._on_event = on_event
        self._connection: sqlite3.Connection | None = None

    def files(self, root: bytes) -> dict[str, Known]:
        """All that is known of the files below a root, by path relative to it."""
        asked = "SELECT path, mtime_ns, ctime_ns, size, inode, facts FROM files"
        rows = self._read(f"{asked} WHERE root = ?", (root,))
        return (
            {_schema.path_of(row[0]): row for row in rows}
            if any(type(row[0]) is bytes for row in rows)
            else {row[0]: row for row in rows}
        )

    def is_empty(self) -> bool:
        """Whether no content is known."""
        return not self._read("SELECT 1 FROM facts LIMIT 1", ())

    def by_content(self, wanted: Iterable[tuple[bytes, bytes]]) -> dict[tuple[bytes, bytes], int]:
        """The rows of known contents, by blob id and recipe."""
        found = {}
        for blob, recipe in wanted:
            asked = "SELECT id FROM facts WHERE blob = ? AND recipe = ?"
            for (row,) in self._read(asked, (blob, recipe)):
                found[blob, recipe] = row
        return found

    def heads(self, rows: Sequence[int]) -> dict[int, bytes]:
        """The small parts of facts, by row."""
        return self._by_row("SELECT id, head FROM facts WHERE id IN", rows)

    def tags(self, rows: Sequence[int]) -> dict[int, bytes]:
        """The packed tags, by row."""
        return self._by_row("SELECT id, packed FROM tags WHERE id IN", rows)

    def _by_row(self, asked: str, rows: Sequence[int]) -> dict[int, bytes]:
        found: dict[int, bytes] = {}
        for at in range(0, len(rows), _AT_ONCE):
            some = rows[at : at + _AT_ONCE]
            places = ",".join("?" * len(some))
            found.update(self._read(f"{asked} ({places})", some))
        return found

    def keep(self, root: bytes, facts: Sequence[NewFact], *, now_ns: int) -> None:
        """Keep what was read; the least recently used of each size make room."""
        with self._writing() as connection:
            if connection is None:
                return
            for fact in facts:
                row = _schema.put_fact(connection, fact, bucket_of(fact.identity.size), now_ns)
                _schema.put_file(connection, root, fact, row)
            # New facts are in use: the next run need not note it. What is there already stays.
            connection.execute("INSERT OR IGNORE INTO used VALUES (?, ?)", (root, now_ns))
            evict(connection, self.limit_bytes)

    def renew(self, root: bytes, seen: Sequence[Seen], *, now_ns: int) -> None:
        """Note new statuses of known contents."""
        if not seen:
            return
        with self._writing() as connection:
            if connection is None:
                return
            _schema.put_files(connection, root, seen)
            used = [(now_ns, entry.facts) for entry in seen]
            connection.executemany("UPDATE facts SET used = ? WHERE id = ?", used)

    def forget(self, root: bytes, gone: Sequence[str]) -> None:
        """Forget the status of paths that are no more; their contents stay for other branches."""
        if gone:
            with self._writing() as connection:
                if connection is not None:
                    rows = [(root, _schema.key_of(path)) for path in gone]
                    asked = "DELETE FROM files WHERE root = ? AND path = ?"
                    connection.executemany(asked, rows)

    def touch(self, root: bytes, *, now_ns: int) -> None:
        """Note, once an hour, that the facts of a root's files are in use."""
        asked = (
            "SELECT 1 FROM files JOIN facts ON facts.id = files.facts "
            "WHERE files.root = ? AND used < ? LIMIT 1"
        )
        if self._read("SELECT 1 FROM used WHERE root = ? AND at > ?", (root, now_ns - _HOUR_NS)):
            return
        stale = self._read(asked, (root, now_ns - _HOUR_NS))
        with self._writing() as connection:
            if connection is not None:
                connection.execute("REPLACE INTO used VALUES (?, ?)", (root, now_ns))
                if stale:
                    change = (
                        "UPDATE facts SET used = ? "
                        "WHERE id IN (SELECT facts FROM files WHERE root = ?)"
                    )
                    connection.execute(change, (now_ns, root))

    def statistics(self) -> CacheStatistics:
        """What the cache holds and how well it served this process."""
        asked = "SELECT bucket, count(*), coalesce(sum(bytes), 0) FROM facts GROUP BY bucket"
        held = {bucket: (entries, total) for bucket, entries, total in self._read(asked, ())}
        evicted = dict(self._read("SELECT bucket, evicted FROM evictions", ()))
        buckets = tuple(
            CacheBucket(
                sources=name,
                entries=held.get(number, (0, 0))[0],
                bytes=held.get(number, (0, 0))[1],
                limit_bytes=int(self.limit_bytes * _schema.SHARES[number]),
                evicted=evicted.get(number, 0),
            )
            for number, name in enumerate(_schema.BUCKETS)
        )
        looked = self.hits + self.content_hits + self.misses
        return CacheStatistics(
            path=str(self.path) if self.path else None,
            usable=not self.refused,
            reason=self.refused or self.writes_refused or None,
            files=sum(row[0] for row in self._read("SELECT count(*) FROM files", ())),
            contents=sum(bucket.entries for bucket in buckets),
            bytes=sum(bucket.bytes for bucket in buckets),
            limit_bytes=self.limit_bytes,
            disk_bytes=_schema.disk_bytes(self.path),
            buckets=buckets,
            hits=self.hits,
            content_hits=self.content_hits,
            misses=self.misses,
            hit_rate=(self.hits + self.content_hits) / looked if looked else None,
        )

    def release(self) -> None:
        """Close the file; the next use opens it again. Needed before a process is forked."""
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def _read(self, asked: str, given: Sequence[object]) -> list[tuple[Any, ...]]:
        connection = self._open()
        if connection is None:
            return []
        try:
            return connection.execute(asked, given).fetchall()
        except (sqlite3.Error, OverflowError) as error:
            self._refuse(error)
            return []

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection | None]:
        """A transaction; None where nothing can be written. Failures are said, never raised."""
        connection = None if self.writes_refused else self._open()
        if connection is None:
            yield None
            return
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        except (sqlite3.Error, OverflowError) as error:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            if _schema.is_corrupt(error):
                self._refuse(error)
            else:
                self._say(f"is not written to: {error}")
                self.writes_refused = str(error)

    def _open(self) -> sqlite3.Connection | None:
        if self._connection is None and not self.refused and self.path is not None:
            try:
                self._connection = _schema.connect(self.path)
            except (sqlite3.Error, OSError, StoreError) as error:
                self._refuse(error)
        return self._connection

    def _refuse(self, error: Exception) -> None:
        """Go on without: what was corrupt is put aside, so that the next run starts afresh."""
        self.release()
        self.refused = str(error)
        aside = _schema.put_aside(self.path) if _schema.is_corrupt(error) and self.path else None
        kept = f" (put aside as {aside.name}; the next run starts a new one)" if aside else ""
        self._say(f"is not used: {error}{kept}")

    def _say(self, reason: str) -> None:
        message = f"the cache {self.path} {reason}"
        self._on_event(Event(kind="note", stage="cache", message=message))


def bucket_of(size_bytes: int) -> int:
    """The size bucket of a source file: 0 below 10 KB, 1 up to 100 KB, 2 above."""
    return (size_bytes >= _SMALL) + (size_bytes > _MEDIUM)


def open_cache(
    project: Path, *, limit_bytes: int = LIMIT_BYTES, on_event: OnEvent = ignore_event
) -> FactCache:
    """The cache of a project, in the place where whet keeps what it knows of it."""
    store = open_store(project)
    path = store.folder / "cache" / "tags.sqlite"
    cache = FactCache(path, limit_bytes=limit_bytes, on_event=on_event)
    try:
        store.prepare()
    except StoreError as error:
        if not path.exists():
            cache.refused = str(error)
            cache._say(f"is not used: {error}")  # noqa: SLF001 - its own maker
    return cache
