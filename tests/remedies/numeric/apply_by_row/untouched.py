"""Near misses, each for a reason of its own."""


def by_column(table):
    return table.apply(lambda column: column * 2)


def divides(table):
    return table.apply(lambda row: row["a"] / row["b"], axis=1)


def calls(table):
    return table.apply(lambda row: round(row["a"]), axis=1)


def conditional(table):
    return table.apply(lambda row: row["a"] if row["b"] else 0, axis=1)


def named(table, function):
    return table.apply(function, axis=1)


def constant(table):
    return table.apply(lambda row: 5, axis=1)


def large(table):
    return table.apply(lambda row: row["a"] * 99999999999, axis=1)


def more(table):
    return table.apply(lambda row: row["a"], axis=1, result_type="expand")


def two(table):
    return table.apply(lambda row, other=1: row["a"] + other, axis=1)


def commented(table):
    return table.apply(
        lambda row: row["a"] * 2,  # twice
        axis=1,
    )


def formatted(table):
    return f"{table.apply(lambda row: row['a'] * 2, axis=1)}"
