"""Sums over the rows of tables."""


def worth(table):
    total = 0
    price_at = table.columns.get_loc("price")
    count_at = table.columns.get_loc("count")
    for _, row in zip(table.index, table.values):  # whet: expect
        total += row[price_at] * row[count_at]
    return total


def labels(table):
    found = []
    unit_price_at = table.columns.get_loc('Unit price')
    name_at = table.columns.get_loc("name")
    for number, row in zip(table.index, table.values):  # whet: expect
        if row[unit_price_at] > 3:
            # dear ones only
            found.append((number, row[name_at], row[unit_price_at]))
    return found
