"""Long lists."""


def run(module, make=int):
    reader = module.Reader()
    return [module.total([make(i) for i in range(150)]), reader.words("a b " * 60)[:3]]


def measure(module):
    items = list(range(900))
    return [module.total(items) for _ in range(150)][0]
