"""Long lists."""


def run(module, make=int):
    words = [make(i % 60) for i in range(120)]
    return [
        module.frequencies(words),
        module.twins(words, [make(i) for i in range(60)]),
        module.by_step([[make(i % 9) for i in range(40)] for _ in range(3)]),
        module.twice(words[:50], words[20:], str),
        module.until([make(i) for i in range(50)], 50),
    ]


def measure(module):
    words = [i % 300 for i in range(1_500)]
    return len(module.frequencies(words))
