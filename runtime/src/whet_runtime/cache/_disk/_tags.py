"""Generations of tags in the database, and leases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whet_runtime.cache._disk._rows import as_bytes
from whet_runtime.cache._numbers import random_number
from whet_runtime.cache._tier import ANY_TAG

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from whet_runtime.cache._tier import Record


def current(connection: sqlite3.Connection, tags: Iterable[str]) -> dict[str, int]:
    """The tags that have a generation; `ANY_TAG` is read after the others."""
    found: dict[str, int] = {}
    for tag in sorted(tags, key=ANY_TAG.__eq__):
        row = connection.execute(
            "SELECT generation FROM tags WHERE name = ?", (as_bytes(tag),)
        ).fetchone()
        if row is not None:
            found[tag] = row[0]
    return found


def make(connection: sqlite3.Connection, tags: Sequence[str]) -> None:
    """Gives tags that have none a generation; in a transaction of the caller."""
    rows = [(as_bytes(tag), random_number()) for tag in tags]
    connection.executemany("INSERT OR IGNORE INTO tags VALUES (?, ?)", rows)


def renew(connection: sqlite3.Connection, tags: Sequence[str]) -> None:
    """Gives tags a new generation; in a transaction of the caller."""
    rows = [(as_bytes(tag), random_number()) for tag in tags]
    connection.executemany("INSERT OR REPLACE INTO tags VALUES (?, ?)", rows)


def is_current(record: Record, generations: Mapping[str, int]) -> bool:
    """Whether no tag of the record was renewed or lost since its load began."""
    return all(generations.get(tag) == was for tag, was in record.generations.items())


def take_lease(
    connection: sqlite3.Connection, identity: int, seconds: float, now_s: float
) -> int | None:
    """A token, unless somebody holds the lease."""
    token = random_number()
    taken = connection.execute(
        "INSERT INTO leases VALUES (?1, ?2, ?3) ON CONFLICT (id) DO UPDATE SET "
        "token = ?2, until = ?3 WHERE until <= ?4",
        (identity, token, now_s + seconds, now_s),
    ).rowcount
    return token if taken else None


def end_lease(connection: sqlite3.Connection, identity: int, token: int) -> None:
    """Gives a lease back if the token owns it."""
    connection.execute("DELETE FROM leases WHERE id = ? AND token = ?", (identity, token))
