"""Eight short waits."""

COUNTED = "outside calls"


def run(module, make=int, size=8):
    numbers = [make(n) for n in range(size)]
    return [module.answers(numbers), module.Asker().ask(numbers)]


def measure(module):
    return run(module, size=40)
