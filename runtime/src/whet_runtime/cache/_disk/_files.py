"""Large values as files beside the database, never lost track of.

A file is announced as garbage before it is written, and taken off that list in the transaction
that stores its entry. Whoever is killed in between leaves an announced file, which the next
sweep deletes. Deleted and replaced entries announce their files by the schema's triggers.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

_BEING_WRITTEN_S = 300.0  # an announced file younger than this may still be on its way
_SWEPT_AT_ONCE = 100


class LargeValues:
    """The files of one cache directory.

    Args:
        directory: Where the folder of values is made.
    """

    def __init__(self, directory: Path) -> None:
        self._folder = directory / "values"

    def announce(self, connection: sqlite3.Connection, name: bytes, now_s: float) -> None:
        """Says that a file is about to be written; in its own transaction."""
        connection.execute("INSERT OR REPLACE INTO garbage VALUES (?, ?)", (name, now_s))

    def keep(self, connection: sqlite3.Connection, name: bytes) -> None:
        """Says that an entry holds the file now; in the transaction that stores the entry."""
        connection.execute("DELETE FROM garbage WHERE file = ?", (name,))

    def write(self, name: bytes, content: bytes) -> None:
        """Writes one file.

        Raises:
            OSError: The disk is full or read-only; nothing is left behind.
        """
        path = self._path(name)
        for folder in (self._folder, path.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        try:
            with path.open("xb") as file:
                os.fchmod(file.fileno(), 0o600)
                file.write(content)
        except OSError:
            with suppress(OSError):
                path.unlink(missing_ok=True)
            raise

    def read(self, name: bytes) -> bytes | None:
        """The content of one file; `None` once it was deleted."""
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError:
            return None

    def sweep(self, connection: sqlite3.Connection, now_s: float) -> None:
        """Deletes files that no entry holds.

        Raises:
            OSError: A file cannot be deleted.
        """
        found = connection.execute(
            "SELECT file FROM garbage WHERE since < ? LIMIT ?",
            (now_s - _BEING_WRITTEN_S, _SWEPT_AT_ONCE),
        ).fetchall()
        for (name,) in found:
            self._path(name).unlink(missing_ok=True)
        if found:
            connection.executemany("DELETE FROM garbage WHERE file = ?", found)

    def _path(self, name: bytes) -> Path:
        return self._folder / os.fsdecode(name)
