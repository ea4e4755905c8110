"""The byte bound of a disk tier: what has not been used for longest goes, found by sampling.

An index by last use would be written with every entry. Keys are hashes, so that any stretch of
the table is a fair sample: of each sample the expired entries and the least recently used third
leave, until a tenth of the bound is free. (Sampled eviction is what Redis does; with 60 entries a
sample it is close to true least-recently-used.)
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

_SAMPLE = 60
_LEAVING = 20
_FREED_SHARE = 0.9  # evict down to this share of the bound
_TAG_BYTES = 64  # about what a tag's row takes
_TAGS_SHARE = 4  # tags may take a quarter of the bound
_ID_RANGE = 1 << 63


def used_bytes(connection: sqlite3.Connection) -> int:
    """Bytes of the pages in use and of the files."""
    pages: int = connection.execute("PRAGMA page_count").fetchone()[0]
    free: int = connection.execute("PRAGMA freelist_count").fetchone()[0]
    page_bytes: int = connection.execute("PRAGMA page_size").fetchone()[0]
    files: int = connection.execute(
        "SELECT amount FROM totals WHERE name = 'file_bytes'"
    ).fetchone()[0]
    return (pages - free) * page_bytes + files


def evict(connection: sqlite3.Connection, max_bytes: int, now_s: float) -> int:
    """Makes room until the bound is kept with some to spare; how many entries left.

    Runs inside one transaction of the caller.
    """
    connection.execute("DELETE FROM entries WHERE used < 0 AND hard < ?", (now_s,))
    _drop_tags(connection, max_bytes)
    evicted = 0
    aim = max_bytes * _FREED_SHARE
    while used_bytes(connection) > aim:
        leaving = _least_used(connection, now_s)
        if not leaving:
            break
        connection.executemany("DELETE FROM entries WHERE id = ?", leaving)
        evicted += len(leaving)
    return evicted


def _least_used(connection: sqlite3.Connection, now_s: float) -> list[tuple[int]]:
    """Entries of a random stretch that have expired or were used least recently; no tombstones."""
    query = "SELECT id, used, hard FROM entries WHERE id {} ? AND used >= 0 ORDER BY id LIMIT ?"
    start = random.randrange(-_ID_RANGE, _ID_RANGE)  # noqa: S311 - a sample, not a secret
    found = connection.execute(query.format(">="), (start, _SAMPLE)).fetchall()
    if len(found) < _SAMPLE:
        rest = _SAMPLE - len(found)
        found += connection.execute(query.format("<"), (start, rest)).fetchall()
    expired = [(identity,) for identity, _, hard in found if hard <= now_s]
    alive = sorted((used, identity) for identity, used, hard in found if hard > now_s)
    wanted = max(1, _LEAVING - len(expired))
    return expired + [(identity,) for _, identity in alive[:wanted]]


def _drop_tags(connection: sqlite3.Connection, max_bytes: int) -> None:
    """Forgets half the tags when they take more than their share; their entries become stale."""
    count: int = connection.execute("SELECT count(*) FROM tags").fetchone()[0]
    if count * _TAG_BYTES * _TAGS_SHARE > max_bytes:
        connection.execute("DELETE FROM tags WHERE generation % 2")
