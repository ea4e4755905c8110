"""Waits for the disk at every row."""


def store(connection, rows):
    for name, size in rows:
        connection.execute("INSERT INTO item VALUES (?, ?)", (name, size))
    connection.commit()  # whet: expect
    return connection.execute("SELECT count(*), sum(size) FROM item").fetchone()


class Store:
    def __init__(self, connection):
        self.connection = connection

    def grow(self, names):
        cursor = self.connection.cursor()
        for name in names:
            if name:
                cursor.execute("UPDATE item SET size = size + 1 WHERE name = ?", (name,))

            # the row is safe
        self.connection.commit()  # whet: expect

        return cursor.rowcount
