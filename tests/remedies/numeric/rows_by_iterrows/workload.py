"""A table of numbers, and one of numbers and texts."""

import pandas


def run(module, make=int):
    numbers = pandas.DataFrame({"price": [0.5, 1.5, 2.25] * 10, "count": [make(3)] * 30})
    mixed = pandas.DataFrame({"Unit price": range(30), "name": [f"n{i}" for i in range(30)]})
    return [module.worth(numbers), module.labels(mixed)]


def measure(module):
    table = pandas.DataFrame({"price": [0.5, 1.5, 2.25] * 1000, "count": [3] * 3000})
    module.worth(table)
