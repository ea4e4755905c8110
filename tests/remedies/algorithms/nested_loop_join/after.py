"""Joins."""


class Order:
    def __init__(self, number, customer):
        self.number = number
        self.customer = customer


def by_item(orders, customers):
    found = []
    customers_by_id = {}
    for customer in customers:
        customers_by_id.setdefault(customer["id"], []).append(customer)
    for order in orders:
        for customer in customers_by_id.get(order["customer"], ()):  # whet: expect
            if customer["id"] == order["customer"]:
                found.append((order["what"], customer["name"]))
    return found


def by_attribute(orders, customers):
    """The first customer of each."""
    found = []
    customers_by_key = {}
    for key, name in customers:
        customers_by_key.setdefault(key, []).append((key, name))
    for order in orders:
        for key, name in customers_by_key.get(order.customer, ()):  # whet: expect
            if order.customer != key:
                continue
            found.append(name)
            break
        else:
            found.append(None)
    return found


def pairs(left, right):
    rows = list(right)
    rows_by_key = {}
    for b in rows:
        rows_by_key.setdefault(b, []).append(b)
    return [(a, b) for a in left for b in rows_by_key.get(a, ()) if a == b]  # whet: expect


def several(left, right, least):
    total = 0
    right_by_key = {}
    for b in right:
        right_by_key.setdefault((b[1], b[0]), []).append(b)
    for a in left:
        for b in right_by_key.get((a[0], a[1]), ()):  # whet: expect
            if (a[0], a[1]) == (b[1], b[0]) and b[2] > least:
                total += b[2]
    return total
