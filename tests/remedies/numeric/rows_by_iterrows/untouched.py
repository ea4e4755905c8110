"""Near misses, each for a reason of its own."""


def kept(table):
    return [row for _, row in table.iterrows()]


def given_away(table, use):
    for _, row in table.iterrows():
        use(row)


def changed(table):
    for _, row in table.iterrows():
        row["price"] = 3


def attribute(table):
    return_value = 0
    for _, row in table.iterrows():
        return_value += row.price
    return return_value


def computed(table, label):
    total = 0
    for _, row in table.iterrows():
        total += row[label]
    return total


def table_changes(table):
    for index, row in table.iterrows():
        table.loc[index, "price"] = row["price"] + 1


def later(table):
    total = 0
    for _, row in table.iterrows():
        total += row["price"]
    return total, row


def formatted(table):
    found = []
    for _, row in table.iterrows():
        found.append(f"{row['price']}")
    return found


def shadowed(table, zip):
    total = 0
    for _, row in table.iterrows():
        total += row["price"]
    return total


def whole(table):
    total = 0
    for pair in table.iterrows():
        total += pair[1]["price"]
    return total
