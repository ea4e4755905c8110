"""Remembers what nobody asks for again."""

from functools import cache, lru_cache


@lru_cache(maxsize=4096)  # whet: expect
def key(text):
    return text.upper() * 3


@lru_cache(maxsize=4096, typed=True)  # whet: expect
def square(number):
    """A square."""
    return number * number


@lru_cache(4096)  # whet: expect
def length(text):
    return len(text) + 1000


def total(start, size):
    return sum(square(n) - n * n for n in range(start, start + size))


def keys(start, size):
    found = max(len(key(str(n))) for n in range(start, start + size))
    return found > 0, min(length(str(n)) for n in range(start, start + size)) > 1000
