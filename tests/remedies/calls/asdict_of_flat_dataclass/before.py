"""Points as rows."""

import dataclasses
from dataclasses import asdict, dataclass


@dataclass
class Point:
    """A place."""

    x: int
    y: float = 0.5
    name: object = None

    def row(self):
        return asdict(self)  # whet: expect

    @property
    def size(self):
        return self.x * self.y


@dataclass(frozen=True)
class Pair:
    first: object
    second: object


def rows(points):
    return [dataclasses.asdict(point) for point in points]


def of_pair(pair: Pair):
    return asdict(pair)  # whet: expect


def made(number):
    point = Point(number)
    point.y = number / 2
    return asdict(point)  # whet: expect
