"""Near misses, each for a reason of its own."""

KEPT = []


def given(found, rows):
    for row in rows:
        found = found + row
    return found


def aliased(rows):
    found = []
    first = found
    for row in rows:
        found = found + row
    return first, found


def kept_each_time(rows):
    found, steps = [], []
    for row in rows:
        found = found + row
        steps.append(found)
    return steps


def yields(rows):
    found = []
    for row in rows:
        found = found + row
        yield found


def looked_through(rows):
    found = [1]
    for item in found:
        if len(found) < 9:
            found = found + [item]
    return found


def looked_through_lazily(rows):
    found = [1]
    lazy = (item for item in found)
    for row in rows:
        found = found + row
    return list(lazy)


def seen_from_inside(rows):
    found = []
    show = lambda: found
    for row in rows:
        found = found + row
    return show


def once(row):
    found = []
    found = found + row
    return found


def other_order(rows):
    found = []
    for row in rows:
        found = row + found
    return found


def in_brackets(rows):
    found = []
    for row in rows:
        found = found + (row + row)
    return found


def of_the_module(rows):
    global KEPT
    for row in rows:
        KEPT = KEPT + row


def unknown(make, rows):
    found = make()
    for row in rows:
        found = found + row
    return found


def returned_and_then_changed(rows):
    found = []
    for row in rows:
        try:
            return found
        finally:
            found = found + row


def looks_at_itself(rows):
    found = []
    for row in rows:
        found = found + row
    return locals()


def numbers(xs):
    total = 0
    for x in xs:
        total = total + x
    return total
