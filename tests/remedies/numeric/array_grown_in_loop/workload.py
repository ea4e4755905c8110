"""Arrays that grow number by number."""

import numpy


def run(module, make=int):
    start = numpy.array([0.5])
    return [
        module.squares(make(60)),
        module.parsed([str(i) for i in range(60)], start),
        module.parsed([], start) is start,
    ]


def measure(module):
    module.squares(15_000)
