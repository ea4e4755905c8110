"""Points as rows."""

import dataclasses
from dataclasses import asdict, dataclass


def _point_as_dict(value, plain=frozenset({str, int, float, bool, bytes, type(None)})):
    """As `asdict`; quicker for a Point of plain values."""
    if type(value) is Point:
        fields = {"x": value.x, "y": value.y, "name": value.name}
        if plain.issuperset(map(type, fields.values())):
            return fields
    return dataclasses.asdict(value)


def _pair_as_dict(value, plain=frozenset({str, int, float, bool, bytes, type(None)})):
    """As `asdict`; quicker for a Pair of plain values."""
    if type(value) is Pair:
        fields = {"first": value.first, "second": value.second}
        if plain.issuperset(map(type, fields.values())):
            return fields
    return dataclasses.asdict(value)


@dataclass
class Point:
    """A place."""

    x: int
    y: float = 0.5
    name: object = None

    def row(self):
        return _point_as_dict(self)  # whet: expect

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
    return _pair_as_dict(pair)  # whet: expect


def made(number):
    point = Point(number)
    point.y = number / 2
    return _point_as_dict(point)  # whet: expect
