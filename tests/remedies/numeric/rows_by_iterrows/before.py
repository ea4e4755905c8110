"""Sums over the rows of tables."""


def worth(table):
    total = 0
    for _, row in table.iterrows():  # whet: expect
        total += row["price"] * row["count"]
    return total


def labels(table):
    found = []
    for number, row in table.iterrows():  # whet: expect
        if row['Unit price'] > 3:
            # dear ones only
            found.append((number, row["name"], row['Unit price']))
    return found
