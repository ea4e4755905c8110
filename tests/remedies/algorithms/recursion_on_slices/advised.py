"""Goes through lists."""


def total(items, start=0):
    if start == len(items):
        return 0
    return items[start] + total(items, start + 1)


class Reader:
    def words(self, text):
        return text.split(" ")
