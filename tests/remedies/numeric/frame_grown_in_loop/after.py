"""Tables that grow."""

import pandas as pd
from pandas import DataFrame, concat


def collect(rows):
    table = pd.DataFrame()
    table_parts = []
    for number, row in enumerate(rows):
        part = pd.DataFrame([{"number": number, "row": row}])
        part["twice"] = part["row"] * 2
        table_parts.append(part)  # whet: expect
    if table_parts:
        table = pd.concat([table, *table_parts], ignore_index=True)
    return table


def add(table, rows):
	table_parts = []
	for row in rows:
		if row % 2:
			table_parts.append(DataFrame({"row": [row]}))  # whet: expect
	if table_parts:
		table = concat([table, *table_parts], ignore_index=True)
	return table
