"""Near misses."""


def left_in_the_middle(connection, rows):
    for row in rows:
        connection.execute("INSERT INTO item VALUES (?, ?)", row)
        if row[1] > 3:
            break
        connection.commit()


def guarded(connection, rows):
    for row in rows:
        try:
            connection.execute("INSERT INTO item VALUES (?, ?)", row)
        except ValueError:
            connection.rollback()
        connection.commit()


def not_last(connection, rows):
    for row in rows:
        connection.commit()
        connection.execute("INSERT INTO item VALUES (?, ?)", row)


def another_each_time(rows):
    for connection, row in rows:
        connection.execute("INSERT INTO item VALUES (?, ?)", row)
        connection.commit()


def attribute_set(holder, rows):
    for row in rows:
        holder.connection = row.connection
        holder.connection.execute("INSERT INTO item VALUES (1, 2)")
        holder.connection.commit()


def some(connection, rows):
    for row in rows:
        connection.execute("INSERT INTO item VALUES (?, ?)", row)
        if row[0]:
            connection.commit()


def otherwise(connection, rows):
    for row in rows:
        connection.execute("INSERT INTO item VALUES (?, ?)", row)
        connection.commit()
    else:
        print("done")


def hands_out(connection, rows):
    for row in rows:
        yield connection.execute("INSERT INTO item VALUES (?, ?)", row)
        connection.commit()


async def later(connection, rows):
    for row in rows:
        connection.execute("INSERT INTO item VALUES (?, ?)", row)
        connection.commit()


def one_line(connection, rows):
    for row in rows: connection.execute("INSERT", row); connection.commit()


def waits(connection, rows, clock):
    for row in rows:
        connection.execute("INSERT INTO item VALUES (?, ?)", row)
        clock.sleep(1)
        connection.commit()
