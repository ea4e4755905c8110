"""Long queues."""


def run(module, make=int):
    graph = {i: [2 * i + 1, 2 * i + 2] for i in range(150)}
    return [
        module.breadth_first(graph, make(0)),
        module.backwards([make(i) for i in range(150)]),
        module.levels(graph, [make(i) for i in range(60)]),
        module.until_it_is_empty([make(i) for i in range(150)]),
        module.drained([make(i) for i in range(150)]),
    ]


def measure(module):
    graph = {i: [2 * i + 1, 2 * i + 2] for i in range(20_000)}
    numbers = list(range(1, 30_000))
    return [
        module.breadth_first(graph, 0)[-5:],
        module.backwards(numbers)[-5:],
        module.levels(graph, list(range(10_000))),
        module.until_it_is_empty(list(numbers)),
        module.drained(list(numbers)),
    ]
