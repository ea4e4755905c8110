"""Figures of arrays of ints."""

import numpy as np


def total(counts):
    return sum(counts)  # whet: expect


class Counts:
    def __init__(self, counts):
        self.counts = np.asarray(counts)

    def span(self):
        low = min(self.counts)  # whet: expect
        return max(  self.counts  ) - low  # whet: expect
