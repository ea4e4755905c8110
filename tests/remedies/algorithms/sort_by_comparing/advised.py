"""Sorts."""


def ordered(numbers):
    return sorted(numbers)
