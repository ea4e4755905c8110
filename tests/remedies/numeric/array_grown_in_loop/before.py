"""Arrays that grow."""

import numpy as np
from numpy import append


def squares(count):
    found = np.array([])
    for i in range(count):
        found = np.append(found, i * i)  # whet: expect
    return found


def parsed(lines, start):
    values = start
    while lines:
        line, *lines = lines
        values = append(values, float(line))  # whet: expect

    return values
