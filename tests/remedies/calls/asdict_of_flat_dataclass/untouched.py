"""Near misses, each for a reason of its own."""

from dataclasses import InitVar, asdict, dataclass, field
from typing import ClassVar


@dataclass
class Base:
    x: int

    def __getattribute__(self, name):
        return 7


@dataclass
class Child(Base):
    y: int


@dataclass
class Marked:
    x: int
    count: ClassVar[int] = 0
    start: InitVar[int] = 0


@dataclass
class Hidden:
    __x: int


@dataclass
class Computed:
    x: int

    @property
    def x(self):
        return 1


@dataclass
class Conditional:
    x: int
    if True:
        y: int = 0


class Plain:
    x: int = 0


@dataclass
class Factory:
    x: int = field(default=0)


def child(value: Child):
    return asdict(value)


def base(value: Base):
    return asdict(value)


def marked(value: Marked):
    return asdict(value)


def hidden(value: Hidden):
    return asdict(value)


def computed(value: Computed):
    return asdict(value)


def conditional(value: Conditional):
    return asdict(value)


def plain(value: Plain):
    return asdict(value)


def factory(value: Factory):
    return asdict(value, dict_factory=list)
