"""Goes through lists."""


def total(items):
    if not items:
        return 0
    return items[0] + total(items[1:])  # whet: expect


class Reader:
    def words(self, text):
        if " " not in text:
            return [text]
        at = text.index(" ")
        return [text[:at], *self.words(text[at + 1 :])]  # whet: expect
