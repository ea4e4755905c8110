"""The best of them."""

import os

KEEP = os.sep


def lowest(scores):
    return sorted(scores)[0]  # whet: expect


def highest(scores):
    return sorted(scores)[-1]  # whet: expect


def top(words):
    return sorted(words, key=lambda word: len(word), reverse=True)[:3]  # whet: expect


def first_words(words, limit):
    ranked = sorted(
        (word.lower() for word in words),
    )[:limit]  # whet: expect
    return ranked


def squares(numbers):
    return sorted(n * n for n in numbers)[:2]  # whet: expect


def by_length(word):
    return (-len(word), word)


def longest(words):
    return sorted(words, key=by_length)[0]  # whet: expect


def shortest(words):
    return sorted(words, key=len)[:2]  # whet: expect
