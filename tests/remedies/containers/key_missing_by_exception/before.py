"""Keys that are often not there."""


def count(words):
    counts = {}
    for word in words:
        try:  # whet: expect
            counts[word] += 1
        except KeyError:
            counts[word] = 1
    return counts


def known(table, keys):
    found = []
    for key in keys:
        try:  # whet: expect
            value = table[key]  # there
        except (KeyError, IndexError):  # not there
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
            try: return self.cells[x, y]  # whet: expect
            except KeyError: return "."


def last_known(table, keys):
    value = None
    for key in keys:
        try:  # whet: expect
            value = table[key]
        except KeyError:
            pass
    return value
