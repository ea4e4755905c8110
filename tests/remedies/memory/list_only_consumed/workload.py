"""Long lists."""

COUNTED = "memory"


def run(module, make=int, size=20_000):
    numbers = range(size)
    rows = module.Rows()
    return [
        module.total(numbers), module.extremes(numbers), rows.mean(numbers), rows.kinds(numbers),
    ]


def measure(module):
    return run(module, size=500_000)
