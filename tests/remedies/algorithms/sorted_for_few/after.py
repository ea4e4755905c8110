"""The best of them."""

from heapq import nsmallest
from heapq import nlargest
import os

KEEP = os.sep


def lowest(scores):
    return nsmallest(1, scores)[0]  # whet: expect


def highest(scores):
    return nlargest(1, scores)[0]  # whet: expect


def top(words):
    return nlargest(3, words, key=lambda word: len(word))  # whet: expect


def first_words(words, limit):
    ranked = nsmallest(limit,
        (word.lower() for word in words),
    )  # whet: expect
    return ranked


def squares(numbers):
    return nsmallest(2, (n * n for n in numbers))  # whet: expect


def by_length(word):
    return (-len(word), word)


def longest(words):
    return nsmallest(1, words, key=by_length)[0]  # whet: expect


def shortest(words):
    return nsmallest(2, words, key=len)  # whet: expect
