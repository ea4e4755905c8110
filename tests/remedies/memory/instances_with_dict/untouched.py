"""Near misses."""

import functools
from collections import namedtuple
from dataclasses import dataclass
from enum import Enum


class Base:
    def __init__(self):
        self.x = 1


class Derived(Base):
    def __init__(self):
        self.y = 2


class Kind(Enum):
    ONE = 1


class Slotted:
    __slots__ = ("x",)

    def __init__(self):
        self.x = 1


class Default:
    x = 0

    def __init__(self):
        self.x = 1


@dataclass
class Row:
    name: str = ""


@functools.total_ordering
class Ordered:
    def __init__(self):
        self.x = 1

    def __lt__(self, other):
        return self.x < other.x


class Named(namedtuple("Named", "x")):
    pass


class Handed:
    def __init__(self):
        self.x = 1


class Rebinding:
    def __init__(self, other):
        self = other
        self.x = 1


class Empty:
    pass


class Fallback:
    def __init__(self):
        self.x = 1

    def __getattr__(self, name):
        return name


class SameName:
    def __init__(self):
        self.size = 1

    def size(self):
        return 2


class Inside:
    def __init__(self):
        self.x = 1

    class Deeper:
        pass


class Twice:
    def __init__(self):
        self.x = 1


if Empty():
    class Twice:
        pass


def make(factory):
    return [factory() for _ in range(3)]


def all_of_them():
    found = [Base(), Derived(), Kind.ONE, Slotted(), Default(), Row(), Ordered(), Named(1)]
    return [*found, make(Handed), Handed(), Rebinding(found[0]), Empty(), Fallback(), SameName(),
            Inside(), Twice()]


@dataclass(frozen=True)
class Frozen:
    x: int


def frozen():
    return Frozen(1)
