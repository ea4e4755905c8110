"""The best of them."""

import os


def lowest(rows):
    scores = [row * 2 for row in rows]
    scores.sort()  # whet: expect
    return scores[0], os.sep


def top(words, limit):
    kept = []
    for word in words:
        if word:
            kept.append(word)
    kept.sort(key=lambda word: (len(word), word), reverse=True)  # whet: expect
    return kept[:limit]


def highest_of_each(rows):
    found = []
    for row in rows:
        numbers = list(row)
        numbers.sort()  # whet: expect
        found.append(numbers[-1])
    return found
