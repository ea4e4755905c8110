"""Asks for one part after the other."""

SIZE = "select size from part where name = :name"


def total(cursor, names):
    found = 0
    for name in names:
        found += size(cursor, name)
        cursor.execute("SELECT size FROM part WHERE name = ?", (name,))  # whet: expect
        found += cursor.fetchone()[0]
    return found


def size(cursor, name):
    return cursor.execute(SIZE, {"name": name}).fetchone()[0]  # whet: expect
