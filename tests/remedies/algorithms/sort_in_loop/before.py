"""Lists that are kept in order."""

import os


def medians(numbers):
    kept = []
    found = []
    for number in numbers:
        kept.append(number * 2)  # whet: expect
        kept.sort()
        found.append(kept[len(kept) // 2])
    return found


def top(words, count):
    best: list = sorted(words[:3])
    for word in words:
        if word not in best:
            best.append(
                word
            )
            best.sort()  # whet: expect
            # the least one goes
            if len(best) > count:
                best.pop(0)
    return best
