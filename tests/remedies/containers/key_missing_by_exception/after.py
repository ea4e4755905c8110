"""Keys that are often not there."""


def count(words):
    counts = {}
    for word in words:
        if word in counts:  # whet: expect
            counts[word] += 1
        else:
            counts[word] = 1
    return counts


def known(table, keys):
    found = []
    for key in keys:
        if key in table:  # whet: expect
            value = table[key]  # there
        else:  # not there
            found.append(key)
            continue
        found.append(value)
    return found


class Board:
    def __init__(self, cells):
        self.cells = cells

    def at(self, x, y):
        if x < 0:
            return None
        else:
            if (x, y) in self.cells: return self.cells[x, y]  # whet: expect
            else: return "."


def last_known(table, keys):
    value = None
    for key in keys:
        if key in table:  # whet: expect
            value = table[key]
    return value
