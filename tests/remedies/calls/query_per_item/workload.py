"""A small table."""

import contextlib
import sqlite3


def run(module, make=str, size=40):
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE part (name, size)")
        names = [str(make(f"n{n}")) for n in range(size)]
        cursor.executemany("INSERT INTO part VALUES (?, ?)", [(name, 1) for name in names])
        return module.total(cursor, names)


def measure(module):
    return run(module, size=1_000)
