"""Many lists."""


def run(module, make=list):
    rows = [make([i, i + 1, i * 2]) for i in range(60)]
    return [
        module.flat(rows),
        module.cells(rows),
        module.of_comprehension(rows),
        module.of_tuples([(i, i + 1) for i in range(60)]),
        module.flat([]),
    ]


def measure(module):
    rows = [[i] * 10 for i in range(2_000)]
    return [len(module.flat(rows)) for _ in range(3)]
