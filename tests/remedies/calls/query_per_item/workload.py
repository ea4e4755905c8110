"""A small table, in a file."""

import contextlib
import sqlite3
import tempfile
from pathlib import Path

COUNTED = "outside calls"


def run(module, make=str, size=60):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "parts.db")
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE part (name, kind, size)")
            names = [str(make(f"n{n}")) for n in range(size)]
            rows = [(name, n % 2, n) for n, name in enumerate(names)]
            connection.executemany("INSERT INTO part VALUES (?, ?, ?)", rows)
            connection.commit()
            found = [module.total(connection.cursor(), names), module.sizes(path, names)]
            return [*found, module.Parts(connection).all(names, 1)]


def measure(module):
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE part (name, kind, size)")
        names = [f"n{n}" for n in range(1_000)]
        cursor.executemany("INSERT INTO part VALUES (?, 0, 1)", [(name,) for name in names])
        return [module.total(cursor, names) for _ in range(3)]
