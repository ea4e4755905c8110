"""A long sort."""


def run(module, make=int):
    return module.ordered([make(i * 7919 % 1009) for i in range(400)])


def measure(module):
    return sum(module.ordered([i * 7919 % 100_003 for i in range(30_000)])[:9])
