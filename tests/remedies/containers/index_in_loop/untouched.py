"""Near misses, each for a reason of its own."""


def once(names, name):
    return names.index(name)


def grows(names):
    seen = []
    for name in names:
        seen.append(name)
        yield seen.index(name)


def from_a_place(names, order):
    return [order.index(name, 3) for name in names]


def shadowed(names, order, zip):
    return [order.index(name) for name in names]


def handed_on(names, order, change):
    for name in names:
        change(order)
        print(order.index(name))


def over_lines(names, order):
    return [
        order.index(
            name
        )
        for name in names
    ]


def sorted_anew(names, order):
    for name in names:
        order.sort()
        print(order.index(name))


def in_an_iterable(rows, order):
    return [cell for row in rows for cell in row[order.index(row[0]) :]]


def shown(names, order):
    return [f"{order.index(name)}" for name in names]
