"""A table of many rows."""

import pandas


def run(module, make=int):
    table = pandas.DataFrame({"worth": [make(0)] * 60, "count": [1] * 60})
    return [module.worths(table)]
