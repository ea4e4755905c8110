"""Figures of arrays of ints."""

import numpy as np


def total(counts):
    return counts.sum()  # whet: expect


class Counts:
    def __init__(self, counts):
        self.counts = np.asarray(counts)

    def span(self):
        low = self.counts.min()  # whet: expect
        return self.counts.max() - low  # whet: expect
