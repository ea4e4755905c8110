"""Near misses."""

from collections import deque

TABLE = {"a": 1}
POPPED = []
BOUNDED = deque(maxlen=100)
HANDED = {}
REBOUND = []
DELETED = {}


def add(number, other):
    TABLE[number] = 1
    POPPED.append(number)
    BOUNDED.append(number)
    HANDED[number] = 1
    REBOUND.append(number)
    DELETED[number] = 1
    local = []
    local.append(number)
    other(HANDED)


def take():
    global REBOUND
    REBOUND = []
    del DELETED[1]
    return POPPED.pop()
