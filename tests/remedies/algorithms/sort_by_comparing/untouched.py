"""Near misses, each for a reason of its own."""

from functools import cmp_to_key


def wrapper(compare):
    return compare


def compare(a, b):
    return (a > b) - (a < b)


def given(numbers, compare):
    return sorted(numbers, key=cmp_to_key(compare))


def by_key(numbers):
    return sorted(numbers, key=abs)


def wrapped(numbers):
    return sorted(numbers, key=wrapper(compare))
