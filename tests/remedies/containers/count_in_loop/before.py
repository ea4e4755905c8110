"""Counts."""

import os


def frequencies(words):
    return {word: words.count(word) for word in words}  # whet: expect


def twins(numbers, others):
    known = list(numbers)
    found = []
    for other in others:
        if known.count(other) == 2:  # whet: expect
            found.append(known.count(other) + 1)
    return found, os.sep


def by_step(rows):
    out = []
    for row in rows:
        cells = sorted(row)
        for cell in row:
            out.append(cells.count(cell + 1))  # whet: expect
    return out


def until(numbers, limit):
    n = 0
    while n < limit:
        if numbers.count(n) > 1:  # whet: expect
            return n
        n += 1
    return None


def twice(first, second, log):
    names = (*first, *second)
    for name in names:
        log(name)
        if names.count(name) > 2:  # whet: expect
            return name
    return None
