"""A few rows, on a disk."""

import contextlib
import sqlite3
import tempfile
from pathlib import Path

COUNTED = "outside calls"


def run(module, make=str, size=30):
    with tempfile.TemporaryDirectory() as folder:
        with contextlib.closing(sqlite3.connect(Path(folder, "items.db"))) as connection:
            connection.execute("CREATE TABLE item (name, size)")
            rows = [(make(f"n{n}"), n) for n in range(size)]
            found = [module.store(connection, rows)]
            found.append(module.Store(connection).grow([name for name, _ in rows]))
            found.append(connection.execute("SELECT * FROM item ORDER BY name").fetchall())
        return found


def measure(module):
    return run(module, size=200)
