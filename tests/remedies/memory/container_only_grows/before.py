"""Keeps everything."""

from collections import defaultdict

SEEN = {}
LOG: list[str] = []
BY_SIZE = defaultdict(list)


def remember(numbers):
    SEEN.update(dict.fromkeys(numbers))  # whet: expect
    if numbers:
        LOG.extend(numbers)  # whet: expect
    BY_SIZE[len(numbers) % 7].append(numbers[0])
    SEEN[-1] = numbers[0]
    return len(SEEN)
