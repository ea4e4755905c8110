"""Asks for one part after the other."""

import sqlite3

OF_KIND = """
    select part.*
    from part
    where name = ? and kind = ?
"""


def total(cursor, names):
    found = 0
    for name in names:
        cursor.execute("SELECT size FROM part WHERE name = ?", (name,))  # whet: expect
        found += cursor.fetchone()[0]
    return found


def sizes(path, names):
    missing = []
    sizes = {}
    connection = sqlite3.connect(path)
    pairs = connection.execute("SELECT name, kind FROM part").fetchall()
    for name, kind in pairs:
        if connection.execute(OF_KIND, (name, kind)).fetchone() is None:  # whet: expect
            missing.append(name)
            continue
        sizes[name] = kind
    for name in [*names, "none", None]:
        row = connection.execute("SELECT p.name, p.rowid FROM part AS p WHERE p.name = ?", [name]).fetchone()  # whet: expect
        if row is None:
            missing.append(name)
    connection.close()
    return missing, sizes


class Parts:
    def __init__(self, connection):
        self.connection = connection

    def all(self, names, kind):
        return [self.connection.execute(OF_KIND, (name, kind)).fetchall() for name in names]  # whet: expect
