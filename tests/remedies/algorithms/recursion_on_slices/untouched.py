"""Near misses, each for a reason of its own."""


def total(items, start=0):
    if start == len(items):
        return 0
    return items[start] + total(items, start + 1)


def other(items):
    return total(items[1:])


def of_its_own(items):
    rest = list(items)
    return of_its_own(rest[1:]) if rest else 0


def shadowed(items, again):
    return again(items[1:])
