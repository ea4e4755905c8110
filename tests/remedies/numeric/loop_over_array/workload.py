"""Long arrays."""

import numpy


def run(module, make=int):
    values = numpy.arange(600.0) + make(1)
    ints = numpy.arange(600)
    return [module.total(values, ints), module.squares(values), module.shifted(ints, ints.copy())]
