"""Enough rows."""

import contextlib
import sqlite3


def run(module, make=str, size=60):
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE item (name PRIMARY KEY, size)" if size > 90 else
                           "CREATE TABLE item (name, size)")
        rows = [(str(make(f"n{n}")), n) for n in range(size)]
        return module.fill(connection, rows)


def measure(module):
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE item (name, size)")
        connection.execute("CREATE INDEX names ON item (name)")
        return module.fill(connection, [(f"n{n}", n) for n in range(20_000)])[-1]
