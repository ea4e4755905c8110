"""Near misses, each for a reason of its own."""


def two(char):
    return char == " " or char == "\t"


def different(a, b, c):
    return a == 1 or b == 1 or c == 1


def not_constant(a, b, c, d):
    return a == b or a == c or a == d


def all_of_them(a):
    return a != 1 and a != 2 and a != 3


def few_types(value):
    if isinstance(value, int):
        return 1
    elif isinstance(value, str):
        return 2


def of_several(a, b):
    if isinstance(a, int):
        return 1
    elif isinstance(b, int):
        return 2
    elif isinstance(a, str):
        return 3
    elif isinstance(b, str):
        return 4


def ends(line, mark):
    return line.startswith("#") or line.endswith("#")
