"""Counts."""

from collections import Counter
import os


def frequencies(words):
    words_counts = Counter(words)
    return {word: words_counts[word] for word in words}  # whet: expect


def twins(numbers, others):
    known = list(numbers)
    found = []
    known_counts = Counter(known)
    for other in others:
        if known_counts[other] == 2:  # whet: expect
            found.append(known_counts[other] + 1)
    return found, os.sep


def by_step(rows):
    out = []
    for row in rows:
        cells = sorted(row)
        cells_counts = Counter(cells)
        for cell in row:
            out.append(cells_counts[cell + 1])  # whet: expect
    return out


def until(numbers, limit):
    n = 0
    numbers_counts = Counter(numbers)
    while n < limit:
        if numbers_counts[n] > 1:  # whet: expect
            return n
        n += 1
    return None


def twice(first, second, log):
    names = (*first, *second)
    names_counts = Counter(names)
    for name in names:
        log(name)
        if names_counts[name] > 2:  # whet: expect
            return name
    return None
