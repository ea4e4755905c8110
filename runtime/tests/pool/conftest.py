"""Clocks that tests move, and objects that know what was done with them."""

import itertools

import pytest


class HandClock:
    """A clock that only a test moves."""

    def __init__(self):
        self.now_s = 1000.0

    def monotonic(self):
        return self.now_s

    def time(self):
        return self.now_s


class Thing:
    """An object that costs something to make."""

    numbers = itertools.count()

    def __init__(self):
        self.number = next(self.numbers)
        self.ended = False

    def end(self):
        self.ended = True


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def thing():
    return Thing
