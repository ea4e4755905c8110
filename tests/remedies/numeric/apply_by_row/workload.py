"""Tables of floats, and one of ints."""

import pandas


def run(module, make=int):
    def floats():
        return pandas.DataFrame({"price": [0.1, 0.7, 1e9] * 30, "count": [3.0] * 90})

    ints = pandas.DataFrame({"in": [make(i) for i in range(90)], "out": range(7, 97)})
    return [module.worth(floats()), module.double(floats()), module.balance(ints)]


def measure(module):
    module.worth(pandas.DataFrame({"price": [0.1, 0.7, 1e9] * 10_000, "count": [3.0] * 30_000}))
