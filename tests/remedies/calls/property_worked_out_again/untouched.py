"""Near misses, each for a reason of its own."""

import os
from dataclasses import dataclass

LIMITS = [1]


class WithSetter:
    def __init__(self, x):
        self.x = x

    @property
    def double(self):
        return self.x * 2

    @double.setter
    def double(self, value):
        pass


class Moves:
    def __init__(self, x):
        self.y = x

    def move(self):
        self.y += 1

    @property
    def double(self):
        return self.y * 2


class Derived(Moves):
    def __init__(self, z):
        self.z = z

    @property
    def twice(self):
        return self.z * 2


class Calls:
    def __init__(self, a):
        self.a = a

    def work(self):
        return self.a

    @property
    def result(self):
        return self.work() * 2

    @property
    def given(self):
        return str(self) * self.a

    @property
    def outside(self):
        return os.path.getsize(self.a)

    @property
    def of_the_module(self):
        return self.a * LIMITS[0]

    @property
    def nothing(self):
        return 5

    @property
    def handed_out(self):
        return self.a

    @property
    def formatted(self):
        return f"{self.a}"

    def method(self):
        return self.a * 2

    @staticmethod
    def static(b):
        return b


@dataclass(slots=True)
class Slots:
    c: int

    @property
    def double(self):
        return self.c * 2


@dataclass(**{"frozen": True})
class Unknown:
    d: int

    @property
    def double(self):
        return self.d * 2


class Meta(metaclass=type):
    def __init__(self, e):
        self.e = e

    @property
    def double(self):
        return self.e * 2


LIMITS.append(3)
