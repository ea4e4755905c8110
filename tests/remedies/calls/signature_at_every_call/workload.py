"""Two handlers, many calls."""


def run(module, make=str):
    router = module.Router()
    values = {"name": "x", "a": 1, "loud": True}
    return [
        [router.call(module.greet, values) for _ in range(20)],
        [router.call(module.add, values) for _ in range(20)],
        module.names([module.greet, module.add] * 10),
    ]


def measure(module):
    router = module.Router()
    values = {"name": "x", "a": 1, "loud": True}
    return [router.call(module.greet, values) for _ in range(25_000)][-1]
