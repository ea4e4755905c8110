"""Long lists."""


def run(module, make=int):
    order = [make(i * 7 % 101) for i in range(101)]
    names = [make(i % 90) for i in range(200)]
    return [
        module.ranks(names, order),
        module.moved(order),
        module.known([make(i) for i in range(150)], order),
    ]


def measure(module):
    order = list(range(1_000))
    return sum(module.ranks(order, order))
