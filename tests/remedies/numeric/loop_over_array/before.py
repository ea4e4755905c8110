"""Figures worked out element by element."""

import numpy as np


def total(prices, counts):
    found = 0.0
    for i in range(len(prices)):  # whet: expect
        found += prices[i] * counts[i]
    return np.float64(found)


def squares(values):
    return [value * value for value in values]  # whet: expect


def shifted(values, out):
    for i in range(values.shape[0]):  # whet: expect
        out[i] = values[i] + 1
    return out
