"""Columns worked out row by row."""


def worth(table):
    table["worth"] = (table["price"] * table["count"])  # whet: expect
    return table


def double(table):
    return (2 * table["price"] - 1.5).rename(None).sum()  # whet: expect


def balance(table):
    return 1 + (-table["in"] +
                                        table["out"])  # whet: expect
