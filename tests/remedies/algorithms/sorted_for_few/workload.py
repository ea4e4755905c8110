"""Many elements, few used."""


def run(module, make=int):
    numbers = [make(i * 7919 % 1009) for i in range(400)]
    words = [f"w{i * 31 % 97}" * (i % 4 + 1) for i in range(400)]
    return [
        module.lowest(numbers),
        module.highest(numbers),
        module.top(words),
        module.first_words(words, 5),
        module.squares(range(300)),
        module.longest(words),
        module.shortest(words),
    ]


def measure(module):
    numbers = [i * 7919 % 100_003 for i in range(100_000)]
    words = [f"w{i * 31 % 9973}" * (i % 4 + 1) for i in range(20_000)]
    return [
        module.lowest(numbers),
        module.highest(numbers),
        module.top(words),
        module.first_words(words, 5),
        module.squares(numbers),
        module.longest(words),
        module.shortest(words),
    ]
