"""Arrays that tell how often they are gone through."""

import numpy


class Walked(numpy.ndarray):
    """An array that counts the elements that somebody goes through."""

    make = None

    def __iter__(self):
        type(self).make.compared += self.size
        return super().__iter__()


def run(module, make=int):
    counts = numpy.arange(400)
    if make is not int:
        Walked.make = make
        counts = counts.view(Walked)
    counts_of = module.Counts([])
    counts_of.counts = counts
    return [module.total(counts), counts_of.span()]


def measure(module):
    module.total(numpy.arange(1_000_000))
