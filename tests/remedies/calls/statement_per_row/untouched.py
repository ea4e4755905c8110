"""Near misses."""

SQL = "INSERT INTO item VALUES (?, ?)"
SQL = SQL + " "
FOUND = "SELECT * FROM item WHERE name = ?"


def reads(cursor, names):
    for name in names:
        cursor.execute("SELECT * FROM item WHERE name = ?", (name,))


def more_than_that(cursor, rows):
    for row in rows:
        cursor.execute("INSERT INTO item VALUES (?, ?)", row)
        print(row)


def used(cursor, rows):
    for row in rows:
        cursor.execute("INSERT INTO item VALUES (?, ?)", row)
    return row


def bound_twice(cursor, rows):
    for row in rows:
        cursor.execute(SQL, row)


def a_query(cursor, rows):
    for row in rows:
        cursor.execute(FOUND, row)


def its_own_rows(cursor):
    for row in cursor.execute("SELECT * FROM item"):
        cursor.execute("INSERT INTO item VALUES (?, ?)", row)


def gives_back(cursor, rows):
    for row in rows:
        cursor.execute("INSERT INTO item VALUES (?, ?) RETURNING name", row)


def may_stop(cursor, rows, others):
    for row in rows:
        cursor.execute("INSERT INTO item VALUES (?, ?)", (row, next(others)))


def commented(cursor, rows):
    for row in rows:
        # each of them
        cursor.execute("INSERT INTO item VALUES (?, ?)", row)


def without_rows(cursor, rows):
    for _ in rows:
        cursor.execute("DELETE FROM item")


def attribute(self, rows):
    for self.row in rows:
        self.cursor.execute("INSERT INTO item VALUES (?, ?)", self.row)


def several(rows):
    for cursor, row in rows:
        cursor.execute("INSERT INTO item VALUES (?, ?)", row)


def built(cursor, table, rows):
    for row in rows:
        cursor.execute(f"INSERT INTO {table} VALUES (?, ?)", row)


async def later(cursor, rows):
    for row in rows:
        cursor.execute("INSERT INTO item VALUES (?, ?)", row)


def made_twice(cursor, rows):
    for row in sorted(rows):
        cursor.execute("INSERT INTO item VALUES (?, ?)", row)
