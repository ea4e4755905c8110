"""Puts lists together."""

import os

SEPARATOR = os.sep


def flat(rows):
    return sum(rows, [])  # whet: expect


def cells(rows):
    found = sum((row[1:] for row in rows), start=[])  # whet: expect
    return found


def of_comprehension(rows):
    return len(
        sum([row * 2 for row in rows], [])  # whet: expect
    )


def of_tuples(rows):
    return sum(rows, ())  # whet: expect
