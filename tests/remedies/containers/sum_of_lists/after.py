"""Puts lists together."""

from itertools import chain
import os

SEPARATOR = os.sep


def flat(rows):
    return list(chain.from_iterable(rows))  # whet: expect


def cells(rows):
    found = list(chain.from_iterable(row[1:] for row in rows))  # whet: expect
    return found


def of_comprehension(rows):
    return len(
        list(chain.from_iterable([row * 2 for row in rows]))  # whet: expect
    )


def of_tuples(rows):
    return tuple(chain.from_iterable(rows))  # whet: expect
