"""Ever new arguments."""

import itertools

COUNTED = "memory"
TURN = itertools.count()


def run(module, make=int, size=9_000):
    start = next(TURN) * size
    return [module.total(start, size), module.keys(start, size), make(1)]


def measure(module):
    return run(module, size=150_000)
