"""Sums over the rows of tables."""


def worth(table):
    total = 0
    table_places = {label: place for place, label in enumerate(table.columns)}
    for _, row in zip(table.index, table.values):  # whet: expect
        total += row[table_places["price"]] * row[table_places["count"]]
    return total


def labels(table):
    found = []
    table_places = {label: place for place, label in enumerate(table.columns)}
    for number, row in zip(table.index, table.values):  # whet: expect
        if row[table_places['Unit price']] > 3:
            # dear ones only
            found.append((number, row[table_places["name"]], row[table_places['Unit price']]))
    return found
