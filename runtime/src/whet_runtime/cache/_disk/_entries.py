"""Entries of a disk tier: what each operation says to SQLite."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from whet_runtime.cache._disk import _bound, _notices, _tags
from whet_runtime.cache._disk._files import LargeValues
from whet_runtime.cache._disk._near import Near
from whet_runtime.cache._disk._rows import (
    WHERE_MARKED,
    WHERE_NOTHING,
    Content,
    Row,
    as_bytes,
    key_id,
)
from whet_runtime.cache._numbers import ProcessNumber, random_number
from whet_runtime.cache._tier import GRACE_S, Notice, Record, Seen, Sight
from whet_runtime.cache._wire import Torn, packed, tombstone, unpacked

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping, Sequence

    from whet_runtime.cache._counters import Counters
    from whet_runtime.cache._disk._store import Store
    from whet_runtime.clock import Clock

_LARGEST_INLINE_BYTES = 32_768  # beyond, a file is read faster than SQLite's overflow pages
_USED_EVERY_S = 60  # last use is noted so coarsely that most reads write nothing
_NOTED_AT_ONCE = 200
_ROW_BYTES = 60
_CHECKS_PER_BOUND = 64  # the bound is checked whenever this share of it was written
_UPSERT = (
    "INSERT INTO entries VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (id) DO UPDATE SET "
    "mark = ?2, hard = ?3, used = ?4, size = ?5, key = ?6, file = ?7, record = ?8"
)
_SELECT = "SELECT key, used, record, file FROM entries WHERE id = ?"


_NOTHING = Sight(None, 0)
_NO_GENERATIONS: Mapping[str, int] = MappingProxyType({})
_made = tuple.__new__  # a named tuple in half the time of its own call

_Torn = tuple[int, bytes | None, bytes | None]  # a row's number, file and record


class Entries:
    """The operations of the contract, blocking; `DiskTier` makes steps of them.

    Args:
        store: The database.
        clock: What tells the time.
        max_bytes: The bound.
        counters: What is counted.
        delay_s: How long a small row may wait to be written; 0 writes each at once.
        write_late: Calls `flush`, in a thread of its own.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        max_bytes: int,
        counters: Counters,
        delay_s: float,
        write_late: Callable[[], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._max_bytes = max_bytes
        self._counters = counters
        self._files = LargeValues(store.directory)
        self._near = Near(store, delay_s, write_late)
        self._writes_late = delay_s > 0
        self._used: dict[int, int] = {}
        self._unchecked_bytes = 0
        self._checked_every_bytes = max_bytes / _CHECKS_PER_BOUND
        self.notes_are_due = False  # so many entries were used that it is to be written down
        self.origin = ProcessNumber()

    def read_one(self, key: str) -> Seen:
        """What is at one key: `read` without what several keys and tags take."""
        known = self._near.read(key)
        if known is None:
            return self.read((key,), ())
        now_s = self._clock.time()
        if known.hard_s <= now_s:
            self._counters.read(0, 1)
            return Seen({key: Sight(None, known.sight.mark)}, _NO_GENERATIONS)
        if now_s - known.used_s > _USED_EVERY_S:
            self._near.note_use(key, known, now_s)
            self._note(known.identity, now_s)
        self._counters.hit()
        return _made(Seen, ({key: known.sight}, _NO_GENERATIONS))

    def read(self, keys: Sequence[str], tags: Sequence[str]) -> Seen:
        """What is at the keys, and the tags as they are now."""
        if self._near.holds(keys):
            self._near.flush()
        torn: list[_Torn] = []
        seen = self._store.reading(self._read, keys, tags, torn)
        if torn:
            self._counters.unreadable(len(torn))
            self._store.changing(_removed, torn)
        if len(seen.generations) < len(tags):
            seen = seen._replace(generations=self.generations(tags))
        return seen

    def generations(self, tags: Sequence[str]) -> dict[str, int]:
        """The tags as they are now, made where missing."""
        known = self._store.reading(_tags.current, tags)
        missing = [tag for tag in tags if tag not in known]
        if missing:
            self._store.writing(_tags.make, missing)
            known = self._store.reading(_tags.current, tags)
        return known

    def write(self, key: str, record: Record, seen: int | None) -> bool:
        """Stores a record unless the mark at its key has changed."""
        content = self._content(key, record)
        _, _, _, size, packed_record = content
        if self._writes_late and len(packed_record) <= _LARGEST_INLINE_BYTES:
            stored = self._near.write(key, record, content, seen)
        else:
            row = _row(key, content)
            if self._near.holds((key,)):
                self._near.flush()
            if row.file is None:
                stored = self._store.changing(_stored, row, seen)
            else:
                stored = self._write_file(row, seen)
        self._unchecked_bytes += size
        if self._unchecked_bytes >= self._checked_every_bytes:
            self._keep_bound()
        return stored

    def write_many(self, records: Mapping[str, Record]) -> int:
        """Stores records in one transaction."""
        rows = [_row(key, self._content(key, record)) for key, record in records.items()]
        small = [row for row in rows if row.file is None]
        self._store.changing(lambda connection: connection.executemany(_UPSERT, small))
        for row in rows:
            if row.file is not None:
                self._write_file(row, None)
        self._unchecked_bytes += sum(row.size for row in rows)
        self._keep_bound()
        return len(rows)

    def remove(self, keys: Sequence[str]) -> int:
        """Leaves marks in place of records, and a notice; how many records there were."""
        self._near.flush()  # to be counted
        hard = self._clock.time() + GRACE_S

        def bury(connection: sqlite3.Connection) -> int:
            found = 0
            for key in map(as_bytes, keys):
                identity = key_id(key)
                found += connection.execute(
                    "SELECT count(*) FROM entries WHERE id = ? AND hard > ? AND used >= 0",
                    (identity, hard - GRACE_S),
                ).fetchone()[0]
                mark = random_number()
                left = Row(identity, mark, hard, -1, _ROW_BYTES, key, None, tombstone(mark))
                connection.execute(_UPSERT, left)
            _notices.leave(connection, self.origin(), Notice(keys=tuple(keys)))
            return found

        found = self._store.changing(bury)
        self._unchecked_bytes += _ROW_BYTES * len(keys)
        self._keep_bound()
        return found

    def renew(self, tags: Sequence[str]) -> None:
        """Gives tags new generations, and leaves a notice."""

        def renew(connection: sqlite3.Connection) -> None:
            _tags.renew(connection, tags)
            _notices.leave(connection, self.origin(), Notice(tags=tuple(tags)))

        self._store.writing(renew)

    def clear(self) -> None:
        """Removes all entries and generations, and leaves a notice."""

        def clear(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM entries")
            connection.execute("DELETE FROM tags")
            stamp = random_number()
            connection.execute("INSERT OR REPLACE INTO totals VALUES ('cleared', ?)", (stamp,))
            _notices.leave(connection, self.origin(), Notice(everything=True))

        self._store.changing(clear)
        self._sweep()

    def covered(self, tag: str, limit: int) -> list[str]:
        """Keys of live records that carry the tag; reads every entry."""
        self._near.flush()
        now_s = self._clock.time()

        def scan(connection: sqlite3.Connection) -> list[str]:
            current = _tags.current(connection, [tag]).get(tag)
            found: list[str] = []
            rows = connection.execute(
                "SELECT key, file, record FROM entries WHERE hard > ? AND used >= 0", (now_s,)
            )
            for key, file, content in rows:
                record = self._unpacked(file, content)[0]
                if record is not None and record.generations.get(tag, -1) == current:
                    found.append(key.decode("utf-8", "surrogatepass"))
                    if len(found) >= limit:
                        break
            return found

        return self._store.run(scan)

    def lease(self, key: str, seconds: float) -> int | None:
        """A token, unless somebody holds the key."""
        return self._store.run(
            _tags.take_lease, key_id(as_bytes(key)), seconds, self._clock.time()
        )

    def release(self, key: str, token: int) -> None:
        """Gives a lease back; what was loaded under it is there for who waited."""
        self._near.flush()
        self._store.run(_tags.end_lease, key_id(as_bytes(key)), token)

    def flush(self) -> None:
        """Writes down what was accepted and waits."""
        self._near.flush()

    def close(self) -> None:
        """Ends the thread that writes late; what still waits is lost."""
        self._near.close()

    def used_bytes(self) -> int:
        """Bytes in use now."""
        return self._store.run(_bound.used_bytes)

    def probe(self) -> None:
        """Writes one row, which a full or read-only disk refuses."""
        self._store.run(
            lambda connection: connection.execute(
                "UPDATE totals SET amount = amount + 1 WHERE name = 'probe'"
            )
        )

    def _read(
        self,
        connection: sqlite3.Connection,
        keys: Sequence[str],
        tags: Sequence[str],
        torn: list[_Torn],
    ) -> Seen:
        now_s = self._clock.time()
        torn.clear()  # what is carried out again on a new file begins anew
        cursor = connection.cursor()
        sights = {key: self._sight(cursor, key, now_s, torn) for key in keys}
        names = set(tags)
        for record, _ in sights.values():
            if record is not None and record.generations:
                names.update(record.generations)
        current = _tags.current(connection, names) if names else {}
        hits = 0
        for key, (record, mark) in sights.items():
            if record is None:
                continue
            if _tags.is_current(record, current):
                hits += 1
            else:
                sights[key] = Sight(None, mark)
        self._counters.read(hits, len(sights) - hits)
        return Seen(sights, {tag: current[tag] for tag in tags if tag in current})

    def _sight(self, cursor: sqlite3.Cursor, key: str, now_s: float, torn: list[_Torn]) -> Sight:
        name = as_bytes(key)
        identity = key_id(name)
        row = cursor.execute(_SELECT, (identity,)).fetchone()
        if row is None or row[0] != name:  # of two keys with one number the second is not stored
            return _NOTHING
        _, used, content, file = row
        record, mark = self._unpacked(file, content)
        if record is not None and record.hard_s > now_s:
            if now_s - used > _USED_EVERY_S:
                self._note(identity, now_s)
            return Sight(record, mark)
        if record is None and used >= 0:
            torn.append((identity, file, content))
            return _NOTHING
        return Sight(None, mark)

    def _unpacked(self, file: bytes | None, content: bytes | None) -> tuple[Record | None, int]:
        """The record and the mark inside it; nothing for what is gone or torn."""
        if file is not None:
            content = self._files.read(file)
        if content is None:
            return None, 0
        try:
            return unpacked(content)
        except Torn:
            return None, 0

    def _content(self, key: str, record: Record) -> Content:
        mark = self._near.mark()
        written = packed(record, mark)
        size = len(written) + len(key) + _ROW_BYTES
        return _made(Content, (mark, record.hard_s, int(self._clock.time()), size, written))

    def _write_file(self, row: Row, seen: int | None) -> bool:
        name, content = row.file or b"", row.record or b""
        now_s = self._clock.time()
        self._store.run(self._files.announce, name, now_s)
        try:
            self._files.write(name, content)
        except OSError as error:
            raise self._store.unavailable(str(error)) from error

        def store(connection: sqlite3.Connection) -> bool:
            stored = _stored(connection, row._replace(record=None), seen)
            if stored:
                self._files.keep(connection, name)
            return stored

        stored = self._store.changing(store)
        self._sweep()
        return stored

    def _keep_bound(self) -> None:
        """Evicts when the bound is passed; looked at after each 64th of it."""
        if self._unchecked_bytes < self._checked_every_bytes:
            return
        self._unchecked_bytes = 0
        self._near.flush()
        if self._store.run(_bound.used_bytes) <= self._max_bytes:
            return
        self.note_use()
        now_s = self._clock.time()
        self._counters.evicted(self._store.changing(_bound.evict, self._max_bytes, now_s))
        self._sweep()

    def _note(self, identity: int, now_s: float) -> None:
        self._used[identity] = int(now_s)
        self.notes_are_due = len(self._used) >= _NOTED_AT_ONCE

    def note_use(self) -> None:
        """Writes down which entries were used."""
        used, self._used = self._used, {}
        self.notes_are_due = False
        self._near.write_use([(when, identity) for identity, when in used.items()])

    def _sweep(self) -> None:
        now_s = self._clock.time()
        try:
            self._store.writing(self._files.sweep, now_s)
        except OSError as error:
            raise self._store.unavailable(str(error)) from error


def _row(key: str, content: Content) -> Row:
    mark, hard_s, used_s, size, written = content
    name = as_bytes(key)
    file = None
    if len(written) > _LARGEST_INLINE_BYTES:
        file = f"{mark % 256:02x}/{mark:016x}".encode()
    return Row(key_id(name), mark, hard_s, used_s, size, name, file, written)


def _removed(connection: sqlite3.Connection, torn: Sequence[_Torn]) -> None:
    """Removes rows that cannot be read, unless somebody has replaced them."""
    connection.executemany("DELETE FROM entries WHERE id = ? AND file IS ? AND record IS ?", torn)


def _stored(connection: sqlite3.Connection, row: Row, seen: int | None) -> bool:
    """Stores a row unless the mark at its key has changed; whether it did."""
    if seen is None:
        return connection.execute(_UPSERT, row).rowcount > 0
    if seen == 0:
        return connection.execute(WHERE_NOTHING, row).rowcount > 0
    return connection.execute(WHERE_MARKED, (*row, seen)).rowcount > 0
