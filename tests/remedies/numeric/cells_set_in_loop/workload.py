"""A table of many rows."""

import pandas


def run(module, make=int):
    table = pandas.DataFrame({"worth": [make(0)] * 60, "count": [1] * 60})
    return [module.worths(table)]


def measure(module):
    table = pandas.DataFrame({"worth": [0] * 3_000, "count": [1] * 3_000})
    return module.worths(table).sum().to_dict()
