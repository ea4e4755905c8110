"""Tables that grow."""

import pandas as pd
from pandas import DataFrame, concat


def collect(rows):
    table = pd.DataFrame()
    for number, row in enumerate(rows):
        part = pd.DataFrame([{"number": number, "row": row}])
        part["twice"] = part["row"] * 2
        table = pd.concat([table, part], ignore_index=True)  # whet: expect
    return table


def add(table, rows):
	for row in rows:
		if row % 2:
			table = concat([table, DataFrame({"row": [row]})], ignore_index=True)  # whet: expect
	return table
