"""Writes rows one call at a time."""

ADD = """
    insert into item values (?, ?)
"""


def fill(connection, rows):
    cursor = connection.cursor()
    for name, size in rows:
        cursor.execute("INSERT INTO item VALUES (:name, :size)", {"name": name, "size": size + 1})  # whet: expect
    more = sorted(rows)
    for row in more:
        cursor.execute(ADD, row)  # whet: expect
    with connection:
        for i, row in enumerate(rows):
            connection.execute(
                "UPDATE item SET size = size * 2 + ? WHERE name = ?",
                (i, row[0]),
            )  # whet: expect
    return connection.execute("SELECT * FROM item ORDER BY name, size").fetchall()
