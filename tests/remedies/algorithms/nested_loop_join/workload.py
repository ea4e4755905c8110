"""Many rows."""


def run(module, make=int):
    customers = [{"id": make(i % 50), "name": f"n{i}"} for i in range(70)]
    orders = [{"customer": make(i % 60), "what": i} for i in range(70)]
    bought = [module.Order(i, make(i % 80)) for i in range(60)]
    named = [(make(i % 50), f"n{i}") for i in range(60)]
    left = [(i % 7, i % 5, i) for i in range(60)]
    return [
        module.by_item(orders, customers),
        module.by_attribute(bought, named),
        module.pairs([make(i) for i in range(60)], [make(i % 40) for i in range(60)]),
        module.several(left, [(b, a, n) for a, b, n in left], 20),
    ]


def measure(module):
    customers = [{"id": i, "name": f"n{i}"} for i in range(800)]
    orders = [{"customer": i * 7 % 800, "what": i} for i in range(800)]
    return len(module.by_item(orders, customers))
