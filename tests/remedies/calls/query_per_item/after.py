"""Asks for one part after the other."""

import sqlite3

OF_KIND = """
    select part.*
    from part
    where name = ? and kind = ?
"""


def _rows_by_place(items, asker, keys_of, table, select):
    """The rows of each item, by its place; what is missing must be asked for by itself."""
    askers = (sqlite3.Connection, sqlite3.Cursor)
    plain = {int, float, str, bytes, bool, type(None)}
    if len(items) < 30 or not {*map(type, items)} <= plain | {tuple}:
        return {}
    if type(asker) not in askers or asker.row_factory is not None:
        return {}
    stored = (
        "SELECT min(rootpage) FROM (SELECT name, rootpage FROM sqlite_master UNION ALL"
        " SELECT name, rootpage FROM sqlite_temp_master) WHERE name = ? COLLATE NOCASE"
    )
    try:
        if not asker.execute(stored, (table,)).fetchone()[0]:
            return {}  # a view, or another kind of table
        keys = keys_of(items)
        flat = [key for each in keys for key in each]
        if not {*map(type, flat)} <= plain:
            return {}
        names = ", ".join(f"item_{number + 1}" for number in range(len(keys[0])))
        marks = ", ?" * len(keys[0])
        values = ", ".join(f"({place}{marks})" for place in range(len(items)))
        query = f"WITH asked (place, {names}) AS (VALUES {values}) {select}"
        rows = asker.execute(query, flat).fetchmany(2 * len(items) + 1)
    except Exception:  # the query for one item raises it where it belongs
        return {}
    if len(rows) > 2 * len(items):
        return {}
    found = {place: [] for place in range(len(items))}
    for place, *row in rows:
        found[place].append(tuple(row))
    return {place: rows for place, rows in found.items() if len(rows) < 2}


def _row_of_each(items, asker, keys_of, table, select):
    """Every item, whether its row is known, and the answer: up to 400 are asked for at once.

    Items with several rows, the last of a batch (its query is what the cursor is left with) and
    batches that fail or hold unusual values are not known: ask for each of them.
    """
    batch, found = (), {}
    for turn, item in enumerate(items):
        place = turn % 400
        if place == 0 and type(items) in (list, tuple):
            batch = items[turn : turn + 400]
            found = _rows_by_place(batch[:-1], asker, keys_of, table, select)
        rows = found.get(place)
        known = rows is not None and batch[place] is item
        yield item, known, rows[0] if rows else None


def _rows_of_each(items, asker, keys_of, table, select):
    """Every item, whether its rows are known, and the answer: up to 400 are asked for at once.

    Items with several rows, the last of a batch (its query is what the cursor is left with) and
    batches that fail or hold unusual values are not known: ask for each of them.
    """
    batch, found = (), {}
    for turn, item in enumerate(items):
        place = turn % 400
        if place == 0 and type(items) in (list, tuple):
            batch = items[turn : turn + 400]
            found = _rows_by_place(batch[:-1], asker, keys_of, table, select)
        rows = found.get(place)
        known = rows is not None and batch[place] is item
        yield item, known, rows


def total(cursor, names):
    found = 0
    for name, known, answer in _row_of_each(
        names,
        cursor,
        lambda some: [(name,) for name in some],
        "part",
        "SELECT asked.place, part.size FROM asked CROSS JOIN part"
        " ON part.name = +asked.item_1",
    ):
        if not known:
            cursor.execute("SELECT size FROM part WHERE name = ?", (name,))  # whet: expect
        found += (answer if known else cursor.fetchone())[0]
    return found


def sizes(path, names):
    missing = []
    sizes = {}
    connection = sqlite3.connect(path)
    pairs = connection.execute("SELECT name, kind FROM part").fetchall()
    for (name, kind), known, answer in _row_of_each(
        pairs,
        connection,
        lambda some: [(name, kind) for (name, kind) in some],
        "part",
        "SELECT asked.place, part.* FROM asked CROSS JOIN part"
        " ON part.name = +asked.item_1 AND part.kind = +asked.item_2",
    ):
        if (
            answer
            if known
            else connection.execute(OF_KIND, (name, kind)).fetchone()
        ) is None:  # whet: expect
            missing.append(name)
            continue
        sizes[name] = kind
    for name, known, answer in _row_of_each(
        [*names, "none", None],
        connection,
        lambda some: [(name,) for name in some],
        "part",
        "SELECT asked.place, p.name, p.rowid FROM asked CROSS JOIN part AS p"
        " ON p.name = +asked.item_1",
    ):
        row = (
            answer
            if known
            else connection.execute("SELECT p.name, p.rowid FROM part AS p WHERE p.name = ?", [name]).fetchone()
        )  # whet: expect
        if row is None:
            missing.append(name)
    connection.close()
    return missing, sizes


class Parts:
    def __init__(self, connection):
        self.connection = connection

    def all(self, names, kind):
        return [(
            answer
            if known
            else self.connection.execute(OF_KIND, (name, kind)).fetchall()
        ) for name, known, answer in _rows_of_each(
            names,
            self.connection,
            lambda some: [(name, kind) for name in some],
            "part",
            "SELECT asked.place, part.* FROM asked CROSS JOIN part"
            " ON part.name = +asked.item_1 AND part.kind = +asked.item_2",
        )]  # whet: expect
