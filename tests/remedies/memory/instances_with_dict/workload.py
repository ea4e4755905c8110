"""Some thousands of each."""

COUNTED = "memory"


def run(module, make=int, size=6_000):
    return [module.points(size), module.pairs(size), module.counters(size), make(1)]


def measure(module):
    return run(module, size=100_000)
