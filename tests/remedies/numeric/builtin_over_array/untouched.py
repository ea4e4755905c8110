"""Near misses, each for a reason of its own."""

import numpy as np


def with_start(counts):
    return sum(counts, 5)


def several(a, b):
    return max(a, b)


def with_key(counts):
    return max(counts, key=abs)


def own(counts, sum):
    return sum(counts)


def called(make):
    return sum(make())


def made(counts):
    return sum(count for count in counts)


def formatted(counts):
    return f"{sum(counts)}"


def other(counts):
    return any(counts)


def commented(counts):
    return sum(
        counts  # all of them
    )


KEPT = np.zeros(3)
