"""Arrays that grow."""

import numpy as np
from numpy import append


def squares(count):
    found = np.array([])
    found_parts = []
    for i in range(count):
        found_parts.append(i * i)  # whet: expect
    if found_parts:
        found = np.append(found, found_parts)
    return found


def parsed(lines, start):
    values = start
    values_parts = []
    while lines:
        line, *lines = lines
        values_parts.append(float(line))  # whet: expect
    if values_parts:
        values = append(values, values_parts)

    return values
