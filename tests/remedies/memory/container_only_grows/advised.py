"""Keeps the last numbers."""

from collections import OrderedDict, deque

MOST = 1_000
SEEN = OrderedDict()
LOG = deque(maxlen=MOST)


def remember(numbers):
    for number in numbers:
        SEEN[number] = None
        if len(SEEN) > MOST:
            SEEN.popitem(last=False)
    LOG.extend(numbers)
    return numbers[-1]
