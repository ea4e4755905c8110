"""Many removals."""


def run(module, make=int):
    enemies = [module.Enemy(make(i % 3)) for i in range(90)]
    numbers = [make(i % 50) for i in range(120)]
    words = ["x" * (i % 6) for i in range(120)]
    return [
        module.without_short(words),
        module.alive(enemies),
        module.without(numbers, [make(i) for i in range(60)]),
    ]


def measure(module):
    numbers = list(range(5_000))
    return len(module.without(numbers, list(range(2_000, 4_000))))
