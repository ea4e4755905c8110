"""Writes rows one call at a time."""

ADD = """
    insert into item values (?, ?)
"""


def fill(connection, rows):
    cursor = connection.cursor()
    if rows:
        cursor.executemany(
            "INSERT INTO item VALUES (:name, :size)",
            ({"name": name, "size": size + 1} for name, size in rows),
        )  # whet: expect
    more = sorted(rows)
    if more:
        cursor.executemany(ADD, more)  # whet: expect
    with connection:
        if rows:
            connection.executemany(
                "UPDATE item SET size = size * 2 + ? WHERE name = ?",
                ((i, row[0]) for i, row in enumerate(rows)),
            )  # whet: expect
    return connection.execute("SELECT * FROM item ORDER BY name, size").fetchall()
