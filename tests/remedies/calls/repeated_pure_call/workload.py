"""The same again and again."""


def run(module, make=str):
    return [
        [module.width(char) for char in "hello, wide world" * 20],
        [module.Names.normal(text) for text in ["A-B", "x - y", ""] * 30],
        [module.Names.normal("a+B", sep="+") for _ in range(30)],
        [module.fib(12) for _ in range(5)],
    ]


def measure(module):
    return [
        [module.width(char) for char in "hello, wide world" * 6_000],
        [module.Names.normal(text) for text in ["A-B", "x - y", ""] * 20_000],
        module.fib(20),
    ]
