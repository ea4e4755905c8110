"""The best of them."""

from heapq import nsmallest
from heapq import nlargest
import os


def lowest(rows):
    scores = [row * 2 for row in rows]
    # whet: expect
    return nsmallest(1, scores)[0], os.sep


def top(words, limit):
    kept = []
    for word in words:
        if word:
            kept.append(word)
    # whet: expect
    return nlargest(limit, kept, key=lambda word: (len(word), word))


def highest_of_each(rows):
    found = []
    for row in rows:
        numbers = list(row)
        # whet: expect
        found.append(nlargest(1, numbers)[0])
    return found
