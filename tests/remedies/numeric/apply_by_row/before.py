"""Columns worked out row by row."""


def worth(table):
    table["worth"] = table.apply(lambda row: row["price"] * row["count"], axis=1)  # whet: expect
    return table


def double(table):
    return table.apply(lambda r: 2 * r["price"] - 1.5, axis="columns").sum()  # whet: expect


def balance(table):
    return 1 + table.apply(lambda row: (-row["in"] +
                                        row["out"]), axis=1)  # whet: expect
