"""Groups of elements, and a table."""


def run(module, make=int):
    items = [make(i) for i in range(60)]
    return [
        module.merged([items, items, tuple(items), []]),
        module.letters("the quick brown fox jumps", ["a"]),
        module.pairs({item: item for item in items}),
        module.two(items, items),
    ]


def measure(module):
    module.merged([list(range(1000))] * 3000)
