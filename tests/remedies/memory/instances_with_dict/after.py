"""Many small objects."""

from dataclasses import dataclass


class Point:  # whet: expect
    """A place."""

    __slots__ = ("x", "y")

    # two numbers
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def norm(self):
        return self.x * self.x + self.y * self.y


@dataclass(order=True)
class Pair:  # whet: expect
    __slots__ = ("first", "second")
    first: int
    second: object


class Counter(object):  # whet: expect
    __slots__ = ("__count",)
    START = 3

    def __init__(self, count: int) -> None:
        self.__count = count

    @property
    def count(self):
        return self.START + self.__count


def points(size) -> list[Point]:
    made = [Point(n, -n) for n in range(size)]
    return sum(point.norm() for point in made if isinstance(point, Point)), len(made)


def pairs(size):
    last = None
    for n in range(size):
        last = Pair(n, last)
    return last.first


def counters(size):
    return len([Counter(n) for n in range(size)]), Counter(5).count
