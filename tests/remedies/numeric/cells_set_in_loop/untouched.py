"""Near misses, each for a reason of its own."""

import pandas as pd


def once(table: pd.DataFrame):
    table.loc[0, "worth"] = 3
    return table


def column(table):
    for name in ("a", "b"):
        table[name] = 0
    return table


def other(table):
    for i in range(9):
        table.rows[i] = 3
    return table
