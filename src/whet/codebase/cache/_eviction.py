"""Which facts make room: within each size bucket the least recently used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whet.codebase.cache._schema import SHARES, count, delete_facts

if TYPE_CHECKING:
    import sqlite3

_SLACK = 0.1  # more goes than must, so that not every write evicts


def evict(connection: sqlite3.Connection, limit_bytes: int) -> None:
    """Bring every bucket below its share of the limit, within the caller's transaction."""
    for bucket, held in connection.execute("SELECT bucket, bytes FROM held").fetchall():
        share = int(limit_bytes * SHARES[bucket])
        if held > share:
            _evict_bucket(connection, bucket, held - int(share * (1 - _SLACK)))


def _evict_bucket(connection: sqlite3.Connection, bucket: int, excess: int) -> None:
    asked = "SELECT id, bytes FROM facts WHERE bucket = ? ORDER BY used, id"
    rows, freed = [], 0
    for row, size in connection.execute(asked, (bucket,)):
        rows.append(row)
        freed += size
        if freed >= excess:
            break
    delete_facts(connection, rows)
    count(connection, "held", "bytes", bucket, -freed)
    count(connection, "evictions", "evicted", bucket, len(rows))
