"""Joins."""


class Order:
    def __init__(self, number, customer):
        self.number = number
        self.customer = customer


def by_item(orders, customers):
    found = []
    for order in orders:
        for customer in customers:  # whet: expect
            if customer["id"] == order["customer"]:
                found.append((order["what"], customer["name"]))
    return found


def by_attribute(orders, customers):
    """The first customer of each."""
    found = []
    for order in orders:
        for key, name in customers:  # whet: expect
            if order.customer != key:
                continue
            found.append(name)
            break
        else:
            found.append(None)
    return found


def pairs(left, right):
    rows = list(right)
    return [(a, b) for a in left for b in rows if a == b]  # whet: expect


def several(left, right, least):
    total = 0
    for a in left:
        for b in right:  # whet: expect
            if (a[0], a[1]) == (b[1], b[0]) and b[2] > least:
                total += b[2]
    return total
