"""Many numbers, and a graph."""


def run(module, make=int):
    numbers = [make(i * 7919 % 211) for i in range(160)]
    edges = {n: [((n * 7 + k) % 150, k + 1) for k in range(4)] for n in range(150)}
    return [module.merged(numbers), module.farthest(edges, 0), module.drained(numbers)]


def measure(module):
    module.merged([i * 7919 % 10007 for i in range(2_000)])
