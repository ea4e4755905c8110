"""Later tests answer."""


def run(module, make=int):
    values = [{}, [], "x", 1.5]
    return [
        sum(module.is_space(char) for char in "ab\n" * 500),
        sum(module.is_mark(line) for line in ["-- a", "b"] * 600),
        [module.name_of(value) for value in values * 300][:4],
        make(1),
    ]


def measure(module):
    spaces = sum(module.is_space(char) for char in "ab\n" * 100_000)
    marks = sum(module.is_mark(line) for line in ["-- a", "b"] * 100_000)
    return spaces, marks, [module.name_of(value) for value in [{}, [], "x", 1.5] * 20_000][:4]
