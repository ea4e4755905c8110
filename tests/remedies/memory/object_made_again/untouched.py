"""Near misses."""

from collections import OrderedDict, namedtuple

Pair = namedtuple("Pair", "x y")


class Bare:
    pass


class Made:
    def __init__(self, *parts):
        self.parts = parts


def make(parts, factory):
    return [Bare(), Made(), Made(*parts), factory(1), OrderedDict(), Pair(1, 2)]
