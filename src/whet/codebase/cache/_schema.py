"""The tables of the cache, how they are opened, and the statements that fill them."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from typing import TYPE_CHECKING, NamedTuple

from whet.codebase.cache.identity import Identity, is_racy
from whet.store._files import make_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


VERSION = 2
BUCKETS = ("below 10 KB", "10-100 KB", "above 100 KB")
# How the bytes are shared: a few huge files can never push out the many small ones.
SHARES = (0.45, 0.40, 0.15)
_NAMES = ("files", "facts", "tags", "held", "evictions", "used")
_DROPPED = "".join(f"DROP TABLE IF EXISTS {name};\n" for name in _NAMES)
_TABLES = f"""
CREATE TABLE IF NOT EXISTS files (
  root BLOB, path, mtime_ns INTEGER, ctime_ns INTEGER, size INTEGER, inode INTEGER,
  facts INTEGER NOT NULL, PRIMARY KEY (root, path)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS files_of_facts ON files (facts);
CREATE TABLE IF NOT EXISTS facts (
  id INTEGER PRIMARY KEY, blob BLOB NOT NULL, recipe BLOB NOT NULL, bucket INTEGER NOT NULL,
  bytes INTEGER NOT NULL, used INTEGER NOT NULL, head BLOB NOT NULL, UNIQUE (blob, recipe));
CREATE INDEX IF NOT EXISTS facts_by_use ON facts (bucket, used, bytes);
CREATE TABLE IF NOT EXISTS tags (id INTEGER PRIMARY KEY, packed BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS held (bucket INTEGER PRIMARY KEY, bytes INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS evictions (bucket INTEGER PRIMARY KEY, evicted INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS used (root BLOB PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
PRAGMA user_version = {VERSION};
"""
_WAIT_S = 10.0
_CORRUPT = ("malformed", "not a database", "disk image", "file is encrypted", "no such column")


class Seen(NamedTuple):
    """The status of a path whose content is known."""

    path: str
    identity: Identity
    checked_ns: int  # when the status was taken
    facts: int  # row


class NewFact(NamedTuple):
    """What is to be kept of one file."""

    path: str
    identity: Identity
    checked_ns: int
    blob: bytes
    recipe: bytes  # how the facts were made: language, query, versions
    head: bytes  # small: what statistics need
    tags: bytes


def key_of(path: str) -> str | bytes:
    """How a path is kept: as text, which costs least to read; as bytes where it is no UTF-8."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return os.fsencode(path)
    return path


def path_of(key: str | bytes) -> str:
    """The path that was kept."""
    return key if isinstance(key, str) else os.fsdecode(key)


def connect(path: Path) -> sqlite3.Connection:
    """The open database, made if it is missing.

    Raises:
        sqlite3.Error: Corrupt, of a newer whet, not readable.
        StoreError: Its folder cannot be made.
    """
    if not path.parent.is_dir():
        make_folder(path.parent)
    if path.is_symlink():
        raise sqlite3.OperationalError("it is a symbolic link, which whet does not follow")
    connection = _opened(path)
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        _prepare(connection, version)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, version: int) -> None:
    """Make the tables; those of an older form are made anew, as all in them can be."""
    if version > VERSION:
        raise sqlite3.OperationalError(f"it was written by a newer whet (form {version})")
    if version < VERSION:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN IMMEDIATE")
        current = connection.execute("PRAGMA user_version").fetchone()[0]
        if current < VERSION:  # else another process was quicker
            for statement in (_DROPPED + _TABLES).split(";\n"):
                connection.execute(statement)
        connection.execute("COMMIT")
    connection.execute("PRAGMA synchronous = NORMAL")


def _opened(path: Path) -> sqlite3.Connection:
    """For writing; for reading only where it cannot be written."""
    if not path.exists():
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))  # private from the start
    writable = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    mode = "rw" if writable else "ro"
    uri = f"{path.resolve().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, timeout=_WAIT_S, isolation_level=None)


def put_fact(connection: sqlite3.Connection, fact: NewFact, bucket: int, now_ns: int) -> int:
    """The row of a content's facts, made if another process has not made it meanwhile."""
    asked = "SELECT id FROM facts WHERE blob = ? AND recipe = ?"
    known = connection.execute(asked, (fact.blob, fact.recipe)).fetchone()
    if known is not None:
        connection.execute("UPDATE facts SET used = ? WHERE id = ?", (now_ns, known[0]))
        return int(known[0])
    size = len(fact.head) + len(fact.tags)
    new = "INSERT INTO facts (blob, recipe, bucket, bytes, used, head) VALUES (?, ?, ?, ?, ?, ?)"
    given = (fact.blob, fact.recipe, bucket, size, now_ns, fact.head)
    row = connection.execute(new, given).lastrowid
    assert row is not None  # noqa: S101 - an INSERT that succeeded has a row
    connection.execute("INSERT INTO tags VALUES (?, ?)", (row, fact.tags))
    count(connection, "held", "bytes", bucket, size)
    return row


def put_file(connection: sqlite3.Connection, root: bytes, fact: NewFact, row: int) -> None:
    """Note the status of one path."""
    put_files(connection, root, [Seen(fact.path, fact.identity, fact.checked_ns, row)])


def put_files(connection: sqlite3.Connection, root: bytes, seen: Sequence[Seen]) -> None:
    """Note the statuses of paths, where their facts are still there.

    One that could still change without showing it is not noted, so none that is has to be asked
    about its age: such a file is read again next time, and then known by its content.
    """
    asked = "REPLACE INTO files SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7"
    known = "WHERE EXISTS (SELECT 1 FROM facts WHERE id = ?7)"
    rows = [
        (root, key_of(path), *identity, row)
        for path, identity, checked_ns, row in seen
        if not is_racy(identity, checked_ns)
    ]
    connection.executemany(f"{asked} {known}", rows)


def count(connection: sqlite3.Connection, table: str, column: str, bucket: int, more: int) -> None:
    """Add to a counter of a bucket."""
    asked = f"INSERT INTO {table} VALUES (?, ?) ON CONFLICT (bucket) DO UPDATE"  # noqa: S608 - our own table names
    change = f"SET {column} = {column} + excluded.{column}"
    connection.execute(f"{asked} {change}", (bucket, more))


def delete_facts(connection: sqlite3.Connection, rows: Iterable[int]) -> None:
    """Remove facts with all that refers to them."""
    given = [(row,) for row in rows]
    connection.executemany("DELETE FROM files WHERE facts = ?", given)
    connection.executemany("DELETE FROM tags WHERE id = ?", given)
    connection.executemany("DELETE FROM facts WHERE id = ?", given)


def is_corrupt(error: Exception) -> bool:
    """Whether the file is damaged, so that only a new one helps."""
    return isinstance(error, sqlite3.Error) and any(word in str(error) for word in _CORRUPT)


def put_aside(path: Path) -> Path | None:
    """Rename a damaged database, with its journal, so that a new one can be made."""
    aside = path.with_name(path.name + ".corrupt")
    try:
        path.replace(aside)
    except OSError:
        return None
    for end in ("-wal", "-shm"):
        with contextlib.suppress(OSError):
            path.with_name(path.name + end).unlink()
    return aside


def disk_bytes(path: Path | None) -> int | None:
    """What the database takes on disk, with its journal; None where there is none."""
    if path is None or not path.exists():
        return None
    parts = (path, path.with_name(path.name + "-wal"))
    return sum(part.stat().st_size for part in parts if part.exists())
