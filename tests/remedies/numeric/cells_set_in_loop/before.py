"""Tables filled cell by cell."""

import pandas as pd


def worths(table: pd.DataFrame):
    for i in table.index:
        table.loc[i, "worth"] = i * 2  # whet: expect
        table.at[i, "count"] += 1  # whet: expect
    return table
