"""A long sort."""


def run(module, make=int):
    return module.ordered([make(i * 7919 % 1009) for i in range(400)])
