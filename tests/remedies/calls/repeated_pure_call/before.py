"""Widths and the like."""

_TABLE = [(0, 9), (20, 29), (40, 49)]
_LAST = len(_TABLE) - 1


def _search(value, table, last):
    first = 0
    while last >= first:
        middle = (first + last) // 2
        if value > table[middle][1]:
            first = middle + 1
        elif value < table[middle][0]:
            last = middle - 1
        else:
            return True
    return False


def width(char):  # whet: expect
    """Columns of a character."""
    if _search(ord(char) % 50, _TABLE, _LAST):
        return 2
    return 1


class Names:
    @staticmethod
    def normal(text, *, sep="-"):  # whet: expect
        parts = []
        for part in text.split(sep):
            parts.append(part.strip().lower())
        return "".join(parts)


def fib(n):  # whet: expect
    return n if n < 2 else fib(n - 1) + fib(n - 2)
