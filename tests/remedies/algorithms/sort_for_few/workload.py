"""Many elements, few used."""


def run(module, make=int):
    numbers = [make(i * 7919 % 1009) for i in range(400)]
    words = [f"w{i * 31 % 97}" * (i % 4) for i in range(400)]
    return [
        module.lowest(numbers),
        module.top(words, 3),
        module.highest_of_each([numbers, numbers[:100]]),
    ]


def measure(module):
    numbers = [i * 7919 % 100_003 for i in range(50_000)]
    return [module.lowest(numbers) for _ in range(4)]
