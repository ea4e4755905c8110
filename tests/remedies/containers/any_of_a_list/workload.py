"""Early hits."""


def run(module, make=int):
    numbers = [make(i) for i in range(200)]
    table = {f"k{i}": i for i in range(99)}
    words = ["x" * (i % 12) for i in range(90)]
    return [
        module.has(numbers, 3),
        module.all_short(words),
        module.starts([f"  {word}" for word in words], "x"),
        module.pairs(table, 4),
        module.places(numbers),
        module.values(table, [f"k{i}" for i in range(99)]),
        module.any_active([module.User(i > 5, make(i)) for i in range(90)], 7),
    ]


def measure(module):
    numbers = list(range(1_000))
    return sum(module.has(numbers, i % 50) for i in range(2_000))
