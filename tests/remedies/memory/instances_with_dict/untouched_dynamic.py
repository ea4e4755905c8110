"""Somebody speaks of dictionaries of objects."""


class Point:
    def __init__(self, x):
        self.x = x


def shown(size):
    return [vars(Point(n)) for n in range(size)]
