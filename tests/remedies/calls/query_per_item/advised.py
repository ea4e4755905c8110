"""Asks for all parts at once, as long as they are few enough."""


def total(cursor, names):
    marks = ", ".join("?" * len(names))
    rows = cursor.execute(f"SELECT name, size FROM part WHERE name IN ({marks})", names)
    sizes = dict(rows.fetchall())
    return 2 * sum(sizes[name] for name in names)
