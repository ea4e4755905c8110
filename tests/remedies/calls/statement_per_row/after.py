"""Writes rows one call at a time."""

ADD = """
    insert into item values (?, ?)
"""


def fill(connection, rows):
    cursor = connection.cursor()
    cursor.executemany(
        "INSERT INTO item VALUES (:name, :size)",
        ({"name": name, "size": size + 1} for name, size in rows),
    )  # whet: expect
    cursor.executemany(ADD, sorted(rows))  # whet: expect
    with connection:
        connection.executemany(
            "UPDATE item SET size = size * 2 WHERE name = ?",
            ((rows[i][0],) for i in range(len(rows))),
        )  # whet: expect
    return connection.execute("SELECT * FROM item ORDER BY name, size").fetchall()
