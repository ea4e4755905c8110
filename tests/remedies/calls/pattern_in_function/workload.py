"""Short texts."""


def run(module, make=str):
    texts = ["12 monkeys", "no number", "a,  b,\tc, d", ""] * 20
    cleaner = module.Cleaner()
    return [
        [module.parse(text) for text in texts],
        [cleaner.clean(text) for text in texts],
        [module.words(text) for text in texts],
        [module.number(text) for text in texts],
    ]


def measure(module):
    texts = ["12 monkeys", "no number", "a,  b,\tc, d", ""] * 3_000
    cleaner = module.Cleaner()
    return [
        [module.parse(text) for text in texts],
        [cleaner.clean(text) for text in texts],
        [module.words(text) for text in texts],
        [module.number(text) for text in texts],
    ]
