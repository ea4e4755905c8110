"""Sorts."""

from functools import cmp_to_key


def compare(a, b):
    return (a > b) - (a < b)


def ordered(numbers):
    return sorted(numbers, key=cmp_to_key(compare))  # whet: expect
