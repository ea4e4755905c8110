"""Lists that are kept in order."""

from bisect import insort
import os


def medians(numbers):
    kept = []
    found = []
    for number in numbers:
        insort(kept, number * 2)  # whet: expect
        found.append(kept[len(kept) // 2])
    return found


def top(words, count):
    best: list = sorted(words[:3])
    for word in words:
        if word not in best:
            insort(best, word)
            # whet: expect
            # the least one goes
            if len(best) > count:
                best.pop(0)
    return best
