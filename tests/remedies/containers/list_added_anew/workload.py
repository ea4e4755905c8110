"""Long lists."""


def run(module, make=list):
    rows = [make([i, i + 1]) for i in range(150)]
    return [module.joined(rows), module.pairs(range(150)), module.both(rows)]


def measure(module):
    rows = [[i] for i in range(3_000)]
    return len(module.joined(rows)) + len(module.joined(rows))
