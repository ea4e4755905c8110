"""Near misses: no query that asks by a parameter."""


def all_rows(cursor, names):
    for _ in names:
        cursor.execute("SELECT * FROM part")


def writes(cursor, names):
    for name in names:
        cursor.execute("UPDATE part SET size = 1 WHERE name = ?", (name,))


def built(cursor, query, name):
    return cursor.execute(query, (name,))


def other(executor, name):
    return executor.submit("SELECT size FROM part WHERE name = ?", (name,))


def of_a_table(cursor, table, names):
    return [cursor.execute(f"SELECT size FROM {table} WHERE name = ?", (n,)) for n in names]


def without_parameters(cursor, names):
    return [cursor.execute("SELECT size FROM part WHERE name = 'a'").fetchone() for _ in names]
