"""Long arrays."""

import numpy


def run(module, make=int):
    values = numpy.arange(600.0) + make(1)
    ints = numpy.arange(600)
    return [module.total(values, ints), module.squares(values), module.shifted(ints, ints.copy())]


def measure(module):
    values = numpy.arange(100_000)
    return int(module.total(values, values))
